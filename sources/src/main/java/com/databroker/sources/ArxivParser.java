package com.databroker.sources;

import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import com.databroker.streams.PoisonException;
import com.databroker.streams.RecordParser;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/// Makes a record of an [ArxivEntry]: categories and their groups, authors in parts, classifications apart,
/// LaTeX as text, counts out of the comment.
final class ArxivParser implements RecordParser {
    private static final int KEYWORD_CHARS_MAX = 1024;

    @Override
    public DataRecord parse(Collected collected, Instant arrived) throws PoisonException {
        ArxivEntry entry;
        try (JsonParser parser = GithubShape.JSON.createParser(
                ObjectReadContext.empty(), collected.json().toArray())) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new PoisonException("it is not a JSON object");
            }
            entry = ArxivEntry.read(parser);
            if (parser.currentToken() != JsonToken.END_OBJECT || parser.nextToken() != null) {
                throw new PoisonException("it is not one JSON object");
            }
        } catch (JacksonException notJson) {
            throw new PoisonException(GithubShape.reason(notJson), notJson);
        }
        ArxivId id = ArxivId.of(entry.id);
        if (id == null) {
            throw new PoisonException("its arxiv_id is none: " + keyword(entry.id));
        }
        return record(collected.id(), id, entry, ChronoUnit.MICROS.between(Instant.EPOCH, arrived));
    }

    private static DataRecord record(String key, ArxivId id, ArxivEntry entry, long arrived) {
        DataRecord.Builder record = DataRecord.of(ArxivFields.SCHEMA);
        List<DataRecord> authors =
                entry.authors.stream().map(ArxivParser::author).toList();
        List<String> dois = entry.list("dois").stream()
                .map(ArxivText::doi)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
        String comment = line(entry, "comment");
        record.set("id", key)
                .set("arxiv_id", id.id())
                .set("version", entry.version == 0 ? null : Integer.valueOf(entry.version))
                .set("authors", orNull(authors))
                .set(
                        "author_count",
                        entry.deleted ? null : Integer.valueOf(Math.max(entry.authorCount, authors.size())))
                .set("subjects", orNull(entry.list("subjects")))
                .set("datestamp", keyword(entry.text("datestamp")))
                .set("sets", orNull(entry.list("sets")))
                .set("deleted", entry.deleted)
                .set("doi", dois.isEmpty() ? null : dois.get(0))
                .set("dois", orNull(dois))
                .set("journal_ref", line(entry, "journal_ref"))
                .set("comment", comment)
                .set("pages", ArxivText.pages(comment))
                .set("figures", ArxivText.figures(comment))
                .set("report_no", keyword(line(entry, "report_no")))
                .set("license", keyword(line(entry, "license")))
                .set("submitter", submitter(entry))
                .set("links", links(id, entry, dois))
                .set("source", source(entry.format))
                .set("format", keyword(entry.format))
                .set("fetched_at", arrived);
        texts(record, entry);
        categories(record, entry);
        times(record, entry, arrived);
        return record.set("content_hash", hash(record.build())).build();
    }

    private static @Nullable String keyword(@Nullable String value) {
        return value == null || value.length() <= KEYWORD_CHARS_MAX ? value : value.substring(0, KEYWORD_CHARS_MAX);
    }

    private static <T> @Nullable List<T> orNull(List<T> list) {
        return list.isEmpty() ? null : list;
    }

    private static @Nullable String line(ArxivEntry entry, String name) {
        String text = entry.text(name);
        return text == null ? null : ArxivText.oneLine(text);
    }

    private static @Nullable String submitter(ArxivEntry entry) {
        String submitter = entry.text("submitter");
        return submitter == null ? null : keyword(ArxivLatex.plain(submitter));
    }

    private static String source(String format) {
        return format.equals("atom") ? "api" : format.equals("abs") ? "abs" : "oai";
    }

    private static void texts(DataRecord.Builder record, ArxivEntry entry) {
        for (String name : List.of("title", "abstract")) {
            String text = line(entry, name);
            if (text != null) {
                String plain = ArxivLatex.plain(text);
                record.set(name, text).set("plain_" + name, plain.equals(text) ? null : plain);
            }
        }
    }

    private static DataRecord author(ArxivEntry.Author author) {
        String told = author.texts.get("name");
        String keyname = author.texts.get("keyname");
        String forenames = author.texts.getOrDefault("forenames", "");
        String suffix = author.texts.getOrDefault("suffix", "");
        if (keyname == null) {
            ArxivNames.Parts parts = ArxivNames.Parts.of(ArxivLatex.plain(told == null ? "" : told));
            keyname = parts.keyname();
            forenames = parts.forenames();
            suffix = suffix.isEmpty() ? parts.suffix() : suffix;
        }
        String name = (forenames + ' ' + keyname + ' ' + suffix).strip();
        List<String> affiliations = author.affiliations.stream()
                .map(ArxivLatex::plain)
                .map(each -> String.valueOf(keyword(each)))
                .filter(each -> !each.isBlank())
                .distinct()
                .toList();
        return DataRecord.of(ArxivFields.AUTHOR)
                .set(0, keyword(ArxivLatex.plain(name)))
                .set(1, keyword(ArxivLatex.plain(keyname)))
                .set(2, forenames.isBlank() ? null : keyword(ArxivLatex.plain(forenames)))
                .set(3, orNull(affiliations))
                .build();
    }

    /// Among the categories of Atom there are terms of other classifications, as whoever submitted wrote
    /// them.
    private static void categories(DataRecord.Builder record, ArxivEntry entry) {
        Set<String> categories = new LinkedHashSet<>();
        String primary = entry.text("primary_category");
        if (primary != null) {
            categories.add(primary);
        }
        StringBuilder others = new StringBuilder();
        for (String term : entry.list("categories")) {
            if (ArxivCategories.isCategory(term) || isWord(term)) {
                categories.add(term);
            } else {
                others.append(term).append(' ');
            }
        }
        Set<String> archives = new LinkedHashSet<>();
        for (String category : categories) {
            archives.add(ArxivCategories.archive(category));
        }
        if (categories.isEmpty()) {
            for (String set : entry.list("sets")) {
                archives.add(ArxivCategories.archiveOfSet(set));
            }
        }
        Set<String> groups = new LinkedHashSet<>();
        for (String archive : archives) {
            String group = ArxivCategories.group(archive);
            if (group != null) {
                groups.add(group);
            }
        }
        List<String> all =
                categories.stream().map(each -> String.valueOf(keyword(each))).toList();
        String msc = entry.texts.getOrDefault("msc_class", "") + ' ' + others;
        String acm = entry.texts.getOrDefault("acm_class", "") + ' ' + others;
        record.set("primary_category", all.isEmpty() ? null : all.get(0))
                .set("categories", orNull(all))
                .set(
                        "archives",
                        orNull(archives.stream()
                                .map(each -> String.valueOf(keyword(each)))
                                .toList()))
                .set("groups", orNull(new ArrayList<>(groups)))
                .set("msc", orNull(ArxivText.msc(msc)))
                .set("acm", orNull(ArxivText.acm(acm)));
    }

    /// A category that was made after this was written: `cs.SEC`.
    private static boolean isWord(String term) {
        return term.matches("[a-z]{2,8}(?:-[a-z]{2,8})?(?:\\.[A-Za-z-]{2,12})?");
    }

    private static void times(DataRecord.Builder record, ArxivEntry entry, long arrived) {
        List<DataRecord> versions = new ArrayList<>();
        Long first = ArxivText.time(entry.text("published"));
        Long last = ArxivText.time(entry.text("updated"));
        for (ArxivEntry.Version version : entry.versions) {
            Long date = ArxivText.time(version.date());
            versions.add(DataRecord.of(ArxivFields.VERSION)
                    .set(0, version.n())
                    .set(1, date)
                    .set(2, ArxivText.size(version.size()))
                    .build());
            first = first == null ? date : first;
            last = version.n() == entry.version && date != null ? date : last;
        }
        for (String day : entry.list("dates")) {
            // Dublin Core: the first version, then the last one.
            Long date = ArxivText.time(day);
            first = first == null ? date : first;
            last = date == null ? last : GithubSubject.later(last, date);
        }
        if (last == null) {
            // OAI-PMH tells it only where there was more than one version.
            last = entry.deleted || first == null ? ArxivText.time(entry.text("datestamp")) : first;
        }
        record.set("versions", orNull(versions))
                .set("published", first)
                .set("updated", last == null ? Long.valueOf(arrived) : last);
    }

    private static DataRecord links(ArxivId id, ArxivEntry entry, List<String> dois) {
        String name = new ArxivId(id.id(), entry.version).toString();
        return DataRecord.of(ArxivFields.LINKS)
                .set(0, "https://arxiv.org/abs/" + name)
                .set(1, "https://arxiv.org/pdf/" + name)
                .set(2, dois.isEmpty() ? null : keyword("https://doi.org/" + dois.get(0)))
                .build();
    }

    private static String hash(DataRecord record) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException inEveryJdk) {
            throw new IllegalStateException(inEveryJdk);
        }
        for (String field : List.of("arxiv_id", "deleted", "title", "abstract", "categories", "msc", "acm")) {
            add(digest, record.get(field));
        }
        for (String field : List.of("dois", "journal_ref", "comment", "report_no")) {
            add(digest, record.get(field));
        }
        if (record.get("authors") instanceof List<?> authors) {
            for (Object author : authors) {
                add(digest, author instanceof DataRecord each ? each.text("name") : null);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /// Each value behind its length, so that nothing moves between two of them unseen.
    private static void add(MessageDigest digest, @Nullable Object value) {
        byte[] bytes = value == null ? new byte[0] : value.toString().getBytes(StandardCharsets.UTF_8);
        digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8));
        digest.update(bytes);
    }
}
