package com.databroker.events;

import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What readers who are behind are sent, encoded once for all of them.
///
/// Live readers share each run as it passes. Those behind stand at places of their own, so they share blocks of the log
/// instead: without that, a thousand slow WebSocket readers would each have every event encoded for itself, on the loop
/// of those who are not slow. Of one event loop.
final class EncodedBlocks {
    private static final int BLOCK_ENTRIES = 64;
    private static final int BLOCKS_MAX = 64;

    /// Takes the frames of some entries: a part of a buffer, which must be retained or copied at once.
    interface Sink {
        void take(ByteBuf frames, int start, int end);
    }

    private record Key(Form form, long firstOffset) {}

    private static final class Block {
        final ByteBuf frames;
        final int entries;

        /// Where each entry's frames begin, and where the last end.
        final int[] starts;

        Block(ByteBuf frames, int[] starts) {
            this.frames = frames;
            this.entries = starts.length - 1;
            this.starts = starts;
        }
    }

    private final Map<Key, Block> recent = new LinkedHashMap<>(BLOCKS_MAX, 0.75f, true);
    private final long epoch;

    EncodedBlocks(long epoch) {
        this.epoch = epoch;
    }

    /// Gives the frames of the entries `from` to `to` in order.
    ///
    /// @param readable entries of the segment that may be read
    void read(Form form, Segment segment, int from, int to, int readable, Sink sink) {
        int at = from;
        while (at < to) {
            int first = at - at % BLOCK_ENTRIES;
            int end = Math.min(to, first + BLOCK_ENTRIES);
            if ((end - at) * 4 < Math.min(BLOCK_ENTRIES, readable - first)) {
                // A reader of few topics: the block would be encoded for what it skips.
                ByteBuf frames = EncodedRun.encode(form, segment, at, end, epoch);
                sink.take(frames, frames.readerIndex(), frames.writerIndex());
                frames.release();
            } else {
                Block block = block(form, segment, first, end, Math.min(readable, first + BLOCK_ENTRIES));
                sink.take(block.frames, block.starts[at - first], block.starts[end - first]);
            }
            at = end;
        }
    }

    private Block block(Form form, Segment segment, int first, int needed, int end) {
        Key key = new Key(form, segment.base + first);
        Block known = recent.get(key);
        if (known != null && first + known.entries >= needed) {
            return known;
        }
        Block fresh = encode(form, segment, first, end);
        release(recent.put(key, fresh));
        if (recent.size() > BLOCKS_MAX) {
            Map.Entry<Key, Block> eldest = recent.entrySet().iterator().next();
            recent.remove(eldest.getKey());
            release(eldest.getValue());
        }
        return fresh;
    }

    private Block encode(Form form, Segment segment, int first, int end) {
        int[] starts = new int[end - first + 1];
        ByteBuf frames = EncodedRun.encode(form, segment, first, end, epoch, starts);
        return new Block(frames, starts);
    }

    private static void release(@Nullable Block block) {
        if (block != null) {
            block.frames.release();
        }
    }

    void close() {
        recent.values().forEach(EncodedBlocks::release);
        recent.clear();
    }
}
