package com.databroker.core;

import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/// Reads what [CborOut] draws, and whatever else is CBOR of the values that there are. Texts are made of their bytes in
/// one step; lengths are believed as far as there are bytes. Depth costs 9 bytes a level.
final class CborIn implements GraphIn {
    private static final int WORD = 24;
    private static final int ENDLESS = -1;

    /// Spreads whatever it multiplies, as the golden ratio does.
    private static final long SPREAD = 0x9e3779b97f4a7c15L;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /// The head of a text of up to four bytes.
    private static final int FEW = CborOut.TEXT << 5 | 4;

    /// Words that were met lately, whoever sent them. Who loses a race makes his once more.
    private static final @Nullable Word[] WORDS = new Word[256];

    private static final int REFS_BITS = 12;

    /// References that were met lately, by the ends of their texts, which are as good as drawn by lot. Who loses a race
    /// makes his once more.
    private static final @Nullable Known[] REFS = new Known[1 << REFS_BITS];

    /// Bytes ahead of the text of a reference: a map without a length, and $ as the name in it.
    private static final int REF_HEAD = 3;

    private static final class Known {
        final byte[] bytes;
        final ObjectRef ref;

        Known(byte[] bytes, ObjectRef ref) {
            this.bytes = bytes;
            this.ref = ref;
        }
    }

    private static final class Word {
        final byte[] bytes;
        final String text;

        Word(byte[] bytes, String text) {
            this.bytes = bytes;
            this.text = text;
        }
    }

    private final byte[] in;
    private final int depthMax;
    private int at;

    /// Of each open list or map, how many entries are still to come, or [#ENDLESS].
    private long[] left = new long[16];

    private boolean[] maps = new boolean[16];
    private int depth;

    /// Whether a name comes next, and not what it names.
    private boolean named;

    private int tags;
    private long tag;
    private @Nullable Object value;

    /// @param bytes that nobody changes
    CborIn(byte[] bytes, int depthMax) {
        this.in = bytes;
        this.depthMax = depthMax;
    }

    @Override
    public @Nullable JsonToken next() {
        tags = 0;
        if (depth == 0) {
            return at == in.length ? null : value();
        }
        int top = depth - 1;
        boolean map = maps[top];
        if (!map || named) {
            if (left[top] == ENDLESS ? peek() == CborOut.BREAK : left[top] == 0) {
                at += left[top] == ENDLESS ? 1 : 0;
                depth--;
                named();
                return map ? JsonToken.END_OBJECT : JsonToken.END_ARRAY;
            }
            left[top] -= left[top] == ENDLESS ? 0 : 1;
            if (map) {
                named = false;
                int first = octet();
                if (first >> 5 != CborOut.TEXT) {
                    throw malformed("a name that is no text");
                }
                value = word(first);
                return JsonToken.PROPERTY_NAME;
            }
        }
        return value();
    }

    /// What was read was the value of a name, or an entry of a list.
    private void named() {
        named = depth > 0 && maps[depth - 1];
    }

    private JsonToken value() {
        int first = octet();
        while (first >> 5 == CborOut.TAG) {
            tag = argument(first);
            tags++;
            first = octet();
        }
        if (tags == 1
                && (tag == GraphReader.TAG_ABOVE || tag == GraphReader.TAG_BELOW || tag == GraphReader.TAG_DECIMAL)) {
            boolean decimal = tag == GraphReader.TAG_DECIMAL;
            value = decimal ? decimal(first) : GraphReader.whole(big(first));
            tags = 0;
            named();
            return decimal ? JsonToken.VALUE_NUMBER_FLOAT : JsonToken.VALUE_NUMBER_INT;
        }
        int major = first >> 5;
        if (major == CborOut.LIST || major == CborOut.MAP) {
            return open(first, major == CborOut.MAP);
        }
        JsonToken token = scalar(first);
        named();
        return token;
    }

    private JsonToken open(int first, boolean map) {
        if (depth == depthMax) {
            throw malformed("more than " + depthMax + " lists and maps within one another");
        }
        if (depth == left.length) {
            left = Arrays.copyOf(left, 2 * depth);
            maps = Arrays.copyOf(maps, 2 * depth);
        }
        left[depth] = isEndless(first) ? ENDLESS : length(first);
        maps[depth++] = map;
        named = map;
        return map ? JsonToken.START_OBJECT : JsonToken.START_ARRAY;
    }

    private JsonToken scalar(int first) {
        switch (first >> 5) {
            case CborOut.TEXT -> {
                value = first <= FEW ? word(first) : text(first);
                return JsonToken.VALUE_STRING;
            }
            case CborOut.WHOLE, CborOut.NEGATIVE -> {
                value = whole(first);
                return JsonToken.VALUE_NUMBER_INT;
            }
            case CborOut.BYTES -> {
                value = Bytes.wrap(blob(first));
                return JsonToken.VALUE_EMBEDDED_OBJECT;
            }
            default -> {
                return simple(first);
            }
        }
    }

    private JsonToken simple(int first) {
        switch (first) {
            case CborOut.FALSE, CborOut.TRUE -> {
                value = first == CborOut.TRUE;
                return first == CborOut.TRUE ? JsonToken.VALUE_TRUE : JsonToken.VALUE_FALSE;
            }
            case CborOut.NULL -> {
                value = null;
                return JsonToken.VALUE_NULL;
            }
            case CborOut.DOUBLE - 2 -> value = half((int) fixed(Short.BYTES));
            case CborOut.DOUBLE - 1 -> value = (double) Float.intBitsToFloat((int) fixed(Integer.BYTES));
            case CborOut.DOUBLE -> value = Double.longBitsToDouble(fixed(Long.BYTES));
            default -> throw malformed("simple value 0x" + Integer.toHexString(first));
        }
        return JsonToken.VALUE_NUMBER_FLOAT;
    }

    private static double half(int bits) {
        int exponent = bits >> 10 & 31;
        int fraction = bits & 1023;
        double size = exponent == 0
                ? fraction * 0x1p-24
                : exponent == 31
                        ? fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN
                        : Math.scalb(1024.0 + fraction, exponent - 25);
        return bits >> 15 == 0 ? size : -size;
    }

    private Object whole(int first) {
        long argument = argument(first);
        boolean negative = first >> 5 == CborOut.NEGATIVE;
        if (argument >= 0) {
            return negative ? ~argument : argument;
        }
        BigInteger large = new BigInteger(Long.toUnsignedString(argument));
        return negative ? large.not() : large;
    }

    private BigInteger big(int first) {
        if (first >> 5 != CborOut.BYTES) {
            throw malformed("a large number that has no bytes");
        }
        BigInteger magnitude = new BigInteger(1, blob(first));
        return tag == GraphReader.TAG_BELOW ? magnitude.not() : magnitude;
    }

    private BigDecimal decimal(int first) {
        boolean endless = first == (CborOut.LIST << 5 | CborOut.ENDLESS);
        int before = endless || first == (CborOut.LIST << 5 | 2) ? octet() : -1;
        if (before < 0 || before >> 5 > CborOut.NEGATIVE || !(whole(before) instanceof Long exponent)) {
            throw malformed("a decimal is [exponent, number]");
        }
        Object digits = digits(octet());
        if (endless && octet() != CborOut.BREAK) {
            throw malformed("a decimal is [exponent, number]");
        }
        if (exponent <= Integer.MIN_VALUE || exponent > Integer.MAX_VALUE) {
            throw GraphReader.invalid("a decimal with exponent " + exponent);
        }
        int scale = (int) -exponent;
        BigDecimal read = digits instanceof Long few
                ? BigDecimal.valueOf(few, scale)
                : new BigDecimal((BigInteger) digits, scale);
        return GraphReader.decimal(read);
    }

    private Object digits(int first) {
        if (first >> 5 == CborOut.TAG) {
            tag = argument(first);
            if (tag == GraphReader.TAG_ABOVE || tag == GraphReader.TAG_BELOW) {
                return big(octet());
            }
        } else if (first >> 5 <= CborOut.NEGATIVE) {
            return whole(first);
        }
        throw malformed("a decimal is [exponent, number]");
    }

    private String text(int first) {
        if (isEndless(first)) {
            StringBuilder whole = new StringBuilder();
            for (int part = octet(); part != CborOut.BREAK; part = octet()) {
                whole.append(text(part(part, CborOut.TEXT)));
            }
            return whole.toString();
        }
        int length = here(length(first));
        String read = Utf8.decode(in, at, length);
        if (read == null) {
            throw malformed("a text that is not UTF-8");
        }
        at += length;
        return read;
    }

    /// A text of which there are few, as names are, and the rights on an object: it is known by its bytes.
    private String word(int first) {
        int length = first & 31;
        if (length >= WORD || length == 0 || length > in.length - at) {
            return text(first);
        }
        int place = (31 * (31 * length + in[at]) + in[at + length - 1]) & (WORDS.length - 1);
        Word known = WORDS[place];
        if (known != null && Arrays.equals(known.bytes, 0, known.bytes.length, in, at, at + length)) {
            at += length;
            return known.text;
        }
        byte[] bytes = Arrays.copyOfRange(in, at, at + length);
        String text = text(first);
        WORDS[place] = new Word(bytes, text);
        return text;
    }

    private byte[] blob(int first) {
        if (isEndless(first)) {
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            for (int part = octet(); part != CborOut.BREAK; part = octet()) {
                whole.writeBytes(blob(part(part, CborOut.BYTES)));
            }
            return whole.toByteArray();
        }
        int length = here(length(first));
        at += length;
        return Arrays.copyOfRange(in, at - length, at);
    }

    /// Parts have no parts.
    private static int part(int first, int major) {
        if (first >> 5 != major || isEndless(first)) {
            throw malformed("a part that is none");
        }
        return first;
    }

    private static boolean isEndless(int first) {
        return (first & 31) == CborOut.ENDLESS;
    }

    private long length(int first) {
        long length = argument(first);
        if (length < 0) {
            throw malformed("a length beyond all bounds");
        }
        return length;
    }

    /// As many bytes as are there.
    private int here(long length) {
        if (length > in.length - at) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "the message ends too early");
        }
        return (int) length;
    }

    private long argument(int first) {
        int small = first & 31;
        if (small < WORD) {
            return small;
        }
        if (small > WORD + 3) {
            throw malformed("0x" + Integer.toHexString(first) + " where a value begins");
        }
        return fixed(1 << (small - WORD));
    }

    private long fixed(int width) {
        int from = at;
        at += here(width);
        long all = 0;
        for (int i = from; i < at; i++) {
            all = all << 8 | (in[i] & 0xff);
        }
        return all;
    }

    private int octet() {
        int one = peek();
        at++;
        return one;
    }

    private int peek() {
        return in[at + here(1) - 1] & 0xff;
    }

    @Override
    public boolean skips(String name) {
        int length = name.length();
        if (depth == 0
                || !maps[depth - 1]
                || !named
                || left[depth - 1] == 0
                || length >= WORD
                || length >= in.length - at
                || in[at] != (byte) ((CborOut.TEXT << 5) | length)) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (in[at + 1 + i] != name.charAt(i)) {
                return false;
            }
        }
        at += 1 + length;
        left[depth - 1] -= left[depth - 1] == ENDLESS ? 0 : 1;
        named = false;
        tags = 0;
        return true;
    }

    @Override
    public @Nullable ObjectRef refOf(String type) {
        int from = textAt(at);
        if (depth == 0 || maps[depth - 1] || left[depth - 1] == 0 || from == 0) {
            return null;
        }
        int end = from + textLength(at);
        ObjectRef ref = ObjectRef.read(in, from, end, type);
        if (ref != null) {
            at = end;
            left[depth - 1] -= left[depth - 1] == ENDLESS ? 0 : 1;
            tags = 0;
        }
        return ref;
    }

    @Override
    public @Nullable ObjectRef ref() {
        int text = at + REF_HEAD;
        int from = textAt(text);
        boolean is = depth > 0
                && maps[depth - 1]
                && !named
                && from > 0
                && (in[at] & 0xff) == (CborOut.MAP << 5 | CborOut.ENDLESS)
                && in[at + 1] == (CborOut.TEXT << 5 | 1)
                && in[at + 2] == '$';
        int length = is ? textLength(text) : 0;
        int end = from + length;
        if (length < Long.BYTES || end >= in.length || (in[end] & 0xff) != CborOut.BREAK) {
            return null;
        }
        ObjectRef ref = known(from, end);
        at = end + 1;
        tags = 0;
        named();
        return ref;
    }

    private ObjectRef known(int from, int end) {
        long tail = (long) LONGS.get(in, end - Long.BYTES);
        int place = (int) ((tail * SPREAD) >>> (Long.SIZE - REFS_BITS));
        for (int i = 0; i < 2; i++) {
            Known known = REFS[place ^ i];
            if (known != null && Arrays.equals(known.bytes, 0, known.bytes.length, in, from, end)) {
                return known.ref;
            }
        }
        String text = Utf8.decode(in, from, end - from);
        if (text == null) {
            throw malformed("a text that is not UTF-8");
        }
        ObjectRef ref = ObjectRef.parse(text);
        REFS[REFS[place] == null ? place : place ^ 1] = new Known(Arrays.copyOfRange(in, from, end), ref);
        return ref;
    }

    /// Where the text begins whose head stands there, 0 where none of up to 255 bytes does.
    private int textAt(int head) {
        if (head >= in.length || (in[head] & 0xff) >> 5 != CborOut.TEXT) {
            return 0;
        }
        int small = in[head] & 31;
        int from = small < WORD ? head + 1 : small == WORD && head + 1 < in.length ? head + 2 : 0;
        return from > 0 && from + textLength(head) <= in.length ? from : 0;
    }

    private int textLength(int head) {
        int small = in[head] & 31;
        return small < WORD ? small : in[head + 1] & 0xff;
    }

    @Override
    public String name() {
        return text();
    }

    @Override
    public String text() {
        return value instanceof String text ? text : "";
    }

    @Override
    public boolean hasTags() {
        return true;
    }

    @Override
    public int tags() {
        return tags;
    }

    @Override
    public long tag() {
        return tag;
    }

    @Override
    public @Nullable Object scalar(JsonToken token) {
        if (!token.isScalarValue()) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "unexpected " + token);
        }
        return token == JsonToken.VALUE_NULL ? null : Objects.requireNonNull(value);
    }

    private static ProblemException malformed(String why) {
        return new ProblemException(Problem.MESSAGE_INVALID, "not CBOR: " + why);
    }
}
