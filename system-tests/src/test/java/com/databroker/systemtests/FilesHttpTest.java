package com.databroker.systemtests;

import static com.databroker.systemtests.FilesBroker.digest;
import static com.databroker.systemtests.FilesBroker.header;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// GET and HEAD of files as RFC 9110 and 9530 have them: conditions, ranges, digests, media types.
class FilesHttpTest {
    /// An empty file, one that is sent from memory, one that is sent from the disk.
    private static final int[] SIZES = {0, 1024, 300 << 10};

    @SuppressWarnings("NullAway.Init")
    private static FilesBroker files;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        files = FilesBroker.start(data.resolve("broker"), Map.of());
        for (int size : SIZES) {
            assertThat(files.send("PUT", path(size), content(size)).statusCode())
                    .isEqualTo(201);
        }
    }

    @AfterAll
    static void stop() {
        files.close();
    }

    private static byte[] content(int size) {
        return FilesBroker.random(size, size);
    }

    private static String path(int size) {
        return "/files/sizes/" + size + ".bin";
    }

    /// `header: value` pairs with what they are answered; `$ETAG`, `$DATE`, `$BEFORE` and `$AFTER` stand for the
    /// file's own.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "If-None-Match: $ETAG|304",
                "If-None-Match: W/$ETAG|304",
                "If-None-Match: *|304",
                "If-None-Match: \"a\", W/\"b\" , $ETAG|304",
                "If-None-Match: \"a\"; If-None-Match: $ETAG|304",
                "If-None-Match: \"a\"|200",
                "If-None-Match: \"*\"|200",
                "If-Match: $ETAG|200",
                "If-Match: *|200",
                "If-Match: \"a\", $ETAG|200",
                "If-Match: \"a\"; If-Match: $ETAG|200",
                "If-Match: \"a\"|412",
                "If-Match: W/$ETAG|412",
                "If-Match: \"*\"|412",
                "If-Match: $ETAG; If-None-Match: $ETAG|304",
                "If-Match: \"a\"; If-None-Match: $ETAG|412",
                "If-Modified-Since: $DATE|304",
                "If-Modified-Since: $AFTER|304",
                "If-Modified-Since: $BEFORE|200",
                "If-Modified-Since: yesterday|200",
                "If-Modified-Since: $AFTER; If-None-Match: \"a\"|200",
                "If-Modified-Since: $BEFORE; If-None-Match: $ETAG|304",
                "If-Unmodified-Since: $DATE|200",
                "If-Unmodified-Since: $AFTER|200",
                "If-Unmodified-Since: $BEFORE|412",
                "If-Unmodified-Since: tomorrow|200",
                "If-Unmodified-Since: $BEFORE; If-Match: $ETAG|200"
            })
    void conditions_are_answered_as_the_rfc_says(String condition, int status) throws Exception {
        for (int size : SIZES) {
            for (String method : List.of("GET", "HEAD")) {
                HttpResponse<byte[]> head = files.send("HEAD", path(size), new byte[0]);
                HttpResponse<byte[]> answer = files.send(method, path(size), new byte[0], headers(condition, head));
                assertThat(answer.statusCode()).as(method + " " + size).isEqualTo(status);
                assertThat(answer.body())
                        .hasSize(
                                method.equals("HEAD") || status == 304
                                        ? 0
                                        : status == 200 ? size : answer.body().length);
                if (status == 412) {
                    // Nothing is said of bytes that are not the file's.
                    assertThat(header(answer, "Repr-Digest")).isEmpty();
                    assertThat(header(answer, "Content-Type")).startsWith("application/problem+json");
                } else {
                    assertThat(header(answer, "ETag")).isEqualTo(header(head, "ETag"));
                }
            }
        }
    }

    private static String[] headers(String condition, HttpResponse<?> head) {
        ZonedDateTime modified =
                ZonedDateTime.parse(header(head, "Last-Modified"), DateTimeFormatter.RFC_1123_DATE_TIME);
        List<String> headers = new ArrayList<>();
        String filled = FilesConditionsTest.dates(condition, "", FilesConditionsTest.HTTP_DATE, modified);
        for (String line : filled.split("; ", -1)) {
            int colon = line.indexOf(':');
            headers.add(line.substring(0, colon));
            headers.add(line.substring(colon + 1)
                    .strip()
                    .replace("$ETAG", header(head, "ETag"))
                    .replace("$DATE", header(head, "Last-Modified")));
        }
        return headers.toArray(new String[0]);
    }

    @Test
    void head_says_what_get_says_and_the_etag_is_strong_and_new_with_every_version() throws Exception {
        for (int size : SIZES) {
            HttpResponse<byte[]> get = files.get(path(size));
            HttpResponse<byte[]> head = files.send("HEAD", path(size), new byte[0]);
            assertThat(get.body()).isEqualTo(content(size));
            assertThat(head.body()).isEmpty();
            assertThat(head.headers().map()).isEqualTo(get.headers().map());
            assertThat(header(get, "Content-Length")).isEqualTo(Integer.toString(size));
            assertThat(header(get, "ETag")).matches("\"[0-9a-f-]+\"");
            assertThat(header(get, "Last-Modified"))
                    .matches("[A-Z][a-z]{2}, \\d\\d [A-Z][a-z]{2} \\d{4} [0-9:]{8} GMT");
            assertThat(header(get, "Accept-Ranges")).isEqualTo("bytes");
            assertThat(header(get, "Repr-Digest")).isEqualTo(digest("sha-256", content(size)));
        }
        String first = header(files.put("/files/same", "x"), "ETag");
        assertThat(header(files.put("/files/same", "x"), "ETag")).isNotEqualTo(first);
    }

    /// Ranges of a file of 1,024 bytes and more; `n` is its size. `-` stands for the whole file, `!` for none.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bytes=0-0|0-0",
                "bytes=0-|0-n",
                "BYTES=1-2|1-2",
                "bytes=100-199|100-199",
                "bytes= 100-199|100-199",
                "bytes=1000-999999999|1000-n",
                "bytes=-1|n-n",
                "bytes=-999999999999|0-n",
                "bytes=0-9,5-20|0-20",
                "bytes=5-20,0-4|0-20",
                "bytes=0-1,1000-1003|0-1 1000-1003",
                "bytes=1000-1003 , 0-1|0-1 1000-1003",
                "bytes=0-0,2-2,4-4,6-6|0-0 2-2 4-4 6-6",
                "bytes=0-0,2-2,4-4,6-6,8-8|-",
                "bytes=0-1,999999999-|0-1",
                "bytes=-0,0-1|0-1",
                "bytes=999999999-|!",
                "bytes=-0|!",
                "bytes=|-",
                "bytes=-|-",
                "bytes=a-b|-",
                "bytes=5-4|-",
                "bytes=0-1,5-4|-",
                "bytes=--5|-",
                "bytes=+1-5|-",
                "bytes=0x1-5|-",
                "bytes 0-1|-",
                "lines=0-1|-",
                "bytes=99999999999999999999-|-"
            })
    void ranges_are_answered_byte_for_byte(String range, String expected) throws Exception {
        for (int size : List.of(SIZES[1], SIZES[2])) {
            HttpResponse<byte[]> answer = files.get(path(size), "Range", range);
            if (expected.equals("-")) {
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body()).isEqualTo(content(size));
            } else if (expected.equals("!")) {
                assertThat(answer.statusCode()).isEqualTo(416);
                assertThat(header(answer, "Content-Range")).isEqualTo("bytes */" + size);
                assertThat(header(answer, "Repr-Digest")).isEmpty();
            } else {
                assertThat(answer.statusCode()).isEqualTo(206);
                assertThat(header(answer, "Repr-Digest")).isEqualTo(digest("sha-256", content(size)));
                List<String> wanted = List.of(
                        expected.replace("n", Integer.toString(size - 1)).split(" ", -1));
                assertThat(parts(answer))
                        .isEqualTo(wanted.stream().map(part -> part(part, size)).toList());
            }
        }
    }

    private record Part(String contentRange, String bytes) {}

    private static Part part(String range, int size) {
        int dash = range.indexOf('-');
        int first = Integer.parseInt(range.substring(0, dash));
        int last = Integer.parseInt(range.substring(dash + 1));
        return new Part("bytes " + range + "/" + size, latin1(Arrays.copyOfRange(content(size), first, last + 1)));
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static List<Part> parts(HttpResponse<byte[]> answer) {
        String type = header(answer, "Content-Type");
        String body = latin1(answer.body());
        if (!type.startsWith("multipart/")) {
            assertThat(type).isEqualTo("application/octet-stream");
            return List.of(new Part(header(answer, "Content-Range"), body));
        }
        assertThat(header(answer, "Content-Range")).isEmpty();
        String boundary = "--" + type.replace("multipart/byteranges; boundary=", "");
        assertThat(body).endsWith("\r\n" + boundary + "--\r\n");
        List<Part> parts = new ArrayList<>();
        for (String part : body.substring(0, body.length() - boundary.length() - 6)
                .split(Pattern.quote("\r\n" + boundary + "\r\n"), -1)) {
            if (!part.isEmpty()) {
                int blank = part.indexOf("\r\n\r\n");
                Matcher range = Pattern.compile("Content-Type: application/octet-stream\r\nContent-Range: (.*)")
                        .matcher(part.substring(0, blank));
                assertThat(range.matches()).as(part.substring(0, blank)).isTrue();
                parts.add(new Part(range.group(1), part.substring(blank + 4)));
            }
        }
        return parts;
    }

    @Test
    void an_empty_file_has_no_range_and_head_ignores_ranges() throws Exception {
        for (String range : List.of("bytes=0-", "bytes=0-0", "bytes=-5")) {
            HttpResponse<byte[]> answer = files.get(path(0), "Range", range);
            assertThat(answer.statusCode()).isEqualTo(416);
            assertThat(header(answer, "Content-Range")).isEqualTo("bytes */0");
        }
        assertThat(files.text(path(0), "Range", "bytes=x")).isEqualTo("200 ");
        HttpResponse<byte[]> head = files.send("HEAD", path(1024), new byte[0], "Range", "bytes=0-1");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(header(head, "Content-Length")).isEqualTo("1024");
        assertThat(files.send("HEAD", path(1024), new byte[0], "Range", "bytes=9999-")
                        .statusCode())
                .isEqualTo(200);
    }

    /// What would be a boundary in a file that was made for it is not the one that is used.
    @Test
    void no_file_can_hold_the_boundary_of_its_own_ranges() throws Exception {
        String path = "/files/boundary.txt";
        String spread = "x".repeat(100);
        files.put(path, spread);
        String guessed = header(files.get(path, "Range", "bytes=0-1,50-51"), "Content-Type")
                .replaceAll(".*boundary=", "");
        files.put(path, "\r\n--" + guessed + "\r\n" + spread);
        HttpResponse<byte[]> answer = files.get(path, "Range", "bytes=0-40,60-61");
        String used = header(answer, "Content-Type").replaceAll(".*boundary=", "");
        assertThat(answer.statusCode()).isEqualTo(206);
        assertThat(latin1(answer.body()).split(Pattern.quote("--" + used), -1)).hasSize(4);
    }

    @Test
    void if_range_gives_the_part_of_this_version_and_the_whole_of_another() throws Exception {
        for (int size : List.of(SIZES[1], SIZES[2])) {
            HttpResponse<byte[]> head = files.send("HEAD", path(size), new byte[0]);
            for (String same : List.of(header(head, "ETag"), header(head, "Last-Modified"))) {
                HttpResponse<byte[]> part = files.get(path(size), "Range", "bytes=10-19", "If-Range", same);
                assertThat(part.statusCode()).isEqualTo(206);
                assertThat(part.body()).isEqualTo(Arrays.copyOfRange(content(size), 10, 20));
            }
            for (String other : List.of(
                    "\"other\"", "W/" + header(head, "ETag"), "Thu, 01 Jan 2026 00:00:00 GMT", "nonsense", "*")) {
                HttpResponse<byte[]> whole = files.get(path(size), "Range", "bytes=10-19", "If-Range", other);
                assertThat(whole.statusCode()).as(other).isEqualTo(200);
                assertThat(whole.body()).isEqualTo(content(size));
                // What is no range of another version is no error either.
                assertThat(files.get(path(size), "Range", "bytes=9999999-", "If-Range", other)
                                .statusCode())
                        .isEqualTo(200);
            }
            assertThat(files.get(path(size), "If-Range", header(head, "ETag")).statusCode())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sha-256=1|true",
                "sha-256|true",
                "sha-512=3, sha-256=1|true",
                "SHA-256=10|true",
                "sha-256=0|false",
                "sha-512=1|false",
                "sha-512=1, sha-256=0|false",
                "md5=1|false"
            })
    void a_digest_comes_with_a_file_unless_it_is_not_wanted(String wanted, boolean comes) throws Exception {
        for (int size : SIZES) {
            HttpResponse<byte[]> answer = files.get(path(size), "Want-Repr-Digest", wanted);
            assertThat(header(answer, "Repr-Digest")).isEqualTo(comes ? digest("sha-256", content(size)) : "");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a.txt||text/plain; charset=utf-8",
                "a.JSON||application/json",
                "a.tar.gz||application/gzip",
                "a.unheard-of||application/octet-stream",
                "none||application/octet-stream",
                "curl.json|application/x-www-form-urlencoded|application/json",
                "curl.txt|application/x-www-form-urlencoded; charset=x|text/plain; charset=utf-8",
                "own.txt|application/vnd.own+json; v=1|application/vnd.own+json; v=1",
                "page.txt|text/html|text/html"
            })
    void the_media_type_is_the_senders_or_that_of_the_name(String name, String sent, String expected) throws Exception {
        String path = "/files/types/" + name;
        files.put(path, "{}", sent == null ? new String[] {"X-Nothing", "1"} : new String[] {"Content-Type", sent});
        assertThat(header(files.get(path), "Content-Type")).isEqualTo(expected);
        assertThat(header(files.get(path), "X-Content-Type-Options")).isEqualTo("nosniff");
    }

    @Test
    void what_a_sender_says_of_a_file_comes_back_also_after_a_restart(@TempDir Path data) throws Exception {
        String[] said = {
            "X-Meta-Build",
            "17",
            "x-meta-Odd",
            "a & \"b\" = c",
            "X-Meta-Two",
            "1",
            "X-Meta-Two",
            "2",
            "Content-Type",
            "text/x-own",
            "X-Other",
            "no"
        };
        for (int life = 0; life < 2; life++) {
            try (FilesBroker own = FilesBroker.start(data, Map.of())) {
                if (life == 0) {
                    own.put("/files/a.txt", "x", said);
                    own.put("/files/b.txt", "x", said);
                    own.put("/files/b.txt", "y");
                }
                HttpResponse<byte[]> got = own.get("/files/a.txt");
                assertThat(header(got, "X-Meta-Build")).isEqualTo("17");
                assertThat(header(got, "X-Meta-Odd")).isEqualTo("a & \"b\" = c");
                assertThat(header(got, "X-Meta-Two")).isEqualTo("1, 2");
                assertThat(header(got, "Content-Type")).isEqualTo("text/x-own");
                assertThat(header(got, "X-Other")).isEmpty();
                assertThat(own.text("/files/")).contains("\"x-meta-build\":\"17\"");
                // The words were about the bytes before.
                assertThat(header(own.get("/files/b.txt"), "X-Meta-Build")).isEmpty();
                HttpResponse<byte[]> long_ = own.put("/files/c.txt", "x", "X-Meta-Long", "l".repeat(4096));
                assertThat(long_.statusCode()).isEqualTo(431);
                assertThat(own.get("/files/c.txt").statusCode()).isEqualTo(404);
            }
        }
    }

    @Test
    void words_beyond_ascii_come_back_byte_for_byte_and_cannot_add_a_header() throws Exception {
        String utf8 = latin1("ä €".getBytes(StandardCharsets.UTF_8));
        try (AttackSocket socket = files.connect()) {
            socket.send(files.head("PUT /files/words", "Content-Length: 1", "X-Meta-Who: " + utf8) + "x");
            assertThat(socket.answer().status()).isEqualTo(201);
            assertThat(socket.send(files.head("GET /files/words")).answer().header("X-Meta-Who"))
                    .isEqualTo(utf8);
        }
        try (AttackSocket socket = files.connect()) {
            socket.send(files.head("PUT /files/words2", "Content-Length: 1", "X-Meta-Who: a\rX-Injected: 1") + "x");
            assertThat(socket.answer().status()).isEqualTo(400);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain.txt",
                "it's.txt",
                "ä ö.txt",
                "\uD83D\uDE80.bin",
                "a;b=c,d.txt",
                "50% & more (1).txt",
                "~!@#$^&()_+=-{}[].x"
            })
    void a_download_is_saved_under_the_name_whatever_it_is(String name) throws Exception {
        String path = "/files/names/"
                + URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
        assertThat(files.put(path, "x").statusCode()).isIn(201, 204);
        assertThat(header(files.get(path), "Content-Disposition")).isEmpty();
        String disposition = header(files.get(path + "?download"), "Content-Disposition");
        Matcher matcher = Pattern.compile(
                        "attachment; filename=\"[A-Za-z0-9._ -]+\"; filename\\*=UTF-8''([!-~&&[^\"();,]]+)")
                .matcher(disposition);
        assertThat(matcher.matches()).as(disposition).isTrue();
        assertThat(URLDecoder.decode(matcher.group(1).replace("+", "%2B"), StandardCharsets.UTF_8))
                .isEqualTo(name);
    }

    @Test
    void curl_resumes_a_download_and_compares_nothing_twice(@TempDir Path folder) throws Exception {
        Path half = Files.write(folder.resolve("half"), Arrays.copyOf(content(300 << 10), 100_000));
        try (Peer curl =
                Peers.curl(files.broker, path(300 << 10), "-C", "-", "-o", half.toString(), "-w", "%{http_code}")) {
            curl.await("206");
            assertThat(curl.exit()).isZero();
        }
        assertThat(Files.readAllBytes(half)).isEqualTo(content(300 << 10));
        Path etag = folder.resolve("etag");
        for (String status : List.of("200", "304")) {
            try (Peer curl = Peers.curl(
                    files.broker,
                    path(1024),
                    "--etag-save",
                    etag.toString(),
                    "--etag-compare",
                    etag.toString(),
                    "-o",
                    folder.resolve("o").toString(),
                    "-w",
                    "%{http_code}")) {
                curl.await(status);
            }
        }
    }

    /// A file that another program is still writing has no version yet, and is given as it is.
    @Test
    void an_empty_file_of_another_program_is_there_at_once() throws Exception {
        Files.createFile(files.folder().resolve("fresh.txt"));
        assertThat(files.text("/files/fresh.txt")).isEqualTo("200 ");
    }

    @Test
    void the_script_of_an_uploaded_page_does_not_run(@TempDir Path folder) throws Exception {
        String script = "<script>document.title = 'ran'; document.documentElement.id = 'ran'</script>";
        files.put("/files/evil.html", "<title>quiet</title><p>page</p>" + script);
        files.put(
                "/files/evil.svg",
                "<svg xmlns='http://www.w3.org/2000/svg'><text y='20'>page</text>"
                        + script.replace("document.title = 'ran'; ", "") + "</svg>");
        for (String name : List.of("evil.html", "evil.svg")) {
            HttpResponse<byte[]> got = files.get("/files/" + name);
            assertThat(header(got, "Content-Security-Policy")).isEqualTo("sandbox");
            String credentials = "admin:" + files.broker.token() + "@";
            URI address =
                    URI.create(files.broker.http("/files/" + name).toString().replace("//", "//" + credentials));
            try (BrowserPage page = BrowserPage.open(folder.resolve(name), address)) {
                page.await("document.documentElement.textContent.includes('page')");
                assertThat(page.run("document.documentElement.id")).isEmpty();
                assertThat(page.run("window.origin")).isEqualTo("null");
            }
        }
    }

    @Test
    void every_answer_is_of_one_version_however_it_is_read() throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        HttpResponse<byte[]> head = files.send("HEAD", path(300 << 10), new byte[0]);
        for (int first = 0; first < 300 << 10; first += 50_000) {
            all.write(files.get(
                            path(300 << 10),
                            "Range",
                            "bytes=" + first + "-" + (first + 49_999),
                            "If-Range",
                            header(head, "ETag"))
                    .body());
        }
        assertThat(all.toByteArray()).isEqualTo(content(300 << 10));
        assertThat(header(head, "Cache-Control")).isEqualTo("private, no-cache");
        assertThat(header(head, "Content-Type").toLowerCase(Locale.ROOT)).isEqualTo("application/octet-stream");
    }
}
