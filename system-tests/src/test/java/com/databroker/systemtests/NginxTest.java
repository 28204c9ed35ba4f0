package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/// The broker behind the distribution's nginx, with the files of `deploy/nginx`.
final class NginxTest {
    /// Neither nginx's own address nor a trusted one.
    private static final String ELSEWHERE = "127.0.0.9";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init")
    private Nginx nginx;

    @BeforeEach
    void start() throws Exception {
        broker = TestBroker.start(folder.resolve("data"), Peers.patient(Nginx.trusted()));
        nginx = Nginx.start(folder.resolve("nginx"), broker, Map.of());
    }

    @AfterEach
    void stop() {
        nginx.close();
        broker.close();
    }

    private String[] bearer(String... more) {
        List<String> all = new java.util.ArrayList<>(List.of("--header", "Authorization: Bearer " + broker.token()));
        all.addAll(List.of(more));
        return all.toArray(new String[0]);
    }

    private Peer ws(String path) throws Exception {
        return Peers.ws(
                "wss://127.0.0.1:" + nginx.httpsPort() + path,
                Map.of("token", broker.token(), "ca", Files.readString(nginx.certificate())));
    }

    private Peer sse(String path, String... more) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of(
                "curl",
                "--silent",
                "--no-buffer",
                "--globoff",
                "--cacert",
                nginx.certificate().toString()));
        command.addAll(List.of(bearer(more)));
        command.add("https://127.0.0.1:" + nginx.httpsPort() + path);
        return Peer.start(command.toArray(new String[0]));
    }

    private ZMQ.Socket zmq(ZContext context, SocketType type) {
        ZMQ.Socket socket = context.createSocket(type);
        socket.setPlainUsername("admin");
        socket.setPlainPassword(broker.token());
        socket.setReceiveTimeOut((int) Peer.PATIENCE.toMillis());
        socket.setSendTimeOut((int) Peer.PATIENCE.toMillis());
        socket.setLinger(0);
        return socket;
    }

    @Test
    void the_shipped_files_are_valid() throws Exception {
        Peers.Result said = Nginx.test(folder.resolve("nginx"));
        assertThat(said.output()).contains("test is successful").doesNotContain("[warn]", "[alert]");
        assertThat(said.status()).isZero();
    }

    @Test
    void events_go_through_by_every_protocol() throws Exception {
        try (Peer ws = ws("/events?topic=through/**");
                Peer sse = sse("/events?topic=through/**");
                ZContext context = new ZContext()) {
            ws.await(line -> line.contains("\"op\":\"welcome\""));
            sse.await(": welcome");
            ZMQ.Socket sub = zmq(context, SocketType.SUB);
            sub.subscribe("through/".getBytes(StandardCharsets.UTF_8));
            sub.connect("tcp://127.0.0.1:" + nginx.zmqPort());
            ZMQ.Socket push = zmq(context, SocketType.PUSH);
            push.connect("tcp://127.0.0.1:" + nginx.zmqPort());
            sub.setReceiveTimeOut(50);
            Peers.until("the subscription stands", () -> {
                push.sendMore("through/knock");
                push.send("?");
                return sub.recvStr() != null;
            });
            sub.setReceiveTimeOut((int) Peer.PATIENCE.toMillis());

            push.sendMore("through/zmq");
            push.send("by ZeroMQ");
            ws.await(line -> line.contains("by ZeroMQ"));
            sse.await(line -> line.contains("by ZeroMQ"));
            assertThat(nginx.curl("/events/through/http", bearer("--data", "by HTTP")))
                    .endsWith(" 200");
            ws.await(line -> line.contains("by HTTP"));
            sse.await(line -> line.contains("by HTTP"));
            ws.say(Peers.json(Map.of(
                    "text", "{\"op\":\"publish\",\"id\":1,\"topic\":\"through/ws\",\"data\":\"by WebSocket\"}")));
            sse.await(line -> line.contains("by WebSocket"));
            for (String seen = ""; !seen.equals("by WebSocket"); seen = sub.recvStr()) {
                assertThat(seen).isNotNull();
            }
        }
    }

    @Test
    void files_go_through_and_large_ones_as_they_come() throws Exception {
        Path large = folder.resolve("large");
        byte[] content = new byte[5 << 20];
        new java.util.SplittableRandom(1).nextBytes(content);
        Files.write(large, content);
        assertThat(nginx.curl("/files/a/large.bin", bearer("--upload-file", large.toString())))
                .endsWith(" 201");
        Path copy = folder.resolve("copy");
        assertThat(nginx.curl("/files/a/large.bin", bearer("--output", copy.toString())))
                .endsWith(" 200");
        assertThat(Files.mismatch(large, copy)).isEqualTo(-1);
        assertThat(nginx.curl("/files/a/large.bin", bearer("--request", "DELETE")))
                .endsWith(" 204");
        // Were the body gathered first, the refusal would wait for the rest of it.
        try (AttackSocket socket = nginx.connect("127.0.0.1")) {
            socket.send("PUT /files/a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nthe first bytes");
            assertThat(socket.answer().status()).isEqualTo(401);
        }
        assertThat(folder.resolve("nginx/tmp/body")).isEmptyDirectory();
    }

    @Test
    void plain_http_is_sent_to_https() throws Exception {
        try (AttackSocket socket = AttackSocket.connect(nginx.httpPort())) {
            AttackSocket.Answer answer = socket.send("PUT /files/a%20b?x HTTP/1.1\r\nHost: evil\r\n\r\n")
                    .answer();
            assertThat(answer.status()).isEqualTo(308);
            assertThat(answer.header("location")).isEqualTo("https://broker.example.org:8443/files/a%20b?x");
        }
        assertThat(nginx.curl("/health/live", "--tls-max", "1.1")).endsWith(" 000");
        assertThat(nginx.curl("/health/live", "--tls-max", "1.2")).endsWith(" 200");
    }

    @Test
    void the_clients_own_address_is_what_the_broker_sees_over_http() throws Exception {
        String refused = "GET /files/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer wrong\r\nConnection: close\r\n\r\n";
        assertThat(nginx.say(ELSEWHERE, refused)).startsWith("HTTP/1.1 401 ");
        Peers.until(
                "the audit file tells",
                () -> Files.readString(folder.resolve("data/audit.log")).contains("\"address\":\"" + ELSEWHERE + "\""));
        try (Peer sse = sse("/events?topic=broker/clients/**", "--interface", ELSEWHERE)) {
            sse.await(line -> line.startsWith("data: ") && line.contains(ELSEWHERE) && line.contains("\"sse\""));
        }
        // To this machine alone the broker shows its metrics without a token, nginx not even that to others.
        assertThat(nginx.curl("/metrics")).endsWith(" 200");
        for (String path : List.of("/metrics", "/metrics/", "/metrics%2fx", "/objects/..%2fmetrics")) {
            assertThat(nginx.curl(path, "--path-as-is", "--interface", ELSEWHERE))
                    .as(path)
                    .endsWith(" 403");
        }
    }

    @Test
    void the_clients_own_address_is_what_the_broker_sees_over_zeromq() throws Exception {
        Map<String, Object> options = new HashMap<>(Map.of("type", "SUB", "sub", List.of("x")));
        options.put("endpoint", "tcp://" + ELSEWHERE + ":0;127.0.0.1:" + nginx.zmqPort());
        options.put("plain", List.of("admin", broker.token()));
        try (Peer sse = sse("/events?topic=broker/clients/**")) {
            sse.await(": welcome");
            try (Peer _ = Peers.pyzmq(options)) {
                sse.await(line -> line.contains("connected") && line.contains(ELSEWHERE) && line.contains("\"zmq\""));
            }
            sse.await(line -> line.contains("disconnected") && line.contains(ELSEWHERE));
        }
        options.put("plain", List.of("admin", "wrong"));
        try (Peer peer = Peers.pyzmq(options)) {
            peer.await(line -> line.startsWith("EVENT HANDSHAKE_FAILED_"));
        }
        Peers.until(
                "the audit file tells",
                () -> Files.readString(folder.resolve("data/audit.log"))
                        .lines()
                        .anyMatch(line -> line.contains("\"zmq\"") && line.contains("\"" + ELSEWHERE + "\"")));
    }

    @Test
    void the_clients_own_address_is_what_the_broker_sees_over_ssh() throws Exception {
        Path sent = Files.writeString(folder.resolve("sent"), "sent");
        SshClients admin = SshClients.withToken(nginx.sshPort(), folder, "admin", broker.token());
        Peers.Result put = admin.sftp("put " + sent + " by-sftp", "ls -l");
        assertThat(put.status()).as(put.output()).isZero();
        assertThat(admin.scp(sent.toString(), "b:by-scp").status()).isZero();
        Peers.Result synced = admin.rsync("-a", sent.toString(), "b::files/by-rsync");
        assertThat(synced.status()).as(synced.output()).isZero();
        for (String name : List.of("by-sftp", "by-scp", "by-rsync")) {
            assertThat(broker.request("GET", "/files/" + name, "").body()).isEqualTo("sent");
        }
        SshClients stranger = SshClients.withToken(nginx.sshPort(), folder, "stranger", "wrong");
        assertThat(stranger.sshFrom(ELSEWHERE).status()).isNotZero();
        Peers.until(
                "the audit file tells",
                () -> Files.readString(folder.resolve("data/audit.log"))
                        .lines()
                        .anyMatch(line -> line.contains("\"ssh\"") && line.contains("\"" + ELSEWHERE + "\"")));
        // Past nginx nobody comes in, with a header neither.
        assertThat(SshClients.withToken(broker, folder, "past", broker.token())
                        .ssh("b")
                        .status())
                .isEqualTo(255);
        assertThat(nginx.logs()).contains("\"client\":\"" + ELSEWHERE + "\"");
    }

    @Test
    void nginx_sends_the_bytes_of_a_file_when_the_broker_has_said_yes() throws Exception {
        Map<String, String> settings = new HashMap<>(Peers.patient(Nginx.trusted()));
        settings.put("http.accel-redirect", "/_files/");
        settings.put("http.accel-redirect-min", "0");
        try (TestBroker behind = TestBroker.start(folder.resolve("other"), settings);
                Nginx front = Nginx.start(folder.resolve("front"), behind, Map.of())) {
            String file = "/files/%C3%A4%20b/c+%25.txt";
            String[] token = {"--header", "Authorization: Bearer " + behind.token()};
            assertThat(behind.request("PUT", file, "0123456789").statusCode()).isEqualTo(201);
            String said = front.curl(file, "--include", token[0], token[1]);
            String etag = header(said, "etag");
            assertThat(said.lines().map(line -> line.strip().toLowerCase(Locale.ROOT)))
                    .contains(
                            "content-type: text/plain; charset=utf-8",
                            "repr-digest: sha-256=:hniyd/dubb77a/kafvakjy/vc+avbcgflr7bn4gveii=:",
                            "content-security-policy: sandbox",
                            "x-content-type-options: nosniff",
                            "cache-control: private, no-cache",
                            "0123456789 200");
            assertThat(front.logs()).contains("\"sent_file\":\"/_files/.dbk/p-");
            assertThat(front.curl(file, token[0], token[1], "--range", "2-3", "--header", "If-Range: " + etag))
                    .isEqualTo("23 206");
            assertThat(front.curl(file, token[0], token[1], "--range", "2-3", "--header", "If-Range: \"older\""))
                    .isEqualTo("0123456789 200");
            assertThat(front.curl(file, token[0], token[1], "--header", "If-None-Match: " + etag))
                    .endsWith(" 304");
            assertThat(front.curl(file, token[0], token[1], "--range", "100-")).endsWith(" 416");
            assertThat(front.curl(file)).endsWith(" 401");
            assertThat(front.curl("/_files/.dbk/p-1", token[0], token[1])).endsWith(" 404");

            assertThat(behind.request("PUT", file, "new").statusCode()).isEqualTo(204);
            String fresh = front.curl(file, "--include", token[0], token[1]);
            assertThat(fresh).endsWith("new 200");
            assertThat(header(fresh, "etag")).isNotEqualTo(etag);
        }
    }

    @Test
    void what_nginx_did_not_forward_or_would_judge_itself_the_broker_sends() throws Exception {
        Map<String, String> settings = new HashMap<>(Peers.patient(Nginx.trusted()));
        settings.put("http.accel-redirect", "/_files/");
        settings.put("http.accel-redirect-min", "0");
        try (TestBroker behind = TestBroker.start(folder.resolve("other"), settings);
                Nginx front = Nginx.start(folder.resolve("front"), behind, Map.of())) {
            String file = "/files/a.txt";
            assertThat(behind.request("PUT", file, "0123456789").statusCode()).isEqualTo(201);
            // From nginx's own address, but not through it.
            HttpResponse<String> direct = behind.request("GET", file, "");
            assertThat(direct.body()).isEqualTo("0123456789");
            assertThat(direct.headers().map()).doesNotContainKey("x-accel-redirect");
            Map<String, String> conditions = Map.of(
                    "If-Match: " + direct.headers().firstValue("ETag").orElseThrow(),
                    "0123456789 200",
                    "If-Match: *",
                    "0123456789 200",
                    "If-Match: \"older\"",
                    " 412",
                    "If-Unmodified-Since: Fri, 01 Jan 2100 00:00:00 GMT",
                    "0123456789 200",
                    "If-Unmodified-Since: Sat, 01 Jan 2000 00:00:00 GMT",
                    " 412");
            String token = "Authorization: Bearer " + behind.token();
            for (Map.Entry<String, String> condition : conditions.entrySet()) {
                assertThat(front.curl(file, "--header", token, "--header", condition.getKey()))
                        .as(condition.getKey())
                        .endsWith(condition.getValue());
            }
            assertThat(front.logs()).doesNotContain("\"sent_file\":\"/_files/.dbk/p-");
            assertThat(front.curl(file, "--header", token)).isEqualTo("0123456789 200");
            assertThat(front.logs()).contains("\"sent_file\":\"/_files/.dbk/p-");
        }
    }

    @Test
    void small_files_come_from_the_broker_and_large_ones_from_nginx() throws Exception {
        Map<String, String> settings = new HashMap<>(Peers.patient(Nginx.trusted()));
        settings.put("http.accel-redirect", "/_files/");
        try (TestBroker behind = TestBroker.start(folder.resolve("other"), settings);
                Nginx front = Nginx.start(folder.resolve("front"), behind, Map.of())) {
            String[] token = {"--header", "Authorization: Bearer " + behind.token()};
            String small = "s".repeat((16 << 10) - 1);
            String large = "l".repeat(16 << 10);
            assertThat(behind.request("PUT", "/files/small", small).statusCode())
                    .isEqualTo(201);
            assertThat(behind.request("PUT", "/files/large", large).statusCode())
                    .isEqualTo(201);
            for (int i = 0; i < 2; i++) {
                assertThat(front.curl("/files/small", token)).isEqualTo(small + " 200");
            }
            assertThat(front.logs()).doesNotContain("\"sent_file\":\"/_files/.dbk/p-");
            assertThat(front.curl("/files/large", token)).isEqualTo(large + " 200");
            assertThat(front.logs()).contains("\"sent_file\":\"/_files/.dbk/p-");
        }
    }

    private static String header(String said, String name) {
        return said.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ": "))
                .map(line -> line.substring(name.length() + 2).strip())
                .findFirst()
                .orElse("");
    }
}
