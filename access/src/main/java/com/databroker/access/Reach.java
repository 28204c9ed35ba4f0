package com.databroker.access;

import com.databroker.core.Pattern;
import java.util.List;

/// Some patterns, ready to be asked often.
///
/// Nearly every grant is `**`, `builds/**` or a plain path, and these are decided by comparing characters; only the
/// others go through [Pattern], which takes the path apart.
final class Reach {
    static final Reach EVERYTHING = new Reach(List.of(Pattern.ALL));

    private static final String ANY = "**";
    private static final String BELOW = "/**";

    private final List<Pattern> patterns;
    private final boolean everything;
    private final List<String> exact;
    private final List<String> folders;
    private final List<Pattern> others;

    Reach(List<Pattern> patterns) {
        this.patterns = List.copyOf(patterns);
        everything = patterns.contains(Pattern.ALL);
        exact = this.patterns.stream()
                .map(Pattern::text)
                .filter(text -> text.indexOf('*') < 0)
                .toList();
        folders = this.patterns.stream()
                .filter(Reach::isFolder)
                .map(pattern -> folder(pattern.text()))
                .toList();
        others = this.patterns.stream()
                .filter(pattern -> pattern.text().indexOf('*') >= 0 && !isFolder(pattern))
                .toList();
    }

    private static boolean isFolder(Pattern pattern) {
        String text = pattern.text();
        return text.endsWith(BELOW) && folder(text).indexOf('*') < 0;
    }

    private static String folder(String text) {
        return text.substring(0, text.length() - BELOW.length());
    }

    boolean matches(String path) {
        if (everything || exact.contains(path)) {
            return true;
        }
        for (String folder : folders) {
            if (path.startsWith(folder) && (path.length() == folder.length() || path.charAt(folder.length()) == '/')) {
                return true;
            }
        }
        for (Pattern pattern : others) {
            if (pattern.matches(path)) {
                return true;
            }
        }
        return false;
    }

    /// Whether some path is in this, in `other` and in `pattern` at once.
    boolean meets(Reach other, Pattern pattern) {
        for (Pattern mine : patterns) {
            for (Pattern theirs : other.patterns) {
                if (overlap(mine.segments(), theirs.segments(), pattern.segments())) {
                    return true;
                }
            }
        }
        return false;
    }

    /// Whether the three have a path in common. Two by two is not enough: `a/**`, `**/b` and `*` overlap in pairs
    /// (with a = `a`, b = `b`) and have nothing in common.
    ///
    /// `reach[i][j][k]`: some path takes a to its i-th segment, b to its j-th and c to its k-th. At most 65³ cells.
    private static boolean overlap(List<String> a, List<String> b, List<String> c) {
        boolean[][][] reach = new boolean[a.size() + 1][b.size() + 1][c.size() + 1];
        reach[0][0][0] = true;
        for (int i = 0; i <= a.size(); i++) {
            for (int j = 0; j <= b.size(); j++) {
                for (int k = 0; k <= c.size(); k++) {
                    if (reach[i][j][k]) {
                        step(reach, new Cell(i, j, k), a, b, c);
                    }
                }
            }
        }
        return reach[a.size()][b.size()][c.size()];
    }

    private record Cell(int i, int j, int k) {}

    private static void step(boolean[][][] reach, Cell at, List<String> a, List<String> b, List<String> c) {
        String left = at.i < a.size() ? a.get(at.i) : "";
        String middle = at.j < b.size() ? b.get(at.j) : "";
        String right = at.k < c.size() ? c.get(at.k) : "";
        // A ** may take no more segments.
        if (left.equals(ANY)) {
            reach[at.i + 1][at.j][at.k] = true;
        }
        if (middle.equals(ANY)) {
            reach[at.i][at.j + 1][at.k] = true;
        }
        if (right.equals(ANY)) {
            reach[at.i][at.j][at.k + 1] = true;
        }
        // All three take one segment; three times ** would stay where it is.
        if (agree(left, middle) && agree(middle, right) && agree(left, right)) {
            reach[at.i + (left.equals(ANY) ? 0 : 1)][at.j + (middle.equals(ANY) ? 0 : 1)][
                    at.k + (right.equals(ANY) ? 0 : 1)] = true;
        }
    }

    private static boolean agree(String a, String b) {
        return !a.isEmpty() && !b.isEmpty() && (a.charAt(0) == '*' || b.charAt(0) == '*' || a.equals(b));
    }
}
