package com.databroker.streams;

import java.io.IOException;
import java.time.InstantSource;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who uses the engines of the plane, and when nobody does: those who ask something of them go on beside
/// one another, and wait while what the engines keep is to stand still.
public final class Stillness {
    private static final Logger LOG = LoggerFactory.getLogger(Stillness.class);

    /// Held by who starts or ends the engines.
    private final ReentrantLock changing = new ReentrantLock();

    /// Read by who uses them. Fair, so that many questions do not put off stillness for ever.
    private final ReentrantReadWriteLock using = new ReentrantReadWriteLock(true);

    private final InstantSource clock;

    Stillness(InstantSource clock) {
        this.clock = clock;
    }

    /// What is done while nothing moves.
    @FunctionalInterface
    public interface Work {
        void run() throws IOException;
    }

    /// What is asked of the engines.
    @FunctionalInterface
    interface Use<T> {
        T get() throws IOException;
    }

    <T> T outside(Use<T> use) throws IOException {
        using.readLock().lock();
        try {
            return use.get();
        } finally {
            using.readLock().unlock();
        }
    }

    void outside(Runnable use) {
        using.readLock().lock();
        try {
            use.run();
        } finally {
            using.readLock().unlock();
        }
    }

    void during(Work use) throws IOException {
        outside(() -> {
            use.run();
            return true;
        });
    }

    boolean change(BooleanSupplier change) {
        changing.lock();
        try {
            return change.getAsBoolean();
        } finally {
            changing.unlock();
        }
    }

    /// Runs `work` when nobody starts, ends or uses the engines. On a thread of its own, which nobody
    /// interrupts: the engines do not survive that.
    void have(Work work) throws IOException {
        Once once = new Once(work);
        Thread thread = Thread.ofPlatform().name("streams-still").daemon().start(once);
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException later) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        once.rethrow();
    }

    /// Whether the engines are up, or are down because somebody has stillness.
    boolean isWell(BooleanSupplier up) {
        // Asked again, since stillness may have ended between the first two questions.
        return up.getAsBoolean() || isHad() || up.getAsBoolean();
    }

    boolean isHad() {
        return using.isWriteLocked();
    }

    private final class Once implements Runnable {
        private final Work work;
        private @Nullable Throwable failed;

        Once(Work work) {
            this.work = work;
        }

        @Override
        public void run() {
            changing.lock();
            using.writeLock().lock();
            long begun = clock.millis();
            try {
                work.run();
            } catch (IOException | RuntimeException | Error failure) {
                failed = failure;
            } finally {
                using.writeLock().unlock();
                changing.unlock();
            }
            LOG.atInfo().addKeyValue("millis", clock.millis() - begun).log("the streams plane stood still");
        }

        void rethrow() throws IOException {
            switch (failed) {
                case null -> {}
                case IOException disk -> throw disk;
                case RuntimeException refused -> throw refused;
                default -> throw new IOException("what was to stand still did not", failed);
            }
        }
    }
}
