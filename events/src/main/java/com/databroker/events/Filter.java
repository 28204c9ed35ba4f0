package com.databroker.events;

import com.databroker.core.Pattern;
import com.databroker.core.Topic;
import java.nio.charset.StandardCharsets;

/// What a subscription asks for.
sealed interface Filter {
    boolean matches(Topic topic);

    /// Topics of a pattern.
    record Glob(Pattern pattern) implements Filter {
        @Override
        public boolean matches(Topic topic) {
            return pattern.matches(topic);
        }
    }

    /// Topics that begin with these bytes, as ZeroMQ subscribes; each character is one byte.
    record Prefix(String bytes) implements Filter {
        @Override
        public boolean matches(Topic topic) {
            return latin1(topic).startsWith(bytes);
        }

        static String latin1(Topic topic) {
            return new String(topic.utf8(), StandardCharsets.ISO_8859_1);
        }
    }
}
