package com.databroker.cli;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a broker does for its next start: once it has run for a while it has the launcher make the cache of classes of
/// this build, in a process of its own and of the lowest priority. See [TrainVerb].
final class Training {
    private static final Logger LOG = LoggerFactory.getLogger(Training.class);
    /// Until then a first start has enough to do.
    private static final long QUIET_SECONDS = 30;

    private @Nullable Process process;
    private boolean closed;

    private Training() {}

    /// Begins where the launcher found no cache.
    static Training ofNextStart() {
        Training training = new Training();
        String launcher = System.getProperty("databroker.launcher", "");
        if (Boolean.getBoolean("databroker.make-cache") && !launcher.isEmpty()) {
            CompletableFuture.delayedExecutor(QUIET_SECONDS, TimeUnit.SECONDS).execute(() -> training.train(launcher));
        }
        return training;
    }

    private synchronized void train(String launcher) {
        if (closed) {
            return;
        }
        try {
            process = new ProcessBuilder(launcher, "train")
                    .redirectErrorStream(true)
                    .redirectOutput(Redirect.DISCARD)
                    .start();
            process.onExit().thenAccept(Training::tell);
        } catch (IOException refused) {
            LOG.atInfo().setCause(refused).log("no cache of classes could be made for the next start");
        }
    }

    private static void tell(Process ended) {
        if (ended.exitValue() == 0) {
            LOG.atInfo().log("a cache of classes was made: the next start of this build is faster");
        } else {
            LOG.atInfo().addKeyValue("exit", ended.exitValue()).log("no cache of classes was made");
        }
    }

    /// Whatever it was doing is for a later start.
    synchronized void stop() {
        closed = true;
        if (process != null) {
            // The launcher ends what it started, and clears up.
            process.destroy();
        }
    }
}
