package com.databroker.server;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Closes a connection whose request line and headers do not arrive in time, however lively they drip.
///
/// The clock runs from the connection, or from the first byte after an answer, until the headers are complete.
final class HeaderDeadline extends ChannelInboundHandlerAdapter {
    private final long millis;
    private @Nullable ScheduledFuture<?> deadline;
    private boolean inRequest;
    private boolean over;

    HeaderDeadline(long millis) {
        this.millis = millis;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        start(ctx);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        if (!inRequest && !over && deadline == null) {
            start(ctx);
        }
        super.channelRead(ctx, message);
    }

    private void start(ChannelHandlerContext ctx) {
        deadline = ctx.executor().schedule(() -> ctx.close(), millis, TimeUnit.MILLISECONDS);
    }

    void headersComplete() {
        inRequest = true;
        cancel();
    }

    boolean isInRequest() {
        return inRequest;
    }

    /// No deadline from now on.
    void over() {
        over = true;
        cancel();
    }

    void answered() {
        inRequest = false;
    }

    private void cancel() {
        ScheduledFuture<?> running = deadline;
        if (running != null) {
            deadline = null;
            running.cancel(false);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        cancel();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        cancel();
        super.channelInactive(ctx);
    }
}
