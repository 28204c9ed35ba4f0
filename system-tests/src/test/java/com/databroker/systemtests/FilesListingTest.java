package com.databroker.systemtests;

import static com.databroker.systemtests.FilesBroker.header;
import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Folders as JSON and as pages: complete, in order, and nothing that the reader may not see.
class FilesListingTest {
    private static final int FILES = 2500;

    @SuppressWarnings("NullAway.Init")
    private static FilesBroker files;

    private record Entry(String name, String kind, long size, Instant modified) {}

    private record Page(List<Entry> entries, @Nullable String next) {}

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        SplittableRandom random = new SplittableRandom(5);
        Path many = Files.createDirectories(data.resolve("broker/files/many"));
        for (int i = 0; i < FILES; i++) {
            String name = Integer.toString(random.nextInt(1_000_000), 36) + "-" + i + (i % 5 == 0 ? ".json" : ".txt");
            Path file = Files.write(many.resolve(name), new byte[random.nextInt(40)]);
            Files.setLastModifiedTime(file, java.nio.file.attribute.FileTime.fromMillis(random.nextInt(1000) * 1000L));
        }
        Files.createDirectories(many.resolve("folder"));
        files = FilesBroker.start(data.resolve("broker"), Map.of());
        Peers.until(
                "all are known",
                () -> page(files.broker.token(), "/files/many/?limit=10000")
                                .entries
                                .size()
                        == FILES + 1);
    }

    @AfterAll
    static void stop() {
        files.close();
    }

    private static Page page(String token, String address) throws Exception {
        HttpResponse<byte[]> answer = files.sendAs(token, "GET", address, new byte[0]);
        assertThat(answer.statusCode()).as(FilesBroker.text(answer)).isEqualTo(200);
        Map<String, @Nullable Object> json = Json.parseObject(Bytes.wrap(answer.body()));
        List<Entry> entries = new ArrayList<>();
        if (json.get("entries") instanceof List<?> all) {
            for (Object one : all) {
                if (one instanceof Map<?, ?> entry) {
                    entries.add(new Entry(
                            String.valueOf(entry.get("name")),
                            String.valueOf(entry.get("kind")),
                            entry.get("size") instanceof Number size ? size.longValue() : 0,
                            Instant.parse(String.valueOf(entry.get("modified")))));
                }
            }
        }
        return new Page(entries, json.get("next") == null ? null : String.valueOf(json.get("next")));
    }

    private static List<Entry> all(String address) throws Exception {
        List<Entry> entries = new ArrayList<>();
        @Nullable String cursor = "";
        while (cursor != null) {
            String more = cursor.isEmpty() ? "" : "&cursor=" + URLEncoder.encode(cursor, StandardCharsets.UTF_8);
            Page page = page(files.broker.token(), address + more);
            entries.addAll(page.entries);
            cursor = page.next;
        }
        return entries;
    }

    @ParameterizedTest
    @CsvSource({
        "name,asc,1000",
        "name,desc,1000",
        "size,asc,1000",
        "size,desc,700",
        "modified,asc,999",
        "modified,desc,10000",
        "name,asc,7"
    })
    void pages_are_complete_and_in_order_without_doubles(String sort, String order, int limit) throws Exception {
        String match = limit == 7 ? "&match=*0.json" : "";
        List<Entry> entries = all("/files/many/?sort=" + sort + "&order=" + order + "&limit=" + limit + match);
        Comparator<Entry> comparator = switch (sort) {
            case "name" -> Comparator.comparing(Entry::name);
            case "size" -> Comparator.comparingLong(Entry::size);
            default -> Comparator.comparing(Entry::modified);
        };
        assertThat(entries).isSortedAccordingTo(order.equals("asc") ? comparator : comparator.reversed());
        assertThat(new HashSet<>(entries)).hasSameSizeAs(entries);
        if (match.isEmpty()) {
            assertThat(entries).hasSize(FILES + 1);
        } else {
            assertThat(entries).hasSize(FILES / 10).allMatch(entry -> entry.name.endsWith("0.json"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"asc", "desc"})
    void by_name_nothing_that_stays_is_missed_while_others_go(String order) throws Exception {
        String folder = "/files/going-" + order + "/";
        for (String name : List.of("a", "b", "c", "d", "e", "f")) {
            assertThat(files.put(folder + name, name).statusCode()).isEqualTo(201);
        }
        String address = folder + "?order=" + order + "&limit=2";
        Page first = page(files.broker.token(), address);
        for (Entry seen : first.entries) {
            assertThat(files.send("DELETE", folder + seen.name, "").statusCode())
                    .isEqualTo(204);
        }
        Page second = page(files.broker.token(), address + "&cursor=" + first.next);
        Page third = page(files.broker.token(), address + "&cursor=" + second.next);
        assertThat(Stream.of(first, second, third).flatMap(page -> page.entries.stream()))
                .extracting(Entry::name)
                .containsExactlyElementsOf(
                        order.equals("asc")
                                ? List.of("a", "b", "c", "d", "e", "f")
                                : List.of("f", "e", "d", "c", "b", "a"));
        assertThat(third.next).isNull();
    }

    @Test
    void a_cursor_that_no_page_gave_is_refused_by_its_name() throws Exception {
        assertThat(files.text("/files/many/?sort=size&cursor=x"))
                .startsWith("400 ")
                .contains("cursor is not what");
    }

    @Test
    void a_pattern_of_names_selects_and_nothing_more() throws Exception {
        assertThat(all("/files/many/?match=*.json")).hasSize(FILES / 5);
        assertThat(all("/files/many/?match=*.JSON")).isEmpty();
        assertThat(all("/files/many/?match=fol?er")).hasSize(1);
        assertThat(all("/files/many/?match=" + "*a".repeat(100))).isEmpty();
        assertThat(all("/files/many/?match=.%2A")).isEmpty();
        Page last = page(files.broker.token(), "/files/many/?limit=" + (FILES + 1));
        assertThat(last.next).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x=1",
                "sort=date",
                "order=up",
                "limit=0",
                "limit=-1",
                "limit=x",
                "limit=10001",
                "limit=99999999999",
                "limit=",
                "format=xml",
                "sort=size&cursor=x",
                "sort=size&cursor=-1",
                "sort=NAME",
                "stat",
                "download",
                "recursive",
                "limit=1&limit=2"
            })
    void a_parameter_that_is_wrong_or_unknown_is_refused(String query) throws Exception {
        assertThat(files.get("/files/many/?" + query).statusCode()).isEqualTo(400);
    }

    @Test
    void what_is_wrong_for_a_file_is_refused_and_a_folder_without_its_slash_is_shown_the_way() throws Exception {
        files.put("/files/one.txt", "x");
        for (String query : List.of("limit=1", "format=json", "version=x", "version=1&stat", "stat&download")) {
            assertThat(files.get("/files/one.txt?" + query).statusCode())
                    .as(query)
                    .isEqualTo(400);
        }
        HttpResponse<byte[]> folder = files.get("/files/many");
        assertThat(folder.statusCode()).isEqualTo(308);
        assertThat(header(folder, "Location")).isEqualTo("/files/many/");
        assertThat(files.get("/files/none/").statusCode()).isEqualTo(404);
        assertThat(files.get("/files/one.txt/").statusCode()).isEqualTo(404);
        assertThat(files.text("/files/one.txt?stat"))
                .contains("\"name\":\"one.txt\"", "\"principal\":\"admin\"", "\"version\":");
        assertThat(files.text("/files/many?stat")).contains("\"kind\":\"folder\"");
        assertThat(files.get("/files/none?stat").statusCode()).isEqualTo(404);
    }

    @Test
    void a_reader_sees_what_it_may_read_and_what_leads_there() throws Exception {
        for (String path : List.of("tree/a/1.txt", "tree/a/2.txt", "tree/b/3.txt", "tree/c.txt", "hidden/x")) {
            files.put("/files/" + path, "x");
        }
        String reader = files.broker.user("lister", "read:tree/a/*", "read:tree/c.txt");
        assertThat(names(reader, "/files/")).containsExactly("tree");
        assertThat(names(reader, "/files/tree/")).containsExactly("a", "c.txt");
        assertThat(names(reader, "/files/tree/?sort=size&order=desc")).containsExactlyInAnyOrder("a", "c.txt");
        assertThat(names(reader, "/files/tree/a/?limit=1")).containsExactly("1.txt");
        // There or not is the same to who may not look.
        for (String path :
                List.of("/files/hidden/", "/files/nowhere/", "/files/tree/b/", "/files/hidden/x", "/files/nowhere")) {
            assertThat(files.sendAs(reader, "GET", path, new byte[0]).statusCode())
                    .as(path)
                    .isEqualTo(403);
        }
        String nobody = files.broker.user("nobody", "publish:x");
        assertThat(names(nobody, "/files/")).isEmpty();
        assertThat(files.sendAs("", "GET", "/files/", new byte[0]).statusCode()).isEqualTo(401);
        assertThat(names(files.broker.token(), "/files/"))
                .contains("broker_users.xml", "tree")
                .doesNotContain(".dbk");
    }

    private static List<String> names(String token, String address) throws Exception {
        return page(token, address).entries.stream().map(Entry::name).toList();
    }

    @Test
    void a_page_for_people_escapes_whatever_a_name_can_hold(@TempDir Path profile) throws Exception {
        List<String> names = List.of(
                "&lt;b&gt;.txt",
                "a&amp;b.txt",
                "it's'onclick='x.txt",
                "javascript;alert(1)",
                "50% & more.txt",
                "#anchor",
                "q=1&r=2",
                "ä ☃ \uD83D\uDE80.txt",
                "$`{x}");
        for (String name : names) {
            String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
            assertThat(files.put("/files/odd/" + encoded, name).statusCode())
                    .as(name)
                    .isEqualTo(201);
        }
        HttpResponse<byte[]> html = files.get("/files/odd/", "Accept", "text/html");
        assertThat(header(html, "Content-Type")).isEqualTo("text/html; charset=utf-8");
        assertThat(header(html, "Content-Security-Policy")).contains("default-src 'none'");
        assertThat(header(html, "Vary")).contains("Accept");
        assertThat(header(files.get("/files/odd/", "Accept", "*/*"), "Content-Type"))
                .isEqualTo("application/json");
        assertThat(header(files.get("/files/odd/?format=json", "Accept", "text/html"), "Content-Type"))
                .isEqualTo("application/json");
        URI address = URI.create(files.broker
                .http("/files/odd/?format=html")
                .toString()
                .replace("//", "//admin:" + files.broker.token() + "@"));
        try (BrowserPage page = BrowserPage.open(profile, address)) {
            String links = page.run(
                    "JSON.stringify([...document.querySelectorAll('tbody a')].slice(1).map(a => a.textContent))");
            assertThat(Json.parse(Bytes.utf8(links)))
                    .isEqualTo(names.stream().sorted().toList());
            // Each link leads to the file of its name.
            String contents = page.run("""
                    Promise.all([...document.querySelectorAll('tbody a')].slice(1).map(
                        a => fetch(location.origin + new URL(a.href).pathname).then(r => r.text()))).then(JSON.stringify)""");
            assertThat(Json.parse(Bytes.utf8(contents)))
                    .isEqualTo(names.stream().sorted().toList());
        }
    }

    @Test
    void a_page_leads_to_the_next_and_keeps_what_was_asked() throws Exception {
        HttpResponse<byte[]> page = files.get("/files/many/?limit=2&match=*.json&sort=size", "Accept", "text/html");
        String html = new String(page.body(), StandardCharsets.UTF_8);
        String next = html.replaceAll("(?s).*<a rel=\"next\" href=\"([^\"]*)\".*", "$1")
                .replace("&amp;", "&");
        assertThat(next).startsWith("?").contains("cursor=2", "limit=2", "sort=size", "match=*.json");
        assertThat(files.get("/files/many/" + next).statusCode()).isEqualTo(200);
    }
}
