package com.databroker.events;

import com.databroker.core.Pattern;
import com.databroker.core.Topic;
import java.nio.charset.StandardCharsets;

/// What a subscription asks for.
sealed interface Filter {
    boolean matches(Topic topic);

    /// For people.
    String text();

    /// Topics of a pattern.
    record Glob(Pattern pattern) implements Filter {
        @Override
        public boolean matches(Topic topic) {
            return pattern.matches(topic);
        }

        @Override
        public String text() {
            return pattern.toString();
        }
    }

    /// Topics that begin with these bytes, as ZeroMQ subscribes; each character is one byte.
    record Prefix(String bytes) implements Filter {
        @Override
        public boolean matches(Topic topic) {
            return latin1(topic).startsWith(bytes);
        }

        @Override
        public String text() {
            return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8) + "…";
        }

        static String latin1(Topic topic) {
            return new String(topic.utf8(), StandardCharsets.ISO_8859_1);
        }
    }
}
