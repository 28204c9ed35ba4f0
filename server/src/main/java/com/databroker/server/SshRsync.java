package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Gate;
import com.databroker.access.Principal;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.files.FilePlane;
import com.databroker.files.Workspace;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// rsync by SSH, as `rsync -e ssh … user@broker::files/…` speaks it: the machine's own rsync is a daemon for one
/// client, in a [Workspace] that has what the client may read, and what it leaves there goes through the files
/// plane. Nothing of the client's command line reaches it; only then the exit status is sent.
final class SshRsync extends SshCommand {
    /// The one command line that there is.
    static final String LINE = "rsync --server --daemon .";

    private static final String OFF = "off";
    private static final Logger LOG = LoggerFactory.getLogger(SshRsync.class);

    /// What rsync itself says where some files could not be transferred.
    private static final int PARTIAL = 23;

    /// Ends of which rsync tells that everything it could do is done: nothing failed, some could not be
    /// transferred, some vanished at the sender, more were to be deleted than allowed.
    private static final Set<Integer> WHOLE = Set.of(0, PARTIAL, 24, 25);

    private static final int SAID_MAX = 1000;
    private static final int COPY_BYTES = 64 << 10;
    private static final long END_SECONDS = 10;

    private final Config.SshConfig config;
    private final Gate gate;
    private final FilePlane plane;
    private final Busy busy;
    private @Nullable Workspace workspace;

    private SshRsync(Config.SshConfig config, Gate gate, FilePlane plane, Busy busy) {
        this.config = config;
        this.gate = gate;
        this.plane = plane;
        this.busy = busy;
    }

    static Command command(String line, Config.SshConfig config, Gate gate, FilePlane plane, Busy busy) {
        if (line.equals(LINE) && !config.rsync().equals(OFF)) {
            return new SshRsync(config, gate, plane, busy);
        }
        return new SshRefusal(
                line.startsWith("rsync ") && !config.rsync().equals(OFF)
                        ? "rsync is offered with two colons: rsync -e ssh … user@host::files/path"
                        : "there are no commands here: use sftp or scp, or rsync with host::files/path");
    }

    @Override
    int run(ChannelSession channel, SshInbox inbox, SshOutput output) throws IOException {
        busy.begin();
        SshFiles files = new SshFiles(
                plane, gate, SshUsers.session(channel.getSession()), SshUsers.address(channel.getSession()));
        Workspace own;
        try {
            own = plane.workspace();
            workspace = own;
        } catch (ProblemException refused) {
            output.say(refused.line() + "\n");
            return PARTIAL;
        }
        Process process;
        try {
            process = start(own);
        } catch (IOException missing) {
            LOG.atError().setCause(missing).log("rsync could not be started (ssh.rsync)");
            output.say("databroker: rsync could not be started (ssh.rsync)\n");
            return 1;
        }
        SshRsyncHead head = new SshRsyncHead();
        int status;
        try {
            status = relay(process, head, files, inbox, output);
        } finally {
            // Ended already, but where something failed here: nothing may go on in a workspace that is taken away.
            process.destroyForcibly();
        }
        if (!head.isUpload()) {
            return status;
        }
        int refused = takeIn(own, files, WHOLE.contains(status), output);
        return refused > 0 && status == 0 ? PARTIAL : status;
    }

    @Override
    void ended() {
        if (workspace != null) {
            workspace.close();
        }
        busy.end();
    }

    private Process start(Workspace own) throws IOException {
        Path settings = own.folder().resolve("rsyncd.conf");
        Files.writeString(settings, "");
        Files.writeString(settings, settings(own, settings));
        ProcessBuilder builder =
                new ProcessBuilder(config.rsync(), "--server", "--daemon", "--config=" + settings, ".");
        String path = builder.environment().getOrDefault("PATH", "/usr/bin:/bin");
        builder.environment().clear();
        builder.environment().put("PATH", path);
        return builder.directory(own.folder().toFile()).start();
    }

    private String settings(Workspace own, Path settings) throws IOException {
        int mode = ((Number) Files.getAttribute(settings, "unix:mode")).intValue() & 0666;
        int user = ((Number) Files.getAttribute(settings, "unix:uid")).intValue();
        int group = ((Number) Files.getAttribute(settings, "unix:gid")).intValue();
        int folders = mode | ((mode & 0444) >> 2);
        String identity = user == 0 ? "uid = " + user + "\ngid = " + group + "\n" : "";
        return identity
                + "use chroot = no\n"
                + "numeric ids = yes\n"
                + "list = no\n"
                + "reverse lookup = no\n"
                + "max connections = 1\n"
                + "lock file = " + own.folder().resolve("lock") + "\n"
                + "log file = " + own.folder().resolve("log") + "\n"
                + "timeout = " + config.idleTimeout().toSeconds() + "\n"
                + "munge symlinks = yes\n"
                + String.format(Locale.ROOT, "incoming chmod = D%o,F%o%n", folders, mode)
                // A name with a leading dot is none here. rsync's own are made beside these rules.
                + "exclude = .*\n"
                // What writes into a file that is there, or beside the module, is not among these.
                + "refuse options = * !a !archive !v !q !c !u !I !n !O !J !W !z !compress* !new-compress !old-compress"
                + " !size-only !existing !ignore-existing !ignore-errors !ignore-missing-args !delete* !force"
                + " !max-delete !max-size !min-size !partial !timeout !bwlimit !checksum* !block-size !modify-window"
                + " !m !prune-empty-dirs !relative !implied-dirs !no-implied-dirs !mkpath !i !log-format !stats"
                + " !info !debug !h !e !8 !S? !L !k? !whole-file !no-W !no-whole-file !trust-sender !from0"
                + " !iconv !dirs !itemize-changes !progress !numeric-ids !executability\n"
                + "[" + SshRsyncHead.MODULE + "]\n"
                + "path = " + own.tree() + "\n"
                + "read only = no\n";
    }

    /// Carries bytes between client and process until the process ends.
    ///
    /// @return the exit status
    private int relay(Process process, SshRsyncHead head, SshFiles files, SshInbox inbox, SshOutput output)
            throws IOException {
        process.onExit().thenRun(inbox::close);
        Thread out = Thread.ofVirtual().start(() -> carry(process.getInputStream(), output::send));
        Thread err = Thread.ofVirtual()
                .start(() -> carry(
                        process.getErrorStream(),
                        (bytes, count) -> output.say(new String(bytes, 0, count, StandardCharsets.UTF_8))));
        try (OutputStream to = process.getOutputStream()) {
            for (ByteBuffer part = inbox.next(COPY_BYTES); part != null; part = inbox.next(COPY_BYTES)) {
                if (!head.isComplete()) {
                    int held = head.take(part);
                    to.write(head.forward(), 0, held);
                    if (head.isComplete()) {
                        lend(head, files);
                        to.write(head.rest());
                    }
                } else {
                    to.write(part.array(), part.arrayOffset() + part.position(), part.remaining());
                }
                to.flush();
            }
        } catch (IOException ended) {
            LOG.atDebug().setCause(ended).log("rsync ended before its client");
        } catch (ProblemException refused) {
            process.destroy();
            output.say(refused.line() + "\n");
        }
        int status = end(process);
        await(out);
        await(err);
        return status;
    }

    private void lend(SshRsyncHead head, SshFiles files) {
        Principal principal = files.principal();
        Workspace own = workspace;
        if (own != null) {
            for (String path : head.paths()) {
                own.lend(path, (below, folder) -> FileGrants.isVisible(principal, below, folder));
            }
        }
    }

    private static int end(Process process) {
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
            return process.waitFor();
        } catch (InterruptedException stopped) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    private static void await(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }

    @FunctionalInterface
    private interface Sink {
        void take(byte[] bytes, int count) throws IOException;
    }

    private static void carry(InputStream from, Sink to) {
        byte[] buffer = new byte[COPY_BYTES];
        try (from) {
            for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
                to.take(buffer, count);
            }
        } catch (IOException gone) {
            LOG.atDebug().setCause(gone).log("rsync or its client is gone");
        }
    }

    private static int takeIn(Workspace own, SshFiles files, boolean whole, SshOutput output) {
        Principal by;
        try {
            by = files.principal();
        } catch (ProblemException revoked) {
            return 1;
        }
        int[] refused = {0};
        own.takeIn(
                by,
                new Workspace.Rights() {
                    @Override
                    public void write(String path) {
                        files.require(Action.WRITE, path);
                    }

                    @Override
                    public void delete(String path) {
                        FileGrants.checkMayGo(path);
                        files.require(Action.DELETE, path);
                    }

                    @Override
                    public void refused(String path, ProblemException why) {
                        refused[0]++;
                        say(output, refused[0], path, why);
                    }
                },
                whole);
        return refused[0];
    }

    private static void say(SshOutput output, int number, String path, ProblemException why) {
        try {
            if (number <= SAID_MAX) {
                output.say(path + ": " + why.line() + "\n");
            }
        } catch (IOException gone) {
            LOG.atDebug().setCause(gone).log("nobody is there to be told");
        }
    }

    /// Why a client is turned away before rsync is asked.
    static ProblemException malformed(String why) {
        return new ProblemException(Problem.MESSAGE_INVALID, "this is not rsync's protocol: " + why);
    }
}
