package com.databroker.cli;

import org.jspecify.annotations.Nullable;

/// The end of a verb that is not a numbered problem: told in up to three lines, with an exit code.
final class CliException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int exit;
    private final String because;
    private final String remedy;

    /// @param because one line more on why; empty for none
    /// @param remedy what to do; empty for nothing
    CliException(int exit, String error, String because, String remedy, @Nullable Throwable cause) {
        super(error, cause);
        this.exit = exit;
        this.because = because;
        this.remedy = remedy;
    }

    static CliException usage(String error, String remedy) {
        return new CliException(Exit.USAGE, error, "", remedy, null);
    }

    int exit() {
        return exit;
    }

    String because() {
        return because;
    }

    String remedy() {
        return remedy;
    }
}
