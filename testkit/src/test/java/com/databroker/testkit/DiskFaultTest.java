package com.databroker.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Disks that err or are full, and journals that are cut or have a wrong bit: what is read is whole, what fails
/// is said, and a start never fails.
class DiskFaultTest {
    private static final int FLIPS = 500;
    private static final int ROOM_MAX = 6000;
    private static final List<String> PATHS = List.of("a/x", "b/y", "a/new", "c/z");
    private static final List<Consumer<Machine>> CHANGES = List.of(
            machine -> machine.put("a/new", "a new file"),
            machine -> machine.put("a/x", "replaced"),
            machine -> machine.delete("a/x"),
            machine -> machine.move("a/x", "b/y"),
            machine -> machine.putTogether(List.of("a/x", "together", "c/z", "as well")));

    private static Machine prepared() throws IOException {
        Machine machine = new Machine(new Faults());
        machine.put("a/x", "the old x");
        machine.put("b/y", "the old y");
        return machine;
    }

    private static Map<String, String> texts(Machine machine) {
        Map<String, String> texts = new TreeMap<>();
        machine.disk.files().forEach((path, bytes) -> texts.put(path, new String(bytes, StandardCharsets.UTF_8)));
        return texts;
    }

    @Test
    void a_journal_that_was_cut_at_any_byte_is_started_from() throws IOException {
        int length = journal(worked()).length;
        for (int cut = 0; cut < length; cut++) {
            Machine machine = worked();
            restart(machine, Arrays.copyOf(journal(machine), cut), "cut at " + cut);
        }
    }

    @Test
    void a_journal_with_a_wrong_bit_is_started_from() throws IOException {
        for (int seed = 0; seed < FLIPS; seed++) {
            Machine machine = worked();
            byte[] journal = journal(machine);
            int bit = new SplittableRandom(seed).nextInt(journal.length * 8);
            journal[bit / 8] ^= (byte) (1 << bit % 8);
            restart(machine, journal, "bit " + bit + ", seed " + seed);
        }
    }

    private static Machine worked() throws IOException {
        Machine machine = prepared();
        CHANGES.subList(0, 2).forEach(change -> change.accept(machine));
        machine.move("a/x", "c/z");
        machine.delete("b/y");
        return machine;
    }

    private static byte[] journal(Machine machine) {
        return Objects.requireNonNull(machine.indexDisk.files().get("journal"));
    }

    private static void restart(Machine machine, byte[] journal, String where) throws IOException {
        machine.indexDisk.write("journal", journal);
        machine.kill(new Faults());
        isKnown(machine, where);
        machine.put("a/x", "works again");
        isKnown(machine, where);
    }

    /// After a look at every path, the index says what the disk shows.
    private static void isKnown(Machine machine, String where) {
        Map<String, String> now = texts(machine);
        for (String path : PATHS) {
            machine.plane().reconcile(path);
            assertThat(machine.plane().stat(path).map(entry -> entry.sha256()))
                    .as(path + ", " + where)
                    .isEqualTo(Optional.ofNullable(now.get(path)).map(CrashModel::sha256));
        }
        assertThat(machine.plane().status().files()).as(where).isEqualTo(now.size());
    }

    @Test
    void an_error_of_the_device_at_any_operation_is_answered_and_leaves_whole_files() throws IOException {
        int failed = 0;
        for (Consumer<Machine> change : CHANGES) {
            Machine whole = prepared();
            int first = whole.faults.operations().size();
            change.accept(whole);
            int last = whole.faults.operations().size();
            for (int n = first + 1; n <= last; n++) {
                Machine machine = prepared();
                machine.faults.failAt(n);
                failed += fails(machine, change, texts(whole), "failed at " + n) ? 1 : 0;
            }
        }
        assertThat(failed).isGreaterThan(20);
    }

    @Test
    void a_disk_that_is_full_at_any_byte_is_answered_and_leaves_whole_files() throws IOException {
        for (Consumer<Machine> change : CHANGES) {
            Machine whole = prepared();
            change.accept(whole);
            int room = 0;
            while (room < ROOM_MAX) {
                Machine machine = prepared();
                machine.faults.room(room);
                fails(machine, change, texts(whole), "room for " + room);
                room += 13;
            }
        }
    }

    /// @return whether the change was refused
    private static boolean fails(Machine machine, Consumer<Machine> change, Map<String, String> after, String where)
            throws IOException {
        Map<String, String> before = texts(machine);
        boolean refused = false;
        try {
            change.accept(machine);
        } catch (ProblemException said) {
            assertThat(said.problem()).as(where).isIn(Problem.STORAGE_FAILED, Problem.STORAGE_FULL);
            refused = true;
        }
        Map<String, String> now = texts(machine);
        if (!refused) {
            assertThat(now).as(where).isEqualTo(after);
        }
        for (String path : PATHS) {
            assertThat(read(machine, path)).as(path + ", " + where).isEqualTo(now.get(path));
            assertThat(Optional.ofNullable(now.get(path)))
                    .as(path + ", " + where)
                    .isIn(Optional.ofNullable(before.get(path)), Optional.ofNullable(after.get(path)));
        }
        machine.faults.enough();
        worksOrIsReadOnly(machine, where);
        machine.kill(new Faults());
        isKnown(machine, where);
        machine.put("b/y", "after the start");
        assertThat(read(machine, "b/y")).as(where).isEqualTo("after the start");
        return refused;
    }

    private static void worksOrIsReadOnly(Machine machine, String where) {
        try {
            machine.put("b/y", "works again");
            assertThat(read(machine, "b/y")).as(where).isEqualTo("works again");
        } catch (ProblemException readOnly) {
            assertThat(readOnly.problem()).as(where).isEqualTo(Problem.STORAGE_FAILED);
            assertThat(readOnly.getMessage()).as(where).contains("read-only");
        }
    }

    private static @Nullable String read(Machine machine, String path) {
        try (var open = machine.plane().read(path)) {
            return open.readAll().utf8();
        } catch (ProblemException none) {
            assertThat(none.problem()).isEqualTo(Problem.FILE_NOT_FOUND);
            return null;
        }
    }
}
