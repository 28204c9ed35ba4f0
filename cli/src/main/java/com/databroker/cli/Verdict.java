package com.databroker.cli;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;

/// How it is told whether a broker is well: for people, programs, and two kinds of monitoring.
final class Verdict {
    /// In which form.
    enum Format {
        TEXT,
        JSON,
        /// A line, and an exit code as Nagios' plugins have it.
        NAGIOS,
        /// For a folder of text files that a node exporter reads.
        PROMETHEUS
    }

    /// As Nagios tells them apart.
    enum Level {
        OK(0),
        WARNING(1),
        CRITICAL(2),
        /// It could not be asked, as with a wrong token.
        UNKNOWN(3);

        private final int exit;

        Level(int exit) {
            this.exit = exit;
        }

        /// Of a plugin that found this.
        int exit() {
            return exit;
        }
    }

    private Verdict() {}

    /// What finds out.
    interface Question {
        int ask() throws IOException, InterruptedException;
    }

    /// What programs are told where nobody answers: in the form of an answer, so that nothing need be guessed.
    interface Away {
        /// @param why nobody answers
        void tell(String why);
    }

    /// Asks; where nobody answers, or it cannot be asked, that is an answer for Nagios, too, which knows no other
    /// exit codes. That nobody answers is one for the other programs as well.
    static int asked(Surroundings around, Format format, Question question, Away away)
            throws IOException, InterruptedException {
        try {
            return question.ask();
        } catch (CliException | ProblemException unanswered) {
            if (format != Format.NAGIOS) {
                if (format != Format.TEXT && isAway(unanswered)) {
                    away.tell(String.valueOf(unanswered.getMessage()));
                }
                throw unanswered;
            }
            Level level = isAway(unanswered) ? Level.CRITICAL : Level.UNKNOWN;
            around.out().println(nagios(level, String.valueOf(unanswered.getMessage())));
            return level.exit();
        }
    }

    private static boolean isAway(RuntimeException unanswered) {
        return unanswered instanceof CliException told
                ? told.exit() == Exit.UNAVAILABLE
                : unanswered instanceof ProblemException problem && problem.problem() == Problem.UNAVAILABLE;
    }

    /// One line; a `|` would begin figures.
    static String nagios(Level level, String text) {
        return "DATABROKER " + level + " - " + Surroundings.visible(text).replace('|', '/');
    }
}
