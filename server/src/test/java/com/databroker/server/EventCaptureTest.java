package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.access.Principal;
import com.databroker.core.ByteSize;
import com.databroker.core.Bytes;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import com.databroker.events.EventPlane;
import com.databroker.events.EventsConfig;
import com.databroker.sources.Definition;
import com.databroker.streams.Body;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Events become records once each, whatever the store behind does: it fails before it commits, and after.
final class EventCaptureTest {
    private static final String DEFINITION = """
            title: Test
            capture: ["builds/**", "files/**", "**/extra"]
            fields:
              n: {type: int, from: data.n}
            """;

    /// A store that keeps records and cursor together, and now and then does not say so.
    private static final class Store implements EventCapture.Into {
        private final Random random = new Random(11);
        private final List<String> taken = new ArrayList<>();
        private final List<String> texts = new ArrayList<>();
        private @Nullable Bytes cursor;
        private boolean isStarting;
        private int failuresIn;

        @Override
        public synchronized Optional<Bytes> cursor() throws IOException {
            if (isStarting) {
                throw new IOException("starting");
            }
            return Optional.ofNullable(cursor);
        }

        @Override
        public synchronized void take(List<Body> bodies, Bytes next) throws IOException {
            boolean fails = failuresIn > 0 && random.nextInt(failuresIn) == 0;
            if (fails && random.nextBoolean()) {
                throw new IOException("nothing was committed");
            }
            for (Body body : bodies) {
                taken.add(body.id() + " " + body.name());
                texts.add(new String(body.bytes().readAllBytes(), StandardCharsets.UTF_8));
            }
            cursor = next;
            if (fails) {
                throw new IOException("it was committed, but nobody heard");
            }
        }

        @Override
        public synchronized boolean isStarting() {
            return isStarting;
        }

        private synchronized int count() {
            return taken.size();
        }

        private synchronized void starting(boolean now) {
            isStarting = now;
        }
    }

    private final Store store = new Store();
    private long millis = 1_000_000;

    private EventPlane events() {
        millis += 1_000;
        long now = millis;
        EventsConfig small = new EventsConfig(
                new ByteSize(1 << 20), Duration.ofMinutes(5), new ByteSize(1 << 16), 100, new ByteSize(1 << 16));
        return EventPlane.open(small, InstantSource.fixed(Instant.ofEpochMilli(now)));
    }

    private EventCapture capture(EventPlane events) {
        Definition definition = ConfigReader.alone(
                Definition.class, "test.yaml", DEFINITION.getBytes(StandardCharsets.UTF_8), built -> {});
        return EventCapture.start("test", definition, store, events);
    }

    private static void publish(EventPlane events, String topic, String payload) {
        events.publish(
                Principal.broker(), new Publication(Topic.of(topic), Bytes.utf8(payload), null, Map.of()), "test");
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        for (int i = 0; !condition.getAsBoolean(); i++) {
            assertThat(i).as("patience").isLessThan(3000);
            assertThat(never.await(10, TimeUnit.MILLISECONDS)).isFalse();
        }
    }

    @Test
    void a_store_that_fails_at_any_moment_has_every_event_once_in_its_order() throws Exception {
        store.failuresIn = 3;
        List<String> wanted = new ArrayList<>();
        for (int life = 0; life < 4; life++) {
            EventPlane events = events();
            try (EventCapture capture = capture(events)) {
                for (int i = 0; i < 40; i++) {
                    publish(events, "builds/" + i, "{\"n\":" + i + "}");
                    publish(events, "other/" + i, "nobody wants it");
                    publish(events, "streams/test", "never");
                    wanted.add("builds/" + i);
                    if (i % 10 == 0) {
                        int so = wanted.size();
                        await(() -> store.count() >= so);
                    }
                }
                assertThat(capture.stream()).isEqualTo("test");
            }
            // A close takes what is there; where the store failed just then, the next life would have a gap.
            store.failuresIn = life == 2 ? 0 : 3;
            events.close();
            if (store.count() < wanted.size()) {
                wanted.subList(store.count(), wanted.size()).clear();
            }
        }
        assertThat(store.taken.stream().map(each -> each.substring(each.indexOf(' ') + 1)))
                .containsExactlyElementsOf(wanted);
        assertThat(store.taken).doesNotHaveDuplicates();
        assertThat(store.texts.getFirst())
                .contains("\"topic\":\"builds/0\"", "\"principal\":\"broker\"", "\"data\":{\"n\":0}")
                .doesNotContain("\n");
    }

    @Test
    void what_left_the_window_and_a_life_that_did_not_end_are_gaps_that_are_told() throws Exception {
        store.starting(true);
        EventPlane events = events();
        EventCapture capture = capture(events);
        String large = "x".repeat(60_000);
        for (int i = 0; i < 60; i++) {
            publish(events, "builds/" + i, large);
        }
        store.starting(false);
        await(() -> capture.status().gaps() == 1 && store.count() > 0);
        long lost = capture.status().lost();
        await(() -> store.count() + lost == 60 && capture.status().trouble().isEmpty());
        assertThat(lost).isBetween(30L, 55L);
        // A kill: the last that is kept is not an end.
        Bytes killed = store.cursor;
        capture.close();
        store.cursor = killed;
        events.close();
        EventPlane next = events();
        try (EventCapture again = capture(next)) {
            await(() -> again.status().gaps() == 2);
            assertThat(again.status().lost()).isEqualTo(lost);
        }
        next.close();
        EventPlane third = events();
        try (EventCapture clean = capture(third)) {
            publish(third, "some/extra", "1");
            await(() -> clean.status().position().endsWith("-1"));
            assertThat(clean.status().gaps()).isEqualTo(2);
        }
        third.close();
        assertThat(store.texts.getLast()).contains("\"data\":\"1\"");
    }
}
