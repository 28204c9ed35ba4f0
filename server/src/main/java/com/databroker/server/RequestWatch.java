package com.databroker.server;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Watches the requests of one connection: a head that does not arrive in time, however lively it drips, ends it, and
/// what is under way is counted.
///
/// The clock runs from the connection, or from the first part of a head after an answer, until the head is complete.
final class RequestWatch extends ChannelInboundHandlerAdapter {
    private final String address;
    private final long millis;
    private final Busy busy;
    private @Nullable ScheduledFuture<?> deadline;
    private long heads;
    private int underWay;
    private boolean shared;

    RequestWatch(String address, long millis, Busy busy) {
        this.address = address;
        this.millis = millis;
        this.busy = busy;
    }

    /// Where the connection comes from.
    String address() {
        return address;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        start(ctx);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
        long before = heads;
        super.channelRead(ctx, message);
        // Most heads come as a whole, and need no clock.
        if (heads == before && underWay == 0 && !shared && deadline == null) {
            start(ctx);
        }
    }

    private void start(ChannelHandlerContext ctx) {
        deadline = ctx.executor().schedule(() -> ctx.close(), millis, TimeUnit.MILLISECONDS);
    }

    /// @param many whether other requests share the connection, so that bytes between two answers are no new head
    void headComplete(boolean many) {
        shared = many;
        heads++;
        underWay++;
        busy.begin();
        cancel();
    }

    /// A head came and was answered within the same read.
    void answeredAtOnce() {
        heads++;
        cancel();
    }

    boolean isInRequest() {
        return underWay > 0;
    }

    void answered() {
        if (underWay > 0) {
            underWay--;
            busy.end();
        }
    }

    private void cancel() {
        ScheduledFuture<?> running = deadline;
        if (running != null) {
            deadline = null;
            running.cancel(false);
        }
    }

    /// When the connection ends, or has become a WebSocket and asks no more.
    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        over();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        over();
        super.channelInactive(ctx);
    }

    private void over() {
        cancel();
        for (; underWay > 0; underWay--) {
            busy.end();
        }
    }
}
