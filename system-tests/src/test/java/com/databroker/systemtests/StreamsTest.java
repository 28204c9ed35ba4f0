package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Streams as their users meet them: files go in by any way, records come out by a search.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StreamsTest {
    private static final String FEED = """
            <rss version="2.0"><channel><title>Example News</title><link>http://news.example.org/</link>
            <item><guid>n1</guid><title>Bridges reopen after the flood</title><link>http://news.example.org/1</link>
            <pubDate>Fri, 27 Nov 2026 08:00:00 GMT</pubDate><description>All three of them.</description></item>
            <item><guid>n2</guid><title>A quiet day at the harbour</title><link>http://news.example.org/2</link>
            <pubDate>Fri, 27 Nov 2026 09:00:00 GMT</pubDate></item></channel></rss>
            """;
    private static final String QUERIES = """
            27-Nov-2026 10:00:00.001 client @0x7f 192.0.2.1#53001 (a.example.org): query: a.example.org IN A + (192.0.2.53)
            27-Nov-2026 10:00:00.002 client @0x7f 192.0.2.2#53002 (b.example.org): query: b.example.org IN MX + (192.0.2.53)
            """;

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init")
    private Path data;

    @SuppressWarnings("NullAway.Init")
    private HttpServer site;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        data = folder;
        site = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        site.createContext("/feed.xml", StreamsTest::serve);
        site.start();
        broker = TestBroker.start(
                folder,
                Map.of(
                        "streams.enabled", "true",
                        "streams.flink.checkpoint-interval", "500ms",
                        "streams.collectors.contact", "tests@example.org",
                        "streams.collectors.private-addresses", "true",
                        "streams.collectors.from.example.kind", "feed",
                        "streams.collectors.from.example.url",
                                "http://127.0.0.1:" + site.getAddress().getPort() + "/feed.xml"));
        List<String> all = List.of("running", "running", "running", "running");
        Peers.until("the streams plane is ready", () -> phases().equals(all));
    }

    @AfterAll
    void stop() {
        broker.close();
        site.stop(0);
    }

    private static void serve(HttpExchange exchange) throws IOException {
        byte[] body =
                FEED.replace("guid>n", "guid>site-").replace("/news.", "/site.").getBytes(StandardCharsets.UTF_8);
        try (exchange) {
            exchange.getResponseHeaders().set("ETag", "\"1\"");
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private List<Object> phases() throws Exception {
        return ((List<?>) java.util.Objects.requireNonNull(Json.parse(
                        Bytes.utf8(broker.request("GET", "/streams", "").body()))))
                .stream()
                        .<Object>map(stream -> ((Map<?, ?>) stream).get("phase"))
                        .toList();
    }

    private Map<String, @Nullable Object> get(String path) throws IOException, InterruptedException {
        HttpResponse<String> response = broker.request("GET", path, "");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return Json.parseObject(Bytes.utf8(response.body()));
    }

    private long count(String stream, String member) throws IOException, InterruptedException {
        return get("/streams/" + stream + "/status").get(member) instanceof BigInteger number ? number.longValue() : -1;
    }

    private void awaitStores(String stream, long records) throws Exception {
        Peers.until(
                stream + " has " + records, () -> count(stream, "hot") == records && count(stream, "cold") == records);
    }

    private static String push(int number, String created, String message) {
        return "{\"id\":\"" + number + "\",\"type\":\"PushEvent\",\"actor\":{\"id\":7,\"login\":\"ann\"},"
                + "\"repo\":{\"id\":9,\"name\":\"lab/papers\"},\"public\":true,\"created_at\":\"" + created
                + "\",\"payload\":{\"ref\":\"refs/heads/main\",\"commits\":[{\"sha\":\"a\",\"message\":\"" + message
                + "\"}]}}";
    }

    @Test
    void what_github_says_is_uploaded_once_or_twice_and_found_by_the_paper_that_it_mentions() throws Exception {
        String first = push(1, "2026-11-27T10:00:00Z", "implements arXiv:2401.01234");
        String second = push(2, "2026-11-27T10:05:00Z", "typo");
        String third = push(3, "2021-07-21T08:00:00Z", "see https://arxiv.org/abs/2401.01234v2");
        ByteArrayOutputStream archive = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(archive)) {
            gzip.write((second + "\n" + third + "\n").getBytes(StandardCharsets.UTF_8));
        }
        long before = count("github", "hot");
        String now = String.valueOf(Json.parseObject(
                        Bytes.utf8(broker.request("POST", "/events/now", "x").body()))
                .get("position"));
        try (Peer listener = Peers.curl(broker, "/events?topic=streams/github&since=" + now)) {
            assertThat(broker.request("PUT", "/files/inbox/github/page.json", "[" + first + "," + second + "]")
                            .statusCode())
                    .isEqualTo(201);
            assertThat(listener.await(line -> line.startsWith("data: "))).contains("STREAM RECORDS", "github");
        }
        // One event is in both; the other ways in are the disk and another name for the same bytes.
        Files.write(data.resolve("files/inbox/github/2021-07-21-8.json.gz"), archive.toByteArray());
        Files.write(data.resolve("files/inbox/github/again.json.gz"), archive.toByteArray());
        awaitStores("github", before + 3);
        Map<String, @Nullable Object> answer = get("/streams/github?q=arxiv_ids:2401.01234&limit=1000");
        assertThat(String.valueOf(answer.get("records")))
                .contains("PushEvent:1:", "PushEvent:3:")
                .doesNotContain("PushEvent:2:");
        assertThat(get("/streams/github?from=2026-11-01&limit=1").get("next")).isNotNull();
        assertThat(broker.request("GET", "/streams/github?q=typo", "", "Accept", "application/x-ndjson")
                        .body())
                .hasLineCount(1)
                .contains("PushEvent:2:");
    }

    @Test
    void a_feed_and_a_query_log_are_read_as_what_they_are() throws Exception {
        Files.createDirectories(data.resolve("files/inbox/news"));
        Files.writeString(data.resolve("files/inbox/news/feed.xml"), FEED);
        assertThat(broker.request("PUT", "/files/inbox/dns/queries.log", QUERIES)
                        .statusCode())
                .isEqualTo(201);
        // Two of the file, two of the site that is asked.
        awaitStores("news", 4);
        awaitStores("dns", 2);
        assertThat(String.valueOf(get("/streams/news/status").get("collectors")))
                .contains("example", "nextPoll");
        assertThat(String.valueOf(get("/streams/news?q=harbour").get("records")))
                .contains("A quiet day");
        String asked = String.valueOf(get("/streams/dns?q=qtype:MX").get("records"));
        assertThat(asked).contains("b.example.org").doesNotContain("192.0.2.2,");
    }

    @Test
    void what_cannot_be_read_is_named_and_a_wrong_question_is_answered_with_what_is_wrong() throws Exception {
        broker.request("PUT", "/files/inbox/arxiv/odd.xml", "<feed xmlns=\"http://www.w3.org/2005/Atom\"><entry>");
        Peers.until("it is set aside", () -> count("arxiv", "dead") > 0);
        assertThat(broker.request("GET", "/streams/arxiv/dead", "").body()).contains("inbox/arxiv/odd.xml", "reason");
        HttpResponse<String> wrong = broker.request("GET", "/streams/arxiv?q=titel:x", "");
        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(wrong.body()).contains("titel", "title");
        assertThat(broker.request("GET", "/streams/github?from=2015", "").body())
                .contains("from \\\"2015\\\" is not a time; write 2026-11-28T12:00:00Z, 2026-11-28, or 3d");
        assertThat(broker.request("GET", "/streams/github?limit=0", "").statusCode())
                .isEqualTo(400);
        assertThat(broker.request("GET", "/streams/gihub", "").body()).contains("did you mean github?");
        assertThat(broker.request("DELETE", "/streams/github", "").statusCode()).isEqualTo(405);
    }

    @Test
    void a_source_that_changes_overnight_loses_what_is_wrong_and_nothing_else() throws Exception {
        String today = push(11, "2026-11-27T11:00:00Z", "fine");
        String more = today.replace("\"id\":\"11\"", "\"id\":\"12\",\"mood\":{\"of\":[1,2]}");
        String other = today.replace("\"id\":\"11\"", "\"id\":\"13\"").replace("\"2026-11-27T11:00:00Z\"", "[2026]");
        String less = today.replace("\"id\":\"11\"", "\"id\":\"14\"").replace("\"type\":\"PushEvent\",", "");
        long before = count("github", "dead");
        broker.request(
                "PUT", "/files/inbox/github/overnight.json", "[" + String.join(",", other, less, more, today) + "]");
        Peers.until("two are set aside", () -> count("github", "dead") == before + 2);
        Peers.until("the others are found", () -> {
            String found = String.valueOf(get("/streams/github?q=fine").get("records"));
            return found.contains("PushEvent:11:") && found.contains("PushEvent:12:");
        });
        assertThat(get("/streams/github/status").get("phase")).isEqualTo("running");
        assertThat(broker.request("GET", "/streams/github/dead", "").body())
                .as("each with its reason")
                .contains("overnight.json");
    }

    @Test
    void what_is_done_for_a_stream_needs_a_grant_for_it_and_is_audited() throws Exception {
        String reader = broker.user("carer", "search:news");
        for (String path :
                List.of("/streams/news/replay", "/streams/news/collectors/example", "/streams/news/dead/0")) {
            assertThat(broker.requestAs(reader, "POST", path, "").statusCode())
                    .as(path)
                    .isEqualTo(403);
        }
        assertThat(broker.requestAs(reader, "POST", "/streams/news/test", FEED).statusCode())
                .isEqualTo(403);
        String writer = broker.user("writer", "search:news", "write:inbox/news/**");
        assertThat(broker.requestAs(writer, "POST", "/streams/news/test?name=f.xml", FEED)
                        .body())
                .contains("\"records\":2,\"rejected\":0", "A quiet day");
        HttpResponse<String> once = broker.request("POST", "/streams/news/collectors/example", "");
        assertThat(once.body()).as("an hour has not passed").contains("\"due\":false", "nextPoll");
        assertThat(broker.request("POST", "/streams/news/collectors/exampel", "")
                        .body())
                .contains("did you mean example?");
        assertThat(broker.request("POST", "/streams/news/replay?from=1d", "").statusCode())
                .isEqualTo(202);
        Peers.until(
                "it was replayed",
                () -> "done".equals(get("/streams/news/replay").get("phase")));
        assertThat(broker.request("POST", "/streams/news/dead/77", "").body())
                .contains("nothing open lies at offset 77");
        assertThat(Files.readString(data.resolve("audit.log")))
                .contains("\"outcome\":\"performed\"", "streams/news/replay");
    }

    @Test
    void a_compressed_file_is_tested_as_the_inbox_would_read_it() throws Exception {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write("{\"id\":\"1\",\"type\":\"WatchEvent\",\"created_at\":\"2026-11-29T10:00:00Z\"}\n"
                    .getBytes(StandardCharsets.UTF_8));
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(broker.http("/streams/github/test?name=2026-11-29-10.json.gz"))
                    .header("Authorization", "Bearer " + broker.token())
                    .POST(HttpRequest.BodyPublishers.ofByteArray(packed.toByteArray()))
                    .build();
            assertThat(client.send(request, HttpResponse.BodyHandlers.ofString())
                            .body())
                    .contains("\"records\":1,\"rejected\":0", "WatchEvent:1:2026-11-29T10:00:00Z");
        }
    }

    @Test
    void metrics_and_health_tell_of_streams_and_promtool_has_nothing_to_complain_of() throws Exception {
        // Engines that do not answer in time leave a page without them.
        Peers.until("streams are on the page", () -> metrics().contains("databroker_stream_phase"));
        String page = metrics();
        assertThat(page)
                .contains("databroker_stream_phase{phase=\"running\",stream=\"news\"} 1.0")
                .contains("databroker_stream_lag_records{stream=\"github\"}")
                .contains("databroker_collector_requests_total{collector=\"example\",stream=\"news\"} 1.0");
        Path file = Files.writeString(data.resolveSibling("metrics.txt"), page);
        try (Peer promtool = Peer.start("bash", "-c", "promtool check metrics < '" + file + "'; echo status $?")) {
            assertThat(promtool.await(line -> true)).isEqualTo("status 0");
        }
        assertThat(broker.requestAs("", "GET", "/health/ready", "").body())
                .contains("\"streams\":{\"status\":\"running\"}");
    }

    private String metrics() throws IOException, InterruptedException {
        return broker.requestAs("", "GET", "/metrics", "").body();
    }

    @Test
    void who_has_no_grant_for_a_stream_learns_nothing_of_it() throws Exception {
        String reader = broker.user("reader", "search:news");
        assertThat(broker.requestAs(reader, "GET", "/streams/news?q=x", "").statusCode())
                .isEqualTo(200);
        for (String path : List.of("/streams/github", "/streams/github/dead", "/streams/nothing")) {
            assertThat(broker.requestAs(reader, "GET", path, "").statusCode())
                    .as(path)
                    .isEqualTo(403);
        }
        assertThat(broker.requestAs(reader, "GET", "/streams", "").body())
                .contains("news")
                .doesNotContain("github");
        assertThat(broker.requestAs("", "GET", "/streams", "").statusCode()).isEqualTo(401);
    }
}
