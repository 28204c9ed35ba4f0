package com.databroker.files;

import com.databroker.core.FileChange;
import com.databroker.core.ProblemException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One line of the journal.
sealed interface JournalEntry {
    /// In the order of their numbers in the journal.
    List<FileChange.Kind> KINDS = List.of(FileChange.Kind.CREATED, FileChange.Kind.UPDATED, FileChange.Kind.DELETED);

    /// What is to become of a file, written before it does: after a crash the disk says whether it did.
    ///
    /// @param known as it will be; the last known one of a file that is deleted, under the version of the
    ///     deletion
    record Change(FileChange.Kind kind, String path, Known known) implements JournalEntry {}

    /// The change of this version was announced.
    record Sent(long version) implements JournalEntry {}

    /// The change of this version did not happen.
    record Undone(long version) implements JournalEntry {}

    /// The disk shows another state for the same bytes.
    record Touched(String path, FileState state) implements JournalEntry {}

    /// A file as it stands: what a fresh journal begins with.
    record Present(String path, Known known) implements JournalEntry {}

    /// Versions below this are taken.
    record Next(long version) implements JournalEntry {}

    /// ```text
    /// type(1) …           1 change: kind(1) path known      2 sent: version(8)     3 undone: version(8)
    ///                     4 touched: path state             5 present: path known  6 next: version(8)
    /// text                length(2) UTF-8
    /// state               size(8) modified(8) changed(8) inode(8) born(8)
    /// known               version(8) state sha256(32) seconds(8) nanos(4) principal n(2) n × (name value)
    /// ```
    default ByteBuffer encode() {
        Writer out = new Writer();
        switch (this) {
            case Change change ->
                out.type(1).type(KINDS.indexOf(change.kind)).text(change.path).known(change.known);
            case Sent sent -> out.type(2).number(sent.version);
            case Undone undone -> out.type(3).number(undone.version);
            case Touched touched -> out.type(4).text(touched.path).state(touched.state);
            case Present present -> out.type(5).text(present.path).known(present.known);
            case Next next -> out.type(6).number(next.version);
        }
        return out.buffer.flip();
    }

    /// @return null where the bytes are not an entry
    static @Nullable JournalEntry decode(ByteBuffer in) {
        return decode(in, true);
    }

    /// As [#decode], of a journal whose states lack `born`: what was not told there is looked at again.
    static @Nullable JournalEntry decodeBefore(ByteBuffer in) {
        return decode(in, false);
    }

    private static @Nullable JournalEntry decode(ByteBuffer in, boolean born) {
        try {
            JournalEntry entry = read(in, born);
            return in.hasRemaining() ? null : entry;
        } catch (BufferUnderflowException
                | IndexOutOfBoundsException
                | DateTimeException
                | ProblemException
                | IllegalArgumentException odd) {
            return null;
        }
    }

    private static @Nullable JournalEntry read(ByteBuffer in, boolean born) {
        return switch (in.get()) {
            case 1 -> {
                FileChange.Kind kind = KINDS.get(in.get());
                yield new Change(kind, text(in), known(in, born));
            }
            case 2 -> new Sent(in.getLong());
            case 3 -> new Undone(in.getLong());
            case 4 -> new Touched(text(in), state(in, born));
            case 5 -> new Present(text(in), known(in, born));
            case 6 -> new Next(in.getLong());
            default -> null;
        };
    }

    private static String text(ByteBuffer in) {
        byte[] bytes = new byte[in.getShort() & 0xFFFF];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static FileState state(ByteBuffer in, boolean born) {
        return new FileState(
                FileState.Kind.FILE, in.getLong(), in.getLong(), in.getLong(), in.getLong(), born ? in.getLong() : 0);
    }

    private static Known known(ByteBuffer in, boolean born) {
        long version = in.getLong();
        FileState state = state(in, born);
        Sha256 sha256 = Sha256.read(in);
        Instant time = Instant.ofEpochSecond(in.getLong(), in.getInt());
        // One text for all files of a principal: there are few, and each file refers to one.
        String principal = text(in).intern();
        int count = in.getShort() & 0xFFFF;
        if (count == 0) {
            return new Known(version, state, sha256, time, principal, FileMetadata.NONE);
        }
        Map<String, String> values = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            if (values.put(text(in), text(in)) != null) {
                throw new IllegalArgumentException("a name stands twice");
            }
        }
        return new Known(version, state, sha256, time, principal, new FileMetadata(values));
    }

    /// Puts the parts of an entry together.
    final class Writer {
        // Most entries need no more; a path and the metadata have limits, see FilePath and FileMetadata.
        private static final int BYTES_USUAL = 256;

        private ByteBuffer buffer = ByteBuffer.allocate(BYTES_USUAL);

        private ByteBuffer room(int bytes) {
            if (buffer.remaining() < bytes) {
                buffer = ByteBuffer.allocate(Math.max(2 * buffer.capacity(), buffer.position() + bytes))
                        .put(buffer.flip());
            }
            return buffer;
        }

        private Writer type(int value) {
            room(1).put((byte) value);
            return this;
        }

        private Writer number(long value) {
            room(Long.BYTES).putLong(value);
            return this;
        }

        private Writer text(String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            room(Short.BYTES + bytes.length).putShort((short) bytes.length).put(bytes);
            return this;
        }

        private Writer state(FileState state) {
            return number(state.size())
                    .number(state.modified())
                    .number(state.changed())
                    .number(state.inode())
                    .number(state.born());
        }

        private void known(Known known) {
            number(known.version()).state(known.state());
            known.sha256().write(room(Sha256.BYTES));
            Instant time = known.time();
            number(time.getEpochSecond());
            room(Integer.BYTES).putInt(time.getNano());
            text(known.principal());
            Map<String, String> values = known.metadata().values();
            room(Short.BYTES).putShort((short) values.size());
            values.forEach((name, value) -> text(name).text(value));
        }
    }
}
