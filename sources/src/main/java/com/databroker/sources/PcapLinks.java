package com.databroker.sources;

/// The layers below IP, by the link types of tcpdump.org: where in a frame IP begins. Tells the place, and
/// moves no byte.
final class PcapLinks {
    /// Where there is no IP in the frame.
    static final int NONE = -1;

    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;
    private static final int TAGS_MAX = 8;

    private PcapLinks() {}

    /// Where IP begins between `at` and `end`, or [#NONE].
    static int ip(int link, byte[] bytes, int at, int end) {
        return switch (link) {
            case 1, 143 -> ethernet(bytes, at, end);
            case 0, 108 -> at + 4;
            case 9, 50 -> ppp(bytes, at, end);
            case 10 -> llc(bytes, at + 13, end);
            case 12, 14, 101, 228, 229 -> at;
            case 51 -> pppoe(bytes, at, end);
            case 104 -> typed(bytes, at + 2, end);
            case 105 -> wireless(bytes, at, end);
            case 109 -> at + 12;
            case 113 -> typed(bytes, at + 14, end);
            case 117 -> end - at < 1 ? NONE : at + ((bytes[at] & 0xff) + 3 & ~3);
            case 127 -> end - at < 4 ? NONE : wireless(bytes, at + lengthLe(bytes, at + 2), end);
            case 192 -> perPacket(bytes, at, end);
            case 239 -> netfilter(bytes, at, end);
            case 276 -> end - at < 20 ? NONE : byType(DnsInput.shortBe(bytes, at), bytes, at + 20, end);
            default -> NONE;
        };
    }

    private static int lengthLe(byte[] bytes, int at) {
        return (bytes[at] & 0xff) | (bytes[at + 1] & 0xff) << 8;
    }

    static int ethernet(byte[] bytes, int at, int end) {
        return typed(bytes, at + 12, end);
    }

    /// A type of Ethernet and what it says.
    private static int typed(byte[] bytes, int at, int end) {
        return end - at < 2 ? NONE : byType(DnsInput.shortBe(bytes, at), bytes, at + 2, end);
    }

    private static int byType(int first, byte[] bytes, int begin, int end) {
        int type = first;
        int at = begin;
        for (int tags = 0; tags < TAGS_MAX; tags++) {
            switch (type) {
                case IPV4, IPV6 -> {
                    return at;
                }
                case 0x8100, 0x88a8, 0x9100, 0x9200 -> {
                    if (end - at < 4) {
                        return NONE;
                    }
                    type = DnsInput.shortBe(bytes, at + 2);
                    at += 4;
                }
                case 0x8864 -> {
                    return pppoe(bytes, at, end);
                }
                case 0x8847, 0x8848 -> {
                    return labels(bytes, at, end);
                }
                default -> {
                    // Up to 1500 it is a length, and LLC follows.
                    return type <= 1500 ? llc(bytes, at, end) : NONE;
                }
            }
        }
        return NONE;
    }

    private static int pppoe(byte[] bytes, int at, int end) {
        return end - at < 8 || bytes[at] != 0x11 || bytes[at + 1] != 0 ? NONE : ppp(bytes, at + 6, end);
    }

    private static int ppp(byte[] bytes, int begin, int end) {
        int at = begin;
        if (end - at >= 2 && bytes[at] == (byte) 0xff && bytes[at + 1] == 3) {
            at += 2;
        }
        if (end - at < 2) {
            return NONE;
        }
        // An odd byte first is a protocol of one byte.
        boolean small = (bytes[at] & 1) != 0;
        int protocol = small ? bytes[at] & 0xff : DnsInput.shortBe(bytes, at);
        at += small ? 1 : 2;
        return switch (protocol) {
            case 0x21, 0x57 -> at;
            case 0x281 -> labels(bytes, at, end);
            default -> NONE;
        };
    }

    private static int labels(byte[] bytes, int begin, int end) {
        int at = begin;
        for (int i = 0; i < TAGS_MAX && end - at > 4; i++) {
            boolean last = (bytes[at + 2] & 1) != 0;
            at += 4;
            if (last) {
                int version = bytes[at] >> 4;
                if (version == 4 || version == 6) {
                    return at;
                }
                // A pseudowire: Ethernet, behind a control word that begins with zeros.
                return version == 0 ? ethernet(bytes, at + 4, end) : NONE;
            }
        }
        return NONE;
    }

    private static int llc(byte[] bytes, int at, int end) {
        if (end - at < 8) {
            return NONE;
        }
        int services = DnsInput.shortBe(bytes, at);
        if (services == 0xaaaa) {
            int type = DnsInput.shortBe(bytes, at + 6);
            return type <= 1500 ? NONE : byType(type, bytes, at + 8, end);
        }
        return services == 0x0606 ? at + 3 : NONE;
    }

    /// IEEE 802.11: data frames that are not encrypted.
    private static int wireless(byte[] bytes, int at, int end) {
        if (end - at < 24 || (bytes[at] & 0x0c) != 0x08 || (bytes[at] & 0x40) != 0 || (bytes[at + 1] & 0x40) != 0) {
            return NONE;
        }
        int header = 24;
        if ((bytes[at + 1] & 3) == 3) {
            header += 6;
        }
        if ((bytes[at] & 0x80) != 0) {
            header += (bytes[at + 1] & 0x80) != 0 ? 6 : 2;
        }
        return llc(bytes, at + header, end);
    }

    private static int perPacket(byte[] bytes, int at, int end) {
        if (end - at < 8) {
            return NONE;
        }
        int inner = DnsInput.intLe(bytes, at + 4);
        // Not itself again: each further header would be one more call.
        return inner == 192 ? NONE : ip(inner, bytes, at + lengthLe(bytes, at + 2), end);
    }

    private static int netfilter(byte[] bytes, int begin, int end) {
        int at = begin + 4;
        while (end - at >= 4) {
            int length = lengthLe(bytes, at);
            if (lengthLe(bytes, at + 2) == 9) {
                return at + 4;
            }
            if (length < 4) {
                return NONE;
            }
            at += length + 3 & ~3;
        }
        return NONE;
    }
}
