package com.databroker.sources;

/// From a frame to the DNS in it: IP with its extension headers and fragments, tunnels, UDP and TCP. The
/// layers below IP are [PcapLinks].
final class PcapLayers {
    private static final int DEPTH_MAX = 6;
    private static final int UDP = 17;
    private static final int TCP = 6;
    private static final int PORT_TEREDO = 3544;
    private static final int PORT_VXLAN = 4789;
    private static final int PORT_GTP = 2152;
    private static final int PORT_NETBIOS = 137;

    private final DnsEmitter emitter;
    private final PcapFragments fragments = new PcapFragments();
    private final PcapStreams streams;
    private final DnsFlow flow = new DnsFlow();
    private long frame;

    PcapLayers(DnsEmitter emitter) {
        this.emitter = emitter;
        this.streams = new PcapStreams(emitter);
    }

    /// Reads one frame.
    ///
    /// @param nanos since 1970, or [DnsFlow#NO_TIME]
    void frame(int link, long number, long nanos, byte[] bytes, int begin, int size) {
        frame = number;
        flow.clear();
        flow.nanos = nanos;
        int ip = PcapLinks.ip(link, bytes, begin, begin + size);
        if (ip != PcapLinks.NONE) {
            ip(bytes, ip, begin + size, 0);
        }
        PcapFragments.Partial late = fragments.expired(nanos);
        while (late != null) {
            incomplete(late);
            late = fragments.expired(nanos);
        }
    }

    /// After the last frame: tells what did not become whole.
    void end() {
        PcapFragments.Partial late = fragments.any();
        while (late != null) {
            incomplete(late);
            late = fragments.any();
        }
        streams.end();
    }

    /// A datagram whose rest never came still tells what was asked.
    private void incomplete(PcapFragments.Partial partial) {
        byte[] first = partial.first();
        if (first == null || partial.protocol() != UDP || first.length < 8) {
            return;
        }
        flow.copy(partial.flow());
        flow.source.port = DnsInput.shortBe(first, 0);
        flow.target.port = DnsInput.shortBe(first, 2);
        if (isDns(flow.source.port) || isDns(flow.target.port)) {
            flow.error = "fragments of the datagram are missing";
            flow.late = true;
            emitter.message(flow, partial.frame(), first, 8, first.length - 8);
        }
    }

    private void ip(byte[] bytes, int at, int end, int depth) {
        if (end - at < 1 || depth > DEPTH_MAX) {
            return;
        }
        int version = bytes[at] >> 4 & 15;
        if (version == 4) {
            ipv4(bytes, at, end, depth);
        } else if (version == 6) {
            ipv6(bytes, at, end, depth);
        }
    }

    private void ipv4(byte[] bytes, int at, int end, int depth) {
        int header = (bytes[at] & 15) * 4;
        if (header < 20 || end - at < header) {
            return;
        }
        int total = DnsInput.shortBe(bytes, at + 2);
        // 0 where the card cuts the packet to size later.
        int last = total == 0 ? end : at + total;
        if (last - at < header) {
            return;
        }
        flow.source.set(bytes, at + 12, DnsAddresses.V4);
        flow.target.set(bytes, at + 16, DnsAddresses.V4);
        flow.cut = last > end;
        last = Math.min(last, end);
        int fragment = DnsInput.shortBe(bytes, at + 6);
        int protocol = bytes[at + 9] & 0xff;
        if ((fragment & 0x3fff) == 0) {
            transport(protocol, bytes, at + header, last, depth);
            return;
        }
        long id = DnsInput.shortBe(bytes, at + 4) | (long) protocol << 32;
        boolean more = (fragment & 0x2000) != 0;
        fragment(id, (fragment & 0x1fff) * 8, more, new Piece(bytes, at + header, last, protocol), depth);
    }

    /// A part of a datagram within the array of its frame.
    @SuppressWarnings("ArrayRecordComponent") // is read at once, and never compared
    private record Piece(byte[] bytes, int begin, int end, int protocol) {}

    private void fragment(long id, int offset, boolean more, Piece piece, int depth) {
        if (flow.cut) {
            return;
        }
        PcapFragments.Partial partial = fragments.of(flow, id, frame, piece.protocol);
        byte[] whole = fragments.add(partial, piece.bytes, piece.begin, piece.end - piece.begin, offset, more);
        if (whole != null) {
            transport(piece.protocol, whole, 0, whole.length, depth);
        }
    }

    private void ipv6(byte[] bytes, int begin, int end, int depth) {
        if (end - begin < 40) {
            return;
        }
        int length = DnsInput.shortBe(bytes, begin + 4);
        int last = length == 0 ? end : begin + 40 + length;
        flow.source.set(bytes, begin + 8, DnsAddresses.V6);
        flow.target.set(bytes, begin + 24, DnsAddresses.V6);
        flow.cut = last > end;
        last = Math.min(last, end);
        int next = bytes[begin + 6] & 0xff;
        int at = begin + 40;
        while (last - at >= 8) {
            switch (next) {
                case 0, 43, 60, 135, 139, 140 -> {
                    next = bytes[at] & 0xff;
                    at += 8 + (bytes[at + 1] & 0xff) * 8;
                }
                case 51 -> {
                    next = bytes[at] & 0xff;
                    at += 8 + (bytes[at + 1] & 0xff) * 4;
                }
                case 44 -> {
                    next = bytes[at] & 0xff;
                    int fragment = DnsInput.shortBe(bytes, at + 2);
                    long id = DnsInput.intBe(bytes, at + 4) & 0xffffffffL;
                    at += 8;
                    if ((fragment & 0xfff9) != 0) {
                        fragment(id, fragment & 0xfff8, (fragment & 1) != 0, new Piece(bytes, at, last, next), depth);
                        return;
                    }
                }
                default -> {
                    transport(next, bytes, at, last, depth);
                    return;
                }
            }
        }
    }

    private void transport(int protocol, byte[] bytes, int at, int end, int depth) {
        switch (protocol) {
            case UDP -> udp(bytes, at, end, depth);
            case TCP -> tcp(bytes, at, end);
            case 4, 41 -> ip(bytes, at, end, depth + 1);
            case 47 -> gre(bytes, at, end, depth);
            case 0, 43, 44, 51, 60 -> behindFragments(protocol, bytes, at, end, depth);
            default -> {}
        }
    }

    /// Extension headers that came in the fragments themselves.
    private void behindFragments(int first, byte[] bytes, int begin, int end, int depth) {
        int next = first;
        int at = begin;
        while (end - at >= 8 && (next == 0 || next == 43 || next == 60)) {
            next = bytes[at] & 0xff;
            at += 8 + (bytes[at + 1] & 0xff) * 8;
        }
        if (next == UDP || next == TCP) {
            transport(next, bytes, at, end, depth);
        }
    }

    private void gre(byte[] bytes, int at, int end, int depth) {
        if (end - at < 4 || (bytes[at + 1] & 7) != 0) {
            return;
        }
        int header = 4;
        for (int bit : new int[] {0x80, 0x20, 0x10}) {
            header += (bytes[at] & bit) != 0 ? 4 : 0;
        }
        switch (DnsInput.shortBe(bytes, at + 2)) {
            case 0x0800, 0x86dd -> ip(bytes, at + header, end, depth + 1);
            case 0x6558 -> inner(PcapLinks.ethernet(bytes, at + header, end), bytes, end, depth);
            default -> {}
        }
    }

    private void inner(int ip, byte[] bytes, int end, int depth) {
        if (ip != PcapLinks.NONE) {
            ip(bytes, ip, end, depth + 1);
        }
    }

    private static boolean isDns(int port) {
        return port == DnsEmitter.PORT || port == DnsEmitter.PORT_MULTICAST || port == DnsEmitter.PORT_LOCAL;
    }

    private void udp(byte[] bytes, int at, int end, int depth) {
        if (end - at < 8) {
            return;
        }
        int source = DnsInput.shortBe(bytes, at);
        int target = DnsInput.shortBe(bytes, at + 2);
        int length = DnsInput.shortBe(bytes, at + 4);
        int last = length == 0 ? end : at + length;
        if (last - at < 8) {
            return;
        }
        boolean cut = last > end;
        last = Math.min(last, end);
        int payload = at + 8;
        flow.transport = "udp";
        flow.source.port = source;
        flow.target.port = target;
        if (isDns(source) || isDns(target)) {
            flow.cut = cut;
            if (!emitter.message(flow, frame, bytes, payload, last - payload) && last > payload) {
                emitter.reject(
                        "frame " + frame,
                        (last - payload) + " bytes at a port of DNS, which are fewer than a header",
                        bytes,
                        payload,
                        last - payload);
            }
        } else if (source == PORT_TEREDO || target == PORT_TEREDO) {
            ip(bytes, teredo(bytes, payload, last), last, depth + 1);
        } else if (target == PORT_VXLAN && last - payload >= 8 && (bytes[payload] & 8) != 0) {
            inner(PcapLinks.ethernet(bytes, payload + 8, last), bytes, last, depth);
        } else if (target == PORT_GTP && source == PORT_GTP) {
            ip(bytes, gtp(bytes, payload, last), last, depth + 1);
        } else if (!cut && source != PORT_NETBIOS && target != PORT_NETBIOS) {
            elsewhere(bytes, payload, last);
        }
    }

    private void elsewhere(byte[] bytes, int at, int end) {
        if (emitter.isWhole(bytes, at, end - at)) {
            flow.cut = false;
            emitter.message(flow, frame, bytes, at, end - at);
        }
    }

    /// Where IPv6 begins behind what Teredo puts before it; the end where it does not.
    private static int teredo(byte[] bytes, int begin, int end) {
        int at = begin;
        if (end - at >= 13 && bytes[at] == 0 && bytes[at + 1] == 1) {
            at += 13 + (bytes[at + 2] & 0xff) + (bytes[at + 3] & 0xff);
        }
        if (end - at >= 8 && bytes[at] == 0 && bytes[at + 1] == 0) {
            at += 8;
        }
        return at;
    }

    /// Where IP begins in the user's plane of GTP version 1; the end where there is none.
    private static int gtp(byte[] bytes, int begin, int end) {
        if (end - begin < 12 || (bytes[begin] & 0xf0) != 0x30 || bytes[begin + 1] != (byte) 0xff) {
            return end;
        }
        int at = begin + 8;
        if ((bytes[begin] & 7) == 0) {
            return at;
        }
        at += 4;
        boolean extended = (bytes[begin] & 4) != 0 && bytes[at - 1] != 0;
        while (extended && at < end) {
            int size = (bytes[at] & 0xff) * 4;
            if (size == 0 || size > end - at) {
                return end;
            }
            at += size;
            extended = bytes[at - 1] != 0;
        }
        return at;
    }

    private void tcp(byte[] bytes, int at, int end) {
        if (end - at < 20) {
            return;
        }
        int source = DnsInput.shortBe(bytes, at);
        int target = DnsInput.shortBe(bytes, at + 2);
        if (!isDns(source) && !isDns(target)) {
            return;
        }
        int header = (bytes[at + 12] >> 4 & 15) * 4;
        if (header < 20 || header > end - at) {
            return;
        }
        flow.transport = "tcp";
        flow.source.port = source;
        flow.target.port = target;
        // What was not captured is missing from the stream, as if it had been lost.
        flow.cut = false;
        streams.segment(flow, frame, bytes, at, end);
    }
}
