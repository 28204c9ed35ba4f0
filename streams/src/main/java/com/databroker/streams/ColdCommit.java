package com.databroker.streams;

import io.delta.kernel.Operation;
import io.delta.kernel.Transaction;
import io.delta.kernel.TransactionCommitResult;
import io.delta.kernel.data.Row;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.exceptions.CommitStateUnknownException;
import io.delta.kernel.exceptions.ConcurrentTransactionException;
import io.delta.kernel.exceptions.ConcurrentWriteException;
import io.delta.kernel.exceptions.MaxCommitRetryLimitReachedException;
import io.delta.kernel.hook.PostCommitHook;
import io.delta.kernel.internal.SnapshotImpl;
import io.delta.kernel.internal.TransactionImpl;
import io.delta.kernel.internal.actions.AddFile;
import io.delta.kernel.internal.actions.SingleAction;
import io.delta.kernel.internal.data.GenericRow;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.internal.util.VectorUtils;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Transactions of a cold table: what is told to the kernel, and what is done where others were faster.
final class ColdCommit {
    private static final Logger LOG = LoggerFactory.getLogger(ColdCommit.class);
    private static final int ATTEMPTS_MAX = 8;

    /// Of the kernel, within one attempt: others that append or compact do not disturb an append.
    static final int REBASES_MAX = 20;

    private ColdCommit() {}

    static long append(ColdTable table, String appId, long number, Collection<ColdFile> staged) throws IOException {
        boolean replaces = staged.stream().anyMatch(ColdFile::replaces);
        for (int attempt = 1; ; attempt++) {
            SnapshotImpl snapshot = table.latest();
            ColdReplacing replacing = new ColdReplacing(table, snapshot, staged);
            boolean done = false;
            try {
                Transaction transaction = snapshot.buildUpdateTableTransaction(
                                ColdTable.ENGINE, Operation.STREAMING_UPDATE)
                        .withTransactionId(appId, number)
                        .withMaxRetries(REBASES_MAX)
                        .build(table.engine());
                // Where somebody takes away a file that is rewritten here, the kernel refuses, and it is done afresh.
                long version = run(table.engine(), transaction, replaces ? replacing.actions() : adds(staged));
                done = true;
                return version;
            } catch (ConcurrentTransactionException before) {
                return ColdTable.ALREADY;
            } catch (ConcurrentWriteException
                    | MaxCommitRetryLimitReachedException
                    | CommitStateUnknownException conflict) {
                // The columns changed meanwhile, say. Where it is unknown whether the commit stands, the number tells.
                if (attempt == ATTEMPTS_MAX || Thread.currentThread().isInterrupted()) {
                    throw new IOException(
                            "the cold table " + table.folder().location() + " did not take " + appId + " " + number,
                            conflict);
                }
                // Whether it stands is not known: what it may name has to stay then.
                done = conflict instanceof CommitStateUnknownException;
            } finally {
                if (!done) {
                    replacing.drop();
                }
            }
        }
    }

    static List<Row> adds(Collection<ColdFile> files) {
        List<Row> actions = new ArrayList<>();
        for (ColdFile file : files) {
            actions.add(add(file, true));
        }
        return actions;
    }

    static long run(Engine engine, Transaction transaction, List<Row> actions) {
        return run(
                engine, transaction, CloseableIterable.inMemoryIterable(Utils.toCloseableIterator(actions.iterator())));
    }

    static long run(Engine engine, Transaction transaction, CloseableIterable<Row> actions) {
        TransactionCommitResult result = transaction.commit(engine, actions);
        for (PostCommitHook hook : result.getPostCommitHooks()) {
            try {
                hook.threadSafeInvoke(engine);
            } catch (IOException | RuntimeException failed) {
                // The commit stands. What the hook writes makes reading faster, and the next one writes it, too.
                LOG.atWarn()
                        .addKeyValue("version", result.getVersion())
                        .addKeyValue("hook", hook.getType())
                        .setCause(failed)
                        .log("the log of a cold table was not summed up");
            }
        }
        return result.getVersion();
    }

    /// Makes `columns` those of the table.
    ///
    /// The kernel's own way to new columns asks for a mapping between their names and the files', with
    /// which it can no longer write; a table with names as they are needs none.
    static Transaction evolution(SnapshotImpl present, StructType columns) {
        return new TransactionImpl(
                false,
                present.getDataPath(),
                Optional.of(present),
                ColdTable.ENGINE,
                Operation.MANUAL_UPDATE,
                Optional.empty(),
                Optional.of(present.getMetadata().withNewSchema(columns)),
                present.getCommitter(),
                Optional.empty(),
                Optional.empty(),
                Optional.of(0),
                0,
                System::currentTimeMillis);
    }

    /// What the kernel itself would stamp, in milliseconds.
    static long now() {
        return System.currentTimeMillis();
    }

    /// @param change whether the table holds other rows afterwards
    static Row add(ColdFile file, boolean change) {
        StructType schema = AddFile.FULL_SCHEMA;
        Map<Integer, Object> values = new HashMap<>();
        values.put(schema.indexOf("path"), file.path());
        values.put(
                schema.indexOf("partitionValues"),
                VectorUtils.stringStringMapValue(
                        Map.of(ColdColumns.DATE, file.date().toString())));
        values.put(schema.indexOf("size"), file.size());
        values.put(schema.indexOf("modificationTime"), file.mtime());
        values.put(schema.indexOf("dataChange"), change);
        values.put(schema.indexOf("stats"), file.stats());
        return SingleAction.createAddFileSingleAction(new GenericRow(schema, values));
    }
}
