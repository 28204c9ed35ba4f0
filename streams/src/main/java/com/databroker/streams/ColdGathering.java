package com.databroker.streams;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.CommittableSummary;
import org.apache.flink.streaming.api.connector.sink2.CommittableWithLineage;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.jspecify.annotations.Nullable;

/// Makes one batch of what all writers staged for a checkpoint, and gives it the name under which the table
/// knows it again: the step's, with a lineage that a job keeps for as long as it goes on from its own
/// checkpoints.
///
/// A job that starts without one has another lineage, so nothing of it is taken for something that was
/// committed before. The number is that of the checkpoint, at the end of the input that of the one that
/// will be the last.
final class ColdGathering extends AbstractStreamOperator<CommittableMessage<ColdBatch>>
        implements OneInputStreamOperator<CommittableMessage<ColdBatch>, CommittableMessage<ColdBatch>> {
    private static final long serialVersionUID = 1;

    private final String location;
    private final Source source;
    private final String uid;
    private transient @Nullable ListState<String> state;
    private transient @Nullable String lineage;
    private transient @Nullable List<ColdFile> files;

    /// Of the checkpoint that was passed on last, and of the one that is being gathered.
    private transient long last;

    private transient long next;

    ColdGathering(String location, Source source, String uid) {
        this.location = location;
        this.source = source;
        this.uid = uid;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        state = context.getOperatorStateStore().getListState(new ListStateDescriptor<>("lineage", Types.STRING));
        files = new ArrayList<>();
        last = context.getRestoredCheckpointId().orElse(0);
        lineage = newLineage();
        for (String kept : state.get()) {
            lineage = isNewest(kept) ? kept : newLineage();
        }
    }

    /// A job that goes on from a checkpoint before its last counts numbers again that the table knows already.
    private boolean isNewest(String kept) throws IOException {
        ColdTable table = ColdTable.open(location, source);
        return table.latest()
                .getLatestTransactionVersion(table.engine(), appId(kept))
                .map(number -> number <= last)
                .orElse(true);
    }

    private String appId(@Nullable String of) {
        return uid + "/" + of;
    }

    private static String newLineage() {
        return UUID.randomUUID().toString();
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        java.util.Objects.requireNonNull(state).update(List.of(java.util.Objects.requireNonNull(lineage)));
    }

    private List<ColdFile> files() {
        return java.util.Objects.requireNonNull(files);
    }

    @Override
    public void processElement(StreamRecord<CommittableMessage<ColdBatch>> element) {
        CommittableMessage<ColdBatch> message = element.getValue();
        next = Math.max(next, message.getCheckpointId());
        if (message instanceof CommittableWithLineage<ColdBatch> written) {
            files().addAll(written.getCommittable().files());
        }
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) {
        // The last checkpoint of a job that ends was passed on when its input ended.
        if (checkpoint > last) {
            emit(checkpoint);
        }
    }

    @Override
    public void finish() {
        if (!files().isEmpty()) {
            emit(Math.max(next, last + 1));
        }
    }

    private void emit(long checkpoint) {
        int count = files().isEmpty() ? 0 : 1;
        output.collect(new StreamRecord<>(new CommittableSummary<>(0, 1, checkpoint, count, 0)));
        if (count > 0) {
            ColdBatch batch = new ColdBatch(appId(lineage), checkpoint, files());
            output.collect(new StreamRecord<>(new CommittableWithLineage<>(batch, checkpoint, 0)));
            files().clear();
        }
        last = checkpoint;
    }
}
