package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Every recorded feed is read, and compared with what another reader makes of it. It runs where the folder
/// of recorded data is named in the environment, see the room's pom.
final class NewsDataTest {
    private final Path folder =
            Path.of(String.valueOf(System.getenv("DATABROKER_SHARED_DATA"))).resolve("news");
    private final Map<String, Integer> counts = new TreeMap<>();
    private final Map<String, Integer> explained = new TreeMap<>();
    private final List<String> unexplained = new ArrayList<>();

    private List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>();
        for (String part : List.of("feeds", "cases")) {
            try (Stream<Path> files = Files.walk(folder.resolve(part))) {
                files.filter(Files::isRegularFile).sorted().forEach(documents::add);
            }
        }
        assertThat(documents).isNotEmpty();
        return documents;
    }

    private static NewsFeeds read(Path document) throws IOException {
        return NewsFeeds.read(Files.readAllBytes(document), String.valueOf(document.getFileName()), Map.of());
    }

    private void count(String what) {
        counts.merge(what, 1, Integer::sum);
    }

    private void judge(String kind, boolean equal, @Nullable String why, String details) {
        count(kind);
        if (equal) {
            count(kind + ", equal");
        } else if (why != null) {
            explained.merge(kind + ": " + why, 1, Integer::sum);
        } else {
            unexplained.add(kind + " " + details);
        }
    }

    private void report(String title) {
        System.out.println(title);
        counts.forEach((what, count) -> System.out.printf(Locale.ROOT, "  %6d %s%n", count, what));
        explained.forEach((why, count) -> System.out.printf(Locale.ROOT, "  %6d explained, %s%n", count, why));
        unexplained.forEach(difference -> System.out.println("  UNEXPLAINED " + difference));
    }

    @Test
    void every_document_is_read_as_others_read_it_or_better() throws IOException {
        Map<String, List<NewsOracle.Entry>> oracle = NewsOracle.read(folder.resolve("expected.jsonl.gz"));
        for (Path document : documents()) {
            String name = folder.relativize(document).toString();
            List<NewsOracle.Entry> theirs = oracle.get(name);
            if (theirs != null) {
                compare(document, name, theirs);
            }
        }
        report("News, against the other reader:");
        assertThat(counts.getOrDefault("documents", 0)).isEqualTo(oracle.size());
        assertThat(unexplained).isEmpty();
    }

    private void compare(Path document, String name, List<NewsOracle.Entry> theirs) throws IOException {
        NewsFeeds ours = read(document);
        count("documents");
        boolean refused = ours.rejected.stream().anyMatch(reason -> reason.startsWith("byte 0"));
        count(refused ? "documents that are no feeds" : ours.records.isEmpty() ? "feeds without entries" : "feeds");
        Set<Integer> silent = new HashSet<>();
        for (String rejected : ours.rejected) {
            if (rejected.matches("entry \\d+: the entry says nothing")) {
                silent.add(Integer.parseInt(rejected.replaceAll("\\D+", "")));
                explained.merge("entry: it says nothing that a record keeps", 1, Integer::sum);
            } else if (!rejected.startsWith("byte 0")) {
                count("other rejections: " + rejected.replaceAll("\\d+", "N"));
            }
        }
        List<NewsOracle.Entry> spoken = new ArrayList<>();
        for (int i = 0; i < theirs.size(); i++) {
            if (!silent.contains(i + 1)) {
                spoken.add(theirs.get(i));
            }
        }
        boolean equal = spoken.size() == ours.records.size();
        String why = theirs.isEmpty() ? "the other reader reads nothing of it" : null;
        judge("number of entries", equal, why, name + ": " + spoken.size() + ", ours " + ours.records.size());
        String text =
                Files.size(document) > 1 << 20 ? "" : new String(Files.readAllBytes(document), StandardCharsets.UTF_8);
        for (int i = 0; equal && i < spoken.size(); i++) {
            compare(name + " " + i, spoken.get(i), ours.records.get(i), ours.json(i), text);
        }
    }

    private void compare(
            String where,
            NewsOracle.Entry theirs,
            DataRecord ours,
            Map<String, @Nullable Object> json,
            String document) {
        String id = ours.text("guid");
        boolean sameId = String.valueOf(theirs.id()).equals(String.valueOf(id));
        judge("id", sameId, NewsOracle.whyId(theirs.id(), id), where + ": " + theirs.id() + ", ours " + id);
        String link = ours.text("link");
        boolean sameLink = String.valueOf(theirs.link()).equals(String.valueOf(link));
        String whyLink = sameLink ? null : NewsOracle.whyLink(theirs, id, link, document);
        judge("link", sameLink, whyLink, where + ": " + theirs.link() + ", ours " + link);
        String title = ours.text("title");
        boolean sameTitle = NewsOracle.words(theirs.title()).equals(NewsOracle.words(title));
        judge(
                "title",
                sameTitle,
                NewsOracle.whyTitle(theirs.title(), title),
                where + ": " + theirs.title() + ", ours " + title);
        for (String field : List.of("published", "updated")) {
            String written = json.get(field + "_raw") instanceof String raw ? raw : null;
            Instant time = FeedDates.parse(written);
            String their = field.equals("published") ? theirs.published() : theirs.updated();
            boolean same = time == null
                    ? their == null
                    : their != null && Instant.parse(their).getEpochSecond() == time.getEpochSecond();
            judge(
                    field,
                    same,
                    NewsOracle.whyTime(their, time, written),
                    where + ": " + their + ", ours " + time + " of " + written);
        }
    }

    @Test
    void an_id_stands_for_one_state_of_one_entry_and_is_the_same_again() throws IOException {
        for (Path document : documents()) {
            NewsFeeds once = read(document);
            NewsFeeds again = read(document);
            assertThat(again.collected).as(document.toString()).isEqualTo(once.collected);
            assertThat(again.records).isEqualTo(once.records);
            Map<String, String> states = new HashMap<>();
            for (int i = 0; i < once.collected.size(); i++) {
                Collected collected = once.collected.get(i);
                count("records");
                Map<String, @Nullable Object> json = new HashMap<>(once.json(i));
                json.keySet().removeAll(Set.of("published_raw", "updated_raw"));
                String before = states.putIfAbsent(collected.id(), json.toString());
                if (before != null) {
                    count("records that say the same as another of their feed");
                    assertThat(json).as(document.toString()).hasToString(before);
                }
            }
        }
        report("News, ids:");
    }

    @Test
    void the_language_that_a_feed_declares_is_found_in_nine_of_ten_entries() throws IOException {
        int right = 0;
        int all = 0;
        for (Path document : documents()) {
            for (DataRecord record : read(document).records) {
                DataRecord language = (DataRecord) record.get("language");
                String declared = language == null ? null : language.text("declared");
                String detected = language == null ? null : language.text("detected");
                String text = record.text("title") + " " + record.text("summary_text");
                if (document.startsWith(folder.resolve("feeds")) && declared != null && text.length() >= 40) {
                    String code = declared.toLowerCase(Locale.ROOT).split("-", -1)[0];
                    all++;
                    right += code.equals(detected) ? 1 : 0;
                    count(code + (code.equals(detected) ? ", found" : ", not found"));
                }
            }
        }
        report("News, languages: " + right + " of " + all);
        assertThat(right * 10).isGreaterThanOrEqualTo(all * 9);
    }
}
