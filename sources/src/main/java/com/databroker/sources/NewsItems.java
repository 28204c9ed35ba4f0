package com.databroker.sources;

import com.databroker.core.Json;
import com.databroker.streams.Collected;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Makes the collected record of an entry: its id and its JSON, see `docs/reference/streams-news.md`.
///
/// ```
///   32 hexadecimal digits  "-"  32 hexadecimal digits
///   which item of the feed      in which state
/// ```
///
/// The first half is the hash of the feed's id with the entry's own (else its link, else all that it says),
/// the second that of title, texts, link, people, categories, files and picture: so an edited item is a new
/// record, and one that was only dated anew is not.
final class NewsItems {
    private static final int HALF = 32;

    private final FeedHead head;
    private final String feedUrl;
    private final String feedId;

    /// @param address from where the document came, over HTTP; may be empty
    /// @param name of the document, for feeds that have neither an address nor say one
    NewsItems(FeedHead head, String address, String name) {
        this.head = head;
        this.feedUrl = !address.isEmpty() ? address : first(head.self, head.id, head.link, "file:" + name);
        String canonical = FeedUrls.canonical(feedUrl);
        this.feedId =
                hash("feed", List.of(canonical == null ? feedUrl : canonical)).substring(0, HALF);
    }

    private static String first(@Nullable String... all) {
        for (String one : all) {
            if (one != null && !one.isBlank()) {
                return one;
            }
        }
        return "";
    }

    Collected collected(FeedItem item) {
        String link = link(item);
        String canonical = canonical(item, link);
        String content = contentHash(item, link);
        String key;
        if (item.guid != null) {
            key = hash("guid", List.of(feedId, item.guid));
        } else if (canonical != null) {
            key = hash("link", List.of(feedId, canonical));
        } else {
            // Its date is all that may tell it from another that says the same.
            key = hash("text", List.of(feedId, content, first(item.published, item.updated, item.created, "")));
        }
        String id = key.substring(0, HALF) + "-" + content.substring(0, HALF);
        return new Collected(id, Json.bytes(json -> write(item, link, canonical, content, json)));
    }

    private @Nullable String link(FeedItem item) {
        String link = item.link != null ? item.link : item.guidLink != null ? item.guidLink : item.linkOther;
        return link == null ? null : resolved(link);
    }

    private String resolved(String url) {
        return head.link == null || FeedUrls.isAbsolute(url) ? url : FeedUrls.resolve(head.link, url);
    }

    private @Nullable String canonical(FeedItem item, @Nullable String link) {
        String origin = item.origin == null ? null : FeedUrls.canonical(item.origin);
        return origin != null ? origin : link == null ? null : FeedUrls.canonical(link);
    }

    private static String contentHash(FeedItem item, @Nullable String link) {
        FeedItem.Text title = item.title != null ? item.title : item.titleOther;
        StringBuilder lists = new StringBuilder();
        item.authors.forEach(author -> lists.append("a").append(author).append('\0'));
        item.categories.forEach(category -> lists.append("c").append(category).append('\0'));
        item.enclosures.forEach(file -> lists.append("e").append(file.url()).append('\0'));
        return hash(
                "content",
                List.of(
                        value(title),
                        value(item.summary),
                        value(item.content),
                        first(link, ""),
                        lists.toString(),
                        first(item.image, "")));
    }

    private static String value(FeedItem.@Nullable Text text) {
        return text == null ? "" : text.kind() + text.value();
    }

    /// SHA-256 of the parts with their lengths, so that no two lists of parts are the same bytes.
    private static String hash(String purpose, List<String> parts) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(purpose.getBytes(StandardCharsets.UTF_8));
            for (String part : parts) {
                byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
                sha.update((":" + bytes.length + ":").getBytes(StandardCharsets.UTF_8));
                sha.update(bytes);
            }
            return HexFormat.of().formatHex(sha.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private void write(
            FeedItem item, @Nullable String link, @Nullable String canonical, String content, JsonGenerator json) {
        json.writeStartObject();
        string(json, "feed_id", feedId);
        string(json, "feed_url", feedUrl);
        text(json, "feed_title", head.title);
        string(json, "feed_link", head.link);
        string(json, "feed_language", head.language);
        string(json, "format", head.format);
        string(json, "guid", item.guid);
        string(json, "link", link);
        string(json, "canonical_link", canonical);
        text(json, "title", item.title != null ? item.title : item.titleOther);
        text(json, "summary", item.summary);
        text(json, "content", item.content);
        strings(json, "authors", item.authors.isEmpty() && head.author != null ? List.of(head.author) : item.authors);
        strings(json, "categories", item.categories);
        string(json, "published_raw", item.published != null ? item.published : item.created);
        string(json, "updated_raw", item.updated);
        string(json, "language", item.language);
        if (!item.enclosures.isEmpty()) {
            json.writeName("enclosures");
            json.writeStartArray();
            for (FeedItem.Enclosure file : item.enclosures) {
                json.writeStartObject();
                string(json, "url", resolved(file.url()));
                string(json, "type", file.type());
                if (file.length() != null) {
                    json.writeName("length");
                    json.writeNumber(file.length());
                }
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        string(json, "image", item.image == null ? null : resolved(item.image));
        string(json, "content_hash", content);
        json.writeEndObject();
    }

    private static void string(JsonGenerator json, String name, @Nullable String value) {
        if (value != null && !value.isEmpty()) {
            json.writeName(name);
            json.writeString(value);
        }
    }

    private static void strings(JsonGenerator json, String name, List<String> values) {
        if (!values.isEmpty()) {
            json.writeName(name);
            json.writeStartArray();
            values.forEach(json::writeString);
            json.writeEndArray();
        }
    }

    private void text(JsonGenerator json, String name, FeedItem.@Nullable Text text) {
        if (text == null) {
            return;
        }
        json.writeName(name);
        json.writeStartObject();
        json.writeName("kind");
        json.writeString(text.kind().name().toLowerCase(Locale.ROOT));
        json.writeName("value");
        json.writeString(text.value());
        // What does not say where it lies is seen from the feed's page, as links are.
        string(json, "base", first(text.base(), head.link));
        json.writeEndObject();
    }
}
