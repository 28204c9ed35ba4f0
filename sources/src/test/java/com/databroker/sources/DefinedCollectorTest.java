package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.sources.ReplayServer.Reply;
import com.databroker.streams.Granularity;
import com.databroker.streams.PoliteHttp;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DefinedCollectorTest {
    private final FakeClock clock = new FakeClock("2026-11-27T12:00:00Z");
    private PoliteHttp.Manners manners;
    private ReplayServer server;
    private Collecting collecting;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        server = new ReplayServer(clock);
        manners = Collecting.manners(folder, Collecting.TIMEOUT);
        collecting = new Collecting(clock, Collecting.http(clock, folder), new DefinedReader(definition("/x")));
    }

    @AfterEach
    void stop() {
        collecting.http.close();
        server.close();
    }

    private Definition definition(String path) {
        return new Definition(
                "Test",
                Defined.format(DefinedFormat.Kind.CSV),
                new Definition.Collect(
                        server.uri(path).toString(),
                        Duration.ofMinutes(10),
                        Map.of(
                                "x-api-key", new Definition.Header(null, "KEY"),
                                "accept", new Definition.Header("text/csv", null))),
                List.of(),
                Map.of("k", Defined.of(Definition.Type.KEYWORD, null, true, false)),
                List.of("k"),
                null,
                List.of(),
                Granularity.DAY,
                true,
                new Definition.Topic(4, Duration.ofDays(7)));
    }

    private DefinedCollector collector(String path) {
        return Objects.requireNonNull(
                DefinedCollector.of("test", definition(path), manners, Map.of("KEY", "s3cret\n")::get));
    }

    @Test
    void only_what_changed_is_asked_for_at_its_interval_and_a_failure_costs_nothing() throws Exception {
        server.play(
                "/x",
                Reply.ok("k\na\n").with("ETag", "\"1\""),
                Reply.of(304, ""),
                Reply.ok("k\na\n").with("ETag", "\"2\""),
                Reply.of(500, "no"),
                Reply.ok("k\na\nb\n").with("ETag", "\"3\""));
        DefinedCollector collector = collector("/x");
        for (int i = 0; i < 3; i++) {
            collecting.step(collector);
        }
        assertThat(collecting.ids).containsExactly("a");
        assertThatThrownBy(() -> collecting.step(collector)).hasMessageContaining("500");
        collecting.step(collector);
        assertThat(collecting.ids).containsExactly("a", "a", "b");
        assertThat(server.log.get(4).headers())
                .containsEntry("if-none-match", "\"2\"")
                .containsEntry("x-api-key", "s3cret")
                .containsEntry("accept", "text/csv");
        assertThat(Duration.between(server.log.get(1).at(), server.log.get(2).at()))
                .isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void what_may_be_secret_does_not_follow_a_redirect_to_somebody_else() throws Exception {
        try (ReplayServer other = new ReplayServer(clock)) {
            other.play("/y", Reply.ok("k\na\n"));
            server.play("/x", Reply.of(302, "").with("Location", other.uri("/y").toString()));
            collecting.step(collector("/x"));
            assertThat(collecting.ids).containsExactly("a");
            assertThat(other.log.get(0).headers())
                    .containsEntry("accept", "text/csv")
                    .doesNotContainKey("x-api-key");
        }
    }

    @Test
    void a_variable_that_is_not_set_is_named() {
        assertThatThrownBy(() -> DefinedCollector.of("test", definition("/x"), manners, Map.<String, String>of()::get))
                .hasMessageContaining(
                        "collect: the header x-api-key is the value of the variable KEY, which is not set");
    }
}
