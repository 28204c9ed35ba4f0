package com.databroker.files;

import com.databroker.core.Finding;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// What is wrong in one upload, collected while it is read. What does not fit is counted. Of one thread.
final class Findings {
    static final int MAX = 20;
    private static final int MESSAGE_MAX = 400;

    private final List<Finding> findings = new ArrayList<>();
    private int more;

    /// @param line counted from 1; 0 where the whole document is meant
    /// @param column counted from 1; 0 where the whole line is meant
    /// @param message may hold what strangers wrote
    void add(int line, int column, String message) {
        Finding finding = new Finding(line, column, printable(message));
        if (findings.size() < MAX) {
            findings.add(finding);
        } else {
            more++;
        }
    }

    /// Counts what was found and does not fit.
    void skip(int count) {
        more += count;
    }

    boolean isEmpty() {
        return findings.isEmpty();
    }

    boolean isFull() {
        return findings.size() >= MAX;
    }

    /// Brings them in the order of the document; else they stay as they were added.
    void sort() {
        findings.sort(Comparator.comparingInt(Finding::line).thenComparingInt(Finding::column));
    }

    /// @throws ProblemException [Problem#VALIDATION_FAILED] where anything was found
    void throwIfAny() {
        if (!findings.isEmpty()) {
            throw refusal();
        }
    }

    /// The refusal of a document in which one thing is wrong.
    static ProblemException refusal(int line, int column, String message) {
        Findings findings = new Findings();
        findings.add(line, column, message);
        return findings.refusal();
    }

    private ProblemException refusal() {
        int others = findings.size() - 1 + more;
        String detail = words(findings.getFirst()) + (others == 0 ? "" : " (and " + others + " more)");
        return new ProblemException(Problem.VALIDATION_FAILED, detail, findings);
    }

    private static String words(Finding finding) {
        return finding.line() > 0 && finding.column() == 0
                ? "line " + finding.line() + ": " + finding.message()
                : finding.toString();
    }

    /// Without control characters, and not as long as a stranger could make it.
    private static String printable(String message) {
        String cut = message.length() <= MESSAGE_MAX ? message : message.substring(0, MESSAGE_MAX) + "…";
        return cut.codePoints()
                .map(c -> Character.isISOControl(c) || (c >= 0xD800 && c < 0xE000) ? '\uFFFD' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
