package com.databroker.events;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.haproxy.HAProxyMessage;
import io.netty.handler.codec.haproxy.HAProxyMessageDecoder;
import io.netty.util.AttributeKey;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Reads the PROXY protocol header with which a proxy begins every connection, then makes way for [ZmtpConnection].
///
/// Whoever is no proxy is closed unread, and so is a proxy whose header is malformed, longer than [#TLV_BYTES_MAX]
/// allows
/// or not there within the time of a handshake. Until the header is complete nothing is answered and nothing is
/// counted:
/// the limits and the gate see the client that it names.
final class ZmtpProxied extends ChannelInboundHandlerAdapter {
    /// What version 2 may say beside the addresses.
    static final int TLV_BYTES_MAX = 1024;

    private static final Logger LOG = LoggerFactory.getLogger(ZmtpProxied.class);
    private static final AttributeKey<String> CLIENT = AttributeKey.valueOf("databroker.zmtp-client");

    private final ZmtpSettings settings;
    private final Predicate<String> proxies;
    private @Nullable ScheduledFuture<?> deadline;

    private ZmtpProxied(ZmtpSettings settings, Predicate<String> proxies) {
        this.settings = settings;
        this.proxies = proxies;
    }

    static void begin(ChannelPipeline pipeline, ZmtpSettings settings, Predicate<String> proxies) {
        pipeline.addLast(new HAProxyMessageDecoder(TLV_BYTES_MAX), new ZmtpProxied(settings, proxies));
    }

    /// The address at the other end of a connection, beyond the proxy where there is one.
    static String client(Channel channel) {
        String named = channel.attr(CLIENT).get();
        return named == null ? peer(channel) : named;
    }

    private static String peer(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress peer
                ? peer.getAddress().getHostAddress()
                : "local";
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        if (proxies.test(peer(ctx.channel()))) {
            deadline = ctx.executor()
                    .schedule(
                            () -> refuse(ctx, "no PROXY header in time"),
                            settings.handshakeTimeout().toMillis(),
                            TimeUnit.MILLISECONDS);
        } else {
            refuse(ctx, "not one of zmq.trusted-proxies");
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        try {
            // What came behind a header that was refused is of no interest.
            if (message instanceof HAProxyMessage header) {
                named(ctx, header);
            }
        } catch (IllegalArgumentException notAnAddress) {
            refuse(ctx, "the PROXY header names no address that can be used");
        } finally {
            ReferenceCountUtil.release(message);
        }
    }

    private void named(ChannelHandlerContext ctx, HAProxyMessage header) {
        switch (header.proxiedProtocol()) {
            case TCP4, TCP6 ->
                ctx.channel()
                        .attr(CLIENT)
                        .set(InetAddress.ofLiteral(header.sourceAddress()).getHostAddress());
            case UNKNOWN -> {
                // The proxy speaks for itself, to see whether we live.
            }
            case UDP4, UDP6, UNIX_STREAM, UNIX_DGRAM -> {
                refuse(ctx, "the PROXY header is of " + header.proxiedProtocol());
                return;
            }
        }
        // What follows the header reaches it when the decoder has gone too.
        ctx.pipeline().addAfter(ctx.name(), null, new ZmtpConnection(settings));
        ctx.fireChannelActive();
        ctx.pipeline().remove(this);
    }

    private static void refuse(ChannelHandlerContext ctx, String why) {
        LOG.atDebug().addKeyValue("address", peer(ctx.channel())).log("ZeroMQ connection refused: {}", why);
        ctx.close();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.atDebug()
                .addKeyValue("address", peer(ctx.channel()))
                .setCause(cause)
                .log("ZeroMQ connection broke before or within its PROXY header");
        ctx.close();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        ScheduledFuture<?> running = deadline;
        if (running != null) {
            running.cancel(false);
        }
    }
}
