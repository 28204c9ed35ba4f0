package com.databroker.streams;

import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.jspecify.annotations.Nullable;

/// A word as an index writes it, looked for in text as people wrote it: whether the text can have that word at all.
///
/// What [LuceneText] does to a word changes its characters one by one, then its end. All endings that it cuts off or
/// replaces leave what was before them, up to one character: `happy` becomes `happi`, `filing` becomes
/// `file`. So a text that lacks the word without its last character lacks the word.
final class ColdWord {
    /// From here on, two neighbouring characters make a word, and some are composed of two.
    private static final char PAIRS_BEGIN = '\u2E80';

    private static final int ASCII_END = 128;

    /// As many characters as the longest that stands for one.
    private static final int FOLD_MAX = 4;

    private final String begin;

    private ColdWord(String begin) {
        this.begin = begin;
    }

    /// Null where nothing can be said.
    static @Nullable ColdWord of(String word) {
        if (word.length() < 3 || word.chars().anyMatch(each -> each >= PAIRS_BEGIN)) {
            return null;
        }
        return new ColdWord(word.substring(0, word.length() - 1));
    }

    /// False only where the word is not in the text.
    boolean mayBeIn(String text) {
        return fold(text).contains(begin);
    }

    /// In small letters without accents, character by character as [LuceneText] does it.
    private static String fold(String text) {
        int length = text.length();
        int at = 0;
        while (at < length && text.charAt(at) < ASCII_END && !isUpper(text.charAt(at))) {
            at++;
        }
        if (at == length) {
            return text;
        }
        char[] lower = text.toCharArray();
        boolean ascii = true;
        for (; at < length; at++) {
            char each = lower[at];
            if (each < ASCII_END) {
                lower[at] = isUpper(each) ? (char) (each + 'a' - 'A') : each;
            } else {
                ascii = false;
                lower[at] = Character.toLowerCase(each);
            }
        }
        if (ascii) {
            return new String(lower);
        }
        char[] folded = new char[length * FOLD_MAX];
        return new String(folded, 0, ASCIIFoldingFilter.foldToASCII(lower, 0, folded, 0, length));
    }

    private static boolean isUpper(char each) {
        return each >= 'A' && each <= 'Z';
    }
}
