package com.databroker.core;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Immutable bytes: what an event carries, opaque to the broker.
///
/// An array as a record component can be changed under its owner and compares by identity; this does neither.
public final class Bytes {
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private final byte[] array;

    private Bytes(byte[] array) {
        this.array = array;
    }

    /// Copies `array`.
    public static Bytes copyOf(byte[] array) {
        return array.length == 0 ? EMPTY : new Bytes(array.clone());
    }

    /// Copies `length` bytes of `array` from `offset`.
    public static Bytes copyOf(byte[] array, int offset, int length) {
        return length == 0 ? EMPTY : new Bytes(Arrays.copyOfRange(array, offset, offset + length));
    }

    /// Takes `array` over without a copy: the caller promises never to write to it again.
    public static Bytes wrap(byte[] array) {
        return array.length == 0 ? EMPTY : new Bytes(array);
    }

    /// The UTF-8 bytes of `text`.
    public static Bytes utf8(String text) {
        return wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    public int length() {
        return array.length;
    }

    public byte get(int index) {
        return array[index];
    }

    public byte[] toArray() {
        return array.clone();
    }

    /// Puts all of them into `target`, which must have the room.
    public void copyTo(ByteBuffer target) {
        target.put(array);
    }

    public ByteBuffer asReadOnlyBuffer() {
        return ByteBuffer.wrap(array).asReadOnlyBuffer();
    }

    /// The bytes read as UTF-8; malformed input is replaced, so use [Utf8#isValid] first where that matters.
    public String utf8() {
        return new String(array, StandardCharsets.UTF_8);
    }

    /// The array itself, for codecs of this package that only read.
    byte[] unsafeArray() {
        return array;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Bytes bytes && Arrays.equals(array, bytes.array);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(array);
    }

    @Override
    public String toString() {
        return "Bytes[" + array.length + "]";
    }
}
