package com.databroker.streams;

import io.delta.kernel.defaults.engine.fileio.PositionOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;

/// A Parquet file on its way to the disk: seen when it is closed, and only if it is whole.
///
/// Parquet's writer closes it after a failure, too. A whole file ends with a mark; one that does not was
/// given up.
final class NioOutput extends PositionOutputStream {
    private final NioDraft draft;
    private final Mark mark = new Mark();
    private long position;
    private boolean closed;

    NioOutput(Path file) throws IOException {
        draft = new NioDraft(file);
    }

    @Override
    public long getPos() {
        return position;
    }

    @Override
    public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        draft.write(ByteBuffer.wrap(bytes, offset, length));
        position += length;
        mark.see(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (draft) {
            if (mark.isWhole()) {
                draft.publish(true);
            }
        }
    }

    /// The last bytes that were written, which tell whether a Parquet file is whole.
    static final class Mark {
        private static final byte[] WHOLE = "PAR1".getBytes(StandardCharsets.US_ASCII);

        private final byte[] last = new byte[WHOLE.length];

        void see(byte[] bytes, int offset, int length) {
            int kept = Math.min(length, last.length);
            System.arraycopy(last, kept, last, 0, last.length - kept);
            System.arraycopy(bytes, offset + length - kept, last, last.length - kept, kept);
        }

        boolean isWhole() {
            return Arrays.equals(last, WHOLE);
        }
    }
}
