package com.databroker.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.databroker.core.FileChange;
import com.databroker.core.ProblemException;
import com.databroker.testkit.Faults.Operation;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Crashes and full disks that once broke a promise, each in the fewest steps that show it.
class CrashFindingsTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /// Where the process stops after the last of these operations so far.
    private static Faults stopAfter(Machine machine, int more) {
        return machine.faults.stopAt(machine.faults.operations().size() + more);
    }

    private static void runs(Runnable work) {
        try {
            work.run();
        } catch (Faults.Stopped asPlanned) {
            // The process is dead.
        }
    }

    @Test
    void a_version_of_a_foreign_change_is_not_used_again_after_a_power_cut() throws IOException {
        for (int seed = 0; seed < 20; seed++) {
            Machine machine = new Machine(new Faults());
            machine.put("a", "1");
            machine.disk.write("b", bytes("foreign"));
            machine.plane().reconcile("b");
            machine.crash(new SplittableRandom(seed), new Faults());
            machine.put("c", "2");
            noVersionTwice(machine);
        }
    }

    private static void noVersionTwice(Machine machine) {
        Set<String> contents = machine.announced.stream()
                .map(change -> change.version() + " " + change.kind() + " " + change.path() + " " + change.sha256())
                .collect(Collectors.toSet());
        assertThat(contents.stream().map(content -> content.split(" ", 2)[0]))
                .as(contents.toString())
                .doesNotHaveDuplicates();
    }

    @Test
    void a_file_in_a_folder_that_an_earlier_life_made_is_safe() throws IOException {
        Machine machine = new Machine(new Faults());
        int before = machine.faults.operations().size();
        machine.put("e/a", "1");
        List<Operation> operations = machine.faults.operations();
        // Stops where the folder was made and is to be forced.
        stopAfter(machine, operations.subList(before, operations.size()).indexOf(Operation.FORCE_FOLDER) + 1);
        runs(() -> machine.put("d/a", "1"));
        machine.kill(new Faults());
        machine.put("d/a", "1");
        for (int seed = 0; seed < 5; seed++) {
            machine.crashed(new SplittableRandom(seed), new Faults());
            assertThat(machine.disk.files()).containsKey("d/a");
        }
    }

    @Test
    void a_file_in_a_folder_whose_force_failed_is_safe() throws IOException {
        for (int seed = 0; seed < 5; seed++) {
            Machine machine = new Machine(new Faults());
            machine.put("x", "1");
            int before = machine.faults.operations().size();
            machine.put("e/a", "1");
            List<Operation> operations = machine.faults.operations();
            int force = operations.subList(before, operations.size()).indexOf(Operation.FORCE_FOLDER) + 1;
            machine.faults.failAt(operations.size() + force);
            runs(() -> {
                try {
                    machine.put("d/a", "1");
                } catch (ProblemException refused) {
                    // As planned.
                }
            });
            machine.put("d/a", "2");
            machine.crash(new SplittableRandom(seed), new Faults());
            assertThat(machine.disk.files()).containsKey("d/a");
        }
    }

    @Test
    void what_was_not_announced_survives_that_the_journal_is_written_afresh() throws IOException {
        Machine machine = new Machine(new Faults());
        for (int i = 0; i < 400; i++) {
            machine.put("a", "content " + i);
        }
        int before = machine.faults.operations().size();
        machine.put("a", "measured");
        List<Operation> operations = machine.faults.operations();
        long version = machine.announced.getLast().version() + 1;
        // Stops when the file has its name and nobody was told.
        int force = operations.subList(before, operations.size()).lastIndexOf(Operation.FORCE_FOLDER) + 1;
        stopAfter(machine, force);
        runs(() -> machine.put("a", "the last"));
        for (int n = 1; machine.announced.getLast().version() < version && n < 100; n++) {
            int stop = n;
            runs(() -> {
                try {
                    machine.kill(new Faults().stopAt(stop));
                } catch (IOException impossible) {
                    throw new UncheckedIOException(impossible);
                }
            });
        }
        assertThat(machine.announced.getLast().version()).isEqualTo(version);
    }

    @Test
    void a_file_whose_announcement_could_not_be_noted_keeps_its_later_versions() throws IOException {
        for (int room = 0; room < 2000; room++) {
            Machine machine = new Machine(new Faults());
            machine.put("a", "0");
            machine.faults.room(room);
            try {
                machine.put("a", "1");
            } catch (ProblemException full) {
                continue;
            } finally {
                machine.faults.enough();
            }
            FileChange last = machine.put("a", "2");
            machine.kill(new Faults());
            assertThat(machine.plane().stat("a").orElseThrow().version())
                    .as("room " + room)
                    .isEqualTo(last.version());
            if (machine.announced.size() > 10) {
                return;
            }
        }
    }

    @Test
    void a_full_disk_lets_files_be_deleted_and_tells_each_deletion_once() throws IOException {
        Machine machine = new Machine(new Faults());
        machine.put("a", "0");
        machine.put("b", "0");
        machine.faults.room(0);
        machine.delete("a");
        machine.faults.enough();
        machine.kill(new Faults());
        machine.put("c", "1");
        machine.plane().reconcile("a");
        noVersionTwice(machine);
        assertThat(machine.announced.stream()
                        .filter(change -> change.path().equals("a") && change.kind() == FileChange.Kind.DELETED))
                .hasSize(1);
    }

    @Test
    void a_full_disk_lets_the_broker_start_after_a_kill() throws IOException {
        int operations = operationsOfPut();
        for (int n = 1; n <= operations; n++) {
            Machine machine = new Machine(new Faults());
            machine.put("a", "0");
            stopAfter(machine, n);
            runs(() -> machine.put("a", "1"));
            Machine started = machine;
            assertThatCode(() -> started.kill(new Faults().room(0)))
                    .as("stopped at " + n)
                    .doesNotThrowAnyException();
        }
    }

    private static int operationsOfPut() throws IOException {
        Machine machine = new Machine(new Faults());
        machine.put("a", "0");
        int before = machine.faults.operations().size();
        machine.put("a", "1");
        return machine.faults.operations().size() - before;
    }

    @Test
    void a_file_can_be_read_after_its_folder_could_not_be_forced() throws IOException {
        Machine machine = new Machine(new Faults());
        machine.put("a", "0");
        int before = machine.faults.operations().size();
        machine.put("a", "1");
        List<Operation> operations = machine.faults.operations();
        int force = operations.subList(before, operations.size()).lastIndexOf(Operation.FORCE_FOLDER) + 1;
        machine.faults.failAt(operations.size() + force);
        assertThatCode(() -> machine.put("a", "2")).isInstanceOf(ProblemException.class);
        try (var open = machine.plane().read("a")) {
            assertThat(open.readAll().utf8()).isIn("1", "2");
        }
    }

    @Test
    void a_change_that_was_announced_after_a_kill_survives_a_power_cut() throws IOException {
        int operations = operationsOfPut();
        for (int n = 1; n <= operations; n++) {
            for (int seed = 0; seed < 5; seed++) {
                Machine machine = new Machine(new Faults());
                machine.put("a", "0");
                stopAfter(machine, n);
                runs(() -> machine.put("a", "1"));
                machine.kill(new Faults());
                FileChange told = machine.announced.getLast();
                machine.crash(new SplittableRandom(seed), new Faults());
                machine.plane().reconcile("a");
                assertThat(machine.plane().stat("a").orElseThrow().version())
                        .as("stopped at " + n + ", seed " + seed)
                        .isEqualTo(told.version());
            }
        }
    }

    @Test
    void a_file_that_another_program_replaced_by_a_folder_is_told_as_deleted() throws IOException {
        Machine machine = new Machine(new Faults());
        machine.put("a", "0");
        machine.disk.remove("a");
        machine.put("a/b", "1");
        machine.plane().reconcile("a");
        assertThat(machine.announced)
                .anyMatch(change -> change.path().equals("a") && change.kind() == FileChange.Kind.DELETED);
    }

    @Test
    void files_whose_folder_another_program_replaced_by_a_file_are_told_as_deleted() throws IOException {
        Machine machine = new Machine(new Faults());
        machine.put("a/b", "0");
        machine.disk.remove("a/b");
        machine.disk.remove("a");
        machine.put("a", "1");
        machine.plane().reconcile("a/b");
        assertThat(machine.announced)
                .anyMatch(change -> change.path().equals("a/b") && change.kind() == FileChange.Kind.DELETED);
        assertThat(machine.plane().status().files()).isEqualTo(1);
    }

    @Test
    void what_is_read_is_never_an_older_version_however_coarse_the_disk_tells_time() throws IOException {
        Machine machine = new Machine(100_000, new Faults());
        for (int i = 0; i < 10; i++) {
            String content = "content " + i;
            machine.put("a", content);
            if (i % 2 == 0) {
                try (var open = machine.plane().read("a")) {
                    assertThat(open.readAll().utf8()).isEqualTo(content);
                }
            }
        }
    }
}
