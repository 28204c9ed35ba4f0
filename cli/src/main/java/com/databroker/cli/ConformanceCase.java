package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessages;
import java.io.IOException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One case of docs/reference/objects-conformance.json: what is said, and what has to come.
record ConformanceCase(String name, List<String> on, boolean greets, List<Map<String, @Nullable Object>> steps) {

    /// Opens a connection.
    interface Opener {
        /// @param named whether the connection itself says who it is
        ConformanceLink open(boolean named) throws IOException;
    }

    static ConformanceCase of(Map<String, @Nullable Object> tree) {
        return new ConformanceCase(
                JsonTree.text(tree, "name"),
                JsonTree.strings(tree.get("on")),
                !Boolean.FALSE.equals(tree.get("hello")),
                JsonTree.objects(tree.get("steps")));
    }

    /// Plays it.
    ///
    /// @return what is wrong, null where nothing is
    @Nullable
    String play(ConformanceLink.Transport transport, String token, Opener opener) throws InterruptedException {
        Play play = new Play(transport, opener);
        play.values.put("token", token);
        try {
            play.open(true);
            if (greets && !transport.kind().equals("http")) {
                play.step(Map.of("send", Map.of("t", "hello", "v", 1)));
                play.step(Map.of("expect", Map.of("t", "welcome", "at", "${=at}")));
            }
            for (int i = 0; i < steps.size(); i++) {
                String wrong = play.step(steps.get(i));
                if (wrong != null) {
                    return "step " + (i + 1) + ": " + wrong;
                }
            }
            return null;
        } catch (IOException | RuntimeException broken) {
            return String.valueOf(broken.getMessage());
        } finally {
            play.close();
        }
    }

    private static final class Play {
        private final ConformanceLink.Transport transport;
        private final Opener opener;
        private final ConformancePattern values = new ConformancePattern();
        private @Nullable ConformanceLink link;

        Play(ConformanceLink.Transport transport, Opener opener) {
            this.transport = transport;
            this.opener = opener;
        }

        private ConformanceLink link() {
            ConformanceLink here = link;
            if (here == null) {
                throw new IllegalStateException("no connection");
            }
            return here;
        }

        void open(boolean named) throws IOException {
            close();
            link = opener.open(named);
        }

        void close() {
            ConformanceLink here = link;
            link = null;
            if (here != null) {
                try {
                    here.close();
                } catch (IOException alreadyGone) {
                    // That is what was wanted.
                }
            }
        }

        @Nullable
        String step(Map<String, ?> step) throws IOException, InterruptedException {
            if (step.containsKey("send")) {
                link().say(ConformancePattern.json(values.filled(step.get("send"))));
            } else if (step.get("bytes") instanceof Map<?, ?> bytes) {
                raw(String.valueOf(bytes.get(transport.form().name().toLowerCase(Locale.ROOT))));
            } else if (step.containsKey("connect")) {
                open(!"stranger".equals(step.get("connect")));
            } else if (step.containsKey("ends")) {
                return link().frames().expect(end(step.get("ends")), values);
            } else if (step.containsKey("expect")) {
                return link().frames().expect(step.get("expect"), values);
            } else {
                return "nothing that a step can be: " + step.keySet();
            }
            return null;
        }

        private void raw(String bytes) throws IOException, InterruptedException {
            link().send(
                            transport.form() == ObjectMessages.JSON
                                    ? Bytes.utf8(bytes)
                                    : Bytes.wrap(HexFormat.of().parseHex(bytes)));
        }

        /// A WebSocket is closed with the number; elsewhere a *failed* without one of a request says it.
        private Map<String, ?> end(@Nullable Object number) {
            Object wanted = number == null ? 0 : number;
            return transport.kind().equals("ws")
                    ? Map.of("t", ConformanceInbox.END, "number", wanted)
                    : Map.of("t", "failed", "problem", Map.of("number", wanted));
        }
    }
}
