package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TarTest {
    private static final List<String> NAMES = List.of(
            "a", "data/" + "long/".repeat(60) + "name", "ünï/cödé", "x".repeat(99), "x".repeat(100), "x".repeat(101));

    private static byte[] archive(List<String> names) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Tar.Writer tar = new Tar.Writer(out)) {
            tar.folder(new ArchiveEntry("data", true, 0, 0750, 0));
            for (String name : names) {
                byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
                tar.file(
                        new ArchiveEntry(name, false, bytes.length, 0640, 1_700_000_000_123_456_789L),
                        new ByteArrayInputStream(bytes));
            }
        }
        return out.toByteArray();
    }

    private static List<ArchiveEntry> read(byte[] tar) throws IOException {
        List<ArchiveEntry> all = new ArrayList<>();
        try (Tar.Reader in = new Tar.Reader(new ByteArrayInputStream(tar))) {
            for (ArchiveEntry entry = in.next(); entry != null; entry = in.next()) {
                all.add(entry);
                if (!entry.isFolder()) {
                    try (InputStream bytes = in.bytes()) {
                        assertThat(bytes.readAllBytes()).hasSize((int) entry.size());
                    }
                }
            }
        }
        return all;
    }

    @Test
    void what_was_written_is_read_with_its_names_modes_and_times() throws IOException {
        List<ArchiveEntry> entries = read(archive(NAMES));
        assertThat(entries)
                .extracting(ArchiveEntry::path)
                .containsExactly(
                        "data", NAMES.get(0), NAMES.get(1), NAMES.get(2), NAMES.get(3), NAMES.get(4), NAMES.get(5));
        assertThat(entries.subList(1, 7)).allSatisfy(entry -> {
            assertThat(entry.mode()).isEqualTo(0640);
            assertThat(entry.modified()).isEqualTo(1_700_000_000_123_456_789L);
        });
    }

    @Test
    void names_whose_hundredth_byte_is_within_a_character_are_read_and_cut_before_it() throws IOException {
        List<String> names = List.of("dd/" + "ü".repeat(60), "f255/" + "ü".repeat(127), "x" + "😀".repeat(40));
        byte[] tar = archive(names);
        assertThat(read(tar))
                .extracting(ArchiveEntry::path)
                .containsExactly("data", names.get(0), names.get(1), names.get(2));
        // After the folder: a header of type x, what it says, and the header of the file itself.
        String cut = new String(tar, 3 * 512, 100, StandardCharsets.UTF_8);
        assertThat(cut).isEqualTo("dd/" + "ü".repeat(48) + "\0");
    }

    @Test
    void a_name_that_another_program_cut_within_a_character_is_that_of_the_header_before_it() throws IOException {
        String name = "dd/" + "ü".repeat(60);
        byte[] tar = archive(List.of(name));
        int header = 3 * 512;
        tar[header + 99] = (byte) 0xC3;
        int sum = 0;
        for (int i = 0; i < 512; i++) {
            sum += i >= 148 && i < 156 ? ' ' : tar[header + i] & 0xFF;
        }
        byte[] digits = String.format(java.util.Locale.ROOT, "%06o\0", sum).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(digits, 0, tar, header + 148, digits.length);
        assertThat(read(tar)).extracting(ArchiveEntry::path).containsExactly("data", name);
    }

    @Test
    void a_path_that_leads_elsewhere_is_refused_and_so_is_one_that_would() {
        for (String path : List.of("/etc/passwd", "../up", "data/../../up", "a//b", "./a", "", "a\0b")) {
            assertThatThrownBy(() -> ArchivePaths.checked(path))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            refused -> assertThat(refused.problem()).isEqualTo(Problem.BACKUP_UNSAFE));
        }
        assertThat(ArchivePaths.below(Path.of("/data"), "a/..b")).isEqualTo(Path.of("/data/a/..b"));
    }

    @Test
    void broken_ones_are_refused_by_number_whatever_is_broken() throws IOException {
        byte[] good = archive(NAMES);
        long seed = 20_261_129;
        Random random = new Random(seed);
        for (int round = 0; round < 2000; round++) {
            byte[] broken = good.clone();
            int cut = random.nextInt(good.length);
            if (round % 2 == 0) {
                broken = java.util.Arrays.copyOf(good, cut);
            } else {
                for (int i = 0; i < 3; i++) {
                    broken[random.nextInt(512 * 3)] = (byte) random.nextInt();
                }
            }
            byte[] given = broken;
            try {
                read(given);
            } catch (ProblemException refused) {
                assertThat(refused.problem())
                        .as("seed " + seed + ", round " + round)
                        .isIn(Problem.BACKUP_DAMAGED, Problem.BACKUP_UNSAFE);
            }
        }
    }
}
