package com.databroker.cli;

import com.databroker.core.Finding;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/// Tells what went wrong (`error:`, `cause:`, `try:`) and says which exit code that is.
final class Failures {
    private Failures() {}

    static int tell(Surroundings around, Throwable failure) {
        return switch (failure) {
            case CliException known -> {
                lines(around, String.valueOf(known.getMessage()), known.because(), known.remedy());
                yield known.exit();
            }
            case ProblemException refused ->
                tell(around, refused, because(refused), refused.problem().remedy());
            case InterruptedException interrupted -> Exit.INTERRUPTED;
            case NoSuchFileException absent -> {
                lines(around, "there is no file " + absent.getFile(), "", "");
                yield Exit.NOT_FOUND;
            }
            case IOException unusable -> {
                lines(around, reason(unusable), "", "");
                yield Exit.FAILED;
            }
            default -> {
                lines(around, "unexpected: " + failure, failure.getCause() == null ? "" : "" + failure.getCause(), "");
                yield Exit.FAILED;
            }
        };
    }

    static int tell(Surroundings around, ProblemException refused, String because, String remedy) {
        Problem problem = refused.problem();
        if (problem == Problem.CONFIGURATION_INVALID && !refused.findings().isEmpty()) {
            // Many lines, each with its place: they stand for themselves.
            refused.detail().lines().forEach(around::say);
            lines(around, "[" + problem.number() + "] " + problem.title(), "", remedy);
            return Exit.of(problem);
        }
        lines(around, "[" + problem.number() + "] " + problem.title() + ": " + refused.detail(), because, remedy);
        return Exit.of(problem);
    }

    /// A failure to start: one line.
    static int tellStart(Surroundings around, ProblemException refused) {
        if (refused.problem() == Problem.CONFIGURATION_INVALID
                && !refused.findings().isEmpty()) {
            return Failures.tell(around, refused);
        }
        around.err().println(around.styled("1;31", "error:") + " " + Surroundings.visible(refused.line()));
        around.err().flush();
        return Exit.USAGE;
    }

    /// What was printed did not arrive, as on a disk that is full. Nothing is said where who read it has gone.
    ///
    /// @param exit of the verb, which holds where it is a failure anyway
    static int tellUnwritten(Surroundings around, IOException unwritten, int exit) {
        if (!around.out().isLeft()) {
            lines(around, "standard output could not be written: " + unwritten.getMessage(), "", "");
        }
        return exit == Exit.OK ? Exit.FAILED : exit;
    }

    private static void lines(Surroundings around, String error, String because, String remedy) {
        around.err().println(around.styled("1;31", "error:") + " " + Surroundings.visible(error));
        because.lines().forEach(line -> around.err().println("cause: " + Surroundings.visible(line)));
        if (!remedy.isEmpty()) {
            around.err().println("try: " + Surroundings.visible(remedy));
        }
        around.err().flush();
    }

    private static String because(ProblemException refused) {
        if (!refused.findings().isEmpty()) {
            StringBuilder lines = new StringBuilder();
            for (Finding finding : refused.findings()) {
                if (!refused.detail().contains(finding.toString())) {
                    lines.append(finding).append('\n');
                }
            }
            return lines.toString();
        }
        Throwable inner = refused.getCause();
        while (inner != null && isSaid(refused, inner)) {
            inner = inner.getCause();
        }
        return inner == null ? "" : String.valueOf(inner.getMessage());
    }

    /// Whether a cause adds nothing to what is told anyway.
    private static boolean isSaid(ProblemException refused, Throwable cause) {
        String message = cause.getMessage();
        return message == null
                || message.isBlank()
                || refused.detail().contains(message)
                || message.contains(refused.detail());
    }

    private static String reason(IOException failure) {
        if (failure instanceof AccessDeniedException denied) {
            return "no access to " + denied.getFile();
        }
        if (failure instanceof FileSystemException file && file.getReason() != null) {
            return file.getFile() + ": " + file.getReason();
        }
        @Nullable String message = failure.getMessage();
        return failure.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }
}
