package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ConfigDocsTest {
    private static final String COMMAND = "mvn -q test -pl server -am -Dtest=ConfigDocsTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dreference=write";

    @Test
    void the_committed_pages_are_the_generated_ones() throws IOException {
        Path root = Path.of(System.getProperty("databroker.root", ""));
        if ("write".equals(System.getProperty("reference"))) {
            ConfigDocs.main(new String[] {root.toString()});
        }
        for (Map.Entry<String, String> page : ConfigDocs.pages().entrySet()) {
            Path file = root.resolve(page.getKey());
            assertThat(Files.exists(file) ? Files.readString(file).lines() : "".lines())
                    .as("%s is not what the program says; write it with%n%s%n", page.getKey(), COMMAND)
                    .containsExactlyElementsOf(page.getValue().lines().toList());
        }
    }

    @Test
    void the_default_file_changes_nothing_as_it_is() {
        assertThat(read(ConfigDocs.defaultFile())).isEqualTo(Config.of(Map.of()));
    }

    @Test
    void the_default_file_equals_the_defaults_when_every_key_is_uncommented() {
        String uncommented = ConfigDocs.defaultFile().replaceAll("(?m)^( *)#(?=[a-z])", "$1");
        assertThat(uncommented).contains("\n  port: 8080\n");
        assertThat(read(uncommented)).isEqualTo(Config.of(Map.of()));
        for (SettingKey key : SettingGroup.of(Config.class).keys()) {
            assertThat(uncommented).containsPattern("(?m)^ *" + key.name() + ":");
        }
    }

    @Test
    void the_schema_names_every_key_and_refuses_others() {
        String schema = ConfigDocs.pages().get("docs/reference/databroker.schema.json");
        for (SettingKey key : SettingGroup.of(Config.class).keys()) {
            assertThat(schema).contains("\"" + key.name() + "\": {");
        }
        assertThat(schema)
                .contains("\"additionalProperties\": false", "\"maximum\": 65535", "\"enum\": [\"auto\", \"text\"");
    }

    @Test
    void the_problems_page_has_every_problem() {
        String page = ConfigDocs.pages().get("docs/reference/problems.md");
        for (Problem problem : Problem.values()) {
            assertThat(page).contains("| " + problem.number() + " | " + problem.title() + " |");
        }
        assertThat(page).doesNotContain("Others");
    }

    private static Config read(String yaml) {
        byte[] content = yaml.getBytes(StandardCharsets.UTF_8);
        return ConfigReader.read(Config.class, "databroker.yaml", content, Map.of(), Map.of())
                .config();
    }
}
