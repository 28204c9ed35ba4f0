package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// What one hook was told, on its way into the raw topic: whoever delivers waits until it is there for good.
///
/// Those who come while a transaction is under way share the next one, which the first of them brings in.
final class Deliveries {
    /// How many may wait.
    static final int WAITING_MAX = 64;

    private final String stream;
    private final String name;
    private final InstantSource clock;
    private final ReentrantLock taking = new ReentrantLock();
    private final List<Delivery> waiting = new ArrayList<>();
    private long received;
    private long dropped;
    private long failures;
    private @Nullable Instant last;
    private String trouble = "";

    /// One of them; `done` and `failure` are written and read under [#taking].
    private static final class Delivery {
        private final Body body;
        private boolean done;
        private @Nullable IOException failure;

        Delivery(Body body) {
            this.body = body;
        }
    }

    Deliveries(String stream, String name, InstantSource clock) {
        this.stream = stream;
        this.name = name;
        this.clock = clock;
    }

    /// Takes a delivery; when this returns it is in the raw topic for good.
    ///
    /// @param ingest null before the engines are up
    /// @throws ProblemException [Problem#UNAVAILABLE]: to be delivered again
    void take(Body body, @Nullable Ingest ingest) {
        Delivery mine = new Delivery(body);
        synchronized (waiting) {
            if (ingest == null || waiting.size() >= WAITING_MAX) {
                dropped++;
                throw new ProblemException(
                        Problem.UNAVAILABLE,
                        ingest == null
                                ? "the streams plane is not up; deliver it again"
                                : "more than " + WAITING_MAX + " deliveries wait already; deliver it again");
            }
            waiting.add(mine);
        }
        taking.lock();
        try {
            if (!mine.done) {
                takeAll(ingest);
            }
            if (mine.failure != null) {
                throw new ProblemException(
                        Problem.UNAVAILABLE, "the delivery could not be kept; deliver it again", mine.failure);
            }
        } finally {
            taking.unlock();
        }
    }

    private void takeAll(Ingest ingest) {
        List<Delivery> together;
        synchronized (waiting) {
            together = List.copyOf(waiting);
            waiting.clear();
        }
        IOException failure = null;
        try {
            ingest.take(together.stream().map(each -> each.body).toList(), stream + "/hook/" + name, cursor());
        } catch (IOException failed) {
            failure = failed;
        } catch (RuntimeException failed) {
            failure = new IOException(failed);
        }
        for (Delivery each : together) {
            each.done = true;
            each.failure = failure;
        }
        synchronized (waiting) {
            if (failure == null) {
                received += together.size();
                last = clock.instant();
                trouble = "";
            } else {
                failures++;
                dropped += together.size();
                trouble = Text.excerpt(String.valueOf(failure.getMessage()));
            }
        }
    }

    private Bytes cursor() {
        return Json.bytes(out -> {
            out.writeStartObject();
            out.writeStringProperty("last", clock.instant().toString());
            out.writeEndObject();
        });
    }

    CollectorStatus status() {
        synchronized (waiting) {
            return CollectorStatus.pushed(
                    name,
                    stream,
                    last,
                    new CollectorStatus.Trouble(failures, 0, trouble),
                    "POST /hooks/" + name,
                    new CollectorStatus.Pushed(received, dropped, 0));
        }
    }
}
