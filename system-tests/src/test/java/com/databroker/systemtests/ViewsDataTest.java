package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Views of recorded answers, compared with counts that are made here in another way.
/// DATABROKER_SHARED_DATA names the folder.
final class ViewsDataTest {
    private static final Path DATA = Path.of(System.getenv().getOrDefault("DATABROKER_SHARED_DATA", "none"));
    private static final Pattern ENTRY = Pattern.compile("<entry>(.*?)</entry>", Pattern.DOTALL);
    private static final Pattern ID = Pattern.compile("<id>[^<]*/abs/([^<]+)</id>");
    private static final Pattern UPDATED = Pattern.compile("<updated>([0-9-]{10})");
    private static final Pattern CATEGORY = Pattern.compile("<category [^>]*term=\"([^\"]+)\"");

    private static Map<String, Long> papers(List<Path> files) throws IOException {
        Map<String, Long> counts = new TreeMap<>();
        Set<String> seen = new HashSet<>();
        for (Path file : files) {
            Matcher entries = ENTRY.matcher(Files.readString(file));
            while (entries.find()) {
                String entry = entries.group(1);
                Matcher id = ID.matcher(entry);
                Matcher updated = UPDATED.matcher(entry);
                if (id.find() && updated.find() && seen.add(id.group(1))) {
                    Set<String> categories = new HashSet<>();
                    CATEGORY.matcher(entry).results().forEach(found -> categories.add(found.group(1)));
                    categories.forEach(each -> counts.merge(updated.group(1) + " " + each, 1L, Long::sum));
                }
            }
        }
        return counts;
    }

    private static Map<String, Long> events(byte[] archive) throws IOException {
        Map<String, Long> counts = new TreeMap<>();
        Set<String> seen = new HashSet<>();
        String lines;
        try (GZIPInputStream gzip = new GZIPInputStream(new ByteArrayInputStream(archive))) {
            lines = new String(gzip.readAllBytes(), StandardCharsets.UTF_8);
        }
        lines.lines().filter(line -> !line.isBlank()).forEach(line -> {
            Map<String, @Nullable Object> event = Json.parseObject(Bytes.utf8(line));
            String created = String.valueOf(event.get("created_at"));
            if (seen.add(event.get("type") + ":" + event.get("id") + ":" + created)
                    && event.get("repo") instanceof Map<?, ?> repo) {
                counts.merge(created.substring(0, 10) + " " + repo.get("name"), 1L, Long::sum);
            }
        });
        return counts;
    }

    private static Map<String, Long> shown(TestBroker broker, String target) throws Exception {
        HttpResponse<String> response = broker.request("GET", "/views/" + target, "");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        Map<String, Long> counts = new TreeMap<>();
        for (Map<?, ?> day : maps(Json.parseObject(Bytes.utf8(response.body())), "days")) {
            for (Map<?, ?> cells : maps(day, "rows")) {
                BigInteger count = (BigInteger) Objects.requireNonNull(cells.get("count"));
                counts.put(day.get("day") + " " + cells.get("key"), count.longValue());
            }
        }
        return counts;
    }

    private static List<Map<?, ?>> maps(Map<?, ?> in, String field) {
        List<Map<?, ?>> maps = new ArrayList<>();
        ((List<?>) Objects.requireNonNull(in.get(field))).forEach(each -> maps.add((Map<?, ?>) each));
        return maps;
    }

    private static void run(TestBroker broker, String view) throws Exception {
        HttpResponse<String> asked = broker.request("POST", "/views/" + view, "");
        assertThat(asked.statusCode()).as(asked.body()).isEqualTo(202);
        String ended = "\"done\":" + Json.parseObject(Bytes.utf8(asked.body())).get("run");
        Peers.until(
                "the run of " + view + " ended",
                () -> broker.request("GET", "/views", "")
                        .body()
                        .lines()
                        .anyMatch(all -> all.contains("\"name\":\"" + view + "\"") && all.contains(ended)));
        assertThat(broker.request("GET", "/views", "").body()).doesNotContain("failure");
    }

    @Test
    void recorded_answers_are_counted_as_by_hand_before_and_after_a_run(@TempDir Path folder) throws Exception {
        byte[] archive = Files.readAllBytes(DATA.resolve("github/gharchive/2021-07-21-6-part1.json.gz"));
        List<Path> answers;
        try (Stream<Path> all = Files.list(DATA.resolve("arxiv/api-atom"))) {
            answers = all.filter(file -> file.toString().endsWith(".xml"))
                    .sorted()
                    .toList();
        }
        Map<String, Long> papers = papers(answers);
        Map<String, Long> events = events(archive);
        assertThat(papers).isNotEmpty();
        assertThat(events).isNotEmpty();
        try (TestBroker broker = TestBroker.start(
                folder, Map.of("streams.enabled", "true", "streams.flink.checkpoint-interval", "500ms"))) {
            Files.createDirectories(folder.resolve("files/inbox/github"));
            Files.createDirectories(folder.resolve("files/inbox/arxiv"));
            Files.write(folder.resolve("files/inbox/github/hour.json.gz"), archive);
            for (Path file : answers) {
                Files.copy(file, folder.resolve("files/inbox/arxiv").resolve(String.valueOf(file.getFileName())));
            }
            String repositories = "github-repositories?from=2021-07-01&to=2021-08-01&limit=1000";
            String categories = "arxiv-categories?from=2017-01-01&to=2026-12-31&limit=27";
            Peers.until(
                    "the streams plane is ready",
                    () -> broker.request("GET", "/views", "").statusCode() == 200);
            long records = events.values().stream().mapToLong(n -> n).sum();
            Peers.until(
                    "the archive is taken in",
                    () -> broker.request("GET", "/streams/github/status", "")
                            .body()
                            .contains("\"hot\":" + records + ","));
            assertThat(shown(broker, repositories)).isEqualTo(events);
            run(broker, "github-repositories");
            run(broker, "arxiv-categories");
            assertThat(shown(broker, repositories)).isEqualTo(events);
            papers.keySet().removeIf(day -> day.compareTo("2017") < 0);
            Peers.until(
                    "the papers are counted", () -> shown(broker, categories).equals(papers));
            String reader = broker.user("reader", "search:arxiv");
            assertThat(broker.requestAs(reader, "GET", "/views/arxiv-categories", "")
                            .statusCode())
                    .isEqualTo(200);
            for (String forbidden : List.of("GET github-repositories", "GET nothing", "POST arxiv-categories")) {
                String[] words = forbidden.split(" ", 2);
                assertThat(broker.requestAs(reader, words[0], "/views/" + words[1], "")
                                .statusCode())
                        .as(forbidden)
                        .isEqualTo(403);
            }
            assertThat(broker.requestAs(reader, "GET", "/views", "").body())
                    .contains("arxiv-trends")
                    .doesNotContain("github");
            assertThat(broker.request("GET", "/views/nothing", "").statusCode()).isEqualTo(404);
            assertThat(broker.request("GET", "/views/arxiv-trends?from=400d", "")
                            .statusCode())
                    .isEqualTo(400);
        }
    }
}
