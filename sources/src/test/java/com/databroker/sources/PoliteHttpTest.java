package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.sources.ReplayServer.Reply;
import com.databroker.streams.PoliteHttp;
import com.databroker.streams.Polling;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class PoliteHttpTest {
    private final FakeClock clock = new FakeClock("2026-11-28T12:00:00Z");
    private Path spool;
    private ReplayServer server;
    private PoliteHttp http;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        spool = folder;
        server = new ReplayServer(clock);
        http = Collecting.http(clock, folder);
    }

    @AfterEach
    void stop() {
        http.close();
        server.close();
    }

    private PoliteHttp.Answer get(String path) throws IOException {
        return get(PoliteHttp.Query.of(server.uri(path)));
    }

    private PoliteHttp.Answer get(PoliteHttp.Query query) throws IOException {
        return new Polling(Map.of(), clock, http).get(query);
    }

    @Test
    void says_who_asks_and_keeps_three_seconds_between_requests_also_before_the_first() throws Exception {
        Instant begin = clock.instant();
        server.play("/a", Reply.ok("one"));
        get("/a");
        get("/a");
        assertThat(server.log)
                .extracting(ReplayServer.Asked::at)
                .containsExactly(begin.plusSeconds(3), begin.plusSeconds(6));
        assertThat(server.log.get(0).headers())
                .containsEntry("user-agent", "databroker/test (mail@example.org)")
                .doesNotContainKeys("cookie", "referer");
    }

    @Test
    void validators_go_back_byte_for_byte() throws Exception {
        server.play("/a", Reply.of(304, ""));
        String tag = "W/\"a  b,c\"";
        PoliteHttp.Answer answer = get(PoliteHttp.Query.of(server.uri("/a"))
                .with("If-None-Match", tag)
                .with("If-Modified-Since", "yesterday, about noon"));
        assertThat(answer.status()).isEqualTo(304);
        assertThat(server.log.get(0).headers())
                .containsEntry("if-none-match", tag)
                .containsEntry("if-modified-since", "yesterday, about noon");
    }

    @Test
    void nobody_is_asked_while_they_want_to_wait_for_seconds_or_until_a_date() throws Exception {
        server.play(
                "/a",
                Reply.of(429, "").with("Retry-After", "120"),
                Reply.of(503, "").with("Retry-After", "Sat, 28 Nov 2026 13:00:00 GMT"),
                Reply.ok("at last"));
        assertThatThrownBy(() -> get("/a")).hasMessageContaining("12:02:03");
        clock.pass(Duration.ofSeconds(119));
        assertThatThrownBy(() -> get("/a")).hasMessageContaining("asked to wait");
        assertThat(server.log).hasSize(1);
        clock.pass(Duration.ofSeconds(2));
        assertThatThrownBy(() -> get("/a")).hasMessageContaining("13:00:00");
        clock.pass(Duration.ofMinutes(50));
        assertThatThrownBy(() -> get("/other")).hasMessageContaining("asked to wait");
        clock.pass(Duration.ofMinutes(10));
        assertThat(get("/a").bytes().utf8()).isEqualTo("at last");
        assertThat(server.log).hasSize(3);
    }

    @Test
    void a_used_up_quota_is_waited_for_when_it_was_refused_and_when_the_last_of_it_was_given() throws Exception {
        long reset = clock.instant().plusSeconds(600).getEpochSecond();
        Reply used = Reply.of(403, "limit")
                .with("X-RateLimit-Remaining", "0")
                .with("X-RateLimit-Reset", Long.toString(reset));
        Reply last = Reply.ok("last")
                .with("X-RateLimit-Remaining", "0")
                .with("X-RateLimit-Reset", Long.toString(reset + 900));
        server.play("/a", used, last, Reply.ok("fresh"));
        assertThatThrownBy(() -> get("/a")).hasMessageContaining("wait until");
        clock.until(Instant.ofEpochSecond(reset + 1));
        assertThat(get("/a").bytes().utf8()).isEqualTo("last");
        assertThatThrownBy(() -> get("/a")).hasMessageContaining("asked to wait");
        clock.until(Instant.ofEpochSecond(reset + 901));
        assertThat(get("/a").bytes().utf8()).isEqualTo("fresh");
        assertThat(server.log.get(1).at()).isAfterOrEqualTo(Instant.ofEpochSecond(reset));
        assertThat(server.log.get(2).at()).isAfterOrEqualTo(Instant.ofEpochSecond(reset + 900));
        assertThat(server.log).hasSize(3);
    }

    @Test
    void redirects_are_followed_and_only_lasting_ones_are_told_of() throws Exception {
        server.play("/a", Reply.of(301, "").with("Location", "/b"));
        server.play("/b", Reply.of(308, "").with("Location", server.uri("/c").toString()));
        server.play("/c", Reply.of(302, "").with("Location", "/d"));
        server.play("/d", Reply.of(301, "").with("Location", "/e"));
        server.play("/e", Reply.ok("here"));
        PoliteHttp.Answer answer = get("/a");
        assertThat(answer.bytes().utf8()).isEqualTo("here");
        assertThat(answer.uri()).isEqualTo(server.uri("/e"));
        assertThat(answer.moved()).isEqualTo(server.uri("/c"));
        server.play("/loop", Reply.of(302, "").with("Location", "/loop"));
        assertThatThrownBy(() -> get("/loop")).hasMessageContaining("redirects more than 5 times");
    }

    @Test
    void a_token_does_not_follow_a_redirect_to_another_host() throws Exception {
        URI elsewhere = URI.create(server.uri("/b").toString().replace("127.0.0.1", "localhost"));
        server.play("/a", Reply.of(302, "").with("Location", elsewhere.toString()));
        server.play("/b", Reply.ok("b"));
        get(PoliteHttp.Query.of(server.uri("/a")).with("Authorization", "Bearer secret"));
        assertThat(server.log.get(0).headers()).containsEntry("authorization", "Bearer secret");
        assertThat(server.log.get(1).headers()).doesNotContainKey("authorization");
    }

    @Test
    void gzip_is_unpacked_up_to_the_limit() throws Exception {
        server.play("/a", Reply.ok("packed").with("Content-Encoding", "gzip"));
        server.play("/bomb", Reply.ok("0".repeat(5 << 20)).with("Content-Encoding", "gzip"));
        assertThat(get("/a").bytes().utf8()).isEqualTo("packed");
        assertThatThrownBy(() -> get("/bomb")).hasMessageContaining("larger than 1048576 bytes");
    }

    @Test
    void what_is_too_large_cut_off_or_too_slow_is_no_answer() throws Exception {
        server.play("/large", Reply.ok("0".repeat(2 << 20)));
        server.play("/cut", Reply.ok("beginning").by(ReplayServer.Way.CUT));
        server.play("/slow", Reply.ok("beginning").by(ReplayServer.Way.SLOW));
        assertThatThrownBy(() -> get("/large")).hasMessageContaining("larger than");
        assertThatThrownBy(() -> get("/cut")).isInstanceOf(IOException.class);
        try (PoliteHttp hasty = new PoliteHttp(Collecting.manners(spool, Duration.ofMillis(300)), clock, clock)) {
            Polling polling = new Polling(Map.of(), clock, hasty);
            assertThatThrownBy(() -> polling.get(PoliteHttp.Query.of(server.uri("/slow"))))
                    .hasMessageContaining("did not answer within 300 ms");
        }
    }

    @Test
    void an_address_at_which_nobody_listens_is_told_as_that() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        assertThatThrownBy(() -> get(PoliteHttp.Query.of(URI.create("http://127.0.0.1:" + port + "/"))))
                .isInstanceOf(IOException.class)
                .hasMessage("127.0.0.1: nobody answers there");
    }

    @Test
    void a_large_answer_goes_by_the_disk_and_leaves_nothing_there() throws Exception {
        server.play("/a", Reply.ok("0".repeat(2 << 20)));
        PoliteHttp.Answer answer = get(PoliteHttp.Query.of(server.uri("/a")).large(4 << 20));
        try (var bytes = answer.body("a", clock.instant()).bytes()) {
            assertThat(bytes.readAllBytes()).hasSize(2 << 20);
        }
        assertThatThrownBy(() -> get(PoliteHttp.Query.of(server.uri("/a")).large(1 << 20)))
                .hasMessageContaining("larger than");
        try (Stream<Path> left = Files.list(spool)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void the_charset_of_the_head_reaches_the_reader() throws Exception {
        server.play("/a", Reply.ok("é").with("Content-Type", "text/xml; charset=iso-8859-1"));
        PoliteHttp.Answer answer = get("/a");
        assertThat(answer.body("a", clock.instant()).headers())
                .containsEntry("content-type", "text/xml; charset=iso-8859-1");
        assertThat(new String(answer.bytes().toArray(), StandardCharsets.ISO_8859_1))
                .isEqualTo("é");
    }

    @Test
    void addresses_of_ones_own_networks_are_refused_also_behind_a_redirect() throws Exception {
        PoliteHttp.Manners strict = new PoliteHttp.Manners("test", false, 1 << 20, Collecting.TIMEOUT, Map.of(), spool);
        try (PoliteHttp careful = new PoliteHttp(strict, clock, clock)) {
            Polling polling = new Polling(Map.of(), clock, careful);
            for (String host : new String[] {
                "127.0.0.1", "localhost", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1",
                "0.0.0.0", "[::1]", "[fe80::1]", "[fc00::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]",
                        "[2002:7f00:1::]"
            }) {
                assertThatThrownBy(() -> polling.get(PoliteHttp.Query.of(URI.create("http://" + host + "/"))))
                        .as(host)
                        .hasMessageContaining("not on the Internet");
            }
            for (String odd : new String[] {"ftp://example.org/", "file:///etc/passwd", "gopher://example.org"}) {
                assertThatThrownBy(() -> polling.get(PoliteHttp.Query.of(URI.create(odd))))
                        .hasMessageContaining("no address of http or https");
            }
        }
        server.play("/a", Reply.of(302, "").with("Location", "file:///etc/passwd"));
        assertThatThrownBy(() -> get("/a")).hasMessageContaining("no address of http or https");
    }
}
