package com.databroker.client;

import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// What a client was built with.
///
/// @param base of the broker, http or https, without a slash at the end
/// @param timeout until an answer, and of a transfer without any progress
/// @param tick between two looks at the connection: every fourth a ping, nine without traffic and it is
///     dead
/// @param queue events that wait for their listeners
/// @param messageMax bytes of one message, either way
/// @param random of the back-off and of the ids of commits
/// @param clock of deadlines
record Settings(
        URI base,
        @Nullable String token,
        Duration timeout,
        Duration tick,
        int queue,
        int messageMax,
        RandomGenerator random,
        InstantSource clock) {
    static final Duration PROBE = Duration.ofMillis(250);
    static final int TICKS_PER_PING = 4;
    static final int TICKS_UNTIL_DEAD = 9;

    URI http(String path) {
        return URI.create(base + path);
    }

    URI webSocket(String path) {
        // http becomes ws, https becomes wss.
        return URI.create("ws" + base.toString().substring("http".length()) + path);
    }

    /// Never the token: settings end up in logs.
    @Override
    public String toString() {
        return "Settings[" + base + "]";
    }
}
