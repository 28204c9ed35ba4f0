package com.databroker.systemtests;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.sshd.client.SshClient;
import org.apache.sshd.client.auth.password.UserAuthPasswordFactory;
import org.apache.sshd.client.channel.ClientChannel;
import org.apache.sshd.client.channel.ClientChannelEvent;
import org.apache.sshd.client.config.hosts.HostConfigEntryResolver;
import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.keyprovider.KeyIdentityProvider;
import org.jspecify.annotations.Nullable;

/// A client that signs in as all do, and says on its channels what no client would say.
final class SshRaw implements AutoCloseable {
    static final int INIT = 1;
    static final int OPEN = 3;
    static final int CLOSE = 4;
    static final int READ = 5;
    static final int WRITE = 6;
    static final int SETSTAT = 9;
    static final int STATUS = 101;
    static final int HANDLE = 102;
    static final int DATA = 103;
    static final int OPEN_READ = 1;

    /// Write, create, empty.
    static final int OPEN_NEW = 0x1A;

    static final String SFTP = "sftp";

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int MESSAGE_MAX = 1 << 20;

    private final SshClient client = SshClient.setUpDefaultClient();
    private final int port;
    private final String user;
    private final String token;
    private @Nullable ClientSession session;

    SshRaw(TestBroker broker, String user, String token) {
        this.port = broker.sshPort();
        this.user = user;
        this.token = token;
        client.setServerKeyVerifier((to, address, key) -> true);
        client.setHostConfigEntryResolver(HostConfigEntryResolver.EMPTY);
        client.setKeyIdentityProvider(KeyIdentityProvider.EMPTY_KEYS_PROVIDER);
        client.setUserAuthFactories(List.of(UserAuthPasswordFactory.INSTANCE));
        client.start();
    }

    private ClientSession session() throws IOException {
        ClientSession open = session;
        if (open == null || !open.isOpen()) {
            open = client.connect(user, "127.0.0.1", port).verify(PATIENCE).getSession();
            open.addPasswordIdentity(token);
            open.auth().verify(PATIENCE);
            session = open;
        }
        return open;
    }

    /// What came on a channel until its end.
    ///
    /// @param status exit status, null where the broker said none
    record Said(
            List<Reply> replies,
            String raw,
            String err,
            @Nullable Integer status) {}

    /// One message of SFTP that came in.
    ///
    /// @param id of the request that it answers
    /// @param code of a status, first part of others
    record Reply(int type, int id, int code, String body) {}

    /// Says all of `bytes` on a channel of its own, ends it, and listens until the broker has ended it too.
    ///
    /// @param command what is started, [#SFTP] for that
    /// @throws AssertionError where the channel does not end
    Said say(String command, byte[] bytes) throws IOException {
        ClientChannel channel = command.equals(SFTP)
                ? session().createSubsystemChannel(SFTP)
                : session().createExecChannel(command);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        channel.setOut(out);
        channel.setErr(err);
        try (channel) {
            channel.open().verify(PATIENCE);
            CompletableFuture<Void> spoken = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> speak(channel, bytes, spoken));
            if (channel.waitFor(EnumSet.of(ClientChannelEvent.CLOSED), PATIENCE).contains(ClientChannelEvent.TIMEOUT)) {
                throw new AssertionError("the channel does not end");
            }
            spoken.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException stuck) {
            throw new AssertionError("the broker does not listen, nor end", stuck);
        }
        List<Reply> replies = command.equals(SFTP) ? replies(ByteBuffer.wrap(out.toByteArray())) : List.of();
        return new Said(
                replies,
                out.toString(StandardCharsets.ISO_8859_1),
                err.toString(StandardCharsets.UTF_8),
                channel.getExitStatus());
    }

    private static void speak(ClientChannel channel, byte[] bytes, CompletableFuture<Void> done) {
        try {
            channel.getInvertedIn().write(bytes);
            channel.getInvertedIn().flush();
            channel.getInvertedIn().close();
        } catch (IOException ended) {
            // The broker has heard enough.
        }
        done.complete(null);
    }

    private static List<Reply> replies(ByteBuffer from) {
        List<Reply> replies = new ArrayList<>();
        while (from.hasRemaining()) {
            int length = from.getInt();
            if (length < 1 || length > MESSAGE_MAX || length > from.remaining()) {
                throw new AssertionError("an answer of " + length + " bytes, " + from.remaining() + " are there");
            }
            ByteBuffer body = from.slice(from.position(), length);
            from.position(from.position() + length);
            int type = Byte.toUnsignedInt(body.get());
            int id = body.getInt();
            int code = body.remaining() < Integer.BYTES ? 0 : body.getInt(body.position());
            replies.add(new Reply(
                    type, id, code, StandardCharsets.ISO_8859_1.decode(body).toString()));
        }
        return replies;
    }

    /// A part of a message that is written.
    interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    /// A message of SFTP, with its length before it.
    static byte[] message(int type, Body body) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeByte(type);
            body.write(out);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return ByteBuffer.allocate(Integer.BYTES + bytes.size())
                .putInt(bytes.size())
                .put(bytes.toByteArray())
                .array();
    }

    static byte[] init() {
        return message(INIT, out -> out.writeInt(3));
    }

    static byte[] open(int id, String path, int flags) {
        return message(OPEN, out -> {
            out.writeInt(id);
            string(out, path.getBytes(StandardCharsets.UTF_8));
            out.writeInt(flags);
            out.writeInt(0);
        });
    }

    static byte[] close(int id, int handle) {
        return message(CLOSE, out -> {
            out.writeInt(id);
            handle(out, handle);
        });
    }

    static byte[] write(int id, int handle, long position, String text) {
        return message(WRITE, out -> {
            out.writeInt(id);
            handle(out, handle);
            out.writeLong(position);
            string(out, text.getBytes(StandardCharsets.UTF_8));
        });
    }

    static byte[] read(int id, int handle, long position, int length) {
        return message(READ, out -> {
            out.writeInt(id);
            handle(out, handle);
            out.writeLong(position);
            out.writeInt(length);
        });
    }

    /// Sets times by path.
    static byte[] setTimes(int id, String path, long seconds) {
        return message(SETSTAT, out -> {
            out.writeInt(id);
            string(out, path.getBytes(StandardCharsets.UTF_8));
            out.writeInt(8);
            out.writeInt((int) seconds);
            out.writeInt((int) seconds);
        });
    }

    static void string(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static void handle(DataOutputStream out, int handle) throws IOException {
        out.writeInt(Integer.BYTES);
        out.writeInt(handle);
    }

    @Override
    public void close() {
        client.stop();
    }
}
