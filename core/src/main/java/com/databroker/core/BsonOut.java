package com.databroker.core;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;

/// Writes BSON, as bsonspec.org draws it.
///
/// ```
/// document  int32 length, all of it | element… | 00
/// element   type | name 00 | value          a list is a document with the names 0, 1, 2 …
/// 01 double   02 text: int32 bytes with the 00, bytes, 00   03 document   04 list
/// 05 binary: int32 bytes, subtype, bytes   08 boolean   09 UTC milliseconds   0A null
/// 10 int32   12 int64   13 decimal128
/// ```
/// All numbers are little-endian. What is open is held in arrays, so depth costs 12 bytes a level.
final class BsonOut implements GraphOut {
    static final byte DOUBLE = 0x01;
    static final byte TEXT = 0x02;
    static final byte MAP = 0x03;
    static final byte LIST = 0x04;
    static final byte BINARY = 0x05;
    static final byte TRUTH = 0x08;
    static final byte INSTANT = 0x09;
    static final byte NULL = 0x0A;
    static final byte INT32 = 0x10;
    static final byte INT64 = 0x12;
    static final byte DECIMAL = 0x13;

    static final byte PLAIN = 0x00;
    static final byte UUID_SUBTYPE = 0x04;

    /// Digits of a decimal128, and the powers of ten that it has.
    private static final int DIGITS_MAX = 34;
    static final int EXPONENT_BIAS = 6176;
    private static final int EXPONENT_MAX = 6111;

    private static final int MAP_OPEN = -1;

    private ByteBuffer out = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);

    /// Where each open document begins, and the number of the next entry of a list; of maps [#MAP_OPEN].
    private int[] begins = new int[16];
    private int[] indexes = new int[16];
    private int depth;
    private byte[] name = {};

    /// What was written, once its outermost document has ended.
    byte[] bytes() {
        return Arrays.copyOf(out.array(), out.position());
    }

    private ByteBuffer room(int bytes) {
        if (out.remaining() < bytes) {
            int size = Math.max(out.capacity() * 2, out.position() + bytes);
            out = ByteBuffer.wrap(Arrays.copyOf(out.array(), size))
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .position(out.position());
        }
        return out;
    }

    /// Type and name, and room for a value of `bytes`.
    private ByteBuffer element(byte type, int bytes) {
        if (depth == 0) {
            if (type != MAP || out.position() > 0) {
                throw new IllegalStateException("BSON is one document");
            }
            return room(bytes);
        }
        int index = indexes[depth - 1];
        byte[] of = name;
        if (index != MAP_OPEN) {
            of = Integer.toString(index).getBytes(StandardCharsets.US_ASCII);
            indexes[depth - 1] = index + 1;
        }
        return room(of.length + 2 + bytes).put(type).put(of).put((byte) 0);
    }

    private void start(byte type, int index) {
        element(type, Integer.BYTES);
        if (depth == begins.length) {
            begins = Arrays.copyOf(begins, depth * 2);
            indexes = Arrays.copyOf(indexes, depth * 2);
        }
        begins[depth] = out.position();
        indexes[depth] = index;
        depth++;
        out.putInt(0);
    }

    private void end() {
        room(1).put((byte) 0);
        depth--;
        out.putInt(begins[depth], out.position() - begins[depth]);
    }

    @Override
    public void startMap() {
        start(MAP, MAP_OPEN);
    }

    @Override
    public void endMap() {
        end();
    }

    @Override
    public void startList() {
        start(LIST, 0);
    }

    @Override
    public void endList() {
        end();
    }

    @Override
    public void name(String of) {
        if (of.indexOf(0) >= 0) {
            throw GraphReader.invalid("the name \"" + Text.excerpt(of) + "\" has a NUL, which BSON cannot hold");
        }
        name = Utf8.encode(of);
    }

    @Override
    public void text(String text) {
        byte[] utf8 = Utf8.encode(text);
        element(TEXT, utf8.length + 5).putInt(utf8.length + 1).put(utf8).put((byte) 0);
    }

    @Override
    public void number(long value) {
        element(INT64, Long.BYTES).putLong(value);
    }

    @Override
    public void number(double value) {
        element(DOUBLE, Double.BYTES).putDouble(value);
    }

    @Override
    public void truth(boolean value) {
        element(TRUTH, 1).put((byte) (value ? 1 : 0));
    }

    @Override
    public void nothing() {
        element(NULL, 0);
    }

    @Override
    public void bytes(Bytes value) {
        byte[] bytes = value.unsafeArray();
        element(BINARY, bytes.length + 5).putInt(bytes.length).put(PLAIN).put(bytes);
    }

    @Override
    public void uuid(UUID value) {
        element(BINARY, 21)
                .putInt(16)
                .put(UUID_SUBTYPE)
                .putLong(Long.reverseBytes(value.getMostSignificantBits()))
                .putLong(Long.reverseBytes(value.getLeastSignificantBits()));
    }

    @Override
    public void instant(Instant value) {
        long millis;
        try {
            millis = value.toEpochMilli();
        } catch (ArithmeticException tooFar) {
            GraphOut.super.instant(value);
            return;
        }
        if (Instant.ofEpochMilli(millis).equals(value)) {
            element(INSTANT, Long.BYTES).putLong(millis);
        } else {
            GraphOut.super.instant(value);
        }
    }

    /// `sign | exponent, 14 bits | coefficient, 113 bits`: in this form, which has room for more than 34
    /// digits, an exponent never begins with the two bits that mean another.
    @Override
    public void decimal(BigDecimal value) {
        BigInteger digits = value.unscaledValue().abs();
        int exponent = -value.scale();
        if (value.precision() > DIGITS_MAX || exponent < -EXPONENT_BIAS || exponent > EXPONENT_MAX) {
            GraphOut.super.decimal(value);
            return;
        }
        long high = digits.shiftRight(Long.SIZE).longValue() | ((long) (exponent + EXPONENT_BIAS) << 49);
        element(DECIMAL, 16).putLong(digits.longValue()).putLong(value.signum() < 0 ? high | Long.MIN_VALUE : high);
    }
}
