package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Forms as programs write them come back byte for byte, in pieces of any size; forms that were cut off, flooded,
/// nested or broken end in a refusal that says so, and in no time. `-Dfuzz.seconds=3600` runs longer, `-Dfuzz.seed=…`
/// repeats a run.
class MultipartFormFuzzTest {
    private static final long SEED = Long.getLong("fuzz.seed", 20_261_128L);
    private static final long SECONDS = Long.getLong("fuzz.seconds", 3);
    private static final String BOUNDARY_CHARACTERS = "abzAZ019'()+_,-./:=?";
    private static final List<String> NAMES = List.of(
            "a.txt", "ä b.bin", "日本.md", "😀", "a;b=c", "x'y", "a,b", "a\"b", "..", "a/b", "%41", "n%22m", " ", "");
    private static final List<Charset> CHARSETS = List.of(
            StandardCharsets.UTF_8, StandardCharsets.ISO_8859_1, StandardCharsets.UTF_16, StandardCharsets.UTF_16LE);

    private final SplittableRandom random = new SplittableRandom(SEED);

    /// One part, as it was written or as it was read.
    private record Field(
            String name,
            @Nullable String filename,
            @Nullable String type,
            List<Byte> content) {}

    /// @param end of what is not epilogue
    private record Form(String boundary, List<Field> fields, Bytes text, int end) {
        byte[] bytes() {
            return text.toArray();
        }
    }

    private interface Round {
        void run() throws Exception;
    }

    private static void rounds(Round round) {
        long end = System.nanoTime() + SECONDS * 1_000_000_000L;
        for (int count = 0; count < 100 || System.nanoTime() < end; count++) {
            try {
                round.run();
            } catch (Exception | Error finding) {
                throw new AssertionError("seed " + SEED + ", round " + count, finding);
            }
        }
    }

    /// Gives as much as it likes, and notices who asks on after the end.
    private final class Pieces extends InputStream {
        private final byte[] bytes;
        private int at;
        private int afterEnd;

        Pieces(byte[] bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() {
            throw new AssertionError("one byte at a time");
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (at == bytes.length) {
                assertThat(++afterEnd).as("reads after the end").isLessThan(10);
                return -1;
            }
            int most = random.nextInt(4) == 0 ? 1 : random.nextInt(1, 5000);
            int count = Math.min(Math.min(length, most), bytes.length - at);
            System.arraycopy(bytes, at, into, offset, count);
            at += count;
            return count;
        }
    }

    private List<Field> parse(String contentType, byte[] bytes) throws IOException {
        MultipartForm form = MultipartForm.of(contentType, new Pieces(bytes));
        List<Field> fields = new ArrayList<>();
        for (MultipartForm.Part part = form.next(); part != null; part = form.next()) {
            byte[] content = random.nextInt(8) == 0 ? new byte[0] : part.body().readAllBytes();
            fields.add(new Field(part.name(), part.filename(), part.contentType(), boxed(content)));
        }
        assertThat(form.next()).isNull();
        return fields;
    }

    private static List<Byte> boxed(byte[] bytes) {
        List<Byte> boxed = new ArrayList<>();
        for (byte one : bytes) {
            boxed.add(one);
        }
        return boxed;
    }

    /// @return null where it was refused, as it may be: with a number that fits
    private @Nullable List<Field> parseOrRefuse(String contentType, byte[] bytes) throws IOException {
        try {
            return parse(contentType, bytes);
        } catch (ProblemException refused) {
            assertThat(refused.problem()).isIn(Problem.BAD_REQUEST, Problem.BODY_INCOMPLETE);
            assertThat(refused.detail()).isNotEmpty().hasSizeLessThan(500);
            return null;
        }
    }

    private String boundary() {
        StringBuilder boundary = new StringBuilder();
        for (int i = random.nextInt(1, random.nextBoolean() ? 4 : 71); i > 0; i--) {
            boundary.append(BOUNDARY_CHARACTERS.charAt(random.nextInt(BOUNDARY_CHARACTERS.length())));
        }
        return boundary.toString();
    }

    private static String type(String boundary) {
        return "multipart/form-data; boundary=\"" + boundary + "\"";
    }

    private Form form() {
        String boundary = boundary();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (random.nextInt(4) == 0) {
            text(out, "preamble\r\n-- \r\n");
        }
        List<Field> fields = new ArrayList<>();
        for (int i = random.nextInt(5); i >= 0; i--) {
            Field field = new Field(
                    name(),
                    random.nextInt(4) == 0 ? null : name(),
                    random.nextBoolean() ? null : "text/x-" + i,
                    boxed(content(boundary)));
            fields.add(field);
            text(out, "--" + boundary + " \t".substring(0, random.nextInt(3)) + "\r\n");
            write(out, field);
        }
        text(out, "--" + boundary + "--");
        int end = out.size();
        if (random.nextBoolean()) {
            text(out, "\r\nepilogue --" + boundary);
        }
        return new Form(boundary, fields, Bytes.wrap(out.toByteArray()), end);
    }

    private String name() {
        return NAMES.get(random.nextInt(NAMES.size()));
    }

    /// As browsers do it.
    private static String quoted(String name) {
        return '"' + name.replace("\"", "%22") + '"';
    }

    private void write(ByteArrayOutputStream out, Field field) {
        String header = random.nextBoolean() ? "Content-Disposition" : "cOnTeNt-DiSpOsItIoN";
        text(out, header + ": form-data; name=" + quoted(field.name));
        if (field.filename != null) {
            text(out, (random.nextBoolean() ? ";" : " ; ") + "filename=" + quoted(field.filename));
        }
        text(out, "\r\n");
        if (field.type != null) {
            text(out, "Content-Type:" + field.type + "  \r\n");
        }
        text(out, "\r\n");
        field.content.forEach(out::write);
        text(out, "\r\n");
    }

    private static void text(ByteArrayOutputStream out, String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /// Bytes full of what nearly ends them, but of nothing that does.
    private byte[] content(String boundary) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = random.nextInt(20); i > 0; i--) {
            switch (random.nextInt(5)) {
                case 0 -> text(out, "\r\n--" + boundary.substring(0, boundary.length() - 1));
                case 1 -> text(out, "\r\n-".repeat(random.nextInt(1, 4)));
                case 2 -> text(out, "\r");
                case 3 -> text(out, "\n--" + boundary);
                default -> {
                    byte[] noise = new byte[random.nextInt(i == 1 ? 70_000 : 200)];
                    random.nextBytes(noise);
                    out.writeBytes(noise);
                }
            }
        }
        String delimiter = "\r\n--" + boundary;
        // A terminator follows at once, so that the last bytes could be the first of it.
        String all = "\r\n" + out.toString(StandardCharsets.ISO_8859_1) + "\r\n-";
        return all.contains(delimiter) ? new byte[0] : out.toByteArray();
    }

    private static Field expected(Field field) {
        return new Field(unquoted(field.name), unquotedOrNull(field.filename), field.type, field.content);
    }

    /// What stood for a quote before is one afterwards: browsers do not escape the percent sign.
    private static String unquoted(String name) {
        return name.replace("%22", "\"");
    }

    private static @Nullable String unquotedOrNull(@Nullable String name) {
        return name == null ? null : unquoted(name);
    }

    @Test
    void a_form_comes_back_byte_for_byte_in_pieces_of_any_size() {
        rounds(() -> {
            Form form = form();
            List<Field> read = parse(type(form.boundary), form.bytes());
            assertThat(read).hasSameSizeAs(form.fields);
            for (int i = 0; i < read.size(); i++) {
                Field wanted = expected(form.fields.get(i));
                // A body that nobody asked for is skipped.
                Field got = read.get(i).content.isEmpty()
                        ? new Field(read.get(i).name, read.get(i).filename, read.get(i).type, wanted.content)
                        : read.get(i);
                assertThat(got).isEqualTo(wanted);
            }
        });
    }

    @Test
    void a_form_that_was_cut_off_is_refused_wherever_it_was_cut() {
        rounds(() -> {
            Form form = form();
            int cut = random.nextInt(form.end);
            assertThat(parseOrRefuse(type(form.boundary), Arrays.copyOf(form.bytes(), cut)))
                    .as("cut at " + cut)
                    .isNull();
        });
    }

    @Test
    void a_broken_form_is_read_or_refused_and_nothing_else_happens() {
        rounds(() -> {
            Form form = form();
            byte[] bytes = form.bytes();
            for (int times = random.nextInt(1, 5); times > 0; times--) {
                bytes = broken(bytes, form.boundary);
            }
            List<Field> read = parseOrRefuse(type(form.boundary), bytes);
            assertThat(read == null ? 0 : read.size()).isLessThanOrEqualTo(1000);
        });
    }

    private byte[] broken(byte[] in, String boundary) {
        int at = random.nextInt(in.length + 1);
        int length = Math.min(in.length - at, random.nextInt(1, 100));
        byte[] middle = switch (random.nextInt(11)) {
            case 0 -> new byte[0];
            case 1 -> new byte[length];
            case 2 -> "\r\n".repeat(random.nextInt(1, 5)).getBytes(StandardCharsets.US_ASCII);
            case 3 -> ("\r\n--" + boundary).getBytes(StandardCharsets.US_ASCII);
            case 4 -> ("\r\n--" + boundary + "--").getBytes(StandardCharsets.US_ASCII);
            case 5 -> flood(random.nextInt(3));
            case 6 -> nested();
            case 7 ->
                "Content-Disposition: form-data; name=ü; filename=\"é😀\""
                        .getBytes(CHARSETS.get(random.nextInt(CHARSETS.size())));
            case 8 -> Arrays.copyOfRange(in, at, Math.min(in.length, at + 2000));
            case 9 ->
                ("\r\n--" + boundary + "\r\nContent-Disposition: form-data\r\n\r\n")
                        .repeat(random.nextInt(4) == 0 ? 1100 : 3)
                        .getBytes(StandardCharsets.US_ASCII);
            default -> {
                byte[] noise = new byte[length];
                random.nextBytes(noise);
                yield noise;
            }
        };
        int to = random.nextBoolean() ? at : at + length;
        byte[] out = new byte[at + middle.length + in.length - to];
        System.arraycopy(in, 0, out, 0, at);
        System.arraycopy(middle, 0, out, at, middle.length);
        System.arraycopy(in, to, out, at + middle.length, in.length - to);
        return out;
    }

    /// Many headers, one without an end, or one that repeats its parameters.
    private byte[] flood(int kind) {
        String flood = switch (kind) {
            case 0 -> "X-Header-" + random.nextInt() + ": x\r\n".repeat(random.nextInt(1, 2000));
            case 1 -> "X: " + "y".repeat(random.nextInt(1, 20_000));
            default -> "Content-Disposition: form-data" + "; name=\"\\\"".repeat(random.nextInt(1, 800));
        };
        return flood.getBytes(StandardCharsets.US_ASCII);
    }

    private byte[] nested() {
        String head = "Content-Type: multipart/mixed; boundary=inner\r\n\r\n--inner\r\n";
        String file = "Content-Disposition: attachment; filename=" + name() + "\r\n\r\nx\r\n--inner--\r\n";
        return (head + file).getBytes(StandardCharsets.UTF_8);
    }

    /// Whatever stands in the header of the request, too.
    @Test
    void a_broken_content_type_is_read_or_refused() {
        String seed = "multipart/form-data; charset=utf-8; boundary=\"a b\"; x=\"\\\"\"";
        rounds(() -> {
            StringBuilder type = new StringBuilder(seed);
            for (int times = random.nextInt(1, 8); times > 0; times--) {
                int at = random.nextInt(type.length() + 1);
                if (random.nextBoolean() && at < type.length()) {
                    type.deleteCharAt(at);
                } else {
                    type.insert(at, "\";=\\ \tä\u0000,'-a😀".charAt(random.nextInt(14)));
                }
            }
            parseOrRefuse(
                    type.toString(),
                    "--a b\r\nContent-Disposition: form-data\r\n\r\n\r\n--a b--".getBytes(StandardCharsets.US_ASCII));
        });
    }
}
