package com.databroker.files;

import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.FileChange;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Uploads that may be interrupted and go on later, after a restart too. What is acknowledged of one is on
/// the disk; when all of it is there it becomes the file, the way of every upload.
///
/// ```text
/// .dbk/r-<id>        the bytes so far
/// .dbk/r-<id>.info   how many of them are safe (8, big-endian), then the JSON of [Agreement]
/// ```
public final class ResumableUploads {
    /// What the names of their drafts begin with, which a start leaves in place.
    static final String PREFIX = "r-";

    private static final String INFO = ".info";
    private static final int INFO_BYTES_MAX = 64 << 10;
    private static final Logger LOG = LoggerFactory.getLogger(ResumableUploads.class);

    /// How far an upload is.
    ///
    /// @param offset bytes that are safe
    /// @param expires when it is given up unless more comes
    /// @param change what became of the file, null while bytes are missing
    public record Progress(
            String id,
            String path,
            long length,
            long offset,
            Instant expires,
            @Nullable FileChange change) {}

    /// One upload. Whoever works on it holds its monitor.
    private static final class State {
        final String id;
        final Agreement agreed;

        /// Room for all of it, from the beginning: what was let in fits at its end.
        final Quotas.Claim claim;

        long offset;
        Instant touched;
        boolean ended;

        /// Who came last; whoever has an older number reads no more.
        private int newest;

        /// Waits for bytes, and for nothing else: an interrupt anywhere else would close the file under the thread.
        private @Nullable Thread reader;

        private final Object turn = new Object();

        State(String id, Agreement agreed, Quotas.Claim claim, Instant touched) {
            this.id = id;
            this.agreed = agreed;
            this.claim = claim;
            this.touched = touched;
        }

        String draft() {
            return PREFIX + id;
        }

        /// Ends the wait of who came before.
        int supersede() {
            synchronized (turn) {
                if (reader != null) {
                    reader.interrupt();
                }
                return ++newest;
            }
        }

        boolean isUnderWay() {
            synchronized (turn) {
                return reader != null;
            }
        }

        void beginReading(int number) {
            synchronized (turn) {
                if (number != newest) {
                    throw superseded();
                }
                reader = Thread.currentThread();
            }
        }

        /// @return whether somebody else goes on
        boolean endReading(int number) {
            synchronized (turn) {
                reader = null;
                if (number != newest) {
                    Thread.interrupted();
                    return true;
                }
                return false;
            }
        }

        static ProblemException superseded() {
            return new ProblemException(Problem.BODY_INCOMPLETE, "another connection goes on with the upload");
        }
    }

    private final FilePlane plane;
    private final Disk disk;
    private final Duration expiry;
    private final int max;
    private final InstantSource clock;
    private final Map<String, State> states = new ConcurrentHashMap<>();

    /// How many there are, and are about to be.
    private final AtomicInteger begun = new AtomicInteger();

    /// Finds what earlier lives left.
    public ResumableUploads(FilePlane plane, FilesConfig config, InstantSource clock) {
        this.plane = plane;
        this.disk = plane.disk();
        this.expiry = config.resumableExpiry();
        this.max = config.uploadsMax();
        this.clock = clock;
        try {
            for (String draft : disk.drafts()) {
                if (draft.startsWith(PREFIX) && draft.endsWith(INFO)) {
                    load(draft.substring(PREFIX.length(), draft.length() - INFO.length()));
                }
            }
            for (String draft : disk.drafts()) {
                if (draft.startsWith(PREFIX)
                        && !states.containsKey(draft.substring(PREFIX.length()).replace(INFO, ""))) {
                    disk.deleteDraft(draft);
                }
            }
            begun.set(states.size());
        } catch (IOException refused) {
            throw DiskProblems.problem("the uploads", refused);
        }
    }

    private void load(String id) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(INFO_BYTES_MAX);
        try (Disk.Draft info = disk.openDraft(PREFIX + id + INFO);
                Disk.Draft draft = disk.openDraft(PREFIX + id)) {
            while (bytes.hasRemaining() && info.read(bytes, bytes.position()) >= 0) {
                // Until all is there.
            }
            bytes.flip();
            long offset = bytes.getLong();
            byte[] rest = new byte[bytes.remaining()];
            bytes.get(rest);
            Agreement agreed = Agreement.decode(Bytes.wrap(rest));
            // Bytes beyond what was forced may be anything after a power cut.
            draft.truncate(offset);
            State state =
                    new State(id, agreed, plane.quotas().claimAgain(agreed.path(), agreed.length()), clock.instant());
            state.offset = offset;
            states.put(id, state);
        } catch (IOException | RuntimeException torn) {
            LOG.atWarn()
                    .addKeyValue("upload", id)
                    .setCause(torn)
                    .log("an interrupted upload cannot be read; it is lost");
        }
    }

    /// Begins an upload of `length` bytes.
    ///
    /// @throws ProblemException as [FilePlane#begin], [Problem#UNAVAILABLE] where there are too many
    public Progress create(String path, long length, Precondition precondition, FileMetadata metadata, Principal by) {
        Agreement agreed = new Agreement(path, length, by.name(), metadata, precondition);
        Bytes info = agreed.encode();
        if (info.length() > INFO_BYTES_MAX - Long.BYTES) {
            throw new ProblemException(
                    Problem.HEADERS_TOO_LARGE, "what is said of the upload has more than " + INFO_BYTES_MAX + " bytes");
        }
        if (begun.incrementAndGet() > max) {
            begun.decrementAndGet();
            throw new ProblemException(
                    Problem.UNAVAILABLE, "more than " + max + " uploads are unfinished (limit files.uploads-max)");
        }
        State state;
        try {
            state = begin(agreed, info);
        } catch (RuntimeException refused) {
            begun.decrementAndGet();
            throw refused;
        }
        return length == 0 ? append(state.id, 0, InputStream.nullInputStream(), 0, by) : progress(state, null);
    }

    private State begin(Agreement agreed, Bytes info) {
        try {
            Quotas.Claim claim = plane.admission().admit(agreed.path(), agreed.length(), agreed.precondition());
            State state = new State(UUID.randomUUID().toString(), agreed, claim, clock.instant());
            try {
                write(state, info);
            } catch (IOException | RuntimeException refused) {
                deleteDrafts(state.id);
                claim.release();
                throw refused;
            }
            states.put(state.id, state);
            return state;
        } catch (IOException refused) {
            throw DiskProblems.problem(agreed.path(), refused);
        }
    }

    private void write(State state, Bytes json) throws IOException {
        try (Disk.Draft draft = disk.createDraft(state.draft());
                Disk.Draft info = disk.createDraft(state.draft() + INFO)) {
            draft.force();
            info.write(ByteBuffer.wrap(new byte[Long.BYTES]), 0);
            info.write(ByteBuffer.wrap(json.toArray()), Long.BYTES);
            info.force();
            disk.forceFolder(Disk.DRAFTS);
        }
    }

    private Progress progress(State state, @Nullable FileChange change) {
        return new Progress(
                state.id, state.agreed.path(), state.agreed.length(), state.offset, state.touched.plus(expiry), change);
    }

    /// The upload of an id, of whoever began it.
    private State find(String id, Principal by) {
        State state = states.get(id);
        if (state == null || !state.agreed.principal().equals(by.name())) {
            throw new ProblemException(Problem.UPLOAD_NOT_FOUND, "there is no upload of that id");
        }
        return state;
    }

    /// The path that an upload is for, to ask whether its sender still may.
    ///
    /// @throws ProblemException [Problem#UPLOAD_NOT_FOUND]
    public String path(String id, Principal by) {
        return find(id, by).agreed.path();
    }

    /// How far an upload is. One that asks has lost its connection, so that what still waits for more on it
    /// ends.
    ///
    /// @throws ProblemException [Problem#UPLOAD_NOT_FOUND]
    public Progress progress(String id, Principal by) {
        State state = find(id, by);
        state.supersede();
        synchronized (state) {
            requireOpen(state);
            return progress(state, null);
        }
    }

    private static void requireOpen(State state) {
        if (state.ended) {
            throw new ProblemException(Problem.UPLOAD_NOT_FOUND, "there is no upload of that id");
        }
    }

    /// Takes more bytes. What came before the connection broke is kept; the last byte makes it the file.
    ///
    /// @param offset where the sender believes that they belong
    /// @param length announced number of bytes, -1 where none was
    /// @throws ProblemException [Problem#UPLOAD_OFFSET], [Problem#UPLOAD_NOT_FOUND],
    ///     [Problem#PAYLOAD_TOO_LARGE], and at the end as [FilePlane#put]: then the upload is over
    public Progress append(String id, long offset, InputStream body, long length, Principal by) {
        State state = find(id, by);
        // The newest wins: the one before waits on a connection that its sender has given up.
        int number = state.supersede();
        synchronized (state) {
            requireOpen(state);
            if (state.offset != offset) {
                throw new ProblemException(
                        Problem.UPLOAD_OFFSET, "the upload stands at " + state.offset + ", not at " + offset);
            }
            if (length > state.agreed.length() - offset) {
                throw new ProblemException(
                        Problem.PAYLOAD_TOO_LARGE, "the upload was announced with " + state.agreed.length() + " bytes");
            }
            return appendOwned(state, new Bounded(state, number, body), by);
        }
    }

    private Progress appendOwned(State state, Bounded body, Principal by) {
        try (Upload upload = plane.resume(state.agreed.path(), state.draft(), by, state.claim, state.agreed.length())) {
            upload.keep();
            // What lies beyond was never acknowledged.
            upload.setSize(state.offset);
            try {
                upload.append(body, -1);
            } finally {
                save(state, upload);
            }
            if (state.offset < state.agreed.length()) {
                return progress(state, null);
            }
            try {
                FileChange change = upload.commit(state.agreed.precondition(), state.agreed.metadata());
                return progress(state, change);
            } finally {
                end(state);
            }
        }
    }

    private void save(State state, Upload upload) {
        try (Disk.Draft info = disk.openDraft(state.draft() + INFO)) {
            upload.force();
            info.write(ByteBuffer.allocate(Long.BYTES).putLong(upload.size()).flip(), 0);
            info.force();
            state.offset = upload.size();
            state.touched = clock.instant();
        } catch (IOException refused) {
            throw DiskProblems.problem(state.agreed.path(), refused);
        }
    }

    private void end(State state) {
        state.ended = true;
        if (states.remove(state.id) != null) {
            begun.decrementAndGet();
        }
        deleteDrafts(state.id);
        // Last: room is given back when the disk has it back.
        state.claim.release();
    }

    private void deleteDrafts(String id) {
        try {
            disk.deleteDraft(PREFIX + id);
            disk.deleteDraft(PREFIX + id + INFO);
        } catch (IOException stays) {
            LOG.atWarn().addKeyValue("upload", id).setCause(stays).log("an upload that ended stays on the disk");
        }
    }

    /// Gives an upload up.
    ///
    /// @throws ProblemException [Problem#UPLOAD_NOT_FOUND]
    public void delete(String id, Principal by) {
        State state = find(id, by);
        state.supersede();
        synchronized (state) {
            requireOpen(state);
            end(state);
        }
    }

    /// What is due with time: gives up uploads that nobody went on with.
    public void sweep() {
        Instant now = clock.instant();
        for (State state : states.values()) {
            if (isExpired(state, now)) {
                synchronized (state) {
                    // Who held it before may have gone on with it.
                    if (!state.ended && isExpired(state, now)) {
                        end(state);
                    }
                }
            }
        }
    }

    private boolean isExpired(State state, Instant now) {
        return !state.isUnderWay() && now.isAfter(state.touched.plus(expiry));
    }

    /// No more than was announced.
    private static final class Bounded extends java.io.FilterInputStream {
        private final State state;
        private final int number;
        private long left;

        Bounded(State state, int number, InputStream in) {
            super(in);
            this.state = state;
            this.number = number;
            this.left = state.agreed.length() - state.offset;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int read;
            state.beginReading(number);
            try {
                read = in.read(into, offset, length);
            } catch (IOException | RuntimeException broken) {
                if (state.endReading(number)) {
                    throw State.superseded();
                }
                throw broken;
            }
            if (state.endReading(number)) {
                // The sender of these bytes has given them up.
                throw State.superseded();
            }
            left -= Math.max(read, 0);
            if (left < 0) {
                throw new ProblemException(Problem.PAYLOAD_TOO_LARGE, "more bytes came than were announced");
            }
            return read;
        }
    }
}
