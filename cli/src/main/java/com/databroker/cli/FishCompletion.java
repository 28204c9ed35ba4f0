package com.databroker.cli;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/// The script that completes verbs and options in fish: a line for each, under the verb that is typed so far.
final class FishCompletion {
    private static final String HEAD = """
            # Completes databroker in fish; written by `databroker completion fish`.
            function __databroker_typed
                set -l words (commandline -opc)
                set -e words[1]
                set -l verbs
                for word in $words
                    if not string match -q -- '-*' $word
                        set -a verbs $word
                    end
                end
                string join ' ' -- $verbs
            end
            function __databroker_at --argument-names verb
                test (__databroker_typed | string collect --allow-empty) = "$verb"
            end
            function __databroker_in --argument-names verb
                string match -q -- "$verb *" (__databroker_typed)' '
            end
            """;

    private final StringBuilder script = new StringBuilder(HEAD);

    private FishCompletion() {}

    static String script(CommandLine tree) {
        FishCompletion made = new FishCompletion();
        made.add("", tree);
        return made.script.toString();
    }

    private void add(String verb, CommandLine command) {
        CommandSpec spec = command.getCommandSpec();
        for (Map.Entry<String, CommandLine> each : command.getSubcommands().entrySet()) {
            line(
                    "at",
                    verb,
                    "-f -a " + quoted(each.getKey()),
                    first(each.getValue().getCommandSpec()));
            add((verb + " " + each.getKey()).strip(), each.getValue());
        }
        for (OptionSpec option : spec.options()) {
            StringBuilder names = new StringBuilder();
            for (String name : option.names()) {
                boolean word = name.startsWith("--");
                names.append(word ? "-l " : "-s ")
                        .append(name.substring(word ? 2 : 1))
                        .append(' ');
            }
            if (option.arity().max() > 0) {
                String choices = choices(option.completionCandidates());
                names.append(choices.isEmpty() ? "-r" : "-x -a " + quoted(choices));
            }
            line("in", verb, names.toString().strip(), first(option.description()));
        }
        for (PositionalParamSpec argument : spec.positionalParameters()) {
            String choices = choices(argument.completionCandidates());
            if (!choices.isEmpty()) {
                line("at", verb, "-f -a " + quoted(choices), first(argument.description()));
            }
        }
    }

    private void line(String condition, String verb, String what, String said) {
        script.append("complete -c ").append(Verbs.PROGRAM).append(" -n ");
        script.append(quoted("__databroker_" + condition + " " + quoted(verb)))
                .append(' ')
                .append(what);
        if (!said.isEmpty()) {
            script.append(" -d ").append(quoted(said));
        }
        script.append('\n');
    }

    private static String choices(@Nullable Iterable<String> candidates) {
        StringBuilder all = new StringBuilder();
        if (candidates != null) {
            // As the command line says them; it takes either.
            candidates.forEach(each -> all.append(all.isEmpty() ? "" : " ").append(each.toLowerCase(Locale.ROOT)));
        }
        return all.toString();
    }

    private static String first(CommandSpec command) {
        return first(command.usageMessage().description());
    }

    private static String first(String[] said) {
        return said.length == 0 ? "" : said[0];
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
