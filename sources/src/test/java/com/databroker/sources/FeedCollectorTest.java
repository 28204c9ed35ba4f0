package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.sources.ReplayServer.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FeedCollectorTest {
    private final FakeClock clock = new FakeClock("2026-11-27T12:00:00Z");
    private ReplayServer server;
    private Collecting collecting;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        server = new ReplayServer(clock);
        collecting = new Collecting(clock, Collecting.http(clock, folder), new NewsReader());
    }

    @AfterEach
    void stop() {
        collecting.http.close();
        server.close();
    }

    private FeedCollector feed() {
        return new FeedCollector("feed", "127.0.0.1", server.uri("/feed"), Duration.ofMinutes(1));
    }

    private static String rss(String head, String... titles) {
        StringBuilder out = new StringBuilder("<rss><channel><title>F</title>" + head);
        for (String title : titles) {
            out.append("<item><title>" + title + "</title><guid>" + title + "</guid><ttl>9999</ttl></item>");
        }
        return out + "</channel></rss>";
    }

    /// How long after the last request the next is wanted.
    private Duration pause() {
        return Duration.between(server.log.get(server.log.size() - 1).at(), collecting.next());
    }

    @Test
    void both_validators_are_sent_and_both_are_replaced_by_each_document() throws Exception {
        server.play(
                "/feed",
                Reply.ok(rss("", "a")).with("ETag", "W/\"1\"").with("Last-Modified", "Fri, 27 Nov 2026 10:00:00 GMT"),
                Reply.of(304, ""),
                Reply.ok(rss("", "a", "b")).with("ETag", "\"2\""),
                Reply.of(304, ""));
        for (int i = 0; i < 4; i++) {
            collecting.step(feed());
        }
        assertThat(collecting.ids).hasSize(3);
        assertThat(server.log.get(2).headers())
                .containsEntry("if-none-match", "W/\"1\"")
                .containsEntry("if-modified-since", "Fri, 27 Nov 2026 10:00:00 GMT");
        assertThat(server.log.get(3).headers())
                .containsEntry("if-none-match", "\"2\"")
                .doesNotContainKey("if-modified-since");
        for (int i = 1; i < 4; i++) {
            assertThat(server.log.get(i).at())
                    .isAfterOrEqualTo(server.log.get(i - 1).at().plus(Duration.ofHours(1)));
        }
    }

    @Test
    void a_server_without_conditional_requests_is_asked_daily_and_the_same_document_is_not_taken_again()
            throws Exception {
        server.play("/feed", Reply.ok(rss("", "a")));
        collecting.step(feed());
        assertThat(pause()).isEqualTo(Duration.ofDays(1));
        collecting.step(feed());
        assertThat(collecting.ids).hasSize(1);
    }

    @Test
    void the_longest_of_what_the_feed_and_the_answer_ask_for_is_waited() throws Exception {
        String sy = "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>";
        server.play(
                "/feed",
                Reply.ok(rss("<ttl>180</ttl>", "a")).with("ETag", "1"),
                Reply.ok(rss("<ttl>60</ttl>" + sy, "a")).with("ETag", "2"),
                Reply.ok(rss("", "a")).with("ETag", "3").with("Cache-Control", "public, max-age=14400"),
                Reply.ok(rss("", "b")).with("ETag", "4").with("Expires", "Mon, 30 Nov 2099 00:00:00 GMT"));
        collecting.step(feed());
        assertThat(pause()).isEqualTo(Duration.ofHours(3));
        collecting.step(feed());
        assertThat(pause()).isEqualTo(Duration.ofHours(6));
        collecting.step(feed());
        assertThat(pause()).isEqualTo(Duration.ofHours(4));
        collecting.step(feed());
        assertThat(pause()).as("a day at the most").isEqualTo(Duration.ofDays(1));
    }

    @Test
    void hours_and_days_that_the_feed_wants_skipped_are_skipped() throws Exception {
        String skip = "<skipHours><hour>13</hour><hour>14</hour></skipHours>"
                + "<skipDays><day>Saturday</day><day>Sunday</day></skipDays>";
        server.play("/feed", Reply.ok(rss(skip, "a")).with("ETag", "1"), Reply.of(304, ""));
        collecting.step(feed());
        assertThat(collecting.next()).isEqualTo("2026-11-27T15:00:00Z");
        clock.until(Instant.parse("2026-11-27T23:30:00Z"));
        collecting.step(feed());
        assertThat(collecting.next()).as("the Monday").isEqualTo("2026-11-30T00:00:00Z");
    }

    @Test
    void a_lasting_redirect_is_believed_the_third_time() throws Exception {
        server.play("/feed", Reply.of(301, "").with("Location", "/new"));
        server.play("/new", Reply.ok(rss("", "a")).with("ETag", "1"), Reply.of(304, ""));
        for (int i = 0; i < 4; i++) {
            collecting.step(feed());
        }
        assertThat(server.paths()).containsExactly("/feed", "/new", "/feed", "/new", "/feed", "/new", "/new");
        assertThat(collecting.kept("url")).isEqualTo(server.uri("/new").toString());
    }

    @Test
    void a_feed_that_is_gone_is_not_asked_for_again() throws Exception {
        server.play("/feed", Reply.of(410, ""));
        collecting.step(feed());
        assertThat(collecting.next()).isNull();
        assertThat(collecting.failure()).isNull();
    }

    @Test
    void errors_fail_with_the_status_and_keep_the_validators() throws Exception {
        server.play("/feed", Reply.ok(rss("", "a")).with("ETag", "1"), Reply.of(500, "oh"), Reply.of(404, "no"));
        collecting.step(feed());
        assertThatThrownBy(() -> collecting.step(feed())).hasMessageContaining("500");
        collecting.step(feed());
        assertThat(collecting.failure()).contains("404");
        assertThat(collecting.kept("etag")).isEqualTo("1");
        assertThat(feed().pause().most()).isEqualTo(Duration.ofDays(1));
    }

    @Test
    void a_wrong_charset_of_the_answer_does_not_spoil_the_letters() throws Exception {
        // Declared as ISO 8859-1 by the server, and UTF-8 in truth.
        String title = new String("Grüße".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        server.play("/feed", Reply.ok(rss("", title)).with("Content-Type", "application/rss+xml; charset=iso-8859-1"));
        collecting.step(feed());
        assertThat(collecting.jsons.get(0)).contains("Grüße");
    }
}
