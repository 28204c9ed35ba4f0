package com.databroker.sources;

import java.io.IOException;

/// Reads captures in the forms of libpcap and pcapng, frame by frame, in place.
///
/// ```
///   pcap:   magic(4) version(4) zone(4) accuracy(4) snaplen(4) link(4), then frames:
///           seconds(4) fraction(4) captured(4) length(4) bytes
///   pcapng: blocks: type(4) length(4) body … length(4); section header, interfaces, packets, and what is skipped
/// ```
final class PcapReader {
    /// The longest frame; libpcap's own limit.
    static final int FRAME_MAX = 262_144;

    private static final int MICROS_BE = 0xa1b2c3d4;
    private static final int MICROS_LE = 0xd4c3b2a1;
    private static final int NANOS_BE = 0xa1b23c4d;
    private static final int NANOS_LE = 0x4d3cb2a1;
    private static final int SECTION = 0x0a0d0d0a;
    private static final int SECTION_MAGIC = 0x1a2b3c4d;
    private static final int PCAP_HEADER = 24;
    private static final int FRAME_HEADER = 16;

    private final DnsInput in;
    private final PcapLayers layers;
    private final DnsEmitter emitter;
    private final PcapInterfaces interfaces = new PcapInterfaces();
    private boolean little;
    private long frame;

    PcapReader(DnsInput in, PcapLayers layers, DnsEmitter emitter) {
        this.in = in;
        this.layers = layers;
        this.emitter = emitter;
    }

    /// By the first 4 bytes, which are there.
    static boolean isPcap(byte[] bytes, int at) {
        int magic = DnsInput.intBe(bytes, at);
        return magic == MICROS_BE || magic == MICROS_LE || magic == NANOS_BE || magic == NANOS_LE;
    }

    static boolean isPcapNg(byte[] bytes, int at) {
        return DnsInput.intBe(bytes, at) == SECTION;
    }

    private int number(int at) {
        byte[] bytes = in.array();
        return little ? DnsInput.intLe(bytes, in.offset() + at) : DnsInput.intBe(bytes, in.offset() + at);
    }

    private int small(int at) {
        byte[] bytes = in.array();
        int value = DnsInput.shortBe(bytes, in.offset() + at);
        return little ? Short.reverseBytes((short) value) & 0xffff : value;
    }

    private void broken(String reason) {
        emitter.reject(
                "byte " + in.consumed(), reason, in.array(), in.offset(), Math.min(in.available(), FRAME_HEADER));
    }

    void readPcap() throws IOException {
        if (!in.ensure(PCAP_HEADER)) {
            broken("the file is shorter than the header of a capture");
            return;
        }
        int magic = DnsInput.intBe(in.array(), in.offset());
        little = magic == MICROS_LE || magic == NANOS_LE;
        long unit = magic == NANOS_BE || magic == NANOS_LE ? 1 : 1000;
        // The upper bits tell about a checksum behind each frame, which the length in IP's header leaves out.
        int link = number(20) & 0xffff;
        in.skip(PCAP_HEADER);
        while (in.ensure(FRAME_HEADER)) {
            int size = number(8);
            if (size < 0 || size > FRAME_MAX) {
                broken("a frame of " + Integer.toUnsignedString(size) + " bytes, where " + FRAME_MAX
                        + " is the most: nothing behind it can be read");
                return;
            }
            frame++;
            boolean whole = in.ensure(FRAME_HEADER + size);
            long nanos = (number(0) & 0xffffffffL) * 1_000_000_000L + (number(4) & 0xffffffffL) * unit;
            int there = whole ? size : in.available() - FRAME_HEADER;
            layers.frame(link, frame, nanos, in.array(), in.offset() + FRAME_HEADER, there);
            if (!whole) {
                broken("the file ends within frame " + frame);
                return;
            }
            in.skip(FRAME_HEADER + size);
        }
        if (in.available() > 0) {
            broken("the file ends within the header of a frame");
        }
    }

    void readPcapNg() throws IOException {
        while (in.ensure(12)) {
            int type = DnsInput.intBe(in.array(), in.offset());
            if (type == SECTION && !section()) {
                broken("a section that says no order of bytes: nothing behind it can be read");
                return;
            }
            long length = number(4) & 0xffffffffL;
            if (length < 12 || (length & 3) != 0) {
                broken("a block of " + length + " bytes: nothing behind it can be read");
                return;
            }
            if (!block(number(0), length)) {
                return;
            }
        }
        if (in.available() > 0) {
            broken("the file ends within the header of a block");
        }
    }

    private boolean section() {
        interfaces.clear();
        int magic = DnsInput.intBe(in.array(), in.offset() + 8);
        little = magic == Integer.reverseBytes(SECTION_MAGIC);
        return little || magic == SECTION_MAGIC;
    }

    /// One block; false where the file cannot be read on.
    private boolean block(int type, long length) throws IOException {
        boolean read = type >= 1 && type <= 6 && type != 4 && type != 5;
        if (read && length <= FRAME_MAX + 4096) {
            boolean whole = in.ensure((int) length);
            int there = whole ? (int) length - 4 : in.available();
            read(type, there);
            if (!whole) {
                broken("the file ends within a block");
                return false;
            }
            in.skip((int) length);
            return true;
        }
        if (read) {
            broken("a block of " + length + " bytes, which is too long for one of a frame");
        }
        if (!in.skipFully(length)) {
            broken("the file ends within a block");
            return false;
        }
        return true;
    }

    private void read(int type, int there) {
        if (type == 1) {
            interfaces.add(in.array(), in.offset(), there, little);
            return;
        }
        frame++;
        int head = type == 3 ? 12 : 28;
        if (there < head) {
            broken("frame " + frame + " is shorter than its header");
            return;
        }
        int number = type == 6 ? number(8) : type == 2 ? small(8) : 0;
        long captured = number(type == 3 ? 8 : 20) & 0xffffffffL;
        long nanos = DnsFlow.NO_TIME;
        int link = interfaces.link(number);
        if (link < 0) {
            broken("frame " + frame + " is of an interface that was not described");
            return;
        }
        if (type != 3) {
            nanos = interfaces.nanos(number, (number(12) & 0xffffffffL) << 32 | (number(16) & 0xffffffffL));
        }
        layers.frame(link, frame, nanos, in.array(), in.offset() + head, (int) Math.min(captured, there - head));
    }
}
