package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The examples of the protocol pages, replayed against a broker.
///
/// Blocks of a page are replayed in their order. `json send` and `json receive` go over a WebSocket, which is new
/// below each heading (`json send cloudevents <path>` opens it with that subprotocol and address). `sh` and
/// `dbo send` and `dbo receive` go over one of *dbo/1*, whose frames come in any order. `sh` and
/// `python` are run, and the lines of an `output` block must be among theirs, in order. `…` stands for anything,
/// `${token}` for the token.
class ProtocolPagesTest {
    private static final String ANYTHING = "…";
    private static final int EARLY_MAX = 5;
    private static final String CLOUDEVENTS = "json send cloudevents ";

    private record Block(int line, String kind, String text) {}

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {"zeromq.md", "websocket.md", "sse.md", "http-events.md", "files.md", "console.md", "objects.md"})
    void everyExampleOfThePageDoesWhatItSays(String page) throws Exception {
        Path file = Path.of("..", "docs", "reference", page);
        List<Block> blocks = blocks(Files.readAllLines(file));
        assertThat(blocks).hasSizeGreaterThan(3);
        Map<String, String> settings = page.equals("objects.md")
                ? Map.of("objects.demo", "true")
                : Map.of("http.idle-timeout", "3s", "files.rules.ci.path", "ci/**", "files.rules.ci.versions", "5");
        try (TestBroker broker = TestBroker.start(folder, settings);
                Replay replay = new Replay(broker)) {
            for (Block block : blocks) {
                try {
                    replay.step(block);
                } catch (AssertionError failed) {
                    throw new AssertionError(page + ":" + block.line + ": " + failed.getMessage(), failed);
                }
            }
        }
    }

    /// Headings count as blocks without a text.
    private static List<Block> blocks(List<String> lines) {
        List<Block> blocks = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        String kind = "";
        int start = 0;
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.startsWith("```") && kind.isEmpty()) {
                kind = line.substring(3).strip();
                start = i + 1;
                assertThat(kind).as("line %d names what the block is", i + 1).isNotEmpty();
            } else if (line.startsWith("```")) {
                blocks.add(new Block(start, kind, text.toString()));
                kind = "";
                text.setLength(0);
            } else if (!kind.isEmpty()) {
                text.append(line).append('\n');
            } else if (line.startsWith("## ")) {
                blocks.add(new Block(i + 1, "heading", ""));
            }
        }
        return blocks;
    }

    private static final class Replay implements AutoCloseable {
        private final TestBroker broker;
        private final List<@Nullable Object> early = new ArrayList<>();
        private @Nullable Peer socket;
        private String output = "";
        private boolean elsewhere;

        Replay(TestBroker broker) {
            this.broker = broker;
        }

        void step(Block block) throws Exception {
            switch (block.kind) {
                case "heading" -> close();
                case "json send" -> send(block, "/events", Map.of("protocol", "databroker.v1.json"));
                case "json receive" -> receive(block);
                case "yaml", "text" -> {
                    // Shown, not said.
                }
                // Where a RabbitMQ is: ObjectsOverRabbitTest.
                case "python rabbitmq" -> elsewhere = true;
                case "dbo send" -> send(block, "/objects", Map.of("protocol", "dbo.json"));
                case "dbo receive" -> receiveInAnyOrder(block);
                case "sh" -> output = run("sh", block.text);
                case "python" -> output = run(Peers.python(), block.text);
                case "output" -> {
                    if (!elsewhere) {
                        compare(block);
                    }
                    elsewhere = false;
                }
                default -> {
                    assertThat(block.kind).startsWith(CLOUDEVENTS);
                    send(
                            block,
                            block.kind.substring(CLOUDEVENTS.length()),
                            Map.of("protocol", "cloudevents.json", "token", broker.token()));
                }
            }
        }

        private void send(Block block, String path, Map<String, ?> options) throws Exception {
            Peer open = socket;
            if (open == null) {
                open = Peers.ws(broker, path, options);
                socket = open;
                open.await(line -> line.startsWith("OPEN"));
            }
            open.say(Peers.json(Map.of("text", block.text.strip().replace("${token}", broker.token()))));
        }

        private void receive(Block block) throws InterruptedException {
            Peer open = socket;
            if (open == null) {
                throw new AssertionError("nothing was sent before");
            }
            String line = open.await(said -> said.startsWith("TEXT ") || said.startsWith("CLOSE"));
            Object actual = Json.parse(Bytes.utf8(line.substring(5)));
            assertThat(matches(Json.parse(Bytes.utf8(block.text)), actual))
                    .as("expected %s, came %s", block.text, line)
                    .isTrue();
        }

        private void receiveInAnyOrder(Block block) throws InterruptedException {
            Peer open = Objects.requireNonNull(socket);
            Object expected = Json.parse(Bytes.utf8(block.text));
            while (!early.removeIf(frame -> matches(expected, frame))) {
                String line = open.await(said -> said.startsWith("TEXT ") || said.startsWith("CLOSE"));
                assertThat(line)
                        .as("expected %s, before it %s", block.text, early)
                        .startsWith("TEXT ");
                early.add(Json.parse(Bytes.utf8(line.substring(5))));
                assertThat(early).as("expected %s", block.text).hasSizeLessThan(EARLY_MAX);
            }
        }

        private static boolean matches(@Nullable Object expected, @Nullable Object actual) {
            if (ANYTHING.equals(expected)) {
                return true;
            }
            if (expected instanceof String text && text.contains(ANYTHING) && actual instanceof String came) {
                return Pattern.matches(Pattern.quote(text).replace(ANYTHING, "\\E.*\\Q"), came);
            }
            if (expected instanceof List<?> wanted && actual instanceof List<?> came) {
                return wanted.size() == came.size()
                        && IntStream.range(0, wanted.size()).allMatch(at -> matches(wanted.get(at), came.get(at)));
            }
            if (expected instanceof Map<?, ?> wanted && actual instanceof Map<?, ?> came) {
                return wanted.keySet().equals(came.keySet())
                        && wanted.keySet().stream().allMatch(key -> matches(wanted.get(key), came.get(key)));
            }
            return expected == null ? actual == null : expected.equals(actual);
        }

        private String run(String program, String script) throws IOException, InterruptedException {
            return Peers.run(
                            "timeout",
                            "30",
                            "env",
                            "BROKER=" + broker.broker().httpAddress(),
                            "ZMQ=" + broker.broker().zmqAddress(),
                            "TOKEN=" + broker.token(),
                            "SERVER_KEY=" + Peers.serverKey(broker),
                            program,
                            "-c",
                            script)
                    .output();
        }

        private void compare(Block block) {
            StringBuilder regex = new StringBuilder("(?s).*");
            for (String line : block.text.lines().toList()) {
                String quoted = Pattern.quote(line).replace(ANYTHING, "\\E[^\\n]*\\Q");
                regex.append("(?<=^|\\n)").append(quoted).append("\\n.*");
            }
            assertThat(Pattern.matches(regex.toString(), output + "\n"))
                    .as("output was:\n%s", output)
                    .isTrue();
            assertThat(output.getBytes(StandardCharsets.UTF_8)).isNotEmpty();
        }

        @Override
        public void close() {
            Peer open = socket;
            if (open != null) {
                socket = null;
                early.clear();
                open.close();
            }
        }
    }
}
