package com.databroker.sources;

import java.nio.charset.Charset;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Guesses the charset of bytes that declare none, or a wrong one, and are not UTF-8.
///
/// Each candidate in which all bytes are possible decodes the text, and the text is judged: by how common
/// its characters are in what is written in that charset, and whether capitals stand where capitals do.
final class FeedCharsetGuess {
    /// How much of a text is looked at.
    private static final int SAMPLE = 1 << 16;

    private enum Script {
        JAPANESE,
        KOREAN,
        CHINESE,
        CYRILLIC,
        GREEK,
        THAI,
        HEBREW,
        LATIN
    }

    private record Candidate(String charset, Script script) {}

    private static final List<Candidate> CANDIDATES = List.of(
            new Candidate("EUC-JP", Script.JAPANESE),
            new Candidate("windows-31j", Script.JAPANESE),
            new Candidate("EUC-KR", Script.KOREAN),
            new Candidate("gb18030", Script.CHINESE),
            new Candidate("Big5", Script.CHINESE),
            new Candidate("windows-1251", Script.CYRILLIC),
            new Candidate("KOI8-R", Script.CYRILLIC),
            new Candidate("windows-1253", Script.GREEK),
            new Candidate("x-windows-874", Script.THAI),
            new Candidate("windows-1255", Script.HEBREW),
            new Candidate("windows-1252", Script.LATIN),
            new Candidate("windows-1250", Script.LATIN));

    /// The Han characters that are met most in Chinese, in both of its scripts, and in Japanese.
    private static final String COMMON = "的一是不了人我在有他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着"
            + "事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从"
            + "這為來個們說國時會對後發學過還經當與進種將沒從點動問間開長電網站新聞本文章日月年会社用者全部最高東京"
            + "部門者物語文化工作業務資料信息网路系统技术";
    /// Letters of Thai that make up most of a text.
    private static final String THAI = "านรอกเงมยลวดทสตะปบคหแจพชขใไโผ่้ัิีุูำ์็";

    private FeedCharsetGuess() {}

    /// Null where nothing fits.
    static @Nullable String decode(byte[] bytes) {
        String best = null;
        double most = 0.3;
        for (Candidate candidate : CANDIDATES) {
            if (!Charset.isSupported(candidate.charset)) {
                continue;
            }
            String text = FeedCharset.strict(bytes, Charset.forName(candidate.charset));
            double fit = text == null ? -1 : fit(text, candidate.script);
            if (text != null && fit > most) {
                most = fit;
                best = text;
            }
        }
        return best;
    }

    /// The mean judgement of what is not ASCII.
    private static double fit(String text, Script script) {
        double sum = 0;
        int seen = 0;
        for (int i = 0; i < text.length() && i < SAMPLE; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                continue;
            }
            seen++;
            char before = i == 0 ? ' ' : text.charAt(i - 1);
            char after = i + 1 == text.length() ? ' ' : text.charAt(i + 1);
            sum += judge(c, before, after, script);
        }
        return seen == 0 ? 0 : sum / seen;
    }

    private static double judge(char c, char before, char after, Script script) {
        boolean amidLatin = isLatin(before) || isLatin(after);
        if (amidLatin && script != Script.LATIN && script.compareTo(Script.CHINESE) > 0) {
            // An accented letter, read as one of another script.
            return -1;
        }
        if (c == 0xFFFD || (c >= 0x80 && c < 0xA0) || Character.getType(c) == Character.PRIVATE_USE) {
            return -2;
        }
        Character.UnicodeScript of = Character.UnicodeScript.of(c);
        return switch (script) {
            case JAPANESE ->
                switch (of) {
                    // Half-width katakana are what other charsets look like in Shift_JIS.
                    case HIRAGANA, KATAKANA -> c >= 0xFF00 ? -0.5 : 1.3;
                    case HAN -> han(c);
                    default -> c >= 0x3000 ? 0.6 : 0;
                };
            case KOREAN ->
                switch (of) {
                    case HANGUL -> c >= 0xAC00 ? 1.2 : -0.5;
                    case HAN -> 0.1;
                    case HIRAGANA, KATAKANA -> -0.5;
                    default -> 0.2;
                };
            case CHINESE ->
                switch (of) {
                    case HAN -> han(c);
                    case HIRAGANA, KATAKANA, HANGUL -> -0.5;
                    default -> c >= 0x3000 ? 0.6 : 0;
                };
            case CYRILLIC -> cased(c, before, of == Character.UnicodeScript.CYRILLIC);
            case GREEK -> cased(c, before, of == Character.UnicodeScript.GREEK);
            case HEBREW -> of == Character.UnicodeScript.HEBREW ? 0.8 : -0.3;
            case THAI -> thai(c, before);
            case LATIN -> latin(c, before, after);
        };
    }

    private static boolean isLatin(char c) {
        return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    }

    private static double han(char c) {
        return COMMON.indexOf(c) >= 0 ? 1.6 : c >= 0xF900 ? -0.5 : 0.55;
    }

    private static double cased(char c, char before, boolean own) {
        if (!own) {
            return -0.3;
        }
        boolean within = Character.isLetter(before);
        return Character.isLowerCase(c) ? 1.0 : within && Character.isLowerCase(before) ? -1.0 : within ? 0.1 : 0.6;
    }

    private static double thai(char c, char before) {
        if (c < 0x0E01 || c > 0x0E5B) {
            return -1;
        }
        // Signs above and below stand on a consonant, or on another sign.
        boolean sign = (c >= 0x0E34 && c <= 0x0E3A) || c == 0x0E31 || (c >= 0x0E47 && c <= 0x0E4E);
        if (sign && (before < 0x0E01 || (before >= 0x0E40 && before <= 0x0E46))) {
            return -3;
        }
        return THAI.indexOf(c) >= 0 ? 1.15 : 0;
    }

    private static double latin(char c, char before, char after) {
        if (Character.isLetter(c)) {
            boolean lone = before < 0x80 && after < 0x80;
            boolean amid = Character.isLetter(before) || Character.isLetter(after);
            boolean wrong = Character.isUpperCase(c) && Character.isLowerCase(before);
            return wrong ? -0.5 : lone && amid ? 1.0 : lone ? 0.4 : -0.2;
        }
        // Quotation marks, dashes, the euro, the no-break space, section and degree.
        return (c >= 0x2013 && c <= 0x2026) || c == 0x20AC || c == 0xA0 || "§°«»©®·".indexOf(c) >= 0 ? 0.5 : -0.3;
    }
}
