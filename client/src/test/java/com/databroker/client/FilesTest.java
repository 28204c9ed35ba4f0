package com.databroker.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.core.Finding;
import com.databroker.core.Problem;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class FilesTest {
    private static final String SHA_256_OF_HELLO = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    private final Map<String, byte[]> stored = new ConcurrentHashMap<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @TempDir
    Path folder;

    private HttpServer server;
    private DatabrokerClient client;

    @BeforeEach
    void open() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
        client = client(Duration.ofMillis(500));
    }

    private DatabrokerClient client(Duration timeout) {
        return DatabrokerClient.builder(
                        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"))
                .token("s3cret")
                .timeout(timeout)
                .build();
    }

    @AfterEach
    void close() {
        end.countDown();
        client.close();
        server.stop(0);
        threads.shutdownNow();
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getRawPath();
        try (exchange) {
            if (!"Bearer s3cret".equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                refuse(exchange, new ProblemException(Problem.NOT_AUTHENTICATED, "no token"));
            } else if (path.endsWith("/refused.xml")) {
                refuse(
                        exchange,
                        new ProblemException(
                                Problem.VALIDATION_FAILED,
                                "not well formed",
                                List.of(new Finding(3, 14, "unexpected </b>"), new Finding(9, 1, "no end"))));
            } else if (path.endsWith("/proxy")) {
                send(exchange, 502, "<html>bad gateway</html>".getBytes(StandardCharsets.UTF_8));
            } else if (path.endsWith("/stuck")) {
                exchange.sendResponseHeaders(200, 100);
                exchange.getResponseBody().write(new byte[10]);
                exchange.getResponseBody().flush();
                end.await();
            } else if (path.endsWith("/")) {
                list(exchange);
            } else {
                file(exchange, path);
            }
        } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
        }
    }

    private void file(HttpExchange exchange, String path) throws IOException {
        String method = exchange.getRequestMethod();
        if (method.equals("PUT")) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            boolean isNew = stored.put(path, body) == null;
            describe(exchange, path.endsWith("/garbled") ? new byte[1] : body);
            exchange.sendResponseHeaders(isNew ? 201 : 204, -1);
        } else if (!stored.containsKey(path)) {
            refuse(exchange, new ProblemException(Problem.FILE_NOT_FOUND, "no file " + path));
        } else if (method.equals("DELETE")) {
            stored.remove(path);
            exchange.sendResponseHeaders(204, -1);
        } else {
            byte[] body = stored.get(path);
            describe(exchange, path.endsWith("/rotten") ? new byte[1] : body);
            send(exchange, 200, body);
        }
    }

    private static void describe(HttpExchange exchange, byte[] body) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(body);
            exchange.getResponseHeaders().set("ETag", "\"v" + body.length + "\"");
            exchange.getResponseHeaders()
                    .set("Repr-Digest", "sha-256=:" + Base64.getEncoder().encodeToString(digest) + ":");
        } catch (java.security.NoSuchAlgorithmException impossible) {
            throw new AssertionError(impossible);
        }
    }

    private static void list(HttpExchange exchange) throws IOException {
        assertThat(exchange.getRequestHeaders().getFirst("Accept")).startsWith("application/json");
        String query = exchange.getRequestURI().getRawQuery();
        String page = query == null
                ? "{\"path\":\"ci/\",\"entries\":[{\"name\":\"report.pdf\",\"kind\":\"file\",\"size\":5000000000,"
                        + "\"etag\":\"abc\",\"modified\":\"2026-01-02T03:04:05Z\"}],\"next\":\"a b\"}"
                : "{\"path\":\"ci/\",\"entries\":[{\"name\":\"" + query + "\",\"kind\":\"folder\"}],\"next\":null}";
        send(exchange, 200, page.getBytes(StandardCharsets.UTF_8));
    }

    private static void refuse(HttpExchange exchange, ProblemException refusal) throws IOException {
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().set("Content-Type", ProblemDocument.MEDIA_TYPE);
        send(
                exchange,
                refusal.problem().status(),
                ProblemDocument.bytes(refusal).toArray());
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    private static void assertProblem(Problem problem, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(problem));
    }

    @Test
    void whatIsPutFromMemoryAStreamOrAFileIsGotBackAsItWas() throws Exception {
        Bytes hello = Bytes.utf8("hello");
        FileInfo info = new FileInfo("v5", 5, SHA_256_OF_HELLO);
        assertThat(client.put("ci/a", hello)).isEqualTo(info);
        assertThat(client.put("ci/a", new ByteArrayInputStream(hello.toArray())))
                .isEqualTo(info);
        Path local = Files.write(folder.resolve("local"), hello.toArray());
        assertThat(client.put("ci/a", local)).isEqualTo(info);
        assertThat(client.put("ci/empty", Bytes.EMPTY).size()).isZero();

        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(client.get("ci/a", out)).isEqualTo(info);
        assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo("hello");
        Path target = folder.resolve("target");
        Files.writeString(target, "what stood here before");
        assertThat(client.get("ci/a", target)).isEqualTo(info);
        assertThat(target).hasContent("hello");
        assertThat(client.get("ci/empty", folder.resolve("empty")).size()).isZero();
        assertThat(folder).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void aLargeFilePassesWithoutStandingInMemoryAsOne() throws Exception {
        byte[] large = new byte[20_000_000];
        new java.util.SplittableRandom(42).nextBytes(large);
        Path local = Files.write(folder.resolve("large"), large);
        try (DatabrokerClient patient = client(Duration.ofSeconds(30))) {
            patient.put("large", local);
            FileInfo info = patient.get("large", folder.resolve("copy"));
            assertThat(info.size()).isEqualTo(large.length);
        }
        assertThat(folder.resolve("copy")).hasSameBinaryContentAs(local);
    }

    @Test
    void aPathIsEncodedSegmentBySegment() {
        client.put("ci/ä b+c*~%/r#?.pdf", Bytes.utf8("x"));
        assertThat(stored).containsOnlyKeys("/files/ci/%C3%A4%20b%2Bc%2A~%25/r%23%3F.pdf");
        for (String wrong : List.of("", "/a", "a//b", "a/", "../a", "a/./b")) {
            assertProblem(Problem.PATH_INVALID, () -> client.put(wrong, Bytes.EMPTY));
        }
    }

    @Test
    void aDeletedFileIsGone() {
        client.put("a", Bytes.utf8("x"));
        client.delete("a");
        assertThat(stored).isEmpty();
        assertProblem(Problem.FILE_NOT_FOUND, () -> client.delete("a"));
    }

    @Test
    void aListingIsReadPageByPage() {
        assertThat(client.list("ci"))
                .containsExactly(
                        new FileEntry(
                                "report.pdf",
                                false,
                                5_000_000_000L,
                                "abc",
                                null,
                                0,
                                null,
                                Instant.parse("2026-01-02T03:04:05Z")),
                        new FileEntry("cursor=a+b", true, 0, null, null, 0, null, null));
        assertThat(client.list("ci/")).hasSize(2);
        assertThat(client.list("")).hasSize(2);
    }

    @Test
    void aRefusalCarriesItsNumberDetailAndFindings() {
        assertThatThrownBy(() -> client.put("refused.xml", Bytes.utf8("<a>")))
                .isInstanceOfSatisfying(ProblemException.class, refused -> {
                    assertThat(refused.problem()).isEqualTo(Problem.VALIDATION_FAILED);
                    assertThat(refused.detail()).isEqualTo("not well formed");
                    assertThat(refused.findings())
                            .containsExactly(new Finding(3, 14, "unexpected </b>"), new Finding(9, 1, "no end"));
                });
        assertProblem(Problem.UNAVAILABLE, () -> client.delete("some/proxy"));
    }

    @Test
    void aMissingFileLeavesTheLocalOneAlone() throws Exception {
        Path target = folder.resolve("target");
        Files.writeString(target, "before");
        assertProblem(Problem.FILE_NOT_FOUND, () -> client.get("missing", target));
        assertThat(target).hasContent("before");
        assertThat(folder).isDirectoryNotContaining("glob:**.part");
    }

    @Test
    void bytesThatDoNotFitTheirDigestAreRefused() {
        assertProblem(Problem.BODY_INCOMPLETE, () -> client.put("garbled", Bytes.utf8("hello")));
        client.put("rotten/not", Bytes.EMPTY);
        stored.put("/files/rotten", Bytes.utf8("hello").toArray());
        assertProblem(Problem.BODY_INCOMPLETE, () -> client.get("rotten", folder.resolve("rotten")));
        assertThat(folder.resolve("rotten")).doesNotExist();
    }

    @Test
    void aTransferThatStandsStillFailsAtTheDeadline() {
        assertThatThrownBy(() -> client.get("stuck", OutputStream.nullOutputStream()))
                .hasMessageContaining("nothing moved for PT0.5S");
    }

    @Test
    void aFailureOfTheOwnStreamIsTheOwnFailure() {
        client.put("a", Bytes.utf8("hello"));
        OutputStream full = new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                throw new IOException("disk full");
            }
        };
        assertThatThrownBy(() -> client.get("a", full))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("disk full");
        InputStream broken = new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("cable pulled");
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                throw new IOException("cable pulled");
            }
        };
        assertThatThrownBy(() -> client.put("b", broken))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("cable pulled");
        assertThat(stored).doesNotContainKey("/files/b");
    }

    @Test
    void anAddressThatIsNoBrokersIsRefused() {
        for (String wrong : List.of("ftp://host", "http:/nohost", "http://user@host", "http://host?a=b")) {
            assertThatThrownBy(() -> DatabrokerClient.builder(URI.create(wrong)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
