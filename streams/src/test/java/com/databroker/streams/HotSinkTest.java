package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class HotSinkTest {
    private static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");
    private static final Source SOURCE = HotSource.named("sink");
    private static final Path FOLDER = Path.of("sink-test");

    private final Counting store = new Counting();

    /// Counts what it is asked for.
    private static final class Counting implements HotStore {
        private final AtomicInteger puts = new AtomicInteger();
        private final AtomicInteger flushes = new AtomicInteger();
        private final AtomicLong life = new AtomicLong();
        private final List<String> ids = new CopyOnWriteArrayList<>();
        private volatile boolean failing;
        private volatile boolean refusing;
        private volatile boolean working = true;

        /// Puts wait for it.
        private volatile CountDownLatch gate = new CountDownLatch(0);

        @Override
        public void put(Source source, Arrival arrival) throws IOException {
            try {
                gate.await();
            } catch (InterruptedException nobodyDoes) {
                throw new IOException(nobodyDoes);
            }
            if (refusing) {
                throw new IOException("no room");
            }
            ids.add(arrival.id());
            puts.incrementAndGet();
        }

        @Override
        public boolean isWork() {
            return working;
        }

        @Override
        public void flush(Source source) throws IOException {
            flushes.incrementAndGet();
            if (failing) {
                throw new IOException("full");
            }
        }

        @Override
        public long life(Source source) {
            return life.get();
        }

        @Override
        public StreamQuery.Answer search(Source source, StreamQuery query) {
            throw new UnsupportedOperationException("nobody asks");
        }

        @Override
        public long count(Source source, StreamQuery query) {
            return puts.get();
        }

        @Override
        public void expire() {
            // It keeps nothing.
        }

        @Override
        public List<HotStatus> status() {
            return List.of();
        }

        @Override
        public void visible(Consumer<HotVisible> listener) {
            // Nothing becomes visible.
        }

        @Override
        public void delete(Source source) {
            puts.set(0);
        }

        @Override
        public void close() {
            // It holds nothing open.
        }
    }

    @BeforeEach
    void begin() {
        HotStores.publish(FOLDER, store);
    }

    @AfterEach
    void end() {
        HotStores.withdraw(FOLDER);
    }

    /// As the job gets it: through bytes.
    @SuppressWarnings("BanSerializableRead") // Of its own bytes.
    private static HotSink.Writer writer() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(new HotSink(SOURCE, HotStores.published(FOLDER)));
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            return ((HotSink) in.readObject()).writer();
        }
    }

    private static void write(SinkWriter<Arrival> writer, @Nullable Context context) throws Exception {
        writer.write(HotSource.arrival("a", NOON, NOON, "word"), java.util.Objects.requireNonNull(context));
    }

    /// As a checkpoint does.
    private static void flush(HotSink.Writer writer) throws Exception {
        writer.flush(false);
        assertThat(writer.snapshotState(1)).isEmpty();
    }

    static final class Context implements SinkWriter.Context {
        @Override
        public long currentWatermark() {
            return 0;
        }

        @Override
        public Long timestamp() {
            return 0L;
        }
    }

    @Test
    void a_sink_finds_the_store_of_its_folder_and_flushes_at_checkpoints() throws Exception {
        try (HotSink.Writer writer = writer()) {
            write(writer, new Context());
            assertThat(store.flushes.get()).isZero();
            flush(writer);
        }
        assertThat(store.puts.get()).isEqualTo(1);
        assertThat(store.flushes.get()).isEqualTo(1);
    }

    @Test
    void writers_that_come_to_a_checkpoint_together_flush_once() throws Exception {
        int writers = 3;
        int checkpoints = 20;
        CyclicBarrier barrier = new CyclicBarrier(writers);
        try (ExecutorService pool = Executors.newFixedThreadPool(writers)) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < writers; i++) {
                HotSink.Writer writer = writer();
                all.add(pool.submit(() -> {
                    for (int c = 0; c < checkpoints; c++) {
                        write(writer, new Context());
                        barrier.await(30, TimeUnit.SECONDS);
                        flush(writer);
                    }
                    // Those that still flush need not wait for it.
                    writer.close();
                    return null;
                }));
            }
            for (Future<?> one : all) {
                one.get(60, TimeUnit.SECONDS);
            }
        }
        // On a busy machine one may come too late.
        assertThat(store.flushes.get()).isBetween(checkpoints, 2 * checkpoints);
    }

    @Test
    void a_writer_that_is_alone_at_a_checkpoint_does_not_wait_for_ever() throws Exception {
        try (HotSink.Writer writer = writer();
                HotSink.Writer silent = writer()) {
            flush(writer);
            assertThat(store.flushes.get()).isEqualTo(1);
            flush(silent);
            assertThat(store.flushes.get()).isEqualTo(2);
        }
    }

    @Test
    void a_failed_flush_fails_the_checkpoint_and_so_does_the_loss_of_what_was_put() throws Exception {
        try (HotSink.Writer writer = writer()) {
            store.failing = true;
            assertThatThrownBy(() -> flush(writer)).isInstanceOf(IOException.class);
            store.failing = false;
            flush(writer);
            store.life.incrementAndGet();
            assertThatThrownBy(() -> flush(writer))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("put them again");
        }
        try (HotSink.Writer again = writer()) {
            again.flush(false);
        }
    }

    @Test
    void what_is_written_is_put_in_its_order_and_all_of_it_before_a_flush() throws Exception {
        List<String> wanted = new ArrayList<>();
        try (HotSink.Writer writer = writer()) {
            for (int i = 0; i < 5000; i++) {
                writer.write(HotSource.arrival("id-" + i, NOON, NOON, "word"), new Context());
                wanted.add("id-" + i);
                if (i % 1234 == 0) {
                    flush(writer);
                    assertThat(store.puts.get()).isEqualTo(i + 1);
                }
            }
            flush(writer);
        }
        assertThat(store.ids).isEqualTo(wanted);
    }

    @Test
    void a_record_that_nothing_follows_is_put_soon() throws Exception {
        try (HotSink.Writer writer = writer()) {
            for (int i = 1; i <= 3; i++) {
                write(writer, new Context());
                int soFar = i;
                Await.until("the record is put", () -> store.puts.get() == soFar);
            }
        }
    }

    @Test
    void a_writer_waits_where_the_store_is_slow_and_gives_up_when_its_job_ends() throws Exception {
        store.gate = new CountDownLatch(1);
        HotSink.Writer writer = writer();
        AtomicInteger written = new AtomicInteger();
        Thread job = Thread.ofPlatform().start(() -> {
            try {
                while (true) {
                    write(writer, new Context());
                    written.incrementAndGet();
                }
            } catch (Exception ended) {
                assertThat(ended).isInstanceOf(InterruptedException.class);
            }
        });
        Await.until("the job waits", () -> written.get() >= 1000 && job.getState() == Thread.State.WAITING);
        assertThat(written.get()).isLessThanOrEqualTo(2000);
        job.interrupt();
        job.join();
        store.gate.countDown();
        writer.close();
        assertThat(store.puts.get()).isLessThanOrEqualTo(written.get());
    }

    @Test
    void a_store_for_which_a_put_is_no_work_is_asked_by_the_job_itself() throws Exception {
        store.working = false;
        try (HotSink.Writer writer = writer()) {
            write(writer, new Context());
            assertThat(store.puts.get()).isEqualTo(1);
            writer.flush(false);
            assertThat(store.flushes.get()).isEqualTo(1);
            assertThat(writer.snapshotState(1)).isEmpty();
        }
    }

    @Test
    void a_put_that_fails_fails_the_job() throws Exception {
        try (HotSink.Writer writer = writer()) {
            store.refusing = true;
            write(writer, new Context());
            assertThatThrownBy(() -> flush(writer))
                    .isInstanceOf(IOException.class)
                    .hasRootCauseMessage("no room");
            assertThatThrownBy(() -> write(writer, new Context())).isInstanceOf(IOException.class);
        }
    }

    @Test
    void without_a_store_the_job_is_told() {
        HotStores.withdraw(FOLDER);
        assertThatThrownBy(HotSinkTest::writer).isInstanceOf(IOException.class).hasMessageContaining("sink-test");
    }
}
