package com.databroker.sources;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The SimHash of a text: 64 bits, of which nearly equal texts have nearly all in common.
///
/// Each bit is what the majority of the hashes of all words, and of all pairs of neighbours, have there.
final class NewsSimhash {
    private static final int WORDS_MIN = 4;
    private static final int WORDS_MAX = 20_000;

    private NewsSimhash() {}

    /// Null where there are too few words to compare.
    static @Nullable Long of(String text) {
        List<Long> words = words(text);
        if (words.size() < WORDS_MIN) {
            return null;
        }
        int[] votes = new int[Long.SIZE];
        long before = 0;
        for (long word : words) {
            vote(votes, word);
            vote(votes, mix(before * 31 + word));
            before = word;
        }
        long bits = 0;
        for (int i = 0; i < Long.SIZE; i++) {
            bits |= votes[i] > 0 ? 1L << i : 0;
        }
        return bits;
    }

    private static void vote(int[] votes, long hash) {
        for (int i = 0; i < Long.SIZE; i++) {
            votes[i] += (hash >>> i & 1) == 1 ? 1 : -1;
        }
    }

    /// Hashes of the words in lower case. In scripts that write no blanks, each character is a word.
    private static List<Long> words(String text) {
        List<Long> words = new ArrayList<>();
        String lower = text.toLowerCase(Locale.ROOT);
        long hash = 0;
        for (int i = 0; i < lower.length() && words.size() < WORDS_MAX; i++) {
            char c = lower.charAt(i);
            boolean alone = Character.isIdeographic(c) || (c >= 0x0E00 && c < 0x0E80) || (c >= 0x3040 && c < 0x3100);
            boolean part = Character.isLetterOrDigit(c) || Character.isSurrogate(c);
            if (hash != 0 && (alone || !part)) {
                words.add(mix(hash));
                hash = 0;
            }
            if (alone) {
                words.add(mix(c));
            } else if (part) {
                hash = (hash == 0 ? 7 : hash) * 1_099_511_628_211L + c;
            }
        }
        if (hash != 0) {
            words.add(mix(hash));
        }
        return words;
    }

    /// Spreads what differs in one bit over all.
    private static long mix(long hash) {
        long mixed = (hash ^ hash >>> 30) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
        return mixed ^ mixed >>> 31;
    }
}
