package com.databroker.server;

import io.netty.channel.Channel;
import io.netty.handler.timeout.IdleStateHandler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// When a connection counts as idle: nothing was read, and nothing moved on its way out.
///
/// Vert.x's own handler sees no progress within one write, so it would end a long download; and one that only watches
/// reads would end server-sent events.
final class Idle {
    private static final String HANDLER = "idle";
    private static final long PING_MILLIS = 25_000;

    private Idle() {}

    /// @return what is to be told of reads that it does not see; null where nothing is watched
    static @Nullable IdleStateHandler watch(Channel channel, Duration timeout) {
        replace(channel, new IdleStateHandler(true, 0, 0, timeout.toMillis(), TimeUnit.MILLISECONDS));
        return channel.pipeline().get(HANDLER) instanceof IdleStateHandler watching ? watching : null;
    }

    /// From now on the peer must be heard of: it is pinged every [#pingMillis], and answers.
    static void expectAnswers(Channel channel) {
        replace(channel, new IdleStateHandler(3 * pingMillis(channel), 0, 0, TimeUnit.MILLISECONDS));
    }

    private static void replace(Channel channel, IdleStateHandler handler) {
        if (channel.pipeline().get(HANDLER) != null) {
            channel.pipeline().replace(HANDLER, HANDLER, handler);
        }
    }

    /// How often to send something where there is nothing to send.
    static long pingMillis(Channel channel) {
        if (channel.pipeline().get(HANDLER) instanceof IdleStateHandler handler
                && handler.getAllIdleTimeInMillis() > 0) {
            return Math.min(PING_MILLIS, Math.max(1, handler.getAllIdleTimeInMillis() / 3));
        }
        return PING_MILLIS;
    }
}
