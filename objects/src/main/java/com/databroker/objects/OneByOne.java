package com.databroker.objects;

import com.databroker.objects.spi.StoreOutcome;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/// Commits to H2: one at a time, since of two updates of one row that compare its version it lets both through once in
/// ten thousand times; and on the disk before anybody hears of them, which it leaves to the operating system by itself,
/// whatever it is told about delays. Those that wait together are forced together.
final class OneByOne {
    private final Runnable force;

    private final ReentrantLock making = new ReentrantLock();

    /// Commits that were made, under [#making].
    private long made;

    private final ReentrantLock forcing = new ReentrantLock();

    /// Of these those that the disk has, under [#forcing].
    private long forced;

    /// @param force has the disk keep everything that was made
    OneByOne(Runnable force) {
        this.force = force;
    }

    StoreOutcome commit(Supplier<StoreOutcome> making) {
        StoreOutcome outcome;
        long number;
        this.making.lock();
        try {
            outcome = making.get();
            number = ++made;
        } finally {
            this.making.unlock();
        }
        force(number);
        return outcome;
    }

    private void force(long number) {
        forcing.lock();
        try {
            if (forced < number) {
                long until = made();
                force.run();
                forced = until;
            }
        } finally {
            forcing.unlock();
        }
    }

    private long made() {
        making.lock();
        try {
            return made;
        } finally {
            making.unlock();
        }
    }
}
