package com.databroker.sources;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Makes characters of a feed's bytes.
///
/// What a byte order mark says holds. Then the charset of the HTTP header and that of the XML declaration
/// are tried, in that order, each only where all bytes are possible in it; UTF-8 before any charset of one
/// byte, because text that is valid UTF-8 by chance is hardly ever found. Then [FeedCharsetGuess].
final class FeedCharset {
    private static final int HEAD = 1024;
    private static final Pattern DECLARED =
            Pattern.compile("<\\?xml[^>]{0,200}?encoding\\s{0,9}=\\s{0,9}[\"']([^\"'>]{1,40})[\"']");
    private static final Pattern HTTP = Pattern.compile("charset\\s*=\\s*[\"']?([^\"';,\\s]{1,40})");
    /// Charsets whose names mean, in feeds, something larger than they say.
    private static final Map<String, String> MEANT = Map.ofEntries(
            Map.entry("iso-8859-1", "windows-1252"),
            Map.entry("us-ascii", "windows-1252"),
            Map.entry("iso-8859-9", "windows-1254"),
            Map.entry("tis-620", "x-windows-874"),
            Map.entry("iso-8859-11", "x-windows-874"),
            Map.entry("gb2312", "gb18030"),
            Map.entry("gbk", "gb18030"),
            Map.entry("shift_jis", "windows-31j"),
            Map.entry("euc-kr", "x-windows-949"));
    /// Names that the JDK does not know.
    private static final Map<String, String> ALIASES = Map.of(
            "u8", "utf-8",
            "utf", "utf-8",
            "unicode", "utf-8",
            "u16", "utf-16",
            "macroman", "x-macroman",
            "x-mac-roman", "x-macroman",
            "macintosh", "x-macroman",
            "iso8859-1", "iso-8859-1",
            "x-sjis", "shift_jis",
            "windows-874", "x-windows-874");

    private FeedCharset() {}

    /// @param contentType of the answer over HTTP, null where there was none
    static String decode(byte[] bytes, @Nullable String contentType) {
        int mark = mark(bytes);
        Charset wide = mark > 0 ? marked(bytes) : unmarked(bytes);
        if (wide != null) {
            return new String(bytes, mark, bytes.length - mark, wide);
        }
        String head = new String(bytes, 0, Math.min(bytes.length, HEAD), StandardCharsets.ISO_8859_1);
        Charset http = contentType == null ? null : first(HTTP.matcher(contentType.toLowerCase(Locale.ROOT)));
        Charset declared = first(DECLARED.matcher(head));
        for (Charset charset : order(http, declared)) {
            String text = strict(bytes, charset);
            if (text != null) {
                return text;
            }
        }
        String guessed = FeedCharsetGuess.decode(bytes);
        if (guessed != null) {
            return guessed;
        }
        // Broken in every charset: what was declared last, with replacements where it is broken.
        Charset last = declared != null ? declared : http != null ? http : StandardCharsets.UTF_8;
        return new String(bytes, mostlyUtf8(bytes) ? StandardCharsets.UTF_8 : last);
    }

    private static List<Charset> order(@Nullable Charset http, @Nullable Charset declared) {
        List<Charset> order = new ArrayList<>();
        for (Charset charset : new @Nullable Charset[] {http, declared}) {
            // These two stand in configurations and templates, and say nothing; others were chosen.
            if (charset != null && !charset.name().equals("windows-1252") && isOfBytes(charset)) {
                order.add(charset);
            }
        }
        order.add(StandardCharsets.UTF_8);
        for (Charset charset : new @Nullable Charset[] {http, declared}) {
            if (charset != null && charset.name().equals("windows-1252")) {
                order.add(charset);
            }
        }
        return order;
    }

    /// Whether ASCII is one byte in it: otherwise its declaration could not have been read.
    private static boolean isOfBytes(Charset charset) {
        return charset.canEncode()
                && charset.encode("<").remaining() == 1
                && charset.encode("<").get(0) == '<';
    }

    private static @Nullable Charset first(Matcher matcher) {
        return matcher.find() ? named(matcher.group(1)) : null;
    }

    static @Nullable Charset named(String name) {
        String known = name.strip().toLowerCase(Locale.ROOT);
        known = ALIASES.getOrDefault(known, known);
        try {
            String canonical = Charset.forName(known).name().toLowerCase(Locale.ROOT);
            return Charset.forName(MEANT.getOrDefault(canonical, canonical));
        } catch (IllegalCharsetNameException | UnsupportedCharsetException unknown) {
            return null;
        }
    }

    /// Null where the bytes are not all possible in the charset.
    static @Nullable String strict(byte[] bytes, Charset charset) {
        if (charset.name().equals("windows-1252")) {
            // Five bytes stand for nothing in it; to refuse the document for one of them would help nobody.
            return new String(bytes, charset);
        }
        try {
            return charset.newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException wrong) {
            return null;
        }
    }

    private static int mark(byte[] bytes) {
        if (starts(bytes, 0xEF, 0xBB, 0xBF)) {
            return 3;
        }
        if (starts(bytes, 0, 0, 0xFE, 0xFF) || starts(bytes, 0xFF, 0xFE, 0, 0)) {
            return 4;
        }
        return starts(bytes, 0xFE, 0xFF) || starts(bytes, 0xFF, 0xFE) ? 2 : 0;
    }

    private static @Nullable Charset marked(byte[] bytes) {
        if (starts(bytes, 0xEF, 0xBB, 0xBF)) {
            // A mark of three bytes is sometimes put before anything; then the rest is not UTF-8.
            return strict(bytes, StandardCharsets.UTF_8) == null ? null : StandardCharsets.UTF_8;
        }
        boolean little = starts(bytes, 0xFF, 0xFE);
        if (mark(bytes) == 4) {
            return Charset.forName(little ? "UTF-32LE" : "UTF-32BE");
        }
        return little ? StandardCharsets.UTF_16LE : StandardCharsets.UTF_16BE;
    }

    /// By where the zero bytes of the first characters are, `<` or `{` first.
    private static @Nullable Charset unmarked(byte[] bytes) {
        if (bytes.length < 4) {
            return null;
        }
        int zeros =
                (bytes[0] == 0 ? 8 : 0) | (bytes[1] == 0 ? 4 : 0) | (bytes[2] == 0 ? 2 : 0) | (bytes[3] == 0 ? 1 : 0);
        return switch (zeros) {
            case 0b1110 -> Charset.forName("UTF-32BE");
            case 0b0111 -> Charset.forName("UTF-32LE");
            case 0b1010 -> StandardCharsets.UTF_16BE;
            case 0b0101 -> StandardCharsets.UTF_16LE;
            default -> null;
        };
    }

    private static boolean starts(byte[] bytes, int... with) {
        if (bytes.length < with.length) {
            return false;
        }
        for (int i = 0; i < with.length; i++) {
            if ((bytes[i] & 0xFF) != with[i]) {
                return false;
            }
        }
        return true;
    }

    /// Whether nearly all that is not ASCII is valid: then a few bytes are broken, not the charset wrong.
    static boolean mostlyUtf8(byte[] bytes) {
        int good = 0;
        int bad = 0;
        for (int i = 0; i < bytes.length; i++) {
            int b = bytes[i] & 0xFF;
            if (b < 0x80) {
                continue;
            }
            int more = b >= 0xF0 && b < 0xF5 ? 3 : b >= 0xE0 ? 2 : b >= 0xC2 ? 1 : 0;
            int have = 0;
            while (have < more && i + have + 1 < bytes.length && (bytes[i + have + 1] & 0xC0) == 0x80) {
                have++;
            }
            if (more > 0 && have == more && b < 0xF5) {
                good++;
                i += more;
            } else {
                bad++;
            }
        }
        return good > 10 * bad;
    }
}
