package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// What is shipped for watching a broker fits together, and its own tools accept it.
final class DeployTest {
    private static final Pattern NAME =
            Pattern.compile("\\b(databroker_[a-z_]+|process_[a-z_]+|[a-z_]+:[a-z_]+:[a-z0-9]+)\\b");
    private static final List<String> HEADINGS = List.of("\n## Cause\n", "\n## Check\n", "\n## Remedy\n");

    @Test
    void promtool_accepts_configuration_rules_and_alerts_and_each_unit_test_passes() throws Exception {
        accepted(
                "promtool",
                "check",
                "config",
                Deployed.PROMETHEUS.resolve("prometheus.yml").toString());
        accepted(
                "promtool",
                "test",
                "rules",
                Deployed.PROMETHEUS.resolve("tests.yml").toString());
    }

    @Test
    void amtool_accepts_the_routing() throws Exception {
        accepted(
                "amtool",
                "check-config",
                Deployed.ALERTMANAGER.resolve("alertmanager.yml").toString());
    }

    private static void accepted(String... command) throws Exception {
        Peers.Result result = Peers.run(command);
        assertThat(result.status())
                .as(String.join(" ", command) + "\n" + result.output())
                .isZero();
    }

    @Test
    void each_alert_has_a_unit_test_and_a_page_of_cause_check_and_remedy_and_each_page_an_alert() {
        Map<String, String> pages = new TreeMap<>();
        for (Map<?, ?> alert : Deployed.rules("alerts.yml")) {
            pages.put(Deployed.text(alert, "alert"), Deployed.text(alert, "annotations", "runbook_url"));
            assertThat(Deployed.text(alert, "labels", "severity")).isIn("critical", "warning");
            assertThat(Deployed.text(alert, "annotations", "summary")).isNotEmpty();
        }
        assertThat(pages).hasSizeGreaterThan(20);
        List<String> tested = new ArrayList<>();
        Deployed.maps(Deployed.yaml("deploy/prometheus/tests.yml").get("tests"))
                .flatMap(test -> Deployed.maps(test.get("alert_rule_test")))
                .filter(test -> test.get("exp_alerts") instanceof List<?> expected && !expected.isEmpty())
                .forEach(test -> tested.add(Deployed.text(test, "alertname")));
        assertThat(tested).containsExactlyInAnyOrderElementsOf(pages.keySet());
        String index = House.text("docs/runbooks/README.md");
        pages.forEach((alert, page) -> {
            assertThat(House.text(page)).contains("`" + alert + "`").contains(HEADINGS);
            assertThat(index).contains("[" + alert + "](" + page.replace("docs/runbooks/", "") + ")");
        });
        List<String> written = House.files(".md").stream()
                .map(Path::toString)
                .filter(file -> file.startsWith("docs/runbooks/") && !file.endsWith("README.md"))
                .toList();
        assertThat(written).containsExactlyInAnyOrderElementsOf(pages.values());
    }

    @Test
    void rules_alerts_and_dashboards_name_only_metrics_that_there_are() {
        TreeSet<String> known = new TreeSet<>(Deployed.metrics().keySet());
        assertThat(known).hasSizeGreaterThan(60);
        List<String> expressions = new ArrayList<>();
        for (Map<?, ?> rule : Deployed.rules("rules.yml")) {
            known.add(Deployed.text(rule, "record"));
            expressions.add(Deployed.text(rule, "expr"));
        }
        Deployed.rules("alerts.yml").forEach(rule -> expressions.add(Deployed.text(rule, "expr")));
        Deployed.panels().forEach(panel -> expressions.add(panel.expression()));
        TreeSet<String> named = new TreeSet<>();
        expressions.forEach(expression ->
                NAME.matcher(expression).results().map(MatchResult::group).forEach(named::add));
        assertThat(named).hasSizeGreaterThan(50);
        assertThat(known).containsAll(named);
    }

    @Test
    void dashboards_have_stable_names_and_take_their_data_from_where_one_chooses() {
        Map<String, Map<?, ?>> dashboards = Deployed.dashboards();
        assertThat(dashboards.keySet())
                .contains("overview.json", "kafka.json", "flink.json", "hot-store.json", "cold-store.json")
                .contains("events.json", "files.json", "objects.json", "streams.json");
        dashboards.forEach((file, dashboard) -> {
            assertThat(dashboard.get("uid")).isEqualTo("databroker-" + file.replace(".json", ""));
            assertThat(Deployed.maps(Deployed.inner(dashboard, "templating").get("list")))
                    .extracting(variable -> Deployed.text(variable, "name"))
                    .contains("datasource", "instance");
            assertThat(Deployed.maps(dashboard.get("panels"))).isNotEmpty().allSatisfy(panel -> {
                assertThat(Deployed.text(panel, "datasource", "uid")).isEqualTo("${datasource}");
                assertThat(Deployed.maps(panel.get("targets"))).isNotEmpty().allSatisfy(target -> {
                    assertThat(Deployed.text(target, "datasource", "uid")).isEqualTo("${datasource}");
                    assertThat(Deployed.text(target, "expr")).contains("$instance");
                });
            });
        });
    }
}
