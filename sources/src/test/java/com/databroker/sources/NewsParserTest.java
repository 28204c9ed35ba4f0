package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import com.databroker.streams.PoisonException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import org.junit.jupiter.api.Test;

final class NewsParserTest {
    private static final String ID = "0".repeat(32) + "-" + "1".repeat(32);

    private static String html(String content) {
        return String.valueOf(NewsFeeds.item("<description><![CDATA[" + content + "]]></description>")
                .text("content_html"));
    }

    @Test
    void html_of_strangers_does_nothing_any_more() {
        assertThat(html("<p onclick='x()' style='color:red'>a<script>x()</script></p>"))
                .isEqualTo("<p>a</p>");
        assertThat(html("<a href='javascript:x()'>a</a>")).isEqualTo("<a rel=\"nofollow noopener noreferrer\">a</a>");
        assertThat(html("<a href=' jAvA\tscript:x()'>a</a>")).doesNotContain("script");
        assertThat(html("<iframe src='//x'></iframe><object data=x></object><form><input></form><p>b"))
                .isEqualTo("<p>b</p>");
        assertThat(html("<svg><script>x()</script><a href='#'>q</a></svg>b")).isEqualTo("b");
        assertThat(html("<math><mtext><table><mglyph><style><img src=x onerror=x()>c"))
                .doesNotContain("onerror");
        assertThat(html("<img src='data:text/html,x'>d")).doesNotContain("data:");
        assertThat(html("<base href='http://evil.example/'><a href='x'>e</a>")).contains("https://example.org/x");
    }

    @Test
    void pictures_that_only_count_are_taken_out() {
        String kept = "<img src=\"https://example.org/a.png\">";
        assertThat(html("<img src='/a.png'><img src='/b.gif' width=1 height='1'><img src='/c.png' "
                        + "style='display: none'>"
                        + "<img src='https://feeds.feedburner.com/~r/x/y'><img width='1px' src='/d'>"))
                .isEqualTo(kept);
    }

    @Test
    void text_has_its_blocks_on_lines_of_their_own() {
        assertThat(NewsFeeds.item(
                                "<description><![CDATA[<h1>A</h1><p>b <b>c</b>&nbsp;d</p><ul><li>e</li><li>f</li></ul>"
                                        + "<table><tr><td>g</td><td>h</td></tr></table><style>i</style>j"
                                        + "<br>k]]></description>")
                        .text("content_text"))
                .isEqualTo("A\nb c d\ne\nf\ng h\nj\nk");
    }

    @Test
    void a_title_of_which_nobody_says_what_it_is_is_html_where_it_looks_like_it() {
        assertThat(NewsFeeds.item("<title>a &lt;b&gt;c&lt;/b&gt; &amp;amp; d</title>")
                        .text("title"))
                .isEqualTo("a c & d");
        assertThat(NewsFeeds.item("<title>if a &lt; b and List&lt;T&gt;</title>")
                        .text("title"))
                .isEqualTo("if a < b and List<T>");
    }

    @Test
    void dates_to_come_are_taken_for_now_and_kept_as_written() {
        NewsFeeds future = NewsFeeds.item("<title>A</title><pubDate>Tue, 03 Feb 2099 10:00:00 GMT</pubDate>");
        assertThat(future.time("published")).isEqualTo(NewsFeeds.ARRIVED);
        assertThat(future.text("published_raw")).isEqualTo("Tue, 03 Feb 2099 10:00:00 GMT");
        NewsFeeds wrong = NewsFeeds.item("<title>A</title><pubDate>soon</pubDate>");
        assertThat(wrong.time("published")).isNull();
        assertThat(wrong.time("time")).isEqualTo(NewsFeeds.ARRIVED);
        assertThat(wrong.text("published_raw")).isEqualTo("soon");
        NewsFeeds updated = NewsFeeds.item("<title>A</title><dc:date>2026-02-03</dc:date>");
        assertThat(updated.time("time")).hasToString("2026-02-03T00:00:00Z");
    }

    @Test
    void nearly_equal_texts_of_two_feeds_have_nearly_equal_hashes() {
        String text =
                "The harbour of the old town was closed this morning after a storm had driven two ships ashore, the "
                        + "coast guard said. Nobody was hurt, and the ferries will run again on Friday, if "
                        + "the wind allows it.";
        long one = hash(text);
        assertThat(Long.bitCount(one ^ hash(text.replace("two ships", "three ships"))))
                .isLessThan(12);
        assertThat(Long.bitCount(one
                        ^ hash("Shares fell in early trading as banks reported losses for the third "
                                + "quarter, and analysts expect more of the same before the year is out, they wrote.")))
                .isGreaterThan(16);
        assertThat(NewsSimhash.of("two words")).isNull();
    }

    private static long hash(String text) {
        Long hash = NewsSimhash.of(text);
        return hash == null ? 0 : hash;
    }

    @Test
    void the_domain_is_what_is_registered() {
        assertThat(NewsFeeds.item("<link>https://www.news.example.co.uk/a</link>")
                        .text("domain"))
                .isEqualTo("example.co.uk");
        assertThat(NewsFeeds.item("<link>http://192.0.2.1:8080/a</link>").text("domain"))
                .isEqualTo("192.0.2.1");
        assertThat(NewsFeeds.item("<link>http://localhost/a</link>").text("domain"))
                .isEqualTo("localhost");
    }

    @Test
    void the_article_id_is_that_of_news_apis() {
        NewsFeeds feed =
                NewsFeeds.item("<link>https://example.org/a</link><pubDate>Tue, 03 Feb 2026 10:00:00 GMT</pubDate>");
        // printf %s 'https://example.org/a2026-02-03T10:00:00Z' | sha256sum
        assertThat(feed.text("article_id"))
                .isEqualTo("c1c6ca5d9e8d2f8eec35a3cf01b2dbf867094a47b949dfb750567bb57d6823f3");
    }

    @Test
    void the_same_bytes_give_the_same_record_in_every_parser() throws PoisonException {
        NewsFeeds feed = NewsFeeds.item("<title>A</title><description>b</description>");
        DataRecord again = new NewsParser().parse(feed.collected.get(0), NewsFeeds.ARRIVED);
        assertThat(again).isEqualTo(feed.only());
    }

    @Test
    void records_that_other_programs_wrote_are_read_or_refused_with_a_reason() throws PoisonException {
        String plain =
                "{\"feed_id\":\"f\",\"feed_url\":\"u\",\"format\":\"rss2.0\",\"content_hash\":\"h\",\"title\":\"A\","
                        + "\"authors\":[1,null,\"B\"],\"enclosures\":[3,{\"url\":\"x\",\"length\":1e400}"
                        + "],\"summary\":{\"value\":7}}";
        assertThat(parse(ID, plain).toString()).contains("title=A ", "authors=[B] ", "url=x ");
        assertThatThrownBy(() -> parse(ID, "[]")).isInstanceOf(PoisonException.class);
        assertThatThrownBy(() -> parse(ID, "{}"))
                .isInstanceOf(PoisonException.class)
                .hasMessageContaining("feed_id");
        assertThatThrownBy(() -> parse("x", plain))
                .isInstanceOf(PoisonException.class)
                .hasMessageContaining("32 digits");
    }

    private static DataRecord parse(String id, String json) throws PoisonException {
        return new NewsParser().parse(new Collected(id, Bytes.utf8(json)), NewsFeeds.ARRIVED);
    }

    @Test
    void the_source_travels_with_the_job_and_has_the_fields_that_the_plane_needs()
            throws IOException, ClassNotFoundException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(new NewsSource());
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            NewsSource source = (NewsSource) in.readObject();
            assertThat(source.schema().field(0).name()).isEqualTo("id");
            assertThat(source.schema().place(source.timeField())).isPositive();
            assertThat(source.topic().name()).isEqualTo("news_feed");
        }
    }
}
