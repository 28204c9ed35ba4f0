package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Backups as an operator makes them, of brokers that run, stop and are killed.
class BackupTest {
    private static final Map<String, String> ALL =
            Map.of("streams.enabled", "true", "objects.demo", "true", "streams.flink.checkpoint-interval", "3s");

    private static final Map<String, String> TAKEN =
            Map.of("streams.enabled", "false", "files.rules.taken.path", "theirs/**");

    @TempDir
    Path folder;

    private static String push(int number) {
        return "{\"id\":\"" + number + "\",\"type\":\"PushEvent\",\"actor\":{\"id\":7,\"login\":\"ann\"},"
                + "\"repo\":{\"id\":9,\"name\":\"lab/papers\"},\"public\":true,\"created_at\":\"2026-11-27T10:00:00Z\","
                + "\"payload\":{\"ref\":\"refs/heads/main\",\"commits\":[{\"sha\":\"a\",\"message\":\"x\"}]}}";
    }

    private static long count(TestBroker broker, String member) throws Exception {
        Map<String, @Nullable Object> status = Json.parseObject(
                Bytes.utf8(broker.request("GET", "/streams/github/status", "").body()));
        return status.get(member) instanceof BigInteger number ? number.longValue() : -1;
    }

    private static void awaitFound(TestBroker broker, int records) throws Exception {
        Peers.until(records + " records are found", () -> found(broker) == records);
    }

    private static int found(TestBroker broker) throws Exception {
        HttpResponse<String> answer =
                broker.request("GET", "/streams/github?q=ann", "", "Accept", "application/x-ndjson");
        return answer.statusCode() == 200 ? (int) answer.body().lines().count() : -answer.statusCode();
    }

    @Test
    void everything_that_a_running_broker_keeps_is_there_after_a_restore_and_nobody_was_turned_away() throws Exception {
        Path archive = folder.resolve("backup.tar.zst");
        String etag;
        String jenkins;
        Map<String, String> before = new ConcurrentHashMap<>();
        try (TestBroker broker = TestBroker.startAsServed(folder.resolve("data"), ALL)) {
            jenkins = broker.user("jenkins", "publish:builds/**");
            broker.request("PUT", "/files/notes/a.txt", "first", "Content-Type", "text/plain");
            etag = broker.request("PUT", "/files/notes/a.txt", "second", "X-Meta-Build", "17")
                    .headers()
                    .firstValue("ETag")
                    .orElseThrow();
            broker.request("PUT", "/files/inbox/github/page.json", push(1) + "\n" + push(2) + "\n{\"id\":\"3\",odd\n");
            awaitFound(broker, 2);
            Peers.until("what is odd is set aside", () -> count(broker, "dead") == 1);
            assertThat(broker.request("PATCH", "/objects/Person/2", "{\"salary\":1150}")
                            .statusCode())
                    .isEqualTo(200);
            List<String> odd = whileClientsGoOn(broker, before, archive);
            assertThat(odd).isEmpty();
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(archive)))
                .isEqualTo("rw-------");
        Path elsewhere = folder.resolve("elsewhere");
        Command.Result restored = Command.run(folder, "restore", archive.toString(), "--data", elsewhere.toString());
        assertThat(restored.exit()).as(restored.said()).isZero();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(elsewhere.resolve("curve.key"))))
                .isEqualTo("rw-------");
        try (TestBroker broker = TestBroker.startAsServed(elsewhere, ALL)) {
            HttpResponse<String> note = broker.request("GET", "/files/notes/a.txt", "");
            assertThat(note.body()).isEqualTo("second");
            assertThat(note.headers().map())
                    .containsEntry("etag", List.of(etag))
                    .containsEntry("x-meta-build", List.of("17"));
            for (Map.Entry<String, String> file : before.entrySet()) {
                assertThat(broker.request("GET", "/files/" + file.getKey(), "").body())
                        .isEqualTo(file.getValue());
            }
            assertThat(broker.requestAs(jenkins, "POST", "/events/builds/x", "1")
                            .statusCode())
                    .isEqualTo(200);
            assertThat(broker.request("GET", "/objects/Person/2", "").body()).contains("1150");
            awaitFound(broker, 2);
            assertThat(count(broker, "dead")).isEqualTo(1);
            // The same bytes were taken before; what is new is taken.
            broker.request("PUT", "/files/inbox/github/again.json", push(1) + "\n" + push(2) + "\n{\"id\":\"3\",odd\n");
            broker.request("PUT", "/files/inbox/github/more.json", push(4) + "\n");
            awaitFound(broker, 3);
            assertThat(count(broker, "dead")).isEqualTo(1);
        }
    }

    /// @return what a client was told that is no answer
    private List<String> whileClientsGoOn(TestBroker broker, Map<String, String> before, Path archive)
            throws Exception {
        Queue<String> odd = new ConcurrentLinkedQueue<>();
        AtomicBoolean begun = new AtomicBoolean();
        AtomicBoolean over = new AtomicBoolean();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            clients.submit(() -> {
                for (int i = 0; !over.get(); i++) {
                    boolean early = !begun.get();
                    int status = broker.request("PUT", "/files/many/" + i, "content " + i)
                            .statusCode();
                    if (status != 201) {
                        odd.add("PUT " + status);
                    } else if (early) {
                        before.put("many/" + i, "content " + i);
                    }
                }
                return true;
            });
            clients.submit(() -> {
                while (!over.get()) {
                    int records = found(broker);
                    if (records != 2) {
                        odd.add("search: " + records);
                    }
                }
                return true;
            });
            clients.submit(() -> {
                while (!over.get()) {
                    int status = broker.request("POST", "/events/ticks", "1").statusCode();
                    if (status != 200) {
                        odd.add("POST " + status);
                    }
                }
                return true;
            });
            Peers.until("there are files", () -> before.size() >= 20);
            begun.set(true);
            try {
                Command.Result made = Command.run(
                        folder,
                        "backup",
                        archive.toString(),
                        "--url",
                        broker.http("").toString(),
                        "--token",
                        broker.token());
                assertThat(made.exit()).as(made.said()).isZero();
                assertThat(made.said()).contains("not in it: events that are held for replay");
            } finally {
                over.set(true);
            }
        }
        return List.copyOf(odd);
    }

    @Test
    void a_folder_is_a_backup_as_well_and_standard_tools_check_it() throws Exception {
        Path data = folder.resolve("data");
        try (TestBroker broker = TestBroker.start(data)) {
            broker.request("PUT", "/files/%C3%BCnicode/ein%20langer%20Name.txt", "x".repeat(100_000));
        }
        Path backup = folder.resolve("backup");
        assertThat(Command.run(folder, "backup", backup.toString(), "--data", data.toString()))
                .satisfies(made -> assertThat(made.exit()).as(made.said()).isZero());
        assertThat(Peers.run("sh", "-c", "cd '" + backup + "' && sha256sum --quiet -c SHA256SUMS")
                        .status())
                .isZero();
        Path packed = folder.resolve("backup.tar.gz");
        assertThat(Command.run(folder, "backup", packed.toString(), "--data", data.toString())
                        .exit())
                .isZero();
        assertThat(Peers.run("tar", "-tzf", packed.toString()).output()).contains("data/format");
        assertThat(Command.run(
                        folder,
                        "restore",
                        backup.toString(),
                        "--data",
                        folder.resolve("again").toString()))
                .satisfies(made -> assertThat(made.exit()).as(made.said()).isZero());
        try (TestBroker broker = TestBroker.start(folder.resolve("again"))) {
            assertThat(broker.request("GET", "/files/%C3%BCnicode/ein%20langer%20Name.txt", "")
                            .body())
                    .hasSize(100_000);
        }
    }

    @Test
    void files_with_long_names_that_are_not_ascii_are_backed_up_restored_and_seen_by_tar() throws Exception {
        List<String> names = List.of("dd/" + "ü".repeat(60), "f255/" + "ü".repeat(127));
        Path packed = folder.resolve("backup.tar.gz");
        try (TestBroker broker = TestBroker.start(folder.resolve("data"))) {
            for (String name : names) {
                assertThat(broker.request("PUT", "/files/" + name.replace("ü", "%C3%BC"), name)
                                .statusCode())
                        .isEqualTo(201);
            }
            Command.Result made = Command.run(
                    folder,
                    "backup",
                    packed.toString(),
                    "--url",
                    broker.http("").toString(),
                    "--token",
                    broker.token());
            assertThat(made.exit()).as(made.said()).isZero();
        }
        assertThat(Peers.run("tar", "--quoting-style=literal", "-tzf", packed.toString())
                        .output())
                .contains("files/" + names.get(0) + "\n", "files/" + names.get(1) + "\n");
        Path again = folder.resolve("again");
        assertThat(Command.run(folder, "restore", packed.toString(), "--data", again.toString()))
                .satisfies(restored ->
                        assertThat(restored.exit()).as(restored.said()).isZero());
        try (TestBroker broker = TestBroker.start(again)) {
            for (String name : names) {
                assertThat(broker.request("GET", "/files/" + name.replace("ü", "%C3%BC"), "")
                                .body())
                        .isEqualTo(name);
            }
        }
    }

    @Test
    void what_is_no_file_or_has_a_name_that_is_no_text_is_left_out_and_said_to_be() throws Exception {
        Path data = folder.resolve("data");
        TestBroker.start(data).close();
        shell("mkdir data/files/odd data/outer && cd data/files/odd && echo x >good && ln -s good link && mkfifo pipe"
                + " && echo x >\"$(printf 'b\\377d')\" && mkfifo ../../outer/pipe"
                + " && echo x >\"$(printf '../../b\\377')\"");
        Path backup = folder.resolve("backup");
        Command.Result made = Command.run(folder, "backup", backup.toString(), "--data", data.toString());
        assertThat(made.exit()).as(made.said()).isZero();
        String links = "links and devices, which are neither files nor folders: 3, the first at data/outer/pipe";
        String names = "files and folders whose names are not UTF-8: 2, the first at data/";
        assertThat(made.said()).contains("not in it: " + links, "not in it: " + names);
        assertThat(Files.readString(backup.resolve("manifest.json"))).contains(links, names);
        assertThat(backup.resolve("files/odd").toFile().list()).containsExactly("good");
    }

    @Test
    void what_is_no_whole_backup_of_this_version_is_refused_by_number_and_leaves_nothing() throws Exception {
        Path data = folder.resolve("data");
        TestBroker.start(data).close();
        Path good = folder.resolve("good");
        assertThat(Command.run(folder, "backup", good.toString(), "--data", data.toString())
                        .exit())
                .isZero();
        Path tar = folder.resolve("good.tar");
        shell("cd good && tar -cf ../good.tar databroker-backup data files manifest.json SHA256SUMS");
        shell("head -c $(($(stat -c %s good.tar) / 2)) good.tar >cut.tar");
        shell("cp -r good changed && echo x >>changed/data/format");
        shell("cp -r good more && echo x >more/data/more");
        shell("cp -r good less && rm less/data/curve.key");
        shell("cp -r good newer && sed -i 's/^format .*/format 99/' newer/databroker-backup");
        shell("tar -cf foreign.tar good/data");
        shell("echo hello >text.tar.gz");
        shell("cd good && echo x >../evil && tar -P -cf ../up.tar databroker-backup ../evil data && rm ../evil");
        shell("cp -r good link && ln -s /etc/passwd link/data/link && cd link"
                + " && tar -cf ../link.tar databroker-backup data");
        for (String each : List.of("cut.tar", "changed", "more", "less", "foreign.tar", "text.tar.gz")) {
            refused(each, "9012");
        }
        refused("newer", "9013");
        refused("up.tar", "9014");
        refused("link.tar", "9014");
        assertThat(folder.resolve("evil")).doesNotExist();
        assertThat(Command.run(folder, "restore", tar.toString(), "--data", data.toString()))
                .satisfies(full -> assertThat(full.said()).contains("9011"));
        assertThat(Command.run(
                        folder,
                        "restore",
                        tar.toString(),
                        "--data",
                        folder.resolve("new").toString()))
                .satisfies(made -> assertThat(made.exit()).as(made.said()).isZero());
    }

    private void shell(String script) throws Exception {
        Peers.Result result = Peers.run("sh", "-ec", "cd '" + folder + "'\n" + script);
        assertThat(result.status()).as(script + ": " + result.output()).isZero();
    }

    private void refused(String backup, String number) throws Exception {
        Path target = folder.resolve("target");
        Command.Result result =
                Command.run(folder, "restore", folder.resolve(backup).toString(), "--data", target.toString());
        assertThat(result.exit()).as(backup).isNotZero();
        assertThat(result.said()).as(backup).contains("[" + number + "]");
        assertThat(target).as(backup).doesNotExist();
    }

    @Test
    void one_that_is_killed_leaves_no_backup_and_no_broker_starts_on_half_a_restore() throws Exception {
        Path data = folder.resolve("data");
        TestBroker.start(data).close();
        shell("mkdir data/files/many && cd data/files/many && seq 1000 | xargs touch"
                + " && head -c 60000000 /dev/urandom >large");
        Path backup = folder.resolve("backup.tar.zst");
        Process writing =
                Command.start(folder.resolve("writing"), "backup", backup.toString(), "--data", data.toString());
        AttackSocket.await("it writes", () -> draft() != null && size(draft()) > 1_000_000);
        writing.destroyForcibly().waitFor();
        assertThat(backup).doesNotExist();
        assertThat(draft()).isNotNull();
        assertThat(Command.run(folder, "backup", backup.toString(), "--data", data.toString())
                        .exit())
                .isZero();
        assertThat(draft()).isNull();

        Path target = folder.resolve("target");
        Process restoring =
                Command.start(folder.resolve("restoring"), "restore", backup.toString(), "--data", target.toString());
        AttackSocket.await("it restores", () -> Files.exists(target.resolve("files/many")));
        restoring.destroyForcibly().waitFor();
        assertThat(Command.run(folder, "serve", "--data", target.toString()))
                .satisfies(served -> assertThat(served.said()).contains("9010"));
        assertThat(Command.run(folder, "restore", backup.toString(), "--data", target.toString()))
                .satisfies(made -> assertThat(made.exit()).as(made.said()).isZero());
        try (TestBroker broker = TestBroker.start(target)) {
            assertThat(broker.request("HEAD", "/files/many/large", "").headers().firstValueAsLong("Content-Length"))
                    .hasValue(60_000_000);
        }
    }

    @Test
    void a_broker_that_is_killed_within_its_own_backup_starts_again_and_half_of_one_is_none() throws Exception {
        Path data = Files.createDirectory(folder.resolve("data"));
        String[] settings = {"--objects.demo", "true", "--streams.enabled", "false"};
        FilesServe first = FilesServe.start(data, List.of(), settings);
        try {
            shell("head -c 40000000 /dev/urandom >data/files/large");
            assertThat(first.send(
                                    "PATCH",
                                    "/objects/Person/2",
                                    Bytes.utf8("{\"salary\":1150}").toArray())
                            .statusCode())
                    .isEqualTo(200);
            halfOfOne(first, folder.resolve("half.tar"));
        } finally {
            first.kill();
        }
        refused("half.tar", "9012");
        FilesServe again = FilesServe.start(data, List.of(), settings);
        try {
            Path whole = folder.resolve("whole.tar");
            assertThat(Command.run(folder, "backup", whole.toString(), "--data", data.toString()))
                    .satisfies(made -> assertThat(made.exit()).as(made.said()).isZero());
            assertThat(data.resolve(".backup")).doesNotExist();
            Path target = folder.resolve("target");
            assertThat(Command.run(folder, "restore", whole.toString(), "--data", target.toString()))
                    .satisfies(made -> assertThat(made.exit()).as(made.said()).isZero());
            assertThat(Files.mismatch(data.resolve("files/large"), target.resolve("files/large")))
                    .isEqualTo(-1);
        } finally {
            again.kill();
        }
    }

    /// Reads the answer of the broker up to where it is killed: the connection holds less than there is to send.
    private static void halfOfOne(FilesServe broker, Path half) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(broker.http("/backup"))
                .header("Authorization", "Bearer " + broker.token())
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        try (HttpClient http = HttpClient.newHttpClient();
                OutputStream out = Files.newOutputStream(half);
                InputStream in = http.send(request, HttpResponse.BodyHandlers.ofInputStream())
                        .body()) {
            out.write(in.readNBytes(1_000_000));
            broker.kill();
            in.transferTo(out);
        } catch (IOException cut) {
            assertThat(half).isNotEmptyFile();
        }
    }

    private @Nullable Path draft() {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> String.valueOf(file.getFileName()).startsWith(".databroker-backup-"))
                    .findFirst()
                    .orElse(null);
        } catch (IOException unreadable) {
            throw new java.io.UncheckedIOException(unreadable);
        }
    }

    private static long size(@Nullable Path file) {
        return file == null ? 0 : file.toFile().length();
    }

    @Test
    void definitions_make_another_broker_the_same_and_again_change_nothing() throws Exception {
        Path file = folder.resolve("definitions.yaml");
        String administrator;
        try (TestBroker one = TestBroker.start(folder.resolve("one"));
                TestBroker other = TestBroker.startAsServed(folder.resolve("other"), TAKEN)) {
            administrator = one.token();
            one.user("jenkins", "publish:builds/**");
            assertThat(definitions(one, one.token(), "export", file).exit()).isZero();
            Command.Result told = definitions(other, other.token(), "import", file, "--dry-run");
            assertThat(told.said()).contains("@ users", "+   <user name=\"jenkins\">");
            assertThat(other.request("GET", "/access/users", "").body()).doesNotContain("jenkins");
            definitions(other, other.token(), "import", file);
            // Its tokens are those of the first one now.
            assertThat(other.requestAs(one.token(), "GET", "/access/users", "").body())
                    .contains("jenkins");
            String text = Files.readString(file);
            Files.writeString(file, text.replace("streams:\n", "streams:\n  letters.yaml: |\n" + LETTERS.indent(4)));
            assertThat(definitions(other, one.token(), "import", file).said())
                    .contains("@ streams/letters.yaml", "+ capture: [\"letters/**\"]")
                    .doesNotContain("@ users");
            assertThat(folder.resolve("other/sources/letters.yaml")).hasContent(LETTERS);
            assertThat(definitions(other, one.token(), "import", file).said()).contains("nothing differs");
            settings(other, one.token(), file);
            Files.writeString(file, text.replace("</broker-users>", ""));
            assertThat(definitions(other, one.token(), "import", file).said()).contains("users file");
        }
        try (TestBroker other = TestBroker.startAsServed(folder.resolve("other"), TAKEN)) {
            assertThat(other.requestAs(administrator, "PUT", "/files/notes/a", "x".repeat(1025))
                            .statusCode())
                    .isEqualTo(413);
            assertThat(other.requestAs(administrator, "GET", "/config", "").body())
                    .contains("imported.yaml");
        }
    }

    /// They are checked with the configuration, and stand below it from the next start on.
    private void settings(TestBroker broker, String token, Path file) throws Exception {
        String small = "definitions: 1\nsettings:\n  files.rules.notes.path: notes/**\n  files.rules.notes.size-max: ";
        Files.writeString(file, small + "much\n");
        Command.Result refused = definitions(broker, token, "import", file);
        assertThat(refused.exit()).isNotZero();
        assertThat(refused.said()).contains("[9001]", "files.rules.notes.size-max");
        Files.writeString(file, "definitions: 1\nsettings:\n  http.port: 1\n");
        assertThat(definitions(broker, token, "import", file).said()).contains("[9001]", "\"http.port\" is none of");
        assertThat(folder.resolve("other/imported.yaml")).doesNotExist();

        Files.writeString(file, small + "1KiB\n  files.rules.taken.path: mine/**\n");
        assertThat(definitions(broker, token, "import", file, "--dry-run").said())
                .contains("+ files.rules.notes.size-max: 1KiB", "nothing did");
        assertThat(folder.resolve("other/imported.yaml")).doesNotExist();
        assertThat(definitions(broker, token, "import", file).said())
                .contains("# --files.rules.taken.path says otherwise", "are read at the next start");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("other/imported.yaml"))))
                .isEqualTo("rw-------");
        assertThat(definitions(broker, token, "import", file).said())
                .doesNotContain("+ files.rules.notes")
                .contains("+ files.rules.taken.path: mine/**");
    }

    private static final String LETTERS = """
            title: "Letters: who wrote one"
            capture: ["letters/**"]
            fields:
              topic: {type: keyword}
            """;

    private Command.Result definitions(TestBroker broker, String token, String verb, Path file, String... more)
            throws Exception {
        List<String> all = new java.util.ArrayList<>(List.of("definitions", verb, file.toString()));
        all.addAll(List.of(more));
        all.addAll(List.of("--url", broker.http("").toString(), "--token", token));
        return Command.run(folder, all.toArray(String[]::new));
    }
}
