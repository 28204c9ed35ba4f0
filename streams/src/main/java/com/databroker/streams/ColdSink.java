package com.databroker.streams;

import java.io.IOException;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessage;
import org.apache.flink.streaming.api.connector.sink2.CommittableMessageTypeInfo;
import org.apache.flink.streaming.api.connector.sink2.SupportsPreCommitTopology;
import org.apache.flink.streaming.api.datastream.DataStream;

/// Brings the records of a job into its cold table, each exactly once.
///
/// ```
///   ColdWriter ──┐  files on the disk,                                     one transaction
///   ColdWriter ──┼──▶ ColdGathering ── name and number ──▶ ColdCommitter ──▶ a checkpoint
///   ColdWriter ──┘  (one)              in the checkpoint                    when it is complete
/// ```
///
/// What a checkpoint holds is committed when it is complete, and again when the job starts from it. The
/// table knows the number and takes it once.
final class ColdSink
        implements Sink<Arrival>, SupportsCommitter<ColdBatch>, SupportsPreCommitTopology<ColdBatch, ColdBatch> {
    private static final long serialVersionUID = 1;

    /// Held in memory by each writer until they are written as files, and as many while they are.
    static final int ROWS_MAX = 100_000;

    static final long BYTES_MAX = 24L << 20;

    private final String location;
    private final Source source;
    private final String uid;
    private final int rowsMax;
    private final long bytesMax;

    /// @param location of the table, as [ColdTable#open] takes it
    /// @param uid of this step of the job, the same in every version of the job
    ColdSink(String location, Source source, String uid) {
        this(location, source, uid, ROWS_MAX, BYTES_MAX);
    }

    ColdSink(String location, Source source, String uid, int rowsMax, long bytesMax) {
        this.location = location;
        this.source = source;
        this.uid = uid;
        this.rowsMax = rowsMax;
        this.bytesMax = bytesMax;
    }

    @Override
    public CommittingSinkWriter<Arrival, ColdBatch> createWriter(WriterInitContext context) throws IOException {
        ColdTable table = ColdTable.open(location, source);
        OptionalLong checkpoint = context.getRestoredCheckpointId();
        Map<Integer, Long> ahead = checkpoint.isPresent() ? ColdAhead.of(table, uid, checkpoint.getAsLong()) : Map.of();
        return new ColdWriter(table, rowsMax, bytesMax, ahead);
    }

    @Override
    public Committer<ColdBatch> createCommitter(CommitterInitContext context) throws IOException {
        return new ColdCommitter(ColdTable.open(location, source));
    }

    @Override
    public SimpleVersionedSerializer<ColdBatch> getCommittableSerializer() {
        return new ColdBatch.Form();
    }

    @Override
    public SimpleVersionedSerializer<ColdBatch> getWriteResultSerializer() {
        return new ColdBatch.Form();
    }

    @Override
    public DataStream<CommittableMessage<ColdBatch>> addPreCommitTopology(
            DataStream<CommittableMessage<ColdBatch>> written) {
        TypeInformation<CommittableMessage<ColdBatch>> type = CommittableMessageTypeInfo.of(ColdBatch.Form::new);
        return written.global()
                .transform(uid + "-gather", type, new ColdGathering(location, source, uid))
                .uid(uid + "-gather")
                .setParallelism(1)
                .setMaxParallelism(1)
                .global();
    }
}
