package com.databroker.objects;

import com.databroker.core.ObjectKey;
import com.databroker.objects.spi.StoreRow;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/// Loads rows of one type by their keys: a few statements at a time, and what is asked for meanwhile goes into the
/// next one together. Whoever asks while nobody else does has a statement of its own at once.
///
/// A row that is given was read after it was asked for.
final class JdbcLoads {
    private static final int TOGETHER_MAX = 256;

    /// Whoever asks for more has a statement of its own.
    private static final int FEW = 16;

    private final Function<Collection<ObjectKey>, List<StoreRow>> statement;
    private final int statementsMax;

    // Guards what follows.
    private final Object lock = new Object();
    private final List<Batch> waiting = new ArrayList<>();
    private int running;

    /// Keys that several want, of whom the first asks for all.
    private static final class Batch {
        final Set<ObjectKey> keys = new LinkedHashSet<>();

        /// Given to whoever began it, when it may ask.
        final Semaphore turn = new Semaphore(0);

        final CompletableFuture<Map<ObjectKey, StoreRow>> rows = new CompletableFuture<>();
    }

    /// @param statement reads rows of the database
    /// @param statementsMax of single keys, at the same time
    JdbcLoads(Function<Collection<ObjectKey>, List<StoreRow>> statement, int statementsMax) {
        this.statement = statement;
        this.statementsMax = statementsMax;
    }

    List<StoreRow> load(Collection<ObjectKey> keys) {
        if (keys.size() > FEW) {
            return statement.apply(keys);
        }
        Batch batch;
        boolean mine = false;
        synchronized (lock) {
            if (running < statementsMax) {
                running++;
                batch = null;
            } else {
                batch = waiting.isEmpty() ? null : waiting.getLast();
                if (batch == null || batch.keys.size() + keys.size() > TOGETHER_MAX) {
                    batch = new Batch();
                    waiting.add(batch);
                    mine = true;
                }
                batch.keys.addAll(keys);
            }
        }
        if (batch == null) {
            try {
                return statement.apply(keys);
            } finally {
                next();
            }
        }
        return mine ? lead(batch, keys) : follow(batch, keys);
    }

    private List<StoreRow> lead(Batch batch, Collection<ObjectKey> keys) {
        batch.turn.acquireUninterruptibly();
        try {
            Map<ObjectKey, StoreRow> rows = new HashMap<>();
            statement.apply(batch.keys).forEach(row -> rows.put(row.key(), row));
            batch.rows.complete(rows);
        } catch (RuntimeException failed) {
            batch.rows.completeExceptionally(failed);
        } finally {
            // Whatever else has happened, nobody waits for ever.
            batch.rows.cancel(false);
            next();
        }
        return follow(batch, keys);
    }

    private List<StoreRow> follow(Batch batch, Collection<ObjectKey> keys) {
        Map<ObjectKey, StoreRow> rows;
        try {
            rows = batch.rows.join();
        } catch (CompletionException | CancellationException failed) {
            // One of them may be what is wrong: each hears of its own.
            return statement.apply(keys);
        }
        List<StoreRow> mine = new ArrayList<>(keys.size());
        for (ObjectKey key : keys) {
            StoreRow row = rows.get(key);
            // A key may be written in several ways, as 042 is: then the row is found under the one of the database.
            if (row == null) {
                return statement.apply(keys);
            }
            mine.add(row);
        }
        return mine;
    }

    /// A statement has ended.
    private void next() {
        Batch batch;
        synchronized (lock) {
            if (waiting.isEmpty()) {
                running--;
                return;
            }
            batch = waiting.removeFirst();
        }
        batch.turn.release();
    }
}
