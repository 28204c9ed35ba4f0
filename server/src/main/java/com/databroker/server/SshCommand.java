package com.databroker.server;

import com.databroker.core.Span;
import com.databroker.core.Trace;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Locale;
import org.apache.sshd.server.Environment;
import org.apache.sshd.server.ExitCallback;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.channel.ChannelSessionAware;
import org.apache.sshd.server.command.Command;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What runs on a channel: on a virtual thread of its own, from the client's request to the exit status.
abstract class SshCommand implements Command, ChannelSessionAware {
    private static final Logger LOG = LoggerFactory.getLogger(SshCommand.class);

    private @Nullable ExitCallback exit;
    private @Nullable SshInbox inbox;

    /// Does all there is to do, until the client ends the channel.
    ///
    /// @return the exit status
    /// @throws IOException where the client went away
    abstract int run(ChannelSession channel, SshInbox inbox, SshOutput output) throws IOException;

    /// Called when the client was told the end, to give back what is held.
    void ended() {
        // Nothing is held by most.
    }

    @Override
    public void setChannelSession(ChannelSession channel) {
        SshInbox fresh = new SshInbox(channel);
        inbox = fresh;
        // Before the library would read into a buffer of its own.
        channel.setDataReceiver(fresh);
    }

    @Override
    public void start(ChannelSession channel, Environment environment) {
        SshInbox in = inbox;
        ExitCallback callback = exit;
        if (in == null || callback == null) {
            throw new IllegalStateException("a command is started before its channel is known");
        }
        Thread.ofVirtual().start(() -> {
            Span span = Trace.door(name(), Span.Kind.SERVER, null, null);
            Trace.in(span, () -> serve(channel, in, callback, span));
        });
    }

    /// `ssh sftp`, `ssh rsync`, as its class is called.
    private String name() {
        return "ssh " + getClass().getSimpleName().substring("Ssh".length()).toLowerCase(Locale.ROOT);
    }

    private void serve(ChannelSession channel, SshInbox in, ExitCallback callback, Span span) {
        int status = 1;
        try (span) {
            status = status(channel, in);
            span.put("network.protocol.name", "ssh").put("process.exit.code", status);
        } finally {
            // Whatever it failed by: the client must not wait for it.
            end(callback, status);
        }
    }

    private void end(ExitCallback callback, int status) {
        try {
            callback.onExit(status);
        } finally {
            ended();
        }
    }

    private int status(ChannelSession channel, SshInbox in) {
        try {
            return run(channel, in, new SshOutput(channel));
        } catch (IOException gone) {
            LOG.atDebug().setCause(gone).log("a client went away");
        } catch (RuntimeException failed) {
            LOG.atError().setCause(failed).log("a command failed");
        }
        return 1;
    }

    @Override
    public void destroy(ChannelSession channel) {
        if (inbox != null) {
            inbox.abort();
        }
    }

    @Override
    public void setExitCallback(ExitCallback callback) {
        this.exit = callback;
    }

    @Override
    public void setInputStream(InputStream in) {
        // There is an inbox instead.
    }

    @Override
    public void setOutputStream(OutputStream out) {
        // Packets are written as they are.
    }

    @Override
    public void setErrorStream(OutputStream err) {
        // As above.
    }
}
