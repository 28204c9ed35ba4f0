package com.databroker.systemtests;

import static com.databroker.systemtests.FilesBroker.digest;
import static com.databroker.systemtests.FilesBroker.header;
import static com.databroker.systemtests.FilesBroker.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpResponse;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
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

/// What hostile clients and neighbours do to the files plane: ways out of the folder, races.
class FilesAttackTest {
    private static final String OUTSIDE = "outside";

    @SuppressWarnings("NullAway.Init")
    private static FilesBroker files;

    @SuppressWarnings("NullAway.Init")
    private static Path outside;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        files = FilesBroker.start(data.resolve("broker"), Map.of("files.uploads-max", "64", "files.size-max", "8MiB"));
        outside = Files.createDirectories(data.resolve("outside"));
        Files.writeString(outside.resolve("secret.txt"), OUTSIDE);
    }

    @AfterAll
    static void stop() {
        files.close();
    }

    @BeforeEach
    void hearNothingOld() throws Exception {
        files.told();
    }

    static Stream<String> oddTargets() {
        return AttackHttpTest.oddTargets().filter(target -> target.startsWith("/files/") && !target.contains("?"));
    }

    /// The same shapes by which GET, PUT and DELETE are tried, as the address and as the name in a form and of a tus
    /// upload.
    @ParameterizedTest
    @MethodSource("oddTargets")
    void an_odd_path_is_refused_in_forms_and_resumable_uploads_too(String target) throws Exception {
        List<String> before = files.onDisk();
        String name = target.substring("/files/".length());
        String form = "--b\r\nContent-Disposition: form-data; name=f; filename=\"" + name + "\"\r\n\r\nx\r\n--b--\r\n";
        String coded = Base64.getEncoder().encodeToString(name.getBytes(StandardCharsets.ISO_8859_1));
        List<String> requests = List.of(
                files.head(
                                "POST " + target + "/",
                                "Content-Type: multipart/form-data; boundary=b",
                                "Connection: close",
                                "Content-Length: " + form.length())
                        + form,
                files.head(
                                "POST /files/d/",
                                "Content-Type: multipart/form-data; boundary=b",
                                "Connection: close",
                                "Content-Length: " + form.length())
                        + form,
                files.head("POST " + target, "Tus-Resumable: 1.0.0", "Upload-Length: 0", "Connection: close"),
                files.head(
                        "POST /files/d/",
                        "Tus-Resumable: 1.0.0",
                        "Upload-Length: 0",
                        "Connection: close",
                        "Upload-Metadata: filename " + coded));
        for (String request : requests) {
            try (AttackSocket socket = files.connect()) {
                socket.trySend(request);
                String said = socket.readToEnd();
                // Some shapes are odd in an address only, where they must be escaped.
                boolean plain = request.contains("/files/d/") && name.matches("a.txt#.*|%(u.*|zz|2)?");
                assertThat(said)
                        .as(request)
                        .startsWith(plain ? "HTTP/1.1 " : "HTTP/1.1 4")
                        .doesNotContain(OUTSIDE, " 500 ");
            }
        }
        files.send("DELETE", "/files/d?recursive", "");
        assertThat(files.onDisk()).isEqualTo(before);
        assertThat(outside).isDirectoryContaining("glob:**/secret.txt");
    }

    /// Folders and files become links to the outside, and back, while both are read and written.
    @Test
    void links_that_come_and_go_lead_nowhere(@TempDir Path data) throws Exception {
        Path secret =
                Files.writeString(Files.createDirectories(data.resolve("out")).resolve("secret.txt"), OUTSIDE);
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger swaps = new AtomicInteger();
        AtomicInteger answers = new AtomicInteger();
        Path aside = Files.createDirectories(data.resolve("aside"));
        try (FilesBroker own = FilesBroker.start(data.resolve("broker"), Map.of());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<?> swapping = threads.submit(() -> {
                for (int i = 0; !over.get(); i++) {
                    swap(own.folder().resolve("race"), aside.resolve("d" + i), data.resolve("out"), swaps);
                    swap(own.folder().resolve("race.txt"), aside.resolve("f" + i), secret, swaps);
                }
            });
            List<Future<?>> clients = new ArrayList<>();
            for (String path : List.of("race/secret.txt", "race.txt", "race/new/deep.txt")) {
                clients.add(threads.submit(() -> {
                    while (!over.get()) {
                        String got = own.text("/files/" + path);
                        HttpResponse<byte[]> put = own.put("/files/" + path, "inside");
                        HttpResponse<byte[]> deleted = own.send("DELETE", "/files/" + path, "");
                        for (int status : List.of(
                                Integer.parseInt(got.substring(0, 3)), put.statusCode(), deleted.statusCode())) {
                            assertThat(status)
                                    .as(got + text(put) + text(deleted))
                                    .isIn(200, 201, 204, 403, 404, 409, 503);
                        }
                        assertThat(got).doesNotContain(OUTSIDE);
                        answers.incrementAndGet();
                    }
                    return null;
                }));
            }
            long end = System.nanoTime() + 2_000_000_000L;
            AttackSocket.await(
                    "two seconds of it",
                    () -> System.nanoTime() > end || clients.stream().anyMatch(Future::isDone));
            over.set(true);
            for (Future<?> client : clients) {
                client.get();
            }
            swapping.get();
            assertThat(own.put("/files/after", "x").statusCode()).isEqualTo(201);
        }
        assertThat(swaps.get()).isGreaterThan(100);
        assertThat(answers.get()).isGreaterThan(20);
        assertThat(secret).hasContent(OUTSIDE);
        assertThat(data.resolve("out").toFile().list()).containsExactly("secret.txt");
    }

    private static void swap(Path path, Path aside, Path target, AtomicInteger swaps) {
        try {
            Files.move(path, aside);
        } catch (IOException notThere) {
            swaps.get();
        }
        try {
            Files.createSymbolicLink(path, target);
            swaps.incrementAndGet();
            Files.delete(path);
        } catch (IOException taken) {
            swaps.get();
        }
    }

    @Test
    void a_hard_link_is_replaced_and_never_written_through() throws Exception {
        Path other = Files.writeString(outside.resolveSibling("other.txt"), "of others");
        Files.createLink(files.folder().resolve("hard.txt"), other);
        assertThat(files.put("/files/hard.txt", "mine").statusCode()).isIn(201, 204, 503);
        Peers.until("it is stored", () -> files.put("/files/hard.txt", "mine").statusCode() == 204);
        assertThat(other).hasContent("of others");
        assertThat(files.text("/files/hard.txt")).isEqualTo("200 mine");
        assertThat(files.send("DELETE", "/files/hard.txt", "").statusCode()).isEqualTo(204);
        assertThat(other).hasContent("of others");
    }

    @Test
    void what_is_no_file_is_neither_read_nor_replaced_and_nobody_waits_for_it() throws Exception {
        Path folder = Files.createDirectories(files.folder().resolve("special"));
        assertThat(Peers.run("mkfifo", folder.resolve("fifo").toString()).status())
                .isZero();
        // Made by administrators only; where that is none, it is not there, which is tried as well.
        Peers.run("mknod", folder.resolve("device").toString(), "c", "1", "5");
        Files.createSymbolicLink(folder.resolve("link"), outside.resolve("secret.txt"));
        Files.createSymbolicLink(folder.resolve("loop"), folder.resolve("loop"));
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            // The name of a socket must be short.
            Path shortName = Path.of("target", "special-socket");
            Files.deleteIfExists(shortName);
            socket.bind(UnixDomainSocketAddress.of(shortName));
            Files.move(shortName, folder.resolve("socket"));
            for (String name : List.of("fifo", "device", "socket", "link", "loop")) {
                String path = "/files/special/" + name;
                boolean there = Files.exists(folder.resolve(name), java.nio.file.LinkOption.NOFOLLOW_LINKS);
                for (String method : List.of("GET", "HEAD", "DELETE")) {
                    assertThat(files.send(method, path, "").statusCode())
                            .as(method + path)
                            .isIn(404, 409);
                }
                assertThat(files.get(path + "?stat").statusCode()).isEqualTo(404);
                assertThat(files.get(path + "/").statusCode()).isEqualTo(404);
                if (there) {
                    assertThat(files.put(path, "x").statusCode()).as(path).isIn(404, 409);
                    assertThat(files.put(path + "/below", "x").statusCode())
                            .as(path)
                            .isIn(404, 409);
                }
            }
        }
        assertThat(files.text("/files/special/")).isEqualTo("200 {\"path\":\"special/\",\"entries\":[],\"next\":null}");
        assertThat(files.send("DELETE", "/files/special?recursive", "").statusCode())
                .isEqualTo(409);
        assertThat(files.told()).isEmpty();
        assertThat(outside.resolve("secret.txt")).hasContent(OUTSIDE);
    }

    @Test
    void fifty_writers_that_check_lose_no_update() throws Exception {
        files.put("/files/counter", "0");
        List<Callable<Long>> writers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            writers.add(() -> {
                while (true) {
                    HttpResponse<byte[]> read = files.get("/files/counter");
                    int count = Integer.parseInt(new String(read.body(), StandardCharsets.US_ASCII));
                    HttpResponse<byte[]> wrote =
                            files.put("/files/counter", "" + (count + 1), "If-Match", header(read, "ETag"));
                    if (wrote.statusCode() == 204) {
                        return version(wrote) * 1000 + count;
                    }
                    assertThat(wrote.statusCode()).isEqualTo(412);
                }
            });
        }
        List<Long> wrote = all(writers);
        assertThat(files.text("/files/counter")).isEqualTo("200 50");
        // In the order of their versions the writers counted one after the other.
        List<Long> counts = wrote.stream().sorted().map(both -> both % 1000).toList();
        assertThat(counts)
                .isEqualTo(Stream.iterate(0L, count -> count + 1).limit(50).toList());
        assertThat(files.told()).hasSize(51);
    }

    private static long version(HttpResponse<byte[]> answer) {
        return Long.parseLong(header(answer, "ETag").replaceAll("\"([0-9a-f]+)-.*", "$1"), 16);
    }

    private static <T> List<T> all(List<Callable<T>> tasks) throws Exception {
        List<T> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<T> one : threads.invokeAll(tasks)) {
                results.add(one.get());
            }
        }
        return results;
    }

    @Test
    void of_fifty_that_create_one_does() throws Exception {
        List<Callable<Integer>> writers = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            String body = "writer " + i;
            writers.add(() ->
                    files.put("/files/fresh/once", body, "If-None-Match", "*").statusCode());
        }
        assertThat(all(writers)).containsOnly(201, 412).containsOnlyOnce(201);
        assertThat(files.told()).containsExactly("FILE CREATED fresh/once");
        files.awaitNoDrafts();
    }

    @Test
    void a_reader_has_one_version_whatever_is_written_meanwhile() throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        Map<String, String> digests = new ConcurrentHashMap<>();
        AtomicInteger reads = new AtomicInteger();
        files.send("PUT", "/files/versions", new byte[0]);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> readers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                readers.add(threads.submit(() -> {
                    while (!over.get()) {
                        HttpResponse<byte[]> got = files.get("/files/versions");
                        assertThat(got.statusCode()).isEqualTo(200);
                        String digest = digest("sha-256", got.body());
                        assertThat(header(got, "Repr-Digest")).isEqualTo(digest);
                        assertThat(digests.putIfAbsent(header(got, "ETag"), digest))
                                .isIn(null, digest);
                        reads.incrementAndGet();
                    }
                    return null;
                }));
            }
            long version = 0;
            for (int i = 0; i < 500; i++) {
                byte[] body = FilesBroker.random(i, i % 3 == 0 ? 150_000 : i);
                HttpResponse<byte[]> put = files.send("PUT", "/files/versions", body);
                assertThat(version(put)).isGreaterThan(version);
                version = version(put);
                assertThat(digests.putIfAbsent(header(put, "ETag"), digest("sha-256", body)))
                        .isIn(null, digest("sha-256", body));
            }
            over.set(true);
            for (Future<?> reader : readers) {
                reader.get();
            }
        }
        assertThat(reads.get()).isGreaterThan(100);
        assertThat(files.told()).hasSize(501);
    }

    @Test
    void more_uploads_than_are_allowed_wait_outside(@TempDir Path data) throws Exception {
        try (FilesBroker own = FilesBroker.start(data, Map.of("files.uploads-max", "4"))) {
            List<AttackSocket> open = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                open.add(own.connect().send(own.head("PUT /files/slow" + i, "Content-Length: 100") + "x"));
            }
            AttackSocket.await("all four have begun", () -> own.drafts().size() == 4);
            HttpResponse<byte[]> fifth = own.put("/files/fifth", "x");
            assertThat(fifth.statusCode()).isEqualTo(503);
            assertThat(text(fifth)).contains("files.uploads-max");
            open.forEach(AttackSocket::close);
            own.awaitNoDrafts();
            Peers.until("there is room", () -> own.put("/files/fifth", "x").statusCode() < 300);
            StringBuilder five = new StringBuilder();
            for (int i = 0; i < 5; i++) {
                five.append("--b\r\nContent-Disposition: form-data; name=f; filename=a" + i + "\r\n\r\nx\r\n");
            }
            assertThat(own.send("POST", "/files/", five + "--b--", "Content-Type", "multipart/form-data; boundary=b")
                            .statusCode())
                    .isEqualTo(503);
            String location = "";
            for (int i = 0; i < 5; i++) {
                HttpResponse<byte[]> created =
                        own.send("POST", "/files/tus" + i, new byte[0], "Tus-Resumable", "1.0.0", "Upload-Length", "9");
                assertThat(created.statusCode()).isEqualTo(i < 4 ? 201 : 503);
                location = i < 4 ? header(created, "Location") : location;
            }
            assertThat(own.send("DELETE", location, new byte[0], "Tus-Resumable", "1.0.0")
                            .statusCode())
                    .isEqualTo(204);
            assertThat(own.send("POST", "/files/tus9", new byte[0], "Tus-Resumable", "1.0.0", "Upload-Length", "9")
                            .statusCode())
                    .isEqualTo(201);
            assertThat(own.onDisk()).containsExactly("fifth");
        }
    }

    @Test
    void clients_that_are_killed_leave_nothing(@TempDir Path folder) throws Exception {
        Path big = Files.write(folder.resolve("big"), FilesBroker.random(9, 4 << 20));
        for (String[] arguments : List.of(
                new String[] {"/files/killed/a", "-T", big.toString()},
                new String[] {"/files/killed/", "-F", "a=@" + big, "-F", "b=@" + big})) {
            try (Peer _ = Peers.curl(
                    files.broker,
                    arguments[0],
                    Stream.concat(
                                    Stream.of("--limit-rate", "500k"),
                                    Stream.of(arguments).skip(1))
                            .toArray(String[]::new))) {
                AttackSocket.await("it has begun", () -> !files.drafts().isEmpty());
            }
            files.awaitNoDrafts();
        }
        assertThat(files.folder().resolve("killed")).doesNotExist();
        assertThat(files.told()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/files/a|Upload-Length|x|400",
                "/files/a|Upload-Length|-1|400",
                "/files/a|Upload-Length||400",
                "/files/a|Upload-Defer-Length|1|400",
                "/files/a|Upload-Length|8388609|413",
                "/files/|Upload-Length|1|400",
                "/files/there/|Upload-Length|1|400",
                "/files/there|Upload-Length|1|409",
                "/files/.dbk/x|Upload-Length|1|400",
                "/files/a%2e.|Upload-Length|1|400",
                "/files/Broker_users.xml|Upload-Length|1|400"
            })
    void a_resumable_upload_that_is_wrong_is_refused(String path, String name, String value, int status)
            throws Exception {
        files.put("/files/there/x", "x");
        String[] headers = value == null ? new String[0] : new String[] {name, value};
        assertThat(tus(path, headers).statusCode()).isEqualTo(status);
        files.awaitNoDrafts();
    }

    @ParameterizedTest
    @ValueSource(strings = {"../x", "a/../../x", "/x", "C:\\x", ".dbk/x", "%41", "a\0b", "", "x/", "\uD800"})
    void a_resumable_upload_with_an_odd_name_is_refused(String name) throws Exception {
        String coded = Base64.getEncoder().encodeToString(name.getBytes(StandardCharsets.UTF_16));
        for (String metadata : List.of(
                "filename " + Base64.getEncoder().encodeToString(name.getBytes(StandardCharsets.UTF_8)),
                "filename " + coded,
                "filename %%%",
                "filename YQ==,filename Yg==")) {
            HttpResponse<byte[]> answer = tus("/files/odd/", "Upload-Length", "1", "Upload-Metadata", metadata);
            if (!(name.equals("\uD800") && metadata.equals("filename Pw=="))) {
                assertThat(answer.statusCode()).as(metadata).isEqualTo(400);
            }
        }
        assertThat(files.folder().resolve("odd")).doesNotExist();
    }

    private static HttpResponse<byte[]> tus(String path, String... more) throws Exception {
        String[] headers = Stream.concat(Stream.of("Tus-Resumable", "1.0.0"), Stream.of(more))
                .toArray(String[]::new);
        return files.send("POST", path, new byte[0], headers);
    }
}
