package com.databroker.server;

import com.databroker.access.Credentials;
import com.databroker.access.Gate;
import com.databroker.access.Session;
import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.apache.sshd.common.AttributeRepository.AttributeKey;
import org.apache.sshd.common.SshConstants;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.server.auth.UserAuth;
import org.apache.sshd.server.auth.UserAuthFactory;
import org.apache.sshd.server.auth.password.UserAuthPasswordFactory;
import org.apache.sshd.server.auth.pubkey.UserAuthPublicKey;
import org.apache.sshd.server.session.ServerSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who comes in by SSH: with a key that the users file has for the user, or with a token as the password.
///
/// A client first asks with each of its keys whether it would do, and signs with one that does. Both are asked
/// of the gate, a key that would not do counts as a failure; but who is at the other end is known, and its
/// session watched, only once the signature is verified.
final class SshUsers {
    static final String DOOR = "ssh";

    private static final Logger LOG = LoggerFactory.getLogger(SshUsers.class);
    private static final AttributeKey<Session> SESSION = new AttributeKey<>();
    private static final AttributeKey<Credentials.SshKey> KNOWN = new AttributeKey<>();

    private final Gate gate;

    SshUsers(Gate gate) {
        this.gate = gate;
    }

    List<UserAuthFactory> methods() {
        return List.of(new KeyFactory(), UserAuthPasswordFactory.INSTANCE);
    }

    /// The address without a port, as the other doors write it.
    static String address(SocketAddress address) {
        return address instanceof InetSocketAddress peer && peer.getAddress() != null
                ? withoutZone(peer.getAddress().getHostAddress())
                : "local";
    }

    /// The client's, beyond the proxy where there is one.
    static String address(ServerSession connection) {
        return address(connection.getClientAddress());
    }

    private static String withoutZone(String address) {
        int percent = address.indexOf('%');
        return percent < 0 ? address : address.substring(0, percent);
    }

    /// Who is at the other end.
    ///
    /// @throws ProblemException [Problem#NOT_AUTHENTICATED]
    static Session session(ServerSession connection) {
        Session session = connection.getAttribute(SESSION);
        if (session == null) {
            throw new ProblemException(Problem.NOT_AUTHENTICATED, "nobody has signed in");
        }
        return session;
    }

    /// Stops watching; nothing happens where nobody came in.
    static void leave(org.apache.sshd.common.session.Session connection) {
        Session session = connection.getAttribute(SESSION);
        if (session != null) {
            session.close();
        }
    }

    boolean password(String user, String token, ServerSession connection) {
        return attempt(connection, () -> admit(new Credentials.UserToken(user, token), connection));
    }

    private void admit(Credentials credentials, ServerSession connection) {
        Session before = connection.getAttribute(SESSION);
        if (before != null) {
            before.close();
        }
        Session admitted = gate.admit(credentials, address(connection), DOOR, why -> revoked(connection, why));
        admitted.speaks(spoken(connection.getClientVersion()));
        connection.setAttribute(SESSION, admitted);
    }

    /// `SSH-2.0-OpenSSH_9.2p1` as the client says it, which may be anything.
    private static String spoken(@Nullable String version) {
        return version == null ? "SSH" : Text.excerpt(version);
    }

    /// Not on the gate's thread: saying why waits for the network.
    private static void revoked(ServerSession connection, ProblemException why) {
        Thread.ofVirtual().start(() -> {
            disconnect(connection, why);
            connection.close(true);
        });
    }

    private static void disconnect(ServerSession connection, ProblemException why) {
        try {
            connection.disconnect(SshConstants.SSH2_DISCONNECT_BY_APPLICATION, why.line());
        } catch (IOException gone) {
            LOG.atDebug().setCause(gone).log("a connection was gone before it was told why");
        }
    }

    /// @return false where the gate refused
    private static boolean attempt(ServerSession connection, Runnable asking) {
        try {
            asking.run();
            return true;
        } catch (ProblemException refused) {
            if (refused.problem() == Problem.TOO_MANY_FAILURES) {
                disconnect(connection, refused);
            }
            return false;
        }
    }

    private boolean isKnown(Credentials.SshKey key, ServerSession connection) {
        if (key.equals(connection.getAttribute(KNOWN))) {
            return true;
        }
        boolean known = attempt(connection, () -> gate.authenticate(key, address(connection), DOOR));
        if (known) {
            connection.setAttribute(KNOWN, key);
        }
        return known;
    }

    /// A signature that is wrong counts as an attempt with a key that nobody has.
    private void signatureFailed(String user, ServerSession connection) {
        attempt(
                connection,
                () -> gate.authenticate(new Credentials.SshKey(user, Bytes.utf8("")), address(connection), DOOR));
    }

    private final class KeyFactory implements UserAuthFactory {
        @Override
        public String getName() {
            return PUBLIC_KEY;
        }

        @Override
        public UserAuth createUserAuth(ServerSession connection) {
            return new KeyAuth();
        }
    }

    private final class KeyAuth extends UserAuthPublicKey {
        @Override
        @SuppressWarnings("NullAway") // The library's word for "go on" is null.
        public Boolean doAuth(Buffer buffer, boolean init) throws Exception {
            ServerSession connection = getServerSession();
            int start = buffer.rpos();
            boolean signed = buffer.getBoolean();
            buffer.getString();
            Credentials.SshKey key = new Credentials.SshKey(getUsername(), Bytes.wrap(buffer.getBytes()));
            buffer.rpos(start);
            if (!isKnown(key, connection)) {
                return Boolean.FALSE;
            }
            if (!signed) {
                return super.doAuth(buffer, init);
            }
            if (!isSigned(() -> Boolean.TRUE.equals(super.doAuth(buffer, init)))) {
                signatureFailed(getUsername(), connection);
                return Boolean.FALSE;
            }
            return attempt(connection, () -> admit(key, connection));
        }

        private boolean isSigned(java.util.concurrent.Callable<Boolean> verifying) {
            try {
                return verifying.call();
            } catch (Exception notVerified) {
                LOG.atDebug().setCause(notVerified).log("a signature could not be verified");
                return false;
            }
        }
    }
}
