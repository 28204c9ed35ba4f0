package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;

/// Brings bodies into the raw topic of one source, each exactly once.
///
/// Records and the body's cursor go in the same transactions: one for a small body, one for every 20,000 records
/// of a large one, so that readers of the topic never wait long. After a kill in the middle a body is read again and
/// what was committed of it is passed over, since a reader gives the same records in the same order.
/// What a collector found goes in with the cursor of the collector in place of the body's.
final class Ingest implements AutoCloseable {
    private static final Duration CLOSE_MOST = Duration.ofSeconds(5);

    private final Source source;
    private final String name;
    private final KafkaAddress kafka;
    private final Cursors cursors;
    private final InstantSource clock;
    private final RawArchive archive;
    private final Room room;
    private final ReentrantLock one = new ReentrantLock();
    private @Nullable KafkaProducer<String, byte[]> producer;

    /// @param archive where what collectors fetched is kept
    /// @param room without which nothing is taken
    Ingest(Source source, KafkaAddress kafka, Cursors cursors, InstantSource clock, RawArchive archive, Room room) {
        this(source, "", kafka, cursors, clock, archive, room);
    }

    /// @param part tells it from others of the same source, each of which takes its own bodies
    Ingest(
            Source source,
            String part,
            KafkaAddress kafka,
            Cursors cursors,
            InstantSource clock,
            RawArchive archive,
            Room room) {
        this.source = source;
        this.name = part.isEmpty() ? source.name() : source.name() + "-" + part;
        this.kafka = kafka;
        this.cursors = cursors;
        this.clock = clock;
        this.archive = archive;
        this.room = room;
    }

    /// How far a body is.
    ///
    /// @param records taken so far
    /// @param rejected parts that could not be read
    /// @param done whether that is all of it
    record Progress(long records, long rejected, boolean done) {
        static final Progress NONE = new Progress(0, 0, false);

        /// @param received when the body came, null where nobody asks
        Bytes json(@Nullable Instant received) {
            return Json.bytes(out -> {
                out.writeStartObject();
                if (received != null) {
                    out.writeStringProperty("at", received.toString());
                }
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

    /// When a body came that was taken as a whole; empty where it was not.
    Optional<Instant> taken(String bodyId) {
        return cursors.get(key(bodyId))
                .filter(cursor -> Progress.of(cursor).done())
                .flatMap(cursor -> Optional.ofNullable(Json.parseObject(cursor).get("at")))
                .map(at -> Instant.parse(at.toString()));
    }

    /// How many records were taken, of all bodies there ever were.
    long records() {
        long bodies = cursors.of(key(""))
                .mapToLong(cursor -> Progress.of(cursor).records())
                .sum();
        long pushed = cursors.of(Receiving.key(source.name(), ""))
                .mapToLong(cursor -> Receiving.Place.of(cursor, "").records())
                .sum();
        return bodies + pushed + collected().records();
    }

    /// What collectors brought, all together.
    private Progress collected() {
        return cursors.get(collectedKey()).map(Progress::of).orElse(Progress.NONE);
    }

    private String collectedKey() {
        return source.name() + "/collected";
    }

    private String key(String bodyId) {
        return key(source, bodyId);
    }

    static String key(Source source, String bodyId) {
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
                        transaction.commit(Map.of(key(body.id()), all.json(body.received())));
                        return all;
                    });
        } finally {
            one.unlock();
        }
    }

    /// Takes the bodies of one step of a collector, and its cursor in the same transaction. Only of bodies so large
    /// that they need several, parts are committed before; those are passed over when the same bytes come again.
    ///
    /// @return what was taken
    Progress take(List<Body> bodies, String cursorKey, Bytes cursor) throws IOException {
        List<RawArchive.Entry> kept = new ArrayList<>();
        boolean taken = false;
        one.lock();
        try {
            ready();
            Progress all = within(transaction -> {
                // What the cursor has passed does not come again, so nothing of its bodies has to be known but how
                // much it was.
                Map<String, @Nullable Bytes> cursorsNow = new LinkedHashMap<>();
                Progress now = Progress.NONE;
                for (Body body : bodies) {
                    Progress before = progress(body.id());
                    if (body.headers().containsKey(Body.PART)) {
                        // A part of what lies elsewhere already, as lines of a log.
                        now = now.plus(transaction.read(body, before));
                        cursorsNow.put(key(body.id()), null);
                    } else if (!before.done()) {
                        RawArchive.Entry entry = archive.keep(source.name(), body);
                        kept.add(entry);
                        now = now.plus(transaction.read(archive, entry, before));
                        cursorsNow.put(key(body.id()), null);
                    }
                }
                cursorsNow.keySet().removeIf(key -> cursors.get(key).isEmpty());
                cursorsNow.put(collectedKey(), collected().plus(now).json(null));
                cursorsNow.put(cursorKey, cursor);
                transaction.commit(cursorsNow);
                return now;
            });
            taken = true;
            return all;
        } finally {
            one.unlock();
            if (!taken) {
                // They come again, and are kept then.
                for (RawArchive.Entry entry : kept) {
                    archive.remove(entry);
                }
            }
        }
    }

    /// Has bodies that were taken in part begin at the front again: what is known of them already is dropped by its
    /// id. Where ids are not looked at, they go on where they are.
    void beginPartsAfresh() throws IOException {
        Map<String, @Nullable Bytes> parts = new LinkedHashMap<>();
        cursors.entries(key("")).forEach((key, cursor) -> {
            if (source.repeats() && !Progress.of(cursor).done()) {
                parts.put(key, null);
            }
        });
        keep(parts);
    }

    /// Keeps cursors that no record goes with.
    void keep(Map<String, ? extends @Nullable Bytes> these) throws IOException {
        one.lock();
        try {
            ready();
            within(transaction -> {
                transaction.commit(new LinkedHashMap<>(these));
                return Progress.NONE;
            });
        } finally {
            one.unlock();
        }
    }

    /// Takes a body again, so that what comes of it replaces what came of it before; where it arrived is as it was.
    Progress replay(Body body) throws IOException {
        one.lock();
        try {
            ready();
            return within(transaction -> {
                Progress all = transaction.replay(body);
                transaction.commit(Map.of());
                return all;
            });
        } finally {
            one.unlock();
        }
    }

    /// Sends again what was set aside, as these records, and closes the letter in the same transaction.
    ///
    /// @param records none where it is only closed
    void close(DeadLetter letter, byte[] header, List<Collected> records) throws IOException {
        one.lock();
        try {
            ready();
            within(transaction -> {
                transaction.close(letter, header, records);
                return Progress.NONE;
            });
        } finally {
            one.unlock();
        }
    }

    /// A cursor as it was committed last. Where a transaction failed so that nobody knows whether it was, Kafka is
    /// asked.
    Optional<Bytes> cursor(String cursorKey) throws IOException {
        one.lock();
        try {
            ready();
            return cursors.get(cursorKey);
        } catch (KafkaException failed) {
            closeProducer();
            throw new IOException("Kafka: " + failed.getMessage(), failed);
        } finally {
            one.unlock();
        }
    }

    /// A body to which more is added while it is read.
    interface Growing {
        /// @param rest whom to tell while nothing comes
        Body body(SpoolInput.Rest rest) throws IOException;

        /// Under which its cursor is kept.
        String key();

        /// What was taken of it.
        Progress before();

        Bytes cursor(Progress now);
    }

    /// Takes a body as it grows, to its end: what is there is committed before anybody waits long for more.
    void follow(Growing growing) throws IOException {
        one.lock();
        try {
            ready();
            within(transaction -> {
                Progress all = transaction.follow(growing);
                transaction.commit(Map.of(growing.key(), growing.cursor(all)));
                return all;
            });
        } finally {
            one.unlock();
        }
    }

    private interface Work {
        Progress in(IngestTransaction transaction) throws IOException;
    }

    private Progress within(Work work) throws IOException {
        room.require();
        IngestTransaction transaction = new IngestTransaction(source, clock, cursors, room, ready());
        try {
            return work.in(transaction);
        } catch (KafkaException failed) {
            transaction.abort();
            // It may be beyond use; the next one fences what it left open.
            closeProducer();
            throw new IOException("Kafka: " + failed.getMessage(), failed);
        } catch (IOException | RuntimeException failed) {
            if (!transaction.abort()) {
                closeProducer();
            }
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
        KafkaProducer<String, byte[]> fenced = kafka.producer("databroker-ingest-" + name);
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

    /// Why a record cannot be taken, null where it can.
    static @Nullable String refusal(Collected record) {
        int chars = record.id().length();
        // Up to three bytes a character: most need not be counted.
        int id = chars == 0 || chars > Collected.ID_BYTES_MAX / 3
                ? record.id().getBytes(StandardCharsets.UTF_8).length
                : chars;
        if (id == 0 || id > Collected.ID_BYTES_MAX) {
            return "its id has " + id + " bytes, not 1 to " + Collected.ID_BYTES_MAX;
        }
        int json = record.json().length();
        return json > Collected.JSON_BYTES_MAX
                ? "it has " + json + " bytes of JSON, more than " + Collected.JSON_BYTES_MAX
                : null;
    }
}
