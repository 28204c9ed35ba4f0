package com.databroker.systemtests;

import static com.databroker.systemtests.FilesBroker.digest;
import static com.databroker.systemtests.FilesBroker.header;
import static com.databroker.systemtests.FilesBroker.problem;
import static com.databroker.systemtests.FilesBroker.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// PUT, POST and DELETE of files: who is answered what, and what is on the disk and announced afterwards.
class FilesUploadTest {
    private static final byte[] HELLO = "hello".getBytes(StandardCharsets.UTF_8);

    @SuppressWarnings("NullAway.Init")
    private static FilesBroker files;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        Map<String, String> settings = new HashMap<>(Map.of("files.size-max", "1MiB"));
        settings.putAll(FilesBroker.rule("small", "quota/**", "quota", "1KiB"));
        files = FilesBroker.start(data.resolve("broker"), settings);
    }

    @BeforeEach
    void hearNothingOld() throws Exception {
        files.told();
    }

    @AfterAll
    static void stop() {
        files.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "POST"})
    void what_is_put_is_created_then_updated_and_each_is_told_once(String method) throws Exception {
        String path = "/files/new/" + method + "/a%20b.txt";
        HttpResponse<byte[]> created = files.send(method, path, "one");
        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(header(created, "Location")).isEqualTo(path);
        assertThat(created.body()).isEmpty();
        HttpResponse<byte[]> updated = files.send(method, path, "two");
        assertThat(updated.statusCode()).isEqualTo(204);
        assertThat(header(updated, "Location")).isEmpty();
        assertThat(header(updated, "ETag")).isNotEqualTo(header(created, "ETag"));
        HttpResponse<byte[]> got = files.get(path);
        assertThat(text(got)).isEqualTo("200 two");
        assertThat(header(got, "ETag")).isEqualTo(header(updated, "ETag"));
        assertThat(header(updated, "Repr-Digest")).isEqualTo(digest("sha-256", got.body()));
        String name = "new/" + method + "/a b.txt";
        assertThat(files.told()).containsExactly("FILE CREATED " + name, "FILE UPDATED " + name);
    }

    /// `$ETAG` is that of the existing file; of a missing one there is none.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "||204|201",
                "*||204|412",
                "$ETAG||204|412",
                "\"old\", $ETAG||204|412",
                "W/$ETAG||412|412",
                "\"old\"||412|412",
                "\"*\"||412|412",
                "|*|412|201",
                "|$ETAG|412|201",
                "|W/$ETAG|412|201",
                "|\"old\"|204|201",
                "|\"*\"|204|201",
                "*|*|412|412",
                "$ETAG|\"old\"|204|412",
                "$ETAG|$ETAG|412|412"
            })
    void every_precondition_is_kept_for_what_is_there_and_what_is_not(
            String match, String noneMatch, int existing, int missing) throws Exception {
        files.send("DELETE", "/files/cond/missing", "");
        String etag = header(files.put("/files/cond/existing", "before"), "ETag");
        for (String name : List.of("existing", "missing")) {
            String[] headers = Stream.of("If-Match", match, "If-None-Match", noneMatch)
                    .map(word -> word == null ? "" : word.replace("$ETAG", etag))
                    .toArray(String[]::new);
            if (headers[3].isEmpty()) {
                headers = headers[1].isEmpty() ? new String[0] : new String[] {headers[0], headers[1]};
            } else if (headers[1].isEmpty()) {
                headers = new String[] {headers[2], headers[3]};
            }
            files.told();
            HttpResponse<byte[]> answer = files.put("/files/cond/" + name, "after", headers);
            int expected = name.equals("existing") ? existing : missing;
            assertThat(answer.statusCode()).as(name).isEqualTo(expected);
            boolean refused = expected == 412;
            assertThat(files.text("/files/cond/" + name).substring(4))
                    .startsWith(!refused ? "after" : name.equals("existing") ? "before" : "{");
            assertThat(files.told()).hasSize(refused ? 0 : 1);
        }
    }

    static Stream<List<String>> digests() {
        String right256 = digest("sha-256", HELLO);
        String right512 = digest("sha-512", HELLO);
        String wrong256 = digest("sha-256", new byte[1]);
        String wrong512 = digest("sha-512", new byte[1]);
        return Stream.of(
                List.of("201", right256),
                List.of("201", right512),
                List.of("201", right256 + ", " + right512),
                List.of("201", "md5=:AAAA:, " + right256),
                List.of("201", right256.replace("sha", "SHA")),
                List.of("4009", wrong256),
                List.of("4009", wrong512),
                List.of("4009", right256 + "," + wrong512),
                List.of("4009", wrong256 + "," + right512),
                List.of("4009", "sha-256=:AAAA:"),
                List.of("4009", "sha-256=::"),
                List.of("1001", "md5=:XUFAKrxLKna5cZ2REBfFkg==:"),
                List.of("1001", ""),
                List.of("1001", "sha-256"),
                List.of("1001", "sha-256="),
                List.of("1001", "sha-256=:"),
                List.of("1001", "sha-256=abc"),
                List.of("1001", "sha-256=:%%%:"),
                List.of("1001", right256 + ","),
                List.of("1001", right256.replace("=:", "=")));
    }

    @ParameterizedTest
    @MethodSource("digests")
    void a_digest_that_is_not_the_bodys_stores_nothing_and_tells_nobody(List<String> row) throws Exception {
        for (String header : List.of("Content-Digest", "Repr-Digest")) {
            HttpResponse<byte[]> answer = files.put("/files/digest", "hello", header, row.getLast());
            if (row.getFirst().equals("201")) {
                assertThat(answer.statusCode()).isEqualTo(201);
                files.send("DELETE", "/files/digest", "");
            } else {
                assertThat(answer.statusCode()).isEqualTo(400);
                assertThat(problem(answer)).isEqualTo(Integer.parseInt(row.getFirst()));
                assertThat(files.get("/files/digest").statusCode()).isEqualTo(404);
                assertThat(files.told()).isEmpty();
            }
        }
        files.awaitNoDrafts();
    }

    @Test
    void one_of_two_lines_of_digests_that_is_wrong_refuses_the_file() throws Exception {
        HttpResponse<byte[]> answer = files.put(
                "/files/digest2",
                "hello",
                "Content-Digest",
                digest("sha-256", HELLO),
                "Content-Digest",
                digest("sha-512", new byte[1]));
        assertThat(problem(answer)).isEqualTo(4009);
        assertThat(files.get("/files/digest2").statusCode()).isEqualTo(404);
    }

    static Stream<List<String>> refusedBeforehand() {
        return Stream.of(
                List.of("401", "PUT /files/e", "nobody", "Content-Length: 5"),
                List.of("403", "PUT /files/e", "reader", "Content-Length: 5"),
                List.of("403", "POST /files/e", "reader", "Content-Length: 5"),
                List.of(
                        "403",
                        "POST /files/d/",
                        "reader",
                        "Content-Type: multipart/form-data; boundary=b",
                        "Content-Length: 5"),
                List.of("403", "PUT /files/broker_users.xml", "reader", "Content-Length: 5"),
                List.of("412", "PUT /files/e", "admin", "Content-Length: 5", "If-Match: *"),
                List.of("412", "PUT /files/there", "admin", "Content-Length: 5", "If-None-Match: *"),
                List.of("413", "PUT /files/e", "admin", "Content-Length: 1048577"),
                List.of("413", "PUT /files/e", "admin", "Content-Length: 999999999999999999"),
                List.of("507", "PUT /files/quota/e", "admin", "Content-Length: 1025"),
                List.of("409", "PUT /files/there/below", "admin", "Content-Length: 5"),
                List.of("409", "PUT /files/folder", "admin", "Content-Length: 5"),
                List.of("400", "PUT /files/folder/", "admin", "Content-Length: 5"),
                List.of("400", "PUT /files/.hidden", "admin", "Content-Length: 5"),
                List.of("400", "PUT /files/e", "admin", "Content-Length: 5", "Content-Range: bytes 0-4/10"),
                List.of("400", "PUT /files/e", "admin", "Content-Length: 5", "Content-Digest: md5=:AAAA:"),
                List.of("415", "PUT /files/e", "admin", "Content-Length: 5", "Content-Encoding: gzip"),
                List.of("400", "PUT /files/e?x=1", "admin", "Content-Length: 5"),
                List.of("431", "PUT /files/e", "admin", "Content-Length: 5", "X-Meta-A: " + "l".repeat(4100)),
                List.of(
                        "412",
                        "POST /files/e",
                        "admin",
                        "Tus-Resumable: 1.0.0",
                        "Upload-Length: 5",
                        "If-Match: *",
                        "Content-Type: application/offset+octet-stream",
                        "Content-Length: 5"),
                List.of(
                        "403",
                        "POST /files/e",
                        "reader",
                        "Tus-Resumable: 1.0.0",
                        "Upload-Length: 5",
                        "Content-Type: application/offset+octet-stream",
                        "Content-Length: 5"),
                List.of(
                        "404",
                        "PATCH /uploads/none",
                        "admin",
                        "Tus-Resumable: 1.0.0",
                        "Upload-Offset: 0",
                        "Content-Type: application/offset+octet-stream",
                        "Content-Length: 5"));
    }

    /// The client waits with its body, so that a refusal costs it nothing; 100 would be asking for it.
    @ParameterizedTest
    @MethodSource("refusedBeforehand")
    void what_will_be_refused_is_not_asked_for(List<String> row) throws Exception {
        files.put("/files/there", "x");
        files.put("/files/folder/x", "x");
        String reader = readerToken();
        files.told();
        try (AttackSocket socket = files.connect()) {
            String credentials = switch (row.get(2)) {
                case "nobody" -> "";
                case "reader" -> "Authorization: Bearer " + reader + "\r\n";
                default -> "Authorization: Bearer " + files.broker.token() + "\r\n";
            };
            socket.send(row.get(1) + " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n" + credentials
                    + String.join("\r\n", row.subList(3, row.size())) + "\r\n\r\n");
            assertThat(socket.answer().status()).isEqualTo(Integer.parseInt(row.getFirst()));
        }
        assertThat(files.told()).isEmpty();
        assertThat(files.drafts()).isEmpty();
    }

    private static String reader = "";

    private static String readerToken() throws Exception {
        if (reader.isEmpty()) {
            reader = files.broker.user("reader", "read:**");
        }
        return reader;
    }

    @Test
    void a_body_that_is_welcome_is_asked_for_and_then_stored() throws Exception {
        try (AttackSocket socket = files.connect()) {
            for (int i = 0; i < 3; i++) {
                socket.send(files.head("PUT /files/welcome" + i, "Expect: 100-continue", "Content-Length: 5"));
                assertThat(socket.answer().status()).isEqualTo(100);
                assertThat(socket.send("hello").answer().status()).isEqualTo(201);
            }
        }
    }

    @Test
    void the_size_is_limited_also_where_it_was_not_announced() throws Exception {
        byte[] most = FilesBroker.random(1, 1 << 20);
        assertThat(files.send("PUT", "/files/most", most).statusCode()).isEqualTo(201);
        assertThat(files.get("/files/most").body()).isEqualTo(most);
        files.told();
        try (AttackSocket socket = files.connect()) {
            socket.send(files.head("PUT /files/more", "Transfer-Encoding: chunked"));
            String chunk = "10000\r\n" + "x".repeat(0x10000) + "\r\n";
            for (int i = 0; i < 16; i++) {
                socket.send(chunk);
            }
            socket.trySend("1\r\nx\r\n0\r\n\r\n");
            AttackSocket.Answer answer = socket.answer();
            assertThat(answer.status()).isEqualTo(413);
            assertThat(answer.body()).contains("files.size-max");
        }
        assertThat(files.get("/files/more").statusCode()).isEqualTo(404);
        files.awaitNoDrafts();
        assertThat(files.told()).isEmpty();
    }

    @Test
    void a_body_that_ends_early_is_no_file() throws Exception {
        for (String framing : List.of("Content-Length: 100", "Transfer-Encoding: chunked")) {
            try (AttackSocket socket = files.connect()) {
                socket.send(files.head("PUT /files/short", framing)
                        + (framing.endsWith("d") ? "64\r\n" : "")
                        + "x".repeat(60));
                AttackSocket.await("it has begun", () -> !files.drafts().isEmpty());
                socket.endOutput();
                String said = socket.readToEnd();
                assertThat(said.isEmpty() || said.startsWith("HTTP/1.1 400 "))
                        .as(said)
                        .isTrue();
            }
            files.awaitNoDrafts();
            assertThat(files.get("/files/short").statusCode()).isEqualTo(404);
        }
        assertThat(files.told()).isEmpty();
    }

    @Test
    void a_connection_goes_on_after_a_request_whose_body_nobody_wanted() throws Exception {
        for (String line : List.of(
                "GET /files/kept",
                "HEAD /files/kept",
                "DELETE /files/kept",
                "GET /files/",
                "GET /files/kept?stat",
                "OPTIONS /files/kept")) {
            files.put("/files/kept", "x");
            try (AttackSocket socket = files.connect()) {
                socket.send(files.head(line, "Content-Length: 5") + "hello"
                        + files.head("GET /files/?limit=1", "Connection: close"));
                String said = socket.readToEnd();
                assertThat(said.split("HTTP/1.1 2\\d\\d ", -1))
                        .as(line + "\n" + said)
                        .hasSize(3);
            }
        }
    }

    @Test
    void curl_stores_what_it_is_given_by_file_by_pipe_and_by_data(@TempDir Path folder) throws Exception {
        Path source = Files.write(folder.resolve("source"), FilesBroker.random(3, 700_000));
        for (String[] arguments : List.of(
                new String[] {"-T", source.toString()},
                new String[] {"-X", "PUT", "--data-binary", "@" + source},
                new String[] {"--data-binary", "@" + source},
                new String[] {"-T", source.toString(), "-H", "Transfer-Encoding: chunked"},
                new String[] {"-T", source.toString(), "-H", "If-None-Match: *"})) {
            files.send("DELETE", "/files/curl/x.bin", "");
            String[] all = Stream.concat(Stream.of("-o", "/dev/null", "-w", "%{http_code}"), Stream.of(arguments))
                    .toArray(String[]::new);
            try (Peer curl = Peers.curl(files.broker, "/files/curl/x.bin", all)) {
                curl.await("201");
            }
            assertThat(Files.mismatch(source, files.folder().resolve("curl/x.bin")))
                    .isEqualTo(-1);
        }
        try (Peer curl = Peers.curl(files.broker, "/files/curl/", "-T", source.toString(), "-w", "%{http_code}")) {
            curl.await("201");
        }
        assertThat(files.onDisk()).contains("curl/source");
    }

    @Test
    void delete_takes_a_file_or_an_empty_folder_and_more_only_when_told_so() throws Exception {
        String etag = header(files.put("/files/del/sub/a.txt", "x"), "ETag");
        files.put("/files/del/b.txt", "x");
        files.told();
        assertThat(files.send("DELETE", "/files/del", "").statusCode()).isEqualTo(409);
        assertThat(files.send("DELETE", "/files/del/", "").statusCode()).isEqualTo(409);
        // The address of a folder does not name a file.
        assertThat(files.send("DELETE", "/files/del/b.txt/", "").statusCode()).isEqualTo(404);
        assertThat(files.send("DELETE", "/files/del/none", "").statusCode()).isEqualTo(404);
        assertThat(files.send("DELETE", "/files/del/none?recursive", "").statusCode())
                .isEqualTo(404);
        assertThat(files.send("DELETE", "/files/del/b.txt", "", "If-Match", "\"old\"")
                        .statusCode())
                .isEqualTo(412);
        assertThat(files.send("DELETE", "/files/del/?recursive", "", "If-Match", etag)
                        .statusCode())
                .isEqualTo(412);
        assertThat(files.send("DELETE", "/files/del/?recursive=perhaps", "").statusCode())
                .isEqualTo(400);
        assertThat(files.send("DELETE", "/files/del/?recursive=false", "").statusCode())
                .isEqualTo(409);
        assertThat(files.told()).isEmpty();
        assertThat(files.send("DELETE", "/files/del/sub/a.txt", "", "If-Match", etag)
                        .statusCode())
                .isEqualTo(204);
        assertThat(files.send("DELETE", "/files/del/sub/", "").statusCode()).isEqualTo(204);
        assertThat(files.send("DELETE", "/files/del/sub/", "").statusCode()).isEqualTo(404);
        files.put("/files/del/deep/er/c.txt", "x");
        files.told();
        assertThat(files.send("DELETE", "/files/del?recursive", "").statusCode())
                .isEqualTo(204);
        assertThat(files.told()).containsExactlyInAnyOrder("FILE DELETED del/b.txt", "FILE DELETED del/deep/er/c.txt");
        assertThat(files.get("/files/del/").statusCode()).isEqualTo(404);
        assertThat(files.folder().resolve("del")).doesNotExist();
    }

    @Test
    void a_folder_goes_only_with_the_grant_for_it_and_for_every_file_in_it() throws Exception {
        for (String path : List.of("a/1", "a/2", "secret/3")) {
            files.put("/files/tree/" + path, "x");
        }
        Files.createDirectories(files.folder().resolve("tree/empty/inner"));
        String some = files.broker.user("some", "read,delete:tree/a/**", "delete:tree");
        files.told();
        assertThat(files.sendAs(some, "DELETE", "/files/tree?recursive", new byte[0])
                        .statusCode())
                .isEqualTo(403);
        for (String path :
                List.of("/files/tree/empty?recursive", "/files/tree/empty/inner", "/files/tree/none?recursive")) {
            assertThat(files.sendAs(some, "DELETE", path, new byte[0]).statusCode())
                    .as(path)
                    .isEqualTo(403);
        }
        assertThat(files.folder().resolve("tree/empty/inner")).exists();
        assertThat(files.onDisk()).contains("tree/a/1", "tree/a/2", "tree/secret/3");
        assertThat(files.told()).isEmpty();
        assertThat(files.sendAs(some, "DELETE", "/files/tree/a?recursive", new byte[0])
                        .statusCode())
                .isEqualTo(204);
        assertThat(files.told()).hasSize(2);
    }

    @Test
    void the_users_file_stays_whatever_is_tried() throws Exception {
        for (String path : List.of(
                "broker_users.xml", "broker_users.xml?recursive", "broker_users.xml/", "broker_users.xml/?recursive")) {
            assertThat(files.send("DELETE", "/files/" + path, "").statusCode())
                    .as(path)
                    .isEqualTo(403);
        }
        for (String path : List.of("?recursive", "")) {
            assertThat(files.send("DELETE", "/files/" + path, "").statusCode()).isEqualTo(400);
        }
        for (String path : List.of("Broker_Users.xml", "BROKER_USERS.XML", "broKer_users.xml")) {
            String encoded = java.net.URLEncoder.encode(path, StandardCharsets.UTF_8);
            assertThat(files.put("/files/" + encoded, "x").statusCode())
                    .as(path)
                    .isEqualTo(400);
        }
        assertThat(files.told()).isEmpty();
        String writer = files.broker.user("writer", "all:**");
        files.told();
        assertThat(files.sendAs(writer, "PUT", "/files/broker_users.xml", HELLO).statusCode())
                .isIn(403, 422);
        assertThat(files.folder().resolve("broker_users.xml")).isNotEmptyFile();
        assertThat(files.told()).isEmpty();
    }

    @Test
    void a_page_of_another_origin_cannot_store_or_delete() throws Exception {
        files.put("/files/mine", "x");
        for (String origin : List.of("http://evil.example", "null", "http://127.0.0.1:1")) {
            for (String method : List.of("PUT", "POST", "DELETE")) {
                assertThat(files.send(method, "/files/mine", "y", "Origin", origin)
                                .statusCode())
                        .isEqualTo(403);
            }
        }
        assertThat(files.text("/files/mine")).isEqualTo("200 x");
    }
}
