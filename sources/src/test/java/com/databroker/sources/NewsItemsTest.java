package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.streams.DataRecord;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class NewsItemsTest {
    private static String id(String elements) {
        return NewsFeeds.item(elements).collected.get(0).id();
    }

    private static String item(String elements) {
        return id(elements).substring(0, 32);
    }

    @Test
    void the_same_state_of_an_entry_has_the_same_id_however_often_it_is_read() {
        String entry = "<guid>1</guid><title>A</title><description>text</description>";
        assertThat(id(entry)).isEqualTo(id(entry)).matches("[0-9a-f]{32}-[0-9a-f]{32}");
        assertThat(id(entry)).isEqualTo(id("<description>text</description>\n<title> A </title><guid>1</guid>"));
    }

    @Test
    void an_edited_entry_is_the_same_item_in_another_state() {
        String before = id("<guid>1</guid><title>A</title>");
        String after = id("<guid>1</guid><title>B</title>");
        assertThat(after).isNotEqualTo(before);
        assertThat(after.substring(0, 32)).isEqualTo(before.substring(0, 32));
    }

    @Test
    void a_date_alone_makes_no_new_state() {
        assertThat(id("<guid>1</guid><title>A</title><pubDate>Tue, 03 Feb 2026 10:00:00 GMT</pubDate>"))
                .isEqualTo(id("<guid>1</guid><title>A</title><pubDate>Wed, 04 Feb 2026 10:00:00 GMT</pubDate>"));
    }

    @Test
    void entries_without_a_guid_are_told_by_their_canonical_links() {
        assertThat(item("<title>A</title><link>https://EXAMPLE.org/a?utm_source=x</link>"))
                .isEqualTo(item("<title>B</title><link>https://example.org/a#c</link>"))
                .isNotEqualTo(item("<title>B</title><link>https://example.org/b</link>"));
    }

    @Test
    void entries_without_guid_and_link_are_told_by_what_they_say_and_when() {
        String monday = id("<title>All well</title><pubDate>Mon, 02 Feb 2026 10:00:00 GMT</pubDate>");
        String tuesday = id("<title>All well</title><pubDate>Tue, 03 Feb 2026 10:00:00 GMT</pubDate>");
        assertThat(monday).isNotEqualTo(tuesday);
        assertThat(id("<title>A</title>")).isNotEqualTo(id("<description>A</description>"));
        assertThat(id("<category>a</category><category>b</category>")).isNotEqualTo(id("<category>ab</category>"));
    }

    @Test
    void entries_that_share_a_guid_and_differ_are_different_records() {
        NewsFeeds feed = NewsFeeds.read("<rss><channel><item><guid>1</guid><link>https://example.org/a</link></item>"
                + "<item><guid>1</guid><link>https://example.org/b</link></item></channel></rss>");
        assertThat(feed.collected.get(0).id())
                .isNotEqualTo(feed.collected.get(1).id());
    }

    @Test
    void what_does_not_say_where_it_lies_is_seen_from_the_page_of_a_feed_that_came_as_a_file() {
        String entry = "<guid isPermaLink='false'>1</guid><description>&lt;img src='/i.jpg'&gt; "
                + "&lt;a href='b'&gt;c&lt;/a&gt;</description><enclosure url='a.mp3' type='audio/mpeg'/>"
                + "<media:thumbnail url='t.jpg'/>";
        byte[] feed = ("<rss><channel><link>https://example.org/x/</link><item>" + entry + "</item></channel></rss>")
                .getBytes(StandardCharsets.UTF_8);
        DataRecord record = NewsFeeds.read(feed, "feed.xml", Map.of()).records.get(0);
        assertThat(record.text("content_html"))
                .contains("<img src=\"https://example.org/i.jpg\">", "<a href=\"https://example.org/x/b\"");
        assertThat(String.valueOf(record.get("enclosures"))).contains("https://example.org/x/a.mp3");
        assertThat(record.text("image")).isEqualTo("https://example.org/x/t.jpg");
    }

    @Test
    void the_same_guid_in_two_feeds_is_two_entries() {
        byte[] feed = "<rss><channel><item><guid>1</guid></item></channel></rss>".getBytes(StandardCharsets.UTF_8);
        String one = NewsFeeds.read(feed, "https://example.org/1", Map.of())
                .collected
                .get(0)
                .id();
        assertThat(one)
                .isNotEqualTo(NewsFeeds.read(feed, "https://example.org/2", Map.of())
                        .collected
                        .get(0)
                        .id());
        assertThat(one)
                .isEqualTo(NewsFeeds.read(feed, "HTTPS://example.org:443/1", Map.of())
                        .collected
                        .get(0)
                        .id());
    }
}
