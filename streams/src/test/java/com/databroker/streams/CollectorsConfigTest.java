package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.ByteSize;
import com.databroker.streams.CollectorsConfig.From;
import com.databroker.streams.CollectorsConfig.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CollectorsConfigTest {
    private static From from(Kind kind, @Nullable String url, @Nullable String query, @Nullable String since) {
        return From.asking(kind, url, query, List.of(), since, null, null);
    }

    @Test
    void who_collects_says_how_to_be_reached() {
        From feed = from(Kind.FEED, "https://example.org/feed", null, null);
        assertThatThrownBy(() -> new CollectorsConfig(
                        null, false, new ByteSize(1 << 20), Duration.ofMinutes(1), Map.of("blog", feed)))
                .hasMessageContaining("contact: who collects (blog)");
        assertThat(CollectorsConfig.defaults().from()).isEmpty();
    }

    private static From dnstap(String listen) {
        return new From(
                Kind.DNSTAP,
                null,
                null,
                List.of(),
                null,
                null,
                null,
                List.of(),
                null,
                listen,
                "rw-rw----",
                64,
                null,
                List.of(),
                new ByteSize(8 << 20));
    }

    @Test
    void where_nobody_can_listen_is_refused_by_its_text() {
        for (String good : List.of("unix:/run/x.sock", "tcp:127.0.0.1:6000", "tcp:[::1]:0", "tcp:0.0.0.0:65535")) {
            assertThat(dnstap(good).listen()).isEqualTo(good);
        }
        for (String odd : List.of(
                "udp:1",
                "unix:x",
                "unix:/" + "x".repeat(107),
                "tcp:127.0.0.1:99999",
                "tcp:127.0.0.1:65536",
                "tcp:127.0.0.999:1",
                "tcp:localhost:1",
                "tcp:[::1::]:1",
                "tcp:127.0.0.1",
                "")) {
            assertThatThrownBy(() -> dnstap(odd)).as(odd).hasMessageStartingWith("listen: \"" + odd);
        }
    }

    @Test
    void what_does_not_fit_together_is_refused_with_its_key() {
        assertThatThrownBy(() -> from(Kind.FEED, null, null, null)).hasMessage("url: feed needs one");
        assertThatThrownBy(() -> from(Kind.FEED, "ftp://example.org", null, null))
                .hasMessageContaining("url:");
        assertThatThrownBy(() -> from(Kind.ARXIV_QUERY, null, null, null)).hasMessageContaining("query:");
        assertThatThrownBy(() -> from(Kind.FEED, "https://example.org", "x", null))
                .hasMessageContaining("query:");
        assertThatThrownBy(() -> from(Kind.ARXIV_OAI, null, null, "yesterday")).hasMessageContaining("since:");
        assertThatThrownBy(() -> from(Kind.GITHUB_EVENTS, "https://example.org", null, "2026-11-01"))
                .hasMessageContaining("since:");
        assertThat(from(Kind.GITHUB_ARCHIVE, null, null, "2026-11-01").since()).isEqualTo("2026-11-01");
    }
}
