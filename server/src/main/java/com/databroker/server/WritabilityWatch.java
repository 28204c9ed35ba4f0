package com.databroker.server;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/// Tells when a channel takes data again, and reads nothing more from it until then: whoever asks without taking the
/// answers would have them pile up here.
final class WritabilityWatch extends ChannelInboundHandlerAdapter {
    private final Runnable writable;

    WritabilityWatch(Runnable writable) {
        this.writable = writable;
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
        ctx.channel().config().setAutoRead(ctx.channel().isWritable());
        if (ctx.channel().isWritable()) {
            writable.run();
        }
        super.channelWritabilityChanged(ctx);
    }
}
