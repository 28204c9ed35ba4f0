package com.databroker.files;

import static com.databroker.files.Refusals.accept;
import static com.databroker.files.Refusals.refusal;
import static com.databroker.files.Refusals.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.access.Principal;
import com.databroker.core.Finding;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandValidatorTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(700);
    /// Long enough for a script to begin, on a busy machine.
    private static final Duration MEDIUM = Duration.ofSeconds(5);

    private final Path folder;
    private final Path staged;

    CommandValidatorTest(@TempDir Path folder) {
        this.folder = folder;
        this.staged = write(folder.resolve(".dbk-1"), "content\n");
    }

    private Path script(String body) throws IOException {
        Path script = Files.createTempFile(folder, "check", ".sh");
        write(script, "#!/bin/sh\n" + body);
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    }

    private CommandValidator command(String body, String... arguments) throws IOException {
        return command(LONG, body, arguments);
    }

    private CommandValidator command(Duration timeout, String body, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(script(body).toString()));
        command.addAll(List.of(arguments));
        return new CommandValidator(command, timeout);
    }

    private Path out() {
        return folder.resolve("out");
    }

    /// Waits until a script has written a whole line.
    private static String line(Path file) throws InterruptedException, IOException {
        for (int i = 0; i < 3000; i++) {
            if (Files.exists(file) && Files.readString(file).endsWith("\n")) {
                return Files.readString(file).strip();
            }
            new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS);
        }
        throw new AssertionError(file + " was not written");
    }

    private static void assertDead(String pid) throws InterruptedException, IOException {
        Path stat = Path.of("/proc", pid, "stat");
        for (int i = 0; i < 1000 && isRunning(stat); i++) {
            new CountDownLatch(1).await(10, TimeUnit.MILLISECONDS);
        }
        assertThat(isRunning(stat)).as("process " + pid + " runs").isFalse();
    }

    private static boolean isRunning(Path stat) throws IOException {
        try {
            // In a container nobody may fetch the exit code of orphans.
            return !Files.readString(stat).contains(") Z ");
        } catch (NoSuchFileException ended) {
            return false;
        }
    }

    @Test
    void exit_0_accepts_whatever_is_printed() throws IOException {
        accept(command("echo 'x:1:2: never mind'; exit 0"), staged);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 77, 255})
    void any_other_exit_refuses(int code) throws IOException {
        ProblemException refused = refusal(command("exit " + code), staged);
        assertThat(refused.problem()).isEqualTo(Problem.VALIDATION_FAILED);
        assertThat(refused.findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.message())
                        .startsWith("check")
                        .endsWith(".sh refused it with exit code " + code + " and said nothing"));
    }

    @Test
    void a_command_that_dies_of_a_signal_refuses() throws IOException {
        assertThat(refusal(command("kill -KILL $$"), staged).detail()).contains("exit code 137");
    }

    @Test
    void each_line_is_a_finding_and_places_are_understood() throws IOException {
        ProblemException refused = refusal(command("""
                echo "$1:3:7: wrong tag"
                echo "$1:4: odd" >&2
                echo
                echo 'input:12:1:'
                echo 'at 10:30:00 it was wrong'
                echo '10:30:00 it was wrong'
                printf '%s ends\\twith\\033[31mred' "$1"
                exit 1
                """), staged);
        assertThat(refused.findings())
                .containsExactly(
                        new Finding(3, 7, "wrong tag"),
                        new Finding(4, 0, "odd"),
                        new Finding(12, 1, "input:12:1:"),
                        new Finding(0, 0, "at 10:30:00 it was wrong"),
                        new Finding(0, 0, "10:30:00 it was wrong"),
                        new Finding(0, 0, "in/box ends\uFFFDwith\uFFFD[31mred"));
        assertThat(refused.detail()).isEqualTo("line 3, column 7: wrong tag (and 5 more)");
        assertThat(refusal(command("echo 'x:4: odd'; exit 1"), staged).detail()).isEqualTo("line 4: odd");
    }

    @Test
    void a_flood_is_drained_and_its_beginning_kept() throws IOException {
        ProblemException refused = refusal(command("head -c 50000000 /dev/zero | tr '\\0' 'x'; exit 3"), staged);
        assertThat(refused.findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.message()).hasSize(401));
        ProblemException lines = refusal(command("seq 1 1000000 | sed 's/^/f:/; s/$/: no/'; exit 3"), staged);
        assertThat(lines.findings()).hasSize(20);
        assertThat(lines.findings().get(19)).isEqualTo(new Finding(20, 0, "no"));
        accept(command("head -c 50000000 /dev/zero; exit 0"), staged);
        byte[] half = {'i', 'f', 'x', (byte) 0xC3};
        write(out(), half);
        assertThat(refusal(command("cat " + out() + "; exit 1"), staged).detail())
                .isEqualTo("ifx\uFFFD");
    }

    @Test
    void the_file_is_the_last_argument_or_where_it_is_wanted() throws IOException {
        String print = "for a; do echo \"<$a>\"; done > " + out();
        accept(command(print, "--strict", "a b"), staged);
        assertThat(out()).hasContent("<--strict>\n<a b>\n<" + staged + ">");
        accept(command(print, "{}", "--in={}", "$HOME;`id`", "*"), staged);
        assertThat(out()).hasContent("<" + staged + ">\n<--in={}>\n<$HOME;`id`>\n<*>");
    }

    @Test
    void the_environment_and_the_folder_hold_nothing() throws IOException {
        accept(command("cat; env > " + out() + "; pwd >> " + out() + "; ls -A >> " + out() + "; touch left"), staged);
        List<String> lines = Files.readAllLines(out());
        assertThat(lines)
                .contains(
                        "LANG=C.UTF-8",
                        "DATABROKER_PATH=in/box",
                        "DATABROKER_PRINCIPAL=broker",
                        "PATH=" + System.getenv("PATH"))
                // The shell itself adds what it knows.
                .allMatch(line -> line.matches("(LANG|DATABROKER_PATH|DATABROKER_PRINCIPAL|PATH|PWD|OLDPWD|SHLVL|_)=.*")
                        || line.contains("databroker-check-"));
        assertThat(Path.of(lines.getLast())).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-rf",
                "a b/$(touch PWNED)",
                "`touch PWNED`;touch PWNED",
                "a'b\"c",
                "a\nPATH=evil",
                "--help",
                "../../etc/passwd",
                "%s%n{}"
            })
    void a_hostile_path_is_only_ever_a_value(String path) throws IOException {
        Path odd = write(folder.resolve("-f $(touch PWNED) {} ;"), "x");
        CommandValidator validator =
                command("printf %s \"$DATABROKER_PATH\" > " + out() + "; [ $# = 1 ] && cat \"$1\" >> " + out());
        validator.validate(new Candidate(path, odd), Principal.broker());
        assertThat(Files.readString(out())).isEqualTo(path + "x");
        assertThat(folder.resolve("PWNED")).doesNotExist();
    }

    @Test
    void a_path_that_no_variable_can_hold_is_refused() throws IOException {
        CommandValidator validator = command("exit 0");
        assertThatThrownBy(() -> validator.validate(new Candidate("a\0b", staged), Principal.broker()))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(Problem.INTERNAL));
    }

    @Test
    void a_timeout_ends_it_and_its_grandchildren_who_do_not_want_to() throws IOException, InterruptedException {
        String stubborn = "(trap '' TERM HUP INT; (trap '' TERM; echo $$ > /dev/null;"
                + " sh -c 'trap \"\" TERM; echo $PPID $$ > " + out() + "; while :; do sleep 1; done')) & wait";
        ProblemException refused = refusal(command(MEDIUM, stubborn), staged);
        assertThat(refused.problem()).isEqualTo(Problem.VALIDATION_FAILED);
        assertThat(refused.detail()).endsWith("took longer than 5 s and was ended");
        for (String pid : line(out()).split(" ", -1)) {
            assertDead(pid);
        }
    }

    @Test
    void what_holds_the_output_when_the_command_is_gone_is_ended_too() throws IOException, InterruptedException {
        String orphan = "sh -c 'trap \"\" TERM HUP; echo $$ > " + out() + "; while :; do sleep 1; done' &\n"
                + "while ! [ -s " + out() + " ]; do :; done; echo 'f:1: no'; exit ";
        assertThat(refusal(command(orphan + 1), staged).findings()).containsExactly(new Finding(1, 0, "no"));
        assertDead(line(out()));
        Files.delete(out());
        accept(command(orphan + 0), staged);
        assertDead(line(out()));
    }

    @Test
    void what_is_left_in_the_background_is_ended_after_an_exit_too() throws IOException, InterruptedException {
        String orphan = "sh -c 'echo $$ > " + out() + "; while :; do sleep 1; done' > /dev/null 2>&1 &\n"
                + "while ! [ -s " + out() + " ]; do :; done; exit 0";
        accept(command(orphan), staged);
        assertDead(line(out()));
    }

    @Test
    void an_endless_flood_ends_with_the_timeout() throws IOException {
        assertThat(refusal(command(SHORT, "exec yes"), staged).detail()).contains("took longer than 700 ms");
    }

    @Test
    void an_interruption_ends_it() throws IOException, InterruptedException {
        CommandValidator validator = command("echo $$ > " + out() + "; while :; do sleep 1; done");
        AtomicReference<Optional<Problem>> problem = new AtomicReference<>(Optional.empty());
        Thread thread = Thread.ofVirtual().start(() -> {
            ProblemException refused = refusal(validator, staged);
            problem.set(Optional.of(refused.problem())
                    .filter(_ -> Thread.currentThread().isInterrupted()));
        });
        String pid = line(out());
        thread.interrupt();
        thread.join();
        assertThat(problem.get()).contains(Problem.UNAVAILABLE);
        assertDead(pid);
    }

    @Test
    void four_run_at_once_and_the_fifth_waits_for_its_turn() throws IOException, InterruptedException {
        Path gate = folder.resolve("gate");
        CommandValidator validator = command(
                LONG,
                "mkdir " + folder + "/in-$$; while ! [ -e " + gate + " ]; do sleep 0.02; done; rmdir " + folder
                        + "/in-$$");
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.ofVirtual().start(() -> accept(validator, staged)));
        }
        for (int i = 0; i < 500 && running() < 4; i++) {
            new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS);
        }
        assertThat(running()).isEqualTo(4);
        Thread fifth = Thread.ofVirtual().start(() -> accept(validator, staged));
        new CountDownLatch(1).await(200, TimeUnit.MILLISECONDS);
        assertThat(running()).isEqualTo(4);
        write(gate, "open");
        for (Thread thread : threads) {
            thread.join();
        }
        fifth.join();
        assertThat(running()).isZero();
    }

    private long running() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(path -> path.getFileName().toString().startsWith("in-"))
                    .count();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-such-program-anywhere", "/no/such/program", "", "."})
    void a_program_that_is_missing_is_told_at_the_start(String program) {
        assertThatThrownBy(() -> new CommandValidator(List.of(program), LONG))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + program + "\" is no program that can be started");
    }

    @Test
    void a_program_is_found_in_the_path_and_must_be_executable() throws IOException {
        accept(new CommandValidator(List.of("true"), LONG), staged);
        assertThat(refusal(new CommandValidator(List.of("false"), LONG), staged).detail())
                .isEqualTo("false refused it with exit code 1 and said nothing");
        Path plain = write(folder.resolve("plain"), "#!/bin/sh\n");
        assertThatThrownBy(() -> new CommandValidator(List.of(plain.toString()), LONG))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CommandValidator(List.of(), LONG)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CommandValidator(List.of("true"), Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void a_program_that_has_gone_since_refuses() throws IOException {
        Path script = script("exit 0");
        CommandValidator validator = new CommandValidator(List.of(script.toString()), LONG);
        Files.delete(script);
        assertThat(refusal(validator, staged).problem()).isEqualTo(Problem.INTERNAL);
    }
}
