package com.databroker.core;

import java.util.List;

/// A refusal that the one who asked can understand: a numbered [Problem] and what it was in this case.
public final class ProblemException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final Problem problem;
    private final transient List<Finding> findings;

    public ProblemException(Problem problem, String detail) {
        this(problem, detail, List.of());
    }

    /// @param findings the places in a document that are wrong, in order
    public ProblemException(Problem problem, String detail, List<Finding> findings) {
        super(detail);
        this.problem = problem;
        this.findings = List.copyOf(findings);
    }

    public ProblemException(Problem problem, String detail, Throwable cause) {
        super(detail, cause);
        this.problem = problem;
        this.findings = List.of();
    }

    public Problem problem() {
        return problem;
    }

    /// What it was in this case, fit for the eyes of the one who asked.
    public String detail() {
        String message = getMessage();
        return message == null ? problem.title() : message;
    }

    /// For the log: what it came from in its own words, which may say more than everybody may see, or the detail.
    public String reason() {
        Throwable cause = getCause();
        return cause == null || cause.getMessage() == null ? detail() : cause.getMessage();
    }

    public List<Finding> findings() {
        return findings;
    }

    /// One line for a terminal or a log: number, title, detail, remedy.
    public String line() {
        return "[" + problem.number() + "] " + problem.title() + ": " + detail() + ". " + problem.remedy();
    }
}
