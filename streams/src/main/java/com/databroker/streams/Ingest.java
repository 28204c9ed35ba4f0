package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/// Brings bodies into the raw topic of one source, each exactly once.
///
/// Records and the body's cursor go in the same transactions: one for a small body, one for every [#TOGETHER] records
/// of a large one, so that readers of the topic never wait long. After a kill in the middle a body is read again and
/// what was committed of it is passed over, since a reader gives the same records in the same order.
/// What a collector found goes in with the cursor of the collector in place of the body's.
final class Ingest implements AutoCloseable {
    private static final int TOGETHER = 20_000;
    private static final int TOGETHER_BYTES = 32 << 20;
    private static final Duration CLOSE_MOST = Duration.ofSeconds(5);
    private static final int EXCERPT_MAX = 64 << 10;

    private final Source source;
    private final KafkaAddress kafka;
    private final Cursors cursors;
    private final InstantSource clock;
    private final ReentrantLock one = new ReentrantLock();
    private @Nullable KafkaProducer<String, byte[]> producer;

    Ingest(Source source, KafkaAddress kafka, Cursors cursors, InstantSource clock) {
        this.source = source;
        this.kafka = kafka;
        this.cursors = cursors;
        this.clock = clock;
    }

    /// How far a body is.
    ///
    /// @param records taken so far
    /// @param rejected parts that could not be read
    /// @param done whether that is all of it
    record Progress(long records, long rejected, boolean done) {
        static final Progress NONE = new Progress(0, 0, false);

        Bytes json() {
            return Json.bytes(out -> {
                out.writeStartObject();
                out.writeNumberProperty("records", records);
                out.writeNumberProperty("rejected", rejected);
                out.writeBooleanProperty("done", done);
                out.writeEndObject();
            });
        }

        static Progress of(Bytes json) {
            Map<String, @Nullable Object> members = Json.parseObject(json);
            return new Progress(
                    number(members.get("records")),
                    number(members.get("rejected")),
                    Boolean.TRUE.equals(members.get("done")));
        }

        Progress plus(Progress other) {
            return new Progress(records + other.records, rejected + other.rejected, false);
        }

        private static long number(@Nullable Object value) {
            return value instanceof BigInteger number ? number.longValueExact() : 0;
        }
    }

    /// What is known of a body.
    Progress progress(String bodyId) {
        return cursors.get(key(bodyId)).map(Progress::of).orElse(Progress.NONE);
    }

    /// How many records were taken, of all bodies there ever were.
    long records() {
        long bodies = cursors.of(key(""))
                .mapToLong(cursor -> Progress.of(cursor).records())
                .sum();
        return bodies + collected().records();
    }

    /// What collectors brought, all together.
    private Progress collected() {
        return cursors.get(collectedKey()).map(Progress::of).orElse(Progress.NONE);
    }

    private String collectedKey() {
        return source.name() + "/collected";
    }

    private String key(String bodyId) {
        return source.name() + "/body/" + bodyId;
    }

    /// Takes a body; when this returns its records are in the raw topic for good. One at a time.
    ///
    /// @throws IOException where the body or Kafka failed; what was committed before stays, the rest can be
    ///     taken again
    Progress take(Body body) throws IOException {
        one.lock();
        try {
            ready();
            Progress before = progress(body.id());
            return before.done()
                    ? before
                    : within(transaction -> {
                        Progress all = transaction.read(body, before);
                        transaction.commit(Map.of(key(body.id()), all.json()));
                        return all;
                    });
        } finally {
            one.unlock();
        }
    }

    /// Takes the bodies of one step of a collector, and its cursor in the same transaction. Only of bodies so large
    /// that they need several, parts are committed before; those are passed over when the same bytes come again.
    void take(List<Body> bodies, String cursorKey, Bytes cursor) throws IOException {
        one.lock();
        try {
            ready();
            within(transaction -> {
                // What the cursor has passed does not come again, so nothing of its bodies has to be known but how
                // much it was.
                Map<String, @Nullable Bytes> all = new LinkedHashMap<>();
                Progress collected = collected();
                for (Body body : bodies) {
                    Progress before = progress(body.id());
                    if (!before.done()) {
                        collected = collected.plus(transaction.read(body, before));
                        all.put(key(body.id()), null);
                    }
                }
                all.keySet().removeIf(key -> cursors.get(key).isEmpty());
                all.put(collectedKey(), collected.json());
                all.put(cursorKey, cursor);
                transaction.commit(all);
                return Progress.NONE;
            });
        } finally {
            one.unlock();
        }
    }

    private interface Work {
        Progress in(Transaction transaction) throws IOException;
    }

    private Progress within(Work work) throws IOException {
        Transaction transaction = new Transaction(ready());
        try {
            return work.in(transaction);
        } catch (KafkaException failed) {
            transaction.abort();
            // It may be beyond use; the next one fences what it left open.
            closeProducer();
            throw new IOException("Kafka: " + failed.getMessage(), failed);
        } catch (IOException | RuntimeException failed) {
            transaction.abort();
            throw failed;
        }
    }

    /// Ends what an earlier process of this name left open: committed where it was decided, aborted where it was not.
    /// Before that nobody knows what was taken.
    void fence() {
        one.lock();
        try {
            fenced();
        } finally {
            one.unlock();
        }
    }

    private KafkaProducer<String, byte[]> fenced() {
        KafkaProducer<String, byte[]> fenced = kafka.producer("databroker-ingest-" + source.name());
        fenced.initTransactions();
        producer = fenced;
        return fenced;
    }

    /// A new producer comes after a failure, when it is not known how the last transaction ended.
    private KafkaProducer<String, byte[]> ready() throws IOException {
        KafkaProducer<String, byte[]> ready = producer;
        if (ready == null) {
            ready = fenced();
            cursors.read();
        }
        return ready;
    }

    @Override
    public void close() {
        one.lock();
        try {
            closeProducer();
        } finally {
            one.unlock();
        }
    }

    private void closeProducer() {
        if (producer != null) {
            producer.close(CLOSE_MOST);
            producer = null;
        }
    }

    /// The transactions of one body, or of those of one step.
    private final class Transaction implements Intake {
        private final KafkaProducer<String, byte[]> to;
        /// The bodies so far, for when the transaction has to end before they do.
        private final Map<String, @Nullable Bytes> read = new LinkedHashMap<>();

        private String name = "";
        private String id = "";
        private long skip;
        private long records;
        private long rejected;
        private int together;
        private int length;
        private boolean begun;

        Transaction(KafkaProducer<String, byte[]> to) {
            this.to = to;
        }

        Progress read(Body body, Progress before) throws IOException {
            name = body.name();
            id = body.id();
            skip = before.records() + before.rejected();
            records = 0;
            rejected = 0;
            source.reader().read(body, this);
            Progress all = new Progress(records, rejected, true);
            read.put(key(id), all.json());
            return all;
        }

        @Override
        public void record(Collected record) {
            String refusal = refusal(record);
            if (refusal != null) {
                // Kafka would refuse it, and with it all others of the body.
                reject("record " + (records + rejected + 1), refusal, record.json());
                return;
            }
            records++;
            if (isTaken()) {
                return;
            }
            begin();
            byte[] json = record.json().toArray();
            to.send(new ProducerRecord<>(source.topic().name(), null, clock.millis(), record.id(), json));
            count(json.length);
        }

        @Override
        public void reject(String position, String reason, Bytes excerpt) {
            rejected++;
            if (isTaken()) {
                return;
            }
            begin();
            RecordHeaders headers = new RecordHeaders();
            headers.add(DeadLetter.REASON, reason.getBytes(StandardCharsets.UTF_8));
            String place = name + " (" + id + "), " + position;
            byte[] bytes = excerpt.toArray();
            byte[] kept = bytes.length > EXCERPT_MAX ? Arrays.copyOf(bytes, EXCERPT_MAX) : bytes;
            to.send(new ProducerRecord<>(source.topic().dead(), null, clock.millis(), place, kept, headers));
            count(kept.length);
        }

        private static @Nullable String refusal(Collected record) {
            int id = record.id().getBytes(StandardCharsets.UTF_8).length;
            if (id == 0 || id > Collected.ID_BYTES_MAX) {
                return "its id has " + id + " bytes, not 1 to " + Collected.ID_BYTES_MAX;
            }
            int json = record.json().length();
            return json > Collected.JSON_BYTES_MAX
                    ? "it has " + json + " bytes of JSON, more than " + Collected.JSON_BYTES_MAX
                    : null;
        }

        private boolean isTaken() {
            return records + rejected <= skip;
        }

        private void begin() {
            if (!begun) {
                to.beginTransaction();
                begun = true;
            }
        }

        private void count(int more) {
            together++;
            length += more;
            if (together >= TOGETHER || length >= TOGETHER_BYTES) {
                read.put(key(id), new Progress(records, rejected, false).json());
                commit(read);
            }
        }

        void commit(Map<String, @Nullable Bytes> cursorsNow) {
            begin();
            cursorsNow.forEach((key, cursor) -> Cursors.send(to, key, cursor));
            to.commitTransaction();
            cursorsNow.forEach(cursors::committed);
            begun = false;
            together = 0;
            length = 0;
        }

        void abort() {
            try {
                if (begun) {
                    to.abortTransaction();
                }
            } catch (KafkaException | IllegalStateException beyondHelp) {
                // As after a commit that was not answered. The next producer ends what this one left open.
                closeProducer();
            }
        }
    }
}
