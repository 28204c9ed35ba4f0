package com.databroker.core;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Strict UTF-8, because the JDK's default replaces what is malformed and the broker must refuse it.
public final class Utf8 {
    private Utf8() {}

    /// The text, or null where the bytes are not UTF-8.
    public static @Nullable String decode(byte[] bytes, int offset, int length) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes, offset, length))
                    .toString();
        } catch (CharacterCodingException malformed) {
            return null;
        }
    }

    /// The text, or null where the bytes are not UTF-8.
    public static @Nullable String decode(Bytes bytes) {
        return decode(bytes.unsafeArray(), 0, bytes.length());
    }

    public static boolean isValid(Bytes bytes) {
        return decode(bytes) != null;
    }
}
