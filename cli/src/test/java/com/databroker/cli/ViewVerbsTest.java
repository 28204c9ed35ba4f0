package com.databroker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The verbs beside answers as a broker gives them; system tests have a broker answer.
final class ViewVerbsTest {
    private static final String DAYS = """
            {"view":"words","stream":"lines","partial":"the store is damaged","days":[
            {"day":"2026-11-28","records":9,"others":3,"rows":[
            {"key":"tide","count":8},{"key":"ebb","count":3,"atLeast":true}]},
            {"day":"2026-11-27","records":1,"others":0,"rows":[{"key":"tide","count":1}]}]}""";
    private static final String TERMS = """
            {"days":[{"day":"2026-11-28","rows":[{"key":"flood","count":8,"expected":0.5,"score":2.364}]}]}""";

    private final Path folder;
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final AtomicInteger lists = new AtomicInteger();

    @SuppressWarnings("NullAway.Init")
    private HttpServer server;

    private volatile String failure = "";

    ViewVerbsTest(@TempDir Path folder) {
        this.folder = folder;
    }

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/views", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
        String path = exchange.getRequestURI().getPath();
        String body = "{\"name\":\"words\",\"run\":3}";
        if (path.equals("/views")) {
            // The run ends between the first look and the second.
            int done = lists.getAndIncrement() == 0 ? 2 : 3;
            body = """
                    [{"name":"words","title":"Words a day","stream":"lines","kind":"values","fields":["word"],
                    "running":%b,"done":%d,
                    "last":"2026-11-28T02:31:07.123Z","millis":6543,"rows":42,%s"next":"2026-11-29T02:30:00Z"}]""".formatted(done < 3, done, failure);
        } else if (exchange.getRequestMethod().equals("GET")) {
            body = path.endsWith("terms") ? TERMS : DAYS;
        }
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.sendResponseHeaders(exchange.getRequestMethod().equals("POST") ? 202 : 200, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private Typed run(String... args) {
        return new Typed(folder)
                .variable(
                        "DATABROKER_URL",
                        "http://127.0.0.1:" + server.getAddress().getPort())
                .variable("DATABROKER_TOKEN", "dbk_x")
                .run(args);
    }

    @Test
    void days_are_shown_with_bars_and_what_is_missing_is_said() {
        Typed shown = run("views", "show", "words", "--from", "2d", "--key", "a b");
        assertThat(shown.out()).isEqualTo("""
                DAY         KEY   COUNT
                2026-11-28  tide  8      ████████████████████████
                2026-11-28  ebb   ≥ 3    █████████
                2026-11-27  tide  1      ███
                """);
        assertThat(shown.err()).contains("not complete: the store is damaged");
        assertThat(shown.exit()).isZero();
        assertThat(asked).containsExactly("GET /views/words?from=2d&limit=10&key=a+b");
        assertThat(run("views", "show", "terms").out()).contains("EXPECTED", "SCORE", "flood", "0.5", "2.364", "█");
        assertThat(run("views", "show", "words", "-o", "ndjson").out())
                .contains("{\"day\":\"2026-11-28\",\"key\":\"ebb\",\"count\":3,\"atLeast\":true}");
    }

    @Test
    void a_run_is_waited_for_and_its_failure_is_the_exit_code() {
        Typed run = run("views", "run", "words", "--wait");
        assertThat(run.exit()).as(run.err()).isZero();
        assertThat(run.err()).contains("words: 42 rows, counted in 6543 ms");
        assertThat(asked).containsExactly("POST /views/words", "GET /views", "GET /views");
        failure = "\"failure\":\"the disk is away\",";
        assertThat(run("views", "run", "words", "--wait").exit()).isEqualTo(1);
        assertThat(run("views", "run", "words").exit()).isZero();
        assertThat(run("views", "ls").out())
                .contains("failed: the disk is away", "2026-11-28T02:31Z", "6.5 s", "2026-11-29T02:30Z");
    }
}
