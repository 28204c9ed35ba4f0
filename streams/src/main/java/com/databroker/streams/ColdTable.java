package com.databroker.streams;

import io.delta.kernel.TableManager;
import io.delta.kernel.exceptions.ConcurrentWriteException;
import io.delta.kernel.exceptions.TableAlreadyExistsException;
import io.delta.kernel.exceptions.TableNotFoundException;
import io.delta.kernel.expressions.Column;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.transaction.DataLayoutSpec;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterable;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The cold store of a stream: an ordinary Delta table, which other programs can read while we write.
///
/// ```
/// <location>/
/// ├── _delta_log/              the table's versions; a file belongs to those that name it
/// └── date=2026-11-28/         first day of the day, month or year in which it happened
///     └── <new name>.parquet   sorted by time
/// ```
///
/// Files are staged first, on as many threads and machines as there are writers, and committed together, by
/// one. A commit bears the writer's name and a number that grows: the same again changes nothing.
/// Appending, compaction and removing what is left over may go on at the same time. Used by any number of
/// threads.
final class ColdTable implements DeltaFolder {
    static final String ENGINE = "databroker";

    /// What [#commit] answers where the same was committed before.
    static final long ALREADY = -1;

    /// Nobody commits what was staged longer ago; readers have ended that were busy with what was compacted
    /// then.
    static final Duration RETENTION_MIN = Duration.ofDays(7);

    private static final int ATTEMPTS_MAX = 8;
    private static final int BATCH_ROWS = 1024;

    /// Larger files are not made at once, so that the memory for one has a bound.
    private static final int FILE_ROWS_MAX = 1_000_000;

    /// The log is kept as long as what it names: each commit is a file or two, so a month of them would be
    /// many.
    static final Map<String, String> PROPERTIES = Map.of(
            "delta.logRetentionDuration", "interval 7 days",
            "delta.deletedFileRetentionDuration", "interval 7 days");

    private final String location;
    private final Source source;
    private final StructType columns;
    private final ColdFiles files;
    private volatile @Nullable Listing listing;
    private volatile @Nullable SnapshotImpl current;

    /// The files of a version, kept while it is the newest.
    record Listing(long version, List<ColdEntry> files) {}

    /// What a table holds.
    record Statistics(long version, int partitions, int files, long rows, long bytes) {
        static final Statistics NONE = new Statistics(-1, 0, 0, 0, 0);
    }

    private ColdTable(ColdFolder folder, Source source) {
        this.location = folder.location();
        this.source = source;
        this.columns = ColdColumns.ofFiles(source);
        this.files = new ColdFiles(folder, BATCH_ROWS);
    }

    /// Opens the table of a stream, and creates it where there is none. Fields that the schema has and the
    /// table does not are added to the table; what was stored before has null there.
    ///
    /// @param location a folder, `/x` or `file:/x`, or a prefix of a bucket as [S3Place] writes it
    /// @throws IllegalStateException where the table has fields that the schema does not have, or has
    ///     otherwise
    static ColdTable open(String location, Source source) throws IOException {
        ColdTable table = new ColdTable(ColdFolder.of(location), source);
        for (int attempt = 1; ; attempt++) {
            try {
                table.prepare();
                return table;
            } catch (TableAlreadyExistsException | ConcurrentWriteException anotherWasFaster) {
                if (attempt == ATTEMPTS_MAX) {
                    throw new IOException("others change " + table.location + " all the time", anotherWasFaster);
                }
            }
        }
    }

    private void prepare() {
        StructType wanted = ColdColumns.ofTable(source);
        SnapshotImpl present;
        try {
            present = latest();
        } catch (TableNotFoundException absent) {
            ColdCommit.run(
                    engine(),
                    TableManager.buildCreateTableTransaction(location, wanted, ENGINE)
                            .withTableProperties(PROPERTIES)
                            .withDataLayoutSpec(DataLayoutSpec.partitioned(List.of(new Column(ColdColumns.DATE))))
                            .build(engine()),
                    CloseableIterable.emptyIterable());
            return;
        }
        String what = "The cold table " + location + " of stream " + source.name();
        if (!present.getPartitionColumnNames().equals(List.of(ColdColumns.DATE))) {
            throw new IllegalStateException(what + " is partitioned by " + present.getPartitionColumnNames()
                    + ", not by " + ColdColumns.DATE + ": it was made by another program");
        }
        if (ColdColumns.isExtension(what, present.getSchema(), wanted)) {
            ColdCommit.run(engine(), ColdCommit.evolution(present, wanted), CloseableIterable.emptyIterable());
        }
    }

    Source source() {
        return source;
    }

    /// As [#latest], for those who only read. Versions have numbers without a gap: while the log has what is known
    /// and no next one, that is the newest, and nobody has to go through a log of thousands of files for every
    /// question.
    SnapshotImpl current() throws IOException {
        SnapshotImpl known = current;
        // Of a log that is cleaned the oldest versions go first: who asks seldom would miss the next one for ever.
        if (known == null || !isInLog(known.getVersion()) || isInLog(known.getVersion() + 1)) {
            known = latest();
            current = known;
        }
        return known;
    }

    private boolean isInLog(long version) throws IOException {
        return folder().holds("_delta_log/%020d.json".formatted(version));
    }

    /// Within the files.
    StructType columns() {
        return columns;
    }

    @Override
    public ColdFiles files() {
        return files;
    }

    /// Writes rows as files, one or more for each partition that they belong to. The files are on the disk
    /// afterwards, and in the table once they are committed.
    List<ColdFile> stage(List<Arrival> arrivals) throws IOException {
        ColdRows rows = new ColdRows(source.schema());
        for (Arrival arrival : arrivals) {
            rows.add(arrival);
        }
        return stage(rows);
    }

    /// As [#stage(List)].
    List<ColdFile> stage(ColdRows rows) throws IOException {
        List<ColdFile> staged = new ArrayList<>();
        for (ColdRows.Part part : rows.parts(time -> ColdColumns.date(source.granularity(), time))) {
            for (int from = 0; from < part.size(); from += FILE_ROWS_MAX) {
                int to = Math.min(part.size(), from + FILE_ROWS_MAX);
                staged.add(files.write(part.date(), columns, part.batches(columns, from, to, BATCH_ROWS)));
            }
        }
        return staged;
    }

    /// Adds staged files to the table, in one transaction.
    ///
    /// @param appId the writer's name
    /// @param number greater than that of every transaction of this writer before
    /// @return the table's new version, or [#ALREADY] where this number or a greater one was committed
    ///     before
    long commit(String appId, long number, Collection<ColdFile> staged) throws IOException {
        return ColdCommit.append(this, appId, number, staged);
    }

    /// Says that a job begins at the front of a topic: what was committed before is not ahead of it, see [ColdAhead].
    ///
    /// @param topicId of the topic
    void beginAfresh(String topicId) throws IOException {
        commit("cold/topic-" + topicId, 0, List.of());
    }

    /// Fails where a number was committed before, and with other files: then this writer began at an older
    /// checkpoint than its last, and what it writes now is partly in the table and partly not.
    ///
    /// @throws IllegalStateException that says what to do
    void requireKnown(ColdBatch batch) throws IOException {
        Set<String> named = ColdVacuum.named(this, Instant.EPOCH);
        // Where rows were replaced within the batch itself, a file may have come in without any of its own.
        boolean replaces = batch.files().stream().anyMatch(ColdFile::replaces);
        int known = 0;
        for (ColdFile file : batch.files()) {
            // One that is gone was compacted and removed, long after it was committed.
            known += named.contains(file.path()) || isNamed(file, named) || !folder().holds(file.path()) ? 1 : 0;
        }
        if (replaces ? known == 0 : known < batch.files().size()) {
            throw new IllegalStateException("The job of stream " + source.name() + " was started from an old"
                    + " checkpoint: what it wrote after it is in " + location + " already, in other files. Start it"
                    + " from its newest checkpoint; nothing was changed.");
        }
    }

    /// Whether a copy of a staged file came into the table, without rows that were replaced at once.
    private static boolean isNamed(ColdFile staged, Set<String> named) {
        String stem = ColdReplacing.stem(staged.path());
        return named.stream().anyMatch(path -> path.startsWith(stem));
    }

    /// Shows rows to `visitor`, until it has seen all or wants no more.
    ColdScan.Result scan(ColdScan what, ColdScan.Visitor visitor) throws IOException {
        return new ColdReader(this, what).run(visitor);
    }

    /// Whether there is a file in which something may be that is asked for.
    boolean mayHold(ColdScan what) throws IOException {
        return list(current()).files().stream().anyMatch(file -> what.mayMatch(source.granularity(), file));
    }

    /// Shows rows of one file to `visitor`, until it has seen all or wants no more.
    void read(ColdEntry file, ColdScan what, ColdScan.Visitor visitor) throws IOException {
        new ColdReader(this, what).read(file, visitor);
    }

    /// Makes few large files of many small ones; the rows stay as they are.
    ColdCompaction.Result compact(Instant now) throws IOException {
        return new ColdCompaction(this, now).run();
    }

    /// Removes files that do not belong to the table: compacted ones, and those that were staged and never
    /// committed.
    ///
    /// @param retention how old they must be; at least [#RETENTION_MIN], so that nobody needs them any more
    ColdVacuum.Result vacuum(Duration retention, Instant now) throws IOException {
        return new ColdVacuum(this, retention, now).run();
    }

    /// The files of the newest version.
    Listing list(SnapshotImpl snapshot) throws IOException {
        Listing known = listing;
        if (known != null && known.version() == snapshot.getVersion()) {
            return known;
        }
        // Statistics are read once for each file, and not again at each commit.
        Map<String, ColdEntry> before = new HashMap<>();
        if (known != null) {
            known.files().forEach(file -> before.put(file.path(), file));
        }
        List<ColdEntry> entries = new ArrayList<>();
        ColdFiles.list(engine(), snapshot, row -> {
            ColdEntry same = before.get(ColdEntry.path(row));
            entries.add(same == null ? ColdEntry.of(row, source.timeField()) : same.in(row));
        });
        Listing fresh = new Listing(snapshot.getVersion(), List.copyOf(entries));
        listing = fresh;
        return fresh;
    }

    Statistics statistics() throws IOException {
        Listing now = list(latest());
        Map<LocalDate, Long> partitions = rows(now);
        long rows = partitions.values().stream().mapToLong(Long::longValue).sum();
        long bytes = now.files().stream().mapToLong(ColdEntry::size).sum();
        return new Statistics(now.version(), partitions.size(), now.files().size(), rows, bytes);
    }

    /// How many rows each partition has, by its first day.
    Map<LocalDate, Long> partitions() throws IOException {
        return rows(list(latest()));
    }

    private static Map<LocalDate, Long> rows(Listing listing) {
        Map<LocalDate, Long> rows = new HashMap<>();
        for (ColdEntry file : listing.files()) {
            rows.merge(file.date(), Math.max(0, file.rows()), Long::sum);
        }
        return rows;
    }
}
