package com.databroker.core;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Strict UTF-8, because the JDK's default replaces what is malformed and the broker must refuse it.
public final class Utf8 {
    private static final char REPLACEMENT = '\uFFFD';

    private Utf8() {}

    /// The text, or null where the bytes are not UTF-8.
    public static @Nullable String decode(byte[] bytes, int offset, int length) {
        // The JDK reads ASCII by the word. What it does not understand it replaces, so that only who has the
        // replacement in his text has to be looked at strictly.
        String quick = new String(bytes, offset, length, StandardCharsets.UTF_8);
        return quick.indexOf(REPLACEMENT) < 0 ? quick : strictly(bytes, offset, length);
    }

    private static @Nullable String strictly(byte[] bytes, int offset, int length) {
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

    /// The bytes of a text that is written.
    ///
    /// @throws ProblemException [Problem#VALUE_INVALID] where half of a surrogate pair stands in it, which the JDK
    ///     writes as a question mark
    @SuppressWarnings("ReferenceEquality") // The very same text where nothing had to be replaced.
    static byte[] encode(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        boolean ascii = bytes.length == text.length() && text.equals(new String(bytes, StandardCharsets.ISO_8859_1));
        if (!ascii && wellFormed(text) != text) {
            throw new ProblemException(Problem.VALUE_INVALID, "cannot be written: half of a surrogate pair in a text");
        }
        return bytes;
    }

    public static boolean isValid(Bytes bytes) {
        return decode(bytes) != null;
    }

    /// The text with the replacement character for every half of a surrogate pair, for which UTF-8 has no form; the
    /// very same text where there is none.
    public static String wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                return replaced(text, i);
            }
        }
        return text;
    }

    private static String replaced(String text, int from) {
        StringBuilder whole = new StringBuilder(text);
        boolean changed = false;
        for (int i = from; i < whole.length(); i++) {
            char each = whole.charAt(i);
            if (Character.isHighSurrogate(each)
                    && i + 1 < whole.length()
                    && Character.isLowSurrogate(whole.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(each)) {
                whole.setCharAt(i, REPLACEMENT);
                changed = true;
            }
        }
        return changed ? whole.toString() : text;
    }
}
