package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.core.ProblemException;
import com.databroker.server.Config;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// PROXY protocol headers on the doors of HTTP and ZeroMQ, byte by byte: what proxies write, and what nobody should.
final class ProxyProtocolTest {
    /// A proxy; connections from any other address of loopback are not.
    private static final String PROXY = "127.0.0.2";

    private static final byte[] SIGNATURE = AttackZmtp.latin1("\r\n\r\n\0\r\nQUIT\n");
    private static final int LOCAL = 0x20;
    static final int PROXIED = 0x21;
    static final int TCP4 = 0x11;
    private static final int TCP6 = 0x21;

    @SuppressWarnings("NullAway.Init")
    private static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static TestBroker broker;

    @BeforeAll
    static void start(@TempDir Path temporary) throws Exception {
        folder = temporary;
        // The tests' own requests come from this machine too, with a header like any other.
        broker = TestBroker.start(folder.resolve("data"), Peers.patient(settings(Map.of())));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static Map<String, String> settings(Map<String, String> more) {
        Map<String, String> all = new java.util.HashMap<>(Map.of(
                "http.trusted-proxies", PROXY,
                "http.proxy-protocol", "true",
                "http.header-timeout", "1s",
                "zmq.trusted-proxies", PROXY,
                "zmq.proxy-protocol", "true",
                "zmq.handshake-timeout", "1s"));
        all.putAll(more);
        return all;
    }

    static byte[] version1(String source) {
        return AttackZmtp.latin1("PROXY TCP4 " + source + " 127.0.0.1 40000 8080\r\n");
    }

    static byte[] version2(int command, int family, byte[] addresses, byte[] extensions) {
        ByteBuffer head = ByteBuffer.allocate(4).put((byte) command).put((byte) family);
        head.putShort((short) (addresses.length + extensions.length));
        return ZmqRaw.concat(SIGNATURE, head.array(), addresses, extensions);
    }

    private static byte[] ports() {
        return ByteBuffer.allocate(4)
                .putShort((short) 40_000)
                .putShort((short) 8080)
                .array();
    }

    static byte[] ipv4(String source) {
        byte[] address = InetAddress.ofLiteral(source).getAddress();
        return ZmqRaw.concat(address, new byte[] {127, 0, 0, 1}, ports());
    }

    private static byte[] ipv6(String source) {
        return ZmqRaw.concat(
                InetAddress.ofLiteral(source).getAddress(),
                InetAddress.ofLiteral("::1").getAddress(),
                ports());
    }

    /// An extension of no meaning, as load balancers add them.
    static byte[] extension(int length) {
        return ZmqRaw.concat(
                ByteBuffer.allocate(3).put((byte) 0xEA).putShort((short) length).array(), new byte[length]);
    }

    private static byte[] wrongToken(String mark, String... headers) {
        return AttackZmtp.latin1("GET /files/" + mark + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer wrong\r\n"
                + String.join("", headers) + "Connection: close\r\n\r\n");
    }

    private static byte[] wrongPlain() {
        return ZmqRaw.concat(ZmqRaw.greeting(3, "PLAIN"), ZmqRaw.hello("admin", "wrong"));
    }

    private static AttackSocket http(TestBroker to) throws IOException {
        return AttackSocket.connect(to.httpPort(), PROXY, 64 << 10);
    }

    private static AttackSocket zmq(TestBroker to) throws IOException {
        return AttackSocket.connect(to.zmqPort(), PROXY, 64 << 10);
    }

    private static void awaitAudit(String address) throws Exception {
        Peers.until(
                "the audit file tells of " + address,
                () -> Files.readString(folder.resolve("data/audit.log")).contains("\"address\":\"" + address + "\""));
    }

    /// @param address what the broker must take for the client's
    record Named(Bytes header, String address) {
        Named(byte[] header, String address) {
            this(Bytes.wrap(header), address);
        }

        byte[] with(byte[] more) {
            return ZmqRaw.concat(header.toArray(), more);
        }
    }

    static List<Named> named(int door) {
        return List.of(
                new Named(version1("10." + door + ".0.1"), "10." + door + ".0.1"),
                new Named(
                        AttackZmtp.latin1("PROXY TCP6 2001:DB8:0:0:0:0:0:" + door + " ::1 1 2\r\n"),
                        "2001:db8:0:0:0:0:0:" + door),
                new Named(version2(PROXIED, TCP4, ipv4("10." + door + ".0.2"), new byte[0]), "10." + door + ".0.2"),
                new Named(version2(PROXIED, TCP4, ipv4("10." + door + ".0.3"), extension(200)), "10." + door + ".0.3"),
                new Named(
                        version2(PROXIED, TCP6, ipv6("2001:db8::" + door + "0"), new byte[0]),
                        "2001:db8:0:0:0:0:0:" + door + "0"),
                // One address, however it is written.
                new Named(
                        AttackZmtp.latin1("PROXY TCP6 ::ffff:10." + door + ".0.4 ::1 1 2\r\n"), "10." + door + ".0.4"),
                // What the proxy does for itself it does under its own address.
                new Named(AttackZmtp.latin1("PROXY UNKNOWN\r\n"), PROXY),
                new Named(version2(LOCAL, 0, new byte[0], new byte[0]), PROXY));
    }

    @Test
    void the_address_in_the_header_is_the_clients_over_http() throws Exception {
        for (Named header : named(1)) {
            try (AttackSocket socket = http(broker)) {
                socket.send(header.with(wrongToken("x")));
                assertThat(socket.answer().status()).isEqualTo(401);
            }
            awaitAudit(header.address());
        }
    }

    @Test
    void the_address_in_the_header_is_the_clients_over_zeromq() throws Exception {
        for (Named header : named(2)) {
            try (AttackSocket socket = zmq(broker)) {
                socket.send(header.with(wrongPlain()));
                assertThat(socket.readToEnd()).startsWith("\u00ff");
            }
            awaitAudit(header.address());
        }
    }

    @Test
    void a_header_may_come_in_pieces() throws Exception {
        for (byte[] header : List.of(version1("10.3.0.1"), version2(PROXIED, TCP4, ipv4("10.3.0.2"), extension(20)))) {
            try (AttackSocket web = http(broker);
                    AttackSocket events = zmq(broker)) {
                for (byte part : header) {
                    web.send(new byte[] {part});
                    events.send(new byte[] {part});
                }
                web.send(wrongToken("x"));
                events.send(wrongPlain());
                assertThat(web.answer().status()).isEqualTo(401);
                assertThat(events.readToEnd()).startsWith("\u00ff");
            }
        }
        awaitAudit("10.3.0.1");
        awaitAudit("10.3.0.2");
    }

    @Test
    void a_client_of_the_proxy_cannot_name_another_address() throws Exception {
        String forged = "X-Forwarded-For: 10.4.9.9\r\n";
        for (byte[] header : List.of(
                version1("10.4.0.1"),
                AttackZmtp.latin1("PROXY UNKNOWN\r\n"),
                version2(LOCAL, TCP4, ipv4("10.4.9.9"), new byte[0]))) {
            try (AttackSocket socket = http(broker)) {
                socket.send(ZmqRaw.concat(header, wrongToken("x", forged)));
                assertThat(socket.answer().status()).isEqualTo(401);
            }
        }
        try (AttackSocket web = http(broker);
                AttackSocket events = zmq(broker)) {
            web.send(ZmqRaw.concat(version1("10.4.0.2"), version1("10.4.9.9"), wrongToken("x")));
            assertThat(web.readToEnd()).startsWith("HTTP/1.1 400 ");
            events.send(ZmqRaw.concat(version1("10.4.0.2"), version1("10.4.9.9"), wrongPlain()));
            events.readToEnd();
        }
        awaitAudit("10.4.0.1");
        assertThat(Files.readString(folder.resolve("data/audit.log"))).doesNotContain("10.4.9.9");
    }

    static Stream<byte[]> broken() {
        byte[] version3 = version2(PROXIED, TCP4, ipv4("10.5.0.1"), new byte[0]);
        version3[12] = 0x31;
        return Stream.of(
                AttackZmtp.latin1("PROXY TCP4 10.5.0.1 127.0.0.1 40000\r\n"),
                AttackZmtp.latin1("PROXY TCP4 10.5.0.1 127.0.0.1 40000 99999\r\n"),
                AttackZmtp.latin1("PROXY TCP4 10.5.0.300 127.0.0.1 1 2\r\n"),
                AttackZmtp.latin1("PROXY TCP4 example.org 127.0.0.1 1 2\r\n"),
                AttackZmtp.latin1("PROXY TCP6 10.5.0.1 ::1 1 2\r\n"),
                AttackZmtp.latin1("PROXY UDP4 10.5.0.1 127.0.0.1 1 2\r\n"),
                AttackZmtp.latin1("PROXY TCP4 10.5.0.1 127.0.0.1 1 2\n" + "x".repeat(200)),
                AttackZmtp.latin1("PROXY TCP4 " + "1".repeat(200) + "\r\n"),
                AttackZmtp.latin1("PROXY \r\n"),
                AttackZmtp.latin1("proxy TCP4 10.5.0.1 127.0.0.1 1 2\r\n"),
                AttackZmtp.latin1("GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"),
                version3,
                version2(PROXIED | 2, TCP4, ipv4("10.5.0.1"), new byte[0]),
                version2(PROXIED, TCP4, new byte[4], new byte[0]),
                version2(PROXIED, 0x12, ipv4("10.5.0.1"), new byte[0]),
                version2(PROXIED, 0x41, ipv4("10.5.0.1"), new byte[0]),
                version2(PROXIED, TCP6, ipv4("10.5.0.1"), new byte[0]),
                // An extension that is longer than what follows.
                version2(PROXIED, TCP4, ipv4("10.5.0.1"), new byte[] {(byte) 0xEA, 0x10, 0, 1}));
    }

    @ParameterizedTest
    @MethodSource("broken")
    void a_broken_header_ends_the_connection_unanswered(byte[] header) throws Exception {
        try (AttackSocket web = http(broker);
                AttackSocket events = zmq(broker)) {
            web.trySend(ZmqRaw.concat(header, wrongToken("x")));
            events.trySend(ZmqRaw.concat(header, wrongPlain()));
            assertThat(web.readToEnd()).isEmpty();
            assertThat(events.readToEnd()).isEmpty();
        }
        try (AttackSocket friend = http(broker)) {
            friend.send(ZmqRaw.concat(version1("10.5.0.2"), wrongToken("x")));
            assertThat(friend.answer().status()).isEqualTo(401);
        }
    }

    @Test
    void whoever_is_no_proxy_is_closed_unread() throws Exception {
        for (int port : List.of(broker.httpPort(), broker.zmqPort())) {
            try (AttackSocket socket = AttackSocket.connect(port, "127.0.0.1", 64 << 10)) {
                socket.trySend(ZmqRaw.concat(version1("10.6.0.1"), wrongToken("x")));
                assertThat(socket.readToEnd()).isEmpty();
            }
            try (AttackSocket silent = AttackSocket.connect(port, "127.0.0.1", 64 << 10)) {
                assertThat(silent.readToEnd()).isEmpty();
            }
        }
        assertThat(Files.readString(folder.resolve("data/audit.log"))).doesNotContain("10.6.0.1");
    }

    @Test
    void a_header_that_does_not_come_ends_the_connection_in_time() throws Exception {
        byte[] half = version2(PROXIED, TCP4, ipv4("10.7.0.1"), extension(500));
        for (int length : List.of(0, 5, 14, half.length - 1)) {
            try (AttackSocket web = http(broker);
                    AttackSocket events = zmq(broker)) {
                web.send(java.util.Arrays.copyOf(half, length));
                events.send(java.util.Arrays.copyOf(half, length));
                assertThat(web.readToEnd()).isEmpty();
                assertThat(events.readToEnd()).isEmpty();
            }
        }
        // Endless extensions are not waited for.
        try (AttackSocket events = zmq(broker)) {
            events.trySend(version2(PROXIED, TCP4, ipv4("10.7.0.1"), extension(60_000)));
            assertThat(events.readToEnd()).isEmpty();
        }
    }

    @Test
    void connections_are_counted_by_the_address_in_the_header() throws Exception {
        Map<String, String> few =
                settings(Map.of("http.max-connections-per-address", "1", "zmq.max-connections-per-address", "1"));
        try (TestBroker small = TestBroker.start(folder.resolve("small"), Peers.patient(few));
                AttackSocket web = http(small);
                AttackSocket events = zmq(small)) {
            web.send(ZmqRaw.concat(version1("10.8.0.1"), live("keep-alive")));
            assertThat(web.answer().status()).isEqualTo(200);
            events.send(version1("10.8.0.1"));
            assertThat(events.read()).isEqualTo(0xFF);
            try (AttackSocket secondWeb = http(small);
                    AttackSocket secondEvents = zmq(small);
                    AttackSocket otherWeb = http(small);
                    AttackSocket otherEvents = zmq(small)) {
                secondWeb.trySend(ZmqRaw.concat(version1("10.8.0.1"), live("close")));
                assertThat(secondWeb.readToEnd()).isEmpty();
                secondEvents.trySend(version1("10.8.0.1"));
                assertThat(secondEvents.readToEnd()).isEmpty();
                otherWeb.send(ZmqRaw.concat(version1("10.8.0.2"), live("close")));
                assertThat(otherWeb.answer().status()).isEqualTo(200);
                otherEvents.send(version1("10.8.0.2"));
                assertThat(otherEvents.read()).isEqualTo(0xFF);
            }
        }
    }

    private static byte[] live(String connection) {
        return AttackZmtp.latin1("GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: " + connection + "\r\n\r\n");
    }

    @Test
    void the_header_comes_before_tls() throws Exception {
        Path key = folder.resolve("key.pem");
        Path certificate = folder.resolve("certificate.pem");
        assertThat(Peers.run(
                                "openssl",
                                "req",
                                "-x509",
                                "-newkey",
                                "rsa:2048",
                                "-nodes",
                                "-days",
                                "2",
                                "-subj",
                                "/CN=localhost",
                                "-keyout",
                                key.toString(),
                                "-out",
                                certificate.toString())
                        .status())
                .isZero();
        Map<String, String> secure =
                settings(Map.of("http.tls.certificate", certificate.toString(), "http.tls.key", key.toString()));
        try (TestBroker tls = TestBroker.start(folder.resolve("tls"), Peers.patient(secure))) {
            for (String version : List.of("--http1.1", "--http2")) {
                Peers.Result said = Peers.run(
                        "curl",
                        "--silent",
                        "--insecure",
                        version,
                        "--interface",
                        PROXY,
                        "--haproxy-protocol",
                        "--max-time",
                        "20",
                        "--header",
                        "Authorization: Bearer wrong",
                        "https://127.0.0.1:" + tls.httpPort() + "/files/x");
                assertThat(said.output()).contains("\"status\":401");
            }
            Peers.until(
                    "the audit file tells",
                    () -> Files.readString(folder.resolve("tls/audit.log")).contains("\"address\":\"" + PROXY + "\""));
        }
    }

    @Test
    void without_trusted_proxies_the_broker_does_not_start() {
        for (String door : List.of("http", "zmq", "ssh")) {
            assertThatThrownBy(() -> Config.of(Map.of(door + ".proxy-protocol", "true")))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("trusted-proxies");
        }
    }
}
