package com.databroker.server;

import java.util.ArrayList;
import java.util.List;

/// What differs between two texts, line by line: `- ` of the first, `+ ` of the second, in their order.
final class TextDiff {
    /// Of a comparison of every line with every other; beyond it the middle is told as changed.
    private static final long CELLS_MAX = 4_000_000;

    private TextDiff() {}

    static List<String> of(String before, String after) {
        List<String> a = before.lines().toList();
        List<String> b = after.lines().toList();
        int begin = 0;
        while (begin < Math.min(a.size(), b.size()) && a.get(begin).equals(b.get(begin))) {
            begin++;
        }
        int end = 0;
        while (end < Math.min(a.size(), b.size()) - begin
                && a.get(a.size() - 1 - end).equals(b.get(b.size() - 1 - end))) {
            end++;
        }
        return middle(a.subList(begin, a.size() - end), b.subList(begin, b.size() - end));
    }

    private static List<String> middle(List<String> a, List<String> b) {
        List<String> out = new ArrayList<>();
        if ((long) a.size() * b.size() > CELLS_MAX) {
            a.forEach(line -> out.add("- " + line));
            b.forEach(line -> out.add("+ " + line));
            return out;
        }
        int[][] common = new int[a.size() + 1][b.size() + 1];
        for (int i = a.size() - 1; i >= 0; i--) {
            for (int j = b.size() - 1; j >= 0; j--) {
                common[i][j] = a.get(i).equals(b.get(j))
                        ? common[i + 1][j + 1] + 1
                        : Math.max(common[i + 1][j], common[i][j + 1]);
            }
        }
        int i = 0;
        int j = 0;
        while (i < a.size() || j < b.size()) {
            if (i < a.size() && j < b.size() && a.get(i).equals(b.get(j))) {
                i++;
                j++;
            } else if (j == b.size() || (i < a.size() && common[i + 1][j] >= common[i][j + 1])) {
                out.add("- " + a.get(i++));
            } else {
                out.add("+ " + b.get(j++));
            }
        }
        return out;
    }
}
