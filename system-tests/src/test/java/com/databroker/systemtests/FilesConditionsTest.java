package com.databroker.systemtests;

import static com.databroker.systemtests.FilesBroker.header;
import static com.databroker.systemtests.FilesBroker.problem;
import static com.databroker.systemtests.FilesBroker.text;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.CsvSource;

/// Every condition of RFC 9110, section 13, in every method, with a file and without one.
class FilesConditionsTest {
    /// In two digits of the day, as the form demands; Java's own has one where one is enough.
    static final String HTTP_DATE = "EEE, dd MMM yyyy HH:mm:ss 'GMT'";

    private static final String[] CREATION = {"Tus-Resumable", "1.0.0", "Upload-Length", "5"};

    @SuppressWarnings("NullAway.Init")
    private static FilesBroker files;

    @BeforeAll
    static void start(@TempDir Path data) throws Exception {
        files = FilesBroker.start(data.resolve("broker"), Map.of());
    }

    @AfterAll
    static void stop() {
        files.close();
    }

    @BeforeEach
    void hearNothingOld() throws Exception {
        files.told();
    }

    /// Something that is asked of a file.
    enum Asked {
        GET(200, 404),
        HEAD(200, 404),
        PUT(204, 201),
        POST(204, 201),
        TUS(201, 201),
        DELETE(204, 404);

        private final int there;
        private final int missing;

        Asked(int there, int missing) {
            this.there = there;
            this.missing = missing;
        }

        boolean reads() {
            return this == GET || this == HEAD;
        }

        /// The status without any condition: where that is an error, no condition counts.
        int plain(boolean exists) {
            return exists ? there : missing;
        }

        HttpResponse<byte[]> send(String path, String... conditions) throws Exception {
            String[] headers = this == TUS
                    ? Stream.concat(Stream.of(CREATION), Stream.of(conditions)).toArray(String[]::new)
                    : conditions;
            return files.send(this == TUS ? "POST" : name(), path, this == PUT || this == POST ? "fresh" : "", headers);
        }
    }

    /// How a condition is answered. An error that would come without it comes with it.
    enum Outcome {
        /// As if there were no condition.
        DONE,
        /// The sender has this version: not sent again, not replaced.
        KNOWN,
        /// As [#KNOWN] to who reads, and nothing to who writes.
        KNOWN_TO_READERS,
        FAILED,
        MALFORMED;

        int status(Asked asked, boolean exists) {
            int plain = asked.plain(exists);
            if (plain == 404) {
                return this == MALFORMED && asked == Asked.DELETE ? 400 : 404;
            }
            return switch (this) {
                case DONE -> plain;
                case KNOWN -> asked.reads() ? 304 : 412;
                case KNOWN_TO_READERS -> asked.reads() ? 304 : plain;
                case FAILED -> 412;
                case MALFORMED -> 400;
            };
        }
    }

    /// The rows of conditions.txt: conditions, then what they are where the file is there, and where it is missing.
    /// `$ETAG` is its tag, `$BARE` the same without quotes, `$DATE`, `$BEFORE`, `$AFTER` are about its date, with
    /// 850 or ASC in old forms.
    @ParameterizedTest
    @CsvFileSource(resources = "conditions.txt", delimiter = '|', quoteCharacter = '`')
    void conditions_hold_in_every_method_as_the_rfc_says(String condition, Outcome there, Outcome missing)
            throws Exception {
        for (Asked asked : Asked.values()) {
            for (boolean exists : new boolean[] {true, false}) {
                int expected = (exists ? there : missing).status(asked, exists);
                check(asked, exists, condition, expected);
            }
        }
    }

    private static void check(Asked asked, boolean exists, String condition, int expected) throws Exception {
        String path = "/files/cells/" + asked;
        HttpResponse<byte[]> head = store("/files/cells/tag");
        if (exists) {
            head = store(path);
        } else {
            files.send("DELETE", path, "");
        }
        files.told();
        HttpResponse<byte[]> answer = asked.send(path, headers(condition, head));
        String cell = asked + (exists ? " of what is there, " : " of what is missing, ") + condition + ": ";
        assertThat(answer.statusCode()).as(cell + text(answer)).isEqualTo(expected);
        boolean changed = !asked.reads() && asked != Asked.TUS && expected / 100 == 2;
        assertThat(files.told()).as(cell).hasSize(changed ? 1 : 0);
        HttpResponse<byte[]> now = files.send("HEAD", path, "");
        if (!changed) {
            assertThat(now.statusCode()).as(cell).isEqualTo(exists ? 200 : 404);
            assertThat(header(now, "ETag")).as(cell).isEqualTo(exists ? header(head, "ETag") : "");
        }
        if (expected == 412) {
            assertThat(header(answer, "Repr-Digest")).as(cell).isEmpty();
            assertThat(asked == Asked.HEAD ? 4002 : problem(answer)).as(cell).isEqualTo(4002);
        } else if (expected == 304) {
            assertThat(header(answer, "ETag")).as(cell).isEqualTo(header(head, "ETag"));
            assertThat(header(answer, "Cache-Control")).as(cell).isNotEmpty();
        } else if (asked == Asked.TUS && expected == 201) {
            files.send("DELETE", header(answer, "Location"), "", "Tus-Resumable", "1.0.0");
        }
        files.awaitNoDrafts();
    }

    private static HttpResponse<byte[]> store(String path) throws Exception {
        assertThat(files.put(path, "stood").statusCode()).isIn(201, 204);
        return files.send("HEAD", path, "");
    }

    private static String[] headers(String condition, HttpResponse<?> head) {
        ZonedDateTime modified =
                ZonedDateTime.parse(header(head, "Last-Modified"), DateTimeFormatter.RFC_1123_DATE_TIME);
        String filled = condition
                .replace("$ETAG", header(head, "ETag"))
                .replace("$BARE", header(head, "ETag").replace("\"", ""))
                .replace("$DATE", header(head, "Last-Modified"));
        filled = dates(filled, "", HTTP_DATE, modified);
        filled = dates(filled, "850", "EEEE, dd-MMM-yy HH:mm:ss 'GMT'", modified);
        filled = dates(filled, "ASC", "EEE MMM ppd HH:mm:ss yyyy", modified);
        List<String> headers = new ArrayList<>();
        for (String line : filled.split("; ", -1)) {
            int colon = line.indexOf(':');
            headers.add(line.substring(0, colon));
            headers.add(line.substring(colon + 1).strip());
        }
        return headers.toArray(new String[0]);
    }

    /// Of `$<name>BEFORE` and its like dates in a form.
    static String dates(String text, String name, String form, ZonedDateTime modified) {
        DateTimeFormatter formatter = DateTimeFormatter.ofPattern(form, Locale.US);
        return text.replace("$" + name + "BEFORE", formatter.format(modified.minusHours(30)))
                .replace("$" + name + "AFTER", formatter.format(modified.plusHours(30)))
                .replace("$" + name + "SAME", formatter.format(modified));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "X-None: x|206",
                "If-Range: $ETAG|206",
                "If-Range: W/$ETAG|200",
                "If-Range: \"a\"|200",
                "If-Range: $BARE|200",
                "If-Range: $ETAG, \"a\"|200",
                "If-Range: *|200",
                "If-Range: $DATE|206",
                "If-Range: $850SAME|206",
                "If-Range: $ASCSAME|206",
                "If-Range: $BEFORE|200",
                "If-Range: $AFTER|200",
                "If-Range: nonsense|200",
                "If-Range: $ETAG; If-Range: $ETAG|200",
                "If-Range: $ETAG; If-None-Match: $ETAG|304",
                "If-Range: \"a\"; If-None-Match: $ETAG|304",
                "If-Range: $ETAG; If-Match: \"a\"|412",
                "If-Range: \"a\"; If-Match: $ETAG|200",
                "If-Range: $ETAG; If-Match: $ETAG|206",
                "If-Range: $ETAG; If-Unmodified-Since: $BEFORE|412",
                "If-Range: $ETAG; If-Modified-Since: $BEFORE|206",
                "If-Range: $ETAG; If-Modified-Since: $DATE|304"
            })
    void a_range_is_sent_of_the_version_that_was_meant(String condition, int status) throws Exception {
        HttpResponse<byte[]> head = store("/files/range");
        String[] headers = Stream.concat(Stream.of("Range", "bytes=1-2"), Stream.of(headers(condition, head)))
                .toArray(String[]::new);
        HttpResponse<byte[]> answer = files.get("/files/range", headers);
        assertThat(answer.statusCode()).as(text(answer)).isEqualTo(status);
        if (status == 206) {
            assertThat(answer.body()).isEqualTo("to".getBytes(StandardCharsets.US_ASCII));
        }
        // Ranges are for GET, and for what is there.
        assertThat(files.send("HEAD", "/files/range", "", headers).statusCode())
                .isEqualTo(status == 206 ? 200 : status);
        assertThat(files.get("/files/none", headers).statusCode()).isEqualTo(404);
    }

    /// A folder is there, and has neither a tag nor a date; what is not deleted anyway is not asked for conditions.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "X-None: x|204",
                "If-Match: *|204",
                "If-Match: \"a\"|412",
                "If-Match: a|400",
                "If-None-Match: *|412",
                "If-None-Match: \"a\"|204",
                "If-Unmodified-Since: Mon, 02 Jan 2006 15:04:05 GMT|204"
            })
    void conditions_hold_for_folders_that_are_deleted(String condition, int status) throws Exception {
        int colon = condition.indexOf(':');
        String[] headers = {condition.substring(0, colon), condition.substring(colon + 2)};
        for (String how : List.of("", "?recursive")) {
            assertThat(files.put("/files/folder/sub/a", "x").statusCode()).isIn(201, 204);
            assertThat(files.send("DELETE", "/files/folder/", "", headers).statusCode())
                    .isEqualTo(status == 400 ? 400 : 409);
            if (how.isEmpty()) {
                files.send("DELETE", "/files/folder/sub/a", "");
            }
            HttpResponse<byte[]> answer = files.send("DELETE", "/files/folder/sub/" + how, "", headers);
            assertThat(answer.statusCode()).as(text(answer)).isEqualTo(status);
            assertThat(files.get("/files/folder/sub/").statusCode()).isEqualTo(status == 204 ? 404 : 200);
        }
        assertThat(files.send("DELETE", "/files/folder/?recursive", "").statusCode())
                .isEqualTo(204);
    }

    /// What would be refused without a condition is refused for that reason.
    @Test
    void another_error_comes_before_a_condition() throws Exception {
        assertThat(files.put("/files/order/folder/a", "x").statusCode()).isEqualTo(201);
        String[] never = {"If-Match", "\"never\""};
        assertThat(files.put("/files/order/folder", "x", never).statusCode()).isEqualTo(409);
        assertThat(files.put("/files/order/folder/a/b", "x", never).statusCode())
                .isEqualTo(409);
        assertThat(files.send("DELETE", "/files/order/none", "", never).statusCode())
                .isEqualTo(404);
        assertThat(files.sendAs("", "PUT", "/files/order/folder/a", new byte[1], never)
                        .statusCode())
                .isEqualTo(401);
        try (AttackSocket socket = files.connect()) {
            socket.send(files.head("PUT /files/order/big", "Content-Length: 99999999999", "If-Match: \"never\""));
            assertThat(socket.answer().status()).isEqualTo(413);
        }
    }
}
