package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Requests that several systems read differently, sent byte by byte: refused, closed, and nothing done twice.
class AttackHttpTest {
    @SuppressWarnings("NullAway.Init")
    private static TestBroker broker;

    @BeforeAll
    static void start(@TempDir Path data) throws IOException, InterruptedException {
        broker = TestBroker.start(data.resolve("broker"));
        Files.writeString(data.resolve("secret.txt"), "outside");
        broker.request("PUT", "/files/a.txt", "inside");
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static String head(String line, String... headers) {
        return line + "\r\nHost: x\r\nAuthorization: Bearer " + broker.token() + "\r\n"
                + (headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n") + "\r\n";
    }

    private static String say(String request) throws IOException {
        try (AttackSocket socket = AttackSocket.connect(broker.httpPort())) {
            socket.trySend(request);
            return socket.readToEnd();
        }
    }

    private static List<Integer> statuses(String answers) {
        Matcher matcher = Pattern.compile("HTTP/1\\.[01] (\\d{3}) ").matcher(answers);
        return matcher.results().map(found -> Integer.valueOf(found.group(1))).toList();
    }

    static Stream<String> oddTargets() {
        return Stream.of(
                "/files/../../secret.txt",
                "/files/..",
                "/files/./a.txt",
                "/files/%2e%2e/%2e%2e/secret.txt",
                "/files/%2E%2E%2Fsecret.txt",
                "/files/..%2f..%2fsecret.txt",
                "/files/%252e%252e/secret.txt",
                "/files/..;/secret.txt",
                "/files/..%3b/secret.txt",
                "/files/a.txt%00",
                "/files/a.txt%00.html",
                "/files/%5c..%5csecret.txt",
                "/files/..\\secret.txt",
                "/files//a.txt",
                "//files/a.txt",
                "http://x/files/a.txt",
                "files/a.txt",
                "*",
                "/files/%c0%ae%c0%ae/secret.txt",
                "/files/%e0%80%ae/secret.txt",
                "/files/%ed%a0%80",
                "/files/%f5%80%80%80",
                "/files/%u002e%u002e/secret.txt",
                "/files/%zz",
                "/files/%",
                "/files/%2",
                "/files/a%0d%0aX-Injected:1",
                "/files/a%7f",
                "/files/a\u0001",
                "/files/a\u007f",
                "/files/\u00e4",
                "/files/a.txt#fragment",
                "/files/.hidden",
                "/files/.dbk-temporary",
                "/files/a.",
                "/files/%20a",
                "/files/a%20",
                "/files/a%3ab",
                "/files/e%cc%81",
                "/files/" + "n".repeat(256),
                "/files/" + "d/".repeat(33) + "a",
                "/files/" + "long/".repeat(200) + "a",
                "/files/a.txt?x=1",
                "/events?topic=a&topic=b",
                "/events?" + "a=1&".repeat(500),
                "/files/a.txt?token=abc");
    }

    @ParameterizedTest
    @MethodSource("oddTargets")
    void oddTargetIsRefused(String target) throws IOException {
        for (String method : List.of("GET", "PUT", "DELETE")) {
            String body = method.equals("PUT") ? "Content-Length: 1" : "X-Nothing: 1";
            String said = say(head(method + " " + target + " HTTP/1.1", "Connection: close", body)
                    + (method.equals("PUT") ? "x" : ""));
            assertThat(statuses(said)).as(method + said).hasSize(1).first().isIn(400, 404);
            assertThat(said).doesNotContain("outside", "inside", "X-Injected");
        }
        assertThat(broker.broker().data().resolve("files").toFile().list())
                .containsExactlyInAnyOrder("a.txt", "broker_users.xml", ".dbk");
    }

    static Stream<String> oddRequests() {
        String get = "GET /health/live HTTP/1.1";
        return Stream.of(
                "GET /health/live HTTP/9.9\r\nHost: x\r\n\r\n",
                "GET /health/live HTTP/2.0\r\nHost: x\r\n\r\n",
                "GET /health/live HTTX/1.1\r\nHost: x\r\n\r\n",
                "GET /health/live\r\nHost: x\r\n\r\n",
                "GET\t/health/live\tHTTP/1.1\r\nHost: x\r\n\r\n",
                "GET  /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /health/live  HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /health/live HTTP/1.1 \r\nHost: x\r\n\r\n",
                "GET /health/live\u000bHTTP/1.1\r\nHost: x\r\n\r\n",
                "get /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
                "G\u0000ET /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
                "TRACE /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
                "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
                "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
                "BREW /health/live HTTP/1.1\r\nHost: x\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                get + "\r\n\r\n",
                get + "\r\nHost: x\r\nHost: y\r\n\r\n",
                get + "\r\nHost: x\r\nHost: x\r\n\r\n",
                get + "\r\nHost: x y\r\n\r\n",
                get + "\r\nHost: x/../y\r\n\r\n",
                get + "\r\nHost: x\r\nX-Folded: a\r\n b\r\n\r\n",
                get + "\r\nHost: x\r\nX-Folded: a\r\n\tb\r\n\r\n",
                get + "\r\n Host: x\r\n\r\n",
                get + "\r\nHost : x\r\n\r\n",
                get + "\r\nHost: x\r\nNo colon here\r\n\r\n",
                get + "\r\nHost: x\r\n: no name\r\n\r\n",
                get + "\r\nHost: x\r\nX(odd): 1\r\n\r\n",
                get + "\r\nHost: x\r\nX\u0001: 1\r\n\r\n",
                get + "\r\nHost: x\r\nX-Nul: a\u0000b\r\n\r\n",
                get + "\r\nHost: x\r\nX-Bare: a\rb\r\n\r\n",
                get + "\r\nHost: x\r\nX-Control: a\u0007b\r\n\r\n",
                get + "\nHost: x\n\n",
                get + "\r\nHost: x\nX-Bare-LF: 1\r\n\r\n",
                get + "\r\nHost: x\r\n\n",
                "\r\n\r\n\r\n\r\n\r\n\r\n" + get + "\r\nHost: x\r\n\r\n",
                "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003" + "x".repeat(100) + "\r\n\r\n");
    }

    @ParameterizedTest
    @MethodSource("oddRequests")
    void oddRequestIsRefused(String request) throws IOException {
        // What follows must not be taken for a second request.
        String said = say(request + "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(statuses(said)).as(said).hasSizeLessThan(2).allMatch(List.of(400, 405, 505)::contains);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TRACE", "MOVE", "FOO"})
    void a_method_that_is_offered_nowhere_is_told_those_that_are(String method) throws IOException {
        String said = say(method + " /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(said).startsWith("HTTP/1.1 405 ");
        assertThat(said.lines()).anyMatch("allow: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"::equalsIgnoreCase);
    }

    static Stream<String> oddLengths() {
        String post = "POST /events/smuggled HTTP/1.1";
        return Stream.of(
                head(post, "Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n",
                head(post, "Transfer-Encoding: chunked", "Content-Length: 5") + "0\r\n\r\n",
                head(post, "Content-Length: 5", "Content-Length: 5") + "hello",
                head(post, "Content-Length: 5", "Content-Length: 6") + "hello",
                head(post, "Content-Length: 5, 5") + "hello",
                head(post, "Content-Length: +5") + "hello",
                head(post, "Content-Length: -1") + "hello",
                head(post, "Content-Length: 0x5") + "hello",
                head(post, "Content-Length: 5 5") + "hello",
                head(post, "Content-Length:") + "hello",
                head(post, "Content-Length: 99999999999999999999") + "hello",
                head(post, "Transfer-Encoding: chunked, xchunked") + "0\r\n\r\n",
                head(post, "Transfer-Encoding: xchunked") + "0\r\n\r\n",
                head(post, "Transfer-Encoding: chunked", "Transfer-Encoding: chunked") + "0\r\n\r\n",
                head(post, "Transfer-Encoding: gzip, chunked") + "0\r\n\r\n",
                head(post, "Transfer-Encoding: identity") + "0\r\n\r\n",
                head(post, "Transfer-Encoding : chunked") + "0\r\n\r\n",
                head(post, "Transfer-Encoding:\u000bchunked") + "0\r\n\r\n",
                head(post.replace("1.1", "1.0"), "Transfer-Encoding: chunked") + "0\r\n\r\n",
                head(post, "Transfer-Encoding: chunked") + "FFFFFFFFFFFFFFFFF\r\n",
                head(post, "Transfer-Encoding: chunked") + "80000000\r\n",
                head(post, "Transfer-Encoding: chunked") + "-1\r\n",
                head(post, "Transfer-Encoding: chunked") + "0x1\r\nx\r\n0\r\n\r\n",
                head(post, "Transfer-Encoding: chunked") + "1 \r\nx\r\n0\r\n\r\n",
                head(post, "Transfer-Encoding: chunked") + "zz\r\n",
                head(post, "Transfer-Encoding: chunked") + "1\nx\n0\n\n",
                head(post, "Transfer-Encoding: chunked") + "1;a\nb\r\nx\r\n0\r\n\r\n",
                head(post, "Transfer-Encoding: chunked") + "1\r\nxy\r\n0\r\n\r\n");
    }

    @ParameterizedTest
    @MethodSource("oddLengths")
    void ambiguousLengthIsRefusedAndNothingIsExecuted(String request) throws IOException {
        String position = position();
        String said = say(request + head("POST /events/smuggled HTTP/1.1", "Content-Length: 0", "Connection: close"));
        assertThat(statuses(said)).as(said).hasSizeLessThan(2).allMatch(status -> status == 400 || status == 501);
        assertThat(position()).isEqualTo(position);
    }

    /// How many events `smuggled` had: what was executed by mistake shows.
    private static String position() throws IOException {
        String said = say(head("GET /metrics HTTP/1.1", "Connection: close"));
        return said.lines()
                .filter(line -> line.matches("databroker_events_published.*door=\"http\".*"))
                .findFirst()
                .orElse("none");
    }
}
