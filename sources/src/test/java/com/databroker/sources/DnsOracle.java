package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// What another program found in the same files, line by line, and how it writes names.
final class DnsOracle {
    static final Path DATA = Path.of(System.getenv().getOrDefault("DATABROKER_SHARED_DATA", "none"), "dns");

    private static final Pattern OVERLONG = Pattern.compile("[\u00c0\u00c1][\u0080-\u00bf]");
    private static final int EXAMPLES = 3;
    private static final int EXAMPLE_MAX = 400;
    private static final Pattern ESCAPE = Pattern.compile("\\\\([0-3][0-7][0-7]|[abfnrtv]|u[0-9A-Fa-f]{4})");

    /// How often each kind of difference was seen, with its first examples.
    final Map<String, Integer> kinds = new TreeMap<>();

    private final Map<String, List<String>> examples = new HashMap<>();

    void count(String kind, String example) {
        kinds.merge(kind, 1, Integer::sum);
        List<String> some = examples.computeIfAbsent(kind, absent -> new ArrayList<>());
        if (some.size() < EXAMPLES) {
            some.add(example.substring(0, Math.min(EXAMPLE_MAX, example.length())));
        }
    }

    int count(String kind) {
        return kinds.getOrDefault(kind, 0);
    }

    String report() {
        StringBuilder text = new StringBuilder();
        kinds.forEach((kind, count) -> {
            text.append(String.format(Locale.ROOT, "%8d  %s%n", count, kind));
            if (!kind.startsWith("=")) {
                examples.getOrDefault(kind, List.of())
                        .forEach(example ->
                                text.append("              ").append(example).append('\n'));
            }
        });
        return text.toString();
    }

    /// Prints what was seen, and fails where something has no explanation.
    void check(String title) {
        String report = title + "\n" + report();
        System.out.println(report);
        assertThat(kinds.keySet().stream().filter(kind -> kind.startsWith("!")))
                .as(report)
                .isEmpty();
    }

    static List<Path> files(String... folders) throws IOException {
        List<Path> all = new ArrayList<>();
        for (String folder : folders) {
            try (Stream<Path> walk = Files.walk(DATA.resolve(folder))) {
                walk.filter(Files::isRegularFile).sorted().forEach(all::add);
            }
        }
        assertThat(all).as("files of " + DATA).isNotEmpty();
        return all;
    }

    /// Lines of the oracle by file, in their order.
    static Map<String, List<Map<String, @Nullable Object>>> lines(String name) throws IOException {
        Path file = DATA.resolve(name);
        Map<String, List<Map<String, @Nullable Object>>> all = new LinkedHashMap<>();
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                Map<String, @Nullable Object> entry = Json.parseObject(Bytes.utf8(line));
                all.computeIfAbsent(text(entry, "file"), absent -> new ArrayList<>())
                        .add(entry);
            }
        }
        return all;
    }

    /// What they found in one file.
    static List<Map<String, @Nullable Object>> in(
            Map<String, List<Map<String, @Nullable Object>>> oracle, String name) {
        List<Map<String, @Nullable Object>> found = oracle.get(name);
        return found == null ? new ArrayList<>() : found;
    }

    static String unzipped(Path file) throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    static String text(Map<String, @Nullable Object> entry, String name) {
        return String.valueOf(entry.get(name));
    }

    static long number(Map<String, @Nullable Object> entry, String name) {
        Object value = entry.get(name);
        return value instanceof Number number ? number.longValue() : -1;
    }

    /// Whether a name of ours is the one that is written there with what is no UTF-8 replaced, and with
    /// escape escapes.
    static boolean sameName(String theirs, String ours) {
        byte[] wire = DnsNames.parse(ours);
        if (wire == null) {
            return false;
        }
        String wanted = theirs.equals("<Root>") ? "." : ESCAPE.matcher(theirs).replaceAll("\ufffd");
        return lossy(overlong(plain(wire))).equals(lossy(wanted));
    }

    /// Theirs takes two bytes for a letter of ASCII, which no valid UTF-8 does.
    private static String overlong(String bytes) {
        return OVERLONG.matcher(bytes)
                .replaceAll(pair -> Matcher.quoteReplacement(String.valueOf((char)
                        ((pair.group().charAt(0) & 1) << 6 | (pair.group().charAt(1) & 0x3f)))));
    }

    /// Letters small, and what is not printable ASCII as one mark: decoders differ in how many they make of
    /// it.
    private static String lossy(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("[^ -~]+", "\ufffd");
    }

    /// The bytes of a name with dots between its labels.
    static String plain(byte[] wire) {
        StringBuilder text = new StringBuilder();
        for (int at = 0; wire[at] != 0; at += wire[at] + 1) {
            text.append(text.length() == 0 ? "" : ".")
                    .append(new String(wire, at + 1, wire[at], StandardCharsets.ISO_8859_1));
        }
        return text.length() == 0 ? "." : text.toString();
    }
}
