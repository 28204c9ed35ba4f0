package com.databroker.streams;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The views of all streams: run by people and by the clock, one after the other, and asked at any time.
///
/// The tables are `<cold>/views/<view>`. Who closes it lets the cluster end first, so that nobody waits for
/// a run.
final class Views implements AutoCloseable {
    /// Under the folder of the cold tables; no stream has that name.
    static final String FOLDER = "views";

    private static final Logger LOG = LoggerFactory.getLogger(Views.class);
    private static final Duration LOOK = Duration.ofSeconds(20);

    private final Map<String, One> all = new LinkedHashMap<>();
    private final Cluster flink;
    private final Duration margin;
    private final InstantSource clock;
    private final @Nullable LocalTime at;
    private final ScheduledExecutorService runner;
    private final Instant begun;
    private volatile boolean closed;

    /// Where jobs run.
    interface Cluster {
        /// Runs its job to the end.
        void run(ViewWork work) throws IOException;
    }

    /// A view with what is known of its runs; its fields belong to its lock.
    private static final class One {
        private final ViewServing serving;
        private long asked;
        private long done;
        private boolean waits;
        private @Nullable Instant tried;
        private @Nullable Long millis;
        private String failure = "";

        One(ViewServing serving) {
            this.serving = serving;
        }
    }

    /// @param place where the table of that name is
    /// @param margin a run counts what arrived at least so long ago: the jobs have stored it by then
    /// @param at when every view is run, each day, UTC; null for never
    Views(
            Collection<ColdTable> tables,
            HotStore hot,
            UnaryOperator<String> place,
            Cluster flink,
            Duration margin,
            InstantSource clock,
            @Nullable LocalTime at) {
        this.flink = flink;
        this.margin = margin;
        this.clock = clock;
        this.at = at;
        this.begun = clock.instant();
        for (ColdTable table : tables) {
            if (table.source().name().equals(FOLDER)) {
                throw new IllegalArgumentException("no stream can be called " + FOLDER + ": its tables lie there");
            }
            table.source().views().forEach(view -> add(view, table, hot, place));
        }
        runner = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("views").daemon().factory());
        if (at != null) {
            runner.scheduleWithFixedDelay(this::look, LOOK.toMillis(), LOOK.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /// A view that cannot be counted does not hold up the others.
    private void add(View view, ColdTable table, HotStore hot, UnaryOperator<String> place) {
        try {
            ViewServing serving = new ViewServing(
                    view,
                    table,
                    place.apply(table.source().name()),
                    hot,
                    place.apply(FOLDER + "/" + view.name()),
                    clock);
            if (all.putIfAbsent(view.name(), new One(serving)) != null) {
                throw new IllegalArgumentException("two streams have a view " + view.name());
            }
        } catch (IllegalArgumentException wrong) {
            LOG.atError().addKeyValue("view", view.name()).setCause(wrong).log("a view is left out");
        }
    }

    /// Asks for runs that are due: of views that were last run, or tried, before the last time of the
    /// clock. One that was missed is made up for; a view that never ran waits for its time.
    private void look() {
        Instant due = last();
        all.forEach((name, one) -> {
            if (due != null && tried(one).isBefore(due)) {
                run(name);
            }
        });
    }

    private Instant tried(One one) {
        synchronized (one) {
            if (one.tried == null) {
                ViewServing.Left left = left(one);
                one.tried = left == null ? begun : left.ended();
            }
            return one.tried;
        }
    }

    private static ViewServing.@Nullable Left left(One one) {
        try {
            return one.serving.left();
        } catch (IOException | RuntimeException unreadable) {
            LOG.atWarn()
                    .addKeyValue("view", one.serving.view().name())
                    .setCause(unreadable)
                    .log("the table of a view cannot be read");
            return null;
        }
    }

    private @Nullable Instant last() {
        if (at == null) {
            return null;
        }
        OffsetDateTime now = clock.instant().atOffset(ZoneOffset.UTC);
        OffsetDateTime today = now.with(at);
        return (today.isAfter(now) ? today.minusDays(1) : today).toInstant();
    }

    private One one(String name) {
        One one = all.get(name);
        if (one == null) {
            String near = Text.nearest(name, all.keySet());
            throw new ProblemException(
                    Problem.NOT_FOUND,
                    "no stream that runs has a view \"" + Text.excerpt(name) + "\""
                            + (near.isEmpty() ? "" : "; did you mean " + near + "?"));
        }
        return one;
    }

    /// Asks for a run; several that wait for their turn are one.
    ///
    /// @return its number: it has ended when so many are done
    long run(String name) {
        One one = one(name);
        synchronized (one) {
            if (!one.waits) {
                one.waits = true;
                one.asked++;
                runner.execute(() -> run(one));
            }
            return one.asked;
        }
    }

    private void run(One one) {
        Instant start = clock.instant();
        synchronized (one) {
            one.waits = false;
            one.tried = start;
        }
        String failure = "";
        try {
            one.serving.run(flink, Arrival.micros(start.minus(margin)));
        } catch (IOException | RuntimeException failed) {
            failure = Text.excerpt(Causes.innermost(failed));
            if (!closed) {
                LOG.atError()
                        .addKeyValue("view", one.serving.view().name())
                        .setCause(failed)
                        .log("a view was not run; its last result stands");
            }
        } finally {
            synchronized (one) {
                one.done++;
                one.failure = failure;
                if (failure.isEmpty()) {
                    one.millis = Duration.between(start, clock.instant()).toMillis();
                }
            }
        }
    }

    List<ViewStatus> status() {
        Instant last = last();
        Instant next = last == null ? null : last.plus(Duration.ofDays(1));
        List<ViewStatus> statuses = new ArrayList<>();
        for (One one : all.values()) {
            ViewServing.Left left = left(one);
            synchronized (one) {
                statuses.add(new ViewStatus(
                        one.serving.source().name(),
                        one.serving.view(),
                        one.asked,
                        one.done,
                        left == null ? null : left.horizon(),
                        left == null ? null : left.ended(),
                        one.millis,
                        left == null ? 0 : left.rows(),
                        one.failure,
                        next));
            }
        }
        return statuses;
    }

    ViewAnswer answer(String name, ViewQuery query) throws IOException {
        return one(name).serving.answer(query);
    }

    @Override
    public void close() {
        closed = true;
        runner.shutdownNow();
    }
}
