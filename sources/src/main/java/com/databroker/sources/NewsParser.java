package com.databroker.sources;

import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import com.databroker.streams.PoisonException;
import com.databroker.streams.RecordParser;
import crawlercommons.domains.EffectiveTldFinder;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.Nullable;

/// Makes the record of an entry: dates, plain text, harmless HTML, language, and what tells duplicates.
final class NewsParser implements RecordParser {
    /// Longer addresses and names say nothing, and no index takes them.
    private static final int KEYWORD_MAX = 4096;

    private static final Pattern ID = Pattern.compile("([0-9a-f]{32})-([0-9a-f]{32})");

    private final NewsHtml html = new NewsHtml();

    @Override
    public DataRecord parse(Collected collected, Instant arrived) throws PoisonException {
        Map<String, @Nullable Object> json;
        try {
            json = Json.parseObject(collected.json());
        } catch (ProblemException malformed) {
            throw new PoisonException("the record is no JSON object: " + malformed.getMessage(), malformed);
        }
        if (!ID.matcher(collected.id()).matches()) {
            throw new PoisonException("the id is not of the form of this stream, 32 digits, a dash, 32 digits");
        }
        for (String required : List.of("feed_id", "feed_url", "format", "content_hash")) {
            if (string(json, required) == null) {
                throw new PoisonException("the record has no \"" + required + "\"");
            }
        }
        DataRecord.Builder record = DataRecord.of(NewsSource.SCHEMA);
        record.set("id", collected.id());
        record.set("item_id", collected.id().substring(0, 32));
        record.set("revision", collected.id().substring(33));
        for (String name :
                List.of("feed_id", "feed_url", "guid", "link", "published_raw", "image", "content_hash", "format")) {
            record.set(name, keyword(string(json, name)));
        }
        links(json, record);
        times(json, arrived, record);
        texts(json, record);
        record.set("authors", keywords(json, "authors"));
        record.set("categories", keywords(json, "categories"));
        record.set("enclosures", enclosures(json));
        return record.build();
    }

    private static void links(Map<String, @Nullable Object> json, DataRecord.Builder record) {
        String canonical = string(json, "canonical_link");
        String host = canonical == null ? null : FeedUrls.host(canonical);
        record.set("canonical_link", keyword(canonical));
        record.set("domain", host == null ? null : registered(host));
    }

    /// What somebody registered, of a name; of other hosts, an address for one, the host.
    private static String registered(String host) {
        String domain = EffectiveTldFinder.getAssignedDomain(host, true, false);
        return domain == null || domain.isEmpty() ? host : domain;
    }

    private static void times(Map<String, @Nullable Object> json, Instant arrived, DataRecord.Builder record) {
        Instant published = past(FeedDates.parse(string(json, "published_raw")), arrived);
        Instant updated = past(FeedDates.parse(string(json, "updated_raw")), arrived);
        Instant time = published != null ? published : updated != null ? updated : arrived;
        record.set("published", micros(published));
        record.set("updated", micros(updated));
        record.set("first_seen", micros(arrived));
        record.set("time", micros(time));
        String link = string(json, "link");
        if (link != null && published != null) {
            record.set("article_id", sha256(link + published.truncatedTo(ChronoUnit.SECONDS)));
        }
    }

    /// What is said to come is taken for now.
    private static @Nullable Instant past(@Nullable Instant time, Instant arrived) {
        return time != null && time.isAfter(arrived) ? arrived : time;
    }

    private static @Nullable Long micros(@Nullable Instant time) {
        return time == null ? null : ChronoUnit.MICROS.between(Instant.EPOCH, time);
    }

    private void texts(Map<String, @Nullable Object> json, DataRecord.Builder record) {
        String title = plain(text(json, "title"));
        FeedItem.Text summary = text(json, "summary");
        FeedItem.Text content = text(json, "content");
        FeedItem.Text main = content != null ? content : summary;
        String words = null;
        if (main != null) {
            if (isHtml(main)) {
                Document document = html.parse(main.value(), main.base());
                words = NewsHtml.text(document);
                record.set("content_html", absent(html.sanitised(document)));
            } else {
                words = NewsHtml.tidy(bounded(main.value()));
                StringBuilder escaped = new StringBuilder();
                FeedChars.escape(bounded(main.value()).strip(), escaped);
                record.set("content_html", absent(escaped.toString().replace("\n", "<br>")));
            }
        }
        record.set("feed_title", plain(text(json, "feed_title")));
        record.set("title", title);
        record.set("summary_text", content == null && summary != null ? absent(words) : plain(summary));
        record.set("content_text", absent(words));
        String all = (title == null ? "" : title + "\n") + (words == null ? "" : words);
        record.set("simhash", NewsSimhash.of(all));
        record.set("language", language(json, all));
    }

    private static DataRecord language(Map<String, @Nullable Object> json, String text) {
        String own = string(json, "language");
        String declared = own != null ? own : string(json, "feed_language");
        NewsLanguage.Guess guess = NewsLanguage.detect(text);
        return DataRecord.of(NewsSource.LANGUAGE)
                .set("declared", declared == null || declared.length() > 35 ? null : declared.replace('_', '-'))
                .set("detected", guess == null ? null : guess.language())
                .set("confidence", guess == null ? null : guess.confidence())
                .build();
    }

    private static boolean isHtml(FeedItem.Text text) {
        return switch (text.kind()) {
            case HTML -> true;
            case TEXT -> false;
            case EITHER -> NewsHtml.looksLike(text.value());
        };
    }

    private @Nullable String plain(FeedItem.@Nullable Text text) {
        if (text == null) {
            return null;
        }
        String value = bounded(text.value());
        return absent(isHtml(text) ? NewsHtml.text(html.parse(value, text.base())) : NewsHtml.tidy(value));
    }

    private static String bounded(String text) {
        return cut(text, NewsHtml.LENGTH_MAX);
    }

    /// Not within a character of two halves.
    static String cut(String text, int length) {
        if (text.length() <= length) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(length - 1)) ? length - 1 : length);
    }

    private static @Nullable String absent(@Nullable String text) {
        return text == null || text.isEmpty() ? null : text;
    }

    private static FeedItem.@Nullable Text text(Map<String, @Nullable Object> json, String name) {
        Object value = json.get(name);
        if (value instanceof String plain) {
            return new FeedItem.Text(plain, FeedItem.Kind.EITHER, "");
        }
        if (!(value instanceof Map<?, ?> map) || !(map.get("value") instanceof String words)) {
            return null;
        }
        FeedItem.Kind kind = switch (String.valueOf(map.get("kind"))) {
            case "text" -> FeedItem.Kind.TEXT;
            case "html" -> FeedItem.Kind.HTML;
            default -> FeedItem.Kind.EITHER;
        };
        return new FeedItem.Text(words, kind, map.get("base") instanceof String base ? base : "");
    }

    private static @Nullable String string(Map<String, @Nullable Object> json, String name) {
        return json.get(name) instanceof String text && !text.isBlank() ? text : null;
    }

    private static @Nullable String keyword(@Nullable String text) {
        return text == null ? null : cut(text, KEYWORD_MAX);
    }

    private static @Nullable List<String> keywords(Map<String, @Nullable Object> json, String name) {
        if (!(json.get(name) instanceof List<?> list)) {
            return null;
        }
        List<String> words = new ArrayList<>();
        for (Object value : list) {
            if (value instanceof String text && !text.isBlank() && words.size() < FeedItem.LISTED_MAX) {
                String plain = NewsHtml.tidy(FeedChars.references(text, unknown -> null));
                if (!plain.isEmpty()) {
                    FeedItem.add(words, cut(plain, KEYWORD_MAX));
                }
            }
        }
        return words.isEmpty() ? null : words;
    }

    private static @Nullable List<DataRecord> enclosures(Map<String, @Nullable Object> json) {
        if (!(json.get("enclosures") instanceof List<?> list)) {
            return null;
        }
        List<DataRecord> files = new ArrayList<>();
        for (Object value : list) {
            if (value instanceof Map<?, ?> map
                    && map.get("url") instanceof String url
                    && files.size() < FeedItem.LISTED_MAX) {
                Object length = map.get("length");
                files.add(DataRecord.of(NewsSource.ENCLOSURE)
                        .set("url", keyword(url))
                        .set("type", map.get("type") instanceof String type ? keyword(type) : null)
                        .set(
                                "length",
                                length instanceof BigInteger bytes && bytes.bitLength() < 64 ? bytes.longValue() : null)
                        .build());
            }
        }
        return files.isEmpty() ? null : files;
    }

    private static String sha256(String text) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
