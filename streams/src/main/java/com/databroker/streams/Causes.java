package com.databroker.streams;

/// Why something failed, in one line.
final class Causes {
    private Causes() {}

    /// What the innermost cause says, or what it is where it says nothing: what is around it are the steps of whoever
    /// was asked.
    static String innermost(Throwable failed) {
        Throwable cause = failed;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return message.lines().findFirst().orElse("").strip();
    }
}
