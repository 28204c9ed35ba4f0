package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// TLS and passwords, at a real nginx before a real Elasticsearch, whose own security this distribution lacks.
final class ElasticTlsTest {
    private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");
    private static final Source SOURCE = HotSource.named("test");
    private static final String PASSWORD = "word-that-nobody-says";

    @TempDir
    static Path folder = Path.of("");

    private static int port;
    private static @Nullable Process nginx;

    @BeforeAll
    static void serve() throws Exception {
        ElasticServer server = ElasticServer.shared();
        certificates();
        Files.writeString(folder.resolve("users"), "alice:{PLAIN}" + PASSWORD + "\n");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        boolean root = System.getProperty("user.name").equals("root");
        Files.writeString(folder.resolve("nginx.conf"), """
                %s
                daemon off;
                pid nginx.pid;
                error_log stderr;
                events {}
                http {
                  access_log off;
                  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
                  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                  server {
                    listen 127.0.0.1:%d ssl;
                    ssl_certificate server.pem;
                    ssl_certificate_key server.key;
                    client_max_body_size 1m;
                    auth_basic search;
                    auth_basic_user_file users;
                    location / { proxy_pass http://127.0.0.1:%d; }
                  }
                }
                """.formatted(root ? "user root;" : "", port, server.port()));
        Path output = folder.resolve("output.txt");
        nginx = new ProcessBuilder("nginx", "-p", folder + "/", "-c", "nginx.conf")
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        Await.until("nginx listens", () -> {
            if (!java.util.Objects.requireNonNull(nginx).isAlive()) {
                throw new AssertionError(Files.readString(output));
            }
            try (Socket probe = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return probe.isConnected();
            } catch (IOException notYet) {
                return false;
            }
        });
    }

    @AfterAll
    static void end() throws Exception {
        Process running = java.util.Objects.requireNonNull(nginx);
        running.destroy();
        assertThat(running.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    /// An authority, and a certificate from it for 127.0.0.1.
    private static void certificates() throws Exception {
        openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority"
                + " -keyout ca.key -out ca.pem");
        openssl("req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=search"
                + " -keyout server.key -out server.csr");
        Files.writeString(folder.resolve("names"), "subjectAltName=IP:127.0.0.1\n");
        openssl("x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names"
                + " -out server.pem");
    }

    private static void openssl(String arguments) throws Exception {
        Process process = new ProcessBuilder(("openssl " + arguments).split(" "))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    private static StreamsConfig.Hot settings(String host, String password, boolean believing) {
        StreamsConfig.Hot defaults = StreamsConfig.Hot.defaults();
        return new StreamsConfig.Hot(
                defaults.age(),
                defaults.sizeMax(),
                new StreamsConfig.Elasticsearch(
                        List.of("https://" + host + ":" + port),
                        "alice",
                        password,
                        null,
                        believing ? folder.resolve("ca.pem") : null,
                        "tls",
                        1,
                        0,
                        null));
    }

    private static void count(StreamsConfig.Hot settings) throws IOException {
        try (HotStore store = HotStores.open(settings, folder, List.of(SOURCE), InstantSource.fixed(NOON))) {
            store.count(SOURCE, StreamQuery.of("", 1));
        }
    }

    @Test
    void records_go_over_tls_with_a_password_also_from_a_sink_that_came_as_bytes() throws Exception {
        HotSink.Writer writer = sink(settings("127.0.0.1", PASSWORD, true)).writer();
        // More than the proxy takes at once.
        for (int i = 0; i < 1500; i++) {
            Arrival arrival =
                    HotSource.arrival("id" + i, NOON, InstantSource.system().instant(), "word ".repeat(200));
            writer.write(arrival, new HotSinkTest.Context());
        }
        writer.flush(false);
        writer.close();
        try (HotStore store = HotStores.open(
                settings("127.0.0.1", PASSWORD, true), folder, List.of(SOURCE), InstantSource.system())) {
            HotStoreContract.visible(store, SOURCE, 1500);
        }
    }

    @SuppressWarnings("BanSerializableRead") // Of its own bytes.
    private static HotSink sink(StreamsConfig.Hot settings) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(new HotSink(SOURCE, HotStores.elsewhere(settings)));
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return (HotSink) in.readObject();
        }
    }

    @Test
    void sinks_of_a_process_share_a_store_until_the_last_of_them_ends() throws Exception {
        HotSink.Writer one = sink(settings("127.0.0.1", PASSWORD, true)).writer();
        HotSink.Writer other = sink(settings("127.0.0.1", PASSWORD, true)).writer();
        assertThat(one.store()).isSameAs(other.store());
        one.close();
        other.store().count(SOURCE, StreamQuery.of("", 1));
        other.close();
        assertThatThrownBy(() -> other.store().count(SOURCE, StreamQuery.of("", 1)))
                .hasMessageContaining("closed");
        HotSink.Writer third = sink(settings("127.0.0.1", PASSWORD, true)).writer();
        assertThat(third.store()).isNotSameAs(one.store());
        third.close();
    }

    @Test
    void strangers_are_not_believed_and_nobody_says_the_password() {
        assertThatThrownBy(() -> count(settings("127.0.0.1", PASSWORD, false)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("127.0.0.1:" + port)
                .hasMessageNotContaining(PASSWORD);
        // The certificate is for another name.
        assertThatThrownBy(() -> count(settings("localhost", PASSWORD, true)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("localhost");
        assertThatThrownBy(() -> count(settings("127.0.0.1", PASSWORD + "x", true)))
                .isInstanceOf(ElasticException.class)
                .hasMessageContaining("401")
                .hasMessageNotContaining(PASSWORD);
        assertThat(settings("127.0.0.1", PASSWORD, true).toString()).doesNotContain(PASSWORD);
    }
}
