package com.databroker.server;

import com.databroker.access.ConnectionLimit;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.apache.sshd.common.AttributeRepository.AttributeKey;
import org.apache.sshd.common.io.IoSession;
import org.apache.sshd.common.session.helpers.AbstractSession;
import org.apache.sshd.common.util.Readable;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.session.ServerSessionImpl;
import org.apache.sshd.server.session.SessionFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Connections before they speak SSH: counts them in, and where proxies are in front reads first whose they are.
///
/// Whoever is no proxy is closed unread then, and so is a proxy whose header is malformed or not there in time.
/// Until the header is complete nothing is answered and nothing is counted: the limits and the gate see the
/// client that it names.
final class SshConnections extends SessionFactory {
    private static final Logger LOG = LoggerFactory.getLogger(SshConnections.class);
    private static final AttributeKey<SshProxyHeader> HEADER = new AttributeKey<>();
    private static final AttributeKey<InetSocketAddress> CLIENT = new AttributeKey<>();

    private final ConnectionLimit limit;
    private final @Nullable Predicate<String> proxies;
    private final Duration headerTimeout;

    /// @param proxies whether an address is a proxy's; null where clients connect themselves
    SshConnections(
            SshServer server, ConnectionLimit limit, @Nullable Predicate<String> proxies, Duration headerTimeout) {
        super(server);
        this.limit = limit;
        this.proxies = proxies;
        this.headerTimeout = headerTimeout;
    }

    @Override
    public void sessionCreated(IoSession connection) throws Exception {
        if (proxies == null) {
            super.sessionCreated(connection);
        } else if (proxies.test(SshUsers.address(connection.getRemoteAddress()))) {
            connection.setAttribute(HEADER, new SshProxyHeader());
            ScheduledFuture<?> deadline = getServer()
                    .getScheduledExecutorService()
                    .schedule(() -> late(connection), headerTimeout.toMillis(), TimeUnit.MILLISECONDS);
            connection.addCloseFutureListener(closed -> deadline.cancel(false));
        } else {
            refuse(connection, "not one of ssh.trusted-proxies");
        }
    }

    private static void late(IoSession connection) {
        if (connection.getAttribute(HEADER) != null) {
            refuse(connection, "no PROXY header in time");
        }
    }

    private static void refuse(IoSession connection, String why) {
        LOG.atDebug()
                .addKeyValue("address", SshUsers.address(connection.getRemoteAddress()))
                .log("SSH connection refused: {}", why);
        connection.close(true);
    }

    @Override
    public void messageReceived(IoSession connection, Readable message) throws Exception {
        if (!(connection.getAttribute(HEADER) instanceof SshProxyHeader header)) {
            super.messageReceived(connection, message);
            return;
        }
        byte[] bytes = new byte[message.available()];
        message.getRawBytes(bytes, 0, bytes.length);
        if (!header.take(bytes)) {
            return;
        }
        InetSocketAddress client = header.client();
        if (client != null) {
            connection.setAttribute(CLIENT, client);
        }
        connection.removeAttribute(HEADER);
        super.sessionCreated(connection);
        byte[] rest = header.rest();
        if (rest.length > 0) {
            super.messageReceived(connection, new ByteArrayBuffer(rest));
        }
    }

    /// Counts a connection in before a byte is read of it, but for what a proxy said.
    @Override
    protected ServerSessionImpl doCreateSession(IoSession connection) throws Exception {
        InetSocketAddress named = connection.getAttribute(CLIENT) instanceof InetSocketAddress client ? client : null;
        String address = SshUsers.address(named == null ? connection.getRemoteAddress() : named);
        limit.enter(address);
        connection.addCloseFutureListener(closed -> limit.leave(address));
        ServerSessionImpl session = super.doCreateSession(connection);
        if (named != null) {
            session.setClientAddress(named);
        }
        return session;
    }

    @Override
    public void exceptionCaught(IoSession connection, Throwable cause) throws Exception {
        if (AbstractSession.getSession(connection, true) == null) {
            LOG.atDebug()
                    .addKeyValue("address", SshUsers.address(connection.getRemoteAddress()))
                    .setCause(cause)
                    .log("SSH connection broke before or within its PROXY header, or was one too many");
            connection.close(true);
        } else {
            super.exceptionCaught(connection, cause);
        }
    }

    @Override
    public void sessionClosed(IoSession connection) throws Exception {
        if (AbstractSession.getSession(connection, true) != null) {
            super.sessionClosed(connection);
        }
    }
}
