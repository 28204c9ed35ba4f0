package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.ByteSize;
import com.databroker.streams.Collector;
import com.databroker.streams.CollectorsConfig;
import com.databroker.streams.CollectorsConfig.From;
import com.databroker.streams.CollectorsConfig.Kind;
import com.databroker.streams.PoliteHttp;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CollectorsTest {
    private static final Path SPOOL = Path.of("spool");

    private static CollectorsConfig config(Map<String, From> from) {
        return new CollectorsConfig("mail@example.org", false, new ByteSize(1 << 20), Duration.ofMinutes(1), from);
    }

    private static From from(Kind kind, @Nullable String url, @Nullable String query, String... sets) {
        return From.asking(kind, url, query, List.of(sets), null, null, null);
    }

    @Test
    void there_is_one_for_each_section_and_set_and_all_of_arxiv_is_one_lease() {
        Map<String, From> from = new LinkedHashMap<>();
        from.put("papers", from(Kind.ARXIV_OAI, null, null, "cs", "math"));
        from.put("databases", from(Kind.ARXIV_QUERY, null, "cat:cs.DB"));
        from.put("all", from(Kind.GITHUB_EVENTS, "https://api.github.com/events", null));
        from.put("past", from(Kind.GITHUB_ARCHIVE, null, null));
        from.put("preprints", from(Kind.FEED, "https://rss.arxiv.org/rss/cs.DB", null));
        CollectorsConfig config = config(from);
        PoliteHttp.Manners manners = Collectors.manners(config, "databroker/1.0", SPOOL);
        assertThat(manners.agent()).isEqualTo("databroker/1.0 (mail@example.org)");
        assertThat(manners.intervals()).containsEntry("arxiv.org", Duration.ofSeconds(3));
        assertThat(manners.lease(URI.create("https://notarxiv.org/"))).isEqualTo("notarxiv.org");
        List<Collector> all = Collectors.of(config, manners, name -> null);
        assertThat(all)
                .extracting(Collector::name)
                .containsExactly("papers.cs", "papers.math", "databases", "all", "past", "preprints");
        assertThat(all)
                .extracting(Collector::lease)
                .containsExactly(
                        "arxiv.org", "arxiv.org", "arxiv.org", "api.github.com", "data.gharchive.org", "arxiv.org");
        assertThat(all)
                .extracting(Collector::stream)
                .containsExactly("arxiv", "arxiv", "arxiv", "github", "github", "news");
    }

    @Test
    void a_token_is_taken_from_the_environment_and_missed_where_it_is_not_there() {
        From events = From.asking(
                Kind.GITHUB_EVENTS, "https://api.github.com/events", null, List.of(), null, null, "GH_TOKEN");
        CollectorsConfig config = config(Map.of("all", events));
        PoliteHttp.Manners manners = Collectors.manners(config, "databroker/1.0", SPOOL);
        assertThatThrownBy(() -> Collectors.of(config, manners, name -> null))
                .hasMessageContaining("streams.collectors.from.all.token-variable")
                .hasMessageContaining("GH_TOKEN is not set");
        List<Collector> all = Collectors.of(config, manners, name -> name.equals("GH_TOKEN") ? "secret\n" : null);
        assertThat(all.toString()).doesNotContain("secret");
    }
}
