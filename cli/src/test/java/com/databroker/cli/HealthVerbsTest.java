package com.databroker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HealthVerbsTest {
    private static final String SECRET = "verysecretpassword";

    private final Path folder;
    private final RunningBroker broker;

    HealthVerbsTest(@TempDir Path folder) {
        this.folder = folder;
        this.broker = new RunningBroker(
                folder,
                Map.of(
                        "streams.enabled", "false",
                        "objects.stores.shop.connections-max", "2",
                        "objects.stores.shop.password", SECRET));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    @Test
    void the_doctor_speaks_to_people_to_programs_to_nagios_and_to_prometheus() {
        Typed text = broker.run("doctor", "--all");
        assertThat(text.exit()).isZero();
        assertThat(text.out()).contains("ok      events: ").containsPattern("\\d+ well, \\d+ warnings, 0 failed\n");
        Typed json = broker.run("doctor", "--format", "json");
        assertThat(Json.parseObject(Bytes.utf8(json.out()))).containsKeys("status", "checks");
        Typed nagios = broker.run("doctor", "--format", "nagios");
        assertThat(nagios.out()).matches("DATABROKER (OK|WARNING) - \\d+ well, .*\n");
        assertThat(nagios.exit()).isEqualTo(nagios.out().contains(" OK ") ? 0 : 1);
        assertThat(broker.run("doctor", "--format", "prometheus").out())
                .contains("# TYPE databroker_doctor_checks gauge\n", "databroker_doctor_checks{status=\"failed\"} 0\n");
    }

    @Test
    void a_check_has_a_line_for_nagios_also_where_nothing_answers() {
        Typed well = broker.run("check", "ready", "--format", "nagios");
        assertThat(well.out()).isEqualTo("DATABROKER OK - ready: ready\n");
        assertThat(well.exit()).isZero();
        assertThat(broker.run("check", "live", "--format", "prometheus").out())
                .endsWith("databroker_check_ok{check=\"live\"} 1\n");
        Typed away = broker.run("check", "--format", "nagios", "--url", "http://127.0.0.1:1");
        assertThat(away.out()).startsWith("DATABROKER CRITICAL - ").hasLineCount(1);
        assertThat(away.exit()).isEqualTo(2);
        assertThat(broker.run("doctor", "--url", "http://127.0.0.1:1", "--token", broker.token())
                        .exit())
                .isEqualTo(6);
    }

    @Test
    void figures_are_shown_once_and_again_and_again() {
        assertThat(broker.run("pub", "a/b", "1").exit()).isZero();
        Typed status = broker.run("status");
        assertThat(status.out())
                .contains("\nevents       ")
                .contains(" taken, ")
                .contains("\nconnections  http ");
        assertThat(Json.parseObject(
                        Bytes.utf8(broker.run("status", "--format", "json").out())))
                .containsKeys("version", "events", "files");
        Typed top = broker.run("top", "-n", "2", "--every", "10ms");
        assertThat(top.exit()).isZero();
        assertThat(top.out().lines()).hasSize(3).first().asString().startsWith("TIME ");
    }

    @Test
    void what_is_gathered_for_who_helps_has_no_secret_in_it() throws IOException {
        Typed debug = broker.run("debug", "help.zip");
        assertThat(debug.exit()).isZero();
        Path file = folder.resolve("help.zip");
        assertThat(debug.out()).isEqualTo(file + "\n");
        Map<String, String> found = new TreeMap<>();
        try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(file))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                found.put(entry.getName(), new String(zip.readAllBytes(), StandardCharsets.UTF_8));
            }
        }
        assertThat(found)
                .containsOnlyKeys(
                        "checks.json",
                        "config.json",
                        "machine.txt",
                        "metrics.txt",
                        "objects.json",
                        "ready.json",
                        "status.json",
                        "streams.json");
        assertThat(found.get("metrics.txt")).contains("databroker_object_store_up{store=\"shop\"} 1.0");
        assertThat(found.toString()).doesNotContain(broker.token()).doesNotContain(SECRET);
        assertThat(broker.run("debug", "help.zip").exit()).isEqualTo(2);
    }
}
