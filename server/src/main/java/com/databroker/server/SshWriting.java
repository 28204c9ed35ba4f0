package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.files.OpenFile;
import com.databroker.files.Precondition;
import com.databroker.files.Upload;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// A file on its way in: nobody sees it, and nobody ever will where the client does not close it.
///
/// Where the client did not ask for an empty file, the bytes of the old one are there, but are copied only
/// once they matter: `scp` opens so, writes all from the beginning, and cuts off what is left over.
///
/// ```text
///        0 ──────────── laid ──────────── kept
/// draft  │ as written   │ nothing yet     │
/// old    │              │ still to copy   │ cut off
/// ```
final class SshWriting implements SshHandle {
    private static final int COPY_BYTES = 256 << 10;

    final Upload upload;
    final Precondition precondition;
    private final boolean appends;
    private final boolean readable;
    private final @Nullable OpenFile old;
    private long laid;
    private long kept;
    private boolean changed;
    private long modified = -1;
    private @Nullable ProblemException failed;

    /// @param old what is there, null to begin with nothing; closed with this
    /// @param appends writes at the end, wherever the client says
    /// @param readable gives back what is written
    SshWriting(Upload upload, Precondition precondition, @Nullable OpenFile old, boolean appends, boolean readable) {
        this.upload = upload;
        this.precondition = precondition;
        this.old = old;
        this.appends = appends;
        this.readable = readable;
        this.kept = old == null ? 0 : old.entry().size();
        this.changed = old == null;
    }

    long size() {
        return Math.max(upload.size(), kept);
    }

    boolean isReadable() {
        return readable;
    }

    /// Seconds since 1970, -1 where the client said nothing.
    long modified() {
        return modified;
    }

    void setModified(long seconds) {
        modified = seconds;
    }

    /// Whether the file is to be another than before.
    boolean isChanged() {
        return changed;
    }

    /// Writes at `position`, or at the end where that was asked for.
    ///
    /// @throws ProblemException also what was thrown before: the file has a hole then, and must not be taken
    void write(ByteBuffer bytes, long position) {
        check();
        try {
            long at = appends ? size() : position;
            lay(at);
            int count = bytes.remaining();
            upload.write(bytes, at);
            laid = Math.max(laid, at + count);
            changed = true;
        } catch (ProblemException refused) {
            failed = refused;
            throw refused;
        }
    }

    void setSize(long size) {
        check();
        if (size == size()) {
            return;
        }
        try {
            kept = Math.min(kept, size);
            lay(kept);
            if (size != upload.size()) {
                upload.setSize(size);
                laid = Math.min(laid, size);
            }
            changed = true;
        } catch (ProblemException refused) {
            failed = refused;
            throw refused;
        }
    }

    /// @return number of bytes, -1 at the end
    int read(ByteBuffer into, long position) {
        lay(kept);
        return upload.read(into, position);
    }

    /// All bytes are there now.
    void finish() {
        check();
        lay(kept);
    }

    private void check() {
        if (failed != null) {
            throw failed;
        }
    }

    /// Copies the old bytes up to there.
    private void lay(long to) {
        long end = Math.min(to, kept);
        if (old == null || laid >= end) {
            return;
        }
        ByteBuffer buffer = ByteBuffer.allocate((int) Math.min(COPY_BYTES, end - laid));
        while (laid < end) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - laid));
            int count = readOld(old, buffer, laid);
            if (count <= 0) {
                throw new ProblemException(
                        Problem.STORAGE_FAILED, upload.path() + " was cut short while it was copied");
            }
            upload.write(buffer.flip(), laid);
            laid += count;
        }
    }

    private int readOld(OpenFile from, ByteBuffer into, long position) {
        Bytes bytes = from.bytes();
        try {
            if (bytes == null) {
                return from.channel().read(into, position);
            }
            int count = (int) Math.min(into.remaining(), bytes.length() - position);
            into.put(bytes.asReadOnlyBuffer().slice((int) position, count));
            return count;
        } catch (IOException unreadable) {
            throw new ProblemException(Problem.STORAGE_FAILED, upload.path() + " could not be read", unreadable);
        }
    }

    @Override
    public void close() {
        if (old != null) {
            old.close();
        }
        upload.close();
    }
}
