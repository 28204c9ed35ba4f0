package com.databroker.cli;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/// One case for clients of docs/reference/objects-conformance.json: a server that does as the case says,
/// and what a client has to make of it.
record ConformanceClientCase(String name, List<String> needs, List<Map<String, @Nullable Object>> steps) {

    static ConformanceClientCase of(Map<String, @Nullable Object> tree) {
        return new ConformanceClientCase(
                JsonTree.text(tree, "name"), JsonTree.strings(tree.get("needs")), JsonTree.objects(tree.get("steps")));
    }

    /// Plays it against a client of its own.
    ///
    /// @param command starts its driver
    /// @param types what is answered whenever the client asks for the types
    /// @return what is wrong, null where nothing is
    @Nullable
    String play(String command, @Nullable Object types, Surroundings around) throws InterruptedException {
        Play play = new Play();
        play.rules.add(new Play.Rule(
                Map.of("t", "sync", "i", "${=sync}", "at", "${=synced}"),
                Map.of("t", "ok", "i", "${sync}", "asked", 0, "rows", List.of(), "at", "${synced}")));
        play.rules.add(new Play.Rule(
                Map.of("t", "types", "i", "${=types}"),
                Map.of("t", "ok", "i", "${types}", "asked", 0, "rows", List.of(), "result", types, "at", "demo:7-10")));
        try (ConformanceServer server = new ConformanceServer(play::came)) {
            play.server = server;
            try (ConformanceDriver driver = new ConformanceDriver(command, server.url(), around)) {
                for (int i = 0; i < steps.size(); i++) {
                    String wrong = play.step(steps.get(i), driver);
                    if (wrong != null) {
                        return "step " + (i + 1) + ": " + wrong;
                    }
                }
                driver.tell("{\"do\":\"end\"}");
            }
            return null;
        } catch (IOException | RuntimeException broken) {
            return String.valueOf(broken.getMessage());
        }
    }

    private static final class Play {
        /// What is answered whenever it is asked.
        private record Rule(
                @Nullable Object pattern, @Nullable Object answer) {}

        private final ConformancePattern values = new ConformancePattern();
        private final ConformanceInbox frames = new ConformanceInbox();
        private final List<Rule> rules = new CopyOnWriteArrayList<>();
        private volatile @Nullable ConformanceServer server;

        private ConformanceServer server() {
            ConformanceServer here = server;
            if (here == null) {
                throw new IllegalStateException("no server");
            }
            return here;
        }

        /// From any thread.
        void came(Map<String, @Nullable Object> frame) {
            for (Rule rule : rules) {
                if (values.differs(rule.pattern, frame) == null) {
                    try {
                        server().say(ConformancePattern.json(values.filled(rule.answer)));
                    } catch (IOException gone) {
                        // Whoever waits for what follows hears that nothing came.
                    }
                    return;
                }
            }
            frames.add(frame);
        }

        @Nullable
        String step(Map<String, @Nullable Object> step, ConformanceDriver driver)
                throws IOException, InterruptedException {
            if (step.containsKey("do")) {
                driver.tell(ConformancePattern.json(values.filled(step)));
            } else if (step.containsKey("said")) {
                return driver.said().expect(step.get("said"), values);
            } else if (step.containsKey("connect")) {
                String wrong = frames.expect(ConformanceServer.CONNECTED, values);
                return wrong == null ? frames.expect(step.get("connect"), values) : wrong;
            } else if (step.containsKey("whenever")) {
                rules.add(new Rule(step.get("whenever"), step.get("send")));
            } else if (step.containsKey("expect")) {
                return frames.expect(step.get("expect"), values);
            } else if (step.containsKey("send")) {
                server().say(ConformancePattern.json(values.filled(step.get("send"))));
            } else if (step.containsKey("cut")) {
                server().cut();
            } else {
                return "nothing that a step can be: " + step.keySet();
            }
            return null;
        }
    }
}
