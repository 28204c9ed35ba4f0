package com.databroker.access;

import com.databroker.core.ProblemException;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// A connection that stays open, and who is at its other end for as long as the users file says so.
///
/// After a reload of the users file, and when its credential expires, the gate looks again: the principal becomes the
/// new one, or `onRevoked` is called once with ACCESS_REVOKED, on the thread that reloaded or swept. It must not block.
public final class Session implements AutoCloseable {
    private final Proof proof;
    private final String address;
    private final String door;
    private final Consumer<ProblemException> onRevoked;
    private final Consumer<Session> onEnd;
    private final AtomicBoolean open = new AtomicBoolean(true);
    private volatile Principal principal;
    private volatile Instant until;

    Session(
            Proof proof,
            Resolution.Accepted accepted,
            String address,
            String door,
            Consumer<ProblemException> onRevoked,
            Consumer<Session> onEnd) {
        this.proof = proof;
        this.principal = accepted.principal();
        this.until = accepted.until();
        this.address = address;
        this.door = door;
        this.onRevoked = onRevoked;
        this.onEnd = onEnd;
    }

    /// Who it is now. Cheap; another object after a reload that changed what it may do, and only then.
    public Principal principal() {
        return principal;
    }

    /// Whether neither its door nor the gate has ended it.
    public boolean isOpen() {
        return open.get();
    }

    Proof proof() {
        return proof;
    }

    Instant until() {
        return until;
    }

    String address() {
        return address;
    }

    String door() {
        return door;
    }

    void renew(Resolution.Accepted accepted) {
        until = accepted.until();
        if (!principal.isSameAs(accepted.principal())) {
            principal = accepted.principal();
        }
    }

    /// Whether this call ended it.
    boolean revoke(ProblemException why) {
        if (!open.compareAndSet(true, false)) {
            return false;
        }
        onEnd.accept(this);
        onRevoked.accept(why);
        return true;
    }

    /// Ends the watch; nothing is called afterwards. Closing twice is harmless.
    @Override
    public void close() {
        if (open.compareAndSet(true, false)) {
            onEnd.accept(this);
        }
    }
}
