package com.databroker.cli;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Parameters;

/// Prints a completion script. The one that picocli writes serves bash and zsh, where it loads bashcompinit.
@Command(
        footer = {
            "  source <(databroker completion bash)",
            "  databroker completion bash > ~/.local/share/bash-completion/completions/databroker",
            "  databroker completion zsh >> ~/.zshrc",
            "  databroker completion fish > ~/.config/fish/completions/databroker.fish"
        })
final class CompletionVerb implements Verb {
    private static final Pattern VALUES = Pattern.compile("(?m)(?<=_args=\\().*(?=\\) # )");

    /// For which shell.
    enum Kind {
        BASH,
        ZSH,
        FISH
    }

    @Parameters(index = "0", paramLabel = "bash|zsh|fish", description = "The shell.")
    private Kind shell = Kind.BASH;

    @Override
    public int run(Surroundings around) {
        CommandLine tree = tree();
        String script =
                shell == Kind.FISH ? FishCompletion.script(tree) : words(AutoComplete.bash(Verbs.PROGRAM, tree));
        around.out().print(script);
        if (shell == Kind.ZSH && !script.endsWith("\n")) {
            around.out().println();
        }
        return Exit.OK;
    }

    /// With values as they are written everywhere: picocli has them as constants are.
    private static String words(String script) {
        return VALUES.matcher(script)
                .replaceAll(found -> Matcher.quoteReplacement(found.group().toLowerCase(Locale.ROOT)));
    }

    /// All verbs at once, which only this needs.
    private static CommandLine tree() {
        CommandSpec root = CommandSpec.create().name(Verbs.PROGRAM);
        Map<String, CommandSpec> groups = new HashMap<>();
        for (Verbs.Entry entry : Verbs.ALL) {
            CommandSpec spec =
                    Verbs.command(entry.name(), Verbs.make(entry.name())).getCommandSpec();
            if (entry.name().equals("serve")) {
                SettingFlags.keys().stream()
                        .filter(key -> !spec.optionsMap().containsKey("--" + key))
                        .forEach(key -> spec.addOption(OptionSpec.builder("--" + key)
                                .type(String.class)
                                .build()));
            }
            int blank = entry.name().indexOf(' ');
            if (blank < 0) {
                spec.name(entry.name());
                root.addSubcommand(entry.name(), spec);
                continue;
            }
            String group = entry.name().substring(0, blank);
            CommandSpec parent = groups.computeIfAbsent(group, name -> {
                CommandSpec made = CommandSpec.create().name(name);
                root.addSubcommand(name, made);
                return made;
            });
            String name = entry.name().substring(blank + 1);
            spec.name(name);
            parent.addSubcommand(name, spec);
        }
        return new CommandLine(root);
    }
}
