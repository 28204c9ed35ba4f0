package com.databroker.files;

import com.databroker.access.Principal;
import com.databroker.core.FileChange;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Span;
import com.databroker.core.Trace;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A file on its way in: bytes are written to a draft that nobody sees, and [#commit] makes it the file, or
/// nothing does.
///
/// Bytes may be written anywhere; in order they are hashed on the way, otherwise once more at the end.
/// Calls from several threads take turns.
public final class Upload implements AutoCloseable {
    private static final int COPY_BYTES = 256 << 10;

    private final FilePlane plane;
    private final String path;
    private final Principal by;
    private final Disk.Draft draft;
    private final Quotas.Claim claim;
    private final long announced;
    private MessageDigest digest = Sha256.digest();
    private long hashed;
    private boolean inOrder = true;
    private long size;
    private @Nullable Sha256 sha256;
    private boolean published;
    private boolean kept;
    private boolean closed;

    /// @param claim room for it, which is released with it unless it is [kept][#keep]
    /// @param announced bytes that the claim covers from the beginning
    Upload(FilePlane plane, String path, Principal by, Disk.Draft draft, Quotas.Claim claim, long announced) {
        this.plane = plane;
        this.path = path;
        this.by = by;
        this.draft = draft;
        this.claim = claim;
        this.announced = announced;
    }

    /// A draft that something else has written.
    static Upload adopt(
            FilePlane plane, String path, Principal by, Disk.Draft draft, Quotas.Claim claim, long announced)
            throws IOException {
        Upload upload = new Upload(plane, path, by, draft, claim, announced);
        upload.size = draft.state().size();
        upload.inOrder = upload.size == 0;
        plane.rules().checkSize(path, upload.size);
        return upload;
    }

    /// The path that it is to have.
    public String path() {
        return path;
    }

    public synchronized long size() {
        return size;
    }

    /// Writes all of `bytes` at `position`.
    ///
    /// @throws ProblemException [Problem#PAYLOAD_TOO_LARGE], [Problem#QUOTA_EXCEEDED], [Problem#STORAGE_FULL],
    ///     [Problem#STORAGE_FAILED]
    public synchronized void write(ByteBuffer bytes, long position) {
        int length = bytes.remaining();
        long end = position > Long.MAX_VALUE - length ? Long.MAX_VALUE : position + length;
        plane.rules().checkSize(path, end);
        holdRoom(Math.max(size, end));
        if (inOrder && position == hashed) {
            digest.update(bytes.duplicate());
            hashed += length;
        } else {
            inOrder = false;
        }
        sha256 = null;
        try {
            draft.write(bytes, position);
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
        size = Math.max(size, position + length);
    }

    private void holdRoom(long bytes) {
        claim.resize(Math.max(bytes, announced));
    }

    /// Writes a stream to the end.
    ///
    /// @param length announced number of bytes, -1 where none was
    /// @throws ProblemException [Problem#BODY_INCOMPLETE] where fewer or more came, and as [#write]
    public void append(InputStream body, long length) {
        byte[] buffer = new byte[COPY_BYTES];
        long start = size();
        long at = start;
        try (Span span = Trace.step("files.receive")) {
            for (int read = readWhatIsThere(body, buffer); read >= 0; read = readWhatIsThere(body, buffer)) {
                write(ByteBuffer.wrap(buffer, 0, read), at);
                at += read;
            }
            span.put("databroker.bytes", at - start);
        } catch (IOException broken) {
            throw DiskProblems.problem(path, broken);
        }
        if (length >= 0 && at - start != length) {
            throw new ProblemException(
                    Problem.BODY_INCOMPLETE, (at - start) + " bytes came of " + length + " that were announced");
        }
    }

    /// Few large writes: the pieces of a body are as small as the network likes. Waits for the first only.
    private static int readWhatIsThere(InputStream body, byte[] buffer) throws IOException {
        int filled = body.read(buffer);
        while (filled > 0 && filled < buffer.length && body.available() > 0) {
            int more = body.read(buffer, filled, buffer.length - filled);
            if (more < 0) {
                break;
            }
            filled += more;
        }
        return filled;
    }

    /// Reads what was written.
    ///
    /// @return number of bytes, -1 at the end
    public synchronized int read(ByteBuffer into, long position) {
        try {
            return draft.read(into, position);
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    /// Cuts off what is beyond `length`, or adds zeros up to it.
    public synchronized void setSize(long length) {
        plane.rules().checkSize(path, length);
        if (length == size) {
            return;
        }
        holdRoom(Math.max(size, length));
        inOrder = false;
        sha256 = null;
        try {
            if (length > size) {
                draft.write(ByteBuffer.wrap(new byte[1]), length - 1);
            } else {
                draft.truncate(length);
            }
            size = length;
            holdRoom(length);
            if (length == 0) {
                digest = Sha256.digest();
                hashed = 0;
                inOrder = true;
            }
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    /// Gives it a time of modification, in nanoseconds since 1970.
    public synchronized void setModified(long nanos) {
        try {
            draft.setModified(nanos);
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    /// Has the validators look at it, as [#commit] does.
    ///
    /// @throws ProblemException what a validator says, [Problem#MEDIA_TYPE_UNSUPPORTED]
    public void validate() {
        plane.rules().checkType(path);
        if (plane.rules().hasValidator(path)) {
            try (Span _ = Trace.step("files.validate")) {
                plane.rules().validate(new Candidate(path, draft.path()), by);
            }
        }
    }

    /// Makes it the file at its path. When this returns it is on the disk, and announced.
    ///
    /// @throws ProblemException as [FilePlane#put]
    public FileChange commit(Precondition precondition, FileMetadata metadata) {
        return plane.commit(List.of(this), precondition, metadata, by).getFirst();
    }

    /// The SHA-256 of what was written so far, in lower-case hexadecimal.
    public String sha256Hex() {
        try {
            return sha256().hex();
        } catch (IOException refused) {
            throw DiskProblems.problem(path, refused);
        }
    }

    synchronized Sha256 sha256() throws IOException {
        Sha256 known = sha256;
        if (known == null) {
            known = inOrder && hashed == size ? Sha256.of(copy(digest)) : reread();
            sha256 = known;
        }
        return known;
    }

    private static MessageDigest copy(MessageDigest digest) {
        try {
            return (MessageDigest) digest.clone();
        } catch (CloneNotSupportedException impossible) {
            throw new IllegalStateException("the JDK's SHA-256 can be copied", impossible);
        }
    }

    private Sha256 reread() throws IOException {
        MessageDigest fresh = Sha256.digest();
        ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
        long at = 0;
        for (int read = draft.read(buffer.clear(), at); read >= 0; read = draft.read(buffer.clear(), at)) {
            fresh.update(buffer.flip());
            at += read;
        }
        return Sha256.of(fresh);
    }

    FileState state() throws IOException {
        return draft.state();
    }

    void force() throws IOException {
        draft.force();
    }

    /// The name of the draft.
    String draft() {
        return draft.name();
    }

    /// Room that is held for it; what becomes the file releases it when the file is counted.
    Quotas.Claim claim() {
        return claim;
    }

    synchronized void published() {
        published = true;
    }

    /// Leaves the draft where it is when this is closed.
    synchronized void keep() {
        kept = true;
    }

    /// Throws the draft away, where it did not become the file.
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        plane.ended();
        if (!kept) {
            claim.release();
        }
        try {
            draft.close();
            if (!published && !kept) {
                plane.disk().deleteDraft(draft.name());
            }
        } catch (IOException stays) {
            // It is removed at the next start, and never shown.
        }
    }
}
