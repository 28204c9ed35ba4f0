package com.databroker.cli;

import com.databroker.server.ConfigDocs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The options of verbs that read a configuration: the file, the data folder, and every key as a flag.
final class SettingFlags {
    private static final java.util.regex.Pattern FLAG = java.util.regex.Pattern.compile(
            "--([a-z][a-z0-9-]*(?:\\.[a-z0-9-]+)+)(?:=(.*))?", java.util.regex.Pattern.DOTALL);
    private static final java.util.regex.Pattern LINE = java.util.regex.Pattern.compile("( *)#?([a-z][a-z0-9-]*):.*");
    private static final Set<String> WITH_VALUE = Set.of("--config", "--data", "--set");

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "Configuration file. Else that of DATABROKER_CONFIG, else databroker.yaml in the home folder if"
                            + " there is one.")
    private @Nullable Path config;

    @Option(names = "--data", paramLabel = "DIR", description = "The folder that holds everything the broker keeps.")
    private @Nullable Path data;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Set one key of the configuration; --KEY VALUE is the same, as --http.port 8081. See"
                    + " config default for all keys.")
    private final List<String> settings = new ArrayList<>();

    /// The file that was named, null where none was.
    @Nullable
    Path file(Surroundings around) {
        return config == null ? null : around.folder().resolve(config);
    }

    /// Key to value. A folder named on the command line is relative to where the user stands.
    Map<String, String> flags(Surroundings around) {
        Map<String, String> flags = new LinkedHashMap<>();
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            if (equals <= 0) {
                throw CliException.usage("--set " + setting + " is not KEY=VALUE", "write --set http.port=8081");
            }
            if (flags.put(setting.substring(0, equals), setting.substring(equals + 1)) != null) {
                throw CliException.usage(setting.substring(0, equals) + " is set twice", "set it once");
            }
        }
        if (data != null) {
            flags.put(
                    "data",
                    around.folder().resolve(data).toAbsolutePath().normalize().toString());
        }
        return flags;
    }

    /// `--http.port 8081` as `--set http.port=8081`: the keys are the configuration's business, which also
    /// knows what to suggest for a wrong one.
    static String[] rewritten(String[] args) {
        List<String> out = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            Matcher flag = FLAG.matcher(args[i]);
            if (!flag.matches()) {
                out.add(args[i]);
                if (WITH_VALUE.contains(args[i]) && i + 1 < args.length) {
                    i++;
                    out.add(args[i]);
                }
                continue;
            }
            @Nullable String value = flag.group(2);
            if (value == null) {
                i++;
                if (i == args.length) {
                    throw CliException.usage(args[i - 1] + " lacks its value", "write " + args[i - 1] + " VALUE");
                }
                value = args[i];
            }
            out.add("--set");
            out.add(flag.group(1) + "=" + value);
        }
        return out.toArray(String[]::new);
    }

    /// Every key, in the order of the default file.
    static List<String> keys() {
        List<String> keys = new ArrayList<>();
        List<String> path = new ArrayList<>();
        for (String line : ConfigDocs.defaultFile().lines().toList()) {
            Matcher matcher = LINE.matcher(line);
            if (!matcher.matches()) {
                continue;
            }
            int level = matcher.group(1).length() / 2;
            path = new ArrayList<>(path.subList(0, level));
            path.add(matcher.group(2));
            if (line.stripLeading().startsWith("#")) {
                keys.add(String.join(".", path));
            }
        }
        return keys;
    }
}
