package com.databroker.sources;

import com.databroker.streams.BodyReader;
import com.databroker.streams.FieldType;
import com.databroker.streams.Granularity;
import com.databroker.streams.RawTopic;
import com.databroker.streams.RecordParser;
import com.databroker.streams.Schema;
import com.databroker.streams.Source;
import com.databroker.streams.View;
import java.time.Duration;
import java.util.List;

/// The stream `news`: what feeds of news sites and blogs say, in RSS, Atom and JSON Feed, each state of
/// each entry once.
///
/// Formats, ids and fields: `docs/reference/streams-news.md`.
public final class NewsSource implements Source {
    private static final long serialVersionUID = 1;

    static final Schema LANGUAGE = Schema.named("news.language.v1")
            .add("declared", FieldType.KEYWORD, "What the entry, else its feed, says: `en-US`")
            .add("detected", FieldType.KEYWORD, "What title and text are written in, by ISO 639-1: `en`")
            .add("confidence", FieldType.DOUBLE, "How far the detected language is ahead of the next, 0 to 1")
            .build();
    static final Schema ENCLOSURE = Schema.named("news.enclosure.v1")
            .add("url", FieldType.KEYWORD, "Where the file is")
            .add("type", FieldType.KEYWORD, "Its media type, as the feed says")
            .add("length", FieldType.LONG, "Its bytes, as the feed says")
            .build();
    static final Schema SCHEMA = Schema.named("news.item.v1")
            .add("id", FieldType.KEYWORD, "Which entry in which state: item_id, a dash, the revision")
            .add("item_id", FieldType.KEYWORD, "Which entry of which feed, the same for all its states")
            .add("revision", FieldType.KEYWORD, "Which state of the entry: the beginning of content_hash")
            .add("time", FieldType.TIME, "When it was published, else updated, else collected")
            .add("feed_id", FieldType.KEYWORD, "Hash of the feed's address")
            .add("feed_url", FieldType.KEYWORD, "The feed's address, as collected, else as the feed says")
            .add("feed_title", FieldType.TEXT, "The feed's title")
            .add("guid", FieldType.KEYWORD, "The entry's own id, as written")
            .add("link", FieldType.KEYWORD, "The entry's page")
            .add("canonical_link", FieldType.KEYWORD, "The link without what tells nothing about the page")
            .add("domain", FieldType.KEYWORD, "What is registered of the canonical link's host: `example.co.uk`")
            .add("title", FieldType.TEXT, "The title as plain text")
            .add("summary_text", FieldType.TEXT, "The summary as plain text")
            .add("content_text", FieldType.TEXT, "The content, else the summary, as plain text")
            .add("content_html", FieldType.TEXT, "The content, else the summary, as harmless HTML")
            .add("authors", FieldType.listOf(FieldType.KEYWORD), "Names of the authors of the entry, else of the feed")
            .add("categories", FieldType.listOf(FieldType.KEYWORD), "Categories, tags and keywords, as written")
            .add("published", FieldType.TIME, "When it was published, at the latest when it was collected")
            .add("updated", FieldType.TIME, "When it was changed, at the latest when it was collected")
            .add("published_raw", FieldType.KEYWORD, "The date of publication as written")
            .add("first_seen", FieldType.TIME, "When this state of the entry was collected")
            .add("language", FieldType.structOf(LANGUAGE), "In which language it is")
            .add("enclosures", FieldType.listOf(FieldType.structOf(ENCLOSURE)), "Files that belong to the entry")
            .add("image", FieldType.KEYWORD, "The entry's picture")
            .add("content_hash", FieldType.KEYWORD, "SHA-256 of all that the entry says, but for its dates")
            .add("format", FieldType.KEYWORD, "rss0.9x, rss1.0, rss2.0, atom0.3, atom1.0 or json")
            .add("simhash", FieldType.LONG, "Bits of title and text: nearly equal texts differ in few")
            .add("article_id", FieldType.KEYWORD, "SHA-256 of link and time of publication, as news APIs name articles")
            .build();

    @Override
    public String name() {
        return "news";
    }

    @Override
    public String title() {
        return "Entries of news feeds: RSS, Atom and JSON Feed";
    }

    @Override
    public RawTopic topic() {
        return new RawTopic("news_feed", 8, 2, Duration.ofDays(7));
    }

    @Override
    public Schema schema() {
        return SCHEMA;
    }

    @Override
    public String timeField() {
        return "time";
    }

    @Override
    public List<String> headline() {
        return List.of("feed_title", "title", "canonical_link");
    }

    @Override
    public Granularity granularity() {
        return Granularity.MONTH;
    }

    @Override
    public boolean repeats() {
        return true;
    }

    @Override
    public List<View> views() {
        return List.of(
                View.values("news-outlets", "Entries of each site", "domain"),
                View.terms(
                        "news-trends", "Terms that are more frequent in news than they were", "title", "summary_text"));
    }

    @Override
    public BodyReader reader() {
        return new NewsReader();
    }

    @Override
    public RecordParser parser() {
        return new NewsParser();
    }
}
