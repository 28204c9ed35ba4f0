package com.databroker.cli;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.server.ConfigReader;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How a verb finds its broker: options, else variables, else what the broker wrote into its data folder.
final class BrokerOptions {
    private static final String CONTEXT = "context.json";

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Address of the broker, as http://127.0.0.1:8080. Else DATABROKER_URL, else the broker of"
                    + " the data folder.")
    private @Nullable String url;

    @Option(
            names = "--token",
            paramLabel = "TOKEN",
            description = "Token to enter with; other users of this machine can see it while the command runs."
                    + " Else DATABROKER_TOKEN, else that of the data folder.")
    private @Nullable String token;

    @Option(names = "--token-file", paramLabel = "FILE", description = "File that holds the token.")
    private @Nullable Path tokenFile;

    @Option(
            names = "--ca-file",
            paramLabel = "FILE",
            description = "Authorities that certificates of https addresses must be of, in PEM. Else"
                    + " DATABROKER_CA_FILE, else those that Java trusts, and of a broker of this machine its own.")
    private @Nullable Path caFile;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "Data folder of a broker on this machine. Else DATABROKER_DATA, else what the configuration"
                    + " says.")
    private @Nullable Path data;

    /// What a verb does with a broker.
    interface Work {
        int run(DatabrokerClient client, Address address) throws IOException, InterruptedException;
    }

    /// Finds the broker and works with it through the client.
    int with(Surroundings around, Work work) throws IOException, InterruptedException {
        Address address = resolve(around);
        try (DatabrokerClient client = address.client()) {
            return work.run(client, address);
        } catch (ProblemException refused) {
            throw address.explained(refused, around);
        }
    }

    /// Whether an address was given, and not only a data folder.
    boolean namesAddress(Surroundings around) {
        return url != null || !around.variable("DATABROKER_URL").isEmpty();
    }

    /// Means the broker of this data folder, where no other was named.
    void orOf(Path folder) {
        if (data == null) {
            data = folder;
        }
    }

    /// The data folder that was named, as a setting.
    Map<String, String> dataFlag(Surroundings around) {
        return data == null
                ? Map.of()
                : Map.of(
                        "data",
                        around.folder()
                                .resolve(data)
                                .toAbsolutePath()
                                .normalize()
                                .toString());
    }

    /// @throws CliException where nothing says which broker is meant
    Address resolve(Surroundings around) throws IOException {
        String named = url != null ? url : around.variable("DATABROKER_URL");
        String given = givenToken(around);
        if (named.isEmpty()) {
            Path file = dataFolder(around).resolve(CONTEXT);
            Address found = context(around, file);
            if (found == null) {
                throw new CliException(
                        Exit.UNAVAILABLE,
                        "no broker found",
                        "there is no " + file,
                        "start one with " + around.launcher() + " serve, or say where it is with --url and --token",
                        null);
            }
            return given == null ? found : new Address(found.url(), given, "", found.origin(), found.trust());
        }
        check(named);
        String origin = url != null ? "--url" : "DATABROKER_URL";
        return given != null ? new Address(named, given, "", origin, trust(around, "")) : known(around, named, origin);
    }

    /// A token of the data folder goes to the broker that wrote it there, and to no other.
    private Address known(Surroundings around, String named, String origin) throws IOException {
        Address found = null;
        try {
            found = context(around, dataFolder(around).resolve(CONTEXT));
        } catch (ProblemException | CliException unusable) {
            // Nobody asked for the data folder.
        }
        boolean same = found != null && URI.create(found.url()).equals(URI.create(named));
        return same && found != null
                ? new Address(named, found.token(), found.user(), origin, found.trust())
                : new Address(named, null, "", origin, trust(around, ""));
    }

    /// The ZeroMQ address of a broker, empty where the data folder is not its own or does not say so.
    String zmqOf(Surroundings around, Address of) throws IOException {
        Path file = dataFolder(around).resolve(CONTEXT);
        if (!Files.exists(file)) {
            return "";
        }
        Map<String, @Nullable Object> context = read(file);
        return URI.create(text(context, "url")).equals(URI.create(of.url())) ? text(context, "zmq") : "";
    }

    private static void check(String address) {
        try {
            DatabrokerClient.builder(URI.create(address));
        } catch (IllegalArgumentException malformed) {
            throw CliException.usage(
                    "\"" + address + "\" is not the address of a broker", "write http://host:port or https://host");
        }
    }

    private @Nullable String givenToken(Surroundings around) throws IOException {
        if (token != null && tokenFile != null) {
            throw CliException.usage("--token and --token-file exclude each other", "give one of them");
        }
        String given = token != null ? token : around.variable("DATABROKER_TOKEN");
        if (tokenFile != null) {
            given = Files.readString(around.folder().resolve(tokenFile)).strip();
        }
        if (given.isEmpty()) {
            return null;
        }
        if (!given.chars().allMatch(c -> c > ' ' && c < 0x7F)) {
            throw CliException.usage("the token has blanks or odd characters", "copy it again, as dbk_…");
        }
        return given;
    }

    private Path dataFolder(Surroundings around) {
        if (data != null) {
            return around.folder().resolve(data).normalize();
        }
        Path home = Path.of(System.getProperty("databroker.home", "")).toAbsolutePath();
        String variable = around.variable("DATABROKER_DATA");
        if (!variable.isBlank()) {
            // It stands above the file, so that the file need not be read.
            return home.resolve(variable).normalize();
        }
        boolean configured = Files.exists(home.resolve("databroker.yaml"))
                || !around.variable("DATABROKER_CONFIG").isEmpty();
        // Nor need it be to find its own default, which a test compares.
        return configured
                ? ConfigReader.read(null, around.environment(), Map.of())
                        .config()
                        .data()
                : home.resolve("databroker-data").normalize();
    }

    private @Nullable Address context(Surroundings around, Path file) throws IOException {
        if (!Files.exists(file)) {
            return null;
        }
        Map<String, @Nullable Object> context = read(file);
        String url = text(context, "url");
        check(url);
        String kept = text(context, "token");
        Trust trust = trust(around, text(context, "certificate"));
        return new Address(url, kept.isEmpty() ? null : kept, text(context, "user"), file.toString(), trust);
    }

    /// @param own the file of the certificate that a broker says is its own; empty where it says so of none
    private Trust trust(Surroundings around, String own) {
        String named = caFile != null ? caFile.toString() : around.variable("DATABROKER_CA_FILE");
        return new Trust(named.isEmpty() ? null : around.folder().resolve(named), own.isEmpty() ? null : Path.of(own));
    }

    private static Map<String, @Nullable Object> read(Path file) throws IOException {
        try {
            return Json.parseObject(Bytes.wrap(Files.readAllBytes(file)));
        } catch (ProblemException malformed) {
            throw new ProblemException(Problem.UNAVAILABLE, file + " is not what a broker writes", malformed);
        }
    }

    private static String text(Map<String, @Nullable Object> context, String name) {
        return context.get(name) instanceof String text ? text : "";
    }
}
