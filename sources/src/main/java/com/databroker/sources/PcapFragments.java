package com.databroker.sources;

import com.databroker.core.Bytes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Puts datagrams together that IP cut into fragments. Bounded in number, in bytes and in time; what is
/// overwritten by a later fragment stays as it came first.
final class PcapFragments {
    static final int DATAGRAMS_MAX = 1024;
    static final int DATAGRAM_BYTES_MAX = 65_535;
    static final int BYTES_MAX = 16 << 20;
    static final int PIECES_MAX = 256;
    static final long WAIT_MAX_NANOS = 30_000_000_000L;

    /// Copies of all addresses, with the id and the protocol.
    private record Key(long sourceHigh, long sourceLow, long targetHigh, long targetLow, long id) {}

    private record Part(int offset, Bytes bytes) {}

    /// A datagram of which fragments are missing.
    static final class Partial {
        private final Key key;
        private final DnsFlow flow = new DnsFlow();
        private final int protocol;
        private final List<Part> parts = new ArrayList<>();
        private long frame;
        private int held;
        private int total = -1;

        private Partial(Key key, DnsFlow flow, long frame, int protocol) {
            this.key = key;
            this.flow.copy(flow);
            this.frame = frame;
            this.protocol = protocol;
        }

        DnsFlow flow() {
            return flow;
        }

        int protocol() {
            return protocol;
        }

        /// The frame of its first fragment.
        long frame() {
            return frame;
        }

        /// What it begins with; null where that did not come.
        byte @Nullable [] first() {
            byte[] first = null;
            for (Part part : parts) {
                first = part.offset == 0 ? part.bytes.toArray() : first;
            }
            return first;
        }

        private byte @Nullable [] add(byte[] bytes, int begin, int size, int offset, boolean more) {
            if (size <= 0
                    || offset + size > DATAGRAM_BYTES_MAX
                    || held + size > 2 * DATAGRAM_BYTES_MAX
                    || parts.size() >= PIECES_MAX) {
                return null;
            }
            if (!more && total < 0) {
                total = offset + size;
            }
            parts.add(new Part(offset, Bytes.copyOf(bytes, begin, size)));
            held += size;
            return total >= 0 && held >= total ? whole() : null;
        }

        private byte @Nullable [] whole() {
            List<Part> sorted = new ArrayList<>(parts);
            sorted.sort(Comparator.comparingInt(Part::offset));
            int reached = 0;
            for (Part part : sorted) {
                if (part.offset > reached) {
                    return null;
                }
                reached = Math.max(reached, part.offset + part.bytes.length());
            }
            if (reached < total) {
                return null;
            }
            byte[] datagram = new byte[total];
            // From the last to the first, so that what came first is written last.
            for (int i = parts.size() - 1; i >= 0; i--) {
                Part part = parts.get(i);
                int size = Math.min(part.bytes.length(), total - part.offset);
                if (size > 0) {
                    part.bytes.asReadOnlyBuffer().get(0, datagram, part.offset, size);
                }
            }
            return datagram;
        }
    }

    // In the order in which they began.
    private final Map<Key, Partial> partials = new LinkedHashMap<>();
    private long held;

    private static long half(DnsFlow.End end, int at) {
        return at >= end.size
                ? 0
                : (long) DnsInput.intBe(end.address, at) << 32
                        | (end.size > at + 4 ? DnsInput.intBe(end.address, at + 4) & 0xffffffffL : 0);
    }

    /// The datagram that a fragment belongs to.
    Partial of(DnsFlow flow, long id, long frame, int protocol) {
        Key key = new Key(half(flow.source, 0), half(flow.source, 8), half(flow.target, 0), half(flow.target, 8), id);
        return partials.computeIfAbsent(key, absent -> new Partial(key, flow, frame, protocol));
    }

    /// Adds a fragment; the whole datagram, which is taken out, where it was the last that was missing.
    ///
    /// @param more whether it says that others follow
    byte @Nullable [] add(Partial partial, byte[] bytes, int begin, int size, int offset, boolean more) {
        held -= partial.held;
        byte[] whole = partial.add(bytes, begin, size, offset, more);
        if (whole == null) {
            held += partial.held;
        } else {
            partials.remove(partial.key);
        }
        return whole;
    }

    /// Takes out one that is too old, or the oldest where there are too many.
    @Nullable
    Partial expired(long now) {
        if (partials.isEmpty()) {
            return null;
        }
        Iterator<Partial> oldest = partials.values().iterator();
        Partial partial = oldest.next();
        boolean late = now != DnsFlow.NO_TIME
                && partial.flow.nanos != DnsFlow.NO_TIME
                && now - partial.flow.nanos > WAIT_MAX_NANOS;
        if (!late && partials.size() <= DATAGRAMS_MAX && held <= BYTES_MAX) {
            return null;
        }
        oldest.remove();
        held -= partial.held;
        return partial;
    }

    /// Takes out any.
    @Nullable
    Partial any() {
        if (partials.isEmpty()) {
            return null;
        }
        Iterator<Partial> oldest = partials.values().iterator();
        Partial partial = oldest.next();
        oldest.remove();
        return partial;
    }
}
