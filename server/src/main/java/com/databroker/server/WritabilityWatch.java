package com.databroker.server;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/// Tells when a channel takes data again.
final class WritabilityWatch extends ChannelInboundHandlerAdapter {
    private final Runnable writable;

    WritabilityWatch(Runnable writable) {
        this.writable = writable;
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
        if (ctx.channel().isWritable()) {
            writable.run();
        }
        super.channelWritabilityChanged(ctx);
    }
}
