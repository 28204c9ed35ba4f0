package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// Bad configurations and the exact text that they bring, from `config-errors.txt` and, of a tree with maps,
/// `map-errors.txt`: `=== name`, the file, then where needed `--- variables` and `--- flags` as `name=value`, then
/// `--- says` and the text.
final class ConfigErrorsTest {
    private static List<String> cases(String resource) throws IOException {
        try (InputStream in = Objects.requireNonNull(ConfigErrorsTest.class.getResourceAsStream(resource))) {
            String all = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return Stream.of(all.split("(?m)^=== ", -1)).skip(1).toList();
        }
    }

    @TestFactory
    Stream<DynamicTest> every_bad_configuration_says_exactly_what_is_wrong() throws IOException {
        return tests("config-errors.txt", Config.class);
    }

    @TestFactory
    Stream<DynamicTest> every_bad_section_of_a_map_says_exactly_what_is_wrong() throws IOException {
        return tests("map-errors.txt", SettingMapTest.Tree.class);
    }

    @Test
    void there_are_enough_bad_configurations() throws IOException {
        assertThat(cases("config-errors.txt")).hasSizeGreaterThanOrEqualTo(25);
        assertThat(cases("map-errors.txt")).hasSizeGreaterThanOrEqualTo(15);
    }

    private static Stream<DynamicTest> tests(String resource, Class<? extends Record> type) throws IOException {
        return cases(resource).stream().map(text -> {
            String name = text.substring(0, text.indexOf('\n'));
            return DynamicTest.dynamicTest(name, () -> check(type, text.substring(name.length() + 1)));
        });
    }

    private static void check(Class<? extends Record> type, String text) {
        Map<String, String> parts = new HashMap<>();
        for (String part : ("--- file\n" + text).split("(?m)^--- ", -1)) {
            int end = part.indexOf('\n');
            if (end > 0) {
                parts.put(part.substring(0, end), part.substring(end + 1));
            }
        }
        // Written so that editors and diffs show them.
        String file = parts.getOrDefault("file", "").replace("<TAB>", "\t").replace("<ESC>", "\033");
        String detail = ConfigReaderTest.fault(type, file, pairs(parts, "variables"), pairs(parts, "flags"))
                .detail();
        assertThat(detail).isEqualTo(parts.getOrDefault("says", "").stripTrailing());
    }

    private static Map<String, String> pairs(Map<String, String> parts, String part) {
        Map<String, String> pairs = new HashMap<>();
        for (String line : new ArrayList<>(parts.getOrDefault(part, "").lines().toList())) {
            int equals = line.indexOf('=');
            pairs.put(line.substring(0, equals), line.substring(equals + 1));
        }
        return pairs;
    }
}
