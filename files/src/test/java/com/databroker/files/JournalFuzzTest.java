package com.databroker.files;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.access.Principal;
import com.databroker.core.FileChange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Journals that were cut off, overwritten, copied into themselves, shuffled and forged: they open, what stands before
/// the damage is there, what was dropped is told, and what opens once opens the same way again. `-Dfuzz.seconds=3600`
/// runs longer, `-Dfuzz.seed=…` repeats a run.
class JournalFuzzTest {
    private static final long SEED = Long.getLong("fuzz.seed", 20_261_128L);
    private static final long SECONDS = Long.getLong("fuzz.seconds", 4);
    private static final int MAGIC_BYTES = 8;
    private static final int HEAD_BYTES = 8;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private int length;

    /// A journal that was opened: what it told, and how many bytes it dropped.
    private record Told(List<JournalEntry> entries, long dropped) {}

    private interface Round {
        void run() throws Exception;
    }

    private static void rounds(Round round) {
        long end = System.nanoTime() + SECONDS * 1_000_000_000L;
        for (int count = 0; count < 20 || System.nanoTime() < end; count++) {
            try {
                round.run();
            } catch (Exception | Error finding) {
                throw new AssertionError("seed " + SEED + ", round " + count, finding);
            }
        }
    }

    @Test
    void whatever_became_of_it_a_journal_opens_with_all_that_stands_before_the_damage(@TempDir Path folder) {
        Path file = folder.resolve(Journal.NAME);
        rounds(() -> {
            List<JournalEntry> entries = new ArrayList<>();
            for (int i = random.nextInt(1, 60); i > 0; i--) {
                entries.add(entry());
            }
            Files.deleteIfExists(file);
            try (Disk disk = Disk.of(folder);
                    Journal journal = Journal.open(disk, _ -> {})) {
                journal.append(entries);
            }
            byte[] whole = Files.readAllBytes(file);
            byte[] damaged = whole;
            for (int times = random.nextInt(1, 4); times > 0; times--) {
                damaged = random.nextInt(8) == 0 ? forged(damaged) : damage(damaged);
            }
            Files.write(file, damaged);
            Told first = open(folder, List.of());
            List<JournalEntry> safe = before(entries, whole, damaged);
            assertThat(first.entries.subList(0, Math.min(safe.size(), first.entries.size())))
                    .isEqualTo(safe);
            long kept = first.entries.isEmpty() && Files.size(file) == MAGIC_BYTES && !startsAlike(whole, damaged)
                    ? 0
                    : Files.size(file);
            assertThat(first.dropped).as("dropped").isEqualTo(damaged.length - kept);
            JournalEntry more = entry();
            assertThat(open(folder, List.of(more))).isEqualTo(new Told(first.entries, 0));
            List<JournalEntry> both = new ArrayList<>(first.entries);
            both.add(more);
            assertThat(open(folder, List.of())).isEqualTo(new Told(both, 0));
        });
    }

    private static boolean startsAlike(byte[] whole, byte[] damaged) {
        int different = Arrays.mismatch(whole, damaged);
        return different < 0 || different >= MAGIC_BYTES;
    }

    private static Told open(Path folder, List<JournalEntry> more) throws Exception {
        List<JournalEntry> told = new ArrayList<>();
        try (Disk disk = Disk.of(folder);
                Journal journal = Journal.open(disk, told::add)) {
            journal.append(more);
            return new Told(told, journal.torn());
        }
    }

    /// The entries that end before the first byte that is another.
    private static List<JournalEntry> before(List<JournalEntry> entries, byte[] whole, byte[] damaged) {
        int different = Arrays.mismatch(whole, damaged);
        List<JournalEntry> before = new ArrayList<>();
        int end = MAGIC_BYTES;
        for (JournalEntry entry : entries) {
            end += HEAD_BYTES + entry.encode().remaining();
            if (different >= 0 && end > different) {
                break;
            }
            before.add(entry);
        }
        return before;
    }

    private byte[] damage(byte[] in) {
        int at = in.length == 0 ? 0 : random.nextInt(in.length);
        int length = Math.min(in.length - at, random.nextInt(1, 700));
        byte[] block = Arrays.copyOfRange(in, at, at + length);
        return switch (random.nextInt(8)) {
            case 0 -> Arrays.copyOf(in, at);
            case 1 -> spliced(in, at, at + length, new byte[length]);
            case 2 -> {
                random.nextBytes(block);
                yield spliced(in, at, at + length, block);
            }
            case 3 -> spliced(in, at, at, block);
            case 4 -> spliced(in, at, at + length, new byte[0]);
            case 5 -> spliced(in, in.length, in.length, random.nextBoolean() ? block : new byte[4096]);
            case 6 -> swapped(in);
            default -> {
                byte[] flipped = in.clone();
                if (flipped.length > 0) {
                    flipped[at] ^= (byte) (1 << random.nextInt(8));
                }
                yield flipped;
            }
        };
    }

    private static byte[] spliced(byte[] in, int from, int to, byte[] middle) {
        byte[] out = new byte[from + middle.length + in.length - to];
        System.arraycopy(in, 0, out, 0, from);
        System.arraycopy(middle, 0, out, from, middle.length);
        System.arraycopy(in, to, out, from + middle.length, in.length - to);
        return out;
    }

    /// The whole frames of what may be a journal.
    private static List<byte[]> frames(byte[] in) {
        List<byte[]> frames = new ArrayList<>();
        ByteBuffer buffer = ByteBuffer.wrap(in);
        int at = MAGIC_BYTES;
        while (at + HEAD_BYTES <= in.length) {
            int length = buffer.getInt(at);
            if (length < 0 || length > in.length - at - HEAD_BYTES) {
                break;
            }
            frames.add(Arrays.copyOfRange(in, at, at + HEAD_BYTES + length));
            at += HEAD_BYTES + length;
        }
        return frames;
    }

    private static byte[] joined(byte[] in, List<byte[]> frames) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(in, 0, Math.min(in.length, MAGIC_BYTES));
        frames.forEach(out::writeBytes);
        return out.toByteArray();
    }

    /// Two entries change places, or one stands twice.
    private byte[] swapped(byte[] in) {
        List<byte[]> frames = frames(in);
        if (frames.isEmpty()) {
            return in;
        }
        int one = random.nextInt(frames.size());
        int other = random.nextInt(frames.size());
        if (random.nextBoolean()) {
            frames.add(one, frames.get(other));
        } else {
            frames.set(other, frames.set(one, frames.get(other)));
        }
        return joined(in, frames);
    }

    /// Other bytes under a check that is right.
    private byte[] forged(byte[] in) {
        List<byte[]> frames = frames(in);
        if (frames.isEmpty()) {
            return in;
        }
        int at = random.nextInt(frames.size());
        byte[] frame = frames.get(at);
        byte[] payload = Arrays.copyOfRange(frame, HEAD_BYTES, frame.length);
        for (int times = random.nextInt(1, 5); times > 0 && payload.length > 0; times--) {
            payload[random.nextInt(payload.length)] = (byte) random.nextInt(256);
        }
        payload = random.nextInt(3) == 0 ? Arrays.copyOf(payload, random.nextInt(payload.length + 9)) : payload;
        CRC32C check = new CRC32C();
        check.update(payload);
        frames.set(
                at,
                ByteBuffer.allocate(HEAD_BYTES + payload.length)
                        .putInt(payload.length)
                        .putInt((int) check.getValue())
                        .put(payload)
                        .array());
        return joined(in, frames);
    }

    private JournalEntry entry() {
        long version = random.nextLong(1, 1L << 40);
        return switch (random.nextInt(6)) {
            case 0 -> new JournalEntry.Sent(version);
            case 1 -> new JournalEntry.Undone(version);
            case 2 -> new JournalEntry.Touched(path(), state());
            case 3 -> new JournalEntry.Present(path(), known(version));
            case 4 -> new JournalEntry.Next(version);
            default -> new JournalEntry.Change(JournalEntry.KINDS.get(random.nextInt(3)), path(), known(version));
        };
    }

    private String path() {
        return "d" + random.nextInt(5) + "/ä" + random.nextInt(20);
    }

    private FileState state() {
        return new FileState(FileState.Kind.FILE, random.nextLong(1 << 20), random.nextLong(), random.nextLong(), 7, 8);
    }

    private Known known(long version) {
        Map<String, String> values = new TreeMap<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            values.put(FileMetadata.PREFIX + i, "ü".repeat(random.nextInt(50)));
        }
        MessageDigest digest = Sha256.digest();
        digest.update(Long.toString(version).getBytes(StandardCharsets.US_ASCII));
        Instant time = Instant.ofEpochSecond(random.nextLong(1L << 32), random.nextInt(1_000_000_000));
        return new Known(version, state(), Sha256.of(digest), time, "somebody", new FileMetadata(values));
    }

    @Test
    void bytes_are_an_entry_or_are_none() {
        rounds(() -> {
            for (int i = 0; i < 1000; i++) {
                ByteBuffer encoded = entry().encode();
                byte[] bytes = new byte[encoded.remaining()];
                encoded.get(bytes);
                for (int times = random.nextInt(1, 6); times > 0; times--) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
                byte[] cut = random.nextBoolean() ? bytes : Arrays.copyOf(bytes, random.nextInt(bytes.length + 9));
                JournalEntry entry = JournalEntry.decode(ByteBuffer.wrap(cut));
                // What is read whole is written whole again, so that nothing of it was passed over.
                assertThat(entry == null || entry.encode().remaining() >= cut.length)
                        .as(() -> HexFormat.of().formatHex(cut))
                        .isTrue();
            }
        });
    }

    /// Every file is served as it is on the disk, whatever its journal says, and new versions are greater than told.
    @Test
    void a_plane_opens_on_a_damaged_journal_and_serves_what_is_on_the_disk(@TempDir Path folder) {
        Path index = folder.resolve("index");
        rounds(() -> {
            Path files = folder.resolve("files" + random.nextInt());
            Files.deleteIfExists(index.resolve(Journal.NAME));
            long told = 0;
            try (FilePlane plane = plane(files, index)) {
                for (int i = 0; i < 12; i++) {
                    String path = "f" + random.nextInt(5);
                    if (random.nextInt(4) == 0 && plane.stat(path).isPresent()) {
                        told = plane.delete(path, Precondition.NONE, Principal.broker())
                                .map(FileChange::version)
                                .orElse(told);
                    } else {
                        told = put(plane, path);
                    }
                }
            }
            Path journal = index.resolve(Journal.NAME);
            Files.write(journal, damage(Files.readAllBytes(journal)));
            try (FilePlane plane = plane(files, index)) {
                for (int i = 0; i < 5; i++) {
                    Path there = files.resolve("f" + i);
                    FileEntry entry = plane.stat("f" + i).orElse(null);
                    assertThat(entry == null).isEqualTo(Files.notExists(there));
                    if (entry != null) {
                        MessageDigest digest = Sha256.digest();
                        digest.update(Files.readAllBytes(there));
                        assertThat(entry.sha256()).isEqualTo(Sha256.of(digest).hex());
                    }
                }
                assertThat(put(plane, "f0")).isGreaterThan(told);
            }
        });
    }

    private static FilePlane plane(Path files, Path index) {
        FilePlane plane = FilePlane.open(FilesConfig.defaults(), files, index, InstantSource.system());
        plane.announceUnsent();
        return plane;
    }

    /// No two of the same length: within one tick of the disk's clock an inode may be used again, and a journal whose
    /// end is gone could not tell such a file from the one before.
    private long put(FilePlane plane, String path) {
        byte[] content = new byte[++length];
        random.nextBytes(content);
        return plane.put(path, new ByteArrayInputStream(content), content.length, Precondition.NONE, Principal.broker())
                .version();
    }
}
