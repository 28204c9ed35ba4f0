package com.databroker.systemtests;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;

/// Feeds mutated seeds to a target until the time is over. The same seed gives the same inputs in the same order.
///
/// `-Dfuzz.seconds=3600` runs longer, `-Dfuzz.seed=…` repeats a run.
final class Fuzz {
    /// Looks at one input; whatever it throws is a finding.
    interface Target {
        void accept(byte[] input) throws Exception;
    }

    private static final int LENGTH_MAX = 4096;
    private static final byte[] ODD = {0, -1, '/', '*', '$', '"', '{', '[', '<', '&', '\n', '\r', '%', -64, -128, 127};

    private final SplittableRandom random;
    private final List<byte[]> corpus = new ArrayList<>();

    private Fuzz(SplittableRandom random, List<byte[]> seeds) {
        this.random = random;
        corpus.addAll(seeds);
    }

    /// @param corpus file of seeds beside this class, one a line; a line that begins with `0x` is hexadecimal
    static void run(String corpus, Target target) {
        long seed = Long.getLong("fuzz.seed", 20_261_121L);
        List<byte[]> seeds = seeds(corpus);
        for (byte[] input : seeds) {
            tell(corpus, seed, input, target);
        }
        Fuzz fuzz = new Fuzz(new SplittableRandom(seed), seeds);
        long end = System.nanoTime() + Long.getLong("fuzz.seconds", 3) * 1_000_000_000L;
        long count = 0;
        while (System.nanoTime() < end) {
            tell(corpus, seed, fuzz.next(), target);
            count++;
        }
        System.out.println("fuzz " + corpus + ": " + count + " inputs of seed " + seed);
    }

    private static void tell(String corpus, long seed, byte[] input, Target target) {
        try {
            target.accept(input);
        } catch (Exception | Error finding) {
            throw new AssertionError(
                    corpus + ", seed " + seed + ", input 0x" + HexFormat.of().formatHex(input), finding);
        }
    }

    static List<byte[]> seeds(String corpus) {
        try (InputStream in = Fuzz.class.getResourceAsStream("fuzz/" + corpus + ".txt")) {
            if (in == null) {
                throw new IllegalStateException("no seeds " + corpus);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.startsWith("0x")
                            ? HexFormat.of().parseHex(line.substring(2))
                            : line.replace("\\n", "\n").getBytes(StandardCharsets.UTF_8))
                    .toList();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    /// The same with a few bytes more, less or other.
    static byte[] changed(SplittableRandom random, byte[] input) {
        return new Fuzz(random, List.of(input)).next();
    }

    private byte[] next() {
        byte[] input = corpus.get(random.nextInt(corpus.size())).clone();
        for (int times = 1 + random.nextInt(6); times > 0; times--) {
            input = mutate(input);
        }
        return input.length > LENGTH_MAX ? Arrays.copyOf(input, LENGTH_MAX) : input;
    }

    private byte[] mutate(byte[] in) {
        int at = in.length == 0 ? 0 : random.nextInt(in.length);
        int length = random.nextInt(1, 9);
        return switch (random.nextInt(8)) {
            case 0 -> with(in, at, (byte) (1 << random.nextInt(8)), true);
            case 1 -> with(in, at, (byte) random.nextInt(256), false);
            case 2 -> with(in, at, ODD[random.nextInt(ODD.length)], false);
            case 3 -> splice(in, at, Math.min(in.length, at + length), new byte[0]);
            case 4 -> splice(in, at, at, new byte[] {ODD[random.nextInt(ODD.length)]});
            case 5 -> splice(in, at, at, Arrays.copyOfRange(in, at, Math.min(in.length, at + length * 4)));
            case 6 -> Arrays.copyOf(in, at);
            default -> {
                byte[] other = corpus.get(random.nextInt(corpus.size()));
                int from = other.length == 0 ? 0 : random.nextInt(other.length);
                yield splice(in, at, in.length, Arrays.copyOfRange(other, from, other.length));
            }
        };
    }

    private static byte[] with(byte[] in, int at, byte value, boolean flip) {
        if (in.length > 0) {
            in[at] = flip ? (byte) (in[at] ^ value) : value;
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
