package com.databroker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileVerbsTest {
    private final Path folder;
    private final RunningBroker broker;

    FileVerbsTest(@TempDir Path folder) {
        this.folder = folder;
        this.broker = new RunningBroker(
                folder,
                Map.of(
                        "streams.enabled",
                        "false",
                        "files.rules.kept.path",
                        "kept/**",
                        "files.rules.kept.versions",
                        "5"));
    }

    @BeforeEach
    void write() throws IOException {
        Files.writeString(folder.resolve("a.txt"), "hello\n");
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    @Test
    void a_file_comes_back_as_it_was_put_and_is_gone_after_rm() throws IOException {
        Typed put = broker.run("put", "a.txt", "/ci/b.txt");
        assertThat(put.out())
                .isEqualTo("ci/b.txt 6 sha256:5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03\n");
        Typed toOutput = broker.run("get", "ci/b.txt", "-");
        assertThat(toOutput.out()).isEqualTo("hello\n");
        assertThat(toOutput.err()).isEmpty();
        Typed here = broker.run("get", "ci/b.txt");
        assertThat(here.out()).isEmpty();
        assertThat(here.err()).isEqualTo("ci/b.txt to b.txt, 6 bytes\n");
        assertThat(folder.resolve("b.txt")).hasContent("hello\n");
        assertThat(broker.run("rm", "ci/b.txt").exit()).isZero();
        assertThat(broker.run("get", "ci/b.txt", "-").exit()).isEqualTo(3);
        assertThat(broker.run("rm", "ci/b.txt").exit()).isEqualTo(3);
    }

    @Test
    void a_folder_is_told_as_one_with_the_verb_that_helps() {
        broker.run("put", "a.txt", "ci/b c/a.txt");
        Typed get = broker.run("get", "ci/b c", "there");
        assertThat(get.exit()).isEqualTo(3);
        assertThat(get.err()).isEqualTo("error: [4001] no such file: ci/b c is a folder\ntry: ls 'ci/b c' lists it\n");
        assertThat(folder.resolve("there")).doesNotExist();
        assertThat(broker.run("get", "ci", "-").err()).contains("ci is a folder\ntry: ls ci lists it\n");
        Typed rm = broker.run("rm", "/ci");
        assertThat(rm.exit()).isEqualTo(5);
        assertThat(rm.err())
                .isEqualTo("error: [4005] folder ci is not empty\ntry: rm -r /ci removes it with all that is in it\n");
        assertThat(broker.run("rm", "-r", "/ci").exit()).isZero();
    }

    @Test
    void a_name_with_a_line_end_is_wrong_usage() {
        assertThat(broker.run("put", "a.txt", "a\nb").exit()).isEqualTo(2);
    }

    @Test
    void what_could_not_be_printed_is_a_failure_and_a_reader_that_has_gone_a_quiet_one() {
        broker.run("put", "a.txt", "a.txt");
        List<List<String>> verbs = List.of(
                List.of("get", "a.txt", "-"),
                List.of("ls", "-o", "json"),
                List.of("config", "default"),
                List.of("completion", "bash"),
                List.of("status", "--format", "json"),
                List.of("definitions", "export", "-"),
                List.of("pub", "a/b", "1"),
                List.of("help"));
        for (List<String> verb : verbs) {
            String[] args = verb.toArray(new String[0]);
            Typed full = broker.typed().unwritable("No space left on device").run(args);
            assertThat(full.exit()).as("%s", verb).isEqualTo(1);
            assertThat(full.err())
                    .as("%s", verb)
                    .isEqualTo("error: standard output could not be written: No space left on device\n");
            Typed left = broker.typed().unwritable("Broken pipe").run(args);
            assertThat(left.exit()).as("%s", verb).isEqualTo(1);
            assertThat(left.err()).as("%s", verb).isEmpty();
        }
        assertThat(folder.resolve("-")).doesNotExist();
        assertThat(broker.run("definitions", "export", "-").out()).contains("<broker-users");
    }

    @Test
    void what_a_file_was_is_listed_shown_restored_and_forgotten() throws IOException {
        broker.run("put", "a.txt", "kept/a.txt");
        Files.writeString(folder.resolve("other.txt"), "other");
        broker.run("put", "other.txt", "kept/a.txt");
        assertThat(broker.run("versions", "kept/a.txt").out().lines()).hasSize(2);
        String version = broker.run("versions", "kept/a.txt", "-o", "json")
                .out()
                .replaceFirst("(?s).*\"version\":(\\d+).*", "$1");
        assertThat(broker.run("versions", "kept/a.txt", "--show", version).out())
                .isEqualTo("hello\n");
        assertThat(broker.run("versions", "kept/a.txt", "--restore", version).exit())
                .isZero();
        assertThat(broker.run("get", "kept/a.txt", "-").out()).isEqualTo("hello\n");
        assertThat(broker.run("versions", "kept/a.txt", "--show", "1").exit()).isEqualTo(3);
        assertThat(broker.run("versions", "kept/a.txt", "--forget").exit()).isZero();
        assertThat(broker.run("versions", "kept/a.txt").out().lines()).hasSize(1);
    }

    @Test
    void what_stands_here_is_not_replaced_without_being_named() {
        broker.run("put", "a.txt", "a.txt");
        Typed refused = broker.run("get", "a.txt");
        assertThat(refused.exit()).isEqualTo(5);
        assertThat(refused.err())
                .isEqualTo("error: a.txt is already here\ntry: name it to replace it: get a.txt a.txt\n");
        assertThat(broker.run("get", "a.txt", "a.txt").exit()).isZero();
    }

    @Test
    void put_takes_standard_input_and_completes_a_folder() {
        assertThat(broker.typed()
                        .input(new byte[1000])
                        .run("put", "-", "ci/zeros")
                        .out())
                .startsWith("ci/zeros 1000 sha256:");
        assertThat(broker.run("put", "a.txt", "ci/").out()).startsWith("ci/a.txt 6 ");
        assertThat(broker.run("put", "-", "ci/").exit()).isEqualTo(2);
        assertThat(broker.run("put", "nix", "ci/").exit()).isEqualTo(3);
    }

    @Test
    void ls_is_a_table_or_json() {
        broker.run("put", "a.txt", "ci/a.txt");
        List<String> table = broker.run("ls").out().lines().toList();
        assertThat(table.getFirst()).matches("NAME +SIZE +MODIFIED");
        assertThat(table).anyMatch(line -> line.matches("ci/ .*Z"));
        Typed json = broker.run("ls", "/ci", "-o", "json");
        assertThat(Json.parse(Bytes.utf8(json.out()))).asString().contains("name=a.txt", "kind=file", "size=6");
        assertThat(Json.parseObject(
                        Bytes.utf8(broker.run("ls", "ci", "-o", "ndjson").out())))
                .containsEntry("name", "a.txt");
        assertThat(broker.run("ls", "nix").exit()).isEqualTo(3);
    }

    @Test
    void a_users_file_with_a_mistake_is_refused_with_its_place() throws IOException {
        Files.writeString(
                folder.resolve("users.xml"),
                "<broker-users xmlns=\"urn:databroker:users:1\">\n<usr/>\n</broker-users>");
        Typed refused = broker.run("put", "users.xml", "broker_users.xml");
        assertThat(refused.exit()).isEqualTo(5);
        assertThat(refused.err())
                .startsWith("error: [2006] invalid users file: ")
                .contains("line 2", "\ntry: ");
    }
}
