package com.databroker.cli;

/// SIGTERM and Ctrl-C as the Java VM tells of them.
///
/// An ordered end is a success: the process then ends with 0 and not with the signal's 143 or 130, so that
/// supervisors do not call a stop a crash. The VM would exit with the signal's code after its hooks; only a
/// halt within the hook has a say in it.
final class ProcessEnd {
    private ProcessEnd() {}

    static Surroundings.Hook hook(Runnable atEnd) {
        Thread thread = new Thread(
                () -> {
                    atEnd.run();
                    Runtime.getRuntime().halt(Exit.OK);
                },
                "end");
        Runtime.getRuntime().addShutdownHook(thread);
        return () -> {
            try {
                Runtime.getRuntime().removeShutdownHook(thread);
            } catch (IllegalStateException endingAlready) {
                // Then the hook has the last word.
            }
        };
    }
}
