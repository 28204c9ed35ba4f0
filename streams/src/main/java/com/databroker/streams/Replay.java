package com.databroker.streams;

import com.databroker.core.Text;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes the bodies of one stream again through its reader and its parser; what comes of them replaces what came of
/// them before.
///
/// ```
///   archive, inbox ──▶ reader ──▶ raw topic ──▶ parser ──▶ Repeats ──▶ hot store   by id
///   newest first                  marked                  lets them └─▶ cold store  ColdReplacing
/// ```
/// The newest body goes first, so that of an id that is in several the one of the oldest stays, as when they were
/// collected. A record keeps the time of its arrival, so each is in one of the two stores as before. Nothing is kept of
/// how far a replay is: after a kill it is begun again, which replaces what was replaced once more.
final class Replay implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Replay.class);

    /// The job may be so far behind before the next body is taken, so that Kafka need not hold it all.
    private static final long LAG_MAX = 100_000;

    private static final Duration PAUSE = Duration.ofMillis(200);

    private final Source source;
    private final Ingest ingest;
    private final RawArchive archive;
    private final StreamLag lags;
    private final InstantSource clock;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile ReplayStatus status = ReplayStatus.NONE;
    private @Nullable Thread thread;

    /// A body that is to be taken again.
    private record Item(String hash, Instant received, Opener opener) {}

    private interface Opener {
        Body open() throws IOException;
    }

    Replay(Source source, Ingest ingest, RawArchive archive, StreamLag lags, InstantSource clock) {
        this.source = source;
        this.ingest = ingest;
        this.archive = archive;
        this.lags = lags;
        this.clock = clock;
    }

    ReplayStatus status() {
        return status;
    }

    /// Begins; false where one is under way.
    ///
    /// @param from only what came then or later; null for no such limit
    /// @param to only what came before
    synchronized boolean start(@Nullable Instant from, @Nullable Instant to, InboxFile.Present files) {
        if (from != null && to != null && from.isAfter(to)) {
            throw StreamQuery.wrong("from " + from + " is after to " + to);
        }
        if (status.phase() == ReplayStatus.Phase.RUNNING) {
            return false;
        }
        status = ReplayStatus.begun(clock.instant());
        thread = Thread.ofVirtual().name("replay-" + source.name()).start(() -> run(from, to, files));
        return true;
    }

    private void run(@Nullable Instant from, @Nullable Instant to, InboxFile.Present files) {
        try {
            List<Item> items = items(from, to, files);
            status = status.of(items.size());
            for (Item item : items) {
                while (lags.of(source).offsets() > LAG_MAX) {
                    if (closing.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
                        throw new InterruptedException();
                    }
                }
                take(item);
            }
            status = status.ended(ReplayStatus.Phase.DONE, "", clock.instant());
            LOG.atInfo()
                    .addKeyValue("stream", source.name())
                    .addKeyValue("bodies", status.bodies())
                    .addKeyValue("records", status.records())
                    .log("a stream was replayed");
        } catch (InterruptedException end) {
            status = status.ended(ReplayStatus.Phase.FAILED, "the broker stopped; begin it again", clock.instant());
            Thread.currentThread().interrupt();
        } catch (IOException | RuntimeException failed) {
            String why = Text.excerpt(String.valueOf(failed.getMessage())) + "; begin it again";
            status = status.ended(ReplayStatus.Phase.FAILED, why, clock.instant());
            LOG.atWarn()
                    .addKeyValue("stream", source.name())
                    .addKeyValue("reason", why)
                    .log("a replay ended early");
        }
    }

    private List<Item> items(@Nullable Instant from, @Nullable Instant to, InboxFile.Present files) throws IOException {
        List<Item> all = new ArrayList<>();
        Consumer<Item> within = item -> {
            boolean early = from != null && item.received().isBefore(from);
            boolean late = to != null && !item.received().isBefore(to);
            if (!early && !late) {
                all.add(item);
            }
        };
        for (RawArchive.Entry entry : archive.list(source.name())) {
            within.accept(new Item(entry.hash(), entry.received(), () -> archive.open(entry)));
        }
        files.list(file -> {
            // One that was not taken yet is taken as it is now, anyway.
            if (file.source().equals(source.name())) {
                ingest.taken(file.sha256())
                        .ifPresent(at ->
                                within.accept(new Item(RawArchive.hash(file.sha256()), at, () -> open(file, at))));
            }
        });
        // The same bytes came first when they came first.
        all.sort(Comparator.comparing(Item::received));
        Set<String> known = new HashSet<>();
        all.removeIf(item -> !known.add(item.hash()));
        return all.reversed();
    }

    private static Body open(InboxFile file, Instant received) throws IOException {
        return new Body(
                file.sha256(), file.path(), Map.of(), received, file.bytes().open());
    }

    private void take(Item item) throws IOException {
        Body body;
        try {
            body = item.opener().open();
        } catch (NoSuchFileException gone) {
            status = status.missed();
            return;
        }
        try {
            status = status.plus(ingest.replay(body));
        } finally {
            body.bytes().close();
        }
    }

    @Override
    public void close() {
        Thread running;
        synchronized (this) {
            running = thread;
        }
        closing.countDown();
        if (running != null) {
            running.interrupt();
            try {
                running.join();
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
