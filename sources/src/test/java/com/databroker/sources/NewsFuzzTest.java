package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.databroker.streams.Collected;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Broken and hostile documents: nothing but records and rejections, in bounded time.
final class NewsFuzzTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final List<String> SEEDS = List.of(
            "<?xml version='1.0' encoding='utf-8'?><!DOCTYPE rss [<!ENTITY a 'b'>]><rss version='2.0' "
                    + "xmlns:dc='http://purl.org/"
                    + "dc/elements/1.1/'><channel><title>T &amp; é</title><item><title><![CDATA[a "
                    + "<b>b</b>]]></title><link>"
                    + "http://x.example/?a=b&amp;c=d</link><guid isPermaLink='false'>g</guid><pubDate>Tue, "
                    + "03 Feb 2026 10:00:"
                    + "00 GMT</pubDate><description>&lt;p style='x'&gt;d&lt;/p&gt;&#8217;</description><"
                    + "enclosure url='u' "
                    + "length='1'/></item><item><title>b</title></item></channel></rss>",
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://x.example/'><title>T</title><ent"
                    + "ry><id>urn:1</id><title"
                    + " type='html'>&lt;i&gt;</title><author><name>n</name></author><content "
                    + "type='xhtml'><div xmlns='http://"
                    + "www.w3.org/1999/xhtml'><p>x</p></div></content><updated>2026-02-03T10:00:00Z</upd"
                    + "ated></entry></feed>",
            "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{\"id\":\"1\",\"content_html\":"
                    + "\"<p>\\u00e9</p>\",\"tags\":"
                    + "[\"a\",\"b\"],\"author\":{\"name\":\"n\"}},{\"id\":2,\"title\":\"t\"}]}");

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void damaged_documents_give_records_and_rejections_and_nothing_else(long seed) {
        Random random = new Random(seed);
        assertTimeoutPreemptively(LIMIT, () -> {
            for (int i = 0; i < 200; i++) {
                byte[] document = damaged(SEEDS.get(i % SEEDS.size()).getBytes(StandardCharsets.UTF_8), random);
                String content = random.nextInt(3) == 0 ? "text/xml; charset=utf-16" : "application/xml";
                NewsFeeds feed = NewsFeeds.read(document, "https://x.example/feed", Map.of("content-type", content));
                for (Collected record : feed.collected) {
                    assertThat(record.id()).as("seed %s, document %s", seed, i).hasSize(65);
                    assertThat(record.json().length()).isLessThanOrEqualTo(Collected.JSON_BYTES_MAX);
                }
            }
        });
    }

    private static byte[] damaged(byte[] whole, Random random) {
        byte[] document = whole.clone();
        int harm = 1 + random.nextInt(12);
        for (int i = 0; i < harm; i++) {
            int at = random.nextInt(document.length);
            switch (random.nextInt(4)) {
                case 0 -> document[at] = (byte) random.nextInt(256);
                case 1 -> document = java.util.Arrays.copyOf(document, Math.max(1, at));
                case 2 -> {
                    int from = random.nextInt(document.length);
                    int length = Math.min(random.nextInt(40), document.length - Math.max(from, at));
                    System.arraycopy(document, from, document, at, length);
                }
                default -> document[at] = (byte) "<>&\"'/![]{}:;\0".charAt(random.nextInt(14));
            }
        }
        return document;
    }

    private static void harmless(String head, String repeated, String tail) {
        int times = (3 << 20) / repeated.length();
        byte[] document = (head + repeated.repeat(times) + tail).getBytes(StandardCharsets.UTF_8);
        String what = head + repeated;
        assertTimeoutPreemptively(
                LIMIT, () -> NewsFeeds.read(document, "f", Map.of()), what.substring(0, Math.min(60, what.length())));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<!--",
                "<![CDATA[",
                "<?",
                "<!",
                "<a",
                "<a b='",
                "<a xmlns:b='c'>",
                "</a>",
                "</a",
                "<!DOCTYPE [>",
                "<!DOCTYPE [\"",
                "<a b='>",
                "<a>",
                "<div><b><i>",
                "&",
                "&amp;",
                "&#",
                "&lt;b&gt;",
                "<item>",
                "<item><title>",
                "<title>",
                "<author><name>x",
                "<image>",
                "]]>",
                "\"",
                "<!DOCTYPE [",
                "<!ENTITY a '",
            })
    void what_is_repeated_a_million_times_takes_no_longer(String repeated) {
        harmless("<rss><channel><item>", repeated, ">\"'");
        harmless("<rss><channel><item><description>", repeated, "</description></item></channel></rss>");
        harmless("", repeated, ">");
    }

    @Test
    void json_that_is_nested_or_wide_without_end_is_refused() {
        harmless("{\"items\":", "[", "");
        harmless("{\"items\":[", "{\"a\":1},", "]}");
        harmless("{\"items\":[{\"tags\":[", "\"a\",", "]}]}");
        harmless("{\"items\":[{\"tags\":[", "[],", "]}]}");
        harmless("{\"a\":\"", "x", "\",\"items\":[]}");
    }

    @Test
    void html_that_browsers_find_hard_is_no_harder_here() {
        for (String hard : List.of(
                "<b>", "<a href=x>", "<p><b>", "<table><tr>", "<b><p>", "<div>", "</p>", "<font a=", "<select>")) {
            String html = hard.repeat((1 << 20) / hard.length());
            String feed =
                    "<rss><channel><item><description><![CDATA[" + html + "]]></description></item></channel></rss>";
            assertTimeoutPreemptively(LIMIT, () -> NewsFeeds.read(feed), hard);
        }
    }

    @Test
    void an_element_with_giant_and_many_attributes_is_read() {
        String giant = "<title a='" + "x".repeat(5 << 20) + "'" + " b='c'".repeat(100_000) + ">T</title>";
        assertThat(NewsFeeds.item(giant).text("title")).isEqualTo("T");
    }
}
