package com.databroker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Caring for streams on the command line.
final class StreamVerbsTest {
    private static final String FEED = """
            <rss version="2.0"><channel><title>Example</title><link>http://news.example.org/</link>
            <item><guid>n1</guid><title>Bridges reopen</title><link>http://news.example.org/1</link>
            <pubDate>Fri, 27 Nov 2026 08:00:00 GMT</pubDate></item></channel></rss>
            """;

    @TempDir
    Path folder;

    private static void happens(BooleanSupplier condition) throws InterruptedException {
        Until.happens("what a stream does", Duration.ofMinutes(3), 300, condition);
    }

    @Test
    void a_file_is_tested_taken_in_corrected_and_replayed() throws Exception {
        Files.writeString(folder.resolve("feed.xml"), FEED);
        Files.writeString(folder.resolve("broken.json"), "[{\"id\":\"1\"},{\"nothing\":1}]");
        Files.writeString(
                folder.resolve("event.json"),
                "[{\"id\":\"7\",\"type\":\"WatchEvent\",\"actor\":{\"id\":1,\"login\":\"ann\"},\"repo\":{\"id\":2,"
                        + "\"name\":\"lab/x\"},\"payload\":{},\"public\":true,\"created_at\":\"2026-11-27T10:00:00Z\"}]");
        Files.writeString(folder.resolve("secret"), "secret of a test");
        AtomicBoolean isWell = new AtomicBoolean();
        HttpServer site = site(isWell);
        try (RunningBroker broker = new RunningBroker(folder, settings(site))) {
            happens(() -> broker.run("streams", "ls").out().split("running").length == 5);
            tests(broker);
            broker.run("put", "broken.json", "inbox/github/broken.json");
            broker.run("put", "feed.xml", "inbox/news/feed.xml");
            happens(() -> broker.run("streams", "dead", "github", "-o", "ndjson")
                            .out()
                            .lines()
                            .count()
                    == 2);
            String dead =
                    broker.run("streams", "dead", "github", "-o", "ndjson").out();
            String first = dead.replaceAll("(?s)\\A[^\\n]*?\"offset\":([0-9]+).*", "$1");
            Typed again = broker.run("streams", "dead", "github", "--resend", "--all");
            assertThat(again.exit()).as(again.out() + again.err()).isEqualTo(5);
            assertThat(again.out()).isEqualTo("0 sent again, 2 left open\n");
            refusesNothing(broker, first);
            Typed sent = broker.run("streams", "dead", "github", "--resend", "--offset", first, "--with", "event.json");
            assertThat(sent.out()).as(sent.err()).isEqualTo(first + ": 1 records sent again\n");
            assertThat(broker.run("streams", "dead", "github", "--drop", "--all")
                            .out())
                    .isEqualTo("1 dropped\n");
            assertThat(broker.run("streams", "dead", "github", "--resend", "--offset", first)
                            .exit())
                    .isEqualTo(3);
            assertThat(broker.run("streams", "dead", "github", "--drop").exit()).isEqualTo(2);
            happens(() -> broker.run("search", "--stream", "github").out().contains("lab/x"));
            assertThat(broker.run("search", "--since", "abc").exit()).isEqualTo(2);
            assertThat(broker.run("search", "--limit", "0").exit()).isEqualTo(2);

            Typed replayed = broker.run("streams", "replay", "news");
            assertThat(replayed.exit()).as(replayed.err()).isZero();
            assertThat(replayed.out())
                    .endsWith("1 of 1 bodies, 1 records, 0 parts unreadable, 0 gone; lag 0, 0 set aside and open\n");
            searches(broker);
            collects(broker, isWell);
        } finally {
            site.stop(0);
        }
    }

    private Map<String, String> settings(HttpServer site) {
        return Map.of(
                "streams.enabled", "true",
                "streams.flink.checkpoint-interval", "1s",
                "streams.collectors.contact", "tests@example.org",
                "streams.collectors.private-addresses", "true",
                "streams.collectors.from.hook.kind", "github-webhook",
                "streams.collectors.from.hook.secret-file",
                        folder.resolve("secret").toString(),
                "streams.collectors.from.blog.kind", "feed",
                "streams.collectors.from.blog.url",
                        "http://127.0.0.1:" + site.getAddress().getPort() + "/feed.xml");
    }

    /// What is empty corrects nothing; the letter stays open.
    private void refusesNothing(RunningBroker broker, String first) throws Exception {
        Files.createFile(folder.resolve("empty"));
        Typed empty = broker.run("streams", "dead", "github", "--resend", "--offset", first, "--with", "empty");
        assertThat(empty.exit()).isEqualTo(5);
        assertThat(empty.err()).contains("[6001]", "empty is empty");
        HttpRequest request = HttpRequest.newBuilder(URI.create(broker.url() + "/streams/github/dead/" + first))
                .header("Authorization", "Bearer " + broker.token())
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            assertThat(client.send(request, HttpResponse.BodyHandlers.ofString())
                            .body())
                    .contains("6001", "the body is empty");
        }
    }

    private static void searches(RunningBroker broker) {
        Typed twice = broker.run("search", "-s", "news", "-s", "news", "-o", "ndjson");
        assertThat(twice.out().lines()).hasSize(1);
        Typed everywhere = broker.run("search", "feed_title:example", "-o", "ndjson");
        assertThat(everywhere.exit()).as(everywhere.err()).isZero();
        assertThat(everywhere.out()).contains("Bridges reopen");
        assertThat(everywhere.err()).contains("note: the query does not fit arxiv", "there is no field \"feed_title\"");
        Typed nowhere = broker.run("search", "k:v");
        assertThat(nowhere.exit()).isEqualTo(2);
        assertThat(nowhere.err()).contains("[1001]", "arxiv: there is no field \"k\"");
        Typed named = broker.run("search", "feed_title:example", "-s", "github");
        assertThat(named.err()).contains("there is no field \"feed_title\"");
        Typed folders = broker.run("streams", "test", "news", ".");
        assertThat(folders.exit()).isEqualTo(2);
        assertThat(folders.err()).contains(". is a folder");
        Typed hook = broker.run("streams", "collect", "hook", "--once");
        assertThat(hook.err()).contains("[1001]", "hook is pushed to");
    }

    private static void tests(RunningBroker broker) {
        Typed tested = broker.run("streams", "test", "news", "feed.xml");
        assertThat(tested.exit()).as(tested.err()).isZero();
        assertThat(tested.out()).startsWith("1 records, 0 would be set aside\n").contains("Bridges reopen");
        Typed broken = broker.run("streams", "test", "github", "broken.json", "--json");
        assertThat(broken.exit()).isEqualTo(5);
        assertThat(broken.out()).contains("\"records\":0", "\"reason\":");
        assertThat(broker.run("streams", "lag", "news").out())
                .contains("STREAM", "OLDEST", "news")
                .doesNotContain("github");
    }

    private static void collects(RunningBroker broker, AtomicBoolean isWell) throws InterruptedException {
        happens(() ->
                broker.run("streams", "describe", "news", "--collectors").out().contains("500"));
        isWell.set(true);
        Typed step = broker.run("streams", "collect", "blog", "--once");
        assertThat(step.exit()).as(step.out() + step.err()).isZero();
        assertThat(step.out()).startsWith("blog: 1 records, 0 set aside; next 2");
        Typed early = broker.run("streams", "collect", "news", "--once");
        assertThat(early.exit()).as(early.err()).isEqualTo(5);
        assertThat(early.out()).startsWith("blog: not before 2");
        Typed none = broker.run("streams", "collect", "blig", "--once");
        assertThat(none.exit()).isEqualTo(3);
        assertThat(none.err()).contains("no collector \"blig\" is configured; did you mean blog?");
    }

    private static HttpServer site(AtomicBoolean isWell) throws IOException {
        HttpServer site = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] feed = FEED.replace("n1", "n2").getBytes(StandardCharsets.UTF_8);
        site.createContext("/", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(isWell.get() ? 200 : 500, feed.length);
                exchange.getResponseBody().write(feed);
            }
        });
        site.start();
        return site;
    }
}
