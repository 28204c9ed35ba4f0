package com.databroker.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.vertx.core.impl.transports.EpollTransport;
import io.vertx.core.impl.transports.NioTransport;
import io.vertx.core.impl.transports.TransportInternal;
import io.vertx.core.net.TcpConfig;
import io.vertx.core.transport.Transport;
import java.net.InetSocketAddress;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The machine's transport, whose HTTP servers close a connection unread unless it comes from a proxy.
///
/// Where the PROXY protocol is on, Vert.x shows a connection only after it has read what the peer calls its address. So
/// whose word that is has to be judged before, which is when the connection is accepted.
final class ProxiedTransport {
    private static final Logger LOG = LoggerFactory.getLogger(ProxiedTransport.class);

    private ProxiedTransport() {}

    /// @param proxies whether an address is a proxy's
    static Transport of(Predicate<String> proxies) {
        Transport epoll = Transport.EPOLL;
        return epoll != null && epoll.available()
                ? new TransportInternal(epoll.name(), true, null, new Epoll(proxies))
                : new TransportInternal(Transport.NIO.name(), true, null, new Nio(proxies));
    }

    private static final class Epoll extends EpollTransport {
        private final Predicate<String> proxies;

        Epoll(Predicate<String> proxies) {
            this.proxies = proxies;
        }

        @Override
        public void configure(TcpConfig config, boolean domainSocket, ServerBootstrap bootstrap) {
            super.configure(config, domainSocket, bootstrap);
            bootstrap.handler(new Doorkeeper(proxies));
        }
    }

    private static final class Nio extends NioTransport {
        private final Predicate<String> proxies;

        Nio(Predicate<String> proxies) {
            this.proxies = proxies;
        }

        @Override
        public void configure(TcpConfig config, boolean domainSocket, ServerBootstrap bootstrap) {
            super.configure(config, domainSocket, bootstrap);
            bootstrap.handler(new Doorkeeper(proxies));
        }
    }

    /// Stands at a listening socket, where each connection that was accepted passes before anything is read from it.
    private static final class Doorkeeper extends ChannelInboundHandlerAdapter {
        private final Predicate<String> proxies;

        Doorkeeper(Predicate<String> proxies) {
            this.proxies = proxies;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object accepted) {
            Channel connection = (Channel) accepted;
            String address = connection.remoteAddress() instanceof InetSocketAddress peer
                    ? peer.getAddress().getHostAddress()
                    : "local";
            if (proxies.test(address)) {
                ctx.fireChannelRead(connection);
            } else {
                LOG.atDebug().addKeyValue("address", address).log("refused: not one of http.trusted-proxies");
                // No loop has it yet that could close it in order.
                connection.unsafe().closeForcibly();
            }
        }
    }
}
