package com.databroker.streams;

import io.delta.kernel.CommitRange;
import io.delta.kernel.CommitRangeBuilder.CommitBoundary;
import io.delta.kernel.TableManager;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.exceptions.KernelException;
import io.delta.kernel.internal.DeltaLogActionUtils.DeltaAction;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.actions.AddFile;
import io.delta.kernel.internal.actions.SetTransaction;
import io.delta.kernel.utils.CloseableIterator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a cold table holds beyond the checkpoint from which a job goes on.
///
/// That is nothing, as a rule. When the newest checkpoint is damaged, a job goes on from the one before, and what it
/// committed since then comes again. A batch holds all records of its stretch of the raw topic, so the greatest
/// offset of each partition that is there already tells which of them to leave out. Topics give no offset twice:
/// the embedded Kafka forces what it acknowledges.
///
/// ```
///   versions of the table   … cold/7   cold/8   compaction   cold/9
///   job goes on from 7                 └────── ahead ───────────┘
/// ```
final class ColdAhead {
    private static final Logger LOG = LoggerFactory.getLogger(ColdAhead.class);
    private static final int APP_ID = SetTransaction.FULL_SCHEMA.indexOf("appId");
    private static final int NUMBER = SetTransaction.FULL_SCHEMA.indexOf("version");
    private static final Set<DeltaAction> ACTIONS = Set.of(DeltaAction.TXN, DeltaAction.ADD);

    private final ColdTable table;
    private final String writer;
    private final long checkpoint;
    private final Set<String> files = new HashSet<>();
    private long earliest = Long.MAX_VALUE;

    private ColdAhead(ColdTable table, String uid, long checkpoint) {
        this.table = table;
        this.writer = uid + "/";
        this.checkpoint = checkpoint;
    }

    /// The greatest offset that is there beyond that checkpoint, by partition of the raw topic.
    static Map<Integer, Long> of(ColdTable table, String uid, long checkpoint) throws IOException {
        return new ColdAhead(table, uid, checkpoint).offsets();
    }

    private Map<Integer, Long> offsets() throws IOException {
        SnapshotImpl snapshot = table.latest();
        long version = snapshot.getVersion();
        while (version >= 0 && isAhead(snapshot.getPath(), version)) {
            version--;
        }
        Map<Integer, Long> offsets = new HashMap<>();
        if (!files.isEmpty()) {
            LOG.atWarn()
                    .addKeyValue("stream", table.source().name())
                    .addKeyValue("checkpoint", checkpoint)
                    .log("the cold table is ahead of the checkpoint; what it has is left out when it comes again");
            // A file that is not there any more was made part of a larger one, which is younger.
            Set<String> present = new HashSet<>();
            table.list(snapshot).files().forEach(file -> present.add(file.path()));
            boolean compacted = !present.containsAll(files);
            new ColdReader(table, ColdScan.ALL)
                    .run(
                            file -> files.contains(file.path())
                                    || (compacted && file.add().getModificationTime() >= earliest),
                            row -> {
                                Arrival arrival = row.arrival();
                                offsets.merge(arrival.partition(), arrival.offset(), Math::max);
                                return true;
                            });
        }
        return offsets;
    }

    /// A version of the table.
    private static final class Version {
        private final List<AddFile> added = new ArrayList<>();
        private OptionalLong number = OptionalLong.empty();
    }

    /// Whether what is older has to be looked at, too. The files of a version that is ahead are kept.
    private boolean isAhead(String location, long number) throws IOException {
        Version version = new Version();
        try {
            CommitRange one = TableManager.loadCommitRange(location, CommitBoundary.atVersion(number))
                    .withEndBoundary(CommitBoundary.atVersion(number))
                    .build(table.engine());
            try (CloseableIterator<ColumnarBatch> batches = one.getActions(table.engine(), ACTIONS)) {
                while (batches.hasNext()) {
                    read(batches.next(), version);
                }
            }
        } catch (KernelException olderThanTheLog) {
            return false;
        }
        if (version.number.isPresent()) {
            if (version.number.getAsLong() <= checkpoint) {
                return false;
            }
            for (AddFile file : version.added) {
                if (file.getPath().contains("/" + ColdReplacing.KEPT)) {
                    continue;
                }
                files.add(file.getPath());
                earliest = Math.min(earliest, file.getModificationTime());
            }
        }
        return true;
    }

    private void read(ColumnarBatch actions, Version into) throws IOException {
        int txn = actions.getSchema().indexOf(DeltaAction.TXN.colName);
        int add = actions.getSchema().indexOf(DeltaAction.ADD.colName);
        try (CloseableIterator<Row> rows = actions.getRows()) {
            while (rows.hasNext()) {
                Row row = rows.next();
                if (!row.isNullAt(add)) {
                    into.added.add(new AddFile(row.getStruct(add)));
                }
                if (!row.isNullAt(txn)) {
                    Row transaction = row.getStruct(txn);
                    if (transaction.getString(APP_ID).startsWith(writer)) {
                        into.number = OptionalLong.of(transaction.getLong(NUMBER));
                    }
                }
            }
        }
    }
}
