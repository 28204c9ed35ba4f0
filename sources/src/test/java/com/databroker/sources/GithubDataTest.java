package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Recorded answers, hours and webhooks of GitHub beside what another reader found in them.
final class GithubDataTest {
    private static final Path DATA = Path.of(System.getenv("DATABROKER_SHARED_DATA"), "github");
    private static final Pattern EMAIL =
            Pattern.compile("([A-Za-z0-9._%+-]+)@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*\\.[A-Za-z]{2,}");

    private static GithubKept read(Path file, Map<String, String> headers) throws IOException {
        return GithubKept.of(new GithubReader(), file.getFileName().toString(), headers, Files.readAllBytes(file));
    }

    private static List<Path> files(String folder) throws IOException {
        try (Stream<Path> files = Files.walk(DATA.resolve(folder))) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().endsWith(".meta.json"))
                    .sorted()
                    .toList();
        }
    }

    private static List<?> triple(Collected collected) {
        Map<String, @Nullable Object> event = Json.parseObject(collected.json());
        return Arrays.asList(String.valueOf(event.get("id")), event.get("type"), event.get("created_at"));
    }

    @Test
    void every_event_that_the_other_reader_found_is_there_in_its_order() throws Exception {
        int files = 0;
        int events = 0;
        Set<Object> told = new HashSet<>();
        Set<String> keys = new HashSet<>();
        for (String line : Files.readAllLines(DATA.resolve("expected.jsonl"))) {
            Map<String, @Nullable Object> expected = Json.parseObject(Bytes.utf8(line));
            GithubKept kept = read(DATA.resolve(String.valueOf(expected.get("file"))), Map.of());
            List<?> wanted = (List<?>) expected.get("events");
            List<Object> found = new ArrayList<>();
            kept.records.forEach(record -> found.add(triple(record)));
            assertThat(kept.reasons()).as("%s", expected.get("file")).isEmpty();
            assertThat(found).as("%s", expected.get("file")).isEqualTo(wanted);
            kept.parsed(new GithubParser());
            told.addAll(wanted);
            keys.addAll(kept.ids());
            files++;
            events += found.size();
        }
        System.out.printf("github: %d files, %d events, %d unique, no difference%n", files, events, keys.size());
        assertThat(files).isPositive();
        assertThat(keys).hasSameSizeAs(told);
    }

    @Test
    void every_file_reads_without_a_reject_and_every_record_becomes_one_of_the_schema() throws Exception {
        int records = 0;
        for (String folder : List.of("events-api", "event-shapes", "gharchive", "webhooks")) {
            int before = records;
            for (Path file : files(folder)) {
                GithubKept kept = read(file, Map.of());
                assertThat(kept.reasons()).as("%s", file).isEmpty();
                for (DataRecord record : kept.parsed(new GithubParser())) {
                    assertThat(record.text("type")).as("%s", file).isNotNull();
                    assertThat(record.get("created_at")).as("%s", file).isNotNull();
                    assertThat(record.get("payload_bytes")).as("%s", file).isNotNull();
                }
                records += kept.records.size();
            }
            System.out.printf("github %s: %d records%n", folder, records - before);
        }
        assertThat(records).isPositive();
    }

    @Test
    void nobody_can_be_written_to_with_what_is_collected() throws Exception {
        int masked = 0;
        Set<String> left = new TreeSet<>();
        for (String folder : List.of("events-api", "event-shapes", "gharchive", "webhooks")) {
            for (Path file : files(folder)) {
                for (Collected record : read(file, Map.of()).records) {
                    // As text: in JSON, the escape before a name looks like a part of it.
                    String json = Json.parseObject(record.json()).toString();
                    masked += json.split("\\*\\*\\*@", -1).length - 1;
                    Matcher matcher = EMAIL.matcher(json);
                    while (matcher.find()) {
                        if (!matcher.group(1).equals("git")) {
                            left.add(matcher.group());
                        }
                    }
                }
            }
        }
        System.out.printf("github: %d addresses of e-mail masked, left: %s%n", masked, left);
        assertThat(left).isEmpty();
        assertThat(masked).isPositive();
    }

    @Test
    void a_webhook_without_headers_is_mostly_known_by_its_members_and_with_them_always() throws Exception {
        List<String> unknown = new ArrayList<>();
        List<Path> files = files("webhooks");
        for (Path file : files) {
            String folder = DATA.resolve("webhooks").relativize(file).getName(0).toString();
            String type = GithubKind.ofHeader(folder);
            Map<String, String> headers = Map.of("x-github-event", folder, "x-github-delivery", "d-1");
            GithubKept delivered = read(file, headers);
            assertThat(delivered.ids()).as("%s", file).containsExactly("d-1");
            assertThat(delivered.parsed(new GithubParser()).get(0).text("type")).isEqualTo(type);

            GithubKept guessed = read(file, Map.of());
            assertThat(guessed.ids())
                    .as("%s", file)
                    .hasSize(1)
                    .isEqualTo(read(file, Map.of()).ids());
            String found = guessed.parsed(new GithubParser()).get(0).text("type");
            if (!type.equals(found)) {
                unknown.add(folder + " taken for " + found);
            }
        }
        System.out.printf("github: %d webhooks, by their members wrong: %s%n", files.size(), unknown);
        assertThat(unknown.size()).isLessThanOrEqualTo(files.size() / 6);
    }

    @Test
    void an_hour_that_is_cut_off_gives_what_came_before_and_one_reject() throws Exception {
        for (Path file : files("gharchive")) {
            byte[] whole = Files.readAllBytes(file);
            List<String> ids = read(file, Map.of()).ids();
            for (int part = 1; part < 16; part++) {
                byte[] cut = Arrays.copyOf(whole, whole.length * part / 16);
                GithubKept kept =
                        GithubKept.of(new GithubReader(), file.getFileName().toString(), Map.of(), cut);
                assertThat(kept.ids())
                        .isEqualTo(ids.subList(0, kept.ids().size()))
                        .hasSizeLessThan(ids.size());
                assertThat(kept.rejects).hasSize(1);
                assertThat(kept.reasons().get(0)).contains("the compressed data ends in the middle");
            }
        }
    }
}
