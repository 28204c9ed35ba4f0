package com.databroker.streams;

import com.databroker.core.Text;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where a [Receiver] puts what comes, and says how it goes. For any number of threads.
public final class Reception {
    /// The most that is taken at once.
    public static final int BYTES_MAX = Spool.BLOCK_MAX;

    private static final Logger LOG = LoggerFactory.getLogger(Reception.class);
    private static final long SAID_EVERY_MILLIS = 60_000;

    private final String name;
    private final Spool spool;
    private final InstantSource clock;
    private final AtomicLong received = new AtomicLong();
    private final AtomicLong dropped = new AtomicLong();
    private final AtomicLong gaps = new AtomicLong();
    private final AtomicLong saidAt = new AtomicLong();
    private volatile @Nullable Instant last;
    private volatile String note = "";

    Reception(String name, Spool spool, InstantSource clock) {
        this.name = name;
        this.spool = spool;
        this.clock = clock;
    }

    /// Takes whole units, up to [#BYTES_MAX] bytes of them; they outlive a kill when this returns. Where there is no
    /// room for them they are dropped and counted: nobody waits.
    ///
    /// @param head with what a piece begins that is to be read by itself
    public void take(byte[] bytes, int offset, int length, int units, byte[] head) {
        boolean there = false;
        try {
            there = spool.append(bytes, offset, length, head);
        } catch (IOException failed) {
            said("the disk refuses: " + failed.getMessage());
        }
        if (there) {
            received.addAndGet(units);
            last = clock.instant();
        } else {
            dropped.addAndGet(units);
            said("the spool is full");
        }
    }

    /// As [#take], for those who can wait: returns when there was room.
    public void takeOrWait(byte[] bytes, int offset, int length, int units, byte[] head) throws InterruptedException {
        if (spool.awaitRoom(length + head.length)) {
            take(bytes, offset, length, units, head);
        }
    }

    private void said(String why) {
        long now = clock.millis();
        long before = saidAt.get();
        if (before + SAID_EVERY_MILLIS <= now && saidAt.compareAndSet(before, now)) {
            LOG.atWarn()
                    .addKeyValue("collector", name)
                    .addKeyValue("dropped", dropped.get())
                    .addKeyValue("reason", Text.excerpt(why))
                    .log("what is pushed is dropped");
        }
    }

    /// What comes next cannot be read together with what came.
    public void cut() {
        spool.cut();
    }

    /// Something was probably missed.
    public void suspectGap() {
        gaps.incrementAndGet();
    }

    /// Says in a few words how it goes, for the status.
    public void note(String words) {
        note = words;
    }

    long received() {
        return received.get();
    }

    long dropped() {
        return dropped.get();
    }

    long gaps() {
        return gaps.get();
    }

    @Nullable
    Instant last() {
        return last;
    }

    String note() {
        return note;
    }
}
