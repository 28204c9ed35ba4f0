package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.server.Config;
import com.databroker.server.ConfigReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the guides to running it for real have one type, typed.
class GuideTest {
    @TempDir
    Path folder;

    private static Peer served(Typed page, String script) throws Exception {
        Peer broker = page.start(script);
        broker.await(line -> line.contains("stop with Ctrl-C"));
        return broker;
    }

    private Typed page(String name) throws Exception {
        Typed page = new Typed("docs/guide/" + name + ".md", folder, false);
        page.move("/backups", Files.createDirectories(folder.resolve("backups")).toString());
        page.move("/srv/databroker", folder.resolve("srv").toString());
        return page;
    }

    @Test
    void backup_restore_and_definitions() throws Exception {
        try (Typed page = page("backup")) {
            served(page, "./databroker serve");
            assertThat(page.run(page.first("--verify"))).contains("the backup is whole");
            page.run(page.first("databroker restore"));
            page.run(page.first("user add backup"));
            assertThat(page.run(page.first("definitions export"))).contains("nothing differs");
            served(page, page.first("serve --data"));
        }
    }

    @Test
    void upgrade_and_back() throws Exception {
        try (Typed page = page("upgrade")) {
            served(page, "./databroker serve");
            page.run(page.first("databroker version"));
            assertThat(page.run(page.first("check ready"))).endsWith("2\n");
            page.run(page.first("databroker restore"));
        }
    }

    @Test
    void logs_in_a_file_are_cut_under_the_broker() throws Exception {
        try (Typed page = page("logs")) {
            Path logs = Files.createDirectories(folder.resolve("logs"));
            Path rules = folder.resolve("rules");
            page.move("/etc/logrotate.d/databroker", rules.toString());
            page.move("/var/log/databroker", logs.toString());
            Files.writeString(rules, page.here(page.first("copytruncate")));
            page.start(page.first("serve --quiet"));
            AttackSocket.await("the broker is up", () -> Files.exists(folder.resolve("data/context.json")));
            Path log = logs.resolve("databroker.log");
            page.run(page.first("databroker reload"));
            AttackSocket.await("it logs", () -> read(log).contains("reloaded"));
            page.run(page.first("logrotate"));
            assertThat(read(logs.resolve("databroker.log.1"))).contains("reloaded");
            assertThat(read(log)).doesNotContain("reloaded");
            page.run(page.first("databroker reload"));
            AttackSocket.await("it logs on", () -> read(log).contains("reloaded"));
            assertThat(read(log)).startsWith("{");
            page.run("./databroker user add somebody");
            AttackSocket.await(
                    "it is in the trail",
                    () -> !read(folder.resolve("data/audit.log")).isEmpty());
            assertThat(page.run(page.first("audit.log"))).startsWith("{");
        }
    }

    /// What stands in the files of Jenkins, Buildbot and TeamCity is run as these would have a shell run it.
    @Test
    void build_servers_tell_of_builds_and_store_what_they_made() throws Exception {
        String text = Files.readString(Typed.ROOT.resolve("docs/guide/build-servers.md"));
        Path work = Files.createDirectories(folder.resolve("work/target"));
        for (String made : List.of("build.log", "app.tgz", "app.zip", "target/app.jar")) {
            Files.writeString(work.resolveSibling(made), made);
        }
        try (Typed page = page("build-servers")) {
            served(page, "./databroker serve");
            String added = page.run(page.first("user add ci"));
            String token = found(added, "(dbk_[A-Za-z0-9_-]+)");
            Peer heard = page.start("./databroker sub 'builds/*/done'");
            Peer watched = page.start("./databroker watch 'artifacts/**'");
            watched.await(line -> line.startsWith("subscribed to"));
            heard.await(line -> line.startsWith("subscribed to"));
            String at = "cd '" + work.getParent() + "'\nexport TOKEN='" + token + "' BROKER=http://127.0.0.1:8080 ";

            page.run(at + "JOB=core NUMBER=7\n" + page.first("-T build.log"));
            watched.await(line -> line.contains("artifacts/core/7/build.log"));
            heard.await(line -> line.contains("builds/core/done") && line.contains("\"number\":7"));
            String jenkins = found(text, "(?s)sh '''(.*?)'''").replace("\\\\", "\\");
            page.run(at + "JOB_NAME=web BUILD_NUMBER=8 GIT_COMMIT=abc\n" + jenkins);
            watched.await(line -> line.contains("artifacts/web/8/app.jar"));
            heard.await(line -> line.contains("builds/web/done") && line.contains("\"commit\":\"abc\""));
            page.run(at + "JOB=linux NUMBER=9\n" + found(text, "\"-c\", '([^']*)'"));
            watched.await(line -> line.contains("artifacts/linux/9/app.tgz"));
            String teamcity = found(text, "(?m)^(curl .*%env.*)$")
                    .replace("%env.TOKEN%", "$TOKEN")
                    .replace("%env.BROKER%", "$BROKER")
                    .replace("%system.teamcity.buildType.id%", "App_Release")
                    .replace("%build.number%", "10");
            assertThat(teamcity).doesNotContain("%");
            page.run(at + "\n" + teamcity);
            watched.await(line -> line.contains("artifacts/App_Release/10/app.zip"));

            page.run(found(text, "`(./databroker rm -r [^`]*)`").replace("core/17", "core/7"));
            watched.await(line -> line.contains("DELETED") && line.contains("artifacts/core/7/build.log"));
        }
    }

    private static String found(String text, String pattern) {
        Matcher found = Pattern.compile(pattern).matcher(text);
        assertThat(found.find()).as(pattern + " in " + text).isTrue();
        return found.group(1);
    }

    @Test
    void a_database_is_put_behind_it() throws Exception {
        try (PostgresPeer postgres = PostgresPeer.start(Files.createDirectory(folder.resolve("postgres")));
                Typed page = page("database")) {
            String url = postgres.database();
            page.move("jdbc:postgresql://127.0.0.1/shop?user=broker", url);
            page.move("psql -U broker shop", "psql -v ON_ERROR_STOP=1 '" + url.substring("jdbc:".length()) + "'");
            page.run(page.first("CREATE TABLE"));
            served(page, page.first("stores.shop.jdbc"));
            assertThat(page.run(page.first("objects types"))).contains("purchases", "shipped customer", "decimal");
            assertThat(page.run(page.first("objects get"))).contains("ada@example.org", "brass wheels", "Purchase/4");
            assertThat(page.run(page.first("curl"))).contains("\"with\":[", "\"price\":940.00", "\"price\":4.50");
            Peer watcher = page.start(page.first("objects watch"));
            watcher.await(line -> line.startsWith("subscribed to"));
            assertThat(page.run(page.first("triggers install"))).contains("Customer Purchase");
            page.run(page.first("UPDATE purchase"));
            watcher.await(line -> line.endsWith(" UPDATED Purchase/2 - shipped database"));
            assertThat(page.run(shipping())).contains("ink goes to Charles").doesNotContain("punched cards");
            assertThat(page.run(page.first("user add shipping"))).contains("dbk_");
        }
    }

    /// The page's program in Java.
    private String shipping() throws Exception {
        String page = Files.readString(Typed.ROOT.resolve("docs/guide/database.md"));
        String begin = "```java\n";
        int at = page.indexOf(begin) + begin.length();
        Path program = folder.resolve("Ship.java");
        Files.writeString(program, page.substring(at, page.indexOf("```", at)));
        return "'" + Path.of(System.getProperty("java.home"), "bin", "java") + "' -XX:TieredStopAtLevel=1 -cp '"
                + System.getProperty("java.class.path") + "' '" + program
                + "' http://127.0.0.1:8080 \"$(cat databroker-data/admin.token)\"";
    }

    /// The commands on that page that need a cluster are `text`: the tests of the streams plane run them on one.
    @Test
    void engines_of_ones_own_are_named_as_the_page_says() throws Exception {
        String text = Files.readString(Typed.ROOT.resolve("docs/guide/cluster.md"));
        Map<String, String> environment = new HashMap<>(Map.of("DATABRICKS_TOKEN", "x"));
        Pattern.compile("(?m)^export (\\w+)=(.*)$")
                .matcher(text)
                .results()
                .forEach(found -> environment.put(found.group(1), found.group(2)));
        assertThat(environment).hasSizeGreaterThan(3);
        environment.put(
                "DATABROKER_STREAMS_HOT_ELASTICSEARCH_PASSWORD_FILE",
                Files.writeString(folder.resolve("password"), "x").toString());
        Map<String, String> settings = new HashMap<>();
        List<String> blocks = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL)
                .matcher(text)
                .results()
                .map(found -> found.group(1))
                .filter(block -> !block.startsWith("# Flink's own"))
                .toList();
        assertThat(blocks).hasSize(4);
        for (String block : blocks) {
            settings(Deployed.parsed(block), "", settings);
        }
        Path none = Files.createFile(folder.resolve("databroker.yaml"));
        Config config = ConfigReader.read(none, environment, settings).config();
        assertThat(config.streams().kafka().embedded()).isFalse();
        assertThat(config.streams().flink().embedded()).isFalse();
        assertThat(config.streams().hot().toString()).contains("search-1:9200");
        assertThat(config.streams().cold().toString()).contains("s3a://company-lake/databroker", "main.databroker");
    }

    private static void settings(Map<?, ?> section, String prefix, Map<String, String> into) {
        section.forEach((key, value) -> {
            switch (value) {
                case Map<?, ?> below -> settings(below, prefix + key + ".", into);
                case List<?> items ->
                    into.put(prefix + key, items.stream().map(String::valueOf).collect(Collectors.joining(", ")));
                default -> into.put(prefix + key, String.valueOf(value));
            }
        });
    }

    @Test
    void the_page_of_every_alert_is_served_where_the_alert_says() throws Exception {
        String alerts = Files.readString(Typed.ROOT.resolve("deploy/prometheus/alerts.yml"));
        List<String> pages = Pattern.compile("runbook_url: (\\S+)")
                .matcher(alerts)
                .results()
                .map(found -> found.group(1))
                .toList();
        assertThat(pages).hasSizeGreaterThan(20);
        try (TestBroker broker = TestBroker.start(folder.resolve("data"))) {
            for (String page : pages) {
                assertThat(broker.request("GET", "/" + page, "").statusCode())
                        .as(page)
                        .isEqualTo(200);
            }
            assertThat(broker.request("GET", "/docs", "").body()).contains("explanation/guarantees", "guide/backup");
        }
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (java.io.IOException unreadable) {
            throw new java.io.UncheckedIOException(unreadable);
        }
    }
}
