package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The five minutes of the README, and the guide to collecting, typed as they stand there; only folder and ports are
/// another broker's. Both by one, since its streams take it seconds to start.
class ReadmeTest {
    @TempDir
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private Typed typed;

    @Test
    void the_commands_of_the_five_minutes_and_of_collecting_do_what_they_say() throws Exception {
        try (Typed readme = new Typed("README.md", folder, true);
                Typed guide = new Typed("docs/guide/collect.md", folder, true)) {
            typed = readme;
            // Definitions are read at the start, so the end of the guide comes first.
            define(guide);
            Peer broker = typed.start(typed.first("./databroker serve"));
            broker.await(line -> line.contains("stop with Ctrl-C"));
            Peer subscriber = typed.start(typed.first("./databroker sub"));
            subscriber.await(line -> line.startsWith("subscribed to"));
            Peer python = typed.start(typed.first("import zmq"));
            awaitSubscribers(2);

            typed.run(typed.first("./databroker pub"));
            subscriber.await(line -> line.contains("builds/core/done") && line.endsWith("{\"ok\":true}"));
            python.await("[b'builds/core/done', b'{\"ok\":true}']");

            List<String> curl = List.of(typed.first("curl -H").split("\n"));
            Peer sse = typed.start(curl.get(0) + "\n" + curl.get(2));
            sse.await(line -> line.contains(": welcome"));
            assertThat(typed.run(curl.get(0) + "\n" + curl.get(1))).contains("\"position\"");
            sse.await(line -> line.contains("builds/core/done"));

            String token = curl.get(0) + "\n";
            assertThat(typed.run(token + typed.first("./databroker put"))).contains("README.md");
            List<String> disk = List.of(typed.first("./databroker watch").split("\n"));
            Peer watcher = typed.start(disk.get(0));
            watcher.await(line -> line.startsWith("subscribed to"));
            typed.run(disk.get(1));
            watcher.await(line -> line.contains(" CREATED ci/CHANGELOG.md ") && line.endsWith(" disk"));
            collect(token, typed.first("./databroker search"));
            objects(token, typed.first("./databroker objects types"));
            String given = typed.run(typed.first("./databroker user add"));
            assertThat(given).contains("dbk_").contains("ci-server");
            collectBy(guide);
            try (Typed cluster = new Typed("docs/guide/cluster.md", folder, true)) {
                assertThat(cluster.run(cluster.first("streams lag"))).contains("ready", "news", "access");
            }
        }
    }

    private void define(Typed guide) throws Exception {
        for (String file : List.of("collect.yaml", "access.log")) {
            guide.move(file, folder.resolve(file).toString());
        }
        for (String before : List.of(">", "put ", "test news ")) {
            guide.move(before + "feed.xml", before + folder.resolve("feed.xml"));
        }
        guide.run(guide.first("<rss"));
        guide.run(guide.first("contact:") + "./databroker config check collect.yaml");
        assertThat(guide.run(guide.first("streams check"))).contains("/orders", "500");
    }

    private static void collectBy(Typed guide) throws Exception {
        assertThat(guide.run(guide.first("streams test news"))).contains("lighthouse", "running");
        String search = guide.first("search lighthouse");
        guide.run("until " + search.lines().findFirst().orElseThrow() + "; do sleep 1; done");
        assertThat(guide.run(search)).contains("The lighthouse is being painted", "\"feed_title\"");
        assertThat(guide.run(guide.first("curl -fsS -G")))
                .contains("Ferries are late again", "\"value\":\"example.org\"", "\"steps\":[{");
        guide.run(guide.first("describe news --collectors"));
        guide.run(guide.first("put access.log").lines().findFirst().orElseThrow());
        guide.run("until ./databroker search 'status>=500' --stream access; do sleep 1; done");
        assertThat(guide.run(guide.first("status>=500"))).contains("/orders").doesNotContain("harbour.png");
        guide.run(guide.first("no line of an access log").lines().findFirst().orElseThrow());
        guide.run("until ./databroker streams dead access | grep -q odd.log; do sleep 1; done");
        assertThat(guide.run(guide.first("user add reader"))).contains("reader", "web");
    }

    private void objects(String token, String block) throws Exception {
        int watch = block.indexOf("./databroker objects watch");
        assertThat(typed.run(token + block.substring(0, watch)))
                .contains("Company", "Analytical Engines", "Charles", "\"name\":\"Ada\"");
        Peer watcher = typed.start(block.substring(watch));
        watcher.await(line -> line.startsWith("subscribed to"));
        typed.run("./databroker objects set Person/2 salary=1150");
        watcher.await(line -> line.contains("UPDATED Person/2 2 salary admin"));
    }

    /// The file is found as soon as the streams plane is up, which comes after the rest.
    private void collect(String token, String block) throws Exception {
        int ask = block.indexOf("./databroker streams ls");
        typed.run(block.substring(0, ask));
        String search = block.lines()
                .filter(line -> line.startsWith("./databroker search"))
                .findFirst()
                .orElseThrow();
        typed.run("until " + search + "; do sleep 1; done");
        assertThat(typed.run(token + block.substring(ask)))
                .contains("running", "The bridges are open again", "\"records\"");
    }

    private void awaitSubscribers(int count) throws Exception {
        String metrics = "curl -s \"$(sed -n 's/.*\"url\":\"\\([^\"]*\\).*/\\1/p' '" + folder.resolve("data")
                + "/context.json')/metrics\" | grep '^databroker_event_connections'";
        long deadline = System.nanoTime() + Peer.PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            int open = typed.run(metrics)
                    .lines()
                    .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                    .sum();
            if (open >= count) {
                return;
            }
        }
        throw new AssertionError("fewer than " + count + " subscribers");
    }
}
