package com.databroker.client;

import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Requests and answers of one client over the links that come and go, and the stream of changes without a
/// gap.
///
/// ```
/// IDLE ──ask──▶ OPENING ──welcome──▶ READY          any ──close()──▶ CLOSED
///   ▲             │  ▲                 │
///   │             ▼  └───pause───┐     ▼
///   └─refused── lost ─────────▶ WAITING ◀── gap, two beats missed
/// ```
///
/// After a link is lost, whatever may be asked twice is asked again over the next, until its deadline. A
/// new link says where the last one ended, and the server tells what came since, or that it does not know
/// any more.
///
/// It has no thread: [#tick] is called now and then. One lock guards it; futures and the listener are
/// called without it, on the thread that brought the news, and must not block.
@SuppressWarnings("ReferenceEquality") // Of links: which of them it is.
final class ObjectChannel implements ObjectLink.Owner {
    /// Who hears of changes, in their order.
    interface Listener {
        /// A connection stands.
        ///
        /// @param resumed whether the server tells what came since the one before
        void welcomed(ObjectMessage.Welcome welcome, boolean resumed);

        /// @param lagMillis how long ago it was committed, as far as the clocks tell
        void changed(ObjectMessage.Changed changed, long lagMillis);

        /// Nothing is known of what has changed since.
        ///
        /// @param at where the server is
        ///
        /// @param anew whether a store was replaced by another: what is known of versions is worth nothing
        ///     then
        void reset(ObjectPosition at, boolean anew);

        /// News are missing; they are asked for.
        void gap();

        /// Nothing is heard any more, until [#welcomed].
        void lost();
    }

    private enum State {
        IDLE,
        OPENING,
        READY,
        WAITING,
        CLOSED
    }

    /// A request until its answer or its deadline.
    private static final class Waiting {
        final ObjectMessage.Request request;
        final boolean repeatable;
        final long deadline;
        final Supplier<Consumer<ObjectMessage.Part>> taking;
        final CompletableFuture<ObjectMessage.Reply> answer = new CompletableFuture<>();

        /// Takes what goes ahead of the answer to what was sent last.
        Consumer<ObjectMessage.Part> parts = ObjectChannel::nobody;

        Waiting(
                ObjectMessage.Request request,
                boolean repeatable,
                long deadline,
                Supplier<Consumer<ObjectMessage.Part>> taking) {
            this.request = request;
            this.repeatable = repeatable;
            this.deadline = deadline;
            this.taking = taking;
        }
    }

    /// Takes parts that nobody waits for.
    private static void nobody(ObjectMessage.Part part) {}

    private static final int COUNT_MAX = 10_000;
    private static final int BEATS_UNTIL_DEAD = 2;
    private static final long PATIENCE_MILLIS = 500;

    private final InstantSource clock;
    private final long timeoutMillis;
    private final @Nullable String token;
    private final Backoff backoff;
    private final ObjectLink.Opener opener;
    private final Listener listener;

    private final Object lock = new Object();
    private final Map<Long, Waiting> unsent = new LinkedHashMap<>();
    private final Map<Long, Waiting> inFlight = new LinkedHashMap<>();
    private State state = State.IDLE;
    private @Nullable ObjectLink link;
    private long ids;
    private long heard;
    private long reopenAt;
    private long beatMillis = Long.MAX_VALUE;
    private long numbers;
    private long last;
    private long clockOffset;
    private boolean clockKnown;
    private final NavigableMap<Long, ObjectPosition> ahead = new TreeMap<>();
    private long missingSince = Long.MAX_VALUE;
    private @Nullable ObjectPosition at;
    private boolean lostTrack;
    private boolean everReady;
    private String lastFailure = "no connection yet";

    /// @param token said in the first frame of each link, null where the link has said it
    ObjectChannel(
            InstantSource clock,
            Duration timeout,
            @Nullable String token,
            Backoff backoff,
            ObjectLink.Opener opener,
            Listener listener) {
        this.clock = clock;
        this.timeoutMillis = timeout.toMillis();
        this.token = token;
        this.backoff = backoff;
        this.opener = opener;
        this.listener = listener;
    }

    /// Asks. Never blocks.
    ///
    /// @param request made of its id
    /// @param repeatable whether it may be asked once more where the answer is lost
    /// @return an [ObjectMessage.Ok], [ObjectMessage.Conflict] or the like; a refusal as a
    ///     [ProblemException], [Problem#UNAVAILABLE] where no answer came in time
    CompletableFuture<ObjectMessage.Reply> ask(LongFunction<ObjectMessage.Request> request, boolean repeatable) {
        return ask(request, repeatable, () -> ObjectChannel::nobody);
    }

    /// As [#ask(LongFunction, boolean)], for what may be answered in parts.
    ///
    /// @param taking gives who takes the parts, for each time that it is sent: what came before an answer was lost
    ///     is worth nothing. Whoever was given last has all parts when the answer is there; must not block
    CompletableFuture<ObjectMessage.Reply> ask(
            LongFunction<ObjectMessage.Request> request,
            boolean repeatable,
            Supplier<Consumer<ObjectMessage.Part>> taking) {
        CompletableFuture<ObjectMessage.Reply> answer;
        ObjectLink filled = null;
        synchronized (lock) {
            if (state == State.CLOSED) {
                return CompletableFuture.failedFuture(unavailable("the client is closed"));
            }
            if (unsent.size() + inFlight.size() >= COUNT_MAX) {
                return CompletableFuture.failedFuture(
                        unavailable("not sent: " + COUNT_MAX + " requests wait for an answer"));
            }
            long id = ++ids;
            Waiting waiting = new Waiting(request.apply(id), repeatable, clock.millis() + timeoutMillis, taking);
            answer = waiting.answer;
            if (state == State.READY && link != null) {
                send(link, id, waiting);
                filled = link;
            } else {
                unsent.put(id, waiting);
                if (state == State.IDLE) {
                    open();
                }
            }
        }
        if (filled != null) {
            filled.flush();
        }
        return answer;
    }

    /// Called by who is about to wait for an answer.
    void help(CompletableFuture<?> answer) {
        ObjectLink its;
        boolean alone;
        synchronized (lock) {
            its = state == State.READY && !inFlight.isEmpty() ? link : null;
            alone = inFlight.size() == 1;
        }
        if (its != null && !answer.isDone()) {
            its.help(answer, alone);
        }
    }

    /// Under the lock.
    private void send(ObjectLink to, long id, Waiting waiting) {
        waiting.parts = waiting.taking.get();
        inFlight.put(id, waiting);
        to.send(waiting.request);
    }

    /// Under the lock.
    private void open() {
        state = State.OPENING;
        heard = clock.millis();
        numbers = 0;
        last = 0;
        ahead.clear();
        missingSince = Long.MAX_VALUE;
        link = opener.open(this);
    }

    @Override
    public void opened(ObjectLink from) {
        synchronized (lock) {
            if (from == link) {
                heard = clock.millis();
                // Who had a connection before may hold what another one was given.
                from.send(new ObjectMessage.Hello(ObjectMessage.PROTOCOL, token, lostTrack ? null : at, at == null));
            }
        }
        from.flush();
    }

    @Override
    public void received(ObjectLink from, ObjectMessage frame) {
        List<Runnable> news = new ArrayList<>();
        synchronized (lock) {
            if (from != link) {
                return;
            }
            if (state == State.READY || frame instanceof ObjectMessage.Welcome) {
                // Before the welcome nothing else counts: it may be lost, and is asked for anew.
                heard = clock.millis();
            }
            if (frame instanceof ObjectMessage.Welcome welcome) {
                welcomed(from, welcome, news);
            } else if (frame instanceof ObjectMessage.Changed changed) {
                long lag = clock.millis() + clockOffset - changed.now();
                news.add(() -> listener.changed(changed, Math.max(0, lag)));
                told(changed.number(), changed.at());
            } else if (frame instanceof ObjectMessage.Pulse pulse) {
                tellsTime(pulse.now());
                pulse(pulse.number(), pulse.at());
            } else if (frame instanceof ObjectMessage.Reset) {
                reset(from, news);
            } else if (frame instanceof ObjectMessage.Part part) {
                Waiting waiting = inFlight.get(part.id());
                Consumer<ObjectMessage.Part> parts = waiting == null ? ObjectChannel::nobody : waiting.parts;
                news.add(() -> parts.accept(part));
            } else if (frame instanceof ObjectMessage.Reply reply) {
                answered(reply, news);
            }
        }
        if (frame instanceof ObjectMessage.Welcome) {
            from.flush();
        }
        news.forEach(Runnable::run);
    }

    /// From here on only another welcome says where the server is; with it everything is reset.
    private void reset(ObjectLink from, List<Runnable> news) {
        lostTrack = true;
        news.add(() -> {
            from.close();
            lost(from, unavailable("the server does not know any more what has changed"), false);
        });
    }

    private void welcomed(ObjectLink from, ObjectMessage.Welcome welcome, List<Runnable> news) {
        if (state != State.OPENING) {
            return;
        }
        ObjectPosition before = at;
        boolean resumed = before != null && welcome.resumed();
        state = State.READY;
        everReady = true;
        beatMillis = welcome.beatMillis() <= 0 ? Long.MAX_VALUE / 4 : welcome.beatMillis();
        tellsTime(welcome.now());
        backoff.reset();
        at = resumed ? before : welcome.at();
        lostTrack = false;
        if (before != null && !resumed) {
            // Of one life every position covers those before it.
            boolean anew = !welcome.at().covers(before);
            news.add(() -> listener.reset(welcome.at(), anew));
        }
        advance();
        news.add(() -> listener.welcomed(welcome, resumed));
        unsent.forEach((id, waiting) -> send(from, id, waiting));
        unsent.clear();
    }

    /// What came out of order may still come: whether something is missing shows after a while.
    private void told(long number, ObjectPosition its) {
        if (number > numbers) {
            ahead.put(number, its);
            advance();
            misses(number);
        }
    }

    /// Nothing counts before the welcome, with which it may be said that what came before is lost.
    private void advance() {
        while (state == State.READY && !ahead.isEmpty() && ahead.firstKey() == numbers + 1) {
            numbers++;
            at = ahead.remove(numbers);
        }
    }

    private void pulse(long number, ObjectPosition its) {
        if (number == numbers && state == State.READY) {
            at = its;
        }
        misses(number);
    }

    /// @param number of a change that has been told
    private void misses(long number) {
        last = Math.max(last, number);
        missingSince = numbers >= last ? Long.MAX_VALUE : Math.min(missingSince, clock.millis());
    }

    /// Whether news were lost on the way.
    private boolean isGap(long now) {
        return numbers < last && (now - missingSince > PATIENCE_MILLIS || ahead.size() > COUNT_MAX);
    }

    /// The news that was fastest says best how far the clocks are apart.
    private void tellsTime(long now) {
        long apart = now - clock.millis();
        clockOffset = clockKnown ? Math.max(clockOffset, apart) : apart;
        clockKnown = true;
    }

    private void answered(ObjectMessage.Reply reply, List<Runnable> news) {
        Waiting waiting = inFlight.remove(reply.id());
        if (waiting == null) {
            return;
        }
        if (reply instanceof ObjectMessage.Failed failed) {
            news.add(() -> waiting.answer.completeExceptionally(failed.exception()));
        } else {
            news.add(() -> waiting.answer.complete(reply));
        }
    }

    @Override
    public void lost(ObjectLink from, ProblemException why, boolean last) {
        List<Waiting> failed = new ArrayList<>();
        synchronized (lock) {
            if (from != link || state == State.CLOSED) {
                return;
            }
            link = null;
            lastFailure = why.detail();
            if (last || !everReady) {
                state = State.IDLE;
                failed.addAll(inFlight.values());
                failed.addAll(unsent.values());
                unsent.clear();
            } else {
                Map<Long, Waiting> again = new LinkedHashMap<>();
                inFlight.forEach((id, waiting) -> {
                    if (waiting.repeatable) {
                        again.put(id, waiting);
                    } else {
                        failed.add(waiting);
                    }
                });
                again.putAll(unsent);
                unsent.clear();
                unsent.putAll(again);
                state = State.WAITING;
                reopenAt = clock.millis() + backoff.next().toMillis();
            }
            inFlight.clear();
        }
        listener.lost();
        ProblemException reason = last || !everReady
                ? why
                : unavailable(
                        "the connection was lost before the answer; whether it was done is not known: " + why.detail());
        failed.forEach(waiting -> waiting.answer.completeExceptionally(reason));
    }

    /// Looks at deadlines: of requests, of the connection, of the pause before the next.
    void tick() {
        List<Waiting> late = new ArrayList<>();
        ObjectLink mute = null;
        boolean gap;
        synchronized (lock) {
            long now = clock.millis();
            expire(unsent, now, late);
            expire(inFlight, now, late);
            long patience = state == State.READY ? BEATS_UNTIL_DEAD * beatMillis : timeoutMillis;
            gap = isGap(now);
            if (link != null && (gap || now - heard > patience)) {
                mute = link;
            } else if (state == State.WAITING && now >= reopenAt) {
                open();
            }
        }
        if (mute != null) {
            mute.close();
            if (gap) {
                listener.gap();
            }
            lost(mute, unavailable(gap ? "news were lost" : "nothing was heard for too long"), false);
        }
        for (Waiting waiting : late) {
            waiting.answer.completeExceptionally(
                    unavailable("no answer within " + timeoutMillis + " ms: " + lastFailure));
        }
    }

    /// Whether nothing is waited for but answers: no connection, no news that are missing.
    boolean isCalm() {
        synchronized (lock) {
            boolean idle = state == State.IDLE && unsent.isEmpty();
            return missingSince == Long.MAX_VALUE && (state == State.READY || idle);
        }
    }

    private static void expire(Map<Long, Waiting> requests, long now, List<Waiting> late) {
        requests.values().removeIf(waiting -> waiting.deadline <= now && late.add(waiting));
    }

    private static ProblemException unavailable(String why) {
        return new ProblemException(Problem.UNAVAILABLE, why);
    }

    void close() {
        List<Waiting> failed = new ArrayList<>();
        ObjectLink last;
        synchronized (lock) {
            if (state == State.CLOSED) {
                return;
            }
            state = State.CLOSED;
            last = link;
            link = null;
            failed.addAll(inFlight.values());
            failed.addAll(unsent.values());
            inFlight.clear();
            unsent.clear();
        }
        if (last != null) {
            last.close();
        }
        failed.forEach(waiting -> waiting.answer.completeExceptionally(unavailable("the client was closed")));
    }
}
