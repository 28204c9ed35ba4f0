package com.databroker.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Parameters;

/// Explains a verb, or lists all of them.
@Command(footer = {"  databroker help", "  databroker help pub", "  databroker help token add"})
final class HelpVerb implements Verb {
    @Parameters(arity = "0..2", paramLabel = "VERB", description = "The verb; else all are listed.")
    private final List<String> words = new ArrayList<>();

    @Override
    public int run(Surroundings around) {
        String name = String.join(" ", words);
        if (name.isEmpty() || Verbs.isGroup(name)) {
            around.out().print(Verbs.overview(name));
            return Exit.OK;
        }
        if (!Verbs.isVerb(name)) {
            boolean grouped = words.size() == 2 && Verbs.isGroup(words.getFirst());
            throw Verbs.unknown(grouped ? words.getLast() : name, grouped ? words.getFirst() : "", around);
        }
        around.out().print(Verbs.command(name, Verbs.make(name)).getUsageMessage(Help.Ansi.OFF));
        return Exit.OK;
    }
}
