package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// A server that plays the answers which the SQL statement execution API documents. No workspace was there to ask.
final class DatabricksCatalogTest {
    private static final String PENDING = """
            {"statement_id":"01eef5da-c56e-1f36-bafa-21906587d6ba","status":{"state":"PENDING"}}""";

    private static final String RUNNING = """
            {"statement_id":"01eef5da-c56e-1f36-bafa-21906587d6ba","status":{"state":"RUNNING"}}""";

    private static final String SUCCEEDED = """
            {"manifest":{"format":"JSON_ARRAY","schema":{"column_count":0},"total_chunk_count":0,"total_row_count":0,
            "truncated":false},"result":{},"statement_id":"01eef5da-c56e-1f36-bafa-21906587d6ba",
            "status":{"state":"SUCCEEDED"}}""";

    private static final String FAILED = """
            {"statement_id":"01eef5da-c56e-1f36-bafa-21906587d6ba","status":{"error":{"error_code":"BAD_REQUEST",
            "message":"[SCHEMA_NOT_FOUND] The schema `main`.`databroker` cannot be found."},"state":"FAILED"}}""";

    private static final String FORBIDDEN = """
            {"error_code":"PERMISSION_DENIED","message":"You do not have permission to use the SQL Warehouse."}""";

    private static final String LIMITED = """
            {"error_code":"REQUEST_LIMIT_EXCEEDED","message":"The maximum number of requests was exceeded."}""";

    private record Asked(String method, String path, String authorization, String body) {}

    private record Answer(int status, String body, String retryAfter) {
        static Answer ok(String body) {
            return new Answer(200, body, "");
        }
    }

    private final Queue<Asked> asked = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<Answer> answers = new LinkedBlockingQueue<>();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            try (exchange) {
                asked.add(new Asked(
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().toString(),
                        String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")),
                        new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
                Answer answer = next();
                if (!answer.retryAfter().isEmpty()) {
                    exchange.getResponseHeaders().set("Retry-After", answer.retryAfter());
                }
                byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(answer.status(), body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
    }

    /// The workspace answers when the test knows what.
    private Answer next() throws IOException {
        try {
            return answers.take();
        } catch (InterruptedException stopped) {
            throw new IOException(stopped);
        }
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private StreamsConfig.Databricks config() {
        return new StreamsConfig.Databricks(
                "http://127.0.0.1:" + server.getAddress().getPort(), "dapi-secret", "1a2b3c", "main.databroker");
    }

    private DatabricksCatalog catalog() {
        DatabricksCatalog catalog = new DatabricksCatalog(config(), new Random(1), Duration.ofMillis(20));
        catalog.register("github", "s3a://lake/tables/github?endpoint=&region=eu-central-1");
        return catalog;
    }

    @Test
    void a_table_is_registered_where_it_lies_and_the_statement_is_followed_to_its_end() throws Exception {
        answers.add(Answer.ok(PENDING));
        answers.add(Answer.ok(RUNNING));
        answers.add(Answer.ok(SUCCEEDED));
        try (DatabricksCatalog catalog = catalog()) {
            Await.until("it is registered", () -> catalog.trouble("github") == null);
        }
        assertThat(asked).hasSize(3).allMatch(each -> each.authorization().equals("Bearer dapi-secret"));
        Asked first = asked.remove();
        assertThat(first.method() + " " + first.path()).isEqualTo("POST /api/2.0/sql/statements");
        assertThat((Map<?, ?>) Json.parse(Bytes.utf8(first.body())))
                .isEqualTo(Map.of(
                        "statement",
                        "CREATE TABLE IF NOT EXISTS `main`.`databroker`.`github` USING DELTA LOCATION"
                                + " 's3://lake/tables/github'",
                        "warehouse_id",
                        "1a2b3c",
                        "wait_timeout",
                        "30s",
                        "on_wait_timeout",
                        "CONTINUE"));
        assertThat(asked)
                .allMatch(each -> each.method().equals("GET")
                        && each.path().equals("/api/2.0/sql/statements/01eef5da-c56e-1f36-bafa-21906587d6ba"));
    }

    @Test
    void who_asks_to_wait_is_waited_for_and_failures_are_told_until_one_succeeds() throws Exception {
        answers.add(new Answer(429, LIMITED, "1"));
        long begin = System.nanoTime();
        try (DatabricksCatalog catalog = catalog()) {
            Await.until("it is told", () -> told(catalog).contains("429, REQUEST_LIMIT_EXCEEDED: The maximum"));
            answers.add(new Answer(403, FORBIDDEN, ""));
            Await.until(
                    "it is told", () -> told(catalog).contains("403, PERMISSION_DENIED: You do not have permission"));
            assertThat(System.nanoTime() - begin).isGreaterThan(1_000_000_000L);
            answers.add(new Answer(503, "<html>a page of a proxy</html>", ""));
            Await.until("it is told", () -> told(catalog).endsWith("it answered 503"));
            answers.add(Answer.ok(FAILED));
            Await.until("it is told", () -> told(catalog).contains("FAILED, BAD_REQUEST: [SCHEMA_NOT_FOUND]"));
            assertThat(told(catalog)).doesNotContain("dapi-secret");
            answers.add(Answer.ok(PENDING));
            answers.add(new Answer(500, "{}", ""));
            answers.add(Answer.ok(SUCCEEDED));
            Await.until("it is registered", () -> catalog.trouble("github") == null);
        }
    }

    private static String told(DatabricksCatalog catalog) {
        return String.valueOf(catalog.trouble("github"));
    }

    @Test
    void what_is_not_configured_asks_nobody_and_what_cannot_work_is_refused() {
        try (DatabricksCatalog none = new DatabricksCatalog(StreamsConfig.Databricks.defaults(), new Random(1))) {
            none.register("github", "/srv/cold/github");
            assertThat(none.trouble("github")).isNull();
        }
        assertThatThrownBy(() -> new StreamsConfig.Cold("/srv/cold", null, null, config()))
                .hasMessageContaining("databricks.warehouse")
                .hasMessageContaining("s3a://");
        assertThatThrownBy(() -> new StreamsConfig.Databricks("dbc.cloud.databricks.com", null, "1a", "main.x"))
                .hasMessageContaining("token");
        assertThatThrownBy(() -> new StreamsConfig.Databricks("http://dbc.cloud.databricks.com", "t", "1a", "main.x"))
                .hasMessageContaining("host");
        assertThatThrownBy(() -> new StreamsConfig.Databricks("x.com", "t", "1a", "main.x`; drop"))
                .hasMessageContaining("schema");
        assertThat(new StreamsConfig.Databricks("dbc.cloud.databricks.com", "t", "1a", "main.x").host())
                .isEqualTo("https://dbc.cloud.databricks.com");
        assertThat(config().toString()).doesNotContain("dapi-secret");
    }
}
