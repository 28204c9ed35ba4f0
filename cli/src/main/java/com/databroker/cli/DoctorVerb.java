package com.databroker.cli;

import com.databroker.core.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Looks at what may go wrong with a broker, and says what helps.
@Command(
        footer = {
            "  databroker doctor",
            "  databroker doctor --format json | jq '.checks[] | select(.status != \"ok\")'",
            "  databroker doctor --format nagios",
            "  databroker doctor 'room for' 'TLS certificate' --format nagios",
            "",
            "Where names are given, only checks that begin with one of them count; a check has its name before the",
            "colon in text. Exit code 3 where none begins so.",
            "",
            "Exit code 0 where nothing failed, 1 where something did, 6 where nothing answers. With",
            "--format nagios: 0 all is well, 1 there are warnings, 2 something failed or nothing answers,",
            "3 it could not be asked. Where nothing answers, json and prometheus have one check, which failed."
        })
final class DoctorVerb implements Verb {
    @Parameters(
            arity = "0..*",
            paramLabel = "NAME",
            description =
                    "Only checks whose names begin so, as events, quota, store, stream, collector, door or token.")
    private final List<String> names = new ArrayList<>();

    @Option(names = "--format", paramLabel = "FORMAT", description = "text, json, nagios or prometheus.")
    private Verdict.Format format = Verdict.Format.TEXT;

    @Option(names = "--all", description = "In text: also what is well, which is counted otherwise.")
    private boolean all;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        return Verdict.asked(around, format, () -> ask(around), why -> printAway(around, why));
    }

    private int ask(Surroundings around) throws IOException, InterruptedException {
        try (Http http = new Http(broker.resolve(around), around)) {
            Http.Answer answer = http.call("GET", "/health/checks", null);
            List<Map<String, @Nullable Object>> checks = JsonTree.objects(
                            answer.object().get("checks"))
                    .stream()
                    .filter(this::isWanted)
                    .toList();
            if (checks.isEmpty() && !names.isEmpty()) {
                throw new CliException(
                        Exit.NOT_FOUND,
                        "no check begins with " + String.join(" or ", names),
                        "",
                        "see databroker doctor --all",
                        null);
            }
            switch (format) {
                case TEXT -> print(around, checks);
                case JSON -> around.out().println(json(checks));
                case NAGIOS -> around.out().println(Verdict.nagios(level(checks), summary(checks)));
                case PROMETHEUS -> prometheus(around, checks);
            }
            return format == Verdict.Format.NAGIOS
                    ? level(checks).exit()
                    : level(checks) == Verdict.Level.CRITICAL ? Exit.FAILED : Exit.OK;
        }
    }

    /// As a check that failed, the only one that could be made.
    private void printAway(Surroundings around, String why) {
        Map<String, @Nullable Object> check = new LinkedHashMap<>();
        check.put("name", "broker");
        check.put("status", "failed");
        check.put("value", "away");
        check.put("why", why);
        check.put("remedy", "start it, or say where it is with --url and --token");
        if (format == Verdict.Format.PROMETHEUS) {
            prometheus(around, List.of(check));
        } else {
            around.out().println(json(List.of(check)));
        }
    }

    private boolean isWanted(Map<String, @Nullable Object> check) {
        String name = JsonTree.text(check, "name");
        return names.isEmpty() || names.stream().anyMatch(name::startsWith);
    }

    /// As the broker wrote it, of those that are wanted.
    private static String json(List<Map<String, @Nullable Object>> checks) {
        String worst = switch (level(checks)) {
            case CRITICAL -> "failed";
            case WARNING -> "warning";
            default -> "ok";
        };
        Map<String, @Nullable Object> tree = new LinkedHashMap<>();
        tree.put("status", worst);
        tree.put("checks", checks);
        return Json.bytes(json -> Json.writeTree(json, tree)).utf8();
    }

    private static long count(List<Map<String, @Nullable Object>> checks, String status) {
        long count = 0;
        for (Map<String, @Nullable Object> check : checks) {
            count += JsonTree.text(check, "status").equals(status) ? 1 : 0;
        }
        return count;
    }

    private static Verdict.Level level(List<Map<String, @Nullable Object>> checks) {
        return count(checks, "failed") > 0
                ? Verdict.Level.CRITICAL
                : count(checks, "warning") > 0 ? Verdict.Level.WARNING : Verdict.Level.OK;
    }

    private static String summary(List<Map<String, @Nullable Object>> checks) {
        StringBuilder out = new StringBuilder();
        out.append(count(checks, "ok")).append(" well, ");
        out.append(count(checks, "warning")).append(" warnings, ");
        out.append(count(checks, "failed")).append(" failed");
        for (Map<String, @Nullable Object> check : checks) {
            if (!JsonTree.text(check, "status").equals("ok")) {
                out.append("; ").append(JsonTree.text(check, "name"));
                out.append(": ").append(JsonTree.text(check, "why"));
            }
        }
        return out.toString();
    }

    private void print(Surroundings around, List<Map<String, @Nullable Object>> checks) {
        for (Map<String, @Nullable Object> check : checks) {
            String status = JsonTree.text(check, "status");
            if (!all && status.equals("ok")) {
                continue;
            }
            around.out()
                    .println(Surroundings.visible(String.format(Locale.ROOT, "%-8s", status)
                            + JsonTree.text(check, "name") + ": " + JsonTree.text(check, "value")));
            line(around, "why: ", JsonTree.text(check, "why"));
            line(around, "try: ", JsonTree.text(check, "remedy"));
        }
        around.out()
                .println(count(checks, "ok") + " well, " + count(checks, "warning") + " warnings, "
                        + count(checks, "failed") + " failed");
    }

    private static void line(Surroundings around, String word, String text) {
        if (!text.isEmpty()) {
            around.out().println("        " + Surroundings.visible(word + text));
        }
    }

    private static void prometheus(Surroundings around, List<Map<String, @Nullable Object>> checks) {
        around.out().println("# HELP databroker_doctor_checks What the doctor looked at, by how it is.");
        around.out().println("# TYPE databroker_doctor_checks gauge");
        for (String status : List.of("ok", "warning", "failed")) {
            around.out().println("databroker_doctor_checks{status=\"" + status + "\"} " + count(checks, status));
        }
    }
}
