package com.databroker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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
                        "files.rules.small.path", "small/**",
                        "files.rules.small.quota", "8KiB",
                        "files.rules.small.files-max", "2",
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
    void programs_are_told_in_their_own_form_that_nothing_answers() {
        Typed metric = away("check", "live", "--format", "prometheus");
        assertThat(metric.out())
                .startsWith("# HELP databroker_check_ok ")
                .contains("\n# TYPE databroker_check_ok gauge\n")
                .endsWith("\ndatabroker_check_ok{check=\"live\"} 0\n");
        assertThat(metric.err()).startsWith("error: [5003] ");
        assertThat(Json.parseObject(Bytes.utf8(away("check", "--format", "json").out())))
                .containsEntry("status", "away")
                .extractingByKey("cause")
                .asString()
                .contains("nothing answers at http://127.0.0.1:1");
        assertThat(away("doctor", "--format", "prometheus").out())
                .contains("databroker_doctor_checks{status=\"ok\"} 0\n")
                .endsWith("databroker_doctor_checks{status=\"failed\"} 1\n");
        Typed doctor = away("doctor", "quota", "--format", "json");
        assertThat(Json.parseObject(Bytes.utf8(doctor.out()))).containsEntry("status", "failed");
        assertThat(doctor.out()).contains("\"name\":\"broker\",\"status\":\"failed\"");
        assertThat(away("doctor").out()).isEmpty();
        // Who is not let in has asked somebody who answers.
        Typed stranger = broker.run("doctor", "--format", "prometheus", "--token", "dbk_nobody");
        assertThat(stranger.exit()).isEqualTo(4);
        assertThat(stranger.out()).isEmpty();
    }

    private Typed away(String... args) {
        Typed typed =
                broker.typed().variable("DATABROKER_URL", "http://127.0.0.1:1").run(args);
        assertThat(typed.exit()).as(typed.err()).isEqualTo(6);
        return typed;
    }

    @Test
    void the_doctor_finds_what_is_broken_and_looks_at_one_thing_only() throws Exception {
        assertThat(broker.run("doctor", "quota", "users file", "store").exit()).isZero();
        Path file = Files.writeString(folder.resolve("x"), "x".repeat(4096));
        assertThat(broker.run("put", file.toString(), "small/one").exit()).isZero();
        assertThat(broker.run("put", file.toString(), "small/two").exit()).isZero();
        Typed full = broker.run("doctor", "quota");
        assertThat(full.exit()).isEqualTo(1);
        assertThat(full.out())
                .contains("failed  quota small: small/**: 8.0 KiB of 8.0 KiB, 2 of 2 files\n")
                .contains("why: it is full", "raise files.rules.small.quota or files.rules.small.files-max")
                .endsWith("0 well, 0 warnings, 1 failed\n");
        assertThat(broker.run("doctor", "quota", "--format", "nagios").exit()).isEqualTo(2);
        assertThat(broker.run("doctor", "store", "--format", "json").out())
                .matches("\\{\"status\":\"ok\",\"checks\":\\[\\{\"name\":\"store shop\"[^{}]*}]}\n");
        assertThat(broker.run("doctor", "nonsense").exit()).isEqualTo(3);

        Path users = folder.resolve("data/files/broker_users.xml");
        Path draft = Files.writeString(folder.resolve("draft.xml"), "<broker-users>");
        Files.move(draft, users, StandardCopyOption.REPLACE_EXISTING);
        Until.happens(
                "the doctor finds the users file",
                () -> broker.run("doctor", "users file")
                        .out()
                        .contains("failed  users file: the one on the disk is not in force"));
        Typed stranger = broker.run("doctor", "--token", "dbk_nobody", "--format", "nagios");
        assertThat(stranger.out()).startsWith("DATABROKER UNKNOWN - ").hasLineCount(1);
        assertThat(stranger.exit()).isEqualTo(3);
    }

    @Test
    void figures_are_shown_once_and_again_and_again() {
        assertThat(broker.run("pub", "a/b", "1").exit()).isZero();
        Typed status = broker.run("status");
        assertThat(status.out())
                .contains("\nevents       ")
                .contains(" taken, ")
                .contains("\nobjects      1 store, 0 commits, 0 in conflict, 0 clients with a cache\n")
                .contains("\nconnections  http ");
        assertThat(Json.parseObject(
                        Bytes.utf8(broker.run("status", "--format", "json").out())))
                .containsKeys("version", "events", "files");
        Typed top = broker.run("top", "-n", "2", "--every", "10ms");
        assertThat(top.exit()).isZero();
        assertThat(top.out().lines()).hasSize(3).first().asString().startsWith("TIME ");
        Typed none = broker.run("top", "-n", "0");
        assertThat(none.exit()).isEqualTo(2);
        assertThat(none.err()).startsWith("error: --count 0 is less than 1\n");
        assertThat(broker.typed()
                        .unwritable("Broken pipe")
                        .run("top", "--every", "10ms")
                        .exit())
                .as("top whose reader has gone ends")
                .isEqualTo(1);
        Typed lines = broker.run("top", "-n", "2", "--every", "10ms", "--format", "json");
        assertThat(lines.out()).hasLineCount(2);
        lines.out()
                .lines()
                .forEach(line -> assertThat(Json.parseObject(Bytes.utf8(line)))
                        .containsKeys("time", "published", "delivered", "lost", "connections", "files", "heap"));
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
