package com.databroker.sources;

import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import org.jsoup.nodes.Entities;
import org.jspecify.annotations.Nullable;

/// Characters of feeds: references, what may not be there, and text that was encoded twice.
final class FeedChars {
    /// What Windows has at 0x80 to 0x9F, where ISO 8859-1 has controls that nobody means.
    private static final String WINDOWS = "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160"
            + "\u2039\u0152\u008D\u017D\u008F\u0090\u2018\u2019\u201C\u201D\u2022"
            + "\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";
    private static final int REFERENCE_MAX = 34;

    private FeedChars() {}

    /// Without what XML forbids: controls, halves of characters. Line ends are `\n`.
    static String clean(String text, int from, int to) {
        int i = from;
        while (i < to && isPlain(text.charAt(i))) {
            i++;
        }
        if (i == to) {
            return text.substring(from, to);
        }
        StringBuilder clean = new StringBuilder(to - from).append(text, from, i);
        for (; i < to; i++) {
            char c = text.charAt(i);
            if (isPlain(c)) {
                clean.append(c);
            } else if (c == '\r') {
                if (i + 1 >= to || text.charAt(i + 1) != '\n') {
                    clean.append('\n');
                }
            } else if (Character.isHighSurrogate(c) && i + 1 < to && Character.isLowSurrogate(text.charAt(i + 1))) {
                clean.append(c).append(text.charAt(++i));
            }
        }
        return clean.toString();
    }

    private static boolean isPlain(char c) {
        return c >= ' ' ? (c != 0x7F && c < 0xD800) || (c > 0xDFFF && c < 0xFFFE) : c == '\n' || c == '\t';
    }

    /// Resolves `&#…;`, `&#x…;`, XML's and HTML's names, and those that `declared` knows; what else has an
    /// ampersand stays as it is.
    static String references(String text, Function<String, @Nullable String> declared) {
        StringBuilder out = new StringBuilder(text.length());
        int from = 0;
        for (int amp = text.indexOf('&'); amp >= 0; amp = text.indexOf('&', amp + 1)) {
            int end = amp + 1;
            int limit = Math.min(text.length(), amp + REFERENCE_MAX);
            while (end < limit && isReference(text.charAt(end))) {
                end++;
            }
            if (end >= text.length() || text.charAt(end) != ';' || end == amp + 1) {
                continue;
            }
            out.append(text, from, amp);
            if (resolve(text.substring(amp + 1, end), declared, out)) {
                amp = end;
                from = end + 1;
            } else {
                from = amp;
            }
        }
        return out.append(text, from, text.length()).toString();
    }

    private static boolean isReference(char c) {
        return (c < 0x80 && Character.isLetterOrDigit(c)) || c == '#' || c == '_' || c == '.' || c == '-';
    }

    private static boolean resolve(String name, Function<String, @Nullable String> declared, StringBuilder out) {
        if (name.charAt(0) == '#') {
            int code = number(name);
            if (code >= 0) {
                append(out, code);
            }
            return code >= 0;
        }
        String own = declared.apply(name);
        String value = own != null ? own : Entities.getByName(name);
        if (value.isEmpty() && own == null) {
            return false;
        }
        out.append(value);
        return true;
    }

    /// The code of `#65` or `#x41`; -1 where it is none.
    private static int number(String name) {
        try {
            boolean hex = name.length() > 1 && (name.charAt(1) == 'x' || name.charAt(1) == 'X');
            int code = hex ? Integer.parseInt(name.substring(2), 16) : Integer.parseInt(name.substring(1));
            return code > Character.MAX_CODE_POINT ? -1 : code;
        } catch (NumberFormatException notANumber) {
            return -1;
        }
    }

    private static void append(StringBuilder out, int code) {
        if (code >= 0x80 && code <= 0x9F) {
            char mapped = WINDOWS.charAt(code - 0x80);
            // U+0085 in itself is a line end; where Windows has nothing, nothing is meant.
            if (mapped > 0x9F) {
                out.append(mapped);
            }
        } else if (code > 0xFFFF || (code >= 0 && isPlain((char) code))) {
            out.appendCodePoint(code);
        } else if (code == '\r') {
            out.append('\n');
        }
    }

    /// For text between tags and in attributes.
    static void escape(String text, StringBuilder out) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                default -> out.append(c);
            }
        }
    }

    /// Repairs text whose UTF-8 somebody took for ISO 8859-1, or for what Windows makes of that, and
    /// encoded once more: all its characters are bytes there, and these are UTF-8. Of text that was meant
    /// as it stands, that is hardly ever so. Otherwise controls of ISO 8859-1 become what Windows has in
    /// their places.
    static String repaired(String text) {
        boolean high = false;
        boolean controls = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            high |= c > 0x7F;
            controls |= c >= 0x80 && c <= 0x9F;
        }
        String once = high ? decodedOnce(text) : null;
        if (once != null) {
            return once;
        }
        if (!controls) {
            return text;
        }
        StringBuilder mapped = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x80 && c <= 0x9F) {
                append(mapped, c);
            } else {
                mapped.append(c);
            }
        }
        return mapped.toString();
    }

    private static @Nullable String decodedOnce(String text) {
        byte[] bytes = new byte[text.length()];
        for (int i = 0; i < bytes.length; i++) {
            char c = text.charAt(i);
            int windows = c <= 0xFF ? -1 : WINDOWS.indexOf(c);
            if (c > 0xFF && windows < 0) {
                return null;
            }
            bytes[i] = (byte) (windows < 0 ? c : 0x80 + windows);
        }
        String once = FeedCharset.strict(bytes, StandardCharsets.UTF_8);
        return once == null ? null : clean(once, 0, once.length());
    }

    /// Whether it is nothing but white space, of which a no-break space is one here.
    static boolean isBlank(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > ' ' && c != 0xA0 && !Character.isWhitespace(c)) {
                return false;
            }
        }
        return true;
    }
}
