package com.databroker.core;

/// What strangers wrote, made fit to be repeated in a message.
public final class Text {
    private static final int EXCERPT_MAX = 80;

    private Text() {}

    /// At most 80 characters, control characters made visible: safe in logs, headers and terminals.
    public static String excerpt(String foreign) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < foreign.length() && out.length() < EXCERPT_MAX; i++) {
            char c = foreign.charAt(i);
            if (Character.isISOControl(c) || Character.isSurrogate(c)) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        return foreign.length() > EXCERPT_MAX ? out.append('…').toString() : out.toString();
    }

    /// The candidate nearest to `word`, or an empty string where none is near: for "did you mean".
    public static String nearest(String word, Iterable<String> candidates) {
        String best = "";
        int bestDistance = Math.max(2, word.length() / 3) + 1;
        for (String candidate : candidates) {
            int distance = distance(word, candidate);
            if (distance < bestDistance) {
                bestDistance = distance;
                best = candidate;
            }
        }
        return best;
    }

    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substitute = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substitute, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
