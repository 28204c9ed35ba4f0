package com.databroker.systemtests;

import static com.databroker.systemtests.FilesBroker.header;
import static com.databroker.systemtests.FilesBroker.problem;
import static com.databroker.systemtests.FilesBroker.rule;
import static com.databroker.systemtests.FilesBroker.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tus.java.client.ProtocolException;
import io.tus.java.client.TusClient;
import io.tus.java.client.TusUpload;
import io.tus.java.client.TusUploader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is unfinished counts against the quotas of its place: nobody fills the disk by never finishing, and whoever
/// was let in fits at the end.
class FilesQuotaTest {
    private static final int QUOTA = 100_000;
    private static final Map<String, String> RULES = rules();

    @SuppressWarnings("NullAway.Init")
    private static FilesBroker files;

    private static Map<String, String> rules() {
        Map<String, String> settings = new HashMap<>();
        settings.putAll(rule("quota", "q/**", "quota", Integer.toString(QUOTA)));
        settings.putAll(rule("number", "n/**", "files-max", "2"));
        return settings;
    }

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        files = FilesBroker.start(data.resolve("broker"), RULES);
    }

    @AfterAll
    static void stop() {
        files.close();
    }

    /// Nothing stays counted: the whole quota fits into one file.
    @AfterEach
    void allIsGivenBack() throws Exception {
        for (String folder : List.of("q", "n")) {
            files.send("DELETE", "/files/" + folder + "/?recursive", "");
        }
        files.awaitNoDrafts();
        stored(put("q/all", QUOTA));
        full(put("q/one-more", 1));
        files.send("DELETE", "/files/q/all", "");
    }

    private static HttpResponse<byte[]> put(String path, int length) throws Exception {
        return files.send("PUT", "/files/" + path, new byte[length]);
    }

    private static HttpResponse<byte[]> begin(String path, int length) throws Exception {
        return files.send(
                "POST",
                "/files/" + path,
                new byte[0],
                "Tus-Resumable",
                "1.0.0",
                "Upload-Length",
                Integer.toString(length));
    }

    private static HttpResponse<byte[]> piece(String upload, int offset, int length) throws Exception {
        return files.send(
                "PATCH",
                upload,
                new byte[length],
                "Tus-Resumable",
                "1.0.0",
                "Upload-Offset",
                Integer.toString(offset),
                "Content-Type",
                "application/offset+octet-stream");
    }

    private static void giveUp(String upload) throws Exception {
        assertThat(files.send("DELETE", upload, "", "Tus-Resumable", "1.0.0").statusCode())
                .isEqualTo(204);
    }

    private static String begun(HttpResponse<byte[]> answer) {
        assertThat(answer.statusCode()).as(text(answer)).isEqualTo(201);
        return header(answer, "Location");
    }

    private static void stored(HttpResponse<byte[]> answer) {
        assertThat(answer.statusCode()).as(text(answer)).isIn(201, 204);
    }

    private static void full(HttpResponse<byte[]> answer) {
        assertThat(answer.statusCode()).as(text(answer)).isEqualTo(507);
        assertThat(problem(answer)).isEqualTo(4008);
    }

    @Test
    void an_unfinished_upload_counts_with_all_that_it_announced() throws Exception {
        String upload = begun(begin("q/big", 60_000));
        full(begin("q/other", 40_001));
        full(put("q/other", 40_001));
        stored(put("q/other", 40_000));
        assertThat(piece(upload, 0, 30_000).statusCode()).isEqualTo(204);
        full(put("q/third", 1));
        assertThat(piece(upload, 30_000, 30_000).statusCode()).isEqualTo(204);
        full(put("q/third", 1));
        stored(put("q/other", 10_000));
        stored(put("q/third", 30_000));
    }

    @Test
    void what_is_given_up_is_room_again() throws Exception {
        String upload = begun(begin("q/up", QUOTA));
        full(put("q/other", 1));
        giveUp(upload);
        stored(put("q/other", QUOTA));
    }

    @Test
    void what_replaces_a_file_needs_room_for_what_it_has_more_and_only_once() throws Exception {
        stored(put("q/file", 90_000));
        String first = begun(begin("q/file", 95_000));
        // The room of the old file is taken by the first: a second one is one more.
        full(begin("q/file", 6_000));
        stored(put("q/beside", 5_000));
        full(put("q/more", 1));
        assertThat(piece(first, 0, 95_000).statusCode()).isEqualTo(204);
        giveUp(begun(begin("q/file", 95_000)));
        assertThat(files.get("/files/q/file").body()).hasSize(95_000);
    }

    @Test
    void an_unfinished_upload_counts_as_a_file() throws Exception {
        String first = begun(begin("n/a", 10));
        String second = begun(begin("n/b", 10));
        full(put("n/c", 1));
        full(begin("n/c", 1));
        // One path is one file, however many are on their way there.
        String again = begun(begin("n/b", 20));
        giveUp(second);
        full(put("n/c", 1));
        giveUp(again);
        stored(put("n/c", 1));
        giveUp(first);
    }

    @Test
    void an_upload_under_way_counts_until_its_connection_ends() throws Exception {
        try (AttackSocket slow = files.connect()) {
            slow.send(files.head("PUT /files/q/slow", "Content-Length: 60000")).send(new byte[1000]);
            AttackSocket.await("it is under way", () -> !files.drafts().isEmpty());
            full(put("q/other", 40_001));
            stored(put("q/other", 40_000));
        }
        files.awaitNoDrafts();
        stored(put("q/other", QUOTA));
    }

    @Test
    void of_an_upload_without_a_length_counts_what_has_come() throws Exception {
        try (AttackSocket slow = files.connect()) {
            slow.send(files.head("PUT /files/q/chunked", "Transfer-Encoding: chunked"))
                    .send("EA60\r\n")
                    .send(new byte[60_000])
                    .send("\r\n");
            AttackSocket.await("it has come", () -> draftBytes() == 60_000);
            full(put("q/other", 40_001));
            stored(put("q/other", 40_000));
            // One byte more than fits, and it is refused as a whole.
            slow.send("1\r\nx\r\n");
            assertThat(slow.answer().status()).isEqualTo(507);
        }
        files.awaitNoDrafts();
        stored(put("q/chunked", 60_000));
    }

    private static long draftBytes() {
        return files.drafts().stream()
                .mapToLong(name ->
                        files.folder().resolve(".dbk").resolve(name).toFile().length())
                .sum();
    }

    private static TusClient client(URI folder, String token, Map<String, String> more) throws IOException {
        TusClient client = new TusClient();
        client.setUploadCreationURL(folder.toURL());
        Map<String, String> headers = new HashMap<>(more);
        headers.put("Authorization", "Bearer " + token);
        client.setHeaders(headers);
        return client;
    }

    private static TusUpload upload(String name, int length) {
        TusUpload upload = new TusUpload();
        upload.setInputStream(new ByteArrayInputStream(FilesBroker.random(length, length)));
        upload.setSize(length);
        upload.setFingerprint(name);
        upload.setMetadata(Map.of("filename", name));
        return upload;
    }

    private static void sendRest(TusUploader uploader) throws Exception {
        uploader.setChunkSize(10_000);
        while (uploader.uploadChunk() > -1) {
            // Until all is sent.
        }
        uploader.finish();
    }

    @Test
    void the_client_of_the_protocol_is_refused_at_the_beginning_and_never_later() throws Exception {
        TusClient client = client(files.broker.http("/files/q/"), files.broker.token(), Map.of());
        TusUploader first = client.createUpload(upload("first", 60_000));
        assertThatThrownBy(() -> client.createUpload(upload("second", 60_000)))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("507");
        TusUploader third = client.createUpload(upload("third", 40_000));
        full(put("q/fourth", 1));
        sendRest(third);
        sendRest(first);
        assertThat(files.get("/files/q/first").body()).isEqualTo(FilesBroker.random(60_000, 60_000));
        assertThat(files.get("/files/q/third").body()).isEqualTo(FilesBroker.random(40_000, 40_000));
    }

    @Test
    void it_is_counted_again_after_kill_minus_nine_and_given_back_when_it_expires(@TempDir Path data) throws Exception {
        List<String> settings = new ArrayList<>(List.of("--files.resumable-expiry", "3s"));
        Path config = Files.writeString(
                data.resolve("config.yaml"), "files:\n  rules:\n    quota:\n      path: q/**\n      quota: 100000\n");
        settings.addAll(List.of("--config", config.toString()));
        Path folder = Files.createDirectories(data.resolve("broker"));
        FilesServe serve = FilesServe.start(folder, List.of(), settings.toArray(String[]::new));
        URL address;
        try {
            TusUploader first =
                    client(serve.http("/files/q/"), serve.token(), Map.of()).createUpload(upload("first", 60_000));
            first.setRequestPayloadSize(20_000);
            first.setChunkSize(20_000);
            first.uploadChunk();
            first.finish(false);
            address = first.getUploadURL();
        } finally {
            serve.kill();
        }
        FilesServe again = FilesServe.start(folder, List.of(), settings.toArray(String[]::new));
        try {
            full(again.send("PUT", "/files/q/other", new byte[40_001]));
            stored(again.send("PUT", "/files/q/other", new byte[40_000]));
            Peers.until(
                    "it expires",
                    () -> again.send("PUT", "/files/q/late", new byte[60_000]).statusCode() == 201);
            assertThat(again.send("HEAD", address.getPath(), new byte[0], "Tus-Resumable", "1.0.0")
                            .statusCode())
                    .isEqualTo(404);
        } finally {
            again.kill();
        }
    }

    /// Two that fit together, in each possible order, over files that fill the quota.
    @Test
    void two_that_both_fit_never_refuse_one_another() throws Exception {
        SplittableRandom random = new SplittableRandom(20_261_128);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 150; round++) {
                List<Callable<HttpResponse<byte[]>>> both = new ArrayList<>();
                for (String path : List.of("q/a", "q/b")) {
                    int length = random.nextInt(4) == 0 ? QUOTA / 2 : random.nextInt(1, QUOTA / 2);
                    both.add(random.nextBoolean() ? () -> put(path, length) : () -> whole(path, length));
                }
                for (Future<HttpResponse<byte[]>> one : threads.invokeAll(both)) {
                    stored(one.get());
                }
            }
        }
    }

    private static HttpResponse<byte[]> whole(String path, int length) throws Exception {
        HttpResponse<byte[]> created = begin(path, length);
        return created.statusCode() == 201 ? piece(header(created, "Location"), 0, length) : created;
    }

    @Test
    void no_interleaving_of_many_has_more_than_the_quota() throws Exception {
        SplittableRandom random = new SplittableRandom(20_261_129);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < 25; round++) {
                List<Callable<HttpResponse<byte[]>>> all = new ArrayList<>();
                for (int i = 0; i < 10; i++) {
                    String path = "q/" + random.nextInt(5);
                    int length = random.nextInt(1, QUOTA * 2 / 3);
                    all.add(
                            switch (random.nextInt(4)) {
                                case 0 -> () -> files.send("DELETE", "/files/" + path, "");
                                case 1 -> () -> whole(path, length);
                                default -> () -> put(path, length);
                            });
                }
                for (Future<HttpResponse<byte[]>> one : threads.invokeAll(all)) {
                    assertThat(one.get().statusCode()).as(text(one.get())).isIn(201, 204, 404, 507);
                }
                assertThat(onDisk()).isLessThanOrEqualTo(QUOTA);
            }
        }
    }

    private static long onDisk() throws IOException {
        long bytes = 0;
        for (String path : files.onDisk()) {
            bytes += path.startsWith("q/") ? Files.size(files.folder().resolve(path)) : 0;
        }
        return bytes;
    }
}
