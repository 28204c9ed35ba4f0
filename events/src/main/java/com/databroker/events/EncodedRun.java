package com.databroker.events;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;

/// A run of entries in the frames of a form.
final class EncodedRun {
    private EncodedRun() {}

    /// A new buffer, owned by the caller.
    static ByteBuf encode(Form form, Segment segment, int from, int to, long epoch) {
        return encode(form, segment, from, to, epoch, new int[to - from + 1]);
    }

    /// @param starts is told where the frames of each entry begin, and where the last end
    static ByteBuf encode(Form form, Segment segment, int from, int to, long epoch, int[] starts) {
        int guess = 256 * (to - from) + 2 * (segment.start[to] - segment.start[from]);
        ByteBuf out = PooledByteBufAllocator.DEFAULT.directBuffer(guess);
        try {
            for (int entry = from; entry < to; entry++) {
                starts[entry - from] = out.writerIndex();
                form.encode(segment.event(entry, epoch), out);
            }
            starts[to - from] = out.writerIndex();
            return out;
        } catch (RuntimeException | Error failed) {
            out.release();
            throw failed;
        }
    }
}
