package com.databroker.sources;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// One message of dnstap's protocol buffer, read in place. Fields by their numbers:
///
/// ```
///   Dnstap:  1 identity  2 version  14 message  15 type
///   Message: 1 type  2 family  3 protocol  4 5 addresses and 6 7 ports of who asked and who answers
///            8 9 time, 10 message of the question  12 13 time, 14 message of the answer  15 policy
///   Policy:  1 type  2 rule  3 action
/// ```
final class DnstapMessage {
    private static final int TEXT_MAX = 256;
    private static final long SECONDS_MAX = Long.MAX_VALUE / 1_000_000_000L - 1;
    private static final String[] TRANSPORTS = {"", "udp", "tcp", "dot", "doh", "dnscrypt-udp", "dnscrypt-tcp", "doq"};
    private static final String[] ACTIONS = {"", "NXDOMAIN", "NODATA", "PASS", "DROP", "TRUNCATE", "LOCAL_DATA"};

    /// Where the DNS message lies; its size is -1 where there is none.
    int messageAt;

    int messageSize;

    // Name and version are the same in almost every frame of a body.
    private byte[] serverBytes = new byte[0];
    private byte[] versionBytes = new byte[0];
    private @Nullable String server;
    private @Nullable String version;

    private byte[] bytes = new byte[0];
    private int at;
    private int end;

    // The field that was read last.
    private int field;
    private long value;
    private int valueAt;
    private int valueSize;

    private final long[] numbers = new long[16];
    private final int[] places = new int[16];
    private final int[] sizes = new int[16];

    /// Fills `flow` and the place of the message; what is wrong where it cannot, else null.
    @Nullable
    String parse(byte[] array, int offset, int length, DnsFlow flow) {
        bytes = array;
        at = offset;
        end = offset + length;
        flow.clear();
        int body = -1;
        int bodySize = 0;
        while (at < end) {
            if (!next()) {
                return "the protocol buffer is broken";
            }
            switch (field) {
                case 1 -> flow.server = identity();
                case 2 -> flow.version = software();
                case 14 -> {
                    body = valueAt;
                    bodySize = valueSize;
                }
                default -> {}
            }
        }
        return body < 0 || bodySize < 0 ? "there is no message in the frame" : message(body, bodySize, flow);
    }

    /// Whether the bytes are a protocol buffer with a message of dnstap in it, whatever that says.
    boolean fits(byte[] array, int offset, int length) {
        bytes = array;
        at = offset;
        end = offset + length;
        boolean found = false;
        while (at < end) {
            if (!next() || field > 15) {
                return false;
            }
            found |= field == 14 && valueSize > 0;
        }
        return found;
    }

    private @Nullable String identity() {
        if (valueSize < 0 || !Arrays.equals(bytes, valueAt, valueAt + valueSize, serverBytes, 0, serverBytes.length)) {
            serverBytes = valueSize < 0 ? new byte[0] : Arrays.copyOfRange(bytes, valueAt, valueAt + valueSize);
            server = text(serverBytes, 0, serverBytes.length);
        }
        return server;
    }

    private @Nullable String software() {
        if (valueSize < 0
                || !Arrays.equals(bytes, valueAt, valueAt + valueSize, versionBytes, 0, versionBytes.length)) {
            versionBytes = valueSize < 0 ? new byte[0] : Arrays.copyOfRange(bytes, valueAt, valueAt + valueSize);
            version = text(versionBytes, 0, versionBytes.length);
        }
        return version;
    }

    private static @Nullable String text(byte[] array, int from, int size) {
        return size == 0 ? null : new String(array, from, Math.min(size, TEXT_MAX), StandardCharsets.UTF_8);
    }

    private @Nullable String message(int body, int bodySize, DnsFlow flow) {
        Arrays.fill(numbers, -1);
        Arrays.fill(sizes, -1);
        at = body;
        end = body + bodySize;
        while (at < end) {
            if (!next()) {
                return "the protocol buffer is broken";
            }
            if (field < 16) {
                numbers[field] = value;
                places[field] = valueAt;
                sizes[field] = valueSize;
            }
        }
        int type = (int) numbers[1];
        if (numbers[1] < 1 || numbers[1] >= DnsCodes.MESSAGE_TYPES.length) {
            return numbers[1] < 0 ? "the message has no type" : "the message is of type " + numbers[1];
        }
        flow.messageType = type;
        flow.transport = numbers[3] >= 1 && numbers[3] < TRANSPORTS.length ? TRANSPORTS[(int) numbers[3]] : "unknown";
        end(flow.source, 4, 6);
        end(flow.target, 5, 7);
        long asked = time(8, flow);
        long answered = time(12, flow);
        boolean answer = (type & 1) == 0;
        int primary = answer ? 14 : 10;
        flow.nanos = (answer && answered != DnsFlow.NO_TIME) || asked == DnsFlow.NO_TIME ? answered : asked;
        flow.askedNanos = answer && answered != DnsFlow.NO_TIME ? asked : DnsFlow.NO_TIME;
        messageAt = places[primary];
        messageSize = sizes[primary];
        if (messageSize < 0) {
            flow.error = "dnstap says that there was a message, and not what it was";
        }
        if (sizes[15] > 0) {
            flow.policy = policy(places[15], sizes[15]);
        }
        return null;
    }

    private void end(DnsFlow.End target, int address, int port) {
        if (sizes[address] == DnsAddresses.V4 || sizes[address] == DnsAddresses.V6) {
            target.set(bytes, places[address], sizes[address]);
        }
        target.port = numbers[port] >= 0 && numbers[port] <= 0xffff ? (int) numbers[port] : -1;
    }

    private long time(int first, DnsFlow flow) {
        long seconds = numbers[first];
        if (seconds < 0 || seconds > SECONDS_MAX) {
            return DnsFlow.NO_TIME;
        }
        long nanos = Math.max(0, numbers[first + 1]);
        if (nanos >= 1_000_000_000L) {
            flow.error = "the time has " + nanos + " nanoseconds beside its seconds";
            nanos = 0;
        }
        return seconds * 1_000_000_000L + nanos;
    }

    private @Nullable String policy(int from, int size) {
        at = from;
        end = from + size;
        StringBuilder text = new StringBuilder();
        while (at < end && next()) {
            String part = switch (field) {
                case 1, 2 -> valueSize < 0 ? null : text(bytes, valueAt, valueSize);
                case 3 -> value >= 1 && value < ACTIONS.length ? ACTIONS[(int) value] : null;
                default -> null;
            };
            if (part != null) {
                text.append(text.length() == 0 ? "" : " ").append(part);
            }
        }
        return text.length() == 0 ? null : text.toString();
    }

    /// Reads a field; false where it is none, or goes beyond the end.
    private boolean next() {
        if (!varint()) {
            return false;
        }
        long tag = value;
        valueSize = -1;
        valueAt = at;
        field = tag >>> 3 > 0 && tag >>> 3 < 1 << 29 ? (int) (tag >>> 3) : 1 << 29;
        switch ((int) (tag & 7)) {
            case 0 -> {
                return varint();
            }
            case 1 -> {
                at += 8;
                value = -1;
            }
            case 2 -> {
                if (!varint() || value < 0 || value > end - at) {
                    return false;
                }
                valueAt = at;
                valueSize = (int) value;
                at += valueSize;
                value = -1;
            }
            case 5 -> {
                value = end - at < 4 ? -1 : DnsInput.intLe(bytes, at) & 0xffffffffL;
                at += 4;
            }
            default -> {
                return false;
            }
        }
        return at <= end;
    }

    private boolean varint() {
        value = 0;
        for (int shift = 0; shift < 64 && at < end; shift += 7) {
            byte each = bytes[at++];
            value |= (long) (each & 0x7f) << shift;
            if (each >= 0) {
                return true;
            }
        }
        return false;
    }
}
