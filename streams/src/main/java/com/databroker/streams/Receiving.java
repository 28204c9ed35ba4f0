package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A [Receiver] at work: what is pushed to it goes into its [Spool], and from there into the raw topic, exactly once.
///
/// ```
///   receiver ─▶ Reception ─▶ Spool ─▶ SpoolInput ─▶ Ingest ─▶ raw topic, and the cursor with it:
///
///   <stream>/pushed/<name>   {"spool": "<its id>", "piece": 7, "records": 1200, "rejected": 1, "before": 90000}
/// ```
/// Pieces before that of the cursor are taken. Its own is read again after a kill, and as many records are passed over
/// as are there already.
final class Receiving implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Receiving.class);
    private static final Collector.Pause PAUSE = new Collector.Pause(Duration.ofMillis(500), Duration.ofMinutes(1));
    /// What ran so long was well.
    private static final long WELL_NANOS = Duration.ofMinutes(1).toNanos();

    private static final long FORCE_NANOS = Duration.ofSeconds(1).toNanos();

    private final Receiver receiver;
    private final Spool spool;
    private final Reception reception;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ends = lock.newCondition();
    private final Thread receives;
    private final Thread forces;
    private boolean drainEnds;
    private boolean closed;
    private volatile String trouble = "";
    private volatile String drainTrouble = "";
    private final AtomicLong failures = new AtomicLong();

    /// @param folder for its spool
    Receiving(Receiver receiver, Path folder, InstantSource clock, RandomGenerator random) throws IOException {
        this.receiver = receiver;
        spool = Spool.open(folder.resolve(receiver.name()), receiver.spoolMax(), clock, random);
        reception = new Reception(receiver.name(), spool, clock);
        receives =
                Thread.ofPlatform().daemon().name("receive-" + receiver.name()).unstarted(this::receive);
        forces = Thread.ofVirtual().name("force-" + receiver.name()).unstarted(this::force);
    }

    void start() {
        receives.start();
        forces.start();
    }

    String name() {
        return receiver.name();
    }

    String stream() {
        return receiver.stream();
    }

    static String key(String stream, String name) {
        return stream + "/pushed/" + name;
    }

    /// Begins to bring what was pushed into the raw topic, until that is closed.
    ///
    /// @param ingest for this only; closed by the caller, after what this returns
    AutoCloseable drain(Ingest ingest, Cursors cursors) {
        spool.beginReading();
        Thread thread = Thread.ofPlatform()
                .daemon()
                .name("drain-" + receiver.name())
                .unstarted(() -> drainAll(ingest, cursors));
        lock.lock();
        try {
            drainEnds = closed;
            if (!closed) {
                thread.start();
            }
        } finally {
            lock.unlock();
        }
        return () -> {
            end(false);
            join(thread);
        };
    }

    /// @param all whether the receiver ends, too
    private void end(boolean all) {
        lock.lock();
        try {
            closed |= all;
            drainEnds = true;
            ends.signalAll();
        } finally {
            lock.unlock();
        }
        spool.endReading();
    }

    private void receive() {
        int again = 0;
        try {
            do {
                long begun = System.nanoTime();
                try {
                    trouble = "";
                    receiver.receive(reception);
                    trouble = "it ended";
                } catch (IOException | RuntimeException failed) {
                    // Whatever is wrong with one, the others go on.
                    trouble = Text.excerpt(String.valueOf(failed.getMessage()));
                }
                again = System.nanoTime() - begun > WELL_NANOS ? 1 : again + 1;
            } while (goesOn(again));
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean goesOn(int again) throws InterruptedException {
        if (isClosed()) {
            return false;
        }
        failures.incrementAndGet();
        LOG.atWarn()
                .addKeyValue("collector", receiver.name())
                .addKeyValue("reason", trouble)
                .log("a receiver ended, and is started again");
        return !pause(PAUSE.after(again).toNanos(), () -> closed);
    }

    /// @param over looked at under the lock
    /// @return whether it is over
    private boolean pause(long nanos, BooleanSupplier over) throws InterruptedException {
        lock.lock();
        try {
            long left = nanos;
            while (left > 0 && !over.getAsBoolean()) {
                left = ends.awaitNanos(left);
            }
            return over.getAsBoolean();
        } finally {
            lock.unlock();
        }
    }

    private boolean isClosed() {
        lock.lock();
        try {
            return closed;
        } finally {
            lock.unlock();
        }
    }

    private void force() {
        try {
            while (!pause(FORCE_NANOS, () -> closed)) {
                try {
                    spool.force();
                } catch (IOException failed) {
                    drainTrouble = "the spool is not safe: " + Text.excerpt(String.valueOf(failed.getMessage()));
                }
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    private void drainAll(Ingest ingest, Cursors cursors) {
        int again = 0;
        try {
            for (Spool.Piece piece = spool.first(); piece != null; piece = spool.first()) {
                try {
                    drain(piece, ingest, cursors);
                    again = 0;
                    drainTrouble = "";
                } catch (IOException | RuntimeException failed) {
                    if (!spool.isRead()) {
                        return;
                    }
                    drainTrouble = Text.excerpt(String.valueOf(failed.getMessage()));
                    LOG.atWarn()
                            .addKeyValue("collector", receiver.name())
                            .addKeyValue("reason", drainTrouble)
                            .log("what was pushed was not taken in, and is tried again");
                    again++;
                    pause(PAUSE.after(again).toNanos(), () -> drainEnds);
                }
            }
        } catch (InterruptedException end) {
            // What is left is found again at the next start.
            Thread.currentThread().interrupt();
        }
    }

    private void drain(Spool.Piece piece, Ingest ingest, Cursors cursors) throws IOException {
        String key = key(receiver.stream(), receiver.name());
        Place place = Place.of(cursors.get(key).orElse(Bytes.EMPTY), spool.id());
        if (piece.number >= place.piece()) {
            Place at = piece.number == place.piece() ? place : place.behind(piece.number);
            Draining draining = new Draining(key, piece, at);
            try {
                ingest.follow(draining);
            } finally {
                draining.close();
            }
            if (draining.isDamaged()) {
                reception.suspectGap();
                LOG.atWarn()
                        .addKeyValue("collector", receiver.name())
                        .addKeyValue("piece", piece.file)
                        .log("a piece of a spool is broken; the rest of it is lost");
            }
        }
        spool.remove(piece);
    }

    /// Where it has got to.
    ///
    /// @param piece that is being taken
    /// @param of how far it is
    /// @param before how many records were taken of those before it
    record Place(String spool, long piece, Ingest.Progress of, long before) {
        static Place of(Bytes json, String spool) {
            try {
                Map<String, @Nullable Object> members = json.length() == 0 ? Map.of() : Json.parseObject(json);
                Ingest.Progress of =
                        new Ingest.Progress(number(members.get("records")), number(members.get("rejected")), false);
                long before = number(members.get("before"));
                return spool.equals(members.get("spool"))
                        ? new Place(spool, number(members.get("piece")), of, before)
                        : new Place(spool, 0, Ingest.Progress.NONE, before + of.records());
            } catch (ProblemException broken) {
                return new Place(spool, 0, Ingest.Progress.NONE, 0);
            }
        }

        private static long number(@Nullable Object value) {
            return value instanceof BigInteger number ? number.longValueExact() : 0;
        }

        Place behind(long next) {
            return new Place(spool, next, Ingest.Progress.NONE, before + of.records());
        }

        long records() {
            return before + of.records();
        }

        Bytes json() {
            return Json.bytes(out -> {
                out.writeStartObject();
                out.writeStringProperty("spool", spool);
                out.writeNumberProperty("piece", piece);
                out.writeNumberProperty("records", of.records());
                out.writeNumberProperty("rejected", of.rejected());
                out.writeNumberProperty("before", before);
                out.writeEndObject();
            });
        }
    }

    /// One piece on its way.
    private final class Draining implements Ingest.Growing {
        private final String key;
        private final Spool.Piece piece;
        private final Place from;
        private @Nullable SpoolInput input;

        Draining(String key, Spool.Piece piece, Place from) {
            this.key = key;
            this.piece = piece;
            this.from = from;
        }

        @Override
        public Body body(SpoolInput.Rest rest) throws IOException {
            SpoolInput bytes = new SpoolInput(spool, piece, rest);
            input = bytes;
            String body = key + "/" + spool.id() + "/" + piece.number;
            return new Body(body, receiver.name(), Map.of(Body.PART, "true"), bytes.begun(), bytes);
        }

        @Override
        public String key() {
            return key;
        }

        @Override
        public Ingest.Progress before() {
            return from.of();
        }

        @Override
        public Bytes cursor(Ingest.Progress now) {
            Place place = new Place(from.spool(), from.piece(), now, from.before());
            return (now.done() ? place.behind(piece.number + 1) : place).json();
        }

        boolean isDamaged() {
            return input != null && input.isDamaged();
        }

        void close() throws IOException {
            if (input != null) {
                input.close();
            }
        }
    }

    CollectorStatus status() {
        String wrong = trouble.isEmpty() ? drainTrouble : trouble;
        return CollectorStatus.pushed(
                receiver.name(),
                receiver.stream(),
                reception.last(),
                new CollectorStatus.Trouble(failures.get(), reception.gaps(), wrong),
                reception.note(),
                new CollectorStatus.Pushed(reception.received(), reception.dropped(), spool.held()));
    }

    @Override
    public void close() {
        end(true);
        // Nobody is interrupted: that would close the file in which somebody is writing.
        spool.admitNoMore();
        receiver.close();
        join(receives);
        spool.close();
        join(forces);
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        }
    }
}
