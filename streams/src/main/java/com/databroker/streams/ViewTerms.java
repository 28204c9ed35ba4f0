package com.databroker.streams;

import java.util.Locale;
import java.util.Set;

/// Takes the terms out of texts, by rules that everybody can follow: docs/reference/views.md.
///
/// A term is letters and digits, with single dashes between them, 3 to 40 characters long and with a letter
/// in it, in lower case, without `'s` at its end. A command of LaTeX (`\alpha`) is none.
final class ViewTerms {
    private static final int CHARACTERS_MIN = 3;
    private static final int CHARACTERS_MAX = 40;

    private ViewTerms() {}

    static void add(String text, Set<String> into) {
        int at = 0;
        while (at < text.length()) {
            int begin = at;
            boolean letter = false;
            while (at < text.length() && isPart(text, begin, at)) {
                letter |= Character.isLetter(text.codePointAt(at));
                at += Character.charCount(text.codePointAt(at));
            }
            int length = at - begin;
            boolean command = begin > 0 && text.charAt(begin - 1) == '\\';
            if (letter && !command && length >= CHARACTERS_MIN && length <= CHARACTERS_MAX) {
                into.add(text.substring(begin, at).toLowerCase(Locale.ROOT));
            }
            if (at < text.length()) {
                at = possessiveEnd(text, begin, at);
            }
        }
    }

    private static boolean isPart(String text, int begin, int at) {
        int here = text.codePointAt(at);
        return Character.isLetterOrDigit(here)
                || Character.getType(here) == Character.NON_SPACING_MARK
                || (here == '-'
                        && at > begin
                        && at + 1 < text.length()
                        && Character.isLetterOrDigit(text.codePointAt(at + 1)));
    }

    /// Behind what ended the word: one character, or the rest of `'s`.
    private static int possessiveEnd(String text, int begin, int at) {
        int end = at + Character.charCount(text.codePointAt(at));
        boolean apostrophe = text.charAt(at) == '\'' || text.charAt(at) == '’';
        boolean possessive = apostrophe
                && at > begin
                && end < text.length()
                && (text.charAt(end) == 's' || text.charAt(end) == 'S')
                && (end + 1 == text.length() || !Character.isLetterOrDigit(text.codePointAt(end + 1)));
        return possessive ? end + 1 : end;
    }
}
