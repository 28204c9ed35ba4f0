package com.databroker.events;

import java.util.Arrays;
import java.util.SplittableRandom;

/// Changes bytes, the same way for the same random numbers.
final class FuzzMutator {
    private static final byte[] ODD = {0, 1, 2, 3, 4, 5, 6, 7, -1, 127, -128, '$', '/', '*', 16, 64};

    private FuzzMutator() {}

    /// When the run is over, as [System#nanoTime] tells it.
    static long end() {
        return System.nanoTime() + Long.getLong("fuzz.seconds", 3) * 1_000_000_000L;
    }

    /// @param from what lies before stays as it is
    static byte[] mutate(byte[] seed, int from, SplittableRandom random) {
        byte[] bytes = seed.clone();
        for (int times = 1 + random.nextInt(5); times > 0 && bytes.length > from; times--) {
            bytes = once(bytes, from + random.nextInt(bytes.length - from), random);
        }
        return bytes;
    }

    private static byte[] once(byte[] in, int at, SplittableRandom random) {
        int to = Math.min(in.length, at + random.nextInt(1, 17));
        switch (random.nextInt(6)) {
            case 0 -> in[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> in[at] = (byte) random.nextInt(256);
            case 2 -> in[at] = ODD[random.nextInt(ODD.length)];
            case 3 -> {
                return splice(in, at, to, new byte[0]);
            }
            case 4 -> {
                return splice(in, at, at, Arrays.copyOfRange(in, at, to));
            }
            default -> {
                return Arrays.copyOf(in, at);
            }
        }
        return in;
    }

    private static byte[] splice(byte[] in, int from, int to, byte[] middle) {
        byte[] out = new byte[from + middle.length + in.length - to];
        System.arraycopy(in, 0, out, 0, from);
        System.arraycopy(middle, 0, out, from, middle.length);
        System.arraycopy(in, to, out, from + middle.length, in.length - to);
        return out;
    }
}
