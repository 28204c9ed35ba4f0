package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.jsoup.Jsoup;
import org.jspecify.annotations.Nullable;

/// What another reader of feeds found in the same documents, and why we find something else where we do.
///
/// A difference is explained by a rule about what stands in the document, never by which document it is.
final class NewsOracle {
    /// An entry as the other reader has it.
    record Entry(
            @Nullable String id,
            @Nullable String link,
            @Nullable String title,
            @Nullable String published,
            @Nullable String updated) {}

    private static final Pattern AMPERSAND = Pattern.compile("(&\\w+);");
    private static final Pattern ZONE = Pattern.compile(".*[+-](19|[2-9]\\d):?\\d{2}\\s*");
    private static final Pattern HALF_DAY = Pattern.compile("(?i).*\\d\\s*[ap]m\\b.*");
    private static final Pattern SLASHED = Pattern.compile("\\d{4}/\\d{1,2}/\\d{1,2}\\b.*");
    private static final Pattern SECONDS = Pattern.compile("\\d{9,10}");

    private NewsOracle() {}

    static Map<String, List<Entry>> read(Path file) throws IOException {
        Map<String, List<Entry>> all = new LinkedHashMap<>();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Map<String, @Nullable Object> json = Json.parseObject(Bytes.utf8(line));
                List<Entry> entries = new ArrayList<>();
                if (json.get("entries") instanceof List<?> list) {
                    list.forEach(entry -> entries.add(entry((Map<?, ?>) entry)));
                }
                if (!(json.get("n") instanceof BigInteger n) || n.intValue() != entries.size()) {
                    throw new IllegalStateException("not all entries are there: " + json.get("file"));
                }
                all.put(String.valueOf(json.get("file")), entries);
            }
        }
        return all;
    }

    private static Entry entry(Map<?, ?> json) {
        return new Entry(
                (String) json.get("id"),
                (String) json.get("link"),
                (String) json.get("title"),
                (String) json.get("published"),
                (String) json.get("updated"));
    }

    /// Null where nobody knows why `ours` is another.
    static @Nullable String whyId(@Nullable String theirs, @Nullable String ours) {
        if (theirs == null || theirs.isBlank()) {
            return "an id where the other reader has none";
        }
        if (ours == null) {
            return null;
        }
        if (AMPERSAND.matcher(theirs).replaceAll("$1").equals(ours)) {
            return "the other reader makes \"&b;\" of \"&b\" in an address";
        }
        return theirs.endsWith("/" + ours) ? "our id is as written, theirs resolved like an address" : null;
    }

    static @Nullable String whyLink(Entry theirs, @Nullable String id, @Nullable String ours, String document) {
        String link = theirs.link;
        if (link == null || link.isBlank()) {
            return "the id is an address, and there is no other link";
        }
        if (link.equals(theirs.id) && !FeedUrls.isHttp(link)) {
            return "an id that is no address is not taken for one";
        }
        if (ours == null) {
            return null;
        }
        if (!FeedUrls.isAbsolute(link)
                && FeedUrls.isAbsolute(ours)
                && ours.endsWith(link.replaceAll("^(\\.\\./)+", ""))) {
            return "a relative link is resolved against the page of the feed";
        }
        if (AMPERSAND.matcher(link).replaceAll("$1").equals(ours)) {
            return "the other reader makes \"&b;\" of \"&b\" in an address";
        }
        if (ours.equals(id) && document.contains("href=\"\"")) {
            return "a link that is empty is none";
        }
        boolean sameFile = link.substring(link.lastIndexOf('/') + 1).equals(ours.substring(ours.lastIndexOf('/') + 1));
        return sameFile && document.contains("xml:base") ? "xml:base holds for its element only" : null;
    }

    static @Nullable String whyTime(@Nullable String theirs, @Nullable Instant ours, @Nullable String written) {
        if (ours == null || written == null) {
            return null;
        }
        if (theirs == null) {
            return "a date where the other reader has none";
        }
        if (ZONE.matcher(written).matches()) {
            return "a zone of more than 18 hours is none";
        }
        if (HALF_DAY.matcher(written).matches()) {
            return "am and pm are read";
        }
        if (SLASHED.matcher(written).matches()) {
            return "2026/1/10 is the tenth of January";
        }
        return SECONDS.matcher(written).matches() ? "seconds since 1970 are read" : null;
    }

    static @Nullable String whyTitle(@Nullable String theirs, @Nullable String ours) {
        if (theirs == null || theirs.isBlank()) {
            return "a title where the other reader has none";
        }
        if (ours == null) {
            return null;
        }
        return theirs.contains("Ã") || theirs.contains("Â") || theirs.contains("â€")
                ? "text encoded twice is repaired"
                : null;
    }

    /// What there is to read of a title, whatever markup and white space it has.
    static String words(@Nullable String title) {
        String plain =
                title == null ? "" : Jsoup.parse(Jsoup.parse(title).text()).text();
        return plain.replaceAll("[\\s\\p{Z}\\p{C}]+", "");
    }
}
