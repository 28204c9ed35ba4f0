package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.streams.DataRecord;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Recorded answers of arXiv and `.abs` files beside what another reader found in them.
final class ArxivDataTest {
    private static final Path DATA = Path.of(System.getenv("DATABROKER_SHARED_DATA"), "arxiv");

    private final Map<String, Integer> differences = new TreeMap<>();

    private static List<Map<String, @Nullable Object>> expected() throws IOException {
        return Files.readAllLines(DATA.resolve("expected.jsonl")).stream()
                .map(line -> Json.parseObject(Bytes.utf8(line)))
                .toList();
    }

    @SuppressWarnings("unchecked")
    private static List<Map<String, @Nullable Object>> maps(@Nullable Object list) {
        return (List<Map<String, @Nullable Object>>) Objects.requireNonNull(list);
    }

    private void difference(String kind) {
        differences.merge(kind, 1, Integer::sum);
    }

    @Test
    void every_entry_of_the_query_api_says_what_the_other_reader_found() throws Exception {
        int files = 0;
        int entries = 0;
        for (Map<String, @Nullable Object> expected : expected()) {
            if (!expected.containsKey("entries")) {
                continue;
            }
            String file = String.valueOf(expected.get("file"));
            ArxivReader reader = new ArxivReader();
            GithubKept kept = GithubKept.of(reader, file, Map.of(), Files.readAllBytes(DATA.resolve(file)));
            List<Map<String, @Nullable Object>> wanted = maps(expected.get("entries"));
            assertThat(kept.rejects).as(file).hasSize(expected.get("error_entry") == null ? 0 : 1);
            ArxivAnswer answer = Objects.requireNonNull(reader.answer());
            assertThat(answer.total()).isEqualTo(number(expected.get("totalResults")));
            assertThat(answer.cursor()).isEqualTo(number(expected.get("startIndex")));
            assertThat(answer.perPage()).isEqualTo(number(expected.get("itemsPerPage")));
            List<DataRecord> records = kept.parsed(new ArxivParser());
            assertThat(records).as(file).hasSameSizeAs(wanted);
            for (int i = 0; i < records.size(); i++) {
                compare(file, records.get(i), wanted.get(i));
            }
            files++;
            entries += records.size();
        }
        System.out.printf("arxiv api: %d answers, %d entries, differences: %s%n", files, entries, differences);
        assertThat(entries).isPositive();
    }

    private static @Nullable Long number(@Nullable Object value) {
        return value == null ? null : Long.valueOf(String.valueOf(value));
    }

    private void compare(String file, DataRecord record, Map<String, @Nullable Object> wanted) {
        String version = wanted.get("version") == null ? "" : "v" + wanted.get("version");
        assertThat(record.text("id")).as(file).isEqualTo(wanted.get("id") + version);
        assertThat(record.get("published")).isEqualTo(ArxivText.time((String) wanted.get("published")));
        assertThat(record.get("updated")).isEqualTo(ArxivText.time((String) wanted.get("updated")));
        assertThat(record.get("title")).isEqualTo(ArxivText.oneLine(String.valueOf(wanted.get("title"))));
        assertThat(record.get("primary_category")).isEqualTo(wanted.get("primary_category"));
        assertThat(line(record.text("comment"))).isEqualTo(line((String) wanted.get("comment")));
        assertThat(line(record.text("journal_ref"))).isEqualTo(line((String) wanted.get("journal_ref")));

        List<String> authors = new ArrayList<>();
        for (Object author : (List<?>) Objects.requireNonNull(record.get("authors"))) {
            authors.add(((DataRecord) author).text("name"));
        }
        List<?> told = (List<?>) Objects.requireNonNull(wanted.get("authors"));
        if (!authors.equals(told)) {
            difference("a name with LaTeX or doubled blanks is text here");
        }
        assertThat(authors)
                .isEqualTo(told.stream()
                        .map(name -> ArxivLatex.plain(String.valueOf(name)))
                        .toList());

        List<String> categories = strings(record.get("categories"));
        List<String> terms = strings(wanted.get("categories"));
        List<String> others = new ArrayList<>(terms);
        others.removeAll(categories);
        if (!others.isEmpty()) {
            difference("a term of MSC or ACM is in msc or acm here");
        }
        assertThat(others)
                .allMatch(term -> !ArxivText.msc(term).isEmpty()
                        || !ArxivText.acm(term).isEmpty()
                        || !ArxivCategories.isCategory(term));
        assertThat(terms).containsAll(categories);

        String doi = (String) wanted.get("doi");
        if (doi != null && !doi.equals(record.text("doi"))) {
            difference("a DOI is in lower case and without address here, and the first of several");
        }
        assertThat(record.text("doi")).isEqualTo(doi == null ? null : ArxivText.doi(doi));
    }

    private static @Nullable String line(@Nullable String text) {
        return text == null ? null : ArxivText.oneLine(text);
    }

    private static List<String> strings(@Nullable Object list) {
        return list instanceof List<?> all ? all.stream().map(String::valueOf).toList() : List.of();
    }

    @Test
    void every_record_of_oai_pmh_says_what_the_other_reader_found() throws Exception {
        int files = 0;
        int found = 0;
        for (Map<String, @Nullable Object> expected : expected()) {
            if (!expected.containsKey("records")) {
                continue;
            }
            String file = String.valueOf(expected.get("file"));
            byte[] bytes = Files.readAllBytes(DATA.resolve(file));
            ArxivReader reader = new ArxivReader();
            GithubKept kept = GithubKept.of(reader, file, Map.of(), bytes);
            ArxivAnswer answer = Objects.requireNonNull(reader.answer());
            assertThat(answer.error()).as(file).isEqualTo(expected.get("oai_error"));
            assertThat(answer.resumptionToken()).as(file).isEqualTo(expected.get("resumptionToken"));
            assertThat(answer.cursor()).isEqualTo(number(expected.get("cursor")));
            assertThat(answer.total()).isEqualTo(number(expected.get("completeListSize")));
            boolean rejected = answer.error() != null && !answer.error().equals("noRecordsMatch");
            assertThat(kept.rejects).as(file).hasSize(rejected ? 1 : 0);
            List<DataRecord> records = kept.parsed(new ArxivParser());
            List<Map<String, @Nullable Object>> wanted = maps(expected.get("records"));
            boolean bare =
                    new String(bytes, StandardCharsets.UTF_8).stripLeading().startsWith("<record");
            if (bare && wanted.isEmpty()) {
                difference("a record without its envelope is read here");
                assertThat(records).as(file).hasSize(1);
            } else {
                assertThat(records).as(file).hasSameSizeAs(wanted);
                for (int i = 0; i < wanted.size(); i++) {
                    DataRecord record = records.get(i);
                    assertThat(record.text("arxiv_id")).isEqualTo(wanted.get(i).get("id"));
                    assertThat(record.text("datestamp")).isEqualTo(wanted.get(i).get("datestamp"));
                    assertThat(strings(record.get("sets")))
                            .isEqualTo(strings(wanted.get(i).get("sets")));
                    assertThat(record.get("deleted")).isEqualTo(wanted.get(i).get("deleted"));
                    assertThat(Boolean.TRUE.equals(record.get("deleted")) || record.get("authors") != null)
                            .isTrue();
                }
            }
            files++;
            found += records.size();
        }
        System.out.printf("arxiv oai-pmh: %d documents, %d records, differences: %s%n", files, found, differences);
        assertThat(found).isPositive();
    }

    @Test
    void every_abs_file_gives_one_paper_with_all_its_versions() throws Exception {
        int papers = 0;
        int undated = 0;
        int unauthored = 0;
        List<Path> files;
        try (Stream<Path> all = Files.list(DATA.resolve("metadata"))) {
            files = all.filter(file -> file.toString().endsWith(".jsonl.gz")).toList();
        }
        for (Path file : files) {
            try (BufferedReader lines = new BufferedReader(
                    new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
                String line;
                while ((line = lines.readLine()) != null) {
                    Map<String, @Nullable Object> expected = Json.parseObject(Bytes.utf8(line));
                    GithubKept kept = GithubKept.of(new ArxivReader(), String.valueOf(expected.get("abs")));
                    List<?> revisions = (List<?>) Objects.requireNonNull(expected.get("revisions"));
                    assertThat(kept.reasons())
                            .as("%s", expected.get("arxiv_id"))
                            .isEmpty();
                    assertThat(kept.ids()).containsExactly(expected.get("arxiv_id") + "v" + revisions.size());
                    DataRecord record = kept.parsed(new ArxivParser()).get(0);
                    assertThat((List<?>) record.get("versions")).hasSameSizeAs(revisions);
                    assertThat(String.valueOf(record.text("submitter"))).doesNotContain("@");
                    undated += record.get("published") == null ? 1 : 0;
                    unauthored += record.get("authors") == null ? 1 : 0;
                    papers++;
                }
            }
        }
        System.out.printf("arxiv abs: %d papers, without date %d, without authors %d%n", papers, undated, unauthored);
        assertThat(papers).isPositive();
        assertThat(undated).isZero();
        assertThat(unauthored).isZero();
    }
}
