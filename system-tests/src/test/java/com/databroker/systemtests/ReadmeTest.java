package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The five minutes of the README, typed as they stand there; only folder and ports are another broker's.
class ReadmeTest {
    private static final Path ROOT = Path.of(System.getProperty("databroker.root", ""));
    private static final Pattern BLOCK = Pattern.compile("```(sh|python)\n(.*?)```", Pattern.DOTALL);

    @TempDir
    Path folder;

    private final List<Peer> running = new ArrayList<>();

    @Test
    void the_commands_of_the_five_minutes_do_what_they_say() throws Exception {
        List<String> blocks = new ArrayList<>();
        for (MatchResult block : BLOCK.matcher(Files.readString(ROOT.resolve("README.md")))
                .results()
                .toList()) {
            blocks.add(script(block));
        }
        try {
            Peer broker = start(first(blocks, "./databroker serve"));
            broker.await(line -> line.contains("stop with Ctrl-C"));
            Peer subscriber = start(first(blocks, "./databroker sub"));
            subscriber.await(line -> line.startsWith("subscribed to"));
            Peer python = start(first(blocks, "import zmq"));
            awaitSubscribers(2);

            run(first(blocks, "./databroker pub"));
            subscriber.await(line -> line.contains("builds/core/done") && line.endsWith("{\"ok\":true}"));
            python.await("[b'builds/core/done', b'{\"ok\":true}']");

            List<String> curl = List.of(first(blocks, "curl -H").split("\n"));
            Peer sse = start(curl.get(0) + "\n" + curl.get(2));
            sse.await(line -> line.contains(": welcome"));
            assertThat(run(curl.get(0) + "\n" + curl.get(1))).contains("\"position\"");
            sse.await(line -> line.contains("builds/core/done"));

            String token = curl.get(0) + "\n";
            assertThat(run(token + first(blocks, "./databroker put"))).contains("README.md");
            List<String> disk = List.of(first(blocks, "./databroker watch").split("\n"));
            Peer watcher = start(disk.get(0));
            watcher.await(line -> line.startsWith("subscribed to"));
            run(disk.get(1));
            watcher.await(line -> line.contains(" CREATED ci/CHANGELOG.md ") && line.endsWith(" disk"));
            collect(token, first(blocks, "./databroker search"));
            objects(token, first(blocks, "./databroker objects types"));
            String given = run(first(blocks, "./databroker user add"));
            assertThat(given).contains("dbk_").contains("ci-server");
        } finally {
            running.forEach(Peer::close);
        }
    }

    private void objects(String token, String block) throws Exception {
        int watch = block.indexOf("./databroker objects watch");
        assertThat(run(token + block.substring(0, watch)))
                .contains("Company", "Analytical Engines", "Charles", "\"name\":\"Ada\"");
        Peer watcher = start(block.substring(watch));
        watcher.await(line -> line.startsWith("subscribed to"));
        run("./databroker objects set Person/2 salary=1150");
        watcher.await(line -> line.contains("UPDATED Person/2 2 salary admin"));
    }

    /// The file is found as soon as the streams plane is up, which comes after the rest.
    private void collect(String token, String block) throws Exception {
        int ask = block.indexOf("./databroker streams ls");
        run(block.substring(0, ask));
        String search = block.lines()
                .filter(line -> line.startsWith("./databroker search"))
                .findFirst()
                .orElseThrow();
        run("until " + search + "; do sleep 1; done");
        assertThat(run(token + block.substring(ask))).contains("running", "The bridges are open again", "\"records\"");
    }

    private static String script(MatchResult block) throws Exception {
        // A here-document would do for Python as well; an argument keeps its standard input free.
        return block.group(1).equals("sh")
                ? block.group(2)
                : "exec " + Peers.python() + " -u - <<'END_OF_PYTHON'\n" + block.group(2) + "END_OF_PYTHON\n";
    }

    private static String first(List<String> blocks, String containing) {
        return blocks.stream()
                .filter(block -> block.contains(containing))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no block of the README has: " + containing));
    }

    private Peer start(String script) throws IOException {
        Peer peer = Peer.start("bash", "-c", prologue() + "cd '" + ROOT + "'\n" + here(script));
        running.add(peer);
        return peer;
    }

    /// Runs a block to its end, which must be a good one.
    private String run(String script) throws Exception {
        Path out = Files.createTempFile(folder, "out", ".txt");
        Process process = new ProcessBuilder("bash", "-ec", prologue() + "cd '" + ROOT + "'\n" + here(script))
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as(script).isTrue();
        String said = Files.readString(out);
        assertThat(process.exitValue()).as(script + "\n" + said).isZero();
        return said;
    }

    private String prologue() {
        return "export DATABROKER_DATA='" + folder.resolve("data") + "' DATABROKER_HTTP_PORT=0 DATABROKER_ZMQ_PORT=0"
                + " DATABROKER_SSH_PORT=0 DATABROKER_STREAMS_ENABLED=true\n";
    }

    /// The README's broker is this one.
    private String here(String script) throws IOException {
        String moved = script.replace("databroker-data/", folder.resolve("data") + "/");
        Path context = folder.resolve("data").resolve("context.json");
        if (Files.exists(context)) {
            Map<String, ?> told = Json.parseObject(Bytes.utf8(Files.readString(context)));
            moved = moved.replace("http://127.0.0.1:8080", String.valueOf(told.get("url")))
                    .replace("tcp://127.0.0.1:5555", String.valueOf(told.get("zmq")));
        }
        return moved;
    }

    private void awaitSubscribers(int count) throws Exception {
        String metrics = "curl -s \"$(sed -n 's/.*\"url\":\"\\([^\"]*\\).*/\\1/p' '" + folder.resolve("data")
                + "/context.json')/metrics\" | grep '^databroker_event_connections'";
        long deadline = System.nanoTime() + Peer.PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            int open = run(metrics)
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
