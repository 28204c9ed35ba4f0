package com.databroker.streams;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;

/// Holds records until a checkpoint, or until they are many, and writes them as files of the cold table
/// then.
final class ColdWriter implements CommittingSinkWriter<Arrival, ColdBatch> {
    private static final int RECORD_BYTES = 64;
    private static final int VALUE_BYTES = 24;

    private final ColdTable table;
    private final int rowsMax;
    private final long bytesMax;
    private final Map<Integer, Long> ahead;
    private final List<Arrival> rows = new ArrayList<>();

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
    }

    @Override
    public void write(Arrival row, Context context) throws IOException {
        if (row.offset() <= ahead.getOrDefault(row.partition(), Long.MIN_VALUE)) {
            return;
        }
        if (row.replay()) {
            replaying.put(row.id(), row);
        } else {
            rows.add(row);
        }
        bytes += weight(row.record());
        if (rows.size() + replaying.size() >= rowsMax || bytes >= bytesMax) {
            stage();
        }
    }

    /// About what it takes of the heap.
    private static long weight(DataRecord record) {
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

    private void stage() throws IOException {
        if (!rows.isEmpty()) {
            staged.addAll(table.stage(rows));
            rows.clear();
        }
        if (!replaying.isEmpty()) {
            for (ColdFile file : table.stage(List.copyOf(replaying.values()))) {
                staged.add(file.replacing());
            }
            replaying.clear();
        }
        bytes = 0;
    }

    @Override
    public void flush(boolean endOfInput) {
        // Nothing may be committed before its checkpoint, so there is nothing to hurry for.
    }

    @Override
    public Collection<ColdBatch> prepareCommit() throws IOException {
        stage();
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
        rows.clear();
        replaying.clear();
    }
}
