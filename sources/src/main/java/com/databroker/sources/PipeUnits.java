package com.databroker.sources;

/// Cuts what comes out of a pipe into units: packets, blocks, frames, lines. What begins a new piece, so that it can be
/// read by itself, is kept from the begin.
abstract sealed class PipeUnits {
    static final int SNIFFED = 12;
    static final int UNIT_MAX = PcapReader.FRAME_MAX + 4096;

    private static final int PCAP_HEAD = 24;
    private static final int PCAP_FRAME_HEAD = 16;

    private byte[] head = new byte[0];

    /// By the first [#SNIFFED] bytes.
    static PipeUnits of(byte[] bytes, int at) {
        if (PcapReader.isPcap(bytes, at)) {
            return new Pcap();
        } else if (PcapReader.isPcapNg(bytes, at)) {
            return new PcapNg();
        } else if (FrameStream.begins(bytes, at)) {
            return new Frames();
        }
        return new Lines();
    }

    /// How long the unit is that begins there; 0 where more bytes must come to tell, -1 where it is none.
    ///
    /// @param available bytes from there on
    abstract int size(byte[] bytes, int at, int available);

    /// Whether a unit of that begin belongs to the head: what has to be known to read the others.
    abstract boolean isHead(byte[] bytes, int at);

    byte[] head() {
        return head;
    }

    void addHead(byte[] bytes, int at, int size, boolean anew) {
        int kept = anew ? 0 : head.length;
        byte[] longer = new byte[kept + size];
        System.arraycopy(head, 0, longer, 0, kept);
        System.arraycopy(bytes, at, longer, kept, size);
        head = longer;
    }

    /// Whether a head unit makes those before it void.
    boolean beginsAnew(byte[] bytes, int at) {
        return true;
    }

    static final class Pcap extends PipeUnits {
        private boolean begun;
        private boolean little;

        @Override
        int size(byte[] bytes, int at, int available) {
            if (!begun) {
                if (available < PCAP_HEAD) {
                    return 0;
                }
                // Its magic is written in the order of the bytes of whoever wrote it.
                little = (bytes[at] & 0xff) != 0xa1;
                return PCAP_HEAD;
            }
            if (available < PCAP_FRAME_HEAD) {
                return 0;
            }
            int captured = little ? DnsInput.intLe(bytes, at + 8) : DnsInput.intBe(bytes, at + 8);
            return captured < 0 || captured > PcapReader.FRAME_MAX ? -1 : PCAP_FRAME_HEAD + captured;
        }

        @Override
        boolean isHead(byte[] bytes, int at) {
            boolean first = !begun;
            begun = true;
            return first;
        }
    }

    static final class PcapNg extends PipeUnits {
        private static final int SECTION = 0x0a0d0d0a;
        private static final int INTERFACE = 1;
        private static final int BLOCK_MIN = 12;

        private boolean little;

        @Override
        int size(byte[] bytes, int at, int available) {
            if (available < BLOCK_MIN) {
                return 0;
            }
            if (DnsInput.intBe(bytes, at) == SECTION) {
                little = (bytes[at + 8] & 0xff) != 0x1a;
            }
            int length = little ? DnsInput.intLe(bytes, at + 4) : DnsInput.intBe(bytes, at + 4);
            return length < BLOCK_MIN || length > UNIT_MAX || length % 4 != 0 ? -1 : length;
        }

        @Override
        boolean isHead(byte[] bytes, int at) {
            int type = DnsInput.intBe(bytes, at);
            return type == SECTION || (little ? DnsInput.intLe(bytes, at) : type) == INTERFACE;
        }

        @Override
        boolean beginsAnew(byte[] bytes, int at) {
            return DnsInput.intBe(bytes, at) == SECTION;
        }
    }

    static final class Frames extends PipeUnits {
        private static final int START = 2;

        @Override
        int size(byte[] bytes, int at, int available) {
            if (available < 8) {
                return 0;
            }
            int length = DnsInput.intBe(bytes, at);
            if (length == 0) {
                int control = DnsInput.intBe(bytes, at + 4);
                return control < 4 || control > FrameStream.CONTROL_MAX ? -1 : 8 + control;
            }
            return length < 0 || length > FrameStream.FRAME_MAX ? -1 : 4 + length;
        }

        @Override
        boolean isHead(byte[] bytes, int at) {
            return DnsInput.intBe(bytes, at) == 0 && DnsInput.intBe(bytes, at + 8) == START;
        }
    }

    static final class Lines extends PipeUnits {
        private int scanned;

        @Override
        int size(byte[] bytes, int at, int available) {
            int most = Math.min(available, DnsLogs.LINE_MAX + 1);
            for (int i = scanned; i < most; i++) {
                if (bytes[at + i] == '\n') {
                    scanned = 0;
                    return i + 1;
                }
            }
            scanned = most > DnsLogs.LINE_MAX ? 0 : most;
            return most > DnsLogs.LINE_MAX ? most : 0;
        }

        @Override
        boolean isHead(byte[] bytes, int at) {
            return false;
        }
    }
}
