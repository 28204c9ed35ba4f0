package com.databroker.sources;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Json;
import com.databroker.streams.BodyReader;
import com.databroker.streams.Collected;
import com.databroker.streams.PoisonException;
import com.databroker.streams.RecordParser;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/// Broken bodies: whatever is done to them, each part is a record or a reject, and nothing else is thrown.
final class GithubFuzzTest {
    private static final long SEED = 20_261_128L;
    private static final String[] PIECES = {
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\\",
        "\\u0040",
        ",",
        ":",
        "null",
        "1e999",
        "\n",
        "@a.org",
        "\u0000",
        "\ufeff",
        "é",
        "<",
        ">",
        "</entry>",
        "<entry>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]>",
        "&b;",
        "&#0;",
        "]]>",
        "<![CDATA[",
        "v1",
        "\\\\\n",
        "$",
        "{\\\"",
    };

    /// Counts the bodies that gave anything, so that a test of nothing does not pass.
    static int fuzz(Supplier<BodyReader> readers, RecordParser parser, List<byte[]> seeds, int rounds)
            throws Exception {
        SplittableRandom random = new SplittableRandom(SEED);
        int given = 0;
        for (int round = 0; round < rounds; round++) {
            byte[] body = seeds.get(random.nextInt(seeds.size()));
            int changes = 1 + random.nextInt(6);
            for (int i = 0; i < changes; i++) {
                body = changed(body, random);
            }
            GithubKept kept = new GithubKept();
            try {
                kept = GithubKept.of(readers.get(), "body", Map.of(), body);
                for (Collected record : kept.records) {
                    assertThat(record.id().length()).isBetween(1, Collected.ID_BYTES_MAX);
                    assertThat(Json.bytes(out -> out.writeString(record.id())).length())
                            .isPositive();
                    parser.parse(record, GithubKept.ARRIVED);
                }
            } catch (PoisonException asItMay) {
                assertThat(asItMay.reason()).isNotBlank();
            } catch (Exception | StackOverflowError | AssertionError failure) {
                throw new AssertionError(
                        "seed " + SEED + ", round " + round + ": " + "" + new String(body, StandardCharsets.UTF_8),
                        failure);
            }
            given += kept.records.size() + kept.rejects.size() > 0 ? 1 : 0;
        }
        return given;
    }

    private static byte[] changed(byte[] body, SplittableRandom random) {
        if (body.length == 0) {
            return body;
        }
        int at = random.nextInt(body.length);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(body, 0, at);
        int rest = at;
        switch (random.nextInt(5)) {
            case 0 -> rest = body.length;
            case 1 -> rest = Math.min(body.length, at + 1 + random.nextInt(40));
            case 2 -> {
                out.write(random.nextInt(256));
                rest = at + 1;
            }
            case 3 -> out.writeBytes(PIECES[random.nextInt(PIECES.length)].getBytes(StandardCharsets.UTF_8));
            default -> out.write(body, at, random.nextInt(Math.min(body.length - at, 2000) + 1));
        }
        out.write(body, rest, body.length - rest);
        return out.toByteArray();
    }

    @Test
    void a_broken_body_of_github_gives_records_and_rejects_and_nothing_else() throws Exception {
        String event = "{\"id\":\"1\",\"type\":\"PushEvent\",\"actor\":{\"id\":1,\"login\":\"a\"},"
                + "\"created_at\":\"2026-01-02T03:04:05Z\","
                + "\"payload\":{\"size\":1,\"commits\":[{\"author\":{\"email\":\"a@b.org\"},"
                + "\"message\":\"m \\u003ca@b.org\\u003e é"
                + " arXiv:2104.12255v1 https://x.org/(a)\"}],"
                + "\"issue\":{\"labels\":[{\"name\":\"l\"}],\"number\":3}}}";
        String hook =
                "{\n \"action\": \"opened\",\n \"repository\": {\"id\": 1},\n \"sender\": " + "{\"login\": \"a\"}\n}";
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write((event + "\n").repeat(5).getBytes(StandardCharsets.UTF_8));
        }
        List<byte[]> seeds = List.of(
                ("[" + event + ",\n" + event + "]").getBytes(StandardCharsets.UTF_8),
                (event + "\n" + event + "\n").getBytes(StandardCharsets.UTF_8),
                hook.getBytes(StandardCharsets.UTF_8),
                packed.toByteArray());
        Supplier<BodyReader> small = () -> new GithubReader(1 << 20, 2048);
        assertThat(fuzz(small, new GithubParser(), seeds, 4_000)).isGreaterThan(3_000);
    }
}
