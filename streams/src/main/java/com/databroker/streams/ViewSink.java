package com.databroker.streams;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.api.java.tuple.Tuple7;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/// The end of a run: rows become files, and when all are there, one transaction puts them in the place of
/// the old ones.
///
/// A run that ends before leaves files that nobody knows; they go with the next vacuum.
final class ViewSink
        implements Sink<Tuple7<Integer, String, Long, Long, Long, Double, Double>>, SupportsCommitter<ColdBatch> {
    private static final long serialVersionUID = 1;
    private static final int ROWS_MAX = 100_000;

    private final ViewWork work;

    ViewSink(ViewWork work) {
        this.work = work;
    }

    @Override
    public CommittingSinkWriter<Tuple7<Integer, String, Long, Long, Long, Double, Double>, ColdBatch> createWriter(
            WriterInitContext context) {
        return new Writer(ViewTable.open(work.viewLocation(), work.view()), work.horizon());
    }

    @Override
    public Committer<ColdBatch> createCommitter(CommitterInitContext context) {
        return new Commit(ViewTable.open(work.viewLocation(), work.view()), work);
    }

    @Override
    public SimpleVersionedSerializer<ColdBatch> getCommittableSerializer() {
        return new ColdBatch.Form();
    }

    private static final class Writer
            implements CommittingSinkWriter<Tuple7<Integer, String, Long, Long, Long, Double, Double>, ColdBatch> {
        private final ViewTable table;
        private final long horizon;
        private final List<ViewRow> rows = new ArrayList<>();
        private final List<ColdFile> staged = new ArrayList<>();

        Writer(ViewTable table, long horizon) {
            this.table = table;
            this.horizon = horizon;
        }

        @Override
        public void write(Tuple7<Integer, String, Long, Long, Long, Double, Double> row, Context context)
                throws IOException {
            rows.add(ViewRow.of(row));
            if (rows.size() >= ROWS_MAX) {
                stage();
            }
        }

        private void stage() throws IOException {
            staged.addAll(table.stage(rows));
            rows.clear();
        }

        @Override
        public void flush(boolean endOfInput) {
            // Everything is committed at the end.
        }

        /// Also without a row: then the table says how far it was counted.
        @Override
        public Collection<ColdBatch> prepareCommit() throws IOException {
            stage();
            return List.of(new ColdBatch(ViewTable.APP, horizon, staged));
        }

        @Override
        public void close() {
            rows.clear();
        }
    }

    private record Commit(ViewTable table, ViewWork work) implements Committer<ColdBatch> {
        @Override
        public void commit(Collection<CommitRequest<ColdBatch>> requests) throws IOException {
            List<ColdFile> files = new ArrayList<>();
            requests.forEach(each -> files.addAll(each.getCommittable().files()));
            if (!table.replace(work.base(), work.months(), files, work.state())) {
                requests.forEach(CommitRequest::signalAlreadyCommitted);
            }
        }

        @Override
        public void close() {
            // A table holds nothing open.
        }
    }
}
