package com.databroker.events;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A run of entries in the frames of a form.
final class EncodedRun {
    private static final Logger LOG = LoggerFactory.getLogger(EncodedRun.class);

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
                encodeOrLeaveOut(form, segment, entry, epoch, out);
            }
            starts[to - from] = out.writerIndex();
            return out;
        } catch (RuntimeException | Error failed) {
            out.release();
            throw failed;
        }
    }

    /// One event that a form cannot say must not keep the others of the loop from anybody.
    private static void encodeOrLeaveOut(Form form, Segment segment, int entry, long epoch, ByteBuf out) {
        int before = out.writerIndex();
        try {
            form.encode(segment.event(entry, epoch), out);
        } catch (RuntimeException unsayable) {
            out.writerIndex(before);
            LOG.atError()
                    .addKeyValue("topic", segment.topic[entry])
                    .setCause(unsayable)
                    .log("an event cannot be said in a form and was left out");
        }
    }
}
