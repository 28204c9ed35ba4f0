package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The loop of the first Datahub: store a file, everybody hears of it, the same bytes come back; and the users file.
class FilesTest {
    private static final String TOPIC = java.util.Base64.getEncoder()
            .encodeToString("files/ci/report.pdf".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    private static final String USERS = "/files/broker_users.xml";

    @TempDir
    Path folder;

    @Test
    void a_file_put_with_curl_comes_back_the_same_and_every_protocol_hears_of_it() throws Exception {
        byte[] bytes = new byte[3_000_000];
        new java.util.SplittableRandom(7).nextBytes(bytes);
        Path report = Files.write(folder.resolve("report.pdf"), bytes);
        Path back = folder.resolve("back.pdf");
        try (TestBroker broker = TestBroker.start(folder.resolve("data"));
                Peer zmq = Peers.pyzmq(broker, "SUB", "admin", broker.token(), Map.of("sub", List.of("files/")));
                Peer sse = Peer.start(
                        "curl",
                        "-sN",
                        "-H",
                        bearer(broker),
                        broker.http("/events?topic=files/**").toString())) {
            sse.await(": welcome");
            awaitConnections(broker, 2);
            String address = broker.http("/files/ci/report.pdf").toString();
            for (String expected : List.of("FILE CREATED", "FILE UPDATED")) {
                assertThat(curl("-sf", "-T", report.toString(), "-H", bearer(broker), address))
                        .isZero();
                heard(zmq, sse, expected);
            }
            assertThat(curl("-sf", "-o", back.toString(), "-H", bearer(broker), address))
                    .isZero();
            assertThat(Files.mismatch(report, back)).isEqualTo(-1);
            assertThat(curl("-sf", "-X", "DELETE", "-H", bearer(broker), address))
                    .isZero();
            heard(zmq, sse, "FILE DELETED");
            assertThat(broker.request("GET", "/files/ci/report.pdf", "").statusCode())
                    .isEqualTo(404);
        }
    }

    private static void heard(Peer zmq, Peer sse, String event) throws InterruptedException {
        sse.await(line -> line.contains("\"type\":\"" + event + "\"") && line.contains("\"path\":\"ci/report.pdf\""));
        zmq.await(line -> line.startsWith("MSG " + TOPIC));
    }

    private static String bearer(TestBroker broker) {
        return "Authorization: Bearer " + broker.token();
    }

    private static int curl(String... arguments) throws Exception {
        String[] command = new String[arguments.length + 1];
        command[0] = "curl";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        try (Peer curl = Peer.start(command)) {
            return curl.exit();
        }
    }

    private static void awaitConnections(TestBroker broker, int count) throws Exception {
        long deadline = System.nanoTime() + Peer.PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            double open = broker.requestAs("", "GET", "/metrics", "")
                    .body()
                    .lines()
                    .filter(line -> line.startsWith("databroker_event_connections{"))
                    .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
            if (open >= count) {
                return;
            }
        }
        throw new AssertionError("fewer than " + count + " connections");
    }

    @Test
    void answers_carry_what_http_clients_rely_on() throws Exception {
        try (TestBroker broker = TestBroker.start(folder)) {
            HttpResponse<String> created = broker.request("PUT", "/files/a/page.html", "<script>alert(1)</script>");
            assertThat(created.statusCode()).isEqualTo(201);
            String etag = created.headers().firstValue("ETag").orElseThrow();
            assertThat(created.headers().firstValue("Repr-Digest"))
                    .hasValueSatisfying(digest -> assertThat(digest).startsWith("sha-256=:"));
            assertThat(broker.request("PUT", "/files/a/page.html", "x", "If-None-Match", "*")
                            .statusCode())
                    .isEqualTo(412);
            assertThat(broker.request("PUT", "/files/a/page.html", "x", "If-Match", "\"other\"")
                            .statusCode())
                    .isEqualTo(412);
            HttpResponse<String> page = broker.request("GET", "/files/a/page.html", "");
            assertThat(page.headers().firstValue("Content-Security-Policy")).contains("sandbox");
            assertThat(page.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
            assertThat(broker.request("GET", "/files/a/page.html", "", "If-None-Match", etag)
                            .statusCode())
                    .isEqualTo(304);
            HttpResponse<String> head = broker.request("HEAD", "/files/a/page.html", "");
            assertThat(head.headers().firstValue("Content-Length")).contains("25");
            assertThat(broker.request("GET", "/files/a/", "").body()).contains("\"name\":\"page.html\"");
            assertThat(broker.request("DELETE", "/files/a/page.html", "", "If-Match", etag)
                            .statusCode())
                    .isEqualTo(204);
        }
    }

    @Test
    void a_wrong_users_file_is_refused_with_line_and_reason_and_nobody_is_told() throws Exception {
        try (TestBroker broker = TestBroker.start(folder)) {
            String good = broker.request("GET", USERS, "").body();
            String position = next(broker);
            HttpResponse<String> refused =
                    broker.request("PUT", USERS, good.replace("<user name=\"admin\"", "<user nam=\"admin\""));
            assertThat(refused.statusCode()).isEqualTo(422);
            Map<String, ?> problem = Json.parseObject(Bytes.utf8(refused.body()));
            assertThat(String.valueOf(problem.get("findings")))
                    .contains("line=")
                    .contains("nam");
            assertThat(broker.request("GET", USERS, "").body()).isEqualTo(good);
            assertThat(broker.request("DELETE", USERS, "").statusCode()).isEqualTo(403);
            // Nothing was published between the two.
            assertThat(next(broker)).isEqualTo(following(position));
        }
    }

    /// Publishes an event and gives its position.
    private static String next(TestBroker broker) throws Exception {
        return String.valueOf(Json.parseObject(
                        Bytes.utf8(broker.request("POST", "/events/test", "x").body()))
                .get("position"));
    }

    private static String following(String position) {
        return com.databroker.core.Position.parse(position).next().toString();
    }

    @Test
    void a_user_may_do_what_its_grants_say_and_a_scoped_token_less() throws Exception {
        try (TestBroker broker = TestBroker.start(folder)) {
            String ci = broker.user("ci", "read,write:ci/**", "publish:builds/**");
            assertThat(broker.requestAs(ci, "PUT", "/files/ci/a.txt", "x").statusCode())
                    .isEqualTo(201);
            assertThat(broker.requestAs(ci, "GET", "/files/ci/a.txt", "").body())
                    .isEqualTo("x");
            assertThat(broker.requestAs(ci, "DELETE", "/files/ci/a.txt", "").statusCode())
                    .isEqualTo(403);
            assertThat(broker.requestAs(ci, "PUT", "/files/other/a.txt", "x").statusCode())
                    .isEqualTo(403);
            assertThat(broker.requestAs(ci, "GET", USERS, "").statusCode()).isEqualTo(403);
            assertThat(broker.requestAs(ci, "POST", "/events/builds/x", "x").statusCode())
                    .isEqualTo(200);
            assertThat(broker.requestAs(ci, "POST", "/events/deploys/x", "x").statusCode())
                    .isEqualTo(403);
            assertThat(broker.requestAs(ci, "GET", "/access/users", "").statusCode())
                    .isEqualTo(403);
            assertThat(broker.requestAs("", "GET", "/files/ci/a.txt", "").statusCode())
                    .isEqualTo(401);
            assertThat(broker.requestAs(ci, "GET", "/files/", "").body())
                    .contains("\"ci\"")
                    .doesNotContain("broker_users");
        }
    }
}
