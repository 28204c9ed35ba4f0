package com.databroker.client;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The requests without an answer: those that wait to be sent, in order, and those in flight. Guarded by the
/// session.
final class Requests {
    private static final int COUNT_MAX = 10_000;
    private static final long BYTES_MAX = 64L << 20;

    private final Map<Long, Pending> waiting = new LinkedHashMap<>();
    private final Map<Long, Pending> inFlight = new LinkedHashMap<>();
    private long bytes;

    /// @throws ProblemException [Problem#UNAVAILABLE] where the broker is so far behind that nothing more is
    ///     taken
    void add(Pending pending) {
        if (waiting.size() + inFlight.size() >= COUNT_MAX || bytes + pending.message.length() > BYTES_MAX) {
            throw new ProblemException(
                    Problem.UNAVAILABLE,
                    "not sent: " + (waiting.size() + inFlight.size()) + " requests of " + bytes
                            + " bytes wait for the broker's answer, at most " + COUNT_MAX + " of " + BYTES_MAX
                            + " bytes may");
        }
        waiting.put(pending.id, pending);
        bytes += pending.message.length();
    }

    boolean hasWaiting() {
        return !waiting.isEmpty();
    }

    /// The next to send, which then is in flight; what its owner has cancelled is dropped.
    @Nullable
    Pending next() {
        Iterator<Pending> first = waiting.values().iterator();
        while (first.hasNext()) {
            Pending pending = first.next();
            first.remove();
            if (!pending.answer.isDone()) {
                pending.sent(true);
                inFlight.put(pending.id, pending);
                return pending;
            }
            forget(pending);
        }
        return null;
    }

    /// The request that an answer is for, null where it is no longer waited for.
    @Nullable
    Pending answered(long id) {
        Pending pending = inFlight.remove(id);
        if (pending != null) {
            forget(pending);
        }
        return pending;
    }

    /// @return whether it was still without an answer
    boolean remove(Pending pending) {
        boolean present = waiting.remove(pending.id, pending) || inFlight.remove(pending.id, pending);
        if (present) {
            forget(pending);
        }
        return present;
    }

    boolean contains(Pending pending) {
        return waiting.get(pending.id) == pending || inFlight.get(pending.id) == pending;
    }

    /// After a connection is lost: takes out publications that may or may not have reached the broker, and
    /// resumptions, which the next connection makes anew; a first subscription only goes back in front.
    List<Pending> interrupt() {
        List<Pending> taken = new ArrayList<>();
        List<Pending> again = new ArrayList<>();
        for (Pending pending : inFlight.values()) {
            boolean repeat = pending.subscription != null && !pending.subscription.isEstablished();
            pending.sent(!repeat);
            (repeat ? again : taken).add(pending);
        }
        inFlight.clear();
        waiting.values().stream().filter(Requests::isResumption).forEach(taken::add);
        taken.forEach(pending -> waiting.remove(pending.id));
        taken.forEach(this::forget);
        first(again);
        return taken;
    }

    static boolean isResumption(Pending pending) {
        return pending.subscription != null && pending.subscription.isEstablished();
    }

    /// Puts requests in front, whatever the limits: there are only as many as there are subscriptions.
    void resume(List<Pending> resumptions) {
        first(resumptions);
        resumptions.forEach(pending -> bytes += pending.message.length());
    }

    private void first(List<Pending> requests) {
        List<Pending> later = List.copyOf(waiting.values());
        waiting.clear();
        requests.forEach(pending -> waiting.put(pending.id, pending));
        later.forEach(pending -> waiting.put(pending.id, pending));
    }

    /// Everything, sent or not.
    List<Pending> removeAll() {
        List<Pending> all = new ArrayList<>(inFlight.values());
        all.addAll(waiting.values());
        inFlight.clear();
        waiting.clear();
        all.forEach(this::forget);
        return all;
    }

    private void forget(Pending pending) {
        bytes -= pending.message.length();
        pending.done();
    }
}
