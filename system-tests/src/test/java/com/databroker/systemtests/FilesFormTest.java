package com.databroker.systemtests;

import static com.databroker.systemtests.FilesBroker.digest;
import static com.databroker.systemtests.FilesBroker.header;
import static com.databroker.systemtests.FilesBroker.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Forms with files: by curl, by a browser, and by hand where both are too polite.
class FilesFormTest {
    private static final String FORM = "multipart/form-data; boundary=bound";

    @SuppressWarnings("NullAway.Init")
    private static FilesBroker files;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        files = FilesBroker.start(data.resolve("broker"), FilesBroker.rule("json", "typed/**", "types", "json"));
    }

    @AfterAll
    static void stop() {
        files.close();
    }

    @BeforeEach
    void hearNothingOld() throws Exception {
        files.told();
    }

    private static String part(String disposition, String body) {
        return "--bound\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + body + "\r\n";
    }

    private static String file(String name, String body) {
        return part("name=\"file\"; filename=\"" + name + "\"", body);
    }

    private static HttpResponse<byte[]> post(String folder, String body, String... more) throws Exception {
        String[] headers = Arrays.copyOf(new String[] {"Content-Type", FORM}, more.length + 2);
        System.arraycopy(more, 0, headers, 2, more.length);
        return files.send("POST", folder, body, headers);
    }

    /// Refused, and as if it had never been sent.
    private static void refused(HttpResponse<byte[]> answer, int status, String folder) throws Exception {
        assertThat(answer.statusCode()).as(text(answer)).isEqualTo(status);
        assertThat(files.told()).isEmpty();
        assertThat(files.folder().resolve(folder)).doesNotExist();
        files.awaitNoDrafts();
    }

    @Test
    void curl_sends_several_files_and_fields_and_each_is_stored_in_order(@TempDir Path folder) throws Exception {
        Path big = Files.write(folder.resolve("big ä \uD83D\uDE80.bin"), FilesBroker.random(1, 20 << 20));
        Path small = Files.writeString(folder.resolve("small one.txt"), "small");
        Path empty = Files.createFile(folder.resolve("empty"));
        try (Peer curl = Peers.curl(
                files.broker,
                "/files/curl/",
                "-F",
                "before=1",
                "-F",
                "a=@" + small,
                "-F",
                "between=2",
                "-F",
                "a=@" + big,
                "-F",
                "b=@" + empty + ";filename=named.json;type=text/html",
                "-F",
                "after=x;filename=",
                "-w",
                "\n%{http_code}")) {
            String said = curl.await(line -> line.startsWith("{"));
            curl.await("201");
            assertThat(said)
                    .containsSubsequence(
                            "\"curl/small one.txt\"", "\"curl/big ä \uD83D\uDE80.bin\"", "\"curl/named.json\"");
        }
        assertThat(files.told())
                .containsExactly(
                        "FILE CREATED curl/small one.txt",
                        "FILE CREATED curl/big ä \uD83D\uDE80.bin",
                        "FILE CREATED curl/named.json");
        assertThat(Files.mismatch(big, files.folder().resolve("curl/big ä \uD83D\uDE80.bin")))
                .isEqualTo(-1);
        assertThat(files.text("/files/curl/small%20one.txt")).isEqualTo("200 small");
        // A browser says of a file what it thinks of its name; so does the broker.
        assertThat(header(files.get("/files/curl/named.json"), "Content-Type")).isEqualTo("application/json");
        assertThat(files.onDisk().stream().filter(path -> path.startsWith("curl/")))
                .hasSize(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "plain.txt|plain.txt",
                "a/b.txt|a/b.txt",
                "name; filename=other|name; filename=other",
                "100% & more.txt|100% & more.txt",
                "../x|",
                "a/../../x|",
                "/x|",
                "C:\\x|",
                "a\\b|",
                "a\\|",
                "%22quoted%22|",
                "\\\"quoted\\\"|",
                "line%0D%0Aend|",
                "%41|",
                ".hidden|",
                ".dbk/x|",
                "a//b|",
                "a/|",
                ".|",
                "..|",
                "Broker_Users.xml|",
                "tab\there|"
            })
    void a_name_is_taken_as_it_is_or_refuses_the_form(String name, String stored) throws Exception {
        String form = file("good.txt", "good") + file(name, "body") + "--bound--\r\n";
        // A broken users file would be one of the others' business.
        String folder = name.contains("roker") ? "" : "named/";
        HttpResponse<byte[]> answer = post("/files/" + folder, form);
        if (stored == null) {
            assertThat(answer.statusCode()).as(text(answer)).isEqualTo(400);
            assertThat(files.told()).isEmpty();
            assertThat(files.onDisk()).doesNotContain("named/good.txt", "good.txt");
            files.awaitNoDrafts();
        } else {
            assertThat(files.told()).containsExactly("FILE CREATED named/good.txt", "FILE CREATED named/" + stored);
            assertThat(files.folder().resolve("named/" + stored)).hasContent("body");
            assertThat(files.send("DELETE", "/files/named?recursive", "").statusCode())
                    .isEqualTo(204);
        }
    }

    @Test
    void one_file_that_is_refused_refuses_them_all() throws Exception {
        String good = file("a.json", "{}");
        refused(post("/files/typed/", good + file("b.txt", "x") + "--bound--"), 415, "typed");
        refused(post("/files/twice/", good + file("a.json", "[]") + "--bound--"), 409, "twice");
        refused(post("/files/both/", file("g1", "x") + file("g1/sub", "y") + "--bound--"), 409, "both");
        refused(post("/files/users/", good + file("../broker_users.xml", "x") + "--bound--"), 400, "users");
        refused(post("/files/match/", good + "--bound--", "If-Match", "*"), 412, "match");
        refused(
                post("/files/digest/", good + "--bound--", "Content-Digest", digest("sha-256", new byte[1])),
                400,
                "digest");
        files.put("/files/there/b", "before");
        files.told();
        refused(
                post("/files/there/", good + file("b", "after") + "--bound--", "If-None-Match", "*"),
                412,
                "there/a.json");
        assertThat(files.text("/files/there/b")).isEqualTo("200 before");
        String some = files.broker.user("formwriter", "write:some/a.json");
        files.told();
        byte[] form = (good + file("c.json", "x") + "--bound--").getBytes(StandardCharsets.UTF_8);
        refused(files.sendAs(some, "POST", "/files/some/", form, "Content-Type", FORM), 403, "some");
        String users = Files.readString(files.folder().resolve("broker_users.xml"));
        refused(post("/files/", good + file("broker_users.xml", "<no/>") + "--bound--"), 422, "a.json");
        assertThat(files.folder().resolve("broker_users.xml")).hasContent(users);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "nonsense",
                "--bound--",
                "--bound--\r\n",
                "--bound",
                "--bound\r\n",
                "--bound\r\n\r\n",
                "--boundX\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nx\r\n--bound--",
                "--bound\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nx",
                "--bound\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nx\r\n--bound",
                "--bound\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nx\r\n--bound-",
                "--bound\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\nx\r\n--boundless\r\n--bound--",
                "--bound\r\nContent-Disposition: form-data; name=f; filename=a\n\r\nx\r\n--bound--",
                "--bound\r\nContent-Disposition: attachment; name=f; filename=a\r\n\r\nx\r\n--bound--",
                "--bound\r\nContent-Disposition: form-data; name=f; filename=a; filename=b\r\n\r\nx\r\n--bound--",
                "--bound\r\nContent-Disposition: form-data; name=f; filename=\"a\r\n\r\nx\r\n--bound--",
                "--bound\r\nContent-Disposition: form-data; x=\"; filename=a\"; name=f; filename=\r\n\r\nx\r\n--bound--",
                "--bound\r\nContent-Disposition: form-data; filename=a\r\nContent-Disposition: form-data\r\n\r\nx\r\n--bound--",
                "--bound\r\nContent-Disposition: form-data; filename=a\r\nContent-Transfer-Encoding: base64\r\n\r\neA==\r\n--bound--",
                "--bound\r\n: empty\r\n\r\nx\r\n--bound--",
                "--bound\r\nno colon\r\n\r\nx\r\n--bound--"
            })
    void a_malformed_form_is_refused(String form) throws Exception {
        refused(post("/files/malformed/", form), 400, "malformed");
    }

    @Test
    void what_stands_before_and_after_is_skipped_within_bounds() throws Exception {
        String form = file("a.txt", "x") + "--bound--";
        assertThat(post("/files/around/", "preamble\r\n" + form + "\r\nepilogue\r\n--bound\r\nmore")
                        .statusCode())
                .isEqualTo(201);
        assertThat(files.text("/files/around/a.txt")).isEqualTo("200 x");
        assertThat(post("/files/around/", "\r\n" + form.replace("--bound\r\n", "--bound \t\r\n"))
                        .statusCode())
                .isEqualTo(201);
        files.told();
        refused(post("/files/flood/", "p".repeat(9000) + "\r\n" + form), 400, "flood");
        refused(post("/files/flood/", form + "\r\n" + "e".repeat(9000)), 400, "flood");
        refused(
                post("/files/flood/", form.replace("\r\n\r\n", "\r\nX-Long: " + "h".repeat(9000) + "\r\n\r\n")),
                400,
                "flood");
        refused(post("/files/flood/", form.replace("\r\n\r\n", "\r\nX: 1".repeat(3000) + "\r\n\r\n")), 400, "flood");
        refused(post("/files/flood/", part("name=f", "x").repeat(1000) + form), 400, "flood");
        assertThat(post("/files/many/", part("name=f", "x").repeat(999) + form).statusCode())
                .isEqualTo(201);
        assertThat(files.told()).containsExactly("FILE CREATED many/a.txt");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "multipart/form-data",
                "multipart/form-data; boundary=",
                "multipart/form-data; boundary=\"\"",
                "multipart/form-data; boundary=bound; boundary=other",
                "multipart/form-data; x=\"; boundary=bound\"",
                "multipart/form-data; boundary=1234567890123456789012345678901234567890123456789012345678901234567890x"
            })
    void a_form_without_a_clear_boundary_is_refused(String type) throws Exception {
        HttpResponse<byte[]> answer =
                files.send("POST", "/files/unclear/", file("a", "x") + "--bound--", "Content-Type", type);
        refused(answer, 400, "unclear");
    }

    @Test
    void a_form_goes_to_a_folder_and_to_nothing_else() throws Exception {
        refused(post("/files/file.txt", file("a", "x") + "--bound--"), 400, "file.txt");
        files.put("/files/taken", "x");
        files.told();
        assertThat(post("/files/taken/", file("a", "x") + "--bound--").statusCode())
                .isEqualTo(409);
        assertThat(post("/files/unclear/", file("a", "x") + "--bound--", "Content-Encoding", "gzip")
                        .statusCode())
                .isEqualTo(415);
        assertThat(post("/files/unclear/", file("a", "x") + "--bound--", "Origin", "http://evil.example")
                        .statusCode())
                .isEqualTo(403);
        assertThat(files.told()).isEmpty();
    }

    /// Whatever looks like the beginning of a boundary within the files stays theirs.
    @Test
    void files_full_of_half_boundaries_come_back_byte_for_byte() throws Exception {
        SplittableRandom random = new SplittableRandom(20_261_121);
        String boundary = "----WebKitFormBoundary7MA4YWxkTrZu0gW";
        byte[] delimiter = ("\r\n--" + boundary).getBytes(StandardCharsets.US_ASCII);
        for (int round = 0; round < 30; round++) {
            List<byte[]> contents = new ArrayList<>();
            ByteArrayOutputStream form = new ByteArrayOutputStream();
            for (int i = 0; i < 3; i++) {
                ByteArrayOutputStream content = new ByteArrayOutputStream();
                for (int pieces = random.nextInt(2000); pieces > 0; pieces--) {
                    switch (random.nextInt(6)) {
                        case 0 -> content.write(random.nextInt(256));
                        case 1 -> content.write('\r');
                        case 2 -> content.writeBytes("\r\n--".getBytes(StandardCharsets.US_ASCII));
                        case 3 -> content.writeBytes("\r\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
                        case 4 -> content.writeBytes(FilesBroker.random(random.nextLong(), random.nextInt(200)));
                        default -> content.write(delimiter, 0, random.nextInt(1, delimiter.length));
                    }
                }
                contents.add(content.toByteArray());
                String head = (i == 0 ? "" : "\r\n") + "--" + boundary
                        + "\r\nContent-Disposition: form-data; name=\"f\"; filename=\"" + i + "\"\r\n\r\n";
                form.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
                form.writeBytes(content.toByteArray());
            }
            form.writeBytes(("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.US_ASCII));
            HttpResponse<byte[]> answer = files.send(
                    "POST",
                    "/files/half/",
                    form.toByteArray(),
                    "Content-Type",
                    "multipart/form-data; boundary=" + boundary);
            assertThat(answer.statusCode())
                    .as("round %d: %s", round, text(answer))
                    .isEqualTo(201);
            for (int i = 0; i < contents.size(); i++) {
                assertThat(files.get("/files/half/" + i).body())
                        .as("round " + round)
                        .isEqualTo(contents.get(i));
            }
        }
    }

    @Test
    void a_form_that_breaks_off_leaves_nothing() throws Exception {
        try (AttackSocket socket = files.connect()) {
            socket.send(files.head("POST /files/broken/", "Content-Type: " + FORM, "Content-Length: 1000000")
                    + file("a.txt", "whole")
                    + file("b.txt", "half"));
            AttackSocket.await("both have begun", () -> files.drafts().size() == 2);
        }
        files.awaitNoDrafts();
        assertThat(files.told()).isEmpty();
        assertThat(files.folder().resolve("broken")).doesNotExist();
    }

    /// The page's own form, sent by Chromium as a reader would: chosen files, a click, and the folder again.
    @Test
    void the_form_of_the_page_works_in_a_browser(@TempDir Path folder) throws Exception {
        files.put("/files/page/there.txt", "x");
        files.told();
        URI address = URI.create(
                files.broker.http("/files/page/").toString().replace("//", "//admin:" + files.broker.token() + "@"));
        try (BrowserPage page = BrowserPage.open(folder, address)) {
            page.await("document.body.textContent.includes('there.txt')");
            page.run("""
                    const chosen = new DataTransfer();
                    chosen.items.add(new File(['from a browser'], 'b ä \u2603 & "q".txt'.replaceAll('"', '')));
                    chosen.items.add(new File([new Uint8Array(100000)], 'zeros.bin'));
                    const input = document.querySelector('input[type=file]');
                    input.files = chosen.files;
                    input.form.requestSubmit();
                    """);
            Peers.until("the folder is shown again", () -> isShown(page, "zeros.bin"));
            assertThat(page.run("location.pathname")).isEqualTo("/files/page/");
            assertThat(page.run("document.querySelector('tbody').textContent")).contains("b ä ☃ & q.txt");
        }
        assertThat(files.told()).containsExactly("FILE CREATED page/b ä ☃ & q.txt", "FILE CREATED page/zeros.bin");
        assertThat(files.folder().resolve("page/zeros.bin")).hasSize(100_000);
    }

    private static boolean isShown(BrowserPage page, String text) throws InterruptedException {
        try {
            return page.run("document.body.textContent.includes('" + text + "')")
                    .equals("true");
        } catch (AssertionError navigating) {
            return false;
        }
    }

    @Test
    void a_browser_is_sent_back_to_the_folder_and_a_program_gets_json() throws Exception {
        String form = file("a.txt", "x") + "--bound--\r\n";
        HttpResponse<byte[]> page = post("/files/back/", form, "Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
        assertThat(page.statusCode()).isEqualTo(303);
        assertThat(header(page, "Location")).isEqualTo("/files/back/");
        HttpResponse<byte[]> program = post("/files/back/", form, "Accept", "*/*");
        assertThat(text(program)).startsWith("201 {\"files\":[{\"event\":\"FILE UPDATED\",\"path\":\"back/a.txt\"");
        assertThat(header(program, "Content-Type")).isEqualTo("application/json");
        assertThat(files.told()).hasSize(2);
    }
}
