package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// What is pushed to the streams plane, by the programs that do so: a name server, a capture program, who writes a
/// log, and a webhook.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StreamsPushedTest {
    private static final String SECRET = "the newer secret";

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init")
    private Path folder;

    @BeforeAll
    void start(@TempDir Path temporary) throws Exception {
        folder = temporary;
        Files.write(folder.resolve("capture.pcap"), pcap(200));
        Files.writeString(folder.resolve("secrets"), "an older secret\n" + SECRET + "\n");
        Map<String, String> settings = new HashMap<>();
        settings.put("streams.enabled", "true");
        settings.put("streams.flink.checkpoint-interval", "500ms");
        settings.put("access.failures-max", "5");
        // So that a webhook has another address than the test.
        settings.put("http.trusted-proxies", "[127.0.0.1]");
        collector(settings, "tap", Map.of("kind", "dnstap", "listen", "unix:" + folder.resolve("tap.sock")));
        collector(
                settings,
                "attacked",
                Map.of("kind", "dnstap", "listen", "unix:" + folder.resolve("attacked.sock"), "connections-max", "2"));
        String command = "tcpdump -r " + folder.resolve("capture.pcap") + " -U -w -; exec sleep 600";
        collector(settings, "capture", Map.of("kind", "pipe", "command", "[sh, -c, \"" + command + "\"]"));
        collector(
                settings,
                "log",
                Map.of("kind", "tail", "file", folder.resolve("queries.log").toString()));
        collector(
                settings,
                "github",
                Map.of(
                        "kind",
                        "github-webhook",
                        "secret-file",
                        folder.resolve("secrets").toString()));
        broker = TestBroker.start(folder.resolve("data"), settings);
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (found("dns", "") < 0) {
            assertThat(System.nanoTime()).as("the streams plane is up").isLessThan(deadline);
            LockSupport.parkNanos(50_000_000);
        }
    }

    private static void collector(Map<String, String> settings, String name, Map<String, String> own) {
        own.forEach((key, value) -> settings.put("streams.collectors.from." + name + "." + key, value));
    }

    @AfterAll
    void stop() {
        broker.close();
    }

    private Map<String, @Nullable Object> get(String path) throws IOException, InterruptedException {
        HttpResponse<String> response = broker.request("GET", path, "");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return Json.parseObject(Bytes.utf8(response.body()));
    }

    private long found(String stream, String query) throws IOException, InterruptedException {
        HttpResponse<String> response = broker.request(
                "GET", "/streams/" + stream + "?limit=1&q=" + URLEncoder.encode(query, StandardCharsets.UTF_8), "");
        return response.statusCode() == 503
                ? -1
                : ((BigInteger) Objects.requireNonNull(
                                Json.parseObject(Bytes.utf8(response.body())).get("total")))
                        .longValue();
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> status(String stream, String collector) throws IOException, InterruptedException {
        return ((List<?>) Objects.requireNonNull(
                        get("/streams/" + stream + "/status").get("collectors")))
                .stream()
                        .map(each -> (Map<String, Object>) each)
                        .filter(each -> collector.equals(each.get("name")))
                        .findFirst()
                        .orElseThrow();
    }

    private static String domain(int number, String domain) {
        return "host-" + number + "." + domain;
    }

    @Test
    void a_name_server_sends_dnstap_over_its_socket_and_reconnects() throws Exception {
        Path socket = folder.resolve("tap.sock");
        Peers.until("the socket is there", () -> Files.exists(socket));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-rw----");
        int port = freePort();
        Path config = folder.resolve("unbound.conf");
        Files.writeString(config, """
                server:
                  interface: 127.0.0.1@%d
                  chroot: ""
                  username: ""
                  directory: "%s"
                  pidfile: ""
                  use-syslog: no
                  do-daemonize: no
                  module-config: "iterator"
                  local-zone: "warm." refuse
                  local-zone: "served." redirect
                  local-data: "served. A 192.0.2.9"
                dnstap:
                  dnstap-enable: yes
                  dnstap-socket-path: "%s"
                  dnstap-send-identity: yes
                  dnstap-identity: "resolver-1"
                  dnstap-log-client-query-messages: yes
                  dnstap-log-client-response-messages: yes
                """.formatted(port, folder, socket));
        for (int run = 1; run <= 2; run++) {
            Process unbound = new ProcessBuilder("unbound", "-d", "-c", config.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("unbound.log").toFile())
                    .start();
            try {
                ask(port, 300);
                long expected = 600L * run;
                Peers.until("all of it is found", () -> found("dns", "tld:served") == expected);
            } finally {
                unbound.destroy();
                unbound.waitFor();
            }
        }
        assertThat(broker.request("GET", "/metrics", "").body())
                .containsPattern("databroker_collector_received_total\\{.*collector=\"tap\".*\\} 1[2-9]\\d\\d\\.0")
                .containsPattern("databroker_collector_dropped_total\\{.*collector=\"tap\".*\\} 0\\.0");
        assertThat(found("dns", "tld:served message_type:CLIENT_RESPONSE server_id:resolver-1"))
                .isEqualTo(600);
        assertThat(status("dns", "tap"))
                .containsEntry("dropped", BigInteger.ZERO)
                .containsEntry("trouble", "");
        assertThat(((BigInteger) Objects.requireNonNull(status("dns", "tap").get("received"))).longValue())
                .isGreaterThanOrEqualTo(1200);
    }

    private Object attackedNote() throws Exception {
        return Objects.requireNonNull(status("dns", "attacked").get("note"));
    }

    @Test
    void a_broken_peer_of_dnstap_is_closed_and_the_others_go_on() throws Exception {
        Path socket = folder.resolve("attacked.sock");
        Peers.until("the socket is there", () -> Files.exists(socket));
        try (DnstapSender sound = new DnstapSender(socket)) {
            for (String odd :
                    List.of("00020001", "7fffffff", "ffffffff", "0000000000000004000000ff", "000000000000ffff")) {
                try (DnstapSender broken = new DnstapSender(socket)) {
                    broken.raw(HexFormat.of().parseHex(odd));
                    assertThat(broken.isClosed()).as(odd).isTrue();
                }
                Peers.until(
                        "its place is free",
                        () -> String.valueOf(attackedNote()).contains("connections 1"));
            }
            try (DnstapSender second = new DnstapSender(socket)) {
                second.queries("q", "attacked", 100, 110);
                assertThat(DnstapSender.isRefused(socket)).isTrue();
                second.finish();
            }
            sound.queries("q", "attacked", 0, 100);
            sound.finish();
        }
        Peers.until("all of it is found", () -> found("dns", "tld:attacked") == 110);
        assertThat(String.valueOf(attackedNote())).contains("refused 1", "limit connections-max");
    }

    private static int freePort() throws IOException {
        try (DatagramSocket probe = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }

    private static void ask(int port, int count) throws Exception {
        Peers.until("it answers", () -> {
            try {
                ask(port, "up.warm", 0, 200);
                return true;
            } catch (IOException notYet) {
                return false;
            }
        });
        for (int i = 0; i < count; i++) {
            ask(port, domain(i, "served"), i, 20_000);
        }
    }

    /// One question, sent once, so that there is one of each.
    private static void ask(int port, String name, int number, int millis) throws IOException {
        byte[] question = DnstapSender.question(name, number);
        try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            socket.setSoTimeout(millis);
            socket.connect(InetAddress.getLoopbackAddress(), port);
            socket.send(new DatagramPacket(question, question.length));
            socket.receive(new DatagramPacket(new byte[512], 512));
        }
    }

    /// A capture of questions, with raw IPv4 packets.
    private static byte[] pcap(int count) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer head = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        head.putInt(0xa1b2c3d4)
                .putShort((short) 2)
                .putShort((short) 4)
                .putLong(0)
                .putInt(65_535)
                .putInt(101);
        out.writeBytes(head.array());
        for (int i = 0; i < count; i++) {
            byte[] question = DnstapSender.question(domain(i, "captured"), i);
            int length = 28 + question.length;
            ByteBuffer frame = ByteBuffer.allocate(16 + length).order(ByteOrder.LITTLE_ENDIAN);
            frame.putInt(1_795_000_000 + i).putInt(0).putInt(length).putInt(length);
            frame.order(ByteOrder.BIG_ENDIAN);
            frame.put((byte) 0x45)
                    .put((byte) 0)
                    .putShort((short) length)
                    .putInt(0)
                    .put((byte) 64)
                    .put((byte) 17);
            frame.putShort((short) 0).put(new byte[] {10, 0, 0, 1}).put(new byte[] {10, 0, 0, 2});
            frame.putShort((short) 40_000).putShort((short) 53).putShort((short) (8 + question.length));
            frame.putShort((short) 0).put(question);
            out.writeBytes(frame.array());
        }
        return out.toByteArray();
    }

    @Test
    void what_a_capture_program_writes_is_read_while_it_goes_on() throws Exception {
        Peers.until("all of it is found", () -> found("dns", "tld:captured") == 200);
        assertThat(String.valueOf(status("dns", "capture").get("note")))
                .contains("sh (")
                .contains("link-type RAW");
        assertThat(status("dns", "capture")).containsEntry("trouble", "");
    }

    private static String line(int number) {
        return "27-Nov-2026 10:00:00.001 client @0x7f 192.0.2.1#53001 (" + domain(number, "logged") + "): query: "
                + domain(number, "logged") + " IN A + (192.0.2.53)\n";
    }

    private static String lines(int from, int until) {
        return IntStream.range(from, until).mapToObj(StreamsPushedTest::line).collect(Collectors.joining());
    }

    @Test
    void a_log_is_followed_over_its_rotation() throws Exception {
        Path log = folder.resolve("queries.log");
        Files.writeString(log, lines(0, 10) + "27-Nov-2026 10:00:00.0");
        Peers.until("its lines are found", () -> found("dns", "tld:logged") == 10);
        Files.writeString(log, lines(10, 20).substring(22), StandardOpenOption.APPEND);
        Files.move(log, folder.resolve("queries.log.1"));
        Files.writeString(folder.resolve("queries.log.1"), lines(20, 30), StandardOpenOption.APPEND);
        Files.writeString(log, lines(30, 40));
        Peers.until("those of both are found", () -> found("dns", "tld:logged") == 40);
        Files.copy(log, folder.resolve("queries.log.2"));
        Files.writeString(folder.resolve("queries.log.2"), lines(40, 50), StandardOpenOption.APPEND);
        Files.writeString(log, lines(50, 52));
        Peers.until("those of the copy are found", () -> found("dns", "tld:logged") == 52);
        assertThat(status("dns", "log")).containsEntry("gaps", BigInteger.ZERO);
    }

    private HttpResponse<String> deliver(String body, String secret, String... headers) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        String signature = HexFormat.of().formatHex(mac.doFinal(body.getBytes(StandardCharsets.UTF_8)));
        String[] all = Arrays.copyOf(headers, headers.length + 2);
        all[headers.length] = "X-Hub-Signature-256";
        all[headers.length + 1] = "sha256=" + signature;
        return broker.requestAs("", "POST", "/hooks/github", body, all);
    }

    private static String[] headers(String event, String delivery, String type) {
        return new String[] {
            "X-Forwarded-For", "192.0.2.77",
            "X-GitHub-Event", event,
            "X-GitHub-Delivery", delivery,
            "Content-Type", type
        };
    }

    @Test
    void a_webhook_is_taken_where_it_is_signed_and_once_where_it_comes_again() throws Exception {
        String star = "{\"action\":\"created\",\"starred_at\":\"2026-11-27T10:00:00Z\",\"repository\":{\"id\":9,"
                + "\"full_name\":\"lab/papers\"},\"sender\":{\"id\":7,\"login\":\"ann\"}}";
        String form = "payload=" + URLEncoder.encode(star, StandardCharsets.UTF_8);
        String json = "application/json";
        Peers.until("the plane is up", () -> {
            HttpResponse<String> first = deliver(star, SECRET, headers("star", "d-1", json));
            assertThat(first.statusCode()).isIn(200, 503);
            assertThat(first.headers().firstValue("Retry-After").isPresent()).isEqualTo(first.statusCode() == 503);
            return first.statusCode() == 200;
        });
        assertThat(deliver(star, "an older secret", headers("star", "d-1", json))
                        .statusCode())
                .isEqualTo(200);
        assertThat(deliver(form, SECRET, headers("star", "d-2", "application/x-www-form-urlencoded"))
                        .statusCode())
                .isEqualTo(200);
        assertThat(deliver("{\"zen\":\"Keep it logically awesome.\"}", SECRET, headers("ping", "d-3", json))
                        .body())
                .contains("pong");
        assertThat(deliver(star, SECRET, headers("star", "d-4", "text/plain")).statusCode())
                .isEqualTo(415);
        Peers.until("both are found", () -> found("github", "type:WatchEvent OR type:StarEvent") == 2);
        assertThat(status("github", "github")).containsEntry("received", BigInteger.valueOf(3));
        for (int i = 0; i < 5; i++) {
            HttpResponse<String> wrong = i == 0
                    ? broker.requestAs("", "POST", "/hooks/github", star, headers("star", "d-5", json))
                    : deliver(star, "a guess", headers("star", "d-5", json));
            assertThat(wrong.statusCode()).as(wrong.body()).isEqualTo(403);
            assertThat(wrong.body()).contains("2007");
        }
        HttpResponse<String> throttled = deliver(star, SECRET, headers("star", "d-6", json));
        assertThat(throttled.statusCode()).isEqualTo(429);
        assertThat(throttled.headers().firstValue("Retry-After")).isPresent();
        assertThat(Files.readString(folder.resolve("data/audit.log"))).contains("hook github");
    }
}
