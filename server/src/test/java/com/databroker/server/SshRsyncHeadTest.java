package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The beginning of rsync's daemon protocol, whole, in pieces, and spoiled.
///
/// `-Dfuzz.seconds=3600` runs longer, `-Dfuzz.seed=…` repeats a run.
class SshRsyncHeadTest {
    private static final long SEED = Long.getLong("fuzz.seed", 20_261_121L);
    private static final byte[] ODD = {0, 0, '\n', '.', '/', '*', '\\', '[', '-', -1, -64, '@'};
    private static final List<String> HEADS = List.of(
            "@RSYNCD: 31.0 sha512 md5\nfiles\n--server\0--sender\0-logDtpr\0.\0files/in/*.txt\0files/x\0\0rest",
            "@RSYNCD: 30\nfiles\n--server\0-logDtpre.iLsfxCIvu\0.\0files/in/\0\0",
            "@RSYNCD: 31.0\nfiles\n--server\0--sender\0-s\0\0rsync\0--server\0-r\0.\0files/a/b\0\0behind",
            "@RSYNCD: 31.0\nfiles\n\0\0\0",
            "@RSYNCD: 31.0\nfiles\n--server\0.\0../../etc/../files\0/\0\0");

    /// What became of a head.
    ///
    /// @param forward what was passed on, with what was held back where it is complete
    private record Read(
            boolean complete,
            boolean upload,
            Set<String> paths,
            String forward,
            @Nullable Problem refused) {}

    private static Read read(byte[] head, SplittableRandom random, int part) {
        SshRsyncHead reading = new SshRsyncHead();
        ByteArrayOutputStream forward = new ByteArrayOutputStream();
        Problem refused = null;
        try {
            for (int at = 0; at < head.length && !reading.isComplete(); ) {
                int length = part == 0 ? head.length : Math.min(head.length - at, random.nextInt(1, part + 1));
                ByteBuffer bytes = ByteBuffer.wrap(head, at, length);
                int passed = reading.take(bytes);
                assertThat(bytes.hasRemaining()).isFalse();
                forward.write(reading.forward(), 0, passed);
                at += length;
            }
        } catch (ProblemException malformed) {
            refused = malformed.problem();
        }
        if (refused != null) {
            return new Read(false, false, Set.of(), "", refused);
        }
        if (reading.isComplete()) {
            forward.writeBytes(reading.rest());
        }
        return new Read(
                reading.isComplete(),
                reading.isUpload(),
                reading.paths(),
                forward.toString(StandardCharsets.ISO_8859_1),
                null);
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Test
    void paths_are_those_below_the_module() {
        SplittableRandom random = new SplittableRandom(SEED);
        assertThat(read(latin1(HEADS.get(0)), random, 0).paths()).containsExactly("in", "x");
        assertThat(read(latin1(HEADS.get(1)), random, 0).upload()).isTrue();
        assertThat(read(latin1(HEADS.get(2)), random, 0).paths()).containsExactly("a/b");
        assertThat(read(latin1(HEADS.get(2)), random, 0).upload()).isFalse();
        assertThat(read(latin1(HEADS.get(3)), random, 0).refused()).isEqualTo(Problem.MESSAGE_INVALID);
        assertThat(read(latin1(HEADS.get(4)), random, 0).paths()).containsExactly("files", "");
    }

    @Test
    void more_than_a_head_may_have_is_refused() {
        SplittableRandom random = new SplittableRandom(SEED);
        String begin = "@RSYNCD: 31.0\nfiles\n--server\0.\0";
        for (String head : List.of(
                "x".repeat(300_000),
                "@RSYNCD: 31.0\n" + "x".repeat(300_000),
                begin + "x".repeat(300_000),
                begin + "x\0".repeat(150_000))) {
            assertThat(read(latin1(head), random, 9000).refused()).isEqualTo(Problem.MESSAGE_INVALID);
        }
        StringBuilder many = new StringBuilder(begin);
        for (int i = 0; i < 2000; i++) {
            many.append(i).append('\0');
        }
        assertThat(read(latin1(many + "\0"), random, 0).refused()).isEqualTo(Problem.MESSAGE_INVALID);
    }

    @Test
    void spoiled_heads_wait_are_refused_or_name_paths_of_the_plane() {
        SplittableRandom random = new SplittableRandom(SEED);
        long count = 0;
        int complete = 0;
        long end = System.nanoTime() + Long.getLong("fuzz.seconds", 3) * 1_000_000_000L;
        for (; System.nanoTime() < end; count++) {
            byte[] head = spoil(latin1(HEADS.get(random.nextInt(HEADS.size()))), random);
            try {
                Read whole = read(head, random, 0);
                assertThat(read(head, random, 1 + random.nextInt(9)).paths()).isEqualTo(whole.paths());
                for (String path : whole.paths()) {
                    assertThat(List.of(path.split("/", -1))).doesNotContain("..", ".");
                    assertThat(path).doesNotStartWith("/").doesNotContain("\0");
                }
                if (whole.complete()) {
                    // Not a byte is added, lost or changed.
                    assertThat(whole.forward()).isEqualTo(new String(head, StandardCharsets.ISO_8859_1));
                    complete++;
                }
            } catch (RuntimeException | Error finding) {
                throw new AssertionError(
                        "seed " + SEED + ", head 0x" + HexFormat.of().formatHex(head), finding);
            }
        }
        assertThat(complete).isPositive();
        System.out.println("fuzz rsync head: " + count + " heads of seed " + SEED);
    }

    private static byte[] spoil(byte[] in, SplittableRandom random) {
        byte[] bytes = in.clone();
        for (int times = random.nextInt(4); times > 0 && bytes.length > 0; times--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] = ODD[random.nextInt(ODD.length)];
                case 1 -> bytes[at] = (byte) random.nextInt(256);
                case 2 -> bytes = Arrays.copyOf(bytes, at);
                default -> {
                    byte[] longer = Arrays.copyOf(bytes, bytes.length + in.length - Math.min(at, in.length));
                    System.arraycopy(in, Math.min(at, in.length), longer, bytes.length, longer.length - bytes.length);
                    bytes = longer;
                }
            }
        }
        return bytes;
    }
}
