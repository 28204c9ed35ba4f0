package com.databroker.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.ByteSize;
import com.databroker.core.Bytes;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import io.netty.channel.embedded.EmbeddedChannel;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Publishers, readers of every speed, subscriptions that come and go, a window that is much too small: one seed, one
/// thread, and what must hold for every reader whatever happens.
class EventPlaneSimulationTest {
    private static final int STEPS = 4_000;
    private static final List<String> TOPICS =
            List.of("a", "a/b", "a/b/c", "b", "b/c", "c/d/e/f", "secret/x", "a/x/c", "long/topic/of/many/segments");
    private static final List<String> PATTERNS =
            List.of("**", "a/**", "*/b", "a/*/c", "b", "secret/**", "**/c", "long/**", "c/*/e/*");

    /// What someone with grants for `a/**` and `b/**` cannot even ask for.
    private static final Set<String> BEYOND_LIMITED = Set.of("secret/**", "long/**", "c/*/e/*");

    /// A form that must be encoded, in the bytes that the recorder reads.
    private static final Form ENCODED = (event, out) -> {
        byte[] topic = event.topic().utf8();
        Zmtp.writeHeader(out, Zmtp.MORE, topic.length);
        out.writeBytes(topic);
        Zmtp.writeHeader(out, 0, event.payload().length());
        out.writeBytes(event.payload().asReadOnlyBuffer());
    };

    @TempDir
    Path folder;

    /// What was published, by offset.
    private final List<Topic> log = new ArrayList<>();

    private final List<Reader> readers = new ArrayList<>();
    private Instant now = Instant.ofEpochSecond(1_700_000_000);

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 5, 8, 13, 21, 34, 55, 89})
    void every_reader_gets_each_event_it_may_see_once_and_in_order_or_is_told_the_gap(long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        EventsConfig config = new EventsConfig(
                new ByteSize(1 << 20), Duration.ofMinutes(5), new ByteSize(1 << 18), 100, new ByteSize(1 << 16));
        EmbeddedChannel channel = new EmbeddedChannel();
        try (People people = new People(folder);
                EventPlane plane = EventPlane.open(config, () -> now)) {
            people.add("limited", Action.SUBSCRIBE, "a/**", "b/**");
            for (int step = 0; step < STEPS; step++) {
                act(random, plane, people, channel);
                if (random.nextInt(3) == 0) {
                    channel.runPendingTasks();
                    readers.forEach(reader -> reader.check(seed));
                }
            }
            readers.forEach(reader -> reader.recorder.writable = true);
            for (int turn = 0; turn < 200; turn++) {
                readers.forEach(reader -> reader.subscriber.resume());
                channel.runPendingTasks();
            }
            readers.forEach(reader -> reader.check(seed));
            readers.forEach(reader -> reader.checkComplete(seed));
            readers.forEach(reader -> reader.subscriber.close());
        } finally {
            channel.close();
        }
    }

    private void act(SplittableRandom random, EventPlane plane, People people, EmbeddedChannel channel) {
        int choice = random.nextInt(100);
        if (choice < 70) {
            publish(random, plane);
        } else if (choice < 72 && readers.size() < 12) {
            String user = random.nextInt(3) == 0 ? "limited" : "admin";
            readers.add(new Reader(plane, people, channel, user));
        } else if (readers.isEmpty()) {
            publish(random, plane);
        } else {
            Reader reader = readers.get(random.nextInt(readers.size()));
            if (choice < 84) {
                reader.recorder.writable = !reader.recorder.writable;
                if (reader.recorder.writable) {
                    reader.subscriber.resume();
                }
            } else if (choice < 92) {
                reader.subscribe(PATTERNS.get(random.nextInt(PATTERNS.size())), log.size());
            } else if (choice < 96) {
                reader.unsubscribe(PATTERNS.get(random.nextInt(PATTERNS.size())), log.size());
            } else {
                now = now.plusMillis(random.nextInt(1000));
                plane.sweep();
            }
        }
    }

    private void publish(SplittableRandom random, EventPlane plane) {
        int count = 1 + random.nextInt(20);
        for (int i = 0; i < count; i++) {
            announced(plane);
            Topic topic = Topic.of(TOPICS.get(random.nextInt(TOPICS.size())));
            int size = random.nextInt(50) == 0 ? 8 + random.nextInt(200_000) : 8 + random.nextInt(400);
            byte[] payload = new byte[size];
            ByteBuffer.wrap(payload).putLong(log.size());
            plane.publish(Principal.broker(), Publication.of(topic, Bytes.wrap(payload)), "test");
            log.add(topic);
        }
    }

    /// A reader that lost something is announced as an event itself, which takes an offset.
    private void announced(EventPlane plane) {
        while (log.size() < plane.next().offset()) {
            log.add(Topic.of("broker/slow"));
        }
    }

    /// One reader and what it must have seen.
    private final class Reader {
        private final EventPlane plane;
        private final EmbeddedChannel channel;
        private final boolean limited;
        private final Recorder recorder = new Recorder();
        private final Subscriber subscriber;

        /// Patterns with the offsets from and up to which they were subscribed.
        private final Map<String, List<long[]>> spans = new LinkedHashMap<>();

        private int checked;
        private long next;

        Reader(EventPlane plane, People people, EmbeddedChannel channel, String user) {
            this.plane = plane;
            this.channel = channel;
            this.limited = user.equals("limited");
            this.subscriber = plane.attach(
                    channel.eventLoop(), people.session(user), readers.size() % 2 == 0 ? Form.ZMTP : ENCODED, recorder);
        }

        void subscribe(String pattern, long at) {
            if (limited && BEYOND_LIMITED.contains(pattern)) {
                // Refused, since no grant could let anything through.
                return;
            }
            List<long[]> spansOfPattern = spans.computeIfAbsent(pattern, absent -> new ArrayList<>());
            boolean open = !spansOfPattern.isEmpty() && spansOfPattern.getLast()[1] == Long.MAX_VALUE;
            // What is on its way belongs to the time before.
            channel.runPendingTasks();
            announced(plane);
            subscriber.subscribe(Pattern.of(pattern), null);
            if (!open) {
                spansOfPattern.add(new long[] {Math.max(at, log.size()), Long.MAX_VALUE});
            }
        }

        void unsubscribe(String pattern, long at) {
            List<long[]> spansOfPattern = spans.get(pattern);
            if (spansOfPattern != null && spansOfPattern.getLast()[1] == Long.MAX_VALUE && recorder.writable) {
                drainFully();
                subscriber.unsubscribe(Pattern.of(pattern));
                spansOfPattern.getLast()[1] = Math.max(at, log.size());
            }
        }

        private void drainFully() {
            for (int turn = 0; turn < 50; turn++) {
                subscriber.resume();
                channel.runPendingTasks();
            }
            announced(plane);
        }

        private boolean wants(long offset) {
            Topic topic = log.get((int) offset);
            if (limited && !topic.text().matches("(a|b)(/.*)?")) {
                return false;
            }
            return spans.entrySet().stream()
                    .anyMatch(entry -> Pattern.of(entry.getKey()).matches(topic)
                            && entry.getValue().stream().anyMatch(span -> offset >= span[0] && offset < span[1]));
        }

        void check(long seed) {
            announced(plane);
            for (; checked < recorder.arrivals.size(); checked++) {
                switch (recorder.arrivals.get(checked)) {
                    case Recorder.Arrival.Delivered delivered -> {
                        long offset = offset(delivered);
                        assertThat(offset).as("seed %d: in order", seed).isGreaterThanOrEqualTo(next);
                        skipped(seed, offset);
                        assertThat(wants(offset))
                                .as("seed %d: %s at %d is wanted", seed, delivered.topic(), offset)
                                .isTrue();
                        next = offset + 1;
                    }
                    case Recorder.Arrival.Missed missed -> {
                        Position from = missed.from();
                        assertThat(missed.to().offset() - from.offset()).isEqualTo(missed.lost());
                        skipped(seed, Math.max(next, from.offset()));
                        next = Math.max(next, missed.to().offset());
                    }
                }
            }
        }

        private long offset(Recorder.Arrival.Delivered delivered) {
            return delivered.topic().startsWith("broker/") ? slowFrom(next) : delivered.number();
        }

        private long slowFrom(long from) {
            long at = from;
            while (!log.get((int) at).text().startsWith("broker/")) {
                at++;
            }
            return at;
        }

        private void skipped(long seed, long upTo) {
            for (long offset = next; offset < upTo; offset++) {
                assertThat(wants(offset))
                        .as("seed %d: %s at %d was left out", seed, log.get((int) offset), offset)
                        .isFalse();
            }
        }

        void checkComplete(long seed) {
            check(seed);
            skipped(seed, log.size());
        }
    }
}
