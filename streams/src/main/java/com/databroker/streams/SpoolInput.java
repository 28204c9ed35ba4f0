package com.databroker.streams;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.zip.CRC32C;

/// The bytes of one piece of a [Spool], while it is being written, too: then its end waits for more.
///
/// A block that is not as it was written ends the piece: where nothing lies behind it a kill left it so, otherwise
/// the disk lost it, see [#isDamaged].
final class SpoolInput extends InputStream {
    private final Spool spool;
    private final Spool.Piece piece;
    private final Rest rest;
    private final FileChannel channel;
    private final ByteBuffer head = ByteBuffer.allocate(Spool.HEAD);
    private final CRC32C crc = new CRC32C();
    private final Instant begun;
    private byte[] block = new byte[1 << 16];
    private int at;
    private int end;
    private long read;
    private long length;
    private boolean damaged;

    /// What the reader does meanwhile.
    interface Rest {
        /// Nothing is there at the moment.
        ///
        /// @return in how many nanoseconds to tell that again, at the latest
        long atRest() throws IOException;
    }

    SpoolInput(Spool spool, Spool.Piece piece, Rest rest) throws IOException {
        this.spool = spool;
        this.piece = piece;
        this.rest = rest;
        channel = FileChannel.open(piece.file, StandardOpenOption.READ);
        begun = begin();
    }

    private Instant begin() throws IOException {
        try {
            length = spool.await(piece, 0, Long.MAX_VALUE);
            if (length >= Spool.HEAD && fill(Spool.HEAD) && head.getLong() == Spool.MAGIC) {
                return Instant.ofEpochMilli(head.getLong());
            }
            damaged = length >= Spool.HEAD;
            length = -1;
            return Instant.EPOCH;
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
            throw interrupted();
        }
    }

    private static InterruptedIOException interrupted() {
        return new InterruptedIOException("the spool closes");
    }

    /// When its first bytes came.
    Instant begun() {
        return begun;
    }

    /// Whether blocks were lost.
    boolean isDamaged() {
        return damaged;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int count) throws IOException {
        if (count == 0) {
            return 0;
        }
        while (at == end) {
            if (!next()) {
                return -1;
            }
        }
        int some = Math.min(count, end - at);
        System.arraycopy(block, at, into, offset, some);
        at += some;
        return some;
    }

    private boolean next() throws IOException {
        if (!spool.isRead()) {
            throw interrupted();
        }
        while (length >= 0 && length <= read) {
            long nanos = rest.atRest();
            try {
                length = spool.await(piece, read, nanos);
            } catch (InterruptedException closing) {
                Thread.currentThread().interrupt();
                throw interrupted();
            }
            if (!spool.isRead()) {
                throw interrupted();
            }
        }
        return length >= 0 && block();
    }

    private boolean block() throws IOException {
        try {
            if (!fill(Spool.BLOCK_HEAD)) {
                return over(false);
            }
            int size = head.getInt();
            int sum = head.getInt();
            if (size <= 0 || size > Spool.BLOCK_MAX) {
                return over(true);
            }
            if (block.length < size) {
                block = new byte[Math.max(size, Math.min(2 * block.length, Spool.BLOCK_MAX))];
            }
            if (!fill(ByteBuffer.wrap(block, 0, size))) {
                return over(false);
            }
            crc.reset();
            crc.update(block, 0, size);
            if ((int) crc.getValue() != sum) {
                return over(read < length);
            }
            at = 0;
            end = size;
            spool.passed(piece, read);
            return true;
        } catch (EOFException shorter) {
            return over(true);
        }
    }

    private boolean over(boolean isLoss) {
        damaged |= isLoss;
        length = -1;
        return false;
    }

    private boolean fill(int count) throws IOException {
        head.clear().limit(count);
        boolean whole = fill(head);
        head.flip();
        return whole;
    }

    /// False where the piece ends before.
    private boolean fill(ByteBuffer into) throws IOException {
        if (length - read < into.remaining()) {
            return false;
        }
        while (into.hasRemaining()) {
            int some = channel.read(into, read);
            if (some < 0) {
                throw new EOFException(piece.file + " is shorter than it was");
            }
            read += some;
        }
        return true;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
