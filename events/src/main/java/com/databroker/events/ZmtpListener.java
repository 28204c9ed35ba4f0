package com.databroker.events;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;

/// The ZeroMQ door: one port for every socket type and security mechanism.
public final class ZmtpListener implements AutoCloseable {
    private static final int READ_BYTES = 128 << 10;
    private static final int BACKLOG = 1024;

    private final Channel channel;
    private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

    private ZmtpListener(
            ZmtpSettings settings,
            EventLoopGroup acceptors,
            EventLoopGroup loops,
            ChannelFactory<? extends ServerChannel> channels,
            InetSocketAddress address) {
        int high = settings.plane().config().writeBuffer().intBytes();
        this.channel = new ServerBootstrap()
                .group(acceptors, loops)
                .channelFactory(channels)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                // A read buffer is taken and given back for every read: only a pool keeps its pages.
                .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                // One read takes what the socket holds: the batch is what makes a delivery cheap.
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(high / 2, high))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel child) {
                        connections.add(child);
                        if (settings.proxies() == null) {
                            child.pipeline().addLast(new ZmtpConnection(settings));
                        } else {
                            ZmtpProxied.begin(child.pipeline(), settings, settings.proxies());
                        }
                    }
                })
                .bind(address)
                .syncUninterruptibly()
                .channel();
    }

    /// Binds and accepts.
    ///
    /// @param acceptors loop that accepts connections
    /// @param loops loops that serve them
    /// @param channels the transport's server channel
    /// @throws RuntimeException a [java.net.BindException] where the address is taken
    public static ZmtpListener open(
            ZmtpSettings settings,
            EventLoopGroup acceptors,
            EventLoopGroup loops,
            ChannelFactory<? extends ServerChannel> channels,
            InetSocketAddress address) {
        return new ZmtpListener(settings, acceptors, loops, channels, address);
    }

    /// The address that was bound, with the port that was found where 0 was asked for.
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    /// Accepts no more and closes what is open, after what was written has been sent.
    @Override
    public void close() {
        channel.close().syncUninterruptibly();
        connections.flush();
        connections.close().awaitUninterruptibly();
    }
}
