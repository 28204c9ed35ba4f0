package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.databroker.core.ByteSize;
import com.databroker.core.ProblemException;
import com.databroker.core.Setting;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class SettingMapTest {
    private static final Path HOME = Path.of("").toAbsolutePath();

    private static final String RULES = """
            files:
              rules:
                reports:
                  path: "reports/**"
                  size-max: 100MiB
                inbox:
                  path: "inbox/**"
                  keep: {days: 7}
                  copies:
                    far: {folder: /mnt/far}
            """;

    private static final String EXAMPLE = """
              # Rules for some of the files. Each below a name: up to 64 of a-z, 0-9 and -, the first not a -.
              rules:
                #<name>:
                #
                #  # Which files.
                #  path:
                #
                #  # The largest. (at least 1KiB)
                #  size-max: 1MiB
                #
                #  # Endings of names.
                #  kinds: []
                #
                #  # How long they stay.
                #  keep:
                #
                #    # Days. (1 to 3650)
                #    days: 30
                #
                #    # Versions.
                #    versions: 1
                #
                #  # Where copies go. Each below a name: up to 64 of a-z, 0-9 and -, the first not a -.
                #  copies:
                #    <name>:
                #
                #      # The folder.
                #      folder: copies
            """;

    private static final String REFERENCE = """
            ## `files.rules.<name>`

            Rules for some of the files. Any number of them in the file and by flags, but not by variables;\
             each below a name: up to 64 of a-z, 0-9 and -, the first not a -.

            | Key | Type | Default | Variable | What it does | Limits |
            |---|---|---|---|---|---|
            | `files.rules.<name>.path` | text | none, must be given | | Which files. | |
            | `files.rules.<name>.size-max` | size | `1MiB` | | The largest. | at least 1KiB |
            | `files.rules.<name>.kinds` | list | `[]` | | Endings of names. | |

            ## `files.rules.<name>.keep`

            How long they stay.

            | Key | Type | Default | Variable | What it does | Limits |
            |---|---|---|---|---|---|
            | `files.rules.<name>.keep.days` | number | `30` | | Days. | 1 to 3650 |
            | `files.rules.<name>.keep.versions` | number | `1` | | Versions. | |

            ## `files.rules.<name>.copies.<name>`

            Where copies go. Any number of them in the file and by flags, but not by variables;\
             each below a name: up to 64 of a-z, 0-9 and -, the first not a -.

            | Key | Type | Default | Variable | What it does | Limits |
            |---|---|---|---|---|---|
            | `files.rules.<name>.copies.<name>.folder` | path | `copies` | | The folder. | |
            """;

    private static final String SCHEMA = """
              "properties": {
                "stores": {
                  "description": "The stores.",
                  "type": ["object", "null"],
                  "propertyNames": {
                    "pattern": "^[a-z0-9][a-z0-9-]{0,63}$"
                  },
                  "additionalProperties": {
                    "type": ["object", "null"],
                    "additionalProperties": false,
                    "properties": {
                      "jdbc": {
                        "description": "The address, with the password.",
                        "type": "string",
                        "minLength": 1
                      },
                      "connections": {
                        "description": "Connections.",
                        "type": "integer",
                        "default": 4
                      }
                    },
                    "required": ["jdbc"]
                  }
                }
              }
            }
            """;

    record Tree(
            @Setting(value = "The port.", otherwise = "80") int port,
            @Setting("The files.") Files files) {}

    record Files(
            @Setting(value = "The largest of all.", otherwise = "1GiB")
            ByteSize sizeMax,

            @Setting("Rules for some of the files.") Map<String, Rule> rules) {
        Files {
            Map<String, String> paths = new HashMap<>();
            rules.forEach((name, rule) -> {
                String other = paths.putIfAbsent(rule.path, name);
                if (other != null) {
                    throw new IllegalArgumentException("rules: \"" + name + "\" has the path of another rule");
                }
            });
        }
    }

    record Rule(
            @Setting("Which files.") String path,

            @Setting(value = "The largest.", otherwise = "1MiB", min = 1024)
            ByteSize sizeMax,

            @Setting("Endings of names.") List<String> kinds,
            @Setting("How long they stay.") Keep keep,
            @Setting("Where copies go.") Map<String, Copy> copies) {
        Rule {
            if (path.startsWith("/")) {
                throw new IllegalArgumentException("path: \"" + path + "\" begins with /");
            }
            kinds.forEach(kind -> {
                if (kind.startsWith(".")) {
                    throw new IllegalArgumentException("kinds: \"" + kind + "\" begins with a dot");
                }
            });
        }
    }

    record Keep(
            @Setting(value = "Days.", otherwise = "30", min = 1, max = 3650)
            int days,

            @Setting(value = "Versions.", otherwise = "1") int versions) {
        Keep {
            if (days == 1 && versions > 1) {
                throw new IllegalArgumentException("one day is too short for versions");
            }
        }
    }

    record Copy(
            @Setting(value = "The folder.", otherwise = "copies")
            Path folder) {}

    record Stores(@Setting("The stores.") Map<String, Store> stores) {}

    record Store(
            @Setting(value = "The address, with the password.", secret = true)
            String jdbc,

            @Setting(value = "Connections.", otherwise = "4")
            int connections) {
        Store {
            if (jdbc.contains("easy")) {
                throw new IllegalArgumentException("nobody may use " + jdbc);
            }
        }
    }

    record BadDefault(@Setting("Copies.") Map<String, Wrong> copies) {
        record Wrong(
                @Setting(value = "Size.", otherwise = "64MB")
                ByteSize size) {}
    }

    record BadValue(@Setting("Words.") Map<String, String> words) {}

    record BadKey(@Setting("Words.") Map<Integer, Copy> words) {}

    @Test
    void sections_have_their_own_values_and_defaults_in_the_order_of_the_file() {
        Map<String, Rule> rules = tree(RULES, Map.of()).config().files().rules();
        assertThat(rules.keySet()).containsExactly("reports", "inbox");
        assertThat(rules)
                .containsEntry(
                        "reports",
                        new Rule("reports/**", new ByteSize(100 << 20), List.of(), new Keep(30, 1), Map.of()))
                .containsEntry(
                        "inbox",
                        new Rule(
                                "inbox/**",
                                new ByteSize(1 << 20),
                                List.of(),
                                new Keep(7, 1),
                                Map.of("far", new Copy(Path.of("/mnt/far")))));
        assertThat(catchThrowable(rules::clear)).isInstanceOf(UnsupportedOperationException.class);
    }

    @Test
    void without_a_section_the_map_is_empty() {
        for (String yaml : List.of("", "files:", "files: {rules: }", "files: {rules: {}}", "files: {rules: ~}")) {
            var read = tree(yaml, Map.of());
            assertThat(read.config().files().rules()).as(yaml).isEmpty();
            assertThat(read.origins()).extracting(ConfigOrigin::key).containsExactly("port", "files.size-max");
        }
    }

    @Test
    void a_flag_changes_a_section_or_makes_one_after_those_of_the_file() {
        var read = tree(
                RULES,
                Map.of(
                        "files.rules.reports.size-max", "1GiB",
                        "files.rules.b.path", "b/**",
                        "files.rules.a.path", "a/**",
                        "files.rules.a.copies.near.folder", "near"));
        Map<String, Rule> rules = read.config().files().rules();
        assertThat(rules.keySet()).containsExactly("reports", "inbox", "a", "b");
        assertThat(rules.get("reports"))
                .isEqualTo(new Rule("reports/**", new ByteSize(1 << 30), List.of(), new Keep(30, 1), Map.of()));
        assertThat(rules.get("a"))
                .extracting(Rule::path, Rule::copies)
                .containsExactly("a/**", Map.of("near", new Copy(HOME.resolve("near"))));
    }

    @Test
    void every_key_of_a_section_has_its_origin() {
        var read = tree(RULES, Map.of("files.rules.inbox.size-max", "2KiB"));
        assertThat(read.origins())
                .containsExactly(
                        new ConfigOrigin("port", "80", "default"),
                        new ConfigOrigin("files.size-max", "1GiB", "default"),
                        new ConfigOrigin("files.rules.reports.path", "reports/**", "databroker.yaml:4"),
                        new ConfigOrigin("files.rules.reports.size-max", "100MiB", "databroker.yaml:5"),
                        new ConfigOrigin("files.rules.reports.kinds", "[]", "default"),
                        new ConfigOrigin("files.rules.reports.keep.days", "30", "default"),
                        new ConfigOrigin("files.rules.reports.keep.versions", "1", "default"),
                        new ConfigOrigin("files.rules.inbox.path", "inbox/**", "databroker.yaml:7"),
                        new ConfigOrigin("files.rules.inbox.size-max", "2KiB", "--files.rules.inbox.size-max"),
                        new ConfigOrigin("files.rules.inbox.kinds", "[]", "default"),
                        new ConfigOrigin("files.rules.inbox.keep.days", "7", "databroker.yaml:8"),
                        new ConfigOrigin("files.rules.inbox.keep.versions", "1", "default"),
                        new ConfigOrigin("files.rules.inbox.copies.far.folder", "/mnt/far", "databroker.yaml:10"));
    }

    @Test
    void relative_paths_are_relative_to_the_home_folder_by_file_and_by_default() {
        var read = tree(
                "files: {rules: {a: {path: a, copies: {x: , y: {folder: ../y}}}}}",
                Map.of("files.rules.a.copies.z.folder", "z"));
        assertThat(read.config()
                        .files()
                        .rules()
                        .values()
                        .iterator()
                        .next()
                        .copies()
                        .values())
                .containsExactly(
                        new Copy(HOME.resolve("copies")),
                        new Copy(HOME.resolveSibling("y")),
                        new Copy(HOME.resolve("z")));
    }

    @Test
    void a_name_has_up_to_64_small_letters_digits_and_dashes() {
        for (String name : List.of("a", "0", "size-max", "a-", "0123456789".repeat(6) + "abcd")) {
            assertThat(tree("files: {rules: {" + name + ": {path: a}}}", Map.of())
                            .config()
                            .files()
                            .rules())
                    .containsOnlyKeys(name);
            assertThat(tree("", Map.of("files.rules." + name + ".path", "a"))
                            .config()
                            .files()
                            .rules())
                    .containsOnlyKeys(name);
        }
        for (String name : List.of("A", "-a", "a_b", "é", "<name>", "\"\"", "0123456789".repeat(6) + "abcde")) {
            assertThat(fault(Tree.class, "files: {rules: {" + name + ": {path: a}}}", Map.of())
                            .detail())
                    .contains("is not a name; write up to 64 of a-z, 0-9 and -");
        }
    }

    @Test
    void a_secret_in_a_section_is_never_printed() {
        var read = ConfigReader.read(
                Stores.class,
                "databroker.yaml",
                "stores: {main: {jdbc: s3cret-1}}".getBytes(StandardCharsets.UTF_8),
                Map.of(),
                Map.of("stores.other.jdbc", "s3cret-2"));
        assertThat(read.config().stores())
                .containsExactly(
                        Map.entry("main", new Store("s3cret-1", 4)), Map.entry("other", new Store("s3cret-2", 4)));
        assertThat(ConfigOrigin.table(read.origins()))
                .contains(SettingKey.SECRET)
                .doesNotContain("s3cret");

        for (String file : List.of(
                "stores: s3cret",
                "stores: [s3cret]",
                "stores: {main: s3cret}",
                "stores: {Main: s3cret}",
                "stores: {Main: {jdbc: s3cret}}",
                "stores: {main.jdbc: s3cret}",
                "stores: {main: {jbdc: s3cret}}",
                "stores: {main: {jdbc: [s3cret]}}",
                "stores: {main: {jdbc: !x s3cret}}",
                "stores: {main: &x {jdbc: s3cret}}",
                "stores: &x {main: {jdbc: s3cret}}",
                "stores: {main: {jdbc: s3cret-easy}}",
                "stores: {main: {jdbc: s3cret, connections: four}}",
                "stores: {main: {jdbc: a}, main: {jdbc: s3cret}}",
                "stores: {main: {jdbc: a, jdbc: s3cret}}",
                "stores: {main: {jdbc: \"s3cret",
                "stroes: {main: {jdbc: s3cret}}",
                "jdbc: s3cret")) {
            assertThat(fault(Stores.class, file, Map.of()).detail())
                    .as(file)
                    .contains("error")
                    .doesNotContain("s3cret");
        }
        assertThat(fault(Stores.class, "", Map.of("stores.main.jdbc", "s3cret-easy"))
                        .detail())
                .isEqualTo("--stores.main.jdbc: stores.main: nobody may use ********\n1 error");
    }

    @Test
    void a_section_that_could_not_be_read_is_not_told_what_it_lacks() {
        for (String file : List.of(
                "stores: {main: &x {jdbc: a}}",
                "stores: {main: !x {jdbc: a}}",
                "stores: {main: a}",
                "stores: [main]")) {
            assertThat(fault(Stores.class, file, Map.of()).findings()).as(file).hasSize(1);
        }
    }

    @Test
    void maps_of_what_is_no_record_and_wrong_defaults_are_refused_before_anything_is_read() {
        assertThatThrownBy(() -> SettingGroup.of(BadDefault.class))
                .hasMessageContaining("copies.<name>.size: wrong default");
        assertThatThrownBy(() -> SettingGroup.of(BadValue.class)).hasMessageContaining("cannot have this type");
        assertThatThrownBy(() -> SettingGroup.of(BadKey.class)).hasMessageContaining("cannot have this type");
    }

    @Test
    void the_default_file_has_a_section_to_copy_that_is_a_comment_as_a_whole() {
        String file = ConfigDocs.defaultFile(SettingGroup.of(Tree.class));
        assertThat(file).endsWith(EXAMPLE);
        assertThat(tree(file, Map.of()).config()).isEqualTo(tree("", Map.of()).config());

        String everyKeyButThese = file.replaceAll("(?m)^( *)#(?=[a-z])", "$1");
        assertThat(tree(everyKeyButThese, Map.of()).config())
                .isEqualTo(tree("", Map.of()).config());

        String copied = everyKeyButThese
                .replaceAll("(?m)^    #(?=<| |$)", "    ")
                .replace("<name>", "a")
                .replace("path:\n", "path: a\n");
        assertThat(tree(copied, Map.of()).config())
                .isEqualTo(tree("files: {rules: {a: {path: a, copies: {a: }}}}", Map.of())
                        .config());
    }

    @Test
    void the_reference_page_has_every_key_of_a_section_under_a_placeholder() {
        assertThat(ConfigDocs.reference(SettingGroup.of(Tree.class))).endsWith(REFERENCE);
    }

    @Test
    void the_schema_says_what_stands_below_any_name() {
        assertThat(ConfigSchema.of(SettingGroup.of(Stores.class))).endsWith(SCHEMA);
    }

    @Test
    void no_mutation_of_a_file_throws_anything_but_the_problem() {
        Random random = new Random(11);
        int refused = 0;
        for (int round = 0; round < 2000; round++) {
            byte[] mutant = ConfigReaderTest.mutate(RULES.getBytes(StandardCharsets.UTF_8), random);
            Throwable thrown =
                    catchThrowable(() -> ConfigReader.read(Tree.class, "databroker.yaml", mutant, Map.of(), Map.of()));
            if (thrown != null) {
                refused++;
                assertThat(thrown)
                        .as(() -> new String(mutant, StandardCharsets.UTF_8))
                        .isInstanceOf(ProblemException.class);
            }
        }
        assertThat(refused).isBetween(500, 1999);
    }

    private static ConfigReader.Read<Tree> tree(String yaml, Map<String, String> flags) {
        return ConfigReader.read(Tree.class, "databroker.yaml", yaml.getBytes(StandardCharsets.UTF_8), Map.of(), flags);
    }

    private static ProblemException fault(Class<? extends Record> type, String yaml, Map<String, String> flags) {
        return ConfigReaderTest.fault(type, yaml, Map.of(), flags);
    }
}
