package com.databroker.sources;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Puts TCP's segments together to messages, each of which has its length before it. Bounded in streams and
/// in bytes: beyond, the stream that was quiet for longest is told to be incomplete and forgotten.
final class PcapStreams {
    static final int STREAMS_MAX = 8192;
    static final int WAITING_MAX = 256;
    static final int BYTES_MAX = 32 << 20;

    private static final int WINDOW = 1 << 20;
    private static final int SYN = 2;
    private static final int RST = 4;
    private static final int FIN = 1;
    private static final int LENGTH_BYTES = 2;
    private static final int QUESTION_BYTES_MIN = 5;
    private static final int RECORD_BYTES_MIN = 11;

    /// One direction of a connection.
    private record Key(long sourceHigh, long sourceLow, long targetHigh, long targetLow, int ports) {}

    /// What came before what it follows.
    private static final class Segment {
        final int sequence;
        final byte[] bytes;
        final long frame;
        final long nanos;

        Segment(int sequence, byte[] bytes, long frame, long nanos) {
            this.sequence = sequence;
            this.bytes = bytes;
            this.frame = frame;
            this.nanos = nanos;
        }
    }

    private static final class Stream {
        final DnsFlow flow = new DnsFlow();
        final List<Segment> waiting = new ArrayList<>();
        byte[] buffer = new byte[0];
        int length;
        int next;
        int waitingBytes;

        /// Seen from its middle, and no message begins there: told once.
        boolean lost;

        long frame;
    }

    private final DnsEmitter emitter;

    // The one that was quiet for longest comes first.
    private final Map<Key, Stream> streams = new LinkedHashMap<>(64, 0.75f, true);
    private long held;

    PcapStreams(DnsEmitter emitter) {
        this.emitter = emitter;
    }

    /// Takes a segment with its header, which is there as a whole.
    void segment(DnsFlow flow, long frame, byte[] bytes, int at, int end) {
        int sequence = DnsInput.intBe(bytes, at + 4);
        int flags = bytes[at + 13];
        int payload = at + (bytes[at + 12] >> 4 & 15) * 4;
        Key key = key(flow);
        Stream stream = streams.get(key);
        if ((flags & SYN) != 0) {
            // The same again where the SYN was repeated; another connection where its number is another.
            if (stream != null && stream.next != sequence + 1) {
                close(key, stream);
                stream = null;
            }
            sequence++;
        }
        if (stream == null) {
            if ((flags & RST) != 0 || ((flags & SYN) == 0 && payload == end)) {
                return;
            }
            stream = open(key, flow, sequence);
            stream.lost = (flags & SYN) == 0 && !plausible(bytes, payload, end);
            if (stream.lost) {
                emitter.reject(
                        "frame " + frame,
                        "a connection seen from its middle, where no message begins",
                        bytes,
                        payload,
                        end - payload);
            }
        }
        stream.flow.copy(flow);
        held -= stream.length + stream.waitingBytes;
        place(stream, new Segment(sequence, bytes, frame, flow.nanos), payload, end);
        held += stream.length + stream.waitingBytes;
        if ((flags & (FIN | RST)) != 0 && stream.waiting.isEmpty()) {
            close(key, stream);
        }
        bound();
    }

    private static Key key(DnsFlow flow) {
        return new Key(
                half(flow.source, 0),
                half(flow.source, 8),
                half(flow.target, 0),
                half(flow.target, 8),
                flow.source.port << 16 | flow.target.port);
    }

    private static long half(DnsFlow.End end, int at) {
        return at >= end.size
                ? 0
                : (long) DnsInput.intBe(end.address, at) << 32
                        | (end.size > at + 4 ? DnsInput.intBe(end.address, at + 4) & 0xffffffffL : 0);
    }

    private Stream open(Key key, DnsFlow flow, int sequence) {
        Stream stream = new Stream();
        stream.flow.copy(flow);
        stream.next = sequence;
        streams.put(key, stream);
        return stream;
    }

    /// Puts a segment where it belongs: behind what is there, or aside until what is missing comes.
    private void place(Stream stream, Segment segment, int payload, int end) {
        if (payload >= end) {
            return;
        }
        int ahead = segment.sequence - stream.next;
        boolean elsewhere = ahead > WINDOW || ahead < -WINDOW;
        if (stream.lost || elsewhere) {
            if (!plausible(segment.bytes, payload, end)) {
                return;
            }
            stream.lost = false;
            stream.length = 0;
            stream.next = segment.sequence;
            ahead = 0;
        }
        if (ahead > 0) {
            byte[] copy = Arrays.copyOfRange(segment.bytes, payload, end);
            stream.waiting.add(new Segment(segment.sequence, copy, segment.frame, segment.nanos));
            stream.waitingBytes += copy.length;
            if (stream.waiting.size() > WAITING_MAX || stream.waitingBytes > WINDOW) {
                skipGap(stream);
            }
            return;
        }
        take(stream, segment.frame, segment.bytes, payload - ahead, end);
        follow(stream, segment.frame);
    }

    /// Takes what follows, from `at`, which is behind `end` where all of it was here before.
    private void take(Stream stream, long frame, byte[] bytes, int at, int end) {
        if (at < end) {
            stream.next += end - at;
            stream.frame = frame;
            messages(stream, frame, bytes, at, end);
        }
    }

    /// Takes what was put aside and follows now.
    private void follow(Stream stream, long frame) {
        boolean found = !stream.waiting.isEmpty();
        while (found) {
            found = false;
            for (Iterator<Segment> all = stream.waiting.iterator(); all.hasNext(); ) {
                Segment segment = all.next();
                int ahead = segment.sequence - stream.next;
                if (ahead <= 0) {
                    all.remove();
                    stream.waitingBytes -= segment.bytes.length;
                    take(stream, frame, segment.bytes, Math.min(-ahead, segment.bytes.length), segment.bytes.length);
                    found = true;
                }
            }
        }
    }

    /// Gives up what is missing, and goes on where the next message seems to begin; what lies before is told once.
    private void skipGap(Stream stream) {
        cutOff(stream);
        stream.waiting.sort((a, b) -> Integer.compare(a.sequence - stream.next, b.sequence - stream.next));
        List<Segment> segments = List.copyOf(stream.waiting);
        stream.waiting.clear();
        stream.waitingBytes = 0;
        boolean begun = false;
        boolean told = false;
        for (Segment segment : segments) {
            int ahead = segment.sequence - stream.next;
            begun &= ahead <= 0;
            if (!begun) {
                if (!plausible(segment.bytes, 0, segment.bytes.length)) {
                    if (!told) {
                        emitter.reject(
                                "frame " + segment.frame,
                                "behind a gap in the connection, where no message begins",
                                segment.bytes,
                                0,
                                segment.bytes.length);
                    }
                    told = true;
                    continue;
                }
                cutOff(stream);
                begun = true;
                stream.next = segment.sequence;
                ahead = 0;
            }
            stream.flow.nanos = segment.nanos;
            take(stream, segment.frame, segment.bytes, Math.min(-ahead, segment.bytes.length), segment.bytes.length);
        }
    }

    private void messages(Stream stream, long frame, byte[] bytes, int begin, int end) {
        int at = begin;
        while (at < end) {
            if (stream.length == 0) {
                int size = end - at < LENGTH_BYTES ? -1 : DnsInput.shortBe(bytes, at);
                if (size >= 0 && end - at - LENGTH_BYTES >= size) {
                    message(stream, frame, bytes, at + LENGTH_BYTES, size);
                    at += LENGTH_BYTES + size;
                    continue;
                }
            }
            at += fill(stream, bytes, at, end);
            if (stream.length >= LENGTH_BYTES) {
                int size = DnsInput.shortBe(stream.buffer, 0);
                if (stream.length - LENGTH_BYTES == size) {
                    stream.length = 0;
                    message(stream, frame, stream.buffer, LENGTH_BYTES, size);
                }
            }
        }
    }

    /// Moves bytes to the buffer, up to the end of the length or of the message.
    private static int fill(Stream stream, byte[] bytes, int at, int end) {
        int wanted = stream.length < LENGTH_BYTES
                ? LENGTH_BYTES - stream.length
                : LENGTH_BYTES + DnsInput.shortBe(stream.buffer, 0) - stream.length;
        int step = Math.min(wanted, end - at);
        if (stream.buffer.length < stream.length + step) {
            stream.buffer = Arrays.copyOf(stream.buffer, Math.max(stream.length + step, 2 * stream.buffer.length));
        }
        System.arraycopy(bytes, at, stream.buffer, stream.length, step);
        stream.length += step;
        return step;
    }

    private void message(Stream stream, long frame, byte[] bytes, int at, int size) {
        if (size > 0 && !emitter.message(stream.flow, frame, bytes, at, size)) {
            emitter.reject(
                    "frame " + frame,
                    "a message of " + size + " bytes, which are fewer than a header",
                    bytes,
                    at,
                    size);
        }
    }

    /// Tells a message of which only the begin came.
    private void cutOff(Stream stream) {
        int size = stream.length - LENGTH_BYTES;
        boolean asks = size >= DnsMessage.HEADER_BYTES && DnsInput.shortBe(stream.buffer, LENGTH_BYTES + 4) == 1;
        if (asks && plausible(stream.buffer, 0, stream.length)) {
            stream.flow.late = true;
            stream.flow.error = "the rest of the message is missing from the connection";
            emitter.message(stream.flow, stream.frame, stream.buffer, LENGTH_BYTES, size);
            stream.flow.late = false;
            stream.flow.error = null;
        } else if (stream.length > 0) {
            emitter.reject(
                    "frame " + stream.frame,
                    "the connection goes on with " + stream.length + " bytes that are no message",
                    stream.buffer,
                    0,
                    stream.length);
        }
        stream.length = 0;
    }

    private void close(Key key, Stream stream) {
        held -= stream.length + stream.waitingBytes;
        if (!stream.waiting.isEmpty()) {
            skipGap(stream);
        }
        cutOff(stream);
        streams.remove(key);
    }

    private void bound() {
        while (streams.size() > STREAMS_MAX || held > BYTES_MAX) {
            Map.Entry<Key, Stream> oldest = streams.entrySet().iterator().next();
            close(oldest.getKey(), oldest.getValue());
        }
    }

    /// After the last frame.
    void end() {
        while (!streams.isEmpty()) {
            Map.Entry<Key, Stream> oldest = streams.entrySet().iterator().next();
            close(oldest.getKey(), oldest.getValue());
        }
    }

    /// Whether a message may begin here: a length, and a header as most have it that has no more records than the
    /// length has room for. Bytes from the middle of a message seldom pass for that.
    static boolean plausible(byte[] bytes, int at, int end) {
        if (end - at < LENGTH_BYTES || DnsInput.shortBe(bytes, at) < DnsMessage.HEADER_BYTES) {
            return false;
        }
        int header = at + LENGTH_BYTES;
        if (end - header < DnsMessage.HEADER_BYTES) {
            return true;
        }
        int opcode = bytes[header + 2] >> 3 & 15;
        int questions = DnsInput.shortBe(bytes, header + 4);
        int records = DnsInput.shortBe(bytes, header + 6)
                + DnsInput.shortBe(bytes, header + 8)
                + DnsInput.shortBe(bytes, header + 10);
        return opcode <= 6
                && questions <= 1
                && (bytes[header + 3] & 0x40) == 0
                && DnsMessage.HEADER_BYTES + questions * QUESTION_BYTES_MIN + records * RECORD_BYTES_MIN
                        <= DnsInput.shortBe(bytes, at);
    }
}
