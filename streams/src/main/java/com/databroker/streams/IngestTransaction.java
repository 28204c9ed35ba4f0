package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Span;
import com.databroker.core.Trace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;

/// The transactions of one body, or of those of one step.
final class IngestTransaction implements Intake {
    private static final int TOGETHER = 20_000;
    private static final int TOGETHER_BYTES = 32 << 20;
    /// How long records wait for others of a body that grows.
    private static final long TOGETHER_NANOS = 200_000_000;

    private static final int EXCERPT_MAX = 64 << 10;

    private final Source source;
    private final InstantSource clock;
    private final Cursors cursors;
    private final Room room;
    private final KafkaProducer<String, byte[]> to;
    /// The bodies so far, for when the transaction has to end before they do.
    private final Map<String, @Nullable Bytes> read = new LinkedHashMap<>();

    private Ingest.@Nullable Growing growing;
    private long begunNanos;
    private String name = "";
    private String id = "";
    private @Nullable Instant received;
    private boolean replays;
    private long skip;
    private long records;
    private long rejected;
    private int together;
    private int length;
    private boolean begun;

    IngestTransaction(
            Source source, InstantSource clock, Cursors cursors, Room room, KafkaProducer<String, byte[]> to) {
        this.source = source;
        this.clock = clock;
        this.cursors = cursors;
        this.room = room;
        this.to = to;
    }

    Ingest.Progress follow(Ingest.Growing body) throws IOException {
        growing = body;
        return read(body.body(this::atRest), body.before());
    }

    Ingest.Progress read(RawArchive from, RawArchive.Entry entry, Ingest.Progress before) throws IOException {
        Body body = from.open(entry);
        try {
            return read(body, before);
        } finally {
            body.bytes().close();
        }
    }

    Ingest.Progress replay(Body body) throws IOException {
        replays = true;
        return read(body, Ingest.Progress.NONE);
    }

    Ingest.Progress read(Body body, Ingest.Progress before) throws IOException {
        name = body.name();
        id = body.id();
        received = body.received();
        skip = before.records() + before.rejected();
        records = 0;
        rejected = 0;
        source.reader().read(body, this);
        Ingest.Progress all = new Ingest.Progress(records, rejected, true);
        read.put(Ingest.key(source, id), all.json(received));
        return all;
    }

    @Override
    public void record(Collected record) {
        String refusal = Ingest.refusal(record);
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
        RecordHeaders headers = new RecordHeaders();
        if (replays && received != null) {
            String arrived = String.valueOf(received.toEpochMilli());
            headers.add(RawRecords.REPLAY, arrived.getBytes(StandardCharsets.US_ASCII));
        }
        to.send(new ProducerRecord<>(source.topic().name(), null, clock.millis(), record.id(), json, headers));
        count(json.length);
    }

    @Override
    public void reject(String position, String reason, Bytes excerpt) {
        reject(position, reason, excerpt, Bytes.EMPTY);
    }

    @Override
    public void reject(String position, String reason, Bytes excerpt, Bytes head) {
        rejected++;
        if (isTaken()) {
            return;
        }
        begin();
        RecordHeaders headers = new RecordHeaders();
        headers.add(DeadLetter.REASON, reason.getBytes(StandardCharsets.UTF_8));
        if (head.length() > 0 && head.length() <= HEAD_BYTES_MAX) {
            headers.add(DeadLetter.HEAD, head.toArray());
        }
        String place = name + " (" + id + "), " + position;
        byte[] bytes = excerpt.toArray();
        byte[] kept = bytes.length > EXCERPT_MAX ? Arrays.copyOf(bytes, EXCERPT_MAX) : bytes;
        to.send(new ProducerRecord<>(source.topic().dead(), null, clock.millis(), place, kept, headers));
        count(kept.length);
    }

    void close(DeadLetter letter, byte[] header, List<Collected> all) {
        begin();
        for (Collected record : all) {
            byte[] json = record.json().toArray();
            to.send(new ProducerRecord<>(source.topic().name(), null, clock.millis(), record.id(), json));
        }
        RecordHeaders headers = new RecordHeaders();
        headers.add(DeadLetters.CLOSED, header);
        to.send(new ProducerRecord<>(source.topic().dead(), null, clock.millis(), letter.place(), null, headers));
        commit(Map.of());
    }

    private boolean isTaken() {
        return records + rejected <= skip;
    }

    private void begin() {
        if (!begun) {
            to.beginTransaction();
            begun = true;
            begunNanos = System.nanoTime();
        }
    }

    private void count(int more) {
        together++;
        length += more;
        if (together >= TOGETHER || length >= TOGETHER_BYTES) {
            commitPart();
        }
    }

    private void commitPart() {
        Ingest.Progress part = new Ingest.Progress(records, rejected, false);
        if (growing != null) {
            commit(Map.of(growing.key(), growing.cursor(part)));
        } else {
            read.put(Ingest.key(source, id), part.json(received));
            commit(replays ? Map.of() : read);
        }
        requireRoom();
    }

    /// Nothing comes at the moment.
    ///
    /// @return in how many nanoseconds to tell that again
    long atRest() {
        if (!begun) {
            return Long.MAX_VALUE;
        }
        long left = begunNanos + TOGETHER_NANOS - System.nanoTime();
        if (left > 0) {
            return left;
        }
        commitPart();
        return Long.MAX_VALUE;
    }

    /// A large body may be as much as is left.
    private void requireRoom() {
        try {
            room.require();
        } catch (IOException full) {
            throw new UncheckedIOException(full.getMessage(), full);
        }
    }

    void commit(Map<String, @Nullable Bytes> cursorsNow) {
        begin();
        cursorsNow.forEach((key, cursor) -> Cursors.send(to, key, cursor));
        try (Span span = Trace.call("kafka.transaction")) {
            span.put("messaging.system", "kafka")
                    .put("messaging.destination.name", source.topic().name())
                    .put("messaging.batch.message_count", together);
            to.commitTransaction();
        }
        cursorsNow.forEach(cursors::committed);
        begun = false;
        together = 0;
        length = 0;
    }

    /// @return false where the producer is beyond use; the next one ends what this one left open
    boolean abort() {
        try {
            if (begun) {
                to.abortTransaction();
            }
            return true;
        } catch (KafkaException | IllegalStateException beyondHelp) {
            // As after a commit that was not answered.
            return false;
        }
    }
}
