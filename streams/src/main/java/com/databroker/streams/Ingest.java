package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Arrays;
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
final class Ingest implements AutoCloseable {
    private static final int TOGETHER = 20_000;
    private static final int TOGETHER_BYTES = 32 << 20;
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
        return cursors.of(key("")).mapToLong(cursor -> Progress.of(cursor).records()).sum();
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
            Progress before = progress(body.id());
            if (before.done()) {
                return before;
            }
            Transaction transaction = new Transaction(ready(), body, before);
            try {
                source.reader().read(body, transaction);
                return transaction.end();
            } catch (KafkaException failed) {
                transaction.abort();
                // It may be beyond use; the next one fences what it left open.
                closeProducer();
                throw new IOException("Kafka: " + failed.getMessage(), failed);
            } catch (IOException | RuntimeException failed) {
                transaction.abort();
                throw failed;
            }
        } finally {
            one.unlock();
        }
    }

    private KafkaProducer<String, byte[]> ready() {
        KafkaProducer<String, byte[]> ready = producer;
        if (ready == null) {
            ready = kafka.producer("databroker-ingest-" + source.name());
            ready.initTransactions();
            producer = ready;
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
            producer.close();
            producer = null;
        }
    }

    /// The transactions of one body.
    private final class Transaction implements Intake {
        private final KafkaProducer<String, byte[]> to;
        private final Body body;
        private final long skip;
        private long records;
        private long rejected;
        private int together;
        private int length;
        private boolean begun;

        Transaction(KafkaProducer<String, byte[]> to, Body body, Progress before) {
            this.to = to;
            this.body = body;
            this.skip = before.records() + before.rejected();
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
            String place = body.name() + " (" + body.id() + "), " + position;
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
                commit(false);
            }
        }

        Progress end() {
            begin();
            return commit(true);
        }

        private Progress commit(boolean done) {
            Progress progress = new Progress(records, rejected, done);
            Bytes cursor = progress.json();
            Cursors.send(to, key(body.id()), cursor);
            to.commitTransaction();
            cursors.committed(key(body.id()), cursor);
            begun = false;
            together = 0;
            length = 0;
            return progress;
        }

        void abort() {
            try {
                if (begun) {
                    to.abortTransaction();
                }
            } catch (KafkaException beyondHelp) {
                // The next producer fences what this one left open.
                closeProducer();
            }
        }
    }
}
