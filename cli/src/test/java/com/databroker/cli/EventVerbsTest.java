package com.databroker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Position;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class EventVerbsTest {
    private @Nullable RunningBroker started;

    @BeforeAll
    void start(@TempDir Path folder) {
        started = new RunningBroker(folder);
    }

    @AfterAll
    void stop() {
        broker().close();
    }

    private RunningBroker broker() {
        return java.util.Objects.requireNonNull(started);
    }

    private Typed sub(CompletableFuture<Typed> running) {
        return running.orTimeout(20, java.util.concurrent.TimeUnit.SECONDS).join();
    }

    @Test
    void pub_prints_the_position_on_standard_output_and_nothing_else() {
        Typed pub = broker().run("pub", "pos/one", "hello");
        assertThat(pub.exit()).isZero();
        assertThat(Position.parse(pub.out().strip()).offset()).isNotNegative();
        assertThat(pub.err()).isEmpty();
    }

    @Test
    void count_publishes_so_many_and_prints_each_position_in_order() {
        List<Position> positions = broker().run("pub", "count/x", "--count", "300", "y")
                .out()
                .lines()
                .map(Position::parse)
                .toList();
        assertThat(positions).hasSize(300);
        assertThat(positions).isSortedAccordingTo(java.util.Comparator.comparingLong(Position::offset));
    }

    @Test
    void sub_prints_a_line_for_each_event_and_ends_after_n() throws InterruptedException {
        Typed typed = broker().typed();
        CompletableFuture<Typed> running = typed.start("sub", "lines/**", "lines/*", "-n", "2");
        Until.happens("subscribed", () -> typed.err().contains("subscribed to"));
        broker().run("pub", "lines/a", "first");
        broker().typed().input(new byte[] {(byte) 0xff, 1}).run("pub", "lines/b");
        assertThat(sub(running).exit()).isZero();
        assertThat(typed.out().lines().toList())
                .satisfiesExactly(
                        line -> assertThat(line).matches("\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z lines/a admin first"),
                        line -> assertThat(line).endsWith("Z lines/b admin (2 bytes)"));
        assertThat(typed.err()).isEqualTo("subscribed to lines/**, lines/* at " + broker().url() + " as admin\n");
    }

    @Test
    void a_payload_cannot_drive_the_terminal() {
        String position = before("escape");
        broker().run("pub", "escape/a", "\u001b[2Jgone\nnext");
        Typed typed = broker().run("sub", "escape/**", "--since", position, "-n", "1");
        assertThat(typed.out()).endsWith("escape/a admin \\u001b[2Jgone\\nnext\n");
    }

    @Test
    void since_begins_after_that_event() {
        String position = before("since");
        broker().run("pub", "since/a", "1");
        broker().run("pub", "since/b", "2");
        Typed typed = broker().run("sub", "since/**", "--since", position, "-n", "2", "--raw");
        assertThat(typed.out()).isEqualTo("1\n2\n");
    }

    @Test
    void json_is_one_cloud_event_a_line_and_json_payloads_are_found_out() {
        String position = before("json");
        broker().run("pub", "json/a", "-a", "type=com.example.build", "{\"ok\":true}");
        broker().run("pub", "json/b", "[1");
        broker().run("pub", "json/c", "--type", "text/csv", "[1]");
        Typed typed = broker().run("sub", "json/**", "--since", position, "-n", "3", "--json");
        List<Map<String, @Nullable Object>> events = typed.out()
                .lines()
                .map(line -> Json.parseObject(Bytes.utf8(line)))
                .toList();
        assertThat(events.get(0))
                .containsEntry("type", "com.example.build")
                .containsEntry("datacontenttype", "application/json")
                .containsEntry("data", Map.of("ok", true));
        assertThat(events.get(1)).containsEntry("datacontenttype", "text/plain").containsEntry("data", "[1");
        assertThat(events.get(2)).containsEntry("datacontenttype", "text/csv").containsEntry("data", "[1]");
    }

    @Test
    void raw_without_newline_gives_back_the_very_bytes() {
        byte[] bytes = {0, (byte) 0x80, '\n', (byte) 0xff};
        String position = before("raw");
        broker().typed().input(bytes).run("pub", "raw/a", "-");
        Typed typed = broker().run("sub", "raw/*", "--since", position, "-n", "1", "--raw", "--no-newline");
        assertThat(typed.outBytes()).isEqualTo(bytes);
    }

    @Test
    void timeout_ends_with_6_where_nothing_came_and_with_0_where_something_did() {
        assertThat(broker().run("sub", "silence/**", "--timeout", "50ms").exit())
                .isEqualTo(6);
        String position = before("silent");
        broker().run("pub", "silent/a", "x");
        assertThat(broker().run("sub", "silent/**", "--since", position, "--timeout", "500ms")
                        .exit())
                .isZero();
        Typed tooFew = broker().run("sub", "silent/**", "--since", position, "-n", "2", "--timeout", "500ms");
        assertThat(tooFew.exit()).isEqualTo(6);
        assertThat(tooFew.err()).contains("after 1 of 2 events");
    }

    @Test
    void an_interrupt_ends_sub_with_130() throws InterruptedException {
        Typed typed = broker().typed();
        Thread thread = Thread.ofPlatform().start(() -> typed.run("sub", "wait/**"));
        Until.happens("subscribed", () -> typed.err().contains("subscribed to"));
        thread.interrupt();
        thread.join();
        assertThat(typed.exit()).isEqualTo(130);
    }

    @Test
    void the_measurements_print_a_table_or_json() {
        assertThat(broker().run("bench", "pub", "-n", "50").out().lines().toList())
                .hasSize(2)
                .first()
                .asString()
                .contains("MESSAGES_PER_SECOND", "P99_US");
        for (String kind : List.of("pub", "sub", "rtt")) {
            Typed typed = broker().run("bench", kind, "-n", "50", "--rate", "1000", "-o", "ndjson");
            assertThat(typed.exit()).as(typed.err()).isZero();
            assertThat(Json.parseObject(Bytes.utf8(typed.out()))).containsEntry("messages", BigInteger.valueOf(50));
        }
        assertThat(broker().run("bench", "pub", "--size", "1").exit()).isEqualTo(2);
    }

    @Test
    void check_says_that_all_is_well() {
        assertThat(broker().run("check").out()).isEqualTo("ready: ready\n");
        assertThat(broker().run("check", "live").out()).isEqualTo("live: up\n");
        assertThat(broker().run("check", "health").out()).isEqualTo("health: ready\n  events: up\n  files: up\n");
        Typed json = broker().run("check", "ready", "--format", "json", "--wait", "5s");
        assertThat(Json.parseObject(Bytes.utf8(json.out()))).containsEntry("status", "ready");
        assertThat(json.exit()).isZero();
    }

    /// A position before whatever the test publishes.
    private String before(String test) {
        byte[] name = test.getBytes(StandardCharsets.UTF_8);
        return broker().typed().input(name).run("pub", "before/" + test).out().strip();
    }
}
