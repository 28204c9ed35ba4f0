package com.databroker.sources;

import java.util.ArrayList;
import java.util.List;

/// The interfaces of a section of pcapng: the kind of their frames and the unit of their times.
final class PcapInterfaces {
    private static final int INTERFACES_MAX = 4096;
    private static final int OPTION_RESOLUTION = 9;
    private static final int OPTION_OFFSET = 14;
    private static final long SECOND = 1_000_000_000L;

    /// @param resolution as in the file: the unit is 10 to the power of minus it, or 2 where the upper bit
    ///     is set
    private record Interface(int link, int resolution, long offset) {}

    private final List<Interface> all = new ArrayList<>();

    void clear() {
        all.clear();
    }

    /// Reads the block of an interface.
    void add(byte[] bytes, int begin, int size, boolean little) {
        if (size < 16 || all.size() >= INTERFACES_MAX) {
            return;
        }
        int resolution = 6;
        long offset = 0;
        int at = begin + 16;
        int end = begin + size;
        while (end - at >= 4) {
            int code = small(bytes, at, little);
            int length = small(bytes, at + 2, little);
            int value = at + 4;
            if (code == 0 || length > end - value) {
                break;
            }
            if (code == OPTION_RESOLUTION && length == 1) {
                resolution = bytes[value] & 0xff;
            } else if (code == OPTION_OFFSET && length == 8) {
                long first = number(bytes, value, little) & 0xffffffffL;
                long second = number(bytes, value + 4, little) & 0xffffffffL;
                offset = little ? second << 32 | first : first << 32 | second;
            }
            at = value + (length + 3 & ~3);
        }
        all.add(new Interface(small(bytes, begin + 8, little), resolution, offset));
    }

    private static int small(byte[] bytes, int at, boolean little) {
        int value = DnsInput.shortBe(bytes, at);
        return little ? Short.reverseBytes((short) value) & 0xffff : value;
    }

    private static int number(byte[] bytes, int at, boolean little) {
        return little ? DnsInput.intLe(bytes, at) : DnsInput.intBe(bytes, at);
    }

    /// The kind of an interface's frames; -1 where it was not described.
    int link(int number) {
        return number >= 0 && number < all.size() ? all.get(number).link : -1;
    }

    /// A time of the file in nanoseconds since 1970; [DnsFlow#NO_TIME] where those do not fit in 63 bits.
    long nanos(int number, long time) {
        Interface known = all.get(number);
        long seconds;
        long rest;
        int power = known.resolution & 0x7f;
        if (known.resolution > 0x7f) {
            if (power > 62) {
                return DnsFlow.NO_TIME;
            }
            seconds = time >>> power;
            long fraction = time & (1L << power) - 1;
            rest = power == 0 ? 0 : Math.multiplyHigh(fraction << (63 - power), SECOND << 1);
        } else {
            if (power > 18) {
                return DnsFlow.NO_TIME;
            }
            long unit = 1;
            for (int i = 0; i < power; i++) {
                unit *= 10;
            }
            seconds = Long.divideUnsigned(time, unit);
            long fraction = Long.remainderUnsigned(time, unit);
            rest = power <= 9 ? fraction * (SECOND / unit) : fraction / (unit / SECOND);
        }
        long whole = seconds + known.offset;
        return whole < 0 || whole > Long.MAX_VALUE / SECOND - 1 ? DnsFlow.NO_TIME : whole * SECOND + rest;
    }
}
