package com.databroker.streams;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.jspecify.annotations.Nullable;

/// The end of the job at the hot store: what arrives is put, and is safe before a checkpoint counts.
///
/// After a failure the job puts again what came after its last checkpoint. Since a record replaces any
/// other of its id, each is there once.
final class HotSink implements Sink<Arrival>, SupportsWriterState<Arrival, String> {
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

    @Override
    public StatefulSinkWriter<Arrival, String> restoreWriter(WriterInitContext context, Collection<String> none)
            throws IOException {
        return writer();
    }

    @Override
    public SimpleVersionedSerializer<String> getWriterStateSerializer() {
        return new Nothing();
    }

    Writer writer() throws IOException {
        return new Writer(source, opening, opening.open());
    }

    /// Puts for one thread of the job, itself or by [HotPuts], where it is work.
    ///
    /// A flush of those begins when the barrier of a checkpoint comes, and has ended when the state is asked for:
    /// between the two the cold store's files are written. There is no state.
    static final class Writer implements StatefulSinkWriter<Arrival, String> {
        private final Source source;
        private final HotStores.Opening opening;
        private final HotStore store;
        private final @Nullable HotPuts puts;
        private final HotFlush flush;
        private final long life;
        private @Nullable CompletableFuture<Void> flushing;

        Writer(Source source, HotStores.Opening opening, HotStore store) {
            this.source = source;
            this.opening = opening;
            this.store = store;
            puts = store.isWork() ? new HotPuts(store, source) : null;
            flush = HotFlush.join(store, source);
            life = store.life(source);
        }

        HotStore store() {
            return store;
        }

        @Override
        public void write(Arrival arrival, Context context) throws IOException, InterruptedException {
            if (puts == null) {
                store.put(source, arrival);
            } else {
                puts.put(arrival);
            }
        }

        @Override
        public void flush(boolean endOfInput) throws IOException, InterruptedException {
            if (puts == null) {
                flush.flush();
                requireLife();
                return;
            }
            flushing = puts.flush(flush);
            if (endOfInput) {
                await();
            }
        }

        @Override
        public List<String> snapshotState(long checkpoint) throws IOException {
            await();
            return List.of();
        }

        private void await() throws IOException {
            if (flushing == null) {
                return;
            }
            try {
                flushing.get();
            } catch (InterruptedException ending) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while records are made safe", ending);
            } catch (ExecutionException failed) {
                throw new IOException("records of " + source.name() + " are not safe", failed.getCause());
            } finally {
                flushing = null;
            }
            requireLife();
        }

        private void requireLife() throws IOException {
            // Records of this writer may have gone with a failure that another one met.
            if (store.life(source) != life) {
                throw new IOException("the hot store lost records of " + source.name()
                        + " that were not safe yet: the job has to put them again");
            }
        }

        @Override
        public void close() throws IOException {
            if (puts != null) {
                puts.close();
            }
            flush.leave();
            opening.release(store);
        }
    }

    /// The form of a state that nobody has.
    private static final class Nothing implements SimpleVersionedSerializer<String> {
        @Override
        public int getVersion() {
            return 1;
        }

        @Override
        public byte[] serialize(String nothing) {
            return new byte[0];
        }

        @Override
        public String deserialize(int version, byte[] bytes) {
            return "";
        }
    }
}
