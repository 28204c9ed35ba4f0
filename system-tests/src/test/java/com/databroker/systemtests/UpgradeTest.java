package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.ProblemException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Data folders that earlier versions wrote, see formats/README.md among the resources.
class UpgradeTest {
    @TempDir
    Path folder;

    private Path unpacked(String name) throws Exception {
        Path archive = Path.of(System.getProperty("databroker.root", ""))
                .resolve("system-tests/src/test/resources/formats/" + name + ".tar.gz");
        Peers.Result unpacked = Peers.run("tar", "-xzf", archive.toString(), "-C", folder.toString());
        assertThat(unpacked.status()).as(unpacked.output()).isZero();
        return folder.resolve(name);
    }

    private static void isKnown(TestBroker broker) throws Exception {
        HttpResponse<String> note = broker.request("GET", "/files/notes/a.txt", "");
        assertThat(note.body()).isEqualTo("second");
        // The version, the words of the sender and the media type are the index's alone.
        assertThat(note.headers().map())
                .containsEntry("etag", List.of("\"3-16367aacb67a4a01\""))
                .containsEntry("x-meta-build", List.of("17"))
                .containsEntry("content-type", List.of("text/plain"));
        assertThat(broker.request("GET", "/files/deep/er/b.json", "").body()).isEqualTo("{\"n\":1}");
        assertThat(broker.request("GET", "/files/gone.txt", "").statusCode()).isEqualTo(404);
        assertThat(broker.request("GET", "/access/users", "").body()).contains("jenkins", "\"ci\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"index-1", "index-2"})
    void a_folder_of_files_is_what_it_was(String name) throws Exception {
        Path data = unpacked(name);
        try (TestBroker broker = TestBroker.start(data)) {
            isKnown(broker);
        }
        assertThat(data.resolve("format")).hasContent("2");
        assertThat(data.resolve("format-1")).doesNotExist();
    }

    @Test
    void one_without_an_index_has_its_files_and_users() throws Exception {
        try (TestBroker broker = TestBroker.start(unpacked("no-index"))) {
            assertThat(broker.request("GET", "/files/notes/a.txt", "").body()).isEqualTo("second");
            assertThat(broker.request("GET", "/access/users", "").body()).contains("jenkins", "\"ci\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"streams-1", "streams-2"})
    void one_with_streams_has_its_records_and_dead_letters_and_goes_on(String name) throws Exception {
        try (TestBroker broker = TestBroker.startAsServed(unpacked(name), Map.of("streams.enabled", "true"))) {
            isKnown(broker);
            Peers.until(
                    "both records are found",
                    () -> broker.request("GET", "/streams/github?q=ada", "", "Accept", "application/x-ndjson")
                                    .body()
                                    .lines()
                                    .filter(line -> line.contains("PushEvent:"))
                                    .count()
                            == 2);
            assertThat(broker.request("GET", "/streams/github/dead", "").body()).contains("inbox/github/page.json");
            // It goes on where it was: the same bytes are known, others are taken.
            broker.request("PUT", "/files/inbox/github/new.json", NEXT);
            Peers.until(
                    "the third is found",
                    () -> broker.request("GET", "/streams/github?q=eve", "")
                            .body()
                            .contains("PushEvent:9:"));
        }
    }

    @Test
    void the_first_one_with_objects_has_them_and_takes_changes() throws Exception {
        Map<String, String> shop = Map.of("objects.stores.shop.connections-max", "8");
        try (TestBroker broker = TestBroker.start(unpacked("objects-1"), shop)) {
            isKnown(broker);
            assertThat(broker.request("GET", "/objects/Article/1", "").body()).contains("\"_version\":2", "chalk");
            assertThat(broker.request("PATCH", "/objects/Article/1", "{\"name\":\"ink\"}")
                            .body())
                    .contains("ink");
        }
    }

    private static final String NEXT =
            "{\"id\":\"9\",\"type\":\"PushEvent\",\"actor\":{\"id\":1,\"login\":\"eve\"},\"repo\":{\"id\":7,\"name\":\"a/b\"},"
                    + "\"public\":true,\"created_at\":\"2026-11-20T12:00:00Z\",\"payload\":{\"ref\":\"refs/heads/main\"}}\n";

    @Test
    void a_step_that_was_cut_off_is_done_again_from_either_end() throws Exception {
        Path data = unpacked("index-1");
        byte[] before = Files.readAllBytes(data.resolve("index/journal"));
        Files.createDirectories(data.resolve("format-1.new/index"));
        TestBroker.start(data).close();
        assertThat(data.resolve("format-1.new")).doesNotExist();
        // As if the number had not been written any more, and what was kept was still there.
        Files.writeString(data.resolve("format"), "1\n");
        Files.createDirectories(data.resolve("format-1/index"));
        Files.write(data.resolve("format-1/index/journal"), before);
        try (TestBroker broker = TestBroker.start(data)) {
            isKnown(broker);
        }
        assertThat(data.resolve("format-1")).doesNotExist();
    }

    @Test
    void a_number_that_cannot_be_read_is_told_as_that_and_not_as_a_later_one() throws Exception {
        Path data = unpacked("index-2");
        for (String found : List.of("", "abc", "0", "\u00e9\u0000")) {
            Files.writeString(data.resolve("format"), found, StandardCharsets.ISO_8859_1);
            assertThatThrownBy(() -> TestBroker.start(data)).isInstanceOfSatisfying(ProblemException.class, refused -> {
                assertThat(refused.problem().number()).isEqualTo(9005);
                assertThat(refused.detail())
                        .startsWith(data.resolve("format") + " cannot be read: ")
                        .contains("write 2 into it")
                        .doesNotContain("later");
            });
        }
        Files.writeString(data.resolve("format"), "2\n");
        TestBroker.start(data).close();
    }

    @Test
    void a_later_one_is_refused_with_what_to_do_and_left_as_it_is() throws Exception {
        Path data = unpacked("index-2");
        Files.writeString(data.resolve("format"), "3\n");
        assertThatThrownBy(() -> TestBroker.start(data)).isInstanceOfSatisfying(ProblemException.class, refused -> {
            assertThat(refused.problem().number()).isEqualTo(9005);
            assertThat(refused.detail()).contains("format 3", "knows 1 to 2");
            assertThat(refused.problem().remedy()).contains("docs/guide/upgrade.md");
        });
        assertThat(data.resolve("format")).hasContent("3");
        assertThat(Command.run(folder, "backup", folder.resolve("b.tar").toString(), "--data", data.toString())
                        .said())
                .contains("9005");
    }
}
