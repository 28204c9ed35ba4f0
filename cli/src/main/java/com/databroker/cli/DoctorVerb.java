package com.databroker.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Looks at what may go wrong with a broker, and says what helps.
@Command(
        footer = {
            "  databroker doctor",
            "  databroker doctor --format json | jq '.checks[] | select(.status != \"ok\")'",
            "  databroker doctor --format nagios",
            "",
            "Exit code 0 where nothing failed, 1 where something did, 6 where nothing answers. With",
            "--format nagios: 0 all is well, 1 there are warnings, 2 something failed or nothing answers."
        })
final class DoctorVerb implements Verb {
    @Option(names = "--format", paramLabel = "FORMAT", description = "text, json, nagios or prometheus.")
    private Verdict.Format format = Verdict.Format.TEXT;

    @Option(names = "--all", description = "In text: also what is well, which is counted otherwise.")
    private boolean all;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        return Verdict.asked(around, format, () -> {
            try (Http http = new Http(broker.resolve(around), around)) {
                Http.Answer answer = http.call("GET", "/health/checks", null);
                List<Map<String, @Nullable Object>> checks =
                        JsonTree.objects(answer.object().get("checks"));
                switch (format) {
                    case TEXT -> print(around, checks);
                    case JSON -> around.out().println(answer.body().utf8());
                    case NAGIOS -> around.out().println(Verdict.nagios(level(checks), summary(checks)));
                    case PROMETHEUS -> prometheus(around, checks);
                }
                return format == Verdict.Format.NAGIOS
                        ? level(checks).exit()
                        : level(checks) == Verdict.Level.CRITICAL ? Exit.FAILED : Exit.OK;
            }
        });
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
