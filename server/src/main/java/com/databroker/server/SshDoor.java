package com.databroker.server;

import com.databroker.access.ConnectionLimit;
import com.databroker.access.Gate;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.files.FilePlane;
import java.io.IOException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.sshd.common.channel.Channel;
import org.apache.sshd.common.channel.ChannelFactory;
import org.apache.sshd.common.global.KeepAliveHandler;
import org.apache.sshd.common.kex.KexProposalOption;
import org.apache.sshd.common.keyprovider.KeyPairProvider;
import org.apache.sshd.common.session.Session;
import org.apache.sshd.common.session.SessionListener;
import org.apache.sshd.core.CoreModuleProperties;
import org.apache.sshd.server.ServerBuilder;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.auth.pubkey.AcceptAllPublickeyAuthenticator;
import org.apache.sshd.server.global.NoMoreSessionsHandler;

/// The SSH door: files by SFTP, by `scp` which speaks it, and by rsync. No shell, no other command, nothing
/// forwarded.
///
/// Transport and keys are Apache MINA SSHD's; what a client may do with files is ours alone, and no part of the
/// library touches one.
final class SshDoor implements AutoCloseable {
    private static final int READ_BYTES = 256 << 10;
    private static final long WINDOW_BYTES = 4 << 20;
    private static final long PACKET_BYTES = 128 << 10;
    private static final int BACKLOG = 256;

    private final SshServer server;
    private final Busy busy;

    private SshDoor(SshServer server, Busy busy) {
        this.server = server;
        this.busy = busy;
    }

    /// @throws ProblemException [Problem#PORT_IN_USE]
    static SshDoor open(Config.SshConfig config, KeyPair key, Gate gate, ConnectionLimit limit, FilePlane files) {
        Busy busy = new Busy();
        SshServer server = builder().build();
        server.setHost(config.host());
        server.setPort(config.port());
        server.setKeyPairProvider(KeyPairProvider.wrap(key));
        SshUsers users = new SshUsers(gate);
        server.setUserAuthFactories(users.methods());
        server.setPasswordAuthenticator(users::password);
        // The gate is asked before this is, and has the last word after it.
        server.setPublickeyAuthenticator(AcceptAllPublickeyAuthenticator.INSTANCE);
        server.setSessionFactory(new SshConnections(
                server,
                limit,
                config.proxyProtocol() ? new Proxies(config.trustedProxies())::contains : null,
                config.handshakeTimeout()));
        server.addSessionListener(new Watch());
        server.setShellFactory(channel -> new SshRefusal("there is no shell here: use sftp or scp"));
        server.setSubsystemFactories(List.of(SshSftp.factory(config, gate, files, busy)));
        server.setCommandFactory((channel, command) -> SshRsync.command(command, config, gate, files, busy));
        server.setAgentFactory(null);
        server.setForwardingFilter(null);
        set(server, config);
        try {
            server.start();
        } catch (IOException refused) {
            throw Ports.problem("ssh", config.host(), config.port(), refused);
        }
        return new SshDoor(server, busy);
    }

    private static ServerBuilder builder() {
        ServerBuilder builder = SshAlgorithms.builder();
        builder.channelFactories(List.of(new Channels()));
        builder.globalRequestHandlers(List.of(KeepAliveHandler.INSTANCE, NoMoreSessionsHandler.INSTANCE));
        return builder;
    }

    private static void set(SshServer server, Config.SshConfig config) {
        CoreModuleProperties.SERVER_IDENTIFICATION.set(server, "databroker");
        CoreModuleProperties.AUTH_TIMEOUT.set(server, config.handshakeTimeout());
        CoreModuleProperties.IDLE_TIMEOUT.set(server, config.idleTimeout());
        CoreModuleProperties.MAX_AUTH_REQUESTS.set(server, config.attemptsMax());
        CoreModuleProperties.MAX_CONCURRENT_CHANNELS.set(server, config.channelsMax());
        CoreModuleProperties.WINDOW_SIZE.set(server, WINDOW_BYTES);
        CoreModuleProperties.MAX_PACKET_SIZE.set(server, PACKET_BYTES);
        CoreModuleProperties.NIO2_READ_BUFFER_SIZE.set(server, READ_BYTES);
        CoreModuleProperties.SOCKET_BACKLOG.set(server, BACKLOG);
        CoreModuleProperties.SOCKET_REUSEADDR.set(server, true);
        CoreModuleProperties.SOCKET_KEEPALIVE.set(server, true);
        CoreModuleProperties.TCP_NODELAY.set(server, true);
        CoreModuleProperties.STOP_WAIT_TIME.set(server, Duration.ofSeconds(1));
    }

    /// The port that was bound.
    int port() {
        return server.getPort();
    }

    /// Waits for what is under way, as long as the time allows.
    void drain(Duration time) {
        busy.awaitIdle(time);
    }

    @Override
    public void close() {
        try {
            server.stop(true);
        } catch (IOException slow) {
            throw new ProblemException(Problem.INTERNAL, "the SSH door did not close in time", slow);
        } finally {
            // Who writes a file must have let go of it before the files plane closes.
            busy.awaitIdle(Duration.ofSeconds(1));
        }
    }

    private static final class Watch implements SessionListener {
        @Override
        public void sessionNegotiationOptionsCreated(Session connection, Map<KexProposalOption, String> proposal) {
            SshAlgorithms.choose(connection.getClientVersion(), proposal);
        }

        @Override
        public void sessionClosed(Session connection) {
            SshUsers.leave(connection);
        }
    }

    private static final class Channels implements ChannelFactory {
        @Override
        public String getName() {
            return "session";
        }

        @Override
        public Channel createChannel(Session connection) {
            return new SshChannel();
        }
    }
}
