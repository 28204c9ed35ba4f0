package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.jspecify.annotations.Nullable;

/// What was set aside of one stream and is still open: the topic of its dead, read.
///
/// ```
///   letter   key = place, value = bytes, headers reason, id of a record, head where it has one
///   closing  key = place, no value, header closed = offset of the letter, and what was in it where it was sent as it
/// was
/// ```
/// After a failure the job sets some aside again, under the same key, and a replay does from another place: the same
/// bytes of the same id are one letter as long as it is open.
final class DeadLetters implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(500);

    /// The header of what closes a letter.
    static final String CLOSED = "closed";

    private final TopicPartition topic;
    private final KafkaConsumer<String, byte[]> consumer;
    private final ReentrantLock one = new ReentrantLock();

    /// Everything below was read from `base` up to `counted`.
    private IdSet places = new IdSet();

    private IdSet contents = new IdSet();
    private Map<Long, Integer> closings = new HashMap<>();
    private BitSet open = new BitSet();
    private long base = -1;
    private long counted;

    DeadLetters(Source source, KafkaAddress kafka) {
        this.topic = new TopicPartition(source.topic().dead(), 0);
        Map<String, Object> settings = kafka.client();
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "earliest");
        // As in StreamLag: what is asked for ahead at the end would be kept open, and the next look wait behind it.
        settings.put("fetch.max.wait.ms", "0");
        this.consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
        consumer.assign(List.of(topic));
    }

    /// How many are open.
    long count() throws IOException {
        return locked(() -> {
            look();
            return (long) open.cardinality();
        });
    }

    /// Open ones behind an offset, the oldest first.
    List<DeadLetter> list(long after, int limit) throws IOException {
        return locked(() -> {
            look();
            List<DeadLetter> letters = new ArrayList<>();
            consumer.seek(topic, Math.max(base, after + 1));
            while (consumer.position(topic) < counted && letters.size() < limit) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    if (letters.size() < limit && isOpen(record.offset())) {
                        letters.add(letter(record));
                    }
                }
            }
            return letters;
        });
    }

    /// What closes a letter, together with whatever comes of it, or not at all.
    interface Closing {
        void close(DeadLetter letter, byte[] header) throws IOException;
    }

    /// Closes one; nobody else does at the same time.
    ///
    /// @param asItWas whether it is sent as it was: where it comes back then, it is open again. One that was
    ///     corrected or dropped stays closed, also where a replay meets it
    /// @throws ProblemException [Problem#NOT_FOUND] where it is not open
    void close(long offset, boolean asItWas, Closing how) throws IOException {
        locked(() -> {
            look();
            if (!isOpen(offset)) {
                throw new ProblemException(
                        Problem.NOT_FOUND,
                        "nothing open lies at offset " + offset + ": it was sent again, dropped, or never there");
            }
            consumer.seek(topic, offset);
            while (consumer.position(topic) <= offset) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
                    if (record.offset() == offset) {
                        String header = offset + (asItWas ? " " + content(record) : "");
                        how.close(letter(record), header.getBytes(StandardCharsets.US_ASCII));
                        return null;
                    }
                }
            }
            throw new IOException("the letter at offset " + offset + " went while it was looked for");
        });
    }

    private interface Work<T extends @Nullable Object> {
        T run() throws IOException;
    }

    private <T extends @Nullable Object> T locked(Work<T> work) throws IOException {
        one.lock();
        try {
            return work.run();
        } catch (KafkaException failed) {
            throw new IOException("Kafka: " + failed.getMessage(), failed);
        } finally {
            one.unlock();
        }
    }

    /// Reads what came since. Where old ones have gone, everything is read again, so that nothing is known of them.
    private void look() {
        long begin = consumer.beginningOffsets(List.of(topic)).getOrDefault(topic, 0L);
        long end = consumer.endOffsets(List.of(topic)).getOrDefault(topic, 0L);
        if (begin != base || end < counted) {
            places = new IdSet();
            contents = new IdSet();
            closings = new HashMap<>();
            open = new BitSet();
            base = begin;
            counted = begin;
        }
        if (counted < end) {
            consumer.seek(topic, counted);
            while (consumer.position(topic) < end) {
                consumer.poll(POLL).forEach(this::note);
            }
            counted = consumer.position(topic);
        }
    }

    private void note(ConsumerRecord<String, byte[]> record) {
        Header closed = record.headers().lastHeader(CLOSED);
        if (closed != null) {
            String[] words = new String(closed.value(), StandardCharsets.US_ASCII).split(" ", 2);
            long offset = Long.parseLong(words[0]);
            if (words.length == 2) {
                closings.merge(Long.parseUnsignedLong(words[1], 16), 1, Integer::sum);
            }
            if (offset >= base) {
                open.clear(Math.toIntExact(offset - base));
            }
            return;
        }
        String content = content(record);
        boolean isRepeat = !places.add(key(record) + " " + content);
        int closedBefore = closings.getOrDefault(Long.parseUnsignedLong(content, 16), 0);
        if (!isRepeat && contents.add(content + " " + closedBefore)) {
            open.set(Math.toIntExact(record.offset() - base));
        }
    }

    private boolean isOpen(long offset) {
        return offset >= base && offset < counted && open.get(Math.toIntExact(offset - base));
    }

    /// What tells a letter from every other, in 16 hexadecimal digits.
    private static String content(ConsumerRecord<String, byte[]> record) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            String id = id(record);
            sha256.update((id == null ? key(record) : id).getBytes(StandardCharsets.UTF_8));
            sha256.update((byte) 0);
            byte[] digest = sha256.digest(record.value() == null ? new byte[0] : record.value());
            return HexFormat.of().toHexDigits(ByteBuffer.wrap(digest).getLong());
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("every JDK has SHA-256", missing);
        }
    }

    private static String key(ConsumerRecord<String, byte[]> record) {
        return record.key() == null ? String.valueOf(record.offset()) : record.key();
    }

    private static @Nullable String id(ConsumerRecord<String, byte[]> record) {
        Header id = record.headers().lastHeader(DeadLetter.ID);
        return id == null ? null : new String(id.value(), StandardCharsets.UTF_8);
    }

    private static DeadLetter letter(ConsumerRecord<String, byte[]> record) {
        Header reason = record.headers().lastHeader(DeadLetter.REASON);
        Header head = record.headers().lastHeader(DeadLetter.HEAD);
        return new DeadLetter(
                key(record),
                reason == null ? "" : new String(reason.value(), StandardCharsets.UTF_8),
                Instant.ofEpochMilli(record.timestamp()),
                record.value() == null ? Bytes.EMPTY : Bytes.wrap(record.value()),
                record.offset(),
                id(record),
                head == null ? Bytes.EMPTY : Bytes.wrap(head.value()));
    }

    @Override
    public void close() {
        one.lock();
        try {
            consumer.close();
        } finally {
            one.unlock();
        }
    }
}
