package com.databroker.streams;

import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.api.connector.sink2.Committer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Commits what complete checkpoints hold, in their order: the table takes no number that is lower than one
/// before. One that fails fails the job, which begins again at that checkpoint and commits it first.
final class ColdCommitter implements Committer<ColdBatch> {
    private static final Logger LOG = LoggerFactory.getLogger(ColdCommitter.class);

    private final ColdTable table;

    ColdCommitter(ColdTable table) {
        this.table = table;
    }

    @Override
    public void commit(Collection<CommitRequest<ColdBatch>> requests) throws IOException {
        List<CommitRequest<ColdBatch>> inOrder = requests.stream()
                .sorted(Comparator.comparingLong(
                        request -> request.getCommittable().number()))
                .toList();
        for (CommitRequest<ColdBatch> request : inOrder) {
            ColdBatch batch = request.getCommittable();
            if (table.commit(batch.appId(), batch.number(), batch.files()) == ColdTable.ALREADY) {
                table.requireKnown(batch);
                request.signalAlreadyCommitted();
                LOG.atInfo()
                        .addKeyValue("stream", table.source().name())
                        .addKeyValue("checkpoint", batch.number())
                        .log("was in the cold table already");
            }
        }
    }

    @Override
    public void close() {
        // A table holds nothing open.
    }
}
