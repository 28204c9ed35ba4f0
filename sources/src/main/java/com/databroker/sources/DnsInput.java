package com.databroker.sources;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// A window over a stream of bytes: what is asked for lies in one piece, so that formats are read in place.
///
/// The window grows up to the limit it was made with, and what was read is only valid until the next
/// [#ensure].
final class DnsInput {
    private static final int FIRST_BYTES = 1 << 16;
    private static final VarHandle BE_INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LE_INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final InputStream in;
    private final int windowMax;
    private byte[] buffer = new byte[FIRST_BYTES];
    private int begin;
    private int end;
    private long consumed;
    private boolean atEnd;

    /// @param windowMax how much is ever asked for in one piece
    DnsInput(InputStream in, int windowMax) {
        this.in = in;
        this.windowMax = windowMax;
    }

    /// Makes `count` bytes available; false where the stream ends before, and then [#available] are what is
    /// left.
    boolean ensure(int count) throws IOException {
        if (end - begin >= count) {
            return true;
        }
        if (count > windowMax) {
            throw new IllegalArgumentException(count + " bytes in one piece of at most " + windowMax);
        }
        if (buffer.length - begin < count) {
            byte[] target =
                    buffer.length < count ? new byte[Math.max(count, Math.min(2 * buffer.length, windowMax))] : buffer;
            System.arraycopy(buffer, begin, target, 0, end - begin);
            end -= begin;
            begin = 0;
            buffer = target;
        }
        while (!atEnd && end - begin < count) {
            int read = in.read(buffer, end, buffer.length - end);
            if (read < 0) {
                atEnd = true;
            } else {
                end += read;
            }
        }
        return end - begin >= count;
    }

    /// The bytes that are here already.
    int available() {
        return end - begin;
    }

    /// The array in which the window lies; it may be another after [#ensure].
    byte[] array() {
        return buffer;
    }

    /// Where the window begins in [#array].
    int offset() {
        return begin;
    }

    /// How many bytes of the stream lie before the window.
    long consumed() {
        return consumed;
    }

    /// Goes on by bytes that [#ensure] made available.
    void skip(int count) {
        begin += count;
        consumed += count;
    }

    /// Goes on by any number of bytes; false where the stream ends before.
    boolean skipFully(long count) throws IOException {
        long left = count;
        while (left > 0) {
            if (available() == 0 && !ensure(1)) {
                return false;
            }
            int step = (int) Math.min(left, available());
            skip(step);
            left -= step;
        }
        return true;
    }

    static int intBe(byte[] bytes, int at) {
        return (int) BE_INT.get(bytes, at);
    }

    static int intLe(byte[] bytes, int at) {
        return (int) LE_INT.get(bytes, at);
    }

    static int shortBe(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | (bytes[at + 1] & 0xff);
    }
}
