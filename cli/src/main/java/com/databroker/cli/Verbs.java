package com.databroker.cli;

import com.databroker.core.Text;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// All verbs by name, and the way from arguments to the one that is meant.
final class Verbs {
    static final String PROGRAM = "databroker";
    private static final int WIDTH = 100;
    private static final int NAME_WIDTH = 20;

    /// @param name one or two words, as the user types them
    /// @param text one line for the overview
    record Entry(String name, String text) {}

    static final List<Entry> ALL = List.of(
            new Entry("serve", "Start a broker."),
            new Entry("pub", "Publish an event."),
            new Entry("sub", "Subscribe to events and print them."),
            new Entry("put", "Store a file."),
            new Entry("get", "Fetch a file."),
            new Entry("ls", "List a folder of files."),
            new Entry("stat", "Say what is known of a file."),
            new Entry("versions", "Show what a file was before, and make it so again."),
            new Entry("rm", "Remove a file or folder."),
            new Entry("watch", "Tell what becomes of files, whoever changes them."),
            new Entry("search", "Find records of streams, the newest first."),
            new Entry("streams ls", "List the streams and how they do."),
            new Entry("streams describe", "Tell the fields of a stream, or who collects for it."),
            new Entry("streams check", "Say what is wrong with the definition of a stream, and try it on a sample."),
            new Entry("streams submit", "Start or upgrade jobs of streams on a Flink cluster."),
            new Entry("streams jar", "Write the jar of the jobs, for a Flink cluster's own tools."),
            new Entry("streams lag", "Say how far streams and their collectors are behind."),
            new Entry("streams collect", "Have a collector do its next step now."),
            new Entry("streams test", "Say what would come of a file."),
            new Entry("streams replay", "Take what was collected through reader and parser again."),
            new Entry("streams dead", "List, resend or drop what could not become a record."),
            new Entry("views ls", "List the views of streams and how their last runs went."),
            new Entry("views run", "Run a view now."),
            new Entry("views show", "Show what a view counted, day by day."),
            new Entry("objects types", "List the types of objects, or the fields of one."),
            new Entry("objects get", "Show objects, and what they refer to."),
            new Entry("objects find", "Find objects by conditions on their fields."),
            new Entry("objects set", "Change fields of an object."),
            new Entry("objects create", "Create an object."),
            new Entry("objects rm", "Delete objects."),
            new Entry("objects call", "Call a method of an object or a type."),
            new Entry("objects watch", "Tell what becomes of objects, whoever changes them."),
            new Entry("objects graph", "Draw the types and what they refer to."),
            new Entry("objects triggers", "Show, install or remove what tells changes by other programs."),
            new Entry("objects rotate-keys", "Have capabilities of a store made with another key."),
            new Entry("objects conformance", "Hold a broker or a client against the protocol of objects."),
            new Entry("user add", "Add a user."),
            new Entry("user list", "List the users."),
            new Entry("user remove", "Remove a user with all its tokens."),
            new Entry("token add", "Make a token for a user and print it, this once."),
            new Entry("token list", "List tokens, without their secrets."),
            new Entry("token revoke", "Revoke a token; who uses it is cut off within a second."),
            new Entry("connections ls", "List who is connected and stays so."),
            new Entry("connections end", "End a connection; its peer may come again."),
            new Entry("config check", "Say everything that is wrong with a configuration."),
            new Entry("config show", "Print every setting in force and where it came from."),
            new Entry("config default", "Print a configuration file with every key and its default."),
            new Entry("check", "Say whether a broker is well: ready, live or health."),
            new Entry("status", "Show a broker in figures."),
            new Entry("top", "Show what flows through a broker, a line each time."),
            new Entry("doctor", "Look at what may go wrong, and say what helps."),
            new Entry("reload", "Have a broker take into use what can be changed while it runs."),
            new Entry("debug", "Gather what somebody needs who is to help, without secrets."),
            new Entry("backup", "Back up everything a broker keeps, or look at a backup."),
            new Entry("restore", "Fill an empty data folder from a backup."),
            new Entry("definitions export", "Write users, streams and settings into one file."),
            new Entry("definitions import", "Have a broker become what such a file says."),
            new Entry("bench pub", "Measure how fast events are taken."),
            new Entry("bench sub", "Measure how fast events are delivered."),
            new Entry("bench rtt", "Measure how long one event takes from here to here."),
            new Entry("train", "Make the cache of classes with which a start takes half as long."),
            new Entry("completion", "Print a script that completes verbs and options in bash, zsh or fish."),
            new Entry("version", "Print the version."),
            new Entry("help", "Explain a verb."));

    /// Those that take every key of the configuration as a flag.
    private static final Set<String> WITH_SETTINGS =
            Set.of("serve", "config show", "streams submit", "streams jar", "restore");

    private Verbs() {}

    /// A switch and not a table of makers: no class of another verb is touched.
    static Verb make(String name) {
        return switch (name) {
            case "serve" -> new ServeVerb();
            case "pub" -> new PubVerb();
            case "sub" -> new SubVerb();
            case "put" -> new PutVerb();
            case "get" -> new GetVerb();
            case "ls" -> new LsVerb();
            case "stat" -> new StatVerb();
            case "versions" -> new VersionsVerb();
            case "rm" -> new RmVerb();
            case "watch" -> new WatchVerb();
            case "search" -> new SearchVerb();
            case "streams ls" -> new StreamsLsVerb();
            case "streams describe" -> new StreamsDescribeVerb();
            case "streams lag" -> new StreamsLagVerb();
            case "streams collect" -> new StreamsCollectVerb();
            case "streams test" -> new StreamsTestVerb();
            case "streams replay" -> new StreamsReplayVerb();
            case "streams check" -> new StreamsCheckVerb();
            case "streams dead" -> new StreamsDeadVerb();
            case "streams submit" -> new StreamsSubmitVerb();
            case "streams jar" -> new StreamsJarVerb();
            case "views ls" -> new ViewsLsVerb();
            case "views run" -> new ViewsRunVerb();
            case "views show" -> new ViewsShowVerb();
            case "objects types" -> new ObjectsTypesVerb();
            case "objects get" -> new ObjectsGetVerb();
            case "objects find" -> new ObjectsFindVerb();
            case "objects set" -> new ObjectsSetVerb();
            case "objects create" -> new ObjectsCreateVerb();
            case "objects rm" -> new ObjectsRmVerb();
            case "objects call" -> new ObjectsCallVerb();
            case "objects watch" -> new ObjectsWatchVerb();
            case "objects graph" -> new ObjectsGraphVerb();
            case "objects triggers" -> new ObjectsTriggersVerb();
            case "objects rotate-keys" -> new ObjectsRotateKeysVerb();
            case "objects conformance" -> new ObjectsConformanceVerb();
            case "connections ls" -> new ConnectionsLsVerb();
            case "connections end" -> new ConnectionsEndVerb();
            case "user add" -> new UserAddVerb();
            case "user list" -> new UserListVerb();
            case "user remove" -> new UserRemoveVerb();
            case "token add" -> new TokenAddVerb();
            case "token list" -> new TokenListVerb();
            case "token revoke" -> new TokenRevokeVerb();
            case "config check" -> new ConfigCheckVerb();
            case "config show" -> new ConfigShowVerb();
            case "config default" -> new ConfigDefaultVerb();
            default -> madeOfRest(name);
        };
    }

    /// Verbs about the broker itself, and about the command.
    private static Verb madeOfRest(String name) {
        return switch (name) {
            case "check" -> new CheckVerb();
            case "status" -> new StatusVerb();
            case "top" -> new TopVerb();
            case "doctor" -> new DoctorVerb();
            case "reload" -> new ReloadVerb();
            case "debug" -> new DebugVerb();
            case "backup" -> new BackupVerb();
            case "restore" -> new RestoreVerb();
            case "definitions export" -> new DefinitionsExportVerb();
            case "definitions import" -> new DefinitionsImportVerb();
            case "bench pub" -> new BenchPubVerb();
            case "bench sub" -> new BenchSubVerb();
            case "bench rtt" -> new BenchRttVerb();
            case "train" -> new TrainVerb();
            case "completion" -> new CompletionVerb();
            case "version" -> new VersionVerb();
            case "help" -> new HelpVerb();
            default -> throw new IllegalStateException("no verb " + name);
        };
    }

    static int run(String[] args, Surroundings around) throws IOException, InterruptedException {
        if (args.length == 0) {
            around.err().print(overview(""));
            return Exit.USAGE;
        }
        String first = args[0];
        if (first.equals("-h") || first.equals("--help")) {
            around.out().print(overview(""));
            return Exit.OK;
        }
        if (first.equals("-V") || first.equals("--version")) {
            return new VersionVerb().run(around);
        }
        if (isVerb(first)) {
            return run(first, rest(args, 1), around);
        }
        if (!isGroup(first)) {
            throw unknown(first, "", around);
        }
        if (args.length == 1) {
            around.err().print(overview(first));
            return Exit.USAGE;
        }
        if (args[1].equals("-h") || args[1].equals("--help")) {
            around.out().print(overview(first));
            return Exit.OK;
        }
        if (!isVerb(first + " " + args[1])) {
            throw unknown(args[1], first, around);
        }
        return run(first + " " + args[1], rest(args, 2), around);
    }

    private static String[] rest(String[] args, int from) {
        return Arrays.copyOfRange(args, from, args.length);
    }

    static boolean isVerb(String name) {
        return ALL.stream().anyMatch(entry -> entry.name.equals(name));
    }

    static boolean isGroup(String name) {
        return ALL.stream().anyMatch(entry -> entry.name.startsWith(name + " "));
    }

    static CliException unknown(String word, String group, Surroundings around) {
        List<String> known = group.isEmpty()
                ? ALL.stream().map(Verbs::head).distinct().toList()
                : ALL.stream()
                        .filter(entry -> entry.name.startsWith(group + " "))
                        .map(entry -> entry.name.substring(group.length() + 1))
                        .toList();
        String near = word.length() > 40 ? "" : Text.nearest(word, known);
        String help = around.launcher() + " help" + (group.isEmpty() ? "" : " " + group);
        String what = word.startsWith("-") && group.isEmpty() ? "a verb comes first, found \"" : "unknown verb \"";
        return CliException.usage(
                what + Text.excerpt(word) + "\"" + (near.isEmpty() ? "" : ", did you mean " + near + "?"), help);
    }

    private static String head(Entry entry) {
        int blank = entry.name.indexOf(' ');
        return blank < 0 ? entry.name : entry.name.substring(0, blank);
    }

    private static int run(String name, String[] args, Surroundings around) throws IOException, InterruptedException {
        Verb verb = make(name);
        CommandLine command = command(name, verb);
        try {
            command.parseArgs(WITH_SETTINGS.contains(name) ? SettingFlags.rewritten(args) : args);
        } catch (CommandLine.ParameterException wrong) {
            throw usage(name, command, wrong, around);
        }
        if (command.isUsageHelpRequested()) {
            around.out().print(command.getUsageMessage(CommandLine.Help.Ansi.OFF));
            return Exit.OK;
        }
        return verb.run(around);
    }

    /// The parser of one verb.
    static CommandLine command(String name, Verb verb) {
        CommandLine command = new CommandLine(verb);
        command.setCommandName(PROGRAM + " " + name);
        adorn(command.getCommandSpec(), name);
        command.setExpandAtFiles(false);
        command.setCaseInsensitiveEnumValuesAllowed(true);
        command.setUsageHelpWidth(WIDTH);
        command.registerConverter(Duration.class, new Durations());
        return command;
    }

    private static void adorn(CommandSpec spec, String name) {
        String text = ALL.stream()
                .filter(entry -> entry.name.equals(name))
                .map(Entry::text)
                .findFirst()
                .orElse("");
        spec.usageMessage()
                .synopsisHeading("usage: ")
                .abbreviateSynopsis(true)
                .description(text)
                .parameterListHeading("%n")
                .optionListHeading("%n")
                .footerHeading(spec.usageMessage().footer().length == 0 ? "" : "%nexamples:%n")
                .sortOptions(false);
        spec.addOption(OptionSpec.builder("-h", "--help")
                .usageHelp(true)
                .type(boolean.class)
                .arity("0")
                .description("Show this help.")
                .build());
    }

    private static CliException usage(
            String name, CommandLine command, CommandLine.ParameterException wrong, Surroundings around) {
        String help = around.launcher() + " help " + name;
        if (wrong instanceof CommandLine.UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().isEmpty()) {
            String word = unmatched.getUnmatched().getFirst();
            if (!word.startsWith("-")) {
                return CliException.usage("one argument too many: \"" + Text.excerpt(word) + "\"", help);
            }
            int equals = word.indexOf('=');
            String option = equals < 0 ? word : word.substring(0, equals);
            String near = option.length() > 40
                    ? ""
                    : Text.nearest(option, command.getCommandSpec().optionsMap().keySet());
            return CliException.usage(
                    "unknown option " + Text.excerpt(option) + (near.isEmpty() ? "" : ", did you mean " + near + "?"),
                    help);
        }
        String message = String.valueOf(wrong.getMessage());
        return CliException.usage(Character.toLowerCase(message.charAt(0)) + message.substring(1), help);
    }

    /// The list of verbs, all of them or those of one group.
    static String overview(String group) {
        StringBuilder out = new StringBuilder();
        if (group.isEmpty()) {
            out.append("databroker: events, files and streams between systems that do not know each other\n\n");
        }
        out.append("usage: ").append(PROGRAM).append(group.isEmpty() ? "" : " " + group);
        out.append(" VERB [OPTIONS] …\n\n");
        for (Entry entry : ALL) {
            if (group.isEmpty() || entry.name.startsWith(group + " ")) {
                out.append("  ")
                        .append(entry.name)
                        .repeat(' ', NAME_WIDTH - entry.name.length())
                        .append(entry.text)
                        .append('\n');
            }
        }
        return out.append("\nMore on each: ")
                .append(PROGRAM)
                .append(" help ")
                .append(group.isEmpty() ? "" : group + " ")
                .append("VERB\n")
                .toString();
    }
}
