package com.databroker.access;

import com.databroker.core.Finding;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// What is wrong in one text, collected while it is read: whoever wrote it wants the whole list, not the first line.
final class Findings {
    static final int MAX = 100;
    private static final int MESSAGE_MAX = 400;

    private final String text;
    private final int[] lineStarts;
    private final List<Finding> findings = new ArrayList<>();

    Findings(String text) {
        this.text = text;
        this.lineStarts = IntStream.concat(
                        IntStream.of(0),
                        IntStream.range(0, text.length())
                                .filter(i -> isLineEnd(text, i))
                                .map(i -> i + 1))
                .toArray();
    }

    /// As XML counts lines: LF, CR LF and CR alone.
    private static boolean isLineEnd(String text, int i) {
        char c = text.charAt(i);
        return c == '\n' || (c == '\r' && (i + 1 == text.length() || text.charAt(i + 1) != '\n'));
    }

    String text() {
        return text;
    }

    int lineOf(int offset) {
        int found = Arrays.binarySearch(lineStarts, offset);
        return found >= 0 ? found + 1 : -found - 1;
    }

    /// The offset of a place as the parser tells it, both counted from 1.
    int offsetOf(int line, int column) {
        int start = lineStarts[Math.clamp(line - 1L, 0, lineStarts.length - 1)];
        return Math.clamp(start + column - 1L, 0, text.length());
    }

    void add(int offset, String message) {
        if (findings.size() < MAX) {
            int line = lineOf(offset);
            findings.add(new Finding(line, offset - lineStarts[line - 1] + 1, printable(message)));
        }
    }

    void addAll(List<Finding> others) {
        others.stream().limit(MAX - findings.size()).forEach(findings::add);
    }

    /// Without control characters, and not as long as a stranger could make it.
    private static String printable(String message) {
        String cut = message.length() <= MESSAGE_MAX ? message : message.substring(0, MESSAGE_MAX) + "…";
        return cut.codePoints()
                .map(c -> Character.isISOControl(c) || (c >= 0xD800 && c < 0xE000) ? '\uFFFD' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    boolean isEmpty() {
        return findings.isEmpty();
    }

    boolean isFull() {
        return findings.size() >= MAX;
    }

    List<Finding> inOrder() {
        return findings.stream()
                .sorted(Comparator.comparingInt(Finding::line).thenComparingInt(Finding::column))
                .toList();
    }

    void throwIfAny() {
        if (!findings.isEmpty()) {
            throw refusal(inOrder());
        }
    }

    static ProblemException refusal(List<Finding> findings) {
        String more = findings.size() == 1 ? "" : " (and " + (findings.size() - 1) + " more)";
        return new ProblemException(Problem.USERS_FILE_INVALID, findings.getFirst() + more, findings);
    }
}
