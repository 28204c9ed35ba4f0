package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Guessed, expired and misplaced credentials, hostile users files, symbolic links.
class AttackAccessTest {
    @SuppressWarnings("NullAway.Init")
    private static TestBroker broker;

    @BeforeAll
    static void start(@TempDir Path data) throws IOException {
        broker = TestBroker.start(data.resolve("broker"), Map.of("access.failure-refill", "1h"));
        Files.writeString(data.resolve("secret.txt"), "outside");
        Path files = data.resolve("broker/files");
        Files.createSymbolicLink(files.resolve("link.txt"), data.resolve("secret.txt"));
        Files.createSymbolicLink(files.resolve("folder"), data);
        Files.createSymbolicLink(files.resolve("dangling"), data.resolve("nowhere"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static AttackSocket.Answer ask(String from, String authorization) throws IOException {
        try (AttackSocket socket = AttackSocket.connect(broker.httpPort(), from, 64 << 10)) {
            socket.send("GET /files/ HTTP/1.1\r\nHost: x\r\n"
                    + (authorization.isEmpty() ? "" : "Authorization: " + authorization + "\r\n") + "\r\n");
            return socket.answer();
        }
    }

    @Test
    void guessingIsThrottledForItsAddressAlone() throws IOException {
        for (int i = 0; i < 10; i++) {
            assertThat(ask("127.0.0.9", "Bearer guess" + i).status()).isEqualTo(401);
        }
        AttackSocket.Answer refused = ask("127.0.0.9", "Bearer " + broker.token());
        assertThat(refused.status()).isEqualTo(429);
        assertThat(Integer.parseInt(refused.header("Retry-After"))).isBetween(1, 3600);
        assertThat(ask("127.0.0.2", "Bearer " + broker.token()).status()).isEqualTo(200);
        // The same at the other doors.
        try (AttackSocket socket = AttackSocket.connect(broker.zmqPort(), "127.0.0.9", 4096);
                AttackZmtp peer = AttackZmtp.connect(socket, "PLAIN")) {
            String token = broker.token();
            peer.socket.send(AttackZmtp.command("HELLO", "\5admin" + (char) token.length() + token));
            assertThat(peer.socket.readToEnd()).doesNotContain("WELCOME");
        }
        try (AttackSocket socket = AttackSocket.connect(broker.httpPort(), "127.0.0.9", 4096)) {
            socket.send(AttackWebSocket.request(broker.token(), "databroker.v1.json"));
            assertThat(socket.answer().status()).isEqualTo(429);
        }
    }

    static Stream<String> authorizations() {
        return Stream.of(
                "",
                "Bearer",
                "Bearer ",
                "Bearer x",
                "Bearer " + "x".repeat(8000),
                "bearer",
                "Basic",
                "Basic %%%",
                "Basic Og==",
                "Basic YWRtaW46",
                "Digest x",
                "Negotiate x",
                "Bearer dbk_00000000_0000000000000000000000000000000000000000000_000000");
    }

    @ParameterizedTest
    @MethodSource("authorizations")
    void wrongCredentialsAreTheSameToTheStranger(String authorization) throws IOException {
        AttackSocket.Answer answer =
                ask("127.0.1." + (10 + Math.floorMod(authorization.hashCode(), 200)), authorization);
        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.header("WWW-Authenticate")).startsWith("Bearer");
        assertThat(answer.body()).contains("2001").doesNotContain("dbk_", "xxxx");
    }

    @Test
    void tokenInTheAddressIsRefusedAndNeverWritten() throws IOException, InterruptedException {
        for (String name : new String[] {"token", "access_token", "auth", "authorization"}) {
            HttpResponse<String> refused = broker.requestAs("", "GET", "/files/?" + name + "=" + broker.token(), "");
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.body()).doesNotContain(broker.token());
        }
        broker.requestAs("", "GET", "/files/" + broker.token(), "");
        try (Stream<Path> files = Files.walk(broker.broker().data())) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                String name = file.getFileName().toString();
                if (!name.equals("admin.token") && !name.equals("context.json") && !name.equals("secret.txt")) {
                    assertThat(Files.readString(file, java.nio.charset.StandardCharsets.ISO_8859_1))
                            .doesNotContain(broker.token());
                }
            }
        }
    }

    @Test
    void expiredTokenIsCutOffOnOpenConnectionsToo() throws IOException, InterruptedException {
        broker.request("POST", "/access/users", "{\"name\":\"brief\",\"grants\":[\"all:**\"]}");
        String made = broker.request("POST", "/access/users/brief/tokens", "{\"label\":\"short\",\"expires\":\"2s\"}")
                .body();
        String token = String.valueOf(com.databroker.core.Json.parseObject(com.databroker.core.Bytes.utf8(made))
                .get("token"));
        try (AttackSocket tcp = AttackSocket.connect(broker.httpPort(), "127.0.0.5", 4096);
                AttackWebSocket open = AttackWebSocket.open(tcp, token, "databroker.v1.json");
                AttackSocket raw = AttackSocket.connect(broker.zmqPort(), "127.0.0.5", 4096);
                AttackZmtp peer = AttackZmtp.connect(raw, "PLAIN").admit("brief", token, "SUB")) {
            open.await("welcome");
            assertThat(open.closeCode()).isEqualTo(4401);
            assertThat(peer.socket.readToEnd()).contains("2005");
            assertThat(ask("127.0.0.6", "Bearer " + token).status()).isEqualTo(401);
        }
    }

    @Test
    void linksOutOfTheFolderAreNotThere() throws IOException, InterruptedException {
        String[] paths = {"link.txt", "folder/secret.txt", "folder/broker/admin.token", "dangling", "folder/new.txt"};
        for (String path : paths) {
            for (String method : new String[] {"GET", "HEAD", "PUT", "DELETE"}) {
                HttpResponse<String> answer = broker.request(method, "/files/" + path, method.equals("PUT") ? "x" : "");
                assertThat(answer.statusCode()).as(method + " " + path).isIn(404, 409);
                assertThat(answer.body()).doesNotContain("outside");
            }
        }
        assertThat(broker.request("GET", "/files/folder/", "").statusCode()).isEqualTo(404);
        assertThat(broker.request("GET", "/files/", "").body()).doesNotContain("link.txt", "folder", "dangling");
        assertThat(Files.readString(broker.broker().data().resolveSibling("secret.txt")))
                .isEqualTo("outside");
    }

    static Stream<String> usersFiles() {
        String root = "<broker-users xmlns=\"urn:databroker:users:1\">";
        return Stream.of(
                "<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" + root + "&e;</broker-users>",
                "<!DOCTYPE x SYSTEM \"http://127.0.0.1:@PORT@/x.dtd\">" + root + "</broker-users>",
                "<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://127.0.0.1:@PORT@/x\"> %p;]>" + root + "</broker-users>",
                laughs(root),
                "<!DOCTYPE x [<!ENTITY a \"" + "a".repeat(50_000) + "\">]>" + root + "&a;".repeat(10_000),
                root + "<user name=\"a\">&undefined;</user></broker-users>",
                root.replace(
                                ">",
                                " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
                                        + " xsi:schemaLocation=\"urn:databroker:users:1 http://127.0.0.1:@PORT@/x.xsd\">")
                        + "</broker-users>",
                "<?xml-stylesheet href=\"http://127.0.0.1:@PORT@/x.xsl\"?>" + root + "</broker-users>",
                root + "<xi:include xmlns:xi=\"http://www.w3.org/2001/XInclude\" href=\"http://127.0.0.1:@PORT@/x\"/>"
                        + "</broker-users>",
                root + "<user name=\"a\">".repeat(10_000),
                root + "<user " + "a".repeat(1000) + "=\"\"".repeat(1) + attributes() + "/></broker-users>",
                root + "<user name=\"" + "x".repeat(900_000) + "\"/></broker-users>",
                root + "<user name=\"a\"/>".repeat(30_000) + "</broker-users>",
                "x".repeat(2 << 20),
                "<?xml version=\"1.0\" encoding=\"UTF-16\"?>" + root + "</broker-users>",
                "",
                "\0",
                root + "</broker-users>");
    }

    private static String laughs(String root) {
        StringBuilder text = new StringBuilder("<!DOCTYPE x [<!ENTITY l0 \"lol\">");
        for (int i = 1; i < 10; i++) {
            text.append("<!ENTITY l")
                    .append(i)
                    .append(" \"")
                    .append(("&l" + (i - 1) + ";").repeat(10))
                    .append("\">");
        }
        return text + "]>" + root + "&l9;</broker-users>";
    }

    private static String attributes() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 5000; i++) {
            text.append(" a").append(i).append("=\"\"");
        }
        return text.toString();
    }

    @ParameterizedTest
    @MethodSource("usersFiles")
    void hostileUsersFileIsRefusedAndFetchesNothing(String file) throws Exception {
        AtomicInteger fetched = new AtomicInteger();
        try (ServerSocket trap = new ServerSocket(0)) {
            Thread.ofVirtual().start(() -> {
                try {
                    trap.accept().close();
                    fetched.incrementAndGet();
                } catch (IOException nobodyCame) {
                    // As it should be.
                }
            });
            long start = System.nanoTime();
            HttpResponse<String> answer = broker.request(
                    "PUT",
                    "/files/broker_users.xml",
                    file.replace("@PORT@", String.valueOf(trap.getLocalPort())),
                    "Content-Type",
                    "application/xml");
            assertThat(answer.statusCode()).as(answer.body()).isIn(400, 413, 422);
            assertThat(answer.body()).doesNotContain("root:x:");
            assertThat(System.nanoTime() - start).isLessThan(15_000_000_000L);
        }
        assertThat(fetched).hasValue(0);
        assertThat(broker.request("GET", "/access/users", "").statusCode()).isEqualTo(200);
    }

    @Test
    void linesOfTheAuditFileCannotBeForged() throws IOException, InterruptedException {
        broker.requestAs("", "GET", "/files/a%0a%7b%22outcome%22:%22forged%22%7d", "");
        String forged = "x\n{\"outcome\":\"forged\"}\u2028";
        try (AttackSocket raw = AttackSocket.connect(broker.zmqPort(), "127.0.0.7", 4096);
                AttackZmtp peer = AttackZmtp.connect(raw, "PLAIN").admit("admin", broker.token(), "PUB")) {
            peer.send(AttackZmtp.MORE, forged).send(0, "x");
            peer.socket.send(AttackZmtp.command("SUBSCRIBE", "$" + forged));
        }
        try (AttackSocket raw = AttackSocket.connect(broker.zmqPort(), "127.0.0.7", 4096)) {
            raw.send(AttackZmtp.greeting("PLAIN"))
                    .send(AttackZmtp.command("HELLO", (char) forged.length() + forged + "\1x"));
            raw.readToEnd();
        }
        Path audit = broker.broker().data().resolve("audit.log");
        AttackSocket.await("the audit file has it", () -> read(audit).contains("forged"));
        assertThat(read(audit).lines())
                .allMatch(line -> line.startsWith("{") && line.endsWith("}"))
                .noneMatch(line -> line.startsWith("{\"outcome\":\"forged\""));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException missing) {
            return "";
        }
    }
}
