package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.sources.ReplayServer.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ArxivCollectorTest {
    private static final String FIRST = "/oai?verb=ListRecords&metadataPrefix=arXiv&from=2026-11-20&set=cs";

    private final FakeClock clock = new FakeClock("2026-11-28T12:00:00Z");
    private ReplayServer server;
    private Collecting collecting;

    @BeforeEach
    void start(@TempDir Path folder) throws IOException {
        server = new ReplayServer(clock);
        collecting = new Collecting(clock, Collecting.http(clock, folder), new ArxivReader());
    }

    @AfterEach
    void stop() {
        collecting.http.close();
        server.close();
        for (int i = 1; i < server.log.size(); i++) {
            assertThat(server.log.get(i).at())
                    .as("arXiv wants 3 s between " + server.log.get(i - 1) + " and the next")
                    .isAfterOrEqualTo(server.log.get(i - 1).at().plusSeconds(3));
        }
    }

    private ArxivOaiCollector oai() {
        return new ArxivOaiCollector(
                "papers", "127.0.0.1", server.uri("/oai"), "cs", LocalDate.parse("2026-11-20"), Duration.ofDays(1));
    }

    private ArxivQueryCollector query() {
        return new ArxivQueryCollector(
                "papers", "127.0.0.1", server.uri("/api"), "cat:cs.DB", null, Duration.ofHours(1), 10);
    }

    private static String records(String responseDate, int from, int to, @Nullable String token) {
        StringBuilder out = new StringBuilder("<OAI-PMH><responseDate>" + responseDate + "</responseDate>");
        out.append("<ListRecords>");
        for (int i = from; i < to; i++) {
            String id = "2611.%05d".formatted(i);
            out.append("<record><header><identifier>oai:arXiv.org:" + id + "</identifier>")
                    .append("<datestamp>2026-11-27</datestamp></header><metadata><arXiv><id>" + id + "</id>")
                    .append("<created>2026-11-26</created><title>T</title><categories>cs.DB</categories>")
                    .append("<abstract>A</abstract></arXiv></metadata></record>");
        }
        return out + (token == null ? "" : "<resumptionToken>" + token + "</resumptionToken>")
                + "</ListRecords></OAI-PMH>";
    }

    private static String error(String code) {
        return "<OAI-PMH><responseDate>2026-11-30T01:00:00Z</responseDate><error code=\"" + code
                + "\">no</error></OAI-PMH>";
    }

    @Test
    void a_harvest_follows_the_tokens_and_the_next_begins_on_the_day_of_its_first_answer() throws Exception {
        server.play(FIRST, Reply.ok(records("2026-11-28T12:00:03Z", 0, 3, "a|b+c")));
        server.play(
                "/oai?verb=ListRecords&resumptionToken=a%7Cb%2Bc",
                Reply.ok(records("2026-11-29T00:00:01Z", 3, 5, null)));
        server.play(FIRST.replace("11-20", "11-28"), Reply.ok(error("noRecordsMatch")));
        collecting.run(oai());
        assertThat(collecting.ids).hasSize(5).doesNotHaveDuplicates();
        assertThat(collecting.kept("from")).isEqualTo("2026-11-28");
        assertThat(collecting.next()).isEqualTo(server.log.get(1).at().plus(Duration.ofDays(1)));
        collecting.run(oai());
        assertThat(collecting.kept("from")).isEqualTo("2026-11-30");
        assertThat(collecting.ids).hasSize(5);
        assertThat(server.paths()).noneMatch(path -> path.contains("until"));
    }

    @Test
    void an_expired_token_begins_the_harvest_again_and_sets_nothing_aside() throws Exception {
        server.play(
                FIRST,
                Reply.ok(records("2026-11-28T12:00:03Z", 0, 3, "old")),
                Reply.ok(records("2026-11-29T12:00:03Z", 0, 3, "new")));
        server.play("/oai?verb=ListRecords&resumptionToken=old", Reply.ok(error("badResumptionToken")));
        server.play("/oai?verb=ListRecords&resumptionToken=new", Reply.ok(records("2026-11-29T12:00:06Z", 3, 4, null)));
        collecting.run(oai());
        assertThat(new LinkedHashSet<>(collecting.ids)).hasSize(4);
        assertThat(collecting.rejects).isEmpty();
        assertThat(collecting.kept("from")).isEqualTo("2026-11-29");
    }

    @Test
    void a_page_that_is_cut_off_is_asked_for_again_and_does_not_end_the_harvest() throws Exception {
        String page = records("2026-11-28T12:00:03Z", 0, 3, "next");
        server.play(
                FIRST,
                Reply.ok(page.substring(0, page.length() - 80)),
                Reply.ok(page).by(ReplayServer.Way.CUT),
                Reply.ok(page));
        server.play(
                "/oai?verb=ListRecords&resumptionToken=next", Reply.ok(records("2026-11-28T12:01:06Z", 3, 4, null)));
        assertThatThrownBy(() -> collecting.run(oai())).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> collecting.run(oai())).isInstanceOf(IOException.class);
        assertThat(collecting.ids).isEmpty();
        collecting.run(oai());
        assertThat(collecting.ids).hasSize(4).doesNotHaveDuplicates();
    }

    @Test
    void other_errors_fail_and_keep_the_place() throws Exception {
        server.play(FIRST, Reply.ok(error("badArgument")), Reply.of(404, "<html>no</html>"));
        assertThatThrownBy(() -> collecting.run(oai())).hasMessageContaining("badArgument");
        assertThatThrownBy(() -> collecting.run(oai())).hasMessageContaining("404");
        assertThat(collecting.ids).isEmpty();
        assertThat(collecting.rejects).isEmpty();
    }

    /// A page of the API, of papers that are an hour apart, paper 0 the latest.
    private static String atom(int start, List<Integer> papers, int total) {
        StringBuilder out = new StringBuilder("<feed xmlns=\"http://www.w3.org/2005/Atom\">")
                .append("<totalResults>" + total + "</totalResults><startIndex>" + start + "</startIndex>");
        Instant latest = Instant.parse("2026-11-28T06:00:00Z");
        for (int paper : papers) {
            out.append("<entry><id>http://arxiv.org/abs/2611.%05dv1</id>".formatted(paper))
                    .append("<title>T</title><summary>S</summary>")
                    .append("<updated>" + latest.minus(Duration.ofHours(paper)) + "</updated></entry>");
        }
        return out + "</feed>";
    }

    private static int startOf(ReplayServer.Asked asked) {
        return Integer.parseInt(asked.path().replaceAll(".*start=(\\d+).*", "$1"));
    }

    @Test
    void pages_that_shift_while_they_are_read_lose_nothing() throws Exception {
        List<Integer> papers = new ArrayList<>(IntStream.range(0, 200).boxed().toList());
        server.otherwise(asked -> {
            int start = startOf(asked);
            Reply reply = Reply.ok(atom(start, papers.subList(start, start + 10), papers.size()));
            // One comes in at the front between any two pages.
            papers.add(0, -papers.size());
            return reply;
        });
        collecting.run(query());
        // From yesterday midnight on: the 31 youngest of the beginning, at least.
        for (int paper = 0; paper < 31; paper++) {
            int number = paper;
            assertThat(collecting.jsons).anyMatch(json -> json.contains("2611.%05d".formatted(number)));
        }
        assertThat(collecting.kept("watermark")).isEqualTo("2026-11-28T06:00:00Z");
        assertThat(collecting.next()).isAfterOrEqualTo(server.log.get(0).at().plus(Duration.ofDays(1)));
        assertThat(server.log).hasSizeLessThan(8);
    }

    @Test
    void an_empty_page_is_asked_for_three_times_more() throws Exception {
        List<Integer> empties = new ArrayList<>(List.of(0, 1, 2));
        server.otherwise(asked -> {
            boolean empty = startOf(asked) == 10 && !empties.isEmpty();
            if (empty) {
                empties.removeFirst();
            }
            List<Integer> papers =
                    IntStream.range(startOf(asked), startOf(asked) + 10).boxed().toList();
            return Reply.ok(atom(startOf(asked), empty ? List.of() : papers, 20));
        });
        collecting.run(query());
        assertThat(collecting.ids).hasSize(20).doesNotHaveDuplicates();
        assertThat(server.log).hasSize(5);
    }

    @Test
    void a_run_that_ends_in_empty_pages_fails_and_leaves_the_watermark() throws Exception {
        server.otherwise(asked -> {
            List<Integer> papers =
                    IntStream.range(0, startOf(asked) == 0 ? 10 : 0).boxed().toList();
            return Reply.ok(atom(startOf(asked), papers, 20));
        });
        collecting.run(query());
        assertThat(collecting.failure()).contains("came back empty");
        assertThat(collecting.kept("watermark")).isNull();
        assertThat(collecting.kept("start")).isNull();
        assertThat(server.log).hasSize(5);
    }

    @Test
    void an_error_that_comes_as_an_entry_is_one() throws Exception {
        server.otherwise(asked -> Reply.ok("<feed><totalResults>1</totalResults><entry>"
                + "<id>http://arxiv.org/api/errors#bad</id><title>Error</title>"
                + "<summary>bad query</summary></entry></feed>"));
        assertThatThrownBy(() -> collecting.run(query())).hasMessageContaining("bad query");
        assertThat(collecting.rejects).isEmpty();
    }
}
