package com.databroker.sources;

import com.databroker.core.Text;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;

/// Reads JSON Feed 1.0 and 1.1, item by item. What a feed adds to it (`_name`) is passed over.
///
/// Commas too many and controls within texts are read over, as those who write feeds by hand leave them; an
/// error that cannot be read over ends the document, and the items before it stay.
final class FeedJson {
    private static final int VALUES_MAX = 5_000;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(64)
                    .maxNameLength(1024)
                    .maxNumberLength(400)
                    .build())
            .enable(JsonReadFeature.ALLOW_TRAILING_COMMA)
            .enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
            .enable(JsonReadFeature.ALLOW_BACKSLASH_ESCAPING_ANY_CHARACTER)
            .build();

    private final String document;
    private final String address;
    private final FeedHead head;
    private final FeedFound found;
    private int count;
    private int values;
    private boolean isFeed;

    FeedJson(String document, String address, FeedHead head, FeedFound found) {
        this.document = document;
        this.address = address;
        this.head = head;
        this.found = found;
    }

    /// Reads it all. Null if it is a feed, otherwise why it is none, as a sentence.
    @Nullable
    String read() {
        head.format = "json";
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), document)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return "this is JSON, but no feed: it is not an object";
            }
            feed(json);
        } catch (JacksonException malformed) {
            int at = (int) Math.max(
                    0,
                    malformed.getLocation() == null
                            ? 0
                            : malformed.getLocation().getCharOffset());
            String reason = "not JSON from here: " + Text.excerpt(malformed.getOriginalMessage());
            if (!isFeed && count == 0) {
                return reason;
            }
            found.reject("character " + at, reason, Math.min(at, document.length()), document.length());
            return null;
        }
        return isFeed || count > 0 ? null : "this is JSON, but no feed: it has neither \"version\" nor \"items\"";
    }

    private void feed(JsonParser json) {
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = json.currentName();
            JsonToken value = json.nextToken();
            switch (name) {
                case "version" ->
                    isFeed |=
                            value == JsonToken.VALUE_STRING && json.getString().contains("jsonfeed");
                case "title" -> {
                    String title = text(scalar(json));
                    head.title = title == null ? null : new FeedItem.Text(title, FeedItem.Kind.TEXT, "");
                }
                case "home_page_url" -> head.link = link(scalar(json));
                case "feed_url" -> head.self = link(scalar(json));
                case "language" -> head.language = text(scalar(json));
                case "icon", "favicon" -> {
                    String icon = link(scalar(json));
                    head.image = head.image == null ? icon : head.image;
                }
                case "author", "authors" -> {
                    values = 0;
                    List<String> names = new ArrayList<>();
                    people(tree(json), names);
                    head.author = head.author == null && !names.isEmpty() ? names.get(0) : head.author;
                }
                case "items" -> items(json, value);
                default -> json.skipChildren();
            }
        }
    }

    private void items(JsonParser json, JsonToken value) {
        if (value != JsonToken.START_ARRAY) {
            json.skipChildren();
            return;
        }
        isFeed = true;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            count++;
            int begin = (int) json.currentTokenLocation().getCharOffset();
            if (count > FeedXmlReader.ITEMS_MAX) {
                if (count == FeedXmlReader.ITEMS_MAX + 1) {
                    String reason = "there are more than " + (count - 1) + " entries; the others are not read";
                    found.reject("entry " + count, reason, begin, begin);
                }
                json.skipChildren();
                continue;
            }
            values = 0;
            Object tree = tree(json);
            int end = (int) json.currentLocation().getCharOffset();
            item(tree, begin, end);
        }
    }

    private void item(@Nullable Object tree, int begin, int end) {
        String entry = "entry " + count;
        if (!(tree instanceof Map<?, ?> map)) {
            found.reject(entry, "the entry is not an object", begin, end);
            return;
        }
        if (values > VALUES_MAX) {
            found.reject(entry, "the entry has more than " + VALUES_MAX + " values", begin, end);
            return;
        }
        FeedItem item = new FeedItem(count, begin);
        item.end = end;
        item.base = address;
        item.guid = text(map.get("id"));
        item.guidLink = item.guid != null && FeedUrls.isHttp(item.guid) ? item.guid : null;
        item.link = link(map.get("url"));
        item.linkOther = link(map.get("external_url"));
        item.title = text(map.get("title"), FeedItem.Kind.TEXT);
        item.summary = text(map.get("summary"), FeedItem.Kind.TEXT);
        FeedItem.Text html = text(map.get("content_html"), FeedItem.Kind.HTML);
        item.content = html != null ? html : text(map.get("content_text"), FeedItem.Kind.TEXT);
        item.published = text(map.get("date_published"));
        item.updated = text(map.get("date_modified"));
        item.language = text(map.get("language"));
        String image = link(map.get("image"));
        item.image = image != null ? image : link(map.get("banner_image"));
        people(map.get("authors"), item.authors);
        people(map.get("author"), item.authors);
        if (map.get("tags") instanceof List<?> tags) {
            for (Object tag : tags) {
                String said = text(tag);
                if (said != null) {
                    FeedItem.add(item.categories, said);
                }
            }
        }
        if (map.get("attachments") instanceof List<?> attachments) {
            for (Object attachment : attachments) {
                enclosure(attachment, item);
            }
        }
        if (item.isEmpty()) {
            found.reject(entry, "the entry says nothing", begin, end);
        } else {
            found.item(item);
        }
    }

    private void enclosure(@Nullable Object attachment, FeedItem item) {
        if (attachment instanceof Map<?, ?> map) {
            String url = link(map.get("url"));
            if (url != null) {
                Long length = FeedXmlFields.number(text(map.get("size_in_bytes")));
                FeedItem.add(item.enclosures, new FeedItem.Enclosure(url, text(map.get("mime_type")), length));
            }
        }
    }

    private static void people(@Nullable Object value, List<String> into) {
        if (value instanceof List<?> list) {
            for (Object one : list) {
                person(one, into);
            }
        } else {
            person(value, into);
        }
    }

    private static void person(@Nullable Object value, List<String> into) {
        String name = value instanceof Map<?, ?> map ? text(map.get("name")) : text(value);
        if (name == null && value instanceof Map<?, ?> map) {
            name = text(map.get("url"));
        }
        if (name != null) {
            FeedItem.add(into, name);
        }
    }

    private FeedItem.@Nullable Text text(@Nullable Object value, FeedItem.Kind kind) {
        String text = text(value);
        return text == null ? null : new FeedItem.Text(text, kind, address);
    }

    private @Nullable String link(@Nullable Object value) {
        String url = text(value);
        return url == null ? null : FeedUrls.resolve(address, url);
    }

    /// Numbers and flags as they stand: some write numbers for ids.
    private static @Nullable String text(@Nullable Object value) {
        if (!(value instanceof String text)) {
            return null;
        }
        String clean =
                FeedChars.repaired(FeedChars.clean(text, 0, text.length()).strip());
        return FeedChars.isBlank(clean) ? null : clean;
    }

    private static @Nullable String scalar(JsonParser json) {
        json.skipChildren();
        return json.currentToken() != null
                        && json.currentToken().isScalarValue()
                        && json.currentToken() != JsonToken.VALUE_NULL
                ? json.getString()
                : null;
    }

    /// The value as maps, lists and texts; of what has too many values, the rest is not kept.
    // Recursion is bounded by the parser's limit of nesting.
    private @Nullable Object tree(JsonParser json) {
        JsonToken token = json.currentToken();
        if (token == JsonToken.START_OBJECT) {
            Map<String, @Nullable Object> map = new LinkedHashMap<>();
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                json.nextToken();
                Object value = tree(json);
                if (++values <= VALUES_MAX) {
                    map.put(name, value);
                }
            }
            return map;
        }
        if (token == JsonToken.START_ARRAY) {
            List<@Nullable Object> list = new ArrayList<>();
            while (json.nextToken() != JsonToken.END_ARRAY) {
                Object value = tree(json);
                if (++values <= VALUES_MAX) {
                    list.add(value);
                }
            }
            return list;
        }
        return scalar(json);
    }
}
