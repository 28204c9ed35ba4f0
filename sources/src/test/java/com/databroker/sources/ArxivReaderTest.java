package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.streams.Body;
import com.databroker.streams.DataRecord;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

final class ArxivReaderTest {
    static final String ENTRY =
            "<entry><id>http://arxiv.org/abs/2104.00001v2</id><title>On  $x$\n and G\\\"odel</title>"
                    + "<updated>2021-05-01T00:00:01Z</updated><published>2021-04-01T00:00:00Z</published>"
                    + "<summary> About\n  it. </summary><category term=\"math.CO\"/><category term=\"cs.DM\"/>"
                    + "<category term=\"05C15 (Primary), 05C20; G.2.2\"/><arxiv:primary_category term=\"math.CO\"/>"
                    + "<arxiv:comment>12+3 pages, two figures</arxiv:comment><arxiv:doi>"
                    + "https://doi.org/10.1000/ABC.</arxiv:doi>"
                    + "<author><name>Ann B. van der Berg</name><arxiv:affiliation>Univ. "
                    + "\\'A</arxiv:affiliation></author>"
                    + "<author><name>Bo Li</name></author></entry>";
    static final String FEED = "<?xml version='1.0' encoding='UTF-8'?>\n<feed xmlns='http://www.w3.org/2005/Atom'"
            + " xmlns:arxiv='http://arxiv.org/schemas/atom' xmlns:o='http://a9.com/-/spec/opensearch/1.1/'>"
            + "<o:totalResults>70</o:totalResults><o:startIndex>10</o:startIndex><o:itemsPerPage>2</o:itemsPerPage>"
            + ENTRY + "</feed>";
    static final String OAI = "<OAI-PMH xmlns='http://www.openarchives.org/OAI/2.0/'>"
            + "<responseDate>2026-01-02T03:04:05Z</responseDate><ListRecords><record><header>"
            + "<identifier>oai:arXiv.org:hep-th/9901001</identifier><datestamp>2026-01-01</datestamp>"
            + "<setSpec>physics:hep-th</setSpec></header><metadata><arXiv xmlns='http://arxiv.org/OAI/arXiv/'>"
            + "<id>hep-th/9901001</id><created>1999-01-01</created><updated>2000-02-03</updated><authors><author>"
            + "<keyname>Berg</keyname><forenames>A.</forenames><suffix>Jr</suffix></author></authors><title>T</title>"
            + "<categories>hep-th gr-qc</categories><msc-class>83C05</msc-class><doi>10.1/x 10.1000/Y</doi>"
            + "<abstract>  A.</abstract></arXiv></metadata></record><record><header status='deleted'>"
            + "<identifier>oai:arXiv.org:2104.00009</identifier><datestamp>2026-01-01</datestamp></header></record>"
            + "<resumptionToken cursor='0' completeListSize='3'>6|1</resumptionToken></ListRecords></OAI-PMH>";
    static final String RAW = "<record><header><identifier>oai:arXiv.org:1302.00001</identifier></header></record>";
    static final String ABS = """
            -----
            \\\\
            arXiv:0704.0001
            From: Some Body <some@example.org>
            Date: Mon, 2 Apr 2007 19:18:42 GMT   (764kb)
            Date (revised v2): Tue, 24 Jul 2007 20:10:27 GMT   (7kb,D)

            Title: A long
              title
            Authors: A. One (1), B. Two, Jr. (2) and C. de Three
              ((1) Here, (2) There)
            Categories: hep-ph
            Comments: 37 pages
            Journal-ref: Phys. 1
            \\\\
              The abstract
            in lines.
            \\\\
            """;

    private final ArxivReader reader = new ArxivReader();

    private GithubKept read(String text) throws IOException {
        return GithubKept.of(reader, text);
    }

    private DataRecord only(String text) throws Exception {
        GithubKept kept = read(text);
        assertThat(kept.reasons()).isEmpty();
        assertThat(kept.records).hasSize(1);
        return kept.parsed(new ArxivParser()).get(0);
    }

    private static DataRecord author(DataRecord record, int place) {
        return (DataRecord) ((List<?>) Objects.requireNonNull(record.get("authors"))).get(place);
    }

    @Test
    void an_entry_of_the_query_api_becomes_a_paper() throws Exception {
        DataRecord paper = only(FEED);
        assertThat(paper.text("id")).isEqualTo("2104.00001v2");
        assertThat(paper.get("version")).isEqualTo(2);
        assertThat(paper.text("title")).isEqualTo("On $x$ and G\\\"odel");
        assertThat(paper.text("plain_title")).isEqualTo("On x and Gödel");
        assertThat(paper.text("abstract")).isEqualTo("About it.");
        assertThat(paper.text("plain_abstract")).isNull();
        assertThat(paper.get("updated")).isEqualTo(1_619_827_201_000_000L);
        assertThat(paper.get("categories")).isEqualTo(List.of("math.CO", "cs.DM"));
        assertThat(paper.get("groups")).isEqualTo(List.of("math", "cs"));
        assertThat(paper.get("msc")).isEqualTo(List.of("05C15", "05C20"));
        assertThat(paper.get("acm")).isEqualTo(List.of("G.2.2"));
        assertThat(paper.text("doi")).isEqualTo("10.1000/abc");
        assertThat(paper.get("pages")).isEqualTo(12);
        assertThat(paper.get("figures")).isEqualTo(2);
        assertThat(author(paper, 0).text("keyname")).isEqualTo("van der Berg");
        assertThat(author(paper, 0).text("forenames")).isEqualTo("Ann B.");
        assertThat(author(paper, 0).get("affiliation")).isEqualTo(List.of("Univ. Á"));
        assertThat(((DataRecord) Objects.requireNonNull(paper.get("links"))).text("pdf"))
                .isEqualTo("https://arxiv.org/pdf/2104.00001v2");
        ArxivAnswer answer = Objects.requireNonNull(reader.answer());
        assertThat(answer.total()).isEqualTo(70);
        assertThat(answer.cursor()).isEqualTo(10);
        assertThat(answer.records()).isEqualTo(1);
    }

    @Test
    void an_entry_that_is_an_error_is_rejected() throws Exception {
        String error =
                "<entry><id>https://arxiv.org/api/errors#x</id><title>Error</title><summary>bad id</summary></entry>";
        GithubKept kept = read(FEED.replace(ENTRY, error + ENTRY));
        assertThat(kept.reasons()).containsExactly("entry 1: arXiv answers with an error: bad id");
        assertThat(kept.ids()).containsExactly("2104.00001v2");
        assertThat(Objects.requireNonNull(reader.answer()).message()).isEqualTo("bad id");
    }

    @Test
    void records_of_oai_pmh_have_the_day_in_their_id_and_may_be_deleted() throws Exception {
        GithubKept kept = read(OAI);
        assertThat(kept.ids()).containsExactly("hep-th/9901001@2026-01-01", "2104.00009@2026-01-01");
        List<DataRecord> papers = kept.parsed(new ArxivParser());
        DataRecord paper = papers.get(0);
        assertThat(author(paper, 0).text("name")).isEqualTo("A. Berg Jr");
        assertThat(paper.get("published")).isEqualTo(915_148_800_000_000L);
        assertThat(paper.get("updated")).isEqualTo(949_536_000_000_000L);
        assertThat(paper.get("groups")).isEqualTo(List.of("physics"));
        assertThat(papers.get(1).get("deleted")).isEqualTo(true);
        ArxivAnswer answer = Objects.requireNonNull(reader.answer());
        assertThat(answer.resumptionToken()).isEqualTo("6|1");
        assertThat(answer.total()).isEqualTo(3);
        assertThat(answer.responseDate()).isEqualTo("2026-01-02T03:04:05Z");
    }

    @Test
    void a_raw_record_has_the_version_in_its_id_and_the_dates_of_all() throws Exception {
        DataRecord paper = only("<record><header><identifier>oai:arXiv.org:1302.2146</identifier><datestamp>2013-04-03"
                + "</datestamp></header><metadata><arXivRaw><id>1302.2146</id><submitter>A B</submitter>"
                + "<version version='v1'><date>Fri, 8 Feb 2013 21:00:01 GMT</date><size>"
                + "853kb</size></version>"
                + "<version version='v2'><date>Tue, 2 Apr 2013 01:50:08 GMT</date></version><title>T</title>"
                + "<authors>A. B. One and C. Two</authors><categories>hep-ph</categories>"
                + "</arXivRaw></metadata></record>");
        assertThat(paper.text("id")).isEqualTo("1302.2146v2");
        assertThat(paper.get("updated")).isEqualTo(1_364_867_408_000_000L);
        assertThat((List<?>) paper.get("versions")).hasSize(2);
        assertThat(paper.get("author_count")).isEqualTo(2);
    }

    @Test
    void dublin_core_says_it_in_words() throws Exception {
        DataRecord paper = only("<record><header><identifier>oai:arXiv.org:1711.05739</identifier>"
                + "<datestamp>2017-11-17"
                + "</datestamp><setSpec>physics:astro-ph</setSpec></header><metadata><dc><title>T</title>"
                + "<creator>Luger, Rodrigo</creator><subject>Astrophysics</subject><description>Long.</description>"
                + "<description>Comment: 3 pages</description><date>2017-11-15</date><date>2017-11-16</date>"
                + "<identifier>http://arxiv.org/abs/1711.05739</identifier><identifier>"
                + "doi:10.3847/X</identifier></dc>"
                + "</metadata></record>");
        assertThat(author(paper, 0).text("name")).isEqualTo("Rodrigo Luger");
        assertThat(paper.get("archives")).isEqualTo(List.of("astro-ph"));
        assertThat(paper.get("pages")).isEqualTo(3);
        assertThat(paper.text("doi")).isEqualTo("10.3847/x");
        assertThat(paper.get("updated")).isEqualTo(1_510_790_400_000_000L);
    }

    @Test
    void a_set_names_its_archive_however_far_it_goes() throws Exception {
        for (String set : List.of("math:math:CO", "math", "physics:hep-th", "physics:astro-ph:GA", "physics:physics")) {
            DataRecord gone = only("<record><header status='deleted'><identifier>oai:arXiv.org:2401.00002</identifier>"
                    + "<datestamp>2026-11-20</datestamp><setSpec>" + set + "</setSpec></header></record>");
            String archive =
                    set.replaceFirst("^physics:", "").replaceFirst("^math:", "").replaceFirst(":.*", "");
            assertThat(gone.get("archives")).as(set).isEqualTo(List.of(archive));
            assertThat(gone.get("groups")).as(set).isEqualTo(List.of(set.startsWith("math") ? "math" : "physics"));
        }
    }

    @Test
    void an_entity_that_xml_does_not_know_stays_as_it_was_written() throws Exception {
        DataRecord paper = only(FEED.replaceFirst("<title>[^<]*", "<title>Poincar&eacute; &amp; Bose"));
        assertThat(paper.text("title")).isEqualTo("Poincar&eacute; & Bose");
    }

    @Test
    void errors_of_oai_pmh_are_rejected_but_for_the_one_that_is_none() throws Exception {
        String error = "<OAI-PMH><error code='badVerb'>no</error></OAI-PMH>";
        assertThat(read(error).reasons()).containsExactly("error: arXiv answers with the error badVerb: no");
        assertThat(read(error.replace("badVerb", "noRecordsMatch")).rejects).isEmpty();
        assertThat(Objects.requireNonNull(reader.answer()).error()).isEqualTo("noRecordsMatch");
    }

    @Test
    void a_name_with_a_comma_is_told_as_in_a_catalogue() throws Exception {
        String names = String.join(
                "</name></author><author><name>",
                "van der Berg, Jan",
                "Smith, Jr.",
                "Ann Smith, Jr.",
                "Smith, Ann, III",
                "One, Two, Three",
                "Planck Collaboration, P. Ade");
        DataRecord paper = only(FEED.replace("Bo Li", names));
        List<String> read = new ArrayList<>();
        for (int i = 1; i <= 6; i++) {
            DataRecord author = author(paper, i);
            read.add(author.text("name") + "|" + author.text("keyname") + "|" + author.text("forenames"));
        }
        assertThat(read)
                .containsExactly(
                        "Jan van der Berg|van der Berg|Jan",
                        "Smith Jr.|Smith|null",
                        "Ann Smith Jr.|Smith|Ann",
                        "Ann Smith III|Smith|Ann",
                        "One, Two, Three|Three|One, Two,",
                        "Planck Collaboration, P. Ade|Planck Collaboration, P. Ade|null");
    }

    @Test
    void an_abs_file_gives_a_paper_without_the_address_of_its_submitter() throws Exception {
        DataRecord paper = only(ABS);
        assertThat(paper.text("id")).isEqualTo("0704.0001v2");
        assertThat(paper.text("title")).isEqualTo("A long title");
        assertThat(paper.text("submitter")).isEqualTo("Some Body");
        assertThat(read(ABS).records.get(0).json().utf8()).doesNotContain("some@");
        assertThat(author(paper, 0).get("affiliation")).isEqualTo(List.of("Here"));
        assertThat(author(paper, 1).text("name")).isEqualTo("B. Two Jr.");
        assertThat(author(paper, 1).get("affiliation")).isEqualTo(List.of("There"));
        assertThat(author(paper, 2).text("keyname")).isEqualTo("de Three");
        assertThat(paper.text("abstract")).isEqualTo("The abstract in lines.");
        assertThat(paper.get("published")).isEqualTo(1_175_541_522_000_000L);
        assertThat(read(ABS + ABS).records).hasSize(2);
        assertThat(read(ABS.substring(0, ABS.length() - 4)).reasons()).containsExactly("record 1: it is cut off");
    }

    @Test
    void a_byte_that_is_none_of_the_encoding_costs_one_character() throws Exception {
        byte[] bytes = FEED.replace("About", "Ab?ut").getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = bytes[i] == '?' && bytes[i - 1] == 'b' ? (byte) 0xe9 : bytes[i];
        }
        GithubKept kept = GithubKept.of(reader, "x", Map.of(), bytes);
        assertThat(kept.parsed(new ArxivParser()).get(0).text("abstract")).isEqualTo("Ab\ufffdut it.");
        byte[] latin = FEED.replace("UTF-8", "ISO-8859-1")
                .replace("About", "Ab\u00e9ut")
                .getBytes(StandardCharsets.ISO_8859_1);
        GithubKept declared = GithubKept.of(reader, "x", Map.of(), latin);
        assertThat(declared.parsed(new ArxivParser()).get(0).text("abstract")).isEqualTo("Ab\u00e9ut it.");
        assertThat(read("\ufeff" + FEED).records).hasSize(1);
    }

    @Test
    void a_document_that_is_cut_off_gives_what_came_before() throws Exception {
        GithubKept kept = read(FEED.replace(ENTRY, ENTRY + ENTRY).replace("</name></author></entry></feed>", ""));
        assertThat(kept.records).hasSize(1);
        assertThat(kept.reasons())
                .singleElement()
                .asString()
                .startsWith("entry 2, line ")
                .contains("the XML is broken");
    }

    @Test
    void document_types_are_refused_and_nothing_is_expanded() {
        StringBuilder bomb = new StringBuilder("<!DOCTYPE feed [<!ENTITY a0 'ha'>");
        for (int i = 1; i < 60; i++) {
            bomb.append("<!ENTITY a")
                    .append(i)
                    .append(" '")
                    .append(("&a" + (i - 1) + ";").repeat(10))
                    .append("'>");
        }
        String external = "<!DOCTYPE feed [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><feed><entry><title>"
                + "&x;</title></entry></feed>";
        Assertions.assertTimeout(Duration.ofSeconds(20), () -> {
            for (String body : List.of(bomb + "]><feed><entry><title>&a59;</title></entry></feed>", external)) {
                GithubKept kept = read(body);
                assertThat(kept.records).isEmpty();
                assertThat(kept.reasons()).singleElement().asString().contains("a document type is refused");
            }
        });
    }

    @Test
    void texts_nesting_and_tags_have_limits() throws Exception {
        String giant = FEED.replace("About", "x".repeat(ArxivXml.TEXT_CHARS_MAX + 1));
        assertThat(read(giant.replace("</feed>", ENTRY + "</feed>")).ids()).containsExactly("2104.00001v2");
        assertThat(read(giant).reasons()).singleElement().asString().contains("longer than 524288 characters");
        assertThat(read("<feed>" + "<a>".repeat(100_000)).reasons())
                .singleElement()
                .asString()
                .contains("nested");
        GithubKept tag = GithubKept.of(new ArxivReader(), "<feed><a b='" + "y".repeat(9 << 20) + "'/></feed>");
        assertThat(tag.reasons()).singleElement().asString().contains("longer than 4194304 characters");
        assertThat(read("<rss/>").reasons()).singleElement().asString().contains("its root is rss");
        assertThat(read("hello").reasons()).containsExactly("byte 1: it is neither XML nor an .abs file");
    }

    @Test
    void bytes_that_cannot_be_had_are_the_callers_trouble() {
        byte[] begin = FEED.substring(0, 400).getBytes(StandardCharsets.UTF_8);
        InputStream failing = new InputStream() {
            private int at;

            @Override
            public int read() throws IOException {
                throw new IOException("the line is dead");
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                if (at == begin.length) {
                    return read();
                }
                int count = Math.min(length, begin.length - at);
                System.arraycopy(begin, at, into, offset, count);
                at += count;
                return count;
            }
        };
        Body body = new Body("b", "b", Map.of(), GithubKept.ARRIVED, failing);
        assertThatThrownBy(() -> reader.read(body, new GithubKept())).hasMessage("the line is dead");
    }

    @Test
    void what_is_said_again_has_the_same_hash_and_what_changed_another() throws Exception {
        String hash = only(FEED).text("content_hash");
        assertThat(hash)
                .hasSize(64)
                .isEqualTo(only(FEED.replace("2021-05-01", "2021-06-01")).text("content_hash"));
        assertThat(only(FEED.replace("Bo Li", "Bo Lu")).text("content_hash")).isNotEqualTo(hash);
    }

    @Test
    void a_broken_body_of_arxiv_gives_records_and_rejects_and_nothing_else() throws Exception {
        List<byte[]> seeds = List.of(
                FEED.getBytes(StandardCharsets.UTF_8),
                OAI.getBytes(StandardCharsets.UTF_8),
                RAW.getBytes(StandardCharsets.UTF_8),
                ABS.getBytes(StandardCharsets.UTF_8));
        assertThat(GithubFuzzTest.fuzz(ArxivReader::new, new ArxivParser(), seeds, 4_000))
                .isGreaterThan(3_000);
    }
}
