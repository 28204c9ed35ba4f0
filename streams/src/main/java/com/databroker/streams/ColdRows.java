package com.databroker.streams;

import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongFunction;
import org.apache.flink.core.memory.DataInputDeserializer;
import org.apache.flink.core.memory.DataOutputSerializer;

/// Rows that wait until they are written as files: as bytes in a few pages, which are used again.
///
/// As objects a row takes three times as much, in dozens of pieces, each of which the garbage collector would move
/// until the row is written. Not shared between threads.
final class ColdRows {
    private static final int PAGE_FIRST = 64 << 10;
    private static final int PAGE = 1 << 20;

    private final ArrivalSerializer form;
    private final DataOutputSerializer row = new DataOutputSerializer(4096);
    private final List<byte[]> pages = new ArrayList<>();
    private final List<Place> places = new ArrayList<>();

    /// Of them so many are in use, of the last one so many bytes.
    private int used;

    private int filled;
    private long bytes;

    /// Where a row lies, and what decides about its place in a file.
    private record Place(long time, int partition, long offset, int page, int at, int length) {}

    private static final Comparator<Place> ORDER = Comparator.comparingLong(Place::time)
            .thenComparingInt(Place::partition)
            .thenComparingLong(Place::offset);

    ColdRows(Schema schema) {
        form = new ArrivalSerializer(schema);
    }

    void add(Arrival arrival) throws IOException {
        row.clear();
        form.serialize(arrival, row);
        int length = row.length();
        if (used == 0 || pages.get(used - 1).length - filled < length) {
            turn(length);
        }
        System.arraycopy(row.getSharedBuffer(), 0, pages.get(used - 1), filled, length);
        places.add(new Place(arrival.time(), arrival.partition(), arrival.offset(), used - 1, filled, length));
        filled += length;
        bytes += length;
    }

    private void turn(int least) {
        if (used == pages.size()) {
            pages.add(new byte[Math.max(least, used == 0 ? PAGE_FIRST : PAGE)]);
        } else if (pages.get(used).length < least) {
            pages.set(used, new byte[least]);
        }
        used++;
        filled = 0;
    }

    boolean isEmpty() {
        return places.isEmpty();
    }

    int size() {
        return places.size();
    }

    /// What the rows take.
    long bytes() {
        return bytes;
    }

    /// Forgets the rows, and keeps room for as many; of one that was larger than a page none.
    void clear() {
        places.clear();
        pages.removeIf(page -> page.length > PAGE);
        used = 0;
        filled = 0;
        bytes = 0;
    }

    /// Of one partition of the table, in the order in which a file has them.
    final class Part {
        private final LocalDate date;
        private final List<Place> all = new ArrayList<>();

        private Part(LocalDate date) {
            this.date = date;
        }

        LocalDate date() {
            return date;
        }

        int size() {
            return all.size();
        }

        /// Some of them, made rows again a batch at a time.
        CloseableIterator<ColumnarBatch> batches(StructType columns, int from, int to, int batchRows) {
            return new CloseableIterator<>() {
                private int next = from;

                @Override
                public boolean hasNext() {
                    return next < to;
                }

                @Override
                public ColumnarBatch next() {
                    Arrival[] rows = new Arrival[Math.min(batchRows, to - next)];
                    for (int i = 0; i < rows.length; i++) {
                        rows[i] = read(all.get(next++));
                    }
                    return ColdVectors.batch(columns, rows);
                }

                @Override
                public void close() {
                    // It holds nothing open.
                }
            };
        }
    }

    private Arrival read(Place place) {
        try {
            return form.deserialize(new DataInputDeserializer(pages.get(place.page), place.at, place.length));
        } catch (IOException damaged) {
            throw new UncheckedIOException(damaged);
        }
    }

    /// The rows by partition of the table, each sorted.
    ///
    /// @param date the partition to which what happened at a time belongs
    Iterable<Part> parts(LongFunction<LocalDate> date) {
        Map<LocalDate, Part> parts = new TreeMap<>();
        for (Place place : places) {
            parts.computeIfAbsent(date.apply(place.time()), Part::new).all.add(place);
        }
        parts.values().forEach(part -> part.all.sort(ORDER));
        return parts.values();
    }
}
