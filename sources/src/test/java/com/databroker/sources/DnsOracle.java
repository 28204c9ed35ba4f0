package com.databroker.sources;

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
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// What another program found in the same files, line by line, and how it writes names.
final class DnsOracle {
    private static final int EXAMPLES = 5;
    private static final Pattern OCTAL = Pattern.compile("\\\\([0-3][0-7][0-7])");

    /// How often each kind of difference was seen, with its first examples.
    final Map<String, Integer> kinds = new TreeMap<>();

    private final Map<String, List<String>> examples = new HashMap<>();

    void count(String kind, String example) {
        kinds.merge(kind, 1, Integer::sum);
        List<String> some = examples.computeIfAbsent(kind, absent -> new ArrayList<>());
        if (some.size() < EXAMPLES) {
            some.add(example);
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
                        .forEach(example -> text.append("              ").append(example).append('\n'));
            }
        });
        return text.toString();
    }

    /// Lines of the oracle by file, in their order.
    static Map<String, List<Map<String, @Nullable Object>>> lines(Path file) throws IOException {
        Map<String, List<Map<String, @Nullable Object>>> all = new LinkedHashMap<>();
        try (BufferedReader reader = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                Map<String, @Nullable Object> entry = Json.parseObject(Bytes.utf8(line));
                all.computeIfAbsent(text(entry, "file"), absent -> new ArrayList<>()).add(entry);
            }
        }
        return all;
    }

    static String text(Map<String, @Nullable Object> entry, String name) {
        return String.valueOf(entry.get(name));
    }

    static long number(Map<String, @Nullable Object> entry, String name) {
        Object value = entry.get(name);
        return value instanceof Number number ? number.longValue() : -1;
    }

    /// Whether a name of ours is the one that is written there with what is no UTF-8 replaced, and with octal escapes.
    static boolean sameName(String theirs, String ours) {
        if (theirs.equals("<Name too long>")) {
            return true;
        }
        byte[] wire = DnsNames.parse(ours);
        if (wire == null) {
            return false;
        }
        String decoded = new String(plain(wire).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        return lossy(decoded).equals(lossy(unescaped(theirs.equals("<Root>") ? "." : theirs)));
    }

    /// Letters small, and what is no text as one mark, as decoders differ in how many they make of it.
    private static String lossy(String text) {
        return text.toLowerCase(Locale.ROOT).replaceAll("\ufffd+", "\ufffd");
    }

    private static String unescaped(String text) {
        StringBuilder plain = new StringBuilder();
        Matcher octal = OCTAL.matcher(text);
        while (octal.find()) {
            char byteOfIt = (char) Integer.parseInt(octal.group(1), 8);
            octal.appendReplacement(plain, Matcher.quoteReplacement(String.valueOf(byteOfIt)));
        }
        return octal.appendTail(plain).toString();
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
