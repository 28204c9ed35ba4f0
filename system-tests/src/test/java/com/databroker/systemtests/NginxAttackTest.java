package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Hostile clients of the broker behind nginx.
final class NginxAttackTest {
    private static final String STRANGER = "127.0.0.9";
    private static final String CLAIMED = "10.9.9.9";
    private static final String PUBLISHED = "databroker_events_published_total{door=\"http\"}";
    private static final List<Integer> REFUSED = List.of(400, 404, 405, 408, 414, 431, 501, 505);
    private static final byte[] CLIENT_HELLO_BEGINS = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01};

    @SuppressWarnings("NullAway.Init")
    private static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static TestBroker broker;

    @SuppressWarnings("NullAway.Init")
    private static Nginx nginx;

    @BeforeAll
    static void start(@TempDir Path temporary) throws Exception {
        folder = temporary;
        broker = TestBroker.start(folder.resolve("data"), Peers.patient(Nginx.trusted()));
        nginx = Nginx.start(
                folder.resolve("nginx"),
                broker,
                Map.of(
                        "client_header_timeout 10s;",
                        "client_header_timeout 1s;",
                        "client_body_timeout 20s;",
                        "client_body_timeout 2s;"));
        Files.writeString(folder.resolve("secret.txt"), "outside");
        broker.request("PUT", "/files/a.txt", "inside");
    }

    @AfterAll
    static void stop() {
        nginx.close();
        broker.close();
    }

    private static String head(String line, String... headers) {
        return line + "\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + broker.token() + "\r\n"
                + (headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n") + "\r\n";
    }

    private static List<Integer> statuses(String answers) {
        return Pattern.compile("HTTP/1\\.[01] (\\d{3}) ")
                .matcher(answers)
                .results()
                .map(found -> Integer.valueOf(found.group(1)))
                .toList();
    }

    private static String audit() throws IOException {
        return Files.readString(folder.resolve("data").resolve("audit.log"));
    }

    @Test
    void what_a_stranger_says_about_its_address_is_not_believed() throws Exception {
        String forged = "X-Forwarded-For: " + CLAIMED + "\r\nX_Forwarded_For: " + CLAIMED + "\r\nForwarded: for="
                + CLAIMED + "\r\nX-Real-IP: " + CLAIMED + "\r\nX-Forwarded-For: 127.0.0.1, " + CLAIMED;
        String request = "GET /files/forged HTTP/1.1\r\nHost: a\r\n" + forged
                + "\r\nAuthorization: Bearer wrong\r\nConnection: close\r\n\r\n";
        assertThat(statuses(nginx.say(STRANGER, request))).containsExactly(401);
        Peers.until("the audit file tells", () -> audit().contains("\"" + STRANGER + "\""));
        // Neither does the broker itself, whom nginx alone may tell.
        try (AttackSocket socket = AttackSocket.connect(broker.httpPort(), "127.0.0.8", 64 << 10)) {
            socket.send(request);
            assertThat(socket.answer().status()).isEqualTo(401);
        }
        Peers.until("the audit file tells", () -> audit().contains("\"127.0.0.8\""));
        assertThat(audit()).doesNotContain(CLAIMED);
    }

    @Test
    void headers_that_proxies_are_believed_by_go_no_further() throws Exception {
        List<String> forged = List.of(
                "X-Forwarded-For",
                "Forwarded",
                "X-Real-IP",
                "X-Client-Cert",
                "X-Client-Verify",
                "X-SSL-Client-Cert",
                "X-Forwarded-Client-Cert",
                "X-Forwarded-Host",
                "X-Forwarded-Proto",
                "X-Original-URL",
                "Proxy",
                "X-HTTP-Method-Override",
                "X_Forwarded_For");
        StringBuilder seen = new StringBuilder();
        HttpServer fake = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        fake.createContext("/", exchange -> {
            exchange.getRequestHeaders()
                    .forEach((name, values) -> seen.append(name).append(values).append('\n'));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        fake.start();
        try (Nginx front = Nginx.start(
                folder.resolve("front"),
                List.of(fake.getAddress().getPort(), 1, 1),
                folder.resolve("none"),
                Map.of())) {
            StringBuilder request = new StringBuilder("GET /events HTTP/1.1\r\nHost: a\r\n");
            request.append("Connection: close, Upgrade\r\nUpgrade: h2c\r\n");
            forged.forEach(name -> request.append(name).append(": forged\r\n"));
            assertThat(statuses(front.say(STRANGER, request + "\r\n"))).containsExactly(204);
        } finally {
            fake.stop(0);
        }
        assertThat(seen.toString().toLowerCase(Locale.ROOT))
                .contains("x-forwarded-for[" + STRANGER + "]", "x-forwarded-proto[https]")
                .doesNotContain("forged", "upgrade", "h2c");
    }

    @Test
    void a_proxy_header_from_outside_is_refused() throws Exception {
        String line = "PROXY TCP4 " + CLAIMED + " 127.0.0.1 1 2\r\n";
        String get = head("GET /health/live HTTP/1.1", "Connection: close");
        assertThat(statuses(nginx.say(STRANGER, line + get))).containsExactly(400);
        try (AttackSocket socket = AttackSocket.connect(nginx.httpsPort())) {
            socket.trySend(line + get);
            assertThat(statuses(socket.readToEnd())).allMatch(status -> status == 400);
        }
        // nginx has put its own header before it, so this one is no greeting.
        try (AttackSocket socket = AttackSocket.connect(nginx.zmqPort(), STRANGER, 64 << 10)) {
            socket.trySend(line);
            socket.readToEnd();
        }
        // Whoever is not nginx is closed unread.
        try (AttackSocket socket = AttackSocket.connect(broker.zmqPort(), "127.0.0.8", 64 << 10)) {
            socket.trySend(line);
            assertThat(socket.readToEnd()).isEmpty();
        }
        assertThat(audit()).doesNotContain(CLAIMED);
    }

    static Stream<String> ambiguous() {
        // Closed after the answer, so that what is hidden is no second request of its own.
        String post = "POST /events/outer HTTP/1.1\r\nConnection: close";
        String hidden = head("POST /events/smuggled HTTP/1.1", "Content-Length: 0");
        int length = hidden.length();
        String chunk = Integer.toHexString(length) + "\r\n" + hidden + "\r\n0\r\n\r\n";
        return Stream.of(
                head(post, "Content-Length: " + (5 + length), "Transfer-Encoding: chunked") + "0\r\n\r\n" + hidden,
                head(post, "Transfer-Encoding: chunked", "Content-Length: 5") + chunk,
                head(post, "Content-Length: 0", "Content-Length: " + length) + hidden,
                head(post, "Content-Length: " + length, "Content-Length: 0") + hidden,
                head(post, "Content-Length: " + length + ", 0") + hidden,
                head(post, "Content-Length: +" + length) + hidden,
                head(post, "Content-Length: 0x" + length) + hidden,
                head(post, "Content-Length: -1") + hidden,
                head(post, "Content-Length: 99999999999999999999") + hidden,
                head(post, "Transfer-Encoding: chunked, xchunked") + "0\r\n\r\n" + hidden,
                head(post, "Transfer-Encoding: xchunked") + chunk,
                head(post, "Transfer-Encoding: chunked", "Transfer-Encoding: identity") + "0\r\n\r\n" + hidden,
                head(post, "Transfer-Encoding: gzip, chunked") + chunk,
                head(post, "Transfer-Encoding:\u000bchunked", "Content-Length: " + length) + hidden,
                head(post, "Transfer-Encoding : chunked", "Content-Length: " + length) + hidden,
                head(post, "Transfer-Encoding:", " chunked", "Content-Length: " + length) + hidden,
                head(post, "X-Folded: a", " Transfer-Encoding: chunked", "Content-Length: " + length) + hidden,
                head(post, "X-Folded: a", "\tContent-Length: 0", "Content-Length: " + length) + hidden,
                head(post, "X-Bare: a\nTransfer-Encoding: chunked", "Content-Length: " + length) + hidden,
                head(post, "X-Bare: a\nContent-Length: 0", "Content-Length: " + length) + hidden,
                head(post, "X-Bare: a\rContent-Length: 0", "Content-Length: " + length) + hidden,
                head(post, "Transfer_Encoding: chunked", "Content-Length: " + length) + hidden,
                head(post.replace("/1.1", "/1.0"), "Transfer-Encoding: chunked") + chunk,
                head(post, "Transfer-Encoding: chunked") + "FFFFFFFFFFFFFFFFF\r\n" + hidden,
                head(post, "Transfer-Encoding: chunked") + "-1\r\n" + hidden,
                head(post, "Transfer-Encoding: chunked") + "1\r\nx0\r\n\r\n" + hidden,
                head(post, "Transfer-Encoding: chunked") + length + ";a\nb\r\n" + hidden + "\r\n0\r\n\r\n");
    }

    /// A hidden request that nginx took for a body, or did not want, must not be one for the broker.
    @ParameterizedTest
    @MethodSource("ambiguous")
    void no_request_is_smuggled_past_nginx(String request) throws Exception {
        try (Peer smuggled = Peers.curl(broker, "/events?topic=smuggled")) {
            smuggled.await(": welcome");
            double before = Peers.metric(broker, PUBLISHED);
            String said = nginx.say(STRANGER, request);
            // On the same connections to the broker the next one gets its own answer, and nobody else's.
            assertThat(nginx.curl("/health/live")).isEqualTo("{\"status\":\"up\"} 200");
            int published = (int)
                    statuses(said).stream().filter(status -> status == 200).count();
            assertThat(Peers.metric(broker, PUBLISHED) - before).as(said).isEqualTo((double) published);
            assertThat(statuses(said)).as(said).hasSizeLessThan(2);
            broker.request("POST", "/events/smuggled", "by the test");
            assertThat(smuggled.await(line -> line.startsWith("data: "))).contains("by the test");
            assertThat(Peers.metric(broker, PUBLISHED)).isGreaterThan(before);
        }
    }

    static Stream<String> oddTargets() {
        return Stream.of(
                "/files/../../secret.txt",
                "/files/..",
                "/files/%2e%2e/%2e%2e/secret.txt",
                "/files/%2E%2E%2Fsecret.txt",
                "/files/..%2f..%2fsecret.txt",
                "/files/%252e%252e/secret.txt",
                "/files/..;/secret.txt",
                "/files/a.txt%00",
                "/files/%5c..%5csecret.txt",
                "/files/..\\secret.txt",
                "/files//a.txt",
                "//files/a.txt",
                "/x/../files/a.txt",
                "/files/%c0%ae%c0%ae/secret.txt",
                "/files/%u002e%u002e/secret.txt",
                "/files/%zz",
                "/files/a%0d%0aX-Injected:1",
                "/files/a\u0001",
                "files/a.txt",
                "/_files/a.txt",
                "/_files/",
                "/_files",
                "//_files/a.txt",
                "/%5ffiles/a.txt",
                "/_files%2fa.txt",
                "/_FILES/a.txt",
                "/events/../_files/a.txt",
                "/_files../secret.txt",
                "/_files/../secret.txt",
                "/_files/broker_users.xml",
                "/files/../_files/broker_users.xml");
    }

    @ParameterizedTest
    @MethodSource("oddTargets")
    void nothing_is_read_around_the_broker(String target) throws Exception {
        String said = nginx.say(STRANGER, head("GET " + target + " HTTP/1.1", "Connection: close"));
        assertThat(statuses(said)).as(said).hasSize(1).allMatch(REFUSED::contains);
        assertThat(said).doesNotContain("inside", "outside", "broker-users", "X-Injected:");
        String put = head("PUT " + target + " HTTP/1.1", "Connection: close", "Content-Length: 1") + "x";
        assertThat(statuses(nginx.say(STRANGER, put))).allMatch(REFUSED::contains);
    }

    @Test
    void what_nginx_keeps_for_itself_is_not_there_from_outside() throws Exception {
        for (String target : List.of("/_files/a.txt", "//_files/a.txt", "/%5ffiles/a.txt")) {
            assertThat(nginx.curl(target, "--header", "Authorization: Bearer " + broker.token()))
                    .endsWith(" 404");
        }
        assertThat(nginx.curl("/files/a.txt", "--header", "X-Accel-Redirect: /_files/broker_users.xml"))
                .endsWith(" 401");
    }

    @Test
    void floods_of_headers_are_refused() throws Exception {
        String get = "GET /health/live HTTP/1.1\r\nHost: a\r\n";
        List<String> requests = List.of(
                get + "X-Long: " + "x".repeat(70_000) + "\r\n\r\n",
                get + ("X-Some: " + "x".repeat(6000) + "\r\n").repeat(4) + "\r\n",
                get + "X: 1\r\n".repeat(1000) + "\r\n",
                get + "X: 1\r\n".repeat(20_000) + "\r\n",
                "GET /" + "x".repeat(70_000) + " HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /events?" + "a=b&".repeat(1000) + " HTTP/1.1\r\nHost: a\r\n\r\n");
        for (String request : requests) {
            try (AttackSocket socket = nginx.connect(STRANGER)) {
                socket.trySend(request);
                assertThat(socket.answer().status())
                        .as(request.substring(0, 60))
                        .isIn(REFUSED);
            }
        }
        assertThat(nginx.curl("/health/live")).endsWith(" 200");
    }

    @Test
    void a_flood_of_one_address_is_answered_with_429_and_the_others_work_on() throws Exception {
        Map<String, String> tight =
                Map.of("rate=200r/s", "rate=1r/s", "burst=400", "burst=20", "at_once 64", "at_once 4");
        try (Nginx front = Nginx.start(folder.resolve("tight"), broker, tight)) {
            String live = "GET /health/live HTTP/1.1\r\nHost: a\r\n";
            String said = front.say(STRANGER, (live + "\r\n").repeat(200) + live + "Connection: close\r\n\r\n");
            assertThat(statuses(said)).hasSize(201).contains(200, 429).containsOnly(200, 429);
            for (int i = 0; i < 10; i++) {
                assertThat(front.curl("/health/live")).endsWith(" 200");
            }
            List<AttackSocket> streams = new ArrayList<>();
            try {
                for (int i = 0; i < 4; i++) {
                    streams.add(front.connect("127.0.0.7").send(head("GET /events?topic=a HTTP/1.1")));
                    assertThat(streams.getLast().answer().status()).isEqualTo(200);
                }
                assertThat(statuses(front.say("127.0.0.7", head("GET /health/live HTTP/1.1", "Connection: close"))))
                        .containsExactly(429);
                assertThat(statuses(front.say("127.0.0.6", head("GET /health/live HTTP/1.1", "Connection: close"))))
                        .containsExactly(200);
            } finally {
                streams.forEach(AttackSocket::close);
            }
            // Below what is written: a flood must not fill the disk.
            assertThat(front.logs()).doesNotContain("limiting requests", "limiting connections");
        }
    }

    @Test
    void connections_to_zeromq_are_bounded_per_address() throws Exception {
        try (Nginx front = Nginx.start(folder.resolve("few"), broker, Map.of("zmq_at_once 64", "zmq_at_once 3"))) {
            List<AttackSocket> open = new ArrayList<>();
            try {
                for (int i = 0; i < 3; i++) {
                    open.add(AttackSocket.connect(front.zmqPort(), STRANGER, 64 << 10));
                    assertThat(open.getLast().read()).isEqualTo(0xFF);
                }
                try (AttackSocket beyond = AttackSocket.connect(front.zmqPort(), STRANGER, 64 << 10);
                        AttackSocket other = AttackSocket.connect(front.zmqPort())) {
                    assertThat(beyond.readToEnd()).isEmpty();
                    assertThat(other.read()).isEqualTo(0xFF);
                }
            } finally {
                open.forEach(AttackSocket::close);
            }
        }
    }

    @Test
    void slow_heads_and_handshakes_are_cut_off_in_time() throws Exception {
        try (AttackSocket head = nginx.connect(STRANGER);
                AttackSocket handshake = AttackSocket.connect(nginx.httpsPort(), STRANGER, 64 << 10);
                AttackSocket silent = AttackSocket.connect(nginx.httpsPort(), STRANGER, 64 << 10)) {
            handshake.send(CLIENT_HELLO_BEGINS);
            assertThat(head.drip("GET /health/live HTTP/1.1\r\nHost: a\r\nX-Slow: " + "x".repeat(9000), 100))
                    .isLessThan(10_000);
            assertThat(handshake.readToEnd()).hasSizeLessThan(100);
            assertThat(silent.readToEnd()).isEmpty();
        }
    }

    @Test
    void no_other_protocol_is_tunnelled() throws Exception {
        for (String upgrade : List.of("h2c", "tcp", "websocket2", "WebSocket, h2c")) {
            String request = head(
                    "GET /events HTTP/1.1",
                    "Connection: Upgrade, HTTP2-Settings",
                    "Upgrade: " + upgrade,
                    "HTTP2-Settings: AAMAAABkAAQAAP__",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
            try (AttackSocket socket = nginx.connect(STRANGER)) {
                // Without an upgrade it is a request for server-sent events of no topic.
                assertThat(socket.send(request).answer().body()).as(upgrade).contains("\"number\":1003");
            }
        }
    }

    @Test
    void a_token_in_an_address_is_refused_and_written_nowhere() throws Exception {
        String secret = "dbk_nginx_" + "s3cr3t".repeat(6);
        for (String target : List.of("/events?topic=a&token=" + secret, "/files/a?token=" + secret)) {
            assertThat(nginx.curl(target)).endsWith(" 400");
        }
        // Where nothing answers, nginx would like to tell of it.
        try (Nginx alone = Nginx.start(folder.resolve("alone"), List.of(1, 1, 1), folder.resolve("none"), Map.of())) {
            assertThat(alone.curl("/events?topic=a&token=" + secret)).endsWith(" 502");
            assertThat(alone.logs()).contains("\"upstream_status\":\"502\"").doesNotContain(secret);
        }
        assertThat(nginx.logs()).contains("\"path\":\"/events\"").doesNotContain(secret);
        assertThat(audit()).doesNotContain(secret);
    }
}
