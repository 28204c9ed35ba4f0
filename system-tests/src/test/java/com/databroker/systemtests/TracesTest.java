package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.Bytes;
import com.databroker.core.Event;
import com.databroker.core.Json;
import com.databroker.core.Pattern;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import io.opentelemetry.proto.trace.v1.Span;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a broker tells a collector of traces, and what its histograms show of it. Spans are read by the classes that
/// OpenTelemetry makes of its protocol.
final class TracesTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CALLER = "00f067aa0ba902b7";
    private static final String PARENT = "00-" + TRACE + "-" + CALLER + "-01";

    @TempDir
    Path folder;

    private TestBroker start(String endpoint, Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(
                Map.of("tracing.endpoint", endpoint, "tracing.delay-millis", "20", "tracing.service-name", "tested"));
        settings.putAll(more);
        return TestBroker.start(folder.resolve("data"), settings);
    }

    private static List<Span> whole(TraceCollector collector, String trace, String root) throws Exception {
        Peers.until(
                "the trace came",
                () -> collector.spans(trace).stream()
                        .anyMatch(span -> span.getName().equals(root)));
        return collector.spans(trace);
    }

    @Test
    void one_upload_is_one_trace_from_the_door_to_the_disk_and_its_event_goes_on_with_it() throws Exception {
        try (TraceCollector collector = new TraceCollector();
                TestBroker broker =
                        start(collector.endpoint(), Map.of("tracing.headers", "authorization=Bearer%20collected"));
                DatabrokerClient subscriber = Peers.client(broker)) {
            BlockingQueue<Event> events = new LinkedBlockingQueue<>();
            subscriber.subscribe(Pattern.of("files/**"), events::add);
            assertThat(broker.request("PUT", "/files/a/b.txt", "x", "traceparent", PARENT)
                            .statusCode())
                    .isEqualTo(201);

            List<Span> spans = whole(collector, TRACE, "PUT /files");
            assertThat(TraceCollector.tree(spans, CALLER))
                    .containsExactly(
                            "PUT /files",
                            "  gate.authenticate",
                            "  gate.decide",
                            "  files.receive",
                            "    gate.authenticate",
                            "    gate.decide",
                            "  files.commit",
                            "    disk.force_draft",
                            "    disk.journal",
                            "    disk.rename",
                            "    disk.force_folder",
                            "    files.announce",
                            "      events.publish");
            Span door = spans.stream()
                    .filter(span -> span.getName().equals("PUT /files"))
                    .findFirst()
                    .orElseThrow();
            assertThat(door.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
            assertThat(TraceCollector.attributes(door))
                    .containsEntry("http.request.method", "PUT")
                    .containsEntry("http.route", "/files")
                    .containsEntry("url.path", "/files/a/b.txt")
                    .containsEntry("http.response.status_code", "201");
            assertThat(spans.toString()).doesNotContain(broker.token());
            assertThat(collector.authorizations()).isNotEmpty().containsOnly("Bearer collected");
            assertThat(collector.resource()).containsEntry("service.name", "tested");

            Event event = events.poll(10, TimeUnit.SECONDS);
            assertThat(event).isNotNull();
            Span publish = spans.stream()
                    .filter(span -> span.getName().equals("events.publish"))
                    .findFirst()
                    .orElseThrow();
            assertThat(event.publication().attributes().get("traceparent"))
                    .isEqualTo("00-" + TRACE + "-"
                            + TraceCollector.hex(publish.getSpanId().toByteArray()) + "-01");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"http/json", "grpc"})
    void spans_go_in_the_form_that_is_asked_for_and_again_where_a_server_was_not_ready(String protocol)
            throws Exception {
        boolean grpc = protocol.equals("grpc");
        try (TraceCollector collector = new TraceCollector();
                Peer server = Peers.otlp(collector.endpoint() + "/v1/traces")) {
            String port = server.await(line -> line.startsWith("READY ")).substring("READY ".length());
            Map<String, String> settings =
                    Map.of("tracing.protocol", protocol, "tracing.headers", "authorization=Bearer%20collected");
            try (TestBroker broker = start(grpc ? "http://127.0.0.1:" + port : collector.endpoint(), settings)) {
                broker.request("PUT", "/files/a/b.txt", "x", "traceparent", PARENT);
                List<Span> spans = whole(collector, TRACE, "PUT /files");
                assertThat(TraceCollector.tree(spans, CALLER))
                        .contains("PUT /files", "  files.commit", "    disk.rename", "      events.publish");
                Span door = spans.stream()
                        .filter(span -> span.getName().equals("PUT /files"))
                        .findFirst()
                        .orElseThrow();
                assertThat(door.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
                assertThat(TraceCollector.attributes(door))
                        .containsEntry("http.response.status_code", "201")
                        .containsEntry("url.path", "/files/a/b.txt");
                assertThat(collector.resource()).containsEntry("service.name", "tested");
                assertThat(collector.authorizations()).containsOnly("Bearer collected");
                assertThat(collector.types()).containsOnly(grpc ? "application/x-protobuf" : "application/json");
                Peers.until(
                        "all are counted as sent",
                        () -> Peers.metric(broker, "databroker_trace_spans_total{outcome=\"sent\"}") >= spans.size());
                assertThat(Peers.metric(broker, "databroker_trace_spans_total{outcome=\"failed\"}"))
                        .isZero();
            }
        }
    }

    @Test
    void what_comes_over_zeromq_is_a_trace_from_the_door_to_the_log_and_whoever_gets_it_can_go_on() throws Exception {
        try (TraceCollector collector = new TraceCollector();
                TestBroker broker = start(collector.endpoint(), Map.of());
                Peer subscriber =
                        Peers.pyzmq(broker, "SUB", Map.of("sub", List.of("$envelope=cloudevents", "builds/")));
                Peer push = Peers.pyzmq(broker, "PUSH", Map.of());
                Peer asking = Peers.pyzmq(broker, "DEALER", Map.of())) {
            push.say(message("builds/done"));
            traced(collector, subscriber);
            asking.say(message("builds/asked"));
            traced(collector, subscriber);
        }
    }

    private static String message(String topic) {
        Base64.Encoder encoder = Base64.getEncoder();
        return Peers.json(Map.of(
                "send",
                List.of(
                        encoder.encodeToString(topic.getBytes(StandardCharsets.UTF_8)),
                        encoder.encodeToString("x".getBytes(StandardCharsets.UTF_8)))));
    }

    /// Names of the spans of the trace that the next event goes on with.
    private static void traced(TraceCollector collector, Peer subscriber) throws Exception {
        String[] frames = subscriber.await(line -> line.startsWith("MSG ")).split(" ", -1);
        Object parent = Json.parseObject(Bytes.wrap(Base64.getDecoder().decode(frames[2])))
                .get("traceparent");
        String[] words = String.valueOf(parent).split("-", -1);
        assertThat(words).as("%s", parent).hasSize(4);
        List<Span> spans = whole(collector, words[1], "zeromq publish");
        assertThat(TraceCollector.tree(spans, ""))
                .containsExactly("zeromq publish", "  gate.decide", "  events.publish");
        Span last = spans.stream()
                .filter(span ->
                        TraceCollector.hex(span.getSpanId().toByteArray()).equals(words[2]))
                .findFirst()
                .orElseThrow();
        assertThat(last.getName()).isIn("zeromq publish", "events.publish");
    }

    @Test
    void an_event_that_names_a_trace_keeps_it_and_one_that_is_not_kept_is_told_to_nobody() throws Exception {
        try (TraceCollector collector = new TraceCollector();
                TestBroker broker = start(collector.endpoint(), Map.of());
                DatabrokerClient client = Peers.client(broker)) {
            BlockingQueue<Event> events = new LinkedBlockingQueue<>();
            client.subscribe(Pattern.of("builds/**"), events::add);
            client.publish(
                    new Publication(Topic.of("builds/done"), Bytes.utf8("x"), null, Map.of("traceparent", PARENT)));
            Event sent = events.poll(10, TimeUnit.SECONDS);
            assertThat(sent).isNotNull();
            assertThat(sent.publication().attributes()).containsEntry("traceparent", PARENT);
            assertThat(TraceCollector.tree(whole(collector, TRACE, "websocket publish"), CALLER))
                    .containsExactly("websocket publish", "  gate.decide", "  events.publish");

            String batch = "[" + "{\"specversion\":\"1.0\",\"type\":\"t\",\"source\":\"/s\",\"id\":\"1\"},".repeat(99)
                    + "{\"specversion\":\"1.0\",\"type\":\"t\",\"source\":\"/s\",\"id\":\"1\"}]";
            String other = TRACE.replace('4', '6');
            broker.request(
                    "POST",
                    "/events/builds/many",
                    batch,
                    "Content-Type",
                    "application/cloudevents-batch+json",
                    "traceparent",
                    PARENT.replace(TRACE, other));
            assertThat(TraceCollector.tree(whole(collector, other, "POST /events"), CALLER))
                    .containsExactly("POST /events", "  gate.authenticate", "  gate.decide", "  events.publish");
            Peers.until("all came", () -> events.size() == 100);
            assertThat(events)
                    .allMatch(event -> event.publication()
                            .attributes()
                            .getOrDefault("traceparent", "")
                            .contains(other));
            events.clear();

            String unkept = "00-" + TRACE.replace('4', '5') + "-" + CALLER + "-00";
            broker.request("POST", "/events/builds/done", "x", "traceparent", unkept);
            Event passed = events.poll(10, TimeUnit.SECONDS);
            assertThat(passed).isNotNull();
            assertThat(passed.publication().attributes().get("traceparent"))
                    .startsWith("00-" + TRACE.replace('4', '5'))
                    .endsWith("-00");
            broker.request("GET", "/status", "");
            Peers.until(
                    "a later one came", () -> !collector.named("GET /status").isEmpty());
            assertThat(collector.spans(TRACE.replace('4', '5'))).isEmpty();
        }
    }

    @Test
    void statements_of_a_database_are_told_without_their_values() throws Exception {
        try (TraceCollector collector = new TraceCollector();
                TestBroker broker = start(collector.endpoint(), Map.of("objects.demo", "true"))) {
            assertThat(broker.request("GET", "/objects/Person?name=Nobody-of-that-name", "", "traceparent", PARENT)
                            .statusCode())
                    .isEqualTo(200);
            List<Span> spans = whole(collector, TRACE, "GET /objects");
            assertThat(TraceCollector.tree(spans, CALLER)).contains("  objects.find", "    SELECT");
            Span select = spans.stream()
                    .filter(span -> span.getName().equals("SELECT"))
                    .findFirst()
                    .orElseThrow();
            assertThat(select.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CLIENT);
            assertThat(TraceCollector.attributes(select))
                    .containsEntry("db.system.name", "h2database")
                    .hasEntrySatisfying(
                            "db.query.text", text -> assertThat(text).contains("?"));
            assertThat(spans.toString()).doesNotContain("Nobody-of-that-name");
        }
    }

    @Test
    void prometheus_finds_the_trace_of_a_request_beside_the_bucket_that_it_fell_into() throws Exception {
        try (TraceCollector collector = new TraceCollector();
                TestBroker broker = start(collector.endpoint(), Map.of())) {
            broker.request("PUT", "/files/a.txt", "x", "traceparent", PARENT);
            int port;
            try (ServerSocket free = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
                port = free.getLocalPort();
            }
            Path configuration = Files.writeString(folder.resolve("prometheus.yml"), """
                    scrape_configs:
                      - job_name: databroker
                        scrape_interval: 1s
                        static_configs: [{targets: ['127.0.0.1:%d']}]
                    """.formatted(broker.httpPort()));
            Peer prometheus = Peer.start(
                    "prometheus",
                    "--config.file=" + configuration,
                    "--enable-feature=exemplar-storage",
                    "--storage.tsdb.path=" + folder.resolve("prometheus"),
                    "--web.listen-address=127.0.0.1:" + port);
            try (prometheus;
                    HttpClient http = HttpClient.newHttpClient()) {
                URI asked = URI.create("http://127.0.0.1:" + port + "/api/v1/query_exemplars?start=0&end=4102444800"
                        + "&query=databroker_http_request_duration_seconds_bucket");
                Peers.until("the exemplar is found", () -> {
                    try {
                        return http.send(HttpRequest.newBuilder(asked).build(), BodyHandlers.ofString())
                                .body()
                                .contains("\"trace_id\":\"" + TRACE + "\"");
                    } catch (java.io.IOException notYet) {
                        return false;
                    }
                });
            }
        }
    }

    @Test
    void a_collector_that_never_answers_holds_up_nobody_and_what_it_misses_is_counted() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.ofLiteral("127.0.0.1"));
                TestBroker broker = start(
                        "http://127.0.0.1:" + silent.getLocalPort(),
                        Map.of("tracing.queue-max", "20", "tracing.timeout-millis", "60000"))) {
            for (int i = 0; i < 100; i++) {
                assertThat(broker.request("GET", "/access/me", "").statusCode()).isEqualTo(200);
            }
            assertThat(Peers.metric(broker, "databroker_trace_spans_total{outcome=\"dropped\"}"))
                    .isPositive();
        }
    }

    @Test
    void a_broker_that_is_served_with_opentelemetrys_variables_names_the_trace_in_its_log() throws Exception {
        Path data = Files.createDirectory(folder.resolve("data"));
        try (TraceCollector collector = new TraceCollector()) {
            FilesServe traced = FilesServe.start(
                    data,
                    List.of(
                            "env",
                            "OTEL_EXPORTER_OTLP_ENDPOINT=" + collector.endpoint(),
                            "OTEL_BSP_SCHEDULE_DELAY=20"));
            try {
                assertThat(traced.send(
                                        "POST",
                                        "/access/users",
                                        "{\"name\":\"ada\"}".getBytes(StandardCharsets.UTF_8),
                                        "traceparent",
                                        PARENT)
                                .statusCode())
                        .isEqualTo(201);
                whole(collector, TRACE, "POST /access");
                // The log goes its own way to the disk.
                Peers.until("the log names the trace", () -> traced.said().contains("\"trace_id\":\"" + TRACE));
                assertThat(traced.said().lines())
                        .filteredOn(line -> line.contains("\"trace_id\":\"" + TRACE + "\""))
                        .isNotEmpty()
                        .allMatch(line -> line.contains("\"span_id\":\""));
            } finally {
                traced.kill();
            }
        }
    }

    @Test
    void a_broker_without_traces_loads_nothing_that_records_them() throws Exception {
        Path loaded = folder.resolve("loaded.txt");
        Path data = Files.createDirectory(folder.resolve("data"));
        FilesServe plain = FilesServe.start(data, List.of("env", "JDK_JAVA_OPTIONS=-Xlog:class+load:file=" + loaded));
        try {
            assertThat(FilesBroker.request(plain.http("/files/a"), plain.token(), "PUT", new byte[1])
                            .statusCode())
                    .isEqualTo(201);
            assertThat(FilesBroker.request(plain.http("/metrics"), plain.token(), "GET", new byte[0])
                            .statusCode())
                    .isEqualTo(200);
        } finally {
            plain.kill();
        }
        assertThat(Files.readAllLines(loaded))
                .anyMatch(line -> line.contains("com.databroker.server.Tracing "))
                .noneMatch(line -> line.contains(" com.databroker.opentelemetry.")
                        || line.contains(" io.opentelemetry.sdk.")
                        || line.contains(" io.opentelemetry.exporter."));
    }
}
