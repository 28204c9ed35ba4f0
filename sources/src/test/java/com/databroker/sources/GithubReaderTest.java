package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Json;
import com.databroker.streams.Body;
import com.databroker.streams.Collected;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

final class GithubReaderTest {
    private static final String ONE = "{\"id\":\"1\",\"type\":\"WatchEvent\",\"created_at\":\"2026-01-02T03:04:05Z\","
            + "\"payload\":{\"action\":\"started\"}}";
    private static final String TWO =
            "{\"id\":\"2\",\"type\":\"PushEvent\",\"created_at\":\"2026-01-02T03:04:06Z\",\"payload\":{}}";
    private static final String KEY_ONE = "WatchEvent:1:2026-01-02T03:04:05Z";
    private static final String KEY_TWO = "PushEvent:2:2026-01-02T03:04:06Z";

    private final GithubReader reader = new GithubReader();

    private GithubKept read(String text) throws IOException {
        return GithubKept.of(reader, text);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(utf8(text));
        }
        return packed.toByteArray();
    }

    private static String pretty(String json) {
        return json.replace(",", ",\n  ").replace("{", "{\n  ").replace("}", "\n}");
    }

    @Test
    void an_answer_of_the_api_gives_each_event_of_its_array() throws Exception {
        assertThat(read("[" + ONE + "," + TWO + "]").ids()).containsExactly(KEY_ONE, KEY_TWO);
        assertThat(read("\ufeff [\n" + pretty(ONE) + " ,\n" + pretty(TWO) + "\n]\n")
                        .ids())
                .containsExactly(KEY_ONE, KEY_TWO);
        assertThat(read("[]").records).isEmpty();
        assertThat(read("[]").rejects).isEmpty();
    }

    @Test
    void a_single_event_may_be_on_one_line_or_on_many() throws Exception {
        assertThat(read(ONE).ids()).containsExactly(KEY_ONE);
        assertThat(read(pretty(ONE)).ids()).containsExactly(KEY_ONE);
        assertThat(read(pretty(ONE) + "\n" + pretty(TWO)).ids()).containsExactly(KEY_ONE, KEY_TWO);
    }

    @Test
    void pages_of_an_answer_may_follow_one_another() throws Exception {
        assertThat(read("[" + ONE + "][" + TWO + "]").ids()).containsExactly(KEY_ONE, KEY_TWO);
    }

    @Test
    void a_broken_line_is_rejected_and_the_others_stay() throws Exception {
        GithubKept kept = read(ONE + "\n{\"id\":\"3\",\"type\":\n\r\n" + TWO);
        assertThat(kept.ids()).containsExactly(KEY_ONE, KEY_TWO);
        assertThat(kept.reasons()).singleElement().asString().startsWith("line 2: it is not JSON within the limits");
        assertThat(kept.rejects.get(0).excerpt().utf8()).isEqualTo("{\"id\":\"3\",\"type\":");
    }

    @Test
    void lines_are_lines_also_where_the_first_is_broken() throws Exception {
        GithubKept kept = read("\"id\":\"0\"}\n" + ONE + "\n" + TWO + "\n");
        assertThat(kept.ids()).containsExactly(KEY_ONE, KEY_TWO);
        assertThat(kept.rejects).hasSize(1);
        assertThat(read("{\"id\":\"0\",\n" + ONE).ids()).containsExactly(KEY_ONE);
    }

    @Test
    void an_array_that_is_cut_off_gives_what_came_before() throws Exception {
        String whole = "[" + ONE + "," + TWO + "]";
        GithubKept kept = read(whole.substring(0, whole.length() - 20));
        assertThat(kept.ids()).containsExactly(KEY_ONE);
        assertThat(kept.reasons()).containsExactly("event 2: it is cut off");
        assertThat(read("[" + ONE).reasons()).containsExactly("event 2: the array is not closed");
    }

    @Test
    void what_is_no_event_is_rejected_by_itself() throws Exception {
        GithubKept kept = read("[7, \"x\", null, [1,{\"a\":2}], {}, " + ONE + ", {\"a\":1]}, " + TWO + "] tail");
        assertThat(kept.ids()).containsExactly(KEY_ONE, KEY_TWO);
        assertThat(kept.reasons()).hasSize(8).contains("event 10: no object begins here");
        assertThat(read("<html>503</html>").reasons()).containsExactly("event 1: it does not begin like JSON");
        assertThat(read("{\"message\":\"Not Found\",\"documentation_url\":\"x\"}")
                        .reasons())
                .containsExactly("line 1: it is an error: Not Found");
        assertThat(read("").rejects).isEmpty();
    }

    @Test
    void an_hour_of_gh_archive_is_unpacked_with_all_its_members() throws Exception {
        ByteArrayOutputStream two = new ByteArrayOutputStream();
        two.write(gzip(ONE + "\n"));
        two.write(gzip(TWO + "\n"));
        GithubKept kept = GithubKept.of(reader, "2026-01-02-3.json.gz", Map.of(), two.toByteArray());
        assertThat(kept.ids()).containsExactly(KEY_ONE, KEY_TWO);
        assertThat(kept.rejects).isEmpty();
        assertThat(kept.records.get(0).json().utf8()).isEqualTo("{\"_source\":\"gharchive\"," + ONE.substring(1));
    }

    @Test
    void a_cut_or_damaged_hour_gives_what_came_before_and_a_reject() throws Exception {
        String many = (ONE + "\n").repeat(2000) + TWO;
        byte[] packed = gzip(many);
        GithubKept cut = GithubKept.of(reader, "x.json.gz", Map.of(), Arrays.copyOf(packed, packed.length - 12));
        assertThat(cut.rejects).hasSize(1);
        assertThat(cut.reasons().get(0)).contains("the compressed data ends in the middle");

        packed[packed.length - 20] ^= 0x55;
        GithubKept damaged = GithubKept.of(reader, "x.json.gz", Map.of(), packed);
        assertThat(damaged.rejects).isNotEmpty();
        assertThat(damaged.reasons().toString()).contains("the compressed data");
    }

    @Test
    void bytes_that_cannot_be_had_are_the_callers_trouble() {
        byte[] begin = utf8(" ".repeat(100_000));
        InputStream failing = new SequenceInputStream(new ByteArrayInputStream(begin), new InputStream() {
            @Override
            public int read() throws IOException {
                throw new IOException("the disk is gone");
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return read();
            }
        });
        Body body = new Body("b", "b", Map.of(), GithubKept.ARRIVED, failing);
        assertThatThrownBy(() -> reader.read(body, new GithubKept())).hasMessage("the disk is gone");
    }

    @Test
    void a_webhook_takes_type_and_id_from_its_headers() throws Exception {
        String payload = "{\"action\":\"created\",\"repository\":{\"id\":5},\"sender\":{\"login\":\"a\"}}";
        Map<String, String> headers = Map.of("x-github-event", "star", "x-github-delivery", "72d3162e-cc78");
        GithubKept kept = GithubKept.of(reader, "hook", headers, utf8(payload));
        assertThat(kept.ids()).containsExactly("72d3162e-cc78");
        assertThat(kept.records.get(0).json().utf8())
                .isEqualTo("{\"_source\":\"webhook\",\"id\":\"72d3162e-cc78\",\"type\":\"StarEvent\",\"payload\":"
                        + payload + "}");

        Map<String, String> form = Map.of(
                "x-github-event",
                "star",
                "x-github-delivery",
                "2",
                "content-type",
                "application/x-www-form-urlencoded");
        String encoded = "payload=" + URLEncoder.encode(payload, StandardCharsets.UTF_8);
        assertThat(GithubKept.of(reader, "hook", form, utf8(encoded)).ids()).containsExactly("2");
    }

    @Test
    void a_webhook_without_headers_has_an_id_from_its_bytes() throws Exception {
        String payload = "{\"zen\":\"Keep it logically awesome.\",\"hook_id\":1}";
        assertThat(read(payload).ids())
                .isEqualTo(read(payload).ids())
                .allMatch(id -> id.matches("sha256-[0-9a-f]{32}"));
        assertThat(read(payload).records.get(0).json().utf8()).contains("\"type\":\"PingEvent\"");
    }

    @Test
    void a_form_in_a_file_is_the_webhook_that_is_in_it() throws Exception {
        String payload = "{\"zen\":\"Half & half = 100%\",\"hook_id\":1}";
        String form = "payload=" + URLEncoder.encode(payload, StandardCharsets.UTF_8);
        assertThat(read(form).ids()).isEqualTo(read(payload).ids()).hasSize(1);
        assertThat(read(form).records.get(0).json())
                .isEqualTo(read(payload).records.get(0).json());
        assertThat(read("payload=%7").rejects).hasSize(1);
        assertThat(read("payload").rejects).hasSize(1);
    }

    @Test
    void an_event_without_id_as_until_2014_has_one_from_its_bytes() throws Exception {
        String old = "{\"type\":\"ForkEvent\",\"actor\":\"somebody\",\"created_at\":\"2012/01/02 03:04:05 -0800\"}";
        assertThat(read(old).ids().get(0)).matches("ForkEvent:sha256-[0-9a-f]{32}:2012/01/02 03:04:05 -0800");
    }

    @Test
    void addresses_are_masked_wherever_they_are_and_nothing_else_changes() throws Exception {
        String event = "{\"id\":\"1\",\"type\":\"PushEvent\",\"created_at\":\"2026-01-02T03:04:05Z\","
                + "\"payload\":{\"commits\":["
                + "{\"author\":{\"email\":\"Ann O'Hara <ann@localhost>\",\"name\":\"ann\"},"
                + "\"message\":\"x\\nbob@example.org"
                + " \\u003cc.d+e@sub.example.co\\u003e \\\\n@x.org j\\u00fcrg@x.de jürg@x.de "
                + "a\\u0040b.org pkg@1.2.3 @you"
                + " git@github.com:a/b\"}]}}";
        String json = read(event).records.get(0).json().utf8();
        assertThat(json)
                .contains("\"email\":\"***@localhost>\"")
                .contains("\"message\":\"x\\n***@example.org \\u003c***@sub.example.co\\u003e \\\\***@x.org ***@x.de"
                        + " ***@x.de ***\\u0040b.org pkg@1.2.3 @you git@github.com:a/b\"");
        assertThat(GithubKept.of(reader, json.replace("{\"_source\":\"api\",", "{"))
                        .records
                        .get(0)
                        .json()
                        .utf8())
                .isEqualTo(json);
        assertThat(Json.parseObject(read(event).records.get(0).json())).containsKey("payload");
        assertThat(read("[oops ann@example.org]").rejects.get(0).excerpt().utf8())
                .doesNotContain("ann");
    }

    @Test
    void sizes_nesting_and_numbers_of_rejects_have_limits() throws Exception {
        GithubReader small = new GithubReader(1 << 20, 4096);
        String large = "{\"id\":\"9\",\"type\":\"PushEvent\",\"payload\":{\"a\":\"" + "y".repeat(10_000) + "\"}}";
        for (String body : List.of(ONE + "\n" + large + "\n" + TWO, "[" + ONE + "," + large + "," + TWO + "]")) {
            GithubKept kept = GithubKept.of(small, body);
            assertThat(kept.ids()).containsExactly(KEY_ONE, KEY_TWO);
            assertThat(kept.reasons()).singleElement().asString().endsWith("2: it is longer than 4096 bytes");
            assertThat(kept.rejects.get(0).excerpt().utf8()).startsWith("{\"id\":\"9\"");
        }
        String deep = "{\"id\":\"9\",\"type\":\"PushEvent\",\"payload\":" + "[".repeat(5000) + "]".repeat(5000) + "}";
        assertThat(read(deep).reasons()).singleElement().asString().contains("nesting depth");
        assertThat(read("[" + "7,".repeat(5000) + "7]").rejects).hasSize(1001);
        GithubKept bomb = GithubKept.of(small, "x.json.gz", Map.of(), gzip(ONE + "\n" + " ".repeat(5 << 20)));
        assertThat(bomb.ids()).containsExactly(KEY_ONE);
        assertThat(bomb.reasons().toString()).contains("larger than 1048576 bytes unpacked");
    }

    @Test
    void ids_and_types_that_are_not_words_are_rejected() throws Exception {
        assertThat(read("{\"id\":\"a b\",\"type\":\"X\",\"payload\":{}}").rejects)
                .hasSize(1);
        assertThat(read("{\"id\":\"1\",\"type\":\"X\\n\",\"payload\":{}}").rejects)
                .hasSize(1);
        assertThat(read("{\"id\":\"1\",\"type\":\"X\",\"created_at\":\"\\n\"}").rejects)
                .hasSize(1);
        for (Collected collected : read("{\"id\":7,\"type\":\"X\",\"payload\":{}}").records) {
            assertThat(collected.id()).isEqualTo("X:7:");
        }
    }

    @Test
    void bytes_that_are_not_utf8_are_rejected() throws Exception {
        byte[] bytes = utf8(ONE.replace("started", "st?rted"));
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = bytes[i] == '?' ? (byte) 0xe9 : bytes[i];
        }
        assertThat(GithubKept.of(reader, "x", Map.of(), bytes).rejects).hasSize(1);
    }
}
