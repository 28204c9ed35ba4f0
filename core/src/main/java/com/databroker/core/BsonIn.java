package com.databroker.core;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonToken;

/// Reads what [BsonOut] draws, strictly: lengths that fit into one another, names that are UTF-8, lists
/// whose entries are numbered from 0, and no type that values here have no use for. Depth costs 8 bytes a
/// level.
final class BsonIn implements GraphIn {
    private static final BigInteger DIGITS_END = BigInteger.TEN.pow(34);
    private static final int MAP_OPEN = -1;

    private final ByteBuffer in;
    private int[] ends = new int[16];
    private int[] indexes = new int[16];
    private int depth;
    private boolean named;
    private byte type;
    private String name = "";
    private @Nullable Object value;

    BsonIn(Bytes bytes) {
        this.in = bytes.asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public @Nullable JsonToken next() {
        if (depth == 0) {
            return in.position() == 0 ? open(MAP_OPEN) : rest();
        }
        if (named) {
            named = false;
            return value();
        }
        int last = depth - 1;
        type = byteAt();
        if (type == 0) {
            if (in.position() != ends[last]) {
                throw malformed("a document does not end where it says");
            }
            depth--;
            return indexes[last] == MAP_OPEN ? JsonToken.END_OBJECT : JsonToken.END_ARRAY;
        }
        int index = indexes[last];
        name = cstring();
        if (index == MAP_OPEN) {
            named = true;
            return JsonToken.PROPERTY_NAME;
        }
        if (!name.equals(Integer.toString(index))) {
            throw malformed("entry " + index + " of a list is named \"" + Text.excerpt(name) + "\"");
        }
        indexes[last]++;
        return value();
    }

    private @Nullable JsonToken rest() {
        if (in.hasRemaining()) {
            throw malformed("something follows the document");
        }
        return null;
    }

    private JsonToken open(int index) {
        int begin = in.position();
        int length = need(Integer.BYTES).getInt();
        int end = depth == 0 ? in.limit() : ends[depth - 1] - 1;
        if (length < 5 || length > end - begin) {
            throw malformed("a document of " + length + " bytes where there are " + (end - begin));
        }
        if (depth == ends.length) {
            ends = Arrays.copyOf(ends, depth * 2);
            indexes = Arrays.copyOf(indexes, depth * 2);
        }
        ends[depth] = begin + length;
        indexes[depth] = index;
        depth++;
        return index == MAP_OPEN ? JsonToken.START_OBJECT : JsonToken.START_ARRAY;
    }

    private JsonToken value() {
        switch (type) {
            case BsonOut.MAP -> {
                return open(MAP_OPEN);
            }
            case BsonOut.LIST -> {
                return open(0);
            }
            case BsonOut.TEXT -> {
                value = text(length(1));
                return JsonToken.VALUE_STRING;
            }
            case BsonOut.TRUTH -> {
                return truth();
            }
            case BsonOut.NULL -> {
                value = null;
                return JsonToken.VALUE_NULL;
            }
            case BsonOut.INT32 -> {
                value = (long) need(Integer.BYTES).getInt();
                return JsonToken.VALUE_NUMBER_INT;
            }
            case BsonOut.INT64 -> {
                value = need(Long.BYTES).getLong();
                return JsonToken.VALUE_NUMBER_INT;
            }
            case BsonOut.DOUBLE -> value = need(Double.BYTES).getDouble();
            case BsonOut.INSTANT ->
                value = Instant.ofEpochMilli(need(Long.BYTES).getLong());
            case BsonOut.DECIMAL -> value = decimal();
            case BsonOut.BINARY -> value = binary();
            default ->
                throw GraphReader.invalid("BSON's type 0x" + Integer.toHexString(type & 0xFF) + " is not used here");
        }
        return JsonToken.VALUE_EMBEDDED_OBJECT;
    }

    private JsonToken truth() {
        byte truth = byteAt();
        if (truth != 0 && truth != 1) {
            throw malformed("a boolean that is neither 0 nor 1");
        }
        value = truth == 1;
        return truth == 1 ? JsonToken.VALUE_TRUE : JsonToken.VALUE_FALSE;
    }

    private Object binary() {
        int length = length(0);
        byte subtype = byteAt();
        byte[] bytes = new byte[length];
        need(length).get(bytes);
        return switch (subtype) {
            case BsonOut.PLAIN -> Bytes.wrap(bytes);
            case BsonOut.UUID_SUBTYPE -> GraphReader.uuid(Bytes.wrap(bytes));
            default ->
                throw GraphReader.invalid(
                        "BSON's binary subtype " + (subtype & 0xFF) + " is not used here; 0 are bytes, 4 is a UUID");
        };
    }

    private BigDecimal decimal() {
        long low = need(16).getLong();
        long high = in.getLong();
        if ((high >>> 61 & 3) == 3) {
            throw GraphReader.invalid("a decimal that is infinite, no number, or of more than 34 digits");
        }
        BigInteger digits = BigInteger.valueOf(high & ((1L << 49) - 1))
                .shiftLeft(Long.SIZE)
                .or(new BigInteger(
                        1, ByteBuffer.allocate(Long.BYTES).putLong(low).array()));
        if (digits.compareTo(DIGITS_END) >= 0) {
            throw GraphReader.invalid("a decimal of more than 34 digits");
        }
        int exponent = (int) (high >>> 49 & 0x3FFF) - BsonOut.EXPONENT_BIAS;
        return GraphReader.decimal(new BigDecimal(high < 0 ? digits.negate() : digits, -exponent));
    }

    private byte byteAt() {
        return need(1).get();
    }

    /// A length of what follows; there may be more bytes behind it.
    private int length(int min) {
        int length = need(Integer.BYTES).getInt();
        if (length < min || length > in.remaining()) {
            throw malformed("a length of " + length + " where " + in.remaining() + " bytes are left");
        }
        return length;
    }

    private ByteBuffer need(int bytes) {
        if (in.remaining() < bytes) {
            throw malformed("it ends too early");
        }
        return in;
    }

    private String text(int length) {
        byte[] bytes = new byte[length];
        in.get(bytes);
        if (bytes[length - 1] != 0) {
            throw malformed("a text without its end");
        }
        return utf8(bytes, length - 1);
    }

    private String cstring() {
        int begin = in.position();
        int end = begin;
        while (end < in.limit() && in.get(end) != 0) {
            end++;
        }
        byte[] bytes = new byte[end - begin];
        in.get(bytes);
        byteAt();
        return utf8(bytes, bytes.length);
    }

    private static String utf8(byte[] bytes, int length) {
        String text = Utf8.decode(bytes, 0, length);
        if (text == null) {
            throw malformed("a text is not UTF-8");
        }
        return text;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public String text() {
        return value instanceof String text ? text : "";
    }

    @Override
    public @Nullable Object scalar(JsonToken token) {
        return value;
    }

    private static ProblemException malformed(String why) {
        return new ProblemException(Problem.MESSAGE_INVALID, "not BSON: " + why);
    }
}
