package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.sources.ReplayServer.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GithubCollectorTest {
    private final FakeClock clock = new FakeClock("2026-11-28T12:00:00Z");
    private ReplayServer server;
    private Collecting collecting;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        server = new ReplayServer(clock);
        collecting = new Collecting(clock, Collecting.http(clock, folder), new GithubReader());
    }

    @AfterEach
    void stop() {
        collecting.http.close();
        server.close();
    }

    private GithubEventsCollector events() {
        return new GithubEventsCollector("all", "127.0.0.1", server.uri("/events"), "secret", Duration.ZERO);
    }

    private static String event(int number) {
        return "{\"id\":\"%d\",\"type\":\"WatchEvent\",\"created_at\":\"2026-11-28T11:00:00Z\",\"payload\":{}}"
                .formatted(number);
    }

    private static String page(int from, int to) {
        return IntStream.range(from, to)
                .mapToObj(GithubCollectorTest::event)
                .collect(Collectors.joining(",", "[", "]"));
    }

    @Test
    void asks_conditionally_and_not_before_the_interval_that_the_answer_names() throws Exception {
        server.play(
                "/events?per_page=100",
                Reply.ok(page(0, 5)).with("ETag", "W/\"one\"").with("X-Poll-Interval", "60"),
                Reply.of(304, "").with("X-Poll-Interval", "120"),
                Reply.ok(page(2, 7)).with("ETag", "W/\"two\""));
        collecting.step(events());
        collecting.step(events());
        collecting.step(events());
        assertThat(new LinkedHashSet<>(collecting.ids)).hasSize(7);
        assertThat(server.log.get(0).headers())
                .doesNotContainKey("if-none-match")
                .containsEntry("authorization", "Bearer secret");
        assertThat(server.log.get(1).headers()).containsEntry("if-none-match", "W/\"one\"");
        assertThat(server.log.get(1).at())
                .isAfterOrEqualTo(server.log.get(0).at().plusSeconds(60));
        assertThat(server.log.get(2).at())
                .isAfterOrEqualTo(server.log.get(1).at().plusSeconds(120));
        assertThat(collecting.kept("etag")).isEqualTo("W/\"two\"");
        assertThat(collecting.last.note()).isEqualTo("overlap 0.60");
        assertThat(collecting.last.gaps()).isZero();
    }

    @Test
    void pages_behind_are_read_until_something_is_known_and_a_gap_is_told_where_nothing_is() throws Exception {
        String more = "<" + server.uri("/events?page=2") + ">; rel=\"next\", <" + server.uri("/events?page=9")
                + ">; rel=\"last\"";
        String last = "<" + server.uri("/events?page=3") + ">; rel=\"next\"";
        server.play(
                "/events?per_page=100",
                Reply.ok(page(0, 5)),
                Reply.ok(page(10, 15)).with("Link", more),
                Reply.ok(page(30, 35)).with("Link", more));
        server.play(
                "/events?page=2",
                Reply.ok(page(3, 10)).with("Link", last),
                Reply.ok(page(25, 30)).with("Link", last));
        server.play("/events?page=3", Reply.ok(page(20, 25)));
        collecting.step(events());
        collecting.step(events());
        assertThat(new LinkedHashSet<>(collecting.ids)).hasSize(15);
        assertThat(collecting.last.gaps()).isZero();
        collecting.step(events());
        assertThat(new LinkedHashSet<>(collecting.ids)).hasSize(30);
        assertThat(collecting.last.gaps()).isEqualTo(1);
        assertThat(server.paths()).doesNotContain("/events?page=9").hasSize(6);
    }

    @Test
    void the_keys_that_are_remembered_have_a_bound() {
        GithubRecent recent = new GithubRecent(null);
        recent.add(IntStream.range(0, 5000).mapToObj(Integer::toString).toList());
        GithubRecent read = new GithubRecent(recent.written());
        assertThat(recent.written().length()).isLessThan(22_000);
        assertThat(read.known(List.of("4999", "3000", "2999"))).isEqualTo(2);
    }

    @Test
    void a_second_page_that_fails_does_not_cost_the_first() throws Exception {
        String more = "<" + server.uri("/events?page=2") + ">; rel=\"next\"";
        server.play(
                "/events?per_page=100",
                Reply.ok(page(0, 5)),
                Reply.ok(page(10, 15)).with("Link", more));
        server.play("/events?page=2", Reply.of(429, "").with("Retry-After", "600"));
        collecting.step(events());
        collecting.step(events());
        assertThat(collecting.ids).hasSize(10);
        assertThat(collecting.last.gaps()).isPositive();
        assertThatThrownBy(() -> collecting.step(events())).hasMessageContaining("asked to wait");
        assertThat(server.log).hasSize(3);
    }

    private GithubArchiveCollector archive(String since) {
        return new GithubArchiveCollector("past", "127.0.0.1", server.uri("/"), LocalDate.parse(since));
    }

    @Test
    void hours_of_the_archive_are_taken_in_turn_and_a_missing_one_is_a_gap() throws Exception {
        server.play("/2026-11-25-0.json.gz", Reply.ok(event(1) + "\n" + event(2) + "\n"));
        server.play("/2026-11-25-2.json.gz", Reply.ok(event(3) + "\n"));
        for (int i = 0; i < 3; i++) {
            collecting.step(archive("2026-11-25"));
        }
        assertThat(collecting.ids).hasSize(3);
        assertThat(collecting.kept("hour")).isEqualTo("2026-11-25T03:00:00Z");
        assertThat(collecting.kept("missing")).isEqualTo(List.of("2026-11-25-1"));
        assertThat(server.paths())
                .containsExactly("/2026-11-25-0.json.gz", "/2026-11-25-1.json.gz", "/2026-11-25-2.json.gz");
    }

    @Test
    void an_hour_that_is_not_there_yet_is_waited_for() throws Exception {
        clock.until(java.time.Instant.parse("2026-11-28T00:30:00Z"));
        FakeClock early = new FakeClock("2026-11-28T00:30:00Z");
        Collecting now = new Collecting(early, collecting.http, new GithubReader());
        now.step(archive("2026-11-28"));
        assertThat(server.log).isEmpty();
        assertThat(now.next()).isEqualTo("2026-11-28T01:10:00Z");
        now.step(archive("2026-11-28"));
        assertThat(now.next()).isEqualTo("2026-11-28T01:40:00Z");
        server.play("/2026-11-28-0.json.gz", Reply.ok(event(1)));
        now.step(archive("2026-11-28"));
        assertThat(now.ids).hasSize(1);
        assertThat(now.kept("missing")).isEqualTo(List.of());
    }

    @Test
    void an_hour_that_is_cut_off_on_its_way_is_asked_for_again() throws Exception {
        server.play(
                "/2026-11-25-0.json.gz",
                Reply.ok(event(1)).by(ReplayServer.Way.CUT),
                Reply.ok(event(1) + "\n" + event(2)));
        assertThatThrownBy(() -> collecting.step(archive("2026-11-25"))).isInstanceOf(IOException.class);
        collecting.step(archive("2026-11-25"));
        assertThat(collecting.ids).hasSize(2);
    }
}
