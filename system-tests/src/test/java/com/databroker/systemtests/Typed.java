package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/// Blocks of a page, typed as they stand there; only folder and ports are another broker's.
final class Typed implements AutoCloseable {
    static final Path ROOT = Path.of(System.getProperty("databroker.root", ""));

    private static final Pattern BLOCK = Pattern.compile("```(sh|python|conf)\n(.*?)```", Pattern.DOTALL);

    private final String page;
    private final Path folder;
    private final boolean streams;
    private final List<String> blocks = new ArrayList<>();
    private final Map<String, String> moved = new LinkedHashMap<>();
    private final List<Peer> running = new ArrayList<>();

    /// @param page its path in the repository
    /// @param folder for the broker's data, as `data`, and for what is said
    /// @param streams whether its broker has them, which takes it seconds to start
    Typed(String page, Path folder, boolean streams) throws IOException, InterruptedException {
        this.page = page;
        this.folder = folder;
        this.streams = streams;
        for (MatchResult block :
                BLOCK.matcher(Files.readString(ROOT.resolve(page))).results().toList()) {
            // A here-document would do for Python as well; an argument keeps its standard input free.
            blocks.add(
                    block.group(1).equals("python")
                            ? "exec " + Peers.python() + " -u - <<'END_OF_PYTHON'\n" + block.group(2)
                                    + "END_OF_PYTHON\n"
                            : block.group(2));
        }
        move("databroker-data/", folder.resolve("data") + "/");
    }

    /// Has another place stand for one that the page names.
    void move(String named, String place) {
        moved.put(named, place);
    }

    String first(String containing) {
        return blocks.stream()
                .filter(block -> block.contains(containing))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no block of " + page + " has: " + containing));
    }

    Peer start(String script) throws IOException {
        Peer peer = Peer.start("bash", "-c", prologue() + "cd '" + ROOT + "'\n" + here(script));
        running.add(peer);
        return peer;
    }

    /// Runs a block to its end, which must be a good one.
    String run(String script) throws Exception {
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
                + " DATABROKER_SSH_PORT=0 DATABROKER_STREAMS_ENABLED=" + streams + "\n";
    }

    /// The page's broker is this one.
    String here(String script) throws IOException {
        String text = script;
        for (Map.Entry<String, String> each : moved.entrySet()) {
            text = text.replace(each.getKey(), each.getValue());
        }
        Path context = folder.resolve("data").resolve("context.json");
        if (Files.exists(context)) {
            Map<String, ?> told = Json.parseObject(Bytes.utf8(Files.readString(context)));
            text = text.replace("http://127.0.0.1:8080", String.valueOf(told.get("url")))
                    .replace("tcp://127.0.0.1:5555", String.valueOf(told.get("zmq")));
        }
        return text;
    }

    @Override
    public void close() {
        running.forEach(Peer::close);
    }
}
