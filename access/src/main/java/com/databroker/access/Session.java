package com.databroker.access;

import com.databroker.core.ProblemException;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A connection that stays open, and who is at its other end for as long as the users file says so.
///
/// After a reload of the users file, and when its credential expires, the gate looks again: the principal becomes the
/// new one, or `onRevoked` is called once with ACCESS_REVOKED, on the thread that reloaded or swept. It must not block.
public final class Session implements AutoCloseable {
    /// What went over a connection so far, as its door knows it.
    ///
    /// @param patterns what it subscribes to
    /// @param lag events that it has yet to read
    /// @param delivered events that it was given
    /// @param bytes of those
    /// @param lost events that left the window before it read them
    public record Traffic(List<String> patterns, long lag, long delivered, long bytes, long lost) {
        public Traffic {
            patterns = List.copyOf(patterns);
        }
    }

    /// Which connection it is.
    record Origin(String id, Instant since, String address, String door) {}

    private final Origin origin;
    private final Proof proof;
    private final Consumer<ProblemException> onRevoked;
    private final Consumer<Session> onEnd;
    private final AtomicBoolean open = new AtomicBoolean(true);
    private volatile Principal principal;
    private volatile Instant until;
    private volatile String protocol = "";
    private volatile boolean listed = true;
    private volatile @Nullable Supplier<@Nullable Traffic> traffic;

    Session(
            Origin origin,
            Proof proof,
            Resolution.Accepted accepted,
            Consumer<ProblemException> onRevoked,
            Consumer<Session> onEnd) {
        this.origin = origin;
        this.proof = proof;
        this.principal = accepted.principal();
        this.until = accepted.until();
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

    /// Of this connection only, and no other of any start.
    public String id() {
        return origin.id();
    }

    /// When it was admitted.
    public Instant since() {
        return origin.since();
    }

    public String address() {
        return origin.address();
    }

    public String door() {
        return origin.door();
    }

    /// What is spoken, in the words of its door; empty where it did not say.
    public String protocol() {
        return protocol;
    }

    /// Its door says what is spoken.
    public void speaks(String what) {
        protocol = what;
    }

    /// Its door says whether it stands for the connection, or another session does meanwhile.
    public void listed(boolean whether) {
        listed = whether;
    }

    boolean isListed() {
        return listed;
    }

    /// Its door says whom to ask what went over it; who asks may wait for the connection's event loop.
    public void measuredBy(Supplier<@Nullable Traffic> how) {
        traffic = how;
    }

    /// Null where the door does not know, or has no time.
    public @Nullable Traffic traffic() {
        Supplier<@Nullable Traffic> known = traffic;
        return known == null ? null : known.get();
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
