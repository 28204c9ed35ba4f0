package com.databroker.streams;

import java.io.IOException;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;

/// The end of the job at the hot store: what arrives is put, and is safe before a checkpoint counts.
///
/// After a failure the job puts again what came after its last checkpoint. Since a record replaces any
/// other of its id, each is there once.
final class HotSink implements Sink<Arrival> {
    private static final long serialVersionUID = 1;

    private final Source source;
    private final HotStores.Opening opening;

    HotSink(Source source, HotStores.Opening opening) {
        this.source = source;
        this.opening = opening;
    }

    @Override
    public SinkWriter<Arrival> createWriter(WriterInitContext context) throws IOException {
        return writer();
    }

    Writer writer() throws IOException {
        return new Writer(source, opening, opening.open());
    }

    /// Puts for one thread of the job.
    static final class Writer implements SinkWriter<Arrival> {
        private final Source source;
        private final HotStores.Opening opening;
        private final HotStore store;
        private final HotFlush flush;
        private final long life;

        Writer(Source source, HotStores.Opening opening, HotStore store) {
            this.source = source;
            this.opening = opening;
            this.store = store;
            flush = HotFlush.join(store, source);
            life = store.life(source);
        }

        HotStore store() {
            return store;
        }

        @Override
        public void write(Arrival arrival, Context context) throws IOException {
            store.put(source, arrival);
        }

        @Override
        public void flush(boolean endOfInput) throws IOException, InterruptedException {
            flush.flush();
            // Records of this writer may have gone with a failure that another one met.
            if (store.life(source) != life) {
                throw new IOException("the hot store lost records of " + source.name()
                        + " that were not safe yet: the job has to put them again");
            }
        }

        @Override
        public void close() throws IOException {
            flush.leave();
            opening.release(store);
        }
    }
}
