package com.databroker.client;

import com.databroker.core.Bytes;
import com.databroker.core.EventMessage;
import com.databroker.core.EventMessages;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Publication;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Publications and subscriptions of one client, across the connections that come and go.
///
/// ```
/// IDLE ──request──▶ OPENING ──welcome──▶ READY        any ──close()──▶ CLOSED
///   ▲                 │  ▲                 │
///   │                 │  └──delay──┐       │
///   │                 ▼            │       ▼
///   └──nothing to do, refused──── lost ──▶ WAITING
/// ```
///
/// One lock guards everything; listeners and futures are called without it.
final class Session implements Wire.Owner {
    private enum State {
        IDLE,
        OPENING,
        READY,
        WAITING,
        CLOSED
    }

    private static final long QUEUE_BYTES_MAX = 16L << 20;

    private final Settings settings;
    private final HttpClient http;
    private final Timer timer = new Timer();
    private final Dispatcher dispatcher;
    private final AtomicLong ids = new AtomicLong();

    private final Object lock = new Object();
    private final Requests requests = new Requests();
    private final Subscriptions subscriptions;
    private final Backoff backoff;
    private State state = State.IDLE;
    private @Nullable Wire wire;
    private @Nullable Future<?> watch;
    private @Nullable Future<?> openingDeadline;
    private @Nullable ProblemException unwelcome;
    private String lastFailure = "no connection yet";
    private boolean everReady;
    private boolean pumping;

    Session(Settings settings, HttpClient http) {
        this.settings = settings;
        this.http = http;
        this.backoff = new Backoff(settings.random());
        this.dispatcher = new Dispatcher(settings.queue(), QUEUE_BYTES_MAX, this::readOn);
        this.subscriptions = new Subscriptions(dispatcher);
    }

    CompletableFuture<Position> publish(Publication publication) {
        long id = ids.getAndIncrement();
        return submit(new Pending(id, EventMessages.CBOR.encode(new EventMessage.Publish(id, publication)), null));
    }

    /// @return done when the broker has taken it
    CompletableFuture<Position> subscribe(Subscription subscription) {
        return submit(subscribing(subscription));
    }

    private Pending subscribing(Subscription subscription) {
        long id = ids.getAndIncrement();
        Bytes message =
                EventMessages.CBOR.encode(new EventMessage.Subscribe(id, subscription.pattern(), subscription.since()));
        return new Pending(id, message, subscription);
    }

    private CompletableFuture<Position> submit(Pending pending) {
        try {
            synchronized (lock) {
                admit(pending);
                requests.add(pending);
                if (pending.subscription != null) {
                    subscriptions.add(pending.subscription);
                }
                expireLater(pending);
                if (state == State.IDLE) {
                    open();
                } else {
                    pump();
                }
            }
        } catch (ProblemException refused) {
            pending.answer.completeExceptionally(refused);
        }
        return pending.answer;
    }

    private void admit(Pending pending) {
        ProblemException refused = unwelcome;
        if (refused != null) {
            throw new ProblemException(refused.problem(), refused.detail(), refused);
        }
        if (state == State.CLOSED) {
            throw unavailable("the client is closed");
        }
        if (pending.message.length() > settings.messageMax()) {
            throw new ProblemException(
                    Problem.PAYLOAD_TOO_LARGE,
                    "the message has " + pending.message.length() + " bytes of at most " + settings.messageMax());
        }
    }

    private void expireLater(Pending pending) {
        pending.deadline(timer.after(settings.timeout(), () -> expired(pending)));
    }

    private void expired(Pending pending) {
        Wire mute = null;
        String why;
        synchronized (lock) {
            if (!requests.contains(pending)) {
                return;
            }
            why = pending.isSent()
                    ? "no answer within " + settings.timeout() + "; whether it was done is not known"
                    : "not sent within " + settings.timeout() + ": " + lastFailure;
            if (Requests.isResumption(pending)) {
                // Behind events that nobody reads yet, the answer cannot be expected.
                if (wire != null && wire.isPaused()) {
                    expireLater(pending);
                    return;
                }
                mute = wire;
            } else {
                requests.remove(pending);
                if (pending.subscription != null) {
                    withdraw(pending.subscription);
                }
            }
        }
        ProblemException late = unavailable(why);
        if (mute != null) {
            lost(mute, late, false);
        } else {
            pending.answer.completeExceptionally(late);
        }
    }

    void unsubscribe(Subscription subscription) {
        subscription.silenced();
        synchronized (lock) {
            withdraw(subscription);
        }
    }

    /// Under the lock. The broker knows patterns, not subscriptions: it is told when the last of a pattern
    /// goes.
    private void withdraw(Subscription subscription) {
        Pattern pattern = subscription.pattern();
        if (subscriptions.remove(subscription) && state == State.READY && !subscriptions.has(pattern)) {
            long id = ids.getAndIncrement();
            Pending farewell =
                    new Pending(id, EventMessages.CBOR.encode(new EventMessage.Unsubscribe(id, pattern)), null);
            try {
                requests.add(farewell);
                expireLater(farewell);
                pump();
            } catch (ProblemException full) {
                // Then events still come and find nobody here, until the connection ends.
                lastFailure = full.detail();
            }
        }
    }

    /// Under the lock.
    private void open() {
        state = State.OPENING;
        Wire next = new Wire(this, EventMessages.CBOR.subprotocol(), settings.messageMax());
        wire = next;
        openingDeadline = timer.after(settings.timeout(), () -> {
            lost(next, unavailable("no welcome within " + settings.timeout()), false);
        });
        WebSocket.Builder builder = http.newWebSocketBuilder()
                .connectTimeout(settings.timeout())
                .subprotocols(EventMessages.CBOR.subprotocol());
        if (settings.token() != null) {
            builder.header("Authorization", "Bearer " + settings.token());
        }
        // On the timer's thread, because it could be this one, under the lock.
        var unused = builder.buildAsync(settings.webSocket("/events"), next)
                .whenCompleteAsync(
                        (open, failure) -> {
                            if (failure != null) {
                                ProblemException why = Refusals.ofHandshake(failure);
                                lost(next, why, Refusals.isFinal(why.problem()));
                            }
                        },
                        timer);
    }

    @Override
    public boolean opened(Wire from) {
        synchronized (lock) {
            return from == wire;
        }
    }

    private void welcomed(Wire from) {
        if (state != State.OPENING) {
            return;
        }
        state = State.READY;
        everReady = true;
        cancel(openingDeadline);
        watch = timer.every(settings.tick(), () -> tick(from));
        List<Pending> resumptions = new ArrayList<>();
        for (Subscription subscription : subscriptions.established()) {
            Pending resumption = subscribing(subscription);
            expireLater(resumption);
            resumptions.add(resumption);
        }
        requests.resume(resumptions);
        pump();
    }

    private void tick(Wire from) {
        boolean dead;
        synchronized (lock) {
            if (from != wire) {
                return;
            }
            // It has lasted: what ends it later is not the failure that the back-off counts.
            backoff.reset();
            dead = from.tick();
        }
        if (dead) {
            Duration silence = settings.tick().multipliedBy(Settings.TICKS_UNTIL_DEAD);
            lost(from, unavailable("nothing heard for " + silence), false);
        }
    }

    /// Under the lock. Sends what waits, one after the other, as the WebSocket wants it.
    private void pump() {
        Wire to = wire;
        if (pumping || to == null || state != State.READY) {
            return;
        }
        // A send that is done at once comes back into this method: the loop goes on for it, and the stack stays flat.
        pumping = true;
        try {
            while (to.isIdle()) {
                Pending next = requests.next();
                if (next == null) {
                    return;
                }
                to.send(next.message);
            }
        } finally {
            pumping = false;
        }
    }

    @Override
    public void sent(Wire from) {
        synchronized (lock) {
            from.sendingDone();
            if (from == wire) {
                pump();
            }
        }
    }

    @Override
    public void failed(Wire from, Throwable failure) {
        synchronized (lock) {
            if (from == wire) {
                // Not from here: a send that fails at once comes back under the lock.
                timer.execute(() -> lost(from, Refusals.unavailable("sending failed", failure), false));
            }
        }
    }

    @Override
    public void received(Wire from, Bytes message) {
        EventMessage.Answer answer;
        try {
            answer = EventMessages.CBOR.decodeAnswer(message);
        } catch (ProblemException malformed) {
            from.refuse(Problem.MESSAGE_INVALID, "the broker's message cannot be read: " + malformed.detail());
            return;
        }
        answered(from, answer);
    }

    private void answered(Wire from, EventMessage.Answer answer) {
        Pending settled = null;
        ProblemException refused = null;
        synchronized (lock) {
            if (from != wire) {
                return;
            }
            if (answer instanceof EventMessage.Delivery delivery) {
                subscriptions.deliver(delivery.event());
            } else if (answer instanceof EventMessage.Gap gap) {
                subscriptions.deliver(gap);
            } else if (answer instanceof EventMessage.Welcome) {
                welcomed(from);
            } else if (answer instanceof EventMessage.Ack ack) {
                settled = requests.answered(ack.id());
                if (settled != null && settled.subscription != null) {
                    subscriptions.acknowledged(settled.subscription, ack.position());
                }
            } else if (answer instanceof EventMessage.Refused refusal) {
                refused = new ProblemException(refusal.problem(), refusal.detail());
                settled = requests.answered(refusal.id());
                if (settled == null) {
                    from.announce(refused);
                }
            }
            if (dispatcher.isFull()) {
                from.pause();
            } else {
                from.proceed();
                probeLater(from);
            }
        }
        if (settled != null && refused != null) {
            refused(from, settled, refused);
        } else if (settled != null && answer instanceof EventMessage.Ack ack) {
            settled.answer.complete(ack.position());
        }
    }

    private void refused(Wire from, Pending pending, ProblemException why) {
        Subscription subscription = pending.subscription;
        boolean resumption;
        synchronized (lock) {
            resumption = Requests.isResumption(pending);
            if (subscription != null && (!resumption || Refusals.isFinal(why.problem()))) {
                subscriptions.refuse(subscription, why);
            }
        }
        if (resumption && !Refusals.isFinal(why.problem())) {
            lost(from, why, false);
        }
        pending.answer.completeExceptionally(why);
    }

    /// The listeners have caught up.
    private void readOn() {
        synchronized (lock) {
            if (wire != null && wire.isPaused()) {
                wire.proceed();
                probeLater(wire);
            }
        }
    }

    /// Under the lock.
    private void probeLater(Wire quiet) {
        if (quiet.beginsProbing()) {
            var unused = timer.after(Settings.PROBE, () -> probe(quiet));
        }
    }

    private void probe(Wire quiet) {
        synchronized (lock) {
            if (quiet == wire && quiet.probe()) {
                var unused = timer.after(Settings.PROBE, () -> probe(quiet));
            }
        }
    }

    @Override
    public void lost(Wire from, int code, ProblemException why) {
        lost(from, why, Refusals.isFinal(code));
    }

    private void lost(Wire from, ProblemException why, boolean last) {
        List<Pending> failed;
        ProblemException reason = why;
        synchronized (lock) {
            if (from != wire || state == State.CLOSED) {
                return;
            }
            wire = null;
            cancel(watch);
            cancel(openingDeadline);
            lastFailure = why.detail();
            subscriptions.interrupted();
            if (last || !everReady) {
                failed = giveUp(why, last);
            } else {
                failed = requests.interrupt();
                reason = unavailable(
                        "the connection was lost before the answer; whether it was done is not known: " + why.detail());
                tryAgain(why);
            }
        }
        if (!last) {
            // A final close is answered by the WebSocket itself, which an abort would cut off.
            from.abort();
        }
        for (Pending pending : failed) {
            pending.answer.completeExceptionally(reason);
        }
    }

    /// Under the lock. Nothing is tried again by itself; the next request makes a new attempt, unless the
    /// broker does not know this user: repeating that would only look like an attack.
    private List<Pending> giveUp(ProblemException why, boolean last) {
        state = State.IDLE;
        if (last && why.problem().status() == Problem.NOT_AUTHENTICATED.status()) {
            unwelcome = why;
        }
        subscriptions.refuseAll(why);
        return requests.removeAll();
    }

    /// Under the lock.
    private void tryAgain(ProblemException why) {
        if (subscriptions.isEmpty() && !requests.hasWaiting()) {
            state = State.IDLE;
            return;
        }
        state = State.WAITING;
        Duration delay = backoff.next();
        subscriptions.tellDisconnected(why.detail(), delay);
        var unused = timer.after(delay, this::reopen);
    }

    private void reopen() {
        synchronized (lock) {
            if (state == State.WAITING) {
                open();
            }
        }
    }

    private static ProblemException unavailable(String why) {
        return new ProblemException(Problem.UNAVAILABLE, why);
    }

    private static void cancel(@Nullable Future<?> task) {
        if (task != null) {
            task.cancel(false);
        }
    }

    void close() {
        List<Pending> failed;
        Wire last;
        synchronized (lock) {
            if (state == State.CLOSED) {
                return;
            }
            state = State.CLOSED;
            last = wire;
            wire = null;
            subscriptions.endAll();
            failed = requests.removeAll();
            timer.stop();
        }
        dispatcher.close();
        for (Pending pending : failed) {
            pending.answer.completeExceptionally(unavailable(
                    pending.isSent() ? "the client was closed before the answer" : "the client was closed; not sent"));
        }
        if (last != null) {
            last.close(WebSocket.NORMAL_CLOSURE).join();
        }
    }
}
