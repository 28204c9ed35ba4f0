package com.databroker.systemtests;

import static com.databroker.systemtests.FilesBroker.header;
import static com.databroker.systemtests.FilesBroker.problem;
import static com.databroker.systemtests.FilesBroker.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.tus.java.client.TusClient;
import io.tus.java.client.TusURLMemoryStore;
import io.tus.java.client.TusUpload;
import io.tus.java.client.TusUploader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Resumable uploads by tus 1.0: with the protocol's own Java client, and by hand where it would not.
class FilesTusTest {
    private static final byte[] CONTENT = FilesBroker.random(42, 3_000_000);

    @SuppressWarnings("NullAway.Init")
    private static FilesBroker files;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        files = FilesBroker.start(data.resolve("broker"), Map.of("files.size-max", "8MiB"));
    }

    @AfterAll
    static void stop() {
        files.close();
    }

    /// Uploads that other tests left unfinished.
    private List<String> before = List.of();

    @BeforeEach
    void hearNothingOld() throws Exception {
        files.told();
        before = files.drafts();
    }

    private void awaitNoNewDrafts() {
        AttackSocket.await("no draft is left of " + files.drafts(), () -> before.containsAll(files.drafts()));
    }

    private static TusClient client(URI folder, String token) throws IOException {
        TusClient client = new TusClient();
        client.setUploadCreationURL(folder.toURL());
        client.setHeaders(Map.of("Authorization", "Bearer " + token));
        client.enableResuming(new TusURLMemoryStore());
        return client;
    }

    private static TusUpload upload(String name) {
        TusUpload upload = new TusUpload();
        upload.setInputStream(new ByteArrayInputStream(CONTENT));
        upload.setSize(CONTENT.length);
        upload.setFingerprint(name);
        upload.setMetadata(Map.of("filename", name, "filetype", "text/x-tus"));
        return upload;
    }

    private static void sendRest(TusUploader uploader) throws Exception {
        uploader.setChunkSize(200_000);
        while (uploader.uploadChunk() > -1) {
            // Until all is sent.
        }
        uploader.finish();
    }

    private static HttpResponse<byte[]> tus(String method, String path, byte[] body, String... more) throws Exception {
        String[] headers = Stream.concat(Stream.of("Tus-Resumable", "1.0.0"), Stream.of(more))
                .toArray(String[]::new);
        return files.send(method, path, body, headers);
    }

    private static String create(String path, long length) throws Exception {
        HttpResponse<byte[]> created =
                tus("POST", "/files/" + path, new byte[0], "Upload-Length", Long.toString(length));
        assertThat(created.statusCode()).as(text(created)).isEqualTo(201);
        return header(created, "Location");
    }

    private static HttpResponse<byte[]> patch(String upload, long offset, byte[] body, String... more)
            throws Exception {
        String[] headers = Stream.concat(
                        Stream.of(
                                "Upload-Offset",
                                Long.toString(offset),
                                "Content-Type",
                                "application/offset+octet-stream"),
                        Stream.of(more))
                .toArray(String[]::new);
        return tus("PATCH", upload, body, headers);
    }

    private static String offset(String upload) throws Exception {
        return header(tus("HEAD", upload, new byte[0]), "Upload-Offset");
    }

    private static byte[] part(int from, int to) {
        return Arrays.copyOfRange(CONTENT, from, to);
    }

    @Test
    void the_client_of_the_protocol_uploads_a_whole_file_and_it_is_told_once() throws Exception {
        sendRest(client(files.broker.http("/files/tus/"), files.broker.token()).createUpload(upload("ä b.bin")));
        HttpResponse<byte[]> got = files.get("/files/tus/%C3%A4%20b.bin");
        assertThat(got.body()).isEqualTo(CONTENT);
        assertThat(header(got, "Content-Type")).isEqualTo("text/x-tus");
        assertThat(header(got, "Repr-Digest")).isEqualTo(FilesBroker.digest("sha-256", CONTENT));
        assertThat(files.told()).containsExactly("FILE CREATED tus/ä b.bin");
        awaitNoNewDrafts();
    }

    @Test
    void the_client_goes_on_where_the_connection_broke() throws Exception {
        TusClient client = client(files.broker.http("/files/tus/"), files.broker.token());
        TusUploader first = client.createUpload(upload("broken.bin"));
        first.setChunkSize(300_000);
        first.uploadChunk();
        first.uploadChunk();
        AttackSocket.await("much has come", () -> draftBytes() >= 500_000);
        // The old connection is still open; the client comes back on another one.
        TusUploader second = client.resumeUpload(upload("broken.bin"));
        assertThat(second.getOffset()).isBetween(500_000L, 600_000L);
        sendRest(second);
        assertThat(files.get("/files/tus/broken.bin").body()).isEqualTo(CONTENT);
        assertThat(files.told()).containsExactly("FILE CREATED tus/broken.bin");
    }

    private long draftBytes() {
        return files.drafts().stream()
                .filter(name -> !before.contains(name))
                .mapToLong(name ->
                        files.folder().resolve(".dbk").resolve(name).toFile().length())
                .max()
                .orElse(0);
    }

    @Test
    void an_upload_goes_on_after_the_broker_was_started_again(@TempDir Path data) throws Exception {
        URL address;
        try (FilesBroker own = FilesBroker.start(data, Map.of())) {
            TusUploader first =
                    client(own.broker.http("/files/"), own.broker.token()).createUpload(upload("again.bin"));
            first.setRequestPayloadSize(1_000_000);
            first.setChunkSize(1_000_000);
            first.uploadChunk();
            first.uploadChunk();
            first.finish(false);
            address = first.getUploadURL();
        }
        try (FilesBroker own = FilesBroker.start(data, Map.of())) {
            TusUploader second = client(own.broker.http("/files/"), own.broker.token())
                    .beginOrResumeUploadFromURL(
                            upload("again.bin"),
                            own.broker.http(address.getPath()).toURL());
            assertThat(second.getOffset()).isEqualTo(2_000_000);
            sendRest(second);
            assertThat(own.get("/files/again.bin").body()).isEqualTo(CONTENT);
            assertThat(own.told()).containsExactly("FILE CREATED again.bin");
        }
    }

    @Test
    void an_upload_goes_on_after_kill_minus_nine(@TempDir Path data) throws Exception {
        URL address;
        FilesServe serve = FilesServe.start(data, List.of());
        try {
            TusUploader first = client(serve.http("/files/"), serve.token()).createUpload(upload("killed.bin"));
            first.setRequestPayloadSize(500_000);
            first.setChunkSize(500_000);
            for (int i = 0; i < 3; i++) {
                first.uploadChunk();
            }
            first.finish(false);
            address = first.getUploadURL();
        } finally {
            serve.kill();
        }
        FilesServe again = FilesServe.start(data, List.of());
        try {
            TusUploader second = client(again.http("/files/"), again.token())
                    .beginOrResumeUploadFromURL(
                            upload("killed.bin"), again.http(address.getPath()).toURL());
            assertThat(second.getOffset()).isEqualTo(1_500_000);
            sendRest(second);
            assertThat(Files.readAllBytes(data.resolve("files/killed.bin"))).isEqualTo(CONTENT);
        } finally {
            again.kill();
        }
    }

    @Test
    void what_is_offered_is_told_to_anybody() throws Exception {
        for (String path : List.of("/files/", "/files/any", "/uploads/any")) {
            HttpResponse<byte[]> answer = files.sendAs("", "OPTIONS", path, new byte[0]);
            assertThat(answer.statusCode()).isEqualTo(204);
            assertThat(header(answer, "Tus-Version")).isEqualTo("1.0.0");
            assertThat(header(answer, "Tus-Max-Size")).isEqualTo(Integer.toString(8 << 20));
            assertThat(header(answer, "Tus-Extension"))
                    .isEqualTo("creation,creation-with-upload,termination,expiration");
        }
    }

    @Test
    void pieces_make_the_file_and_each_answer_says_how_far_it_is() throws Exception {
        String upload = create("pieces.bin", 1000);
        HttpResponse<byte[]> head = tus("HEAD", upload, new byte[0]);
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(header(head, "Upload-Length")).isEqualTo("1000");
        assertThat(header(head, "Cache-Control")).isEqualTo("no-store");
        assertThat(header(head, "Upload-Expires")).endsWith("GMT");
        for (int at : List.of(0, 400, 400, 900)) {
            int to = at == 0 ? 400 : at == 400 ? 900 : 1000;
            HttpResponse<byte[]> answer =
                    offset(upload).equals(Integer.toString(at)) ? patch(upload, at, part(at, to)) : null;
            if (answer != null) {
                assertThat(answer.statusCode()).isEqualTo(204);
                assertThat(header(answer, "Upload-Offset")).isEqualTo(Integer.toString(to));
                assertThat(header(answer, "Tus-Resumable")).isEqualTo("1.0.0");
            }
        }
        assertThat(files.get("/files/pieces.bin").body()).isEqualTo(part(0, 1000));
        assertThat(files.told()).containsExactly("FILE CREATED pieces.bin");
        assertThat(tus("HEAD", upload, new byte[0]).statusCode()).isEqualTo(404);
        assertThat(patch(upload, 1000, new byte[0]).statusCode()).isEqualTo(404);
    }

    @Test
    void the_first_piece_may_come_with_the_creation_and_an_empty_file_needs_none() throws Exception {
        String[] piece = {"Content-Type", "application/offset+octet-stream"};
        HttpResponse<byte[]> some =
                tus("POST", "/files/with.bin", part(0, 400), "Upload-Length", "1000", piece[0], piece[1]);
        assertThat(some.statusCode()).isEqualTo(201);
        assertThat(header(some, "Upload-Offset")).isEqualTo("400");
        assertThat(files.get("/files/with.bin").statusCode()).isEqualTo(404);
        assertThat(patch(header(some, "Location"), 400, part(400, 1000)).statusCode())
                .isEqualTo(204);
        assertThat(files.get("/files/with.bin").body()).isEqualTo(part(0, 1000));
        HttpResponse<byte[]> whole =
                tus("POST", "/files/whole.bin", part(0, 50), "Upload-Length", "50", piece[0], piece[1]);
        assertThat(header(whole, "Upload-Offset")).isEqualTo("50");
        assertThat(header(whole, "ETag")).isEqualTo(header(files.get("/files/whole.bin"), "ETag"));
        create("empty.bin", 0);
        assertThat(files.text("/files/empty.bin")).isEqualTo("200 ");
        assertThat(files.told())
                .containsExactly("FILE CREATED with.bin", "FILE CREATED whole.bin", "FILE CREATED empty.bin");
        HttpResponse<byte[]> other =
                tus("POST", "/files/other.bin", part(0, 50), "Upload-Length", "50", "Content-Type", "text/plain");
        assertThat(other.statusCode()).isEqualTo(415);
        awaitNoNewDrafts();
    }

    @Test
    void a_piece_that_does_not_fit_is_refused_and_changes_nothing() throws Exception {
        String upload = create("fit.bin", 1000);
        assertThat(patch(upload, 0, part(0, 400)).statusCode()).isEqualTo(204);
        for (int wrong : List.of(0, 399, 401, 1000)) {
            HttpResponse<byte[]> answer = patch(upload, wrong, part(wrong, wrong + 10));
            assertThat(answer.statusCode()).isEqualTo(409);
            assertThat(problem(answer)).isEqualTo(4011);
        }
        assertThat(patch(upload, 400, part(400, 1001)).statusCode()).isEqualTo(413);
        assertThat(tus("PATCH", upload, new byte[10], "Upload-Offset", "400", "Content-Type", "text/plain")
                        .statusCode())
                .isEqualTo(415);
        assertThat(tus("PATCH", upload, new byte[10], "Content-Type", "application/offset+octet-stream")
                        .statusCode())
                .isEqualTo(400);
        assertThat(patch(upload, 400, part(400, 500), "Tus-Resumable", "0.2.2").statusCode())
                .isIn(412, 204);
        assertThat(files.get("/files/fit.bin").statusCode()).isEqualTo(404);
        assertThat(offset(upload)).isIn("400", "500");
        int at = Integer.parseInt(offset(upload));
        assertThat(patch(upload, at, part(at, 1000)).statusCode()).isEqualTo(204);
        assertThat(files.get("/files/fit.bin").body()).isEqualTo(part(0, 1000));
    }

    @Test
    void more_than_was_announced_is_refused_also_in_chunks() throws Exception {
        String upload = create("over.bin", 10);
        try (AttackSocket socket = files.connect()) {
            socket.send(files.head(
                            "PATCH " + upload,
                            "Tus-Resumable: 1.0.0",
                            "Upload-Offset: 0",
                            "Content-Type: application/offset+octet-stream",
                            "Transfer-Encoding: chunked")
                    + "14\r\n" + "x".repeat(20) + "\r\n0\r\n\r\n");
            assertThat(socket.answer().status()).isEqualTo(413);
        }
        assertThat(files.get("/files/over.bin").statusCode()).isEqualTo(404);
        assertThat(tus("DELETE", upload, new byte[0]).statusCode()).isEqualTo(204);
    }

    @Test
    void an_upload_belongs_to_who_began_it() throws Exception {
        String upload = create("own.bin", 10);
        String other = files.broker.user("other-tus", "all:**");
        for (String method : List.of("HEAD", "PATCH", "DELETE")) {
            HttpResponse<byte[]> answer = files.sendAs(
                    other,
                    method,
                    upload,
                    new byte[0],
                    "Tus-Resumable",
                    "1.0.0",
                    "Upload-Offset",
                    "0",
                    "Content-Type",
                    "application/offset+octet-stream");
            assertThat(answer.statusCode()).as(method).isEqualTo(404);
            for (String id : List.of(
                    "/uploads/",
                    "/uploads/none",
                    "/uploads/../files/",
                    "/uploads/%2e%2e",
                    upload + "/x",
                    upload + ".info")) {
                assertThat(tus(
                                        method,
                                        id,
                                        new byte[0],
                                        "Upload-Offset",
                                        "0",
                                        "Content-Type",
                                        "application/offset+octet-stream")
                                .statusCode())
                        .as(id)
                        .isIn(404, 400);
            }
        }
        assertThat(offset(upload)).isEqualTo("0");
        assertThat(tus("DELETE", upload, new byte[0]).statusCode()).isEqualTo(204);
        assertThat(tus("HEAD", upload, new byte[0]).statusCode()).isEqualTo(404);
        awaitNoNewDrafts();
    }

    @Test
    void who_may_not_write_any_more_cannot_go_on() throws Exception {
        String token = files.broker.user("leaver", "write:leaver/**");
        HttpResponse<byte[]> created = files.sendAs(
                token, "POST", "/files/leaver/a", new byte[0], "Tus-Resumable", "1.0.0", "Upload-Length", "10");
        assertThat(created.statusCode()).isEqualTo(201);
        assertThat(files.sendAs(
                                token,
                                "POST",
                                "/files/other/a",
                                new byte[0],
                                "Tus-Resumable",
                                "1.0.0",
                                "Upload-Length",
                                "10")
                        .statusCode())
                .isEqualTo(403);
        Peers.editUsers(files.broker, xml -> xml.replace("leaver/**", "elsewhere/**"));
        Peers.until(
                "the grant is gone",
                () -> files.sendAs(token, "HEAD", header(created, "Location"), new byte[0], "Tus-Resumable", "1.0.0")
                                .statusCode()
                        == 403);
        assertThat(tus("DELETE", header(created, "Location"), new byte[0]).statusCode())
                .isEqualTo(404);
    }

    @Test
    void another_version_or_method_is_refused_and_what_cannot_say_patch_may_post() throws Exception {
        String upload = create("method.bin", 10);
        HttpResponse<byte[]> old = files.send("HEAD", upload, new byte[0], "Tus-Resumable", "0.2.2");
        assertThat(old.statusCode()).isEqualTo(412);
        assertThat(header(old, "Tus-Version")).isEqualTo("1.0.0");
        assertThat(files.send("PATCH", upload, new byte[0]).statusCode()).isEqualTo(412);
        for (String method : List.of("GET", "PUT", "POST")) {
            assertThat(tus(method, upload, new byte[0]).statusCode()).as(method).isEqualTo(405);
        }
        for (String override : List.of("GET", "PUT", "BREW", "patch", "DELETE ME", "")) {
            assertThat(tus("POST", upload, new byte[0], "X-HTTP-Method-Override", override)
                            .statusCode())
                    .isEqualTo(405);
        }
        assertThat(offset(upload)).isEqualTo("0");
        HttpResponse<byte[]> posted = tus(
                "POST",
                upload,
                part(0, 10),
                "X-HTTP-Method-Override",
                "PATCH",
                "Upload-Offset",
                "0",
                "Content-Type",
                "application/offset+octet-stream");
        assertThat(posted.statusCode()).isEqualTo(204);
        assertThat(files.get("/files/method.bin").body()).isEqualTo(part(0, 10));
    }

    @Test
    void an_upload_that_nobody_goes_on_with_expires(@TempDir Path data) throws Exception {
        try (FilesBroker own = FilesBroker.start(data, Map.of("files.resumable-expiry", "1s"))) {
            HttpResponse<byte[]> created =
                    own.send("POST", "/files/late", new byte[0], "Tus-Resumable", "1.0.0", "Upload-Length", "10");
            assertThat(own.drafts()).hasSize(2);
            own.awaitNoDrafts();
            assertThat(own.send("HEAD", header(created, "Location"), new byte[0], "Tus-Resumable", "1.0.0")
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    /// A connection that is dead without knowing it must not keep its upload from who goes on with it.
    @Test
    void of_two_connections_the_newest_wins_and_the_bytes_are_right() throws Exception {
        for (int round = 0; round < 20; round++) {
            String name = "newest" + round + ".bin";
            String upload = create(name, 1_000_000);
            try (AttackSocket stalled = files.connect()) {
                stalled.send(files.head(
                                "PATCH " + upload,
                                "Tus-Resumable: 1.0.0",
                                "Upload-Offset: 0",
                                "Content-Type: application/offset+octet-stream",
                                "Content-Length: 1000000"))
                        .send(part(0, 400_000));
                AttackSocket.await("much of it has come", () -> draftBytes() >= 200_000);
                int at = Integer.parseInt(offset(upload));
                assertThat(at).isBetween(200_000, 400_000);
                assertThat(patch(upload, at, part(at, 1_000_000)).statusCode()).isEqualTo(204);
                stalled.trySend(part(400_000, 1_000_000));
            }
            assertThat(files.get("/files/" + name).body()).isEqualTo(part(0, 1_000_000));
            assertThat(files.told()).containsExactly("FILE CREATED " + name);
        }
    }

    /// Asking how far an upload is interrupts what waits for it. Whoever asks at the wrong moment must not harm others.
    @Test
    void asking_while_a_file_is_finished_breaks_nothing() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 40; round++) {
                String upload = create("ask" + round, 20_000);
                Future<HttpResponse<byte[]>> last = threads.submit(() -> patch(upload, 0, part(0, 20_000)));
                while (!last.isDone()) {
                    offset(upload);
                }
                if (last.get().statusCode() != 204) {
                    int at = Integer.parseInt(offset(upload));
                    assertThat(patch(upload, at, part(at, 20_000)).statusCode()).isEqualTo(204);
                }
                assertThat(files.get("/files/ask" + round).body()).isEqualTo(part(0, 20_000));
                assertThat(files.put("/files/others", "x" + round).statusCode()).isIn(201, 204);
            }
        }
    }

    @Test
    void a_connection_that_ends_in_a_piece_leaves_what_came() throws Exception {
        String upload = create("kept.bin", 1_000_000);
        try (AttackSocket socket = files.connect()) {
            socket.send(files.head(
                            "PATCH " + upload,
                            "Tus-Resumable: 1.0.0",
                            "Upload-Offset: 0",
                            "Content-Type: application/offset+octet-stream",
                            "Content-Length: 1000000"))
                    .send(part(0, 400_000));
            AttackSocket.await("much of it has come", () -> draftBytes() >= 200_000);
        }
        // Not only what was written at once, but all that arrived.
        AttackSocket.await("it is kept", () -> draftBytes() == 400_000);
        assertThat(offset(upload)).isEqualTo("400000");
        assertThat(patch(upload, 400_000, part(400_000, 1_000_000)).statusCode())
                .isEqualTo(204);
        assertThat(files.get("/files/kept.bin").body()).isEqualTo(part(0, 1_000_000));
    }
}
