package com.databroker.objects;

import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/// What a listener heard, and waiting for it.
final class Heard implements ObjectListener {
    private static final long PATIENCE_SECONDS = 20;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition something = lock.newCondition();
    private final Set<ObjectMessage.Tagged> tags = new HashSet<>();
    private ObjectPosition at = ObjectPosition.NONE;
    private int resets;
    private int frames;

    @Override
    public void changed(ObjectPosition position, Instant committed, List<ObjectMessage.Tagged> changed) {
        locked(() -> {
            at = at.with(position);
            frames++;
            return tags.addAll(changed);
        });
    }

    @Override
    public void reset(String why) {
        locked(() -> ++resets > 0);
    }

    private boolean locked(BooleanSupplier what) {
        lock.lock();
        try {
            something.signalAll();
            return what.getAsBoolean();
        } finally {
            lock.unlock();
        }
    }

    boolean has(String tag) {
        return locked(() -> tags.stream().anyMatch(one -> one.tag().equals(tag)));
    }

    boolean has(String tag, long version) {
        return locked(() -> tags.contains(new ObjectMessage.Tagged(tag, version)));
    }

    int resets() {
        lock.lock();
        try {
            return resets;
        } finally {
            lock.unlock();
        }
    }

    int frames() {
        lock.lock();
        try {
            return frames;
        } finally {
            lock.unlock();
        }
    }

    ObjectPosition at() {
        lock.lock();
        try {
            return at;
        } finally {
            lock.unlock();
        }
    }

    Set<ObjectMessage.Tagged> tags() {
        lock.lock();
        try {
            return Set.copyOf(tags);
        } finally {
            lock.unlock();
        }
    }

    void await(BooleanSupplier what) throws InterruptedException {
        long left = TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        lock.lock();
        try {
            while (!what.getAsBoolean()) {
                if (left <= 0) {
                    throw new AssertionError("heard in vain: " + tags);
                }
                left = something.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }
}
