package com.databroker.streams;

import com.databroker.core.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexReader;
import org.apache.lucene.index.IndexableField;
import org.apache.lucene.index.MultiReader;
import org.apache.lucene.index.Term;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The indexes of one stream, one for each day of arrival.
///
/// Whoever puts or searches holds [#using] shared; whoever takes a day away holds it alone. Two records
/// of the same id are put one after the other, whatever the threads. An id lies in one of the days only.
final class LuceneStream {
    private static final Logger LOG = LoggerFactory.getLogger(LuceneStream.class);
    private static final long DAY_MICROS = 86_400_000_000L;
    private static final long HOUR_MICROS = DAY_MICROS / 24;
    private static final int STRIPES = 256;

    private final String name;
    private final LuceneFields fields;
    private final Path folder;
    private final HotConfig config;
    private final InstantSource clock;
    private final AtomicLong memory;

    private final ReentrantReadWriteLock using = new ReentrantReadWriteLock();
    private final ConcurrentSkipListMap<LocalDate, LuceneDay> days = new ConcurrentSkipListMap<>();
    private final Object[] stripes = new Object[STRIPES];
    private final HotNews visible;
    private final LuceneFlush flushing;
    private final LuceneDamage damage = new LuceneDamage();
    private final LongAdder tooOld = new LongAdder();
    private final AtomicLong early = new AtomicLong();
    private final AtomicLong life = new AtomicLong();
    private final AtomicBoolean removed = new AtomicBoolean();

    /// Before that nothing is kept, since the disk is full: arrival in microseconds.
    private volatile long floor = Long.MIN_VALUE;

    /// Up to there the oldest day was emptied.
    private long emptied = Long.MIN_VALUE;

    /// Opens what there is.
    LuceneStream(String name, Schema schema, HotConfig config, InstantSource clock, AtomicLong memory, Executor commits)
            throws IOException {
        this.name = name;
        this.config = config;
        this.clock = clock;
        this.memory = memory;
        fields = new LuceneFields(schema);
        folder = config.folder().resolve(name);
        visible = new HotNews(name);
        flushing = new LuceneFlush(this::commit, commits);
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Object();
        }
        Files.createDirectories(folder);
        for (Path each : LuceneDay.folders(folder)) {
            LocalDate date = LuceneDay.date(each);
            if (date != null && LuceneDay.isAside(each)) {
                damage.found(date, "a broken index was set aside before the last start");
            } else if (date != null) {
                day(date);
            }
        }
    }

    private LuceneDay day(LocalDate date) throws IOException {
        LuceneDay day = days.get(date);
        if (day == null) {
            synchronized (days) {
                day = days.get(date);
                if (day == null) {
                    day = LuceneDay.open(
                            folder.resolve(date.toString()), date, memory, what -> damage.found(date, what));
                    days.put(date, day);
                }
            }
        }
        return day;
    }

    LuceneFields fields() {
        return fields;
    }

    HotNews visible() {
        return visible;
    }

    long life() {
        return life.get();
    }

    /// Whether records were removed since this was asked before, so that there is something to refresh though nothing
    /// came.
    boolean isThinned() {
        return removed.getAndSet(false);
    }

    /// What arrived before is not kept.
    long cutoff() {
        return Math.max(floor, Arrival.micros(clock.instant().minus(config.retention())));
    }

    void put(Arrival arrival) throws IOException {
        if (arrival.arrived() < cutoff()) {
            tooOld.increment();
            remove(new BytesRef(arrival.id()));
            return;
        }
        // What claims to come from the future would never go.
        long arrived = Math.min(arrival.arrived(), Arrival.micros(clock.instant()) + DAY_MICROS);
        LocalDate date = LocalDate.ofEpochDay(Math.floorDiv(arrived, DAY_MICROS));
        BytesRef id = new BytesRef(arrival.id());
        List<IndexableField> document = LuceneDocument.of(fields, arrival, arrived, id);
        LuceneDay day = null;
        Throwable failure;
        Lock shared = using.readLock();
        shared.lock();
        try {
            day = day(date);
            put(day, id, document);
            visible.add(arrival.id(), arrived);
            flushing.put();
            return;
        } catch (IOException | RuntimeException failed) {
            failure = failed;
        } finally {
            shared.unlock();
        }
        if (day != null && day.isLost()) {
            lost(day);
        }
        throw new IOException("record " + arrival.id() + " of " + name + " cannot be kept", failure);
    }

    private void put(LuceneDay day, BytesRef id, List<IndexableField> document) throws IOException {
        long hash = LuceneIds.hash(id);
        Term term = new Term(LuceneFields.ID, id);
        synchronized (stripes[(int) (hash >>> 32 & (STRIPES - 1))]) {
            remove(term, hash, day);
            day.put(term, document, day.ids().add(hash));
        }
    }

    /// What is put last is what there is, also where it is too old to be kept.
    private void remove(BytesRef id) throws IOException {
        long hash = LuceneIds.hash(id);
        Lock shared = using.readLock();
        shared.lock();
        try {
            synchronized (stripes[(int) (hash >>> 32 & (STRIPES - 1))]) {
                remove(new Term(LuceneFields.ID, id), hash, null);
            }
            removed.set(true);
        } finally {
            shared.unlock();
        }
    }

    private void remove(Term term, long hash, @Nullable LuceneDay but) throws IOException {
        for (LuceneDay day : days.values()) {
            if (day != but && day.ids().mayHold(hash)) {
                day.remove(term);
            }
        }
    }

    void flush() throws IOException {
        flushing.flush();
    }

    private void commit() throws IOException {
        Lock shared = using.readLock();
        LuceneDay failing = null;
        shared.lock();
        try {
            for (LuceneDay day : days.values()) {
                failing = day;
                day.commit();
            }
            return;
        } catch (IOException | RuntimeException failed) {
            if (failing == null || !failing.isLost()) {
                throw failed;
            }
            LOG.atWarn().addKeyValue("stream", name).setCause(failed).log("a commit failed");
        } finally {
            shared.unlock();
        }
        lost(failing);
        throw new IOException("what was put into " + name + " cannot be made safe");
    }

    /// Forgets a day whose index closed itself after a failure: it is opened again as it was committed.
    private void lost(LuceneDay day) {
        Lock alone = using.writeLock();
        alone.lock();
        try {
            if (days.remove(day.date(), day)) {
                life.incrementAndGet();
                day.abandon();
                day(day.date());
            }
        } catch (IOException notYet) {
            // The next put tries again, and says so.
            LOG.atWarn().addKeyValue("stream", name).setCause(notYet).log("an index cannot be opened again");
        } finally {
            alone.unlock();
        }
    }

    /// Makes visible what was put. What cannot be is seen by the next put, commit or search, which
    /// answers for it.
    void refresh() {
        Lock shared = using.readLock();
        shared.lock();
        try {
            for (LuceneDay day : days.values()) {
                day.refresh();
            }
        } catch (IOException | RuntimeException failed) {
            LOG.atWarn().addKeyValue("stream", name).setCause(failed).log("what was put cannot be made visible");
        } finally {
            shared.unlock();
        }
    }

    /// What to do with all that can be found.
    interface Reading<T> {
        T read(IndexReader reader, long earliestArrival) throws IOException;
    }

    /// Reads; where an index turns out to be broken, it is set aside, and the others are read.
    <T> T read(Reading<T> reading) throws IOException {
        for (int tries = 0; ; tries++) {
            try {
                return readOnce(reading);
            } catch (com.databroker.core.ProblemException wrong) {
                throw wrong;
            } catch (IOException | RuntimeException failed) {
                if (tries > days.size() || !withoutBroken(failed)) {
                    throw failed;
                }
            }
        }
    }

    private <T> T readOnce(Reading<T> reading) throws IOException {
        Lock shared = using.readLock();
        List<LuceneDay> read = new ArrayList<>();
        List<DirectoryReader> readers = new ArrayList<>();
        try {
            shared.lock();
            try {
                for (LuceneDay day : days.descendingMap().values()) {
                    readers.add(day.acquire());
                    read.add(day);
                }
            } finally {
                shared.unlock();
            }
            try (MultiReader all = new MultiReader(readers.toArray(new IndexReader[0]), false)) {
                return reading.read(all, cutoff());
            }
        } finally {
            for (int i = 0; i < readers.size(); i++) {
                read.get(i).release(readers.get(i));
            }
        }
    }

    /// Whether an index was broken, which is set aside now.
    private boolean withoutBroken(Exception failed) throws IOException {
        for (LuceneDay day : days.values()) {
            try {
                day.check();
            } catch (CorruptIndexException | RuntimeException broken) {
                LOG.atWarn()
                        .addKeyValue("folder", day.folder())
                        .setCause(failed)
                        .log("an index is broken");
                Lock alone = using.writeLock();
                alone.lock();
                try {
                    if (days.remove(day.date(), day)) {
                        life.incrementAndGet();
                        day.abandon();
                        LuceneDay.setAside(day.folder());
                        damage.found(day.date(), "the index was found broken, so what arrived before is missing");
                        day(day.date());
                    }
                } finally {
                    alone.unlock();
                }
                return true;
            }
        }
        return false;
    }

    /// What was found broken.
    LuceneDamage damage() {
        return damage;
    }

    /// Drops what is past the retention, as whole days; of the day that is not past it as a whole, hour
    /// by hour.
    void expire() throws IOException {
        long cutoff = cutoff();
        for (Path each : LuceneDay.folders(folder)) {
            LocalDate date = LuceneDay.date(each);
            if (date != null && Arrival.micros(date) + DAY_MICROS <= cutoff) {
                drop(date, each);
            }
        }
        long over = Math.floorDiv(Arrival.micros(clock.instant()) - HOUR_MICROS, DAY_MICROS);
        for (LuceneDay day : days.headMap(LocalDate.ofEpochDay(over)).values()) {
            if (day.settle()) {
                break;
            }
        }
        synchronized (this) {
            if (cutoff < emptied + HOUR_MICROS) {
                return;
            }
            emptied = cutoff;
        }
        Lock shared = using.readLock();
        shared.lock();
        try {
            LuceneDay day = days.get(LocalDate.ofEpochDay(Math.floorDiv(cutoff, DAY_MICROS)));
            if (day != null) {
                day.removeBefore(cutoff);
            }
        } finally {
            shared.unlock();
        }
    }

    private void drop(LocalDate date, Path path) throws IOException {
        Lock alone = using.writeLock();
        alone.lock();
        try {
            LuceneDay day = LuceneDay.isAside(path) ? null : days.remove(date);
            if (day != null) {
                day.abandon();
            }
        } finally {
            alone.unlock();
        }
        Folders.delete(path);
        damage.gone(date);
        LOG.atInfo().addKeyValue("stream", name).addKeyValue("day", date).log("a day of the hot store is gone");
    }

    /// The first day of which there is something, null where there is none.
    @Nullable
    LocalDate oldestDay() {
        var first = days.firstEntry();
        return first == null ? null : first.getKey();
    }

    /// Makes room: the oldest day goes; of today's its oldest quarter. Says whether it was a whole day.
    boolean dropOldest() throws IOException {
        var first = days.firstEntry();
        if (first == null) {
            return false;
        }
        early.incrementAndGet();
        LocalDate date = first.getKey();
        if (Arrival.micros(date) + DAY_MICROS <= Arrival.micros(clock.instant())) {
            floor = Math.max(floor, Arrival.micros(date.plusDays(1)));
            drop(date, first.getValue().folder());
            return true;
        }
        Lock shared = using.readLock();
        shared.lock();
        try {
            LuceneDay day = first.getValue();
            StreamQueryValues.Span held = day.arrivals();
            if (held != null) {
                long end = Math.max(held.low(), floor);
                end += Math.max(1, (held.high() - end) / 4);
                floor = end;
                day.removeBefore(end);
                day.shrink();
            }
        } finally {
            shared.unlock();
        }
        return false;
    }

    long bytes() throws IOException {
        long bytes = 0;
        for (Path each : LuceneDay.folders(folder)) {
            bytes += LuceneDay.bytes(each);
        }
        return bytes;
    }

    HotStatus status() throws IOException {
        Long oldest = null;
        long cutoff = cutoff();
        for (LuceneDay day : days.values()) {
            StreamQueryValues.Span held = day.arrivals();
            if (held != null && held.high() >= cutoff && oldest == null) {
                oldest = Math.max(held.low(), cutoff);
            }
        }
        Instant since = oldest == null ? null : Arrival.instant(oldest);
        long documents = read(new LuceneSearch(fields, StreamQuery.of("", 1))::count);
        return new HotStatus(name, documents, bytes(), since, tooOld.sum(), early.get(), damage.sentences());
    }

    void close() throws IOException {
        IOException failure = null;
        Lock alone = using.writeLock();
        alone.lock();
        try {
            for (LuceneDay day : days.values()) {
                try {
                    day.close();
                } catch (IOException failed) {
                    failure = failed;
                }
            }
            days.clear();
        } finally {
            alone.unlock();
        }
        if (failure != null) {
            throw failure;
        }
    }

    void delete() throws IOException {
        Lock alone = using.writeLock();
        alone.lock();
        try {
            days.values().forEach(LuceneDay::abandon);
            days.clear();
            Folders.delete(folder);
        } finally {
            alone.unlock();
        }
    }
}
