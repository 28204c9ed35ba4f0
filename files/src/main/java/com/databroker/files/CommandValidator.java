package com.databroker.files;

import com.databroker.access.Principal;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Accepts what a command of the operator accepts: it ends with 0. What it printed is the reason where it does not.
///
/// The command is started without a shell, in an empty folder of its own, with nothing to read and hardly any
/// environment. The path and the name of the sender, which strangers chose, are in variables, never in the arguments.
final class CommandValidator implements Validator {
    /// At once, per validator; others wait for their turn, as long as a command may take.
    static final int AT_ONCE_MAX = 4;

    /// Replaced by the staged file where an argument is this; else the file is the last argument.
    private static final String FILE = "{}";

    private static final String PATH_OTHERWISE = "/usr/local/bin:/usr/bin:/bin";
    /// `name:line:column: text` and `name:line: text`; a name of digits alone would be a time.
    private static final Pattern PLACE =
            Pattern.compile("(?=[^:]*[^0-9:])[^:]+:([0-9]{1,9}):(?:([0-9]{1,9}):)?(?:\\s+(.*))?");

    private final List<String> command;
    private final Duration timeout;
    private final Semaphore turns = new Semaphore(AT_ONCE_MAX, true);

    /// @param command the program and its arguments; a program without a slash is looked for in PATH
    /// @param timeout of one command, and of the wait for its turn
    /// @throws IllegalArgumentException where there is no such program
    CommandValidator(List<String> command, Duration timeout) {
        if (command.isEmpty()) {
            throw new IllegalArgumentException("a command has at least the name of a program");
        }
        if (!timeout.isPositive()) {
            throw new IllegalArgumentException("the timeout of a command is more than 0");
        }
        this.command = new ArrayList<>(command);
        this.command.set(0, program(command.getFirst()).toString());
        if (!command.subList(1, command.size()).contains(FILE)) {
            this.command.add(FILE);
        }
        this.timeout = timeout;
    }

    private static String path() {
        String path = System.getenv("PATH");
        return path == null || path.isEmpty() ? PATH_OTHERWISE : path;
    }

    /// Found once, so that no other program runs when another one of that name turns up.
    private static Path program(String name) {
        List<Path> places = new ArrayList<>();
        if (name.contains("/")) {
            places.add(Path.of(name));
        } else if (!name.isEmpty()) {
            for (String folder : path().split(File.pathSeparator, -1)) {
                if (!folder.isEmpty()) {
                    places.add(Path.of(folder, name));
                }
            }
        }
        return places.stream()
                .map(place -> place.toAbsolutePath().normalize())
                .filter(place -> Files.isRegularFile(place) && Files.isExecutable(place))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("\"" + Text.excerpt(name)
                        + "\" is no program that can be started" + (name.contains("/") ? "" : "; PATH has none")));
    }

    @Override
    public void validate(Candidate candidate, Principal sender) {
        try {
            if (!turns.tryAcquire(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new ProblemException(
                        Problem.UNAVAILABLE,
                        AT_ONCE_MAX + " checks by " + name() + " are running, and none ended within " + words(timeout));
            }
            try {
                run(candidate, sender);
            } finally {
                turns.release();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new ProblemException(Problem.UNAVAILABLE, "the check by " + name() + " was interrupted", stopped);
        }
    }

    private String name() {
        return String.valueOf(Path.of(command.getFirst()).getFileName());
    }

    private static String words(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
    }

    private void run(Candidate candidate, Principal sender) throws InterruptedException {
        CommandRun.Outcome outcome;
        try (CommandRun run = CommandRun.start(arguments(candidate), environment(candidate, sender))) {
            outcome = run.await(timeout);
        } catch (IOException | IllegalArgumentException refused) {
            // The second is about a zero byte, which no path and no name should have.
            throw new ProblemException(Problem.INTERNAL, name() + " could not be started", refused);
        }
        if (outcome.exit() == null) {
            throw Findings.refusal(
                    0, 0, "the check by " + name() + " took longer than " + words(timeout) + " and was ended");
        }
        if (outcome.exit() != 0) {
            refuse(candidate, outcome.exit(), outcome.output());
        }
    }

    private List<String> arguments(Candidate candidate) {
        String file = candidate.file().toAbsolutePath().toString();
        List<String> arguments = new ArrayList<>(command);
        arguments.subList(1, arguments.size()).replaceAll(argument -> argument.equals(FILE) ? file : argument);
        return arguments;
    }

    private static Map<String, String> environment(Candidate candidate, Principal sender) {
        return Map.of(
                "PATH", path(),
                "LANG", "C.UTF-8",
                "DATABROKER_PATH", candidate.path(),
                "DATABROKER_PRINCIPAL", sender.name());
    }

    private void refuse(Candidate candidate, int exit, String output) {
        Findings findings = new Findings();
        // Where the staged file is on the broker's disk is nobody's business.
        String plain = output.replace(candidate.file().toAbsolutePath().toString(), candidate.path());
        plain.lines().map(String::strip).filter(line -> !line.isEmpty()).forEach(line -> add(findings, line));
        if (findings.isEmpty()) {
            findings.add(0, 0, name() + " refused it with exit code " + exit + " and said nothing");
        }
        findings.throwIfAny();
    }

    private static void add(Findings findings, String line) {
        Matcher place = PLACE.matcher(line);
        if (place.matches()) {
            findings.add(
                    Integer.parseInt(place.group(1)),
                    place.group(2) == null ? 0 : Integer.parseInt(place.group(2)),
                    text(place.group(3), line));
        } else {
            findings.add(0, 0, line);
        }
    }

    private static String text(@Nullable String text, String line) {
        return text == null ? line : text;
    }
}
