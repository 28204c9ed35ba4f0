package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Pattern;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// A broker at work, watched by the distribution's Prometheus and Alertmanager with the files of `deploy`, which look
/// more often here.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class MonitoringTest {
    private static final String FEED = """
            <rss version="2.0"><channel><title>Example News</title><link>http://news.example.org/</link>
            <item><guid>n1</guid><title>The bridge is open</title><link>http://news.example.org/1</link>
            <pubDate>Fri, 27 Nov 2026 08:00:00 GMT</pubDate></item></channel></rss>
            """;
    private static final java.util.regex.Pattern SAMPLE =
            java.util.regex.Pattern.compile("(?m)^([a-z_]+)(?:\\{(.*)})? [0-9.E+-]+$");
    private static final java.util.regex.Pattern LABEL = java.util.regex.Pattern.compile("([a-z]+)=\"");

    /// Only with a certificate, only with RabbitMQ, and only with traces.
    private static final Set<String> NOT_HERE = Set.of(
            "databroker_tls_certificate_expiry_timestamp_seconds",
            "databroker_object_amqp_connects_total",
            "databroker_object_amqp_dead_total",
            "databroker_object_amqp_requests_total",
            "databroker_object_amqp_up",
            "databroker_trace_spans_total");

    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final BlockingQueue<String> told = new LinkedBlockingQueue<>();
    private final List<AutoCloseable> open = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    private int prometheus;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        HttpServer site = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        site.createContext("/feed.xml", exchange -> answer(exchange, FEED));
        site.createContext("/told", exchange -> {
            told.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            answer(exchange, "ok");
        });
        site.start();
        open.add(() -> site.stop(0));
        String here = "http://127.0.0.1:" + site.getAddress().getPort();
        String shop = "jdbc:h2:" + folder.resolve("shop");
        try (Connection database = DriverManager.getConnection(shop, "sa", "");
                Statement statement = database.createStatement()) {
            statement.execute("create table heartbeat(id bigint primary key, seen timestamp with time zone)");
            statement.execute("insert into heartbeat(id) values(1)");
        }
        broker = TestBroker.start(
                folder.resolve("data"),
                Map.ofEntries(
                        Map.entry("streams.enabled", "true"),
                        Map.entry("streams.flink.checkpoint-interval", "500ms"),
                        Map.entry("streams.collectors.contact", "tests@example.org"),
                        Map.entry("streams.collectors.private-addresses", "true"),
                        Map.entry("streams.collectors.from.example.kind", "feed"),
                        Map.entry("streams.collectors.from.example.url", here + "/feed.xml"),
                        Map.entry("objects.canary-interval", "1s"),
                        Map.entry("objects.stores.shop.jdbc", shop),
                        Map.entry("objects.stores.shop.user", "sa"),
                        Map.entry("objects.stores.shop.canary", "Heartbeat/1.seen"),
                        Map.entry("objects.stores.shop.connections-max", "2")));
        open.add(broker);
        // Engines that start leave the others little.
        awaitStreams();
        watch(folder, here);
        DatabrokerClient subscriber = Peers.client(broker);
        open.add(subscriber);
        subscriber.subscribe(Pattern.of("**"), event -> {});
        open.add(Peers.knocking(broker, "load/events"));
        broker.request("PUT", "/files/load/file", "x");
        broker.request("PUT", "/files/inbox/news/feed.xml", FEED.replace("n1", "n2"));
        broker.request("GET", "/streams/news?q=bridge", "");
        broker.request("GET", "/objects", "");
        broker.request("POST", "/events/load/posted", "x");
    }

    @AfterAll
    void stop() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private void awaitStreams() throws Exception {
        Peers.until("every stream runs", () -> {
            String page = broker.requestAs("", "GET", "/metrics", "").body();
            return page.contains("databroker_streams_answering 1.0")
                    && !page.contains("phase=\"running\",stream=\"news\"} 0.0")
                    && page.contains("databroker_view_rows");
        });
    }

    private void watch(Path folder, String here) throws Exception {
        List<Integer> ports = freePorts(2);
        prometheus = ports.getFirst();
        Path alertmanager = Files.createDirectories(folder.resolve("alertmanager"));
        Path file = write(
                alertmanager,
                Deployed.ALERTMANAGER.resolve("alertmanager.yml"),
                Map.of("http://127.0.0.1:9095/", here + "/told", "group_wait: 30s", "group_wait: 1s"));
        open.add(Peer.start(
                "prometheus-alertmanager",
                "--config.file=" + file,
                "--storage.path=" + alertmanager.resolve("data"),
                "--web.listen-address=127.0.0.1:" + ports.get(1),
                "--cluster.listen-address="));
        Path scraped = Files.createDirectories(folder.resolve("prometheus"));
        write(scraped, Deployed.PROMETHEUS.resolve("rules.yml"), Map.of());
        write(scraped, Deployed.PROMETHEUS.resolve("alerts.yml"), Map.of());
        Path configuration = write(
                scraped,
                Deployed.PROMETHEUS.resolve("prometheus.yml"),
                Map.of(
                        "127.0.0.1:9093",
                        "127.0.0.1:" + ports.get(1),
                        "127.0.0.1:8080",
                        "127.0.0.1:" + broker.httpPort(),
                        "interval: 15s",
                        "interval: 1s",
                        "timeout: 10s",
                        "timeout: 1s"));
        open.add(Peer.start(
                "prometheus",
                "--config.file=" + configuration,
                "--storage.tsdb.path=" + scraped.resolve("data"),
                "--web.listen-address=127.0.0.1:" + prometheus));
    }

    /// The shipped file with other addresses and times; each must be found.
    private static Path write(Path folder, Path shipped, Map<String, String> changes) throws IOException {
        String text = Files.readString(shipped);
        for (Map.Entry<String, String> change : changes.entrySet()) {
            assertThat(text).contains(change.getKey());
            text = text.replace(change.getKey(), change.getValue());
        }
        return Files.writeString(folder.resolve(shipped.getFileName()), text);
    }

    private static List<Integer> freePorts(int count) throws IOException {
        List<ServerSocket> held = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            held.add(new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1")));
        }
        List<Integer> ports = held.stream().map(ServerSocket::getLocalPort).toList();
        for (ServerSocket each : held) {
            each.close();
        }
        return ports;
    }

    @Test
    void every_metric_of_the_page_is_documented_with_its_labels_and_every_documented_one_is_on_the_page()
            throws Exception {
        String page = broker.requestAs("", "GET", "/metrics", "").body();
        Map<String, List<String>> found = new TreeMap<>();
        for (MatchResult sample : SAMPLE.matcher(page).results().toList()) {
            String labels = sample.group(2) == null ? "" : sample.group(2);
            found.put(
                    sample.group(1),
                    LABEL.matcher(labels)
                            .results()
                            .map(label -> label.group(1))
                            .sorted()
                            .toList());
        }
        Map<String, List<String>> documented = new TreeMap<>(Deployed.metrics());
        NOT_HERE.forEach(documented::remove);
        assertThat(found).isEqualTo(documented);
    }

    @Test
    void every_panel_of_every_dashboard_shows_something_of_a_broker_at_work() throws Exception {
        List<Deployed.Panel> left = new ArrayList<>(Deployed.panels());
        assertThat(left).hasSizeGreaterThan(80);
        try {
            Peers.until("panels show something", Duration.ofSeconds(45), () -> {
                left.removeIf(this::shows);
                return left.isEmpty();
            });
        } catch (AssertionError late) {
            throw new AssertionError("panels that show nothing: " + left, late);
        }
    }

    private boolean shows(Deployed.Panel panel) {
        String expression = panel.expression()
                .replace("$instance", ".*")
                .replace("$stream", ".*")
                .replace("$__rate_interval", "10s");
        return !query(expression).isEmpty();
    }

    private List<Map<?, ?>> query(String expression) {
        try {
            String body = HTTP.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + prometheus
                                            + "/api/v1/query?query="
                                            + URLEncoder.encode(expression, StandardCharsets.UTF_8)))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
            Map<String, ?> answer = Json.parseObject(Bytes.utf8(body));
            assertThat(answer.get("status")).as(body).isEqualTo("success");
            return Deployed.maps(Deployed.inner(answer, "data").get("result")).toList();
        } catch (IOException notYet) {
            return List.of();
        } catch (InterruptedException stopped) {
            throw new IllegalStateException(stopped);
        }
    }

    @Test
    void an_alert_goes_from_the_broker_through_prometheus_and_alertmanager_to_who_is_told() throws Exception {
        Peers.until(
                "the counter was read",
                () -> query("databroker_access_total{outcome=\"reload-failed\"}")
                                .size()
                        == 1);
        Path users = broker.broker().data().resolve("files").resolve("broker_users.xml");
        String before = Files.readString(users);
        Files.writeString(users, "<broker-users>");
        try {
            String message = told.poll(40, TimeUnit.SECONDS);
            assertThat(message)
                    .as("alerts: " + query("ALERTS"))
                    .contains("DatabrokerUsersFileRefused", "\"firing\"", "docs/runbooks/users-file-refused.md");
        } finally {
            Files.writeString(users, before);
        }
    }
}
