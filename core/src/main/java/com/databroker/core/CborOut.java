package com.databroker.core;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// CBOR (RFC 8949), with its tags. A page has a hundred thousand names and values, each of a few bytes: so they go
/// straight to their place, without a buffer of characters in between.
///
/// Lists and maps have no length but an end, which is a byte more and asks nobody to count.
final class CborOut implements GraphOut {
    static final int WHOLE = 0;
    static final int NEGATIVE = 1;
    static final int BYTES = 2;
    static final int TEXT = 3;
    static final int LIST = 4;
    static final int MAP = 5;
    static final int TAG = 6;

    static final int FALSE = 0xf4;
    static final int TRUE = 0xf5;
    static final int NULL = 0xf6;
    static final int DOUBLE = 0xfb;
    static final int BREAK = 0xff;

    /// In place of a length.
    static final int ENDLESS = 31;

    private static final int HEAD_MAX = 9;
    private static final int ONE = 24;

    private static final int NAME_MAX = 64;

    /// Names and the like that were written lately, by their hashes: there are few, in every row. Who loses a race
    /// makes his bytes once more.
    private static final @Nullable Name[] NAMES = new Name[256];

    private static final class Name {
        final String name;
        final byte[] bytes;

        Name(String name, byte[] bytes) {
            this.name = name;
            this.bytes = bytes;
        }
    }

    private byte[] bytes;
    private int size;

    /// @param expected about how many bytes it will be
    CborOut(int expected) {
        this.bytes = new byte[expected];
    }

    Bytes bytes() {
        return Bytes.copyOf(bytes, 0, size);
    }

    private void room(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + more));
        }
    }

    private void put(int one) {
        room(1);
        bytes[size++] = (byte) one;
    }

    /// @param value without a sign
    private void head(int major, long value) {
        room(HEAD_MAX);
        int kind = major << 5;
        if (value >= 0 && value < ONE) {
            bytes[size++] = (byte) (kind | (int) value);
            return;
        }
        int width = value < 0 || value > 0xffff_ffffL ? 3 : value > 0xffff ? 2 : value > 0xff ? 1 : 0;
        bytes[size++] = (byte) (kind | (ONE + width));
        fixed(value, 1 << width);
    }

    private void fixed(long value, int width) {
        for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
            bytes[size++] = (byte) (value >>> shift);
        }
    }

    private void raw(byte[] some) {
        room(some.length);
        System.arraycopy(some, 0, bytes, size, some.length);
        size += some.length;
    }

    private void tag(int tag) {
        head(TAG, tag);
    }

    @Override
    public void startMap() {
        put(MAP << 5 | ENDLESS);
    }

    @Override
    public void endMap() {
        put(BREAK);
    }

    @Override
    public void startList() {
        put(LIST << 5 | ENDLESS);
    }

    @Override
    public void endList() {
        put(BREAK);
    }

    @Override
    public void name(String name) {
        term(name);
    }

    @Override
    public void term(String name) {
        int place = name.hashCode() & (NAMES.length - 1);
        Name known = NAMES[place];
        if (known == null || !known.name.equals(name)) {
            int from = size;
            text(name);
            if (size - from <= NAME_MAX) {
                NAMES[place] = new Name(name, Arrays.copyOfRange(bytes, from, size));
            }
            return;
        }
        raw(known.bytes);
    }

    @Override
    public void text(String text) {
        byte[] utf8 = Utf8.encode(text);
        head(TEXT, utf8.length);
        raw(utf8);
    }

    @Override
    public void number(long value) {
        if (value >= 0) {
            head(WHOLE, value);
        } else {
            head(NEGATIVE, ~value);
        }
    }

    @Override
    public void number(double value) {
        put(DOUBLE);
        room(Long.BYTES);
        fixed(Double.doubleToRawLongBits(value), Long.BYTES);
    }

    @Override
    public void truth(boolean value) {
        put(value ? TRUE : FALSE);
    }

    @Override
    public void nothing() {
        put(NULL);
    }

    @Override
    public void bytes(Bytes value) {
        blob(value.unsafeArray());
    }

    private void blob(byte[] some) {
        head(BYTES, some.length);
        raw(some);
    }

    @Override
    public void whole(BigInteger value) {
        if (value.bitLength() < Long.SIZE) {
            number(value.longValue());
            return;
        }
        tag(value.signum() < 0 ? GraphReader.TAG_BELOW : GraphReader.TAG_ABOVE);
        blob((value.signum() < 0 ? value.not() : value).toByteArray());
    }

    @Override
    public void decimal(BigDecimal value) {
        tag(GraphReader.TAG_DECIMAL);
        put(LIST << 5 | 2);
        number(-(long) value.scale());
        // Whoever has few digits has them as a long.
        if (value.precision() < 19) {
            number(value.scaleByPowerOfTen(value.scale()).longValue());
        } else {
            whole(value.unscaledValue());
        }
    }

    @Override
    public void uuid(UUID value) {
        tag(GraphReader.TAG_UUID);
        head(BYTES, 2L * Long.BYTES);
        room(2 * Long.BYTES);
        fixed(value.getMostSignificantBits(), Long.BYTES);
        fixed(value.getLeastSignificantBits(), Long.BYTES);
    }

    @Override
    public void date(LocalDate value) {
        tagged(GraphReader.TAG_DATE, value.toString());
    }

    @Override
    public void instant(Instant value) {
        tagged(GraphReader.TAG_TIME, value.toString());
    }

    @Override
    public void offset(OffsetDateTime value) {
        tagged(GraphReader.TAG_TIME, GraphWriter.OFFSET.format(value));
    }

    private void tagged(int tag, String text) {
        tag(tag);
        text(text);
    }

    @Override
    public int share(int number) {
        tag(GraphReader.TAG_SHARED);
        return 0;
    }

    @Override
    public void again(int number) {
        tag(GraphReader.TAG_AGAIN);
        number(number);
    }
}
