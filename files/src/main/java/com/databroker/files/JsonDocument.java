package com.databroker.files;

import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/// One strict JSON document in as little memory as it takes: its bytes, and 8 more for each name and value.
///
/// ```
/// {"a": [1, 2], "b": 3}       index  0  1   2  3  4  5   6
///                             is     {  "a" [  1  2  "b" 3
///                             next   7  2   5  4  5  6   7
/// ```
///
/// `starts` holds where in the bytes each begins, `nexts` the index after it and all that is in it.
final class JsonDocument {
    static final int SIZE_MAX = 64 << 20;
    static final int DEPTH_MAX = 100;
    /// Names and values together.
    static final int ENTRIES_MAX = 4_000_000;
    static final int PROPERTIES_MAX = 100_000;
    /// Digits of a number, and its exponent: a few characters must not become a number that fills the memory.
    static final int DIGITS_MAX = 1000;

    private static final int DECODE_CHARS = 8192;
    // One more than ours, so that the refusal is ours and names the place.
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH_MAX + 1)
                    .maxStringLength(SIZE_MAX)
                    .maxNameLength(50_000)
                    .maxNumberLength(SIZE_MAX)
                    .build())
            .build();

    private final byte[] bytes;
    private final JsonPlaces places;
    private int[] starts;
    private int[] nexts;
    private int count;

    private JsonDocument(byte[] bytes) {
        this.bytes = bytes;
        this.places = new JsonPlaces(bytes);
        int guess = Math.clamp(bytes.length / 12L, 16, ENTRIES_MAX);
        this.starts = new int[guess];
        this.nexts = new int[guess];
    }

    /// Takes `bytes` over.
    ///
    /// @throws ProblemException VALIDATION_FAILED where they are not one JSON value within the limits
    static JsonDocument parse(byte[] bytes) {
        JsonDocument document = new JsonDocument(bytes);
        document.checkText();
        document.readAll();
        document.checkNames();
        return document;
    }

    byte[] bytes() {
        return bytes;
    }

    int start(int index) {
        return starts[index];
    }

    int next(int index) {
        return nexts[index];
    }

    JsonPlaces.Place placeOf(int index) {
        return places.of(starts[index]);
    }

    private ProblemException refusal(int offset, String message) {
        JsonPlaces.Place place = places.of(offset);
        return Findings.refusal(place.line(), place.column(), message);
    }

    /// The parser would guess an encoding, and looks at nothing that it skips.
    private void checkText() {
        if (bytes.length >= 3 && bytes[0] == (byte) 0xEF && bytes[1] == (byte) 0xBB && bytes[2] == (byte) 0xBF) {
            throw refusal(0, "it begins with a byte order mark, which JSON has not; save it as UTF-8 without one");
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(DECODE_CHARS);
        CoderResult result;
        do {
            result = decoder.decode(in, out.clear(), true);
        } while (result.isOverflow());
        if (result.isError()) {
            throw refusal(in.position(), "not UTF-8; save it with that encoding");
        }
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                throw refusal(i, "not JSON: a zero byte; is it UTF-16 or binary?");
            }
        }
    }

    private void readAll() {
        try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), bytes)) {
            int[] open = new int[DEPTH_MAX];
            int depth = 0;
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                int at = (int) parser.currentTokenLocation().getByteOffset();
                switch (token) {
                    case END_OBJECT, END_ARRAY -> nexts[open[--depth]] = count;
                    case START_OBJECT, START_ARRAY -> {
                        if (depth == DEPTH_MAX) {
                            throw refusal(at, "nested deeper than " + DEPTH_MAX);
                        }
                        open[depth] = add(at, depth == 0);
                        depth++;
                    }
                    default -> {
                        add(at, depth == 0);
                        parser.finishToken();
                        if (token.isNumeric()) {
                            checkNumber(at, parser.getStringLength());
                        }
                    }
                }
            }
        } catch (JacksonException malformed) {
            int at = malformed.getLocation() == null
                    ? 0
                    : (int) malformed.getLocation().getByteOffset();
            throw refusal(at, "not JSON: " + reason(malformed));
        }
        if (count == 0) {
            throw refusal(0, "not JSON: it is empty");
        }
    }

    private static String reason(JacksonException malformed) {
        String message = malformed.getOriginalMessage();
        return message == null ? malformed.getClass().getSimpleName() : message;
    }

    private int add(int at, boolean outermost) {
        if (outermost && count > 0) {
            throw refusal(at, "not JSON: something follows the value");
        }
        if (count == ENTRIES_MAX) {
            throw refusal(at, "it has more than " + ENTRIES_MAX + " names and values (a limit)");
        }
        if (count == starts.length) {
            int length = Math.min(ENTRIES_MAX, count + (count >> 1));
            starts = Arrays.copyOf(starts, length);
            nexts = Arrays.copyOf(nexts, length);
        }
        starts[count] = at;
        nexts[count] = count + 1;
        return count++;
    }

    private void checkNumber(int at, int length) {
        if (length > DIGITS_MAX) {
            throw refusal(at, "a number has more than " + DIGITS_MAX + " characters (a limit)");
        }
        for (int i = at; i < at + length; i++) {
            if (bytes[i] == 'e' || bytes[i] == 'E') {
                int sign = bytes[i + 1] == '+' || bytes[i + 1] == '-' ? 1 : 0;
                String digits = new String(bytes, i + 1 + sign, at + length - i - 1 - sign, StandardCharsets.US_ASCII)
                        .replaceFirst("^0+(?=.)", "");
                if (digits.length() > 4 || Integer.parseInt(digits) > DIGITS_MAX) {
                    throw refusal(at, "a number has an exponent beyond " + DIGITS_MAX + " (a limit)");
                }
            }
        }
    }

    /// Afterwards, one object at a time: the parser would keep the names of all that are open.
    private void checkNames() {
        Findings findings = new Findings();
        for (int i = 0; i < count; i++) {
            if (bytes[starts[i]] == '{') {
                checkNames(i, findings);
            }
        }
        findings.throwIfAny();
    }

    private void checkNames(int object, Findings findings) {
        Set<String> names = new HashSet<>();
        for (int name = object + 1; name < nexts[object]; name = nexts[name + 1]) {
            if (names.size() == PROPERTIES_MAX) {
                throw refusal(starts[name], "an object has more than " + PROPERTIES_MAX + " properties (a limit)");
            }
            String text = string(name);
            if (!names.add(text)) {
                JsonPlaces.Place place = placeOf(name);
                findings.add(
                        place.line(), place.column(), "the property \"" + Text.excerpt(text) + "\" stands there twice");
            }
        }
    }

    /// The string or name at `index`. Its escapes are known to be well-formed.
    String string(int index) {
        int from = starts[index] + 1;
        int end = from;
        boolean escaped = false;
        while (bytes[end] != '"') {
            escaped |= bytes[end] == '\\';
            end += bytes[end] == '\\' ? 2 : 1;
        }
        String raw = new String(bytes, from, end - from, StandardCharsets.UTF_8);
        return escaped ? unescape(raw) : raw;
    }

    private static String unescape(String raw) {
        StringBuilder out = new StringBuilder(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char escape = raw.charAt(++i);
            switch (escape) {
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'u' -> {
                    out.append((char) Integer.parseInt(raw, i + 1, i + 5, 16));
                    i += 4;
                }
                default -> out.append(escape);
            }
        }
        return out.toString();
    }

    /// The number at `index` as it is written.
    String number(int index) {
        int from = starts[index];
        int end = from;
        while (end < bytes.length && "+-.0123456789eE".indexOf(bytes[end]) >= 0) {
            end++;
        }
        return new String(bytes, from, end - from, StandardCharsets.US_ASCII);
    }

    /// The index of what a JSON pointer into this document names, or of what is nearest above it.
    int find(String pointer) {
        int index = 0;
        if (pointer.isEmpty()) {
            return index;
        }
        for (String step : pointer.substring(1).split("/", -1)) {
            int child = child(index, step);
            if (child < 0) {
                return index;
            }
            index = child;
        }
        return index;
    }

    private int child(int parent, String step) {
        if (bytes[starts[parent]] == '{') {
            String name = step.replace("~1", "/").replace("~0", "~");
            for (int i = parent + 1; i < nexts[parent]; i = nexts[i + 1]) {
                if (string(i).equals(name)) {
                    return i + 1;
                }
            }
        } else if (bytes[starts[parent]] == '[') {
            int steps = Integer.parseInt(step);
            for (int i = parent + 1; i < nexts[parent]; i = nexts[i]) {
                if (steps-- == 0) {
                    return i;
                }
            }
        }
        return -1;
    }
}
