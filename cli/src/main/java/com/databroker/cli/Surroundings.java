package com.databroker.cli;

import com.databroker.core.Text;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.BooleanSupplier;

/// What a verb has around it, so that it can be run in a test as in a shell.
///
/// @param folder where the user stands; relative paths of arguments are relative to it
/// @param terminal whether standard error is a terminal
/// @param hooks how to hear that the process is to end
record Surroundings(
        Map<String, String> environment,
        InputStream in,
        Output out,
        PrintStream err,
        Path folder,
        BooleanSupplier terminal,
        Hooks hooks) {

    /// Registers what is to be done when the process is asked to end, and takes it back.
    interface Hooks {
        /// @return whose close takes it back
        Hook add(Runnable atEnd);
    }

    /// A registered end.
    interface Hook extends AutoCloseable {
        @Override
        void close();
    }

    /// The variable, empty where it is not set.
    String variable(String name) {
        return environment.getOrDefault(name, "");
    }

    /// What the user types to run this program.
    String launcher() {
        return Shell.quoted(System.getProperty("databroker.launcher", "./databroker"));
    }

    /// `text` between the codes of a colour, where somebody can see it and does not mind.
    String styled(String code, String text) {
        boolean colour = variable("NO_COLOR").isEmpty() && !variable("TERM").equals("dumb") && terminal.getAsBoolean();
        return colour ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
    }

    /// One message for the user.
    void say(String message) {
        err.println(visible(message));
        err.flush();
    }

    /// The text with all control characters but tabs made visible: what strangers wrote must not drive the
    /// terminal.
    static String visible(String text) {
        if (text.chars().noneMatch(c -> Character.isISOControl(c) && c != '\t')) {
            return text;
        }
        StringBuilder out = new StringBuilder(text.length() + 16);
        text.chars().forEach(c -> {
            if (c == '\n') {
                out.append("\\n");
            } else if (c == '\r') {
                out.append("\\r");
            } else if (Character.isISOControl(c) && c != '\t') {
                out.append(Text.excerpt(Character.toString(c)));
            } else {
                out.append((char) c);
            }
        });
        return out.toString();
    }
}
