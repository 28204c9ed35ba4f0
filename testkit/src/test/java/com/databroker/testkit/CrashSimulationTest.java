package com.databroker.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.FileChange;
import com.databroker.files.FileEntry;
import com.databroker.files.FormerVersions;
import com.databroker.files.OpenFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// One change, stopped at each of its operations on the disk, by a kill and by power cuts: afterwards
/// everything is as it was or as it was to be, and told.
class CrashSimulationTest {
    private static final int POWER_CUTS = 25;

    private int stops;

    @Test
    void a_file_that_is_made_is_there_or_not() throws IOException {
        exhaust(machine -> machine.put("a/new", "a new file"));
    }

    @Test
    void a_file_that_is_replaced_is_the_old_or_the_new_one() throws IOException {
        exhaust(machine -> machine.put("a/x", "replaced"));
    }

    @Test
    void a_file_that_is_deleted_is_there_or_not() throws IOException {
        exhaust(machine -> machine.delete("a/x"));
    }

    @Test
    void a_file_that_is_moved_is_at_one_place() throws IOException {
        exhaust(machine -> machine.move("a/x", "b/y"));
    }

    @Test
    void files_that_go_together_are_each_the_old_or_the_new_one() throws IOException {
        List<String> few = new ArrayList<>();
        List<String> many = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            (i < 3 ? few : new ArrayList<String>()).addAll(List.of("a/f" + i, "content " + i));
            many.addAll(List.of(i % 2 == 0 ? "a/x" + i : "b/y" + i, "content " + i));
        }
        exhaust(machine -> machine.putTogether(few));
        exhaust(machine -> machine.putTogether(many));
    }

    @Test
    void what_a_file_was_is_kept_or_still_there_and_never_both() throws IOException {
        List<Consumer<Machine>> changes = List.of(
                machine -> machine.put("kept/x", "newer"),
                machine -> machine.delete("kept/x"),
                machine -> machine.move("a/x", "kept/x"));
        for (Consumer<Machine> change : changes) {
            Machine whole = keeping();
            int first = whole.faults.operations().size();
            change.accept(whole);
            int last = whole.faults.operations().size();
            assertThat(kept(whole)).containsExactly("the newest", "the old x");
            for (int n = first + 1; n <= last; n++) {
                for (int seed = -1; seed < POWER_CUTS; seed++) {
                    checkKept(change, n, seed);
                }
            }
        }
    }

    private static void checkKept(Consumer<Machine> change, int stop, int seed) throws IOException {
        Machine machine = keeping();
        stopped(machine, change, stop, seed);
        String where = "stopped at " + stop + ", seed " + seed;
        String now = texts(machine).get("kept/x");
        assertThat(kept(machine))
                .as(where)
                .containsExactlyElementsOf(
                        "the newest".equals(now) ? List.of("the old x") : List.of("the newest", "the old x"));
        for (String path : texts(machine).keySet()) {
            assertThat(machine.plane().reconcile(path)).as(path + " " + where).isFalse();
        }
        // And it goes on from there.
        machine.put("kept/x", "after");
        assertThat(kept(machine)).as(where).endsWith("the newest", "the old x");
        told(machine, texts(machine), where);
    }

    private static Machine keeping() throws IOException {
        Machine machine = prepared();
        machine.put("kept/x", "the old x");
        machine.put("kept/x", "the newest");
        return machine;
    }

    private static List<String> kept(Machine machine) {
        FormerVersions former = machine.plane().former();
        return former.list("kept/x").stream()
                .map(entry -> {
                    try (OpenFile file = former.read("kept/x", entry.version())) {
                        return file.readAll().utf8();
                    }
                })
                .toList();
    }

    private static Machine prepared() throws IOException {
        Machine machine = new Machine(new Faults());
        machine.put("a/x", "the old x");
        machine.put("b/y", "the old y");
        return machine;
    }

    private void exhaust(Consumer<Machine> change) throws IOException {
        Machine whole = prepared();
        Map<String, String> before = texts(whole);
        int first = whole.faults.operations().size();
        change.accept(whole);
        Map<String, String> after = texts(whole);
        int last = whole.faults.operations().size();
        for (int n = first + 1; n <= last; n++) {
            for (int seed = -1; seed < POWER_CUTS; seed++) {
                check(change, n, seed, before, after);
                stops++;
            }
        }
        assertThat(stops).isGreaterThan(100);
    }

    private static void check(
            Consumer<Machine> change, int stop, int seed, Map<String, String> before, Map<String, String> after)
            throws IOException {
        Machine machine = prepared();
        stopped(machine, change, stop, seed);
        String where = "stopped at " + stop + ", seed " + seed;
        assertThat(machine.disk.drafts()).as(where).isEmpty();
        Map<String, String> now = texts(machine);
        Set<String> paths = new HashSet<>(before.keySet());
        paths.addAll(after.keySet());
        for (String path : paths) {
            assertThat(Optional.ofNullable(now.get(path)))
                    .as(path + " " + where)
                    .isIn(Optional.ofNullable(before.get(path)), Optional.ofNullable(after.get(path)));
            assertThat(machine.plane().reconcile(path)).as(path + " " + where).isFalse();
        }
        assertThat(now.keySet()).isSubsetOf(paths);
        told(machine, now, where);
    }

    /// @param seed of the power cut, negative for a kill
    private static void stopped(Machine machine, Consumer<Machine> change, int stop, int seed) throws IOException {
        machine.faults.stopAt(stop);
        try {
            change.accept(machine);
        } catch (Faults.Stopped asPlanned) {
            // The process is dead.
        }
        if (seed < 0) {
            machine.kill(new Faults());
        } else {
            machine.crash(new SplittableRandom(seed), new Faults());
        }
    }

    /// What was announced last of each path is what is on the disk and in the index.
    private static void told(Machine machine, Map<String, String> now, String where) {
        Map<String, FileChange> last = new HashMap<>();
        for (FileChange change : machine.announced) {
            FileChange earlier = last.put(change.path(), change);
            assertThat(earlier == null || earlier.version() <= change.version())
                    .as(where)
                    .isTrue();
        }
        last.forEach((path, change) -> {
            Optional<FileEntry> entry = machine.plane().stat(path);
            assertThat(entry.isPresent())
                    .as(path + " " + where)
                    .isEqualTo(change.kind() != FileChange.Kind.DELETED)
                    .isEqualTo(now.containsKey(path));
            entry.ifPresent(
                    file -> assertThat(file.version()).as(path + " " + where).isEqualTo(change.version()));
        });
        assertThat(last.keySet()).as(where).containsAll(now.keySet());
    }

    private static Map<String, String> texts(Machine machine) {
        Map<String, String> texts = new TreeMap<>();
        machine.disk.files().forEach((path, bytes) -> texts.put(path, new String(bytes, StandardCharsets.UTF_8)));
        return texts;
    }
}
