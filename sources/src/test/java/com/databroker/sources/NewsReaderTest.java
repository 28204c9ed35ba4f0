package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

final class NewsReaderTest {
    private static final String RDF = "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'";

    @Test
    void rss_2_is_read() {
        NewsFeeds feed = NewsFeeds.read("""
                <?xml version="1.0"?>
                <rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
                     xmlns:dc="http://purl.org/dc/elements/1.1/">
                 <channel><title>The paper</title><link>https://example.org/</link><language>en-GB</language>
                  <item><title>Rain &amp;amp; wind</title><link>https://example.org/a?utm_source=rss&amp;id=1#top</link>
                   <guid isPermaLink="false">a-1</guid><pubDate>Tue, 03 Feb 2026 10:00:00 +0100</pubDate>
                   <dc:creator>Ann Author</dc:creator><category>Weather</category><category>Sea</category>
                   <description>It &lt;b&gt;rains&lt;/b&gt;.</description>
                   <content:encoded><![CDATA[<p>It rains <i>all</i> day.</p><script>x()</script>]]></content:encoded>
                   <enclosure url="https://example.org/a.mp3" type="audio/mpeg" length="123"/></item>
                 </channel></rss>""");
        assertThat(feed.only().toString())
                .contains(
                        "feed_url=https://example.org/feed ",
                        "feed_title=The paper ",
                        "guid=a-1 ",
                        "title=Rain & wind ")
                .contains("link=https://example.org/a?utm_source=rss&id=1#top ", "domain=example.org ")
                .contains("canonical_link=https://example.org/a?id=1 ", "summary_text=It rains. ")
                .contains("content_text=It rains all day. ", "content_html=<p>It rains <i>all</i> day.</p> ")
                .contains("authors=[Ann Author] ", "categories=[Weather, Sea] ", "declared=en-GB ", "format=rss2.0 ")
                .contains("url=https://example.org/a.mp3 type=audio/mpeg length=123 ");
        assertThat(feed.time("published")).hasToString("2026-02-03T09:00:00Z");
        assertThat(feed.text("published_raw")).isEqualTo("Tue, 03 Feb 2026 10:00:00 +0100");
    }

    @Test
    void the_older_forms_of_rss_are_read() {
        String item = "<item><title>A</title><link>https://example.org/a</link></item>";
        assertThat(NewsFeeds.read("<rss version='0.91'><channel>" + item + "</channel></rss>")
                        .text("format"))
                .isEqualTo("rss0.9x");
        assertThat(NewsFeeds.read("<rdf:RDF " + RDF + " xmlns='http://my.netscape.com/rdf/simple/0.9/'><channel>"
                                + "<title>F</title></channel>" + item + "</rdf:RDF>")
                        .only()
                        .toString())
                .contains("format=rss0.9x", "title=A", "feed_title=F");
        assertThat(NewsFeeds.read("<rdf:RDF " + RDF + " xmlns='http://purl.org/rss/1.0/'><channel><title>F</title>"
                                + "</channel><item rdf:about='https://example.org/b'><title>B</title></item></rdf:RDF>")
                        .only()
                        .toString())
                .contains("format=rss1.0", "guid=https://example.org/b ", "link=https://example.org/b ");
        assertThat(NewsFeeds.read("<Channel xmlns='http://purl.org/net/rss1.1#'><items><item><title>C</title></item>"
                                + "</items></Channel>")
                        .text("title"))
                .isEqualTo("C");
    }

    @Test
    void atom_is_read() {
        NewsFeeds feed = NewsFeeds.read("""
                <feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de" xml:base="https://example.org/blog/">
                 <title>Blatt</title><link rel="self" href="feed.atom"/><author><name>Feed Author</name></author>
                 <entry xml:base="2026/"><title type="html">A &amp;lt;b&amp;gt; &lt;i&gt;c&lt;/i&gt;</title>
                  <link rel="edit" href="edit"/><link href="../x"/><id>urn:x:1</id>
                  <published>2026-02-03T10:00:00Z</published><updated>2026-02-04T10:00:00.5+01:00</updated>
                  <content type="xhtml">
                   <div xmlns="http://www.w3.org/1999/xhtml"><p>Text <a href="y">y</a></p></div></content>
                  <source><title>Other</title><id>urn:other</id></source>
                  <link rel="enclosure" href="z.mp3" length="5"/></entry></feed>""");
        assertThat(feed.only().toString())
                .contains("format=atom1.0", "title=A <b> c ", "guid=urn:x:1 ", "link=https://example.org/blog/x ")
                .contains("authors=[Feed Author]", "content_text=Text y ", "href=\"https://example.org/blog/2026/y\"")
                .contains("url=https://example.org/blog/2026/z.mp3 length=5 ", "declared=de ");
        assertThat(feed.time("updated")).hasToString("2026-02-04T09:00:00Z");
        String old = "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title mode='escaped' "
                + "type='text/html'>&lt;b&gt;t&lt;/b&gt;</title><issued>2004-01-02</issued><content mode='base64'>"
                + "dGV4dA==</content></entry></feed>";
        assertThat(NewsFeeds.read(old).only().toString())
                .contains("format=atom0.3", "title=t ", "content_text=text ", "published=1073001600000000 ");
    }

    @Test
    void json_feed_is_read_as_far_as_it_is_json() {
        String json = "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"J\",\"feed_url\":\"/f\","
                + "\"_x\":{\"a\":[1]},"
                + "\"items\":[{\"id\":7,\"url\":\"/a\",\"title\":\"A < "
                + "b\",\"content_html\":\"<p>x</p>\",\"tags\":[\"t\"],"
                + "\"authors\":[{\"name\":\"N\"}],\"date_published\":\"2026-02-03T10:00:00Z\","
                + "\"attachments\":[{\"url\":\"/m\","
                + "\"mime_type\":\"audio/x\",\"size_in_bytes\":9}]},5,{}";
        NewsFeeds feed = NewsFeeds.read(json + "]}");
        assertThat(feed.records).hasSize(1);
        assertThat(feed.records.get(0).toString())
                .contains("guid=7 ", "link=https://example.org/a ", "title=A < b ", "categories=[t] ", "authors=[N] ")
                .contains("url=https://example.org/m type=audio/x length=9 ", "format=json");
        assertThat(feed.rejected)
                .containsExactly("entry 2: the entry is not an object", "entry 3: the entry says nothing");
        assertThat(NewsFeeds.read(json).records).hasSize(1);
        assertThat(NewsFeeds.read(json).rejected.get(2)).contains("not JSON from here");
        assertThat(NewsFeeds.read("{\"a\":1}").rejected.get(0)).contains("no feed");
    }

    @Test
    void what_is_no_feed_is_refused_with_what_it_is() {
        assertThat(NewsFeeds.read("<!DOCTYPE html><html><head><link rel='alternate' "
                                + "type='application/rss+xml' href='/rss'>"
                                + "</head></html>")
                        .rejected)
                .containsExactly("byte 0: this is an HTML page, not a feed; its feed is at https://example.org/rss");
        assertThat(NewsFeeds.read("<html><p>Gone</html>").rejected.get(0)).contains("points to none");
        assertThat(NewsFeeds.read("<opml><body/></opml>").rejected.get(0)).contains("OPML");
        assertThat(NewsFeeds.read("<note/>").rejected.get(0)).contains("<note>");
        assertThat(NewsFeeds.read("words").rejected.get(0)).contains("no element");
        assertThat(NewsFeeds.read(" \n").rejected.get(0)).contains("empty");
    }

    @Test
    void a_feed_of_no_entries_is_neither_records_nor_a_rejection() {
        NewsFeeds feed = NewsFeeds.read("<rss><channel><title>T</title></channel></rss>");
        assertThat(feed.records).isEmpty();
        assertThat(feed.rejected).isEmpty();
    }

    @Test
    void ill_formed_documents_are_read_all_the_same() {
        assertThat(NewsFeeds.read("<br /><b>Warning</b>: junk <?xml version='1.0'?><rss><channel><item><title>A</title>"
                                + "</item></channel></rss><script>more</script> junk <item><title>no</title></item>")
                        .text("title"))
                .isEqualTo("A");
        NewsFeeds item =
                NewsFeeds.item("<title>Tom & Jerry &nbsp;&eacute;&#146;&#x1F600;&#xFFFF;\u0007 &unknown; a < b</title>"
                        + "<dc:date>2026-02-03</dc:date><x:y>z</x:y><content:encoded>&lt;p&gt;c</content:encoded>");
        assertThat(item.text("title")).isEqualTo("Tom & Jerry é’😀 &unknown; a < b");
        assertThat(item.text("content_text")).isEqualTo("c");
        assertThat(item.time("updated")).hasToString("2026-02-03T00:00:00Z");
        assertThat(NewsFeeds.item("<description>an <b>inline <i>tag</b> and <br> more</description><title>T")
                        .text("summary_text"))
                .isEqualTo("an inline tag and\nmore");
        NewsFeeds unclosed = NewsFeeds.read("<rss><channel><item><title>A<item><title>B</title></b></channel></rss>");
        assertThat(unclosed.all("title")).containsExactly("A", "B");
        assertThat(NewsFeeds.item("<title a=b c='d>e</title><link>https://example.org/q'</link>").records)
                .hasSize(1);
    }

    @Test
    void no_entity_is_fetched_and_those_of_the_doctype_are_bounded() {
        String feed = "<!DOCTYPE rss [<!ENTITY a 'short'><!ENTITY x SYSTEM 'file:///etc/passwd'><!ENTITY b '&a;&a;'>"
                + "<!ENTITY % p SYSTEM 'http://127.0.0.1/'>%p;]><rss><channel><item><title>&a; &x; &b;</title></item>"
                + "</channel></rss>";
        assertThat(NewsFeeds.read(feed).text("title")).isEqualTo("short &x; &a;&a;");
        String large = "<!DOCTYPE rss [<!ENTITY a '" + "x".repeat(1000) + "'>]><rss><channel><item><description>"
                + "&a;".repeat(100_000) + "</description></item></channel></rss>";
        assertThat(NewsFeeds.read(large).collected.get(0).json().length()).isLessThan(1_100_000);
    }

    @Test
    void a_document_that_is_cut_off_gives_the_entries_before_and_says_so() {
        NewsFeeds feed = NewsFeeds.read("<rss><channel><item><title>A</title></item><item><title>B</title><desc");
        assertThat(feed.all("title")).containsExactly("A");
        assertThat(feed.rejected).containsExactly("entry 2: the document ends within this entry");
        assertThat(NewsFeeds.read("<rss><channel><item><title>A</title></item><ite").rejected)
                .containsExactly("character 47: the document ends too early");
    }

    @Test
    void what_the_feed_says_of_itself_after_its_entries_counts_too() {
        byte[] feed = ("<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>A</title></entry><title>F</title>"
                        + "<link rel='self' href='https://example.net/self'/></feed>")
                .getBytes(StandardCharsets.UTF_8);
        NewsFeeds read = NewsFeeds.read(feed, "some-file.xml", Map.of());
        assertThat(read.text("feed_title")).isEqualTo("F");
        assertThat(read.text("feed_url")).isEqualTo("https://example.net/self");
    }

    @Test
    void a_password_in_the_address_of_a_feed_is_not_kept() {
        byte[] feed = "<rss><channel><item><title>A</title><link>/a</link></item></channel></rss>"
                .getBytes(StandardCharsets.UTF_8);
        NewsFeeds read = NewsFeeds.read(feed, "https://me:secret@example.org/feed", Map.of());
        assertThat(read.text("feed_url")).isEqualTo("https://example.org/feed");
        assertThat(read.collected.get(0).json().utf8()).doesNotContain("secret");
    }

    @Test
    void the_charset_is_found_wherever_it_stands() {
        String text = "Größe “schön”";
        for (String charset : new String[] {"UTF-8", "UTF-16", "UTF-16LE", "UTF-32BE", "windows-1252"}) {
            String document = "<?xml version='1.0' encoding='" + (charset.startsWith("w") ? "iso-8859-1" : charset)
                    + "'?><rss>" + "<channel><item><title>" + text + "</title></item></channel></rss>";
            NewsFeeds read = NewsFeeds.read(document.getBytes(Charset.forName(charset)), "f", Map.of());
            assertThat(read.text("title")).as(charset).isEqualTo(text);
        }
        byte[] bare = "<rss><channel><item><title>Привет, мир новостей</title></item></channel></rss>"
                .getBytes(Charset.forName("KOI8-R"));
        String title = "Привет, мир новостей";
        assertThat(NewsFeeds.read(bare, "f", Map.of("content-type", "text/xml; charset=koi8-r"))
                        .text("title"))
                .isEqualTo(title);
        assertThat(NewsFeeds.read(bare, "f", Map.of()).text("title")).isEqualTo(title);
        String lying = "<?xml version='1.0' encoding='iso-8859-1'?><rss><channel><item><title>Größe</title></item>"
                + "</channel></rss>";
        assertThat(NewsFeeds.read(lying).text("title")).isEqualTo("Größe");
    }

    @Test
    void text_that_was_encoded_twice_is_repaired() {
        String twice = new String("Größe".getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(NewsFeeds.item("<title>" + twice + "</title>").text("title")).isEqualTo("Größe");
        assertThat(NewsFeeds.item("<title>GrÃ¶e und Ãœbung</title>").text("title"))
                .isEqualTo("Gröe und Übung");
        assertThat(NewsFeeds.item("<title>Ãbc</title>").text("title")).isEqualTo("Ãbc");
    }

    @Test
    void a_compressed_document_is_unpacked_up_to_the_limit() throws IOException {
        byte[] feed = "<rss><channel><item><title>A</title></item></channel></rss>".getBytes(StandardCharsets.UTF_8);
        assertThat(NewsFeeds.read(packed(feed, 0), "f", Map.of()).text("title")).isEqualTo("A");
        NewsFeeds bomb = NewsFeeds.read(packed(feed, 200 << 20), "f", Map.of());
        assertThat(bomb.records).hasSize(1);
        assertThat(bomb.rejected)
                .containsExactly("byte 10485760: the document has more than 10485760 bytes; what follows is not read");
    }

    private static byte[] packed(byte[] head, int blanks) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(head);
            byte[] block = new byte[1 << 16];
            java.util.Arrays.fill(block, (byte) ' ');
            for (int i = 0; i < blanks / block.length; i++) {
                out.write(block);
            }
        }
        return packed.toByteArray();
    }

    @Test
    void too_many_and_too_large_entries_are_refused_one_by_one() {
        NewsFeeds many =
                NewsFeeds.read("<rss><channel>" + "<item><guid>x</guid></item>".repeat(20_005) + "</channel></rss>");
        assertThat(many.collected).hasSize(20_000);
        assertThat(many.rejected)
                .containsExactly("entry 20001: there are more than 20000 entries; the others are not read");
        NewsFeeds large = NewsFeeds.read("<rss><channel><item><description>" + "x".repeat(5 << 20)
                + "</description></item><item><title>B</title></item></channel></rss>");
        assertThat(large.all("title")).containsExactly("B");
        assertThat(large.rejected).containsExactly("entry 1: a text has more than 4194304 characters");
    }
}
