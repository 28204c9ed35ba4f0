package com.databroker.server;

import com.databroker.access.Gate;
import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.files.FileEntry;
import com.databroker.files.FilePlane;
import java.io.EOFException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.sshd.server.channel.ChannelSession;
import org.apache.sshd.server.command.Command;
import org.apache.sshd.server.subsystem.SubsystemFactory;
import org.jspecify.annotations.Nullable;

/// SFTP, version 3 as everybody speaks it: the messages, one after the other, and what each does to
/// [SshFiles]. Every path is the files plane's; none is the machine's.
///
/// Bytes of a file go from the client's packets into the draft, and from the disk into packets, without being
/// gathered in between.
final class SshSftp extends SshCommand {
    private static final int VERSION = 3;
    private static final int MESSAGE_MAX = 256 << 10;

    /// What one read or write may move: OpenSSH's clients ask, and then use it.
    private static final int DATA_MAX = MESSAGE_MAX - 1024;

    private static final int HANDLE_BYTES = 4;
    private static final int SAID_MAX = 64 << 10;

    /// A write up to its bytes: number, handle, position, length.
    private static final int WRITE_HEAD = 4 + 4 + HANDLE_BYTES + 8 + 4;

    private static final int OPEN_READ = 1;
    private static final int OPEN_WRITE = 2;
    private static final int OPEN_APPEND = 4;
    private static final int OPEN_CREATE = 8;
    private static final int OPEN_TRUNCATE = 0x10;
    private static final int OPEN_EXCLUSIVE = 0x20;

    private final Config.SshConfig config;
    private final Gate gate;
    private final FilePlane plane;
    private final Busy busy;
    private final Map<Integer, SshHandle> handles = new HashMap<>();
    private int lastHandle;
    private int said;

    private SshSftp(Config.SshConfig config, Gate gate, FilePlane plane, Busy busy) {
        this.config = config;
        this.gate = gate;
        this.plane = plane;
        this.busy = busy;
    }

    static SubsystemFactory factory(Config.SshConfig config, Gate gate, FilePlane plane, Busy busy) {
        return new SubsystemFactory() {
            @Override
            public String getName() {
                return "sftp";
            }

            @Override
            public Command createSubsystem(ChannelSession channel) {
                return new SshSftp(config, gate, plane, busy);
            }
        };
    }

    @Override
    int run(ChannelSession channel, SshInbox inbox, SshOutput output) throws IOException {
        SshFiles files = new SshFiles(
                plane, gate, SshUsers.session(channel.getSession()), SshUsers.address(channel.getSession()));
        byte[] head = new byte[Integer.BYTES + 1];
        try {
            while (inbox.fill(head, head.length)) {
                int length = ByteBuffer.wrap(head).getInt() - 1;
                if (length < 0 || length > MESSAGE_MAX) {
                    throw new EOFException("a message of " + length + " bytes");
                }
                answer(head[Integer.BYTES], length, files, inbox, output);
            }
            return 0;
        } finally {
            // What was not closed by the client is nobody's.
            for (SshHandle handle : List.copyOf(handles.values())) {
                release(handle);
            }
        }
    }

    private void answer(int type, int length, SshFiles files, SshInbox inbox, SshOutput output) throws IOException {
        if (type == SshMessage.WRITE) {
            write(length, inbox, output);
            return;
        }
        byte[] body = new byte[length];
        if (length > 0 && !inbox.fill(body, length)) {
            throw new EOFException("a message without its body");
        }
        ByteBuffer message = ByteBuffer.wrap(body);
        if (type == SshMessage.INIT) {
            output.send(
                    new SshReply(SshMessage.VERSION)
                            .putInt(VERSION)
                            .putText(SshMessage.POSIX_RENAME)
                            .putText("1")
                            .putText(SshMessage.LIMITS)
                            .putText("1")
                            .message(0),
                    0,
                    into -> {});
            return;
        }
        if (length < Integer.BYTES) {
            throw new EOFException("a request without a number");
        }
        int id = message.getInt();
        try {
            reply(type, id, message, files, output);
        } catch (BufferUnderflowException | IllegalArgumentException malformed) {
            status(output, id, SshMessage.BAD_MESSAGE, "malformed request");
        } catch (ProblemException refused) {
            refuse(output, id, refused, type);
        }
    }

    private void reply(int type, int id, ByteBuffer message, SshFiles files, SshOutput output) throws IOException {
        switch (type) {
            case SshMessage.OPEN -> open(id, message, files, output);
            case SshMessage.CLOSE -> close(id, message, files, output);
            case SshMessage.READ -> read(id, message, output);
            case SshMessage.STAT, SshMessage.LSTAT -> attributes(id, files.stat(path(message)), output);
            case SshMessage.FSTAT -> attributes(id, entry(handle(message), files), output);
            case SshMessage.SETSTAT -> set(id, path(message), SshAttributes.read(message), files, output);
            case SshMessage.FSETSTAT -> set(id, handle(message), SshAttributes.read(message), output);
            case SshMessage.OPENDIR -> handle(id, keep(files.folder(path(message))), output);
            case SshMessage.READDIR -> list(id, message, files, output);
            case SshMessage.REMOVE -> done(id, output, () -> files.delete(path(message), false));
            case SshMessage.RMDIR -> done(id, output, () -> files.delete(path(message), true));
            case SshMessage.MKDIR -> done(id, output, () -> files.makeFolder(path(message)));
            case SshMessage.RENAME -> done(id, output, () -> files.move(path(message), path(message), false));
            case SshMessage.REALPATH -> {
                byte[] name = ("/" + path(message)).getBytes(StandardCharsets.UTF_8);
                SshReply reply = new SshReply(SshMessage.NAME, id)
                        .putInt(1)
                        .putBytes(name)
                        .putBytes(name);
                output.send(reply.putInt(0).message(0), 0, into -> {});
            }
            case SshMessage.EXTENDED -> extended(id, message, files, output);
            // Links of either kind among them: there are none here.
            default -> status(output, id, SshMessage.UNSUPPORTED, "not offered here");
        }
    }

    private void extended(int id, ByteBuffer message, SshFiles files, SshOutput output) throws IOException {
        switch (new String(SshReply.bytes(message), StandardCharsets.UTF_8)) {
            case SshMessage.POSIX_RENAME -> done(id, output, () -> files.move(path(message), path(message), true));
            case SshMessage.LIMITS ->
                output.send(
                        new SshReply(SshMessage.EXTENDED_REPLY, id)
                                .putLong(MESSAGE_MAX)
                                .putLong(DATA_MAX)
                                .putLong(DATA_MAX)
                                .putLong(config.handlesMax())
                                .message(0),
                        0,
                        into -> {});
            default -> status(output, id, SshMessage.UNSUPPORTED, "not offered here");
        }
    }

    private static String path(ByteBuffer message) {
        return SshPath.of(SshReply.bytes(message));
    }

    private SshHandle handle(ByteBuffer message) {
        byte[] bytes = SshReply.bytes(message);
        SshHandle handle = bytes.length == HANDLE_BYTES
                ? handles.get(ByteBuffer.wrap(bytes).getInt())
                : null;
        if (handle == null) {
            throw new ProblemException(Problem.BAD_REQUEST, "there is no such handle");
        }
        return handle;
    }

    /// @throws ProblemException [Problem#UNAVAILABLE] where too many are open
    private int keep(SshHandle handle) {
        if (handles.size() >= config.handlesMax()) {
            handle.close();
            throw new ProblemException(Problem.UNAVAILABLE, handles.size() + " files are open (limit ssh.handles-max)");
        }
        if (handle instanceof SshWriting) {
            busy.begin();
        }
        lastHandle++;
        handles.put(lastHandle, handle);
        return lastHandle;
    }

    private void release(SshHandle handle) {
        if (handles.values().remove(handle)) {
            try {
                handle.close();
            } finally {
                if (handle instanceof SshWriting) {
                    busy.end();
                }
            }
        }
    }

    private void open(int id, ByteBuffer message, SshFiles files, SshOutput output) throws IOException {
        String path = path(message);
        int flags = message.getInt();
        boolean reads = (flags & OPEN_READ) != 0;
        if ((flags & OPEN_WRITE) == 0) {
            handle(id, keep(files.read(path)), output);
            return;
        }
        boolean creates = (flags & OPEN_CREATE) != 0;
        SshFiles.Opening how = new SshFiles.Opening(
                creates,
                (flags & OPEN_EXCLUSIVE) != 0,
                (flags & OPEN_TRUNCATE) != 0,
                (flags & OPEN_APPEND) != 0,
                reads);
        handle(id, keep(files.write(path, how)), output);
    }

    private void close(int id, ByteBuffer message, SshFiles files, SshOutput output) throws IOException {
        SshHandle handle = handle(message);
        try {
            if (handle instanceof SshWriting writing) {
                files.commit(writing);
            }
        } finally {
            release(handle);
        }
        status(output, id, SshMessage.OK, "");
    }

    private void read(int id, ByteBuffer message, SshOutput output) throws IOException {
        SshHandle handle = handle(message);
        long position = message.getLong();
        int wanted = (int) Math.min(Integer.toUnsignedLong(message.getInt()), DATA_MAX);
        long size = size(handle);
        if (position < 0 || position >= size || wanted == 0) {
            status(output, id, SshMessage.EOF, "");
            return;
        }
        int length = (int) Math.min(wanted, size - position);
        ByteBuffer head = new SshReply(SshMessage.DATA, id).putInt(length).message(length);
        long[] at = {position};
        output.send(head, length, into -> {
            int count = read(handle, into, at[0]);
            if (count <= 0) {
                // It was announced already; another program has cut the file short.
                throw new EOFException("a file ended before its size");
            }
            at[0] += count;
        });
    }

    private static long size(SshHandle handle) {
        return switch (handle) {
            case SshHandle.Reading reading -> reading.file().entry().size();
            case SshWriting writing when writing.isReadable() -> writing.size();
            case SshWriting _, SshHandle.Folder _ ->
                throw new ProblemException(Problem.FORBIDDEN, "it is not open for reading");
        };
    }

    private static int read(SshHandle handle, ByteBuffer into, long position) throws IOException {
        if (handle instanceof SshWriting writing) {
            return writing.read(into, position);
        }
        SshHandle.Reading reading = (SshHandle.Reading) handle;
        Bytes bytes = reading.file().bytes();
        if (bytes == null) {
            return reading.file().channel().read(into, position);
        }
        int count = (int) Math.min(into.remaining(), bytes.length() - position);
        into.put(bytes.asReadOnlyBuffer().slice((int) position, count));
        return count;
    }

    private void write(int length, SshInbox inbox, SshOutput output) throws IOException {
        byte[] head = new byte[WRITE_HEAD];
        if (length < WRITE_HEAD || !inbox.fill(head, WRITE_HEAD)) {
            throw new EOFException("a write without its head");
        }
        ByteBuffer message = ByteBuffer.wrap(head);
        int id = message.getInt();
        ProblemException failed = null;
        SshWriting writing = null;
        long position = 0;
        int left = length - WRITE_HEAD;
        try {
            if (!(handle(message) instanceof SshWriting open)) {
                throw new ProblemException(Problem.FORBIDDEN, "it is not open for writing");
            }
            writing = open;
            position = message.getLong();
            if (message.getInt() != left || position < 0) {
                throw new ProblemException(Problem.BAD_REQUEST, "a write says another length than it has");
            }
        } catch (ProblemException refused) {
            failed = refused;
        } catch (BufferUnderflowException malformed) {
            failed = new ProblemException(Problem.BAD_REQUEST, "there is no such handle", malformed);
        }
        while (left > 0) {
            ByteBuffer part = inbox.next(left);
            if (part == null) {
                throw new EOFException("the client ended within a write");
            }
            int count = part.remaining();
            left -= count;
            if (failed == null && writing != null) {
                failed = write(writing, part, position);
                position += count;
            }
        }
        if (failed == null) {
            status(output, id, SshMessage.OK, "");
        } else {
            refuse(output, id, failed, SshMessage.WRITE);
        }
    }

    private static @Nullable ProblemException write(SshWriting writing, ByteBuffer part, long position) {
        try {
            writing.write(part, position);
            return null;
        } catch (ProblemException refused) {
            return refused;
        }
    }

    private static FileEntry entry(SshHandle handle, SshFiles files) {
        return switch (handle) {
            case SshHandle.Reading reading -> reading.file().entry();
            case SshHandle.Folder folder -> files.stat(folder.path);
            case SshWriting writing -> files.draft(writing);
        };
    }

    private static void attributes(int id, FileEntry entry, SshOutput output) throws IOException {
        SshReply reply = new SshReply(SshMessage.ATTRS, id);
        SshAttributes.write(reply, entry);
        output.send(reply.message(0), 0, into -> {});
    }

    private void set(int id, SshHandle handle, SshAttributes wanted, SshOutput output) throws IOException {
        if (!(handle instanceof SshWriting writing) || wanted.owner()) {
            throw new ProblemException(
                    Problem.FORBIDDEN, "files here have no owner, and this one is not being written");
        }
        set(writing, wanted);
        status(output, id, SshMessage.OK, "");
    }

    private static void set(SshWriting writing, SshAttributes wanted) {
        if (wanted.size() >= 0) {
            writing.setSize(wanted.size());
        }
        if (wanted.modified() >= 0) {
            writing.setModified(wanted.modified());
        }
    }

    /// Permissions are grants, and stay as they are. What this client is writing there is what it speaks of.
    private void set(int id, String path, SshAttributes wanted, SshFiles files, SshOutput output) throws IOException {
        if (wanted.owner()) {
            throw new ProblemException(Problem.FORBIDDEN, "files here have no owner");
        }
        SshWriting open = written(path);
        if (open != null) {
            set(open, wanted);
        } else {
            if (wanted.size() >= 0) {
                cut(path, wanted.size(), files);
            }
            files.setModified(path, wanted.modified());
        }
        status(output, id, SshMessage.OK, "");
    }

    private @Nullable SshWriting written(String path) {
        for (SshHandle handle : handles.values()) {
            if (handle instanceof SshWriting writing && writing.upload.path().equals(path)) {
                return writing;
            }
        }
        return null;
    }

    private void cut(String path, long size, SshFiles files) {
        files.stat(path);
        SshWriting writing = files.write(path, new SshFiles.Opening(false, false, false, false, false));
        keep(writing);
        try {
            writing.setSize(size);
            files.commit(writing);
        } finally {
            release(writing);
        }
    }

    private void list(int id, ByteBuffer message, SshFiles files, SshOutput output) throws IOException {
        if (!(handle(message) instanceof SshHandle.Folder folder)) {
            throw new ProblemException(Problem.BAD_REQUEST, "it is not a folder");
        }
        boolean first = !folder.begun;
        List<FileEntry> entries = folder.isDone() ? List.of() : files.next(folder);
        if (entries.isEmpty() && !first) {
            status(output, id, SshMessage.EOF, "");
            return;
        }
        SshReply reply = new SshReply(SshMessage.NAME, id).putInt(entries.size() + (first ? 2 : 0));
        if (first) {
            FileEntry own = files.stat(folder.path);
            name(reply, own, ".");
            name(reply, own, "..");
        }
        entries.forEach(entry -> name(reply, entry, entry.name()));
        output.send(reply.message(0), 0, into -> {});
    }

    private static void name(SshReply reply, FileEntry entry, String name) {
        reply.putText(name).putBytes(SshAttributes.line(entry, name));
        SshAttributes.write(reply, entry);
    }

    private static void done(int id, SshOutput output, Runnable work) throws IOException {
        work.run();
        status(output, id, SshMessage.OK, "");
    }

    private static void handle(int id, int handle, SshOutput output) throws IOException {
        output.send(
                new SshReply(SshMessage.HANDLE, id)
                        .putInt(HANDLE_BYTES)
                        .putInt(handle)
                        .message(0),
                0,
                into -> {});
    }

    private void refuse(SshOutput output, int id, ProblemException refused, int type) throws IOException {
        String line = refused.line();
        if (SshMessage.isWorthSaying(type, refused.problem()) && said < SAID_MAX) {
            said += line.length();
            output.say(line + "\n");
        }
        status(output, id, SshMessage.status(refused.problem(), type), line);
    }

    private static void status(SshOutput output, int id, int status, String text) throws IOException {
        output.send(
                new SshReply(SshMessage.STATUS, id)
                        .putInt(status)
                        .putText(text)
                        .putText("en")
                        .message(0),
                0,
                into -> {});
    }
}
