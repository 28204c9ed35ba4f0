package com.databroker.streams;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.jspecify.annotations.Nullable;

/// Holds records until a checkpoint, or until they are many, and writes them as files of the cold table
/// then.
///
/// Where they are many a thread beside the job's writes them, while the next ones come: one lot at a time.
/// The thread is there while there is work, and a moment longer.
final class ColdWriter implements CommittingSinkWriter<Arrival, ColdBatch> {
    private static final int RECORD_BYTES = 64;
    private static final int VALUE_BYTES = 24;
    private static final long STAY_SECONDS = 5;

    private final ColdTable table;
    private final int rowsMax;
    private final long bytesMax;
    private final Map<Integer, Long> ahead;
    private final ThreadPoolExecutor beside;
    private ColdRows rows;

    /// Those that are written at the moment, or were.
    private ColdRows others;

    private @Nullable Future<List<ColdFile>> writing;

    /// Those that replace what is in the table: the last one of an id does.
    private final Map<String, Arrival> replaying = new LinkedHashMap<>();

    private final List<ColdFile> staged = new ArrayList<>();
    private long bytes;

    /// @param ahead what the table holds beyond the checkpoint, see [ColdAhead]
    ColdWriter(ColdTable table, int rowsMax, long bytesMax, Map<Integer, Long> ahead) {
        this.ahead = Map.copyOf(ahead);
        this.table = table;
        this.rowsMax = rowsMax;
        this.bytesMax = bytesMax;
        rows = new ColdRows(table.source().schema());
        others = new ColdRows(table.source().schema());
        beside = new ThreadPoolExecutor(
                1,
                1,
                STAY_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform()
                        .daemon()
                        .name("cold-stage-" + table.source().name())
                        .factory());
        beside.allowCoreThreadTimeOut(true);
    }

    @Override
    public void write(Arrival row, Context context) throws IOException, InterruptedException {
        if (row.offset() <= ahead.getOrDefault(row.partition(), Long.MIN_VALUE)) {
            return;
        }
        if (row.replay()) {
            replaying.put(row.id(), row);
            bytes += weight(row.record());
        } else {
            rows.add(row);
        }
        if (rows.size() >= rowsMax || rows.bytes() >= bytesMax) {
            await();
            stageBeside();
        }
        if (replaying.size() >= rowsMax || bytes >= bytesMax) {
            stageReplaying();
        }
    }

    /// About what it takes of the heap.
    static long weight(DataRecord record) {
        long weight = RECORD_BYTES;
        int size = record.schema().size();
        for (int place = 0; place < size; place++) {
            weight += weight(record.get(place));
        }
        return weight;
    }

    private static long weight(@org.jspecify.annotations.Nullable Object value) {
        return switch (value) {
            case null -> Integer.BYTES;
            case String text -> VALUE_BYTES + text.length();
            case DataRecord inner -> weight(inner);
            case List<?> list -> {
                long weight = VALUE_BYTES;
                for (Object element : list) {
                    weight += weight(element);
                }
                yield weight;
            }
            default -> VALUE_BYTES;
        };
    }

    private void stageBeside() {
        ColdRows full = rows;
        writing = beside.submit(() -> table.stage(full));
        rows = others;
        others = full;
    }

    /// Until nothing is written beside any more.
    private void await() throws IOException, InterruptedException {
        if (writing == null) {
            return;
        }
        try {
            staged.addAll(writing.get());
            writing = null;
            others.clear();
        } catch (ExecutionException failed) {
            throw new IOException("files of " + table.folder().location() + " cannot be written", failed.getCause());
        }
    }

    private void stageReplaying() throws IOException {
        for (ColdFile file : table.stage(List.copyOf(replaying.values()))) {
            staged.add(file.replacing());
        }
        replaying.clear();
        bytes = 0;
    }

    @Override
    public void flush(boolean endOfInput) {
        // Nothing may be committed before its checkpoint, so there is nothing to hurry for.
    }

    @Override
    public Collection<ColdBatch> prepareCommit() throws IOException, InterruptedException {
        if (!rows.isEmpty()) {
            staged.addAll(table.stage(rows));
            rows.clear();
        }
        stageReplaying();
        await();
        if (staged.isEmpty()) {
            return List.of();
        }
        ColdBatch batch = new ColdBatch("", 0, staged);
        staged.clear();
        return List.of(batch);
    }

    @Override
    public void close() {
        // What was staged and not committed is removed when it is old: see ColdTable.vacuum.
        beside.shutdownNow();
    }
}
