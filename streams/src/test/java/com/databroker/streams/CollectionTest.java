package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CollectionTest {
    private static final Instant BEGIN = Instant.parse("2026-11-28T12:00:00Z");

    private volatile Instant now = BEGIN;
    private final InstantSource clock = () -> now;
    private final Memory memory = new Memory();
    private PoliteHttp http;
    private Path spool;

    @BeforeEach
    void start(@TempDir Path folder) {
        spool = folder;
        http = http();
    }

    private PoliteHttp http() {
        return new PoliteHttp(
                new PoliteHttp.Manners("test", true, 1024, Duration.ofSeconds(1), Map.of(), spool), clock, time -> {});
    }

    /// Keeps records and cursors together.
    private static final class Memory implements Collection.Kept {
        private final Map<String, Bytes> cursors = new ConcurrentHashMap<>();
        private final List<String> taken = new ArrayList<>();
        private volatile boolean fails;

        @Override
        public Optional<Bytes> cursor(String key) {
            return Optional.ofNullable(cursors.get(key));
        }

        @Override
        public synchronized Ingest.Progress take(String stream, List<Body> bodies, String key, Bytes cursor)
                throws IOException {
            if (fails) {
                throw new IOException("Kafka is away");
            }
            for (Body body : bodies) {
                taken.add(body.name());
            }
            cursors.put(key, cursor);
            return new Ingest.Progress(bodies.size(), 0, true);
        }
    }

    private interface Step {
        Collector.Polled poll(Polling polling) throws IOException;
    }

    private record Scripted(String name, String lease, String configured, Step step) implements Collector {
        @Override
        public String stream() {
            return "lines";
        }

        @Override
        public Polled poll(Polling polling) throws IOException {
            return step.poll(polling);
        }
    }

    /// Counts, every ten minutes.
    private static Scripted counting(String name) {
        return new Scripted(name, name, "one", polling -> {
            long count = polling.number("count") + 1;
            byte[] bytes = "bytes".getBytes(StandardCharsets.UTF_8);
            Body body = new Body(name + count, name + count, Map.of(), BEGIN, new ByteArrayInputStream(bytes));
            return Collector.Polled.of(
                    List.of(body), Map.of("count", count), polling.now().plus(Duration.ofMinutes(10)));
        });
    }

    private Collection collection(Collector... collectors) {
        return new Collection(List.of(collectors), http, memory, clock, new Random(7));
    }

    private static CollectorStatus of(Collection collection, String name) {
        return collection.status().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void a_restart_goes_on_at_the_cursor_and_not_before_its_time() {
        collection(counting("a")).stepDue();
        Collection again = collection(counting("a"));
        assertThat(of(again, "a").nextPoll()).isBetween(BEGIN.plusSeconds(600), BEGIN.plusSeconds(660));
        now = BEGIN.plusSeconds(599);
        again.stepDue();
        assertThat(memory.taken).containsExactly("a1");
        now = BEGIN.plusSeconds(660);
        again.stepDue();
        assertThat(memory.taken).containsExactly("a1", "a2");
    }

    @Test
    void what_was_not_kept_is_found_again() {
        Collection collection = collection(counting("a"));
        memory.fails = true;
        collection.stepDue();
        assertThat(of(collection, "a").trouble()).isEqualTo("Kafka is away");
        memory.fails = false;
        now = now.plusSeconds(70);
        collection.stepDue();
        assertThat(memory.taken).containsExactly("a1");
        assertThat(of(collection, "a").trouble()).isEmpty();
    }

    @Test
    void failures_wait_longer_each_time_up_to_the_longest_also_over_a_restart() {
        Scripted broken = new Scripted("a", "a", "one", polling -> {
            throw new IllegalStateException("broken");
        });
        List<Long> minutes = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            Collection collection = collection(broken);
            collection.stepDue();
            Instant next = Objects.requireNonNull(of(collection, "a").nextPoll());
            minutes.add(Duration.between(now, next).toMinutes());
            now = next;
        }
        assertThat(minutes).containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 60L, 60L, 60L);
    }

    @Test
    void a_failed_step_may_move_the_cursor() {
        Scripted failing = new Scripted(
                "a", "a", "one", polling -> Collector.Polled.failed(Map.of("seen", polling.number("seen") + 1), "no"));
        Collection collection = collection(failing);
        collection.stepDue();
        assertThat(of(collection, "a").failures()).isEqualTo(1);
        Map<?, ?> kept = Json.parseObject(Objects.requireNonNull(memory.cursors.get("lines/collector/a")));
        assertThat(kept.get("cursor")).hasToString("{seen=1}");
    }

    @Test
    void somebody_who_cannot_wait_is_given_a_step_only_where_the_wait_is_ours() {
        boolean[] fails = {false};
        Scripted counted = counting("a");
        Collection collection = collection(new Scripted("a", "a", "one", polling -> {
            if (fails[0]) {
                throw new IOException("no route");
            }
            return counted.poll(polling);
        }));
        collection.stepDue();
        assertThat(collection.ask("a").nextPoll())
                .as("the other side asked for it")
                .isAfter(now);
        fails[0] = true;
        now = BEGIN.plusSeconds(700);
        collection.stepDue();
        fails[0] = false;
        assertThat(of(collection, "a").nextPoll()).isAfter(now);
        assertThat(collection.ask("a").nextPoll()).isEqualTo(now);
        collection.stepDue();
        assertThat(memory.taken).containsExactly("a1", "a2");
        CollectorStatus after = of(collection, "a");
        assertThat(after.steps()).isEqualTo(3);
        assertThat(after.brought()).isEqualTo(1);
        fails[0] = true;
        now = now.plusSeconds(700);
        collection.stepDue();
        http.limit("a", now.plusSeconds(30));
        assertThat(collection.ask("a").nextPoll()).as("limited").isAfter(now);
    }

    @Test
    void who_was_asked_to_wait_is_not_asked_after_a_restart_by_others_of_the_lease_either() {
        Instant until = BEGIN.plusSeconds(3600);
        Scripted limited = new Scripted("a", "host", "one", polling -> {
            http.limit("host", until);
            throw new LimitedException("wait", until);
        });
        Collection collection = collection(limited);
        collection.stepDue();
        assertThat(of(collection, "a").limited()).isEqualTo(1);
        assertThat(of(collection, "a").failures()).isZero();
        assertThat(of(collection, "a").nextPoll()).isAfterOrEqualTo(until);
        http = http();
        collection(limited);
        assertThat(http.limited("host")).isEqualTo(until);
    }

    @Test
    void who_waits_as_another_of_the_lease_was_asked_to_did_not_fail_and_goes_on_when_the_wait_is_over() {
        Instant until = BEGIN.plusSeconds(7);
        Scripted limited = new Scripted("a", "host", "one", polling -> {
            http.limit("host", until);
            throw new LimitedException("wait", until);
        });
        Scripted other = new Scripted("b", "host", "one", counting("b").step());
        Collection collection = collection(limited, other);
        collection.stepDue();
        assertThat(of(collection, "b").steps()).isZero();
        assertThat(of(collection, "b").trouble()).isEmpty();
        assertThat(of(collection, "b").nextPoll()).isBetween(until, until.plusSeconds(1));
        assertThat(of(collection, "a").nextPoll()).isAfter(until.plusSeconds(1));
        now = until.plusSeconds(1);
        collection.stepDue();
        assertThat(memory.taken).containsExactly("b1");
    }

    @Test
    void one_that_has_ended_stays_so_until_its_configuration_is_another() {
        Scripted ending = new Scripted("a", "a", "one", polling -> Collector.Polled.of(List.of(), Map.of(), null));
        collection(ending).stepDue();
        assertThat(of(collection(ending), "a").nextPoll()).isNull();
        Scripted other = new Scripted("a", "a", "two", ending.step());
        assertThat(of(collection(other), "a").nextPoll()).isEqualTo(BEGIN);
    }

    @Test
    void one_that_hangs_or_fails_holds_nobody_up() throws Exception {
        CountDownLatch hanging = new CountDownLatch(1);
        CountDownLatch polled = new CountDownLatch(1);
        Scripted hung = new Scripted("hung", "hung", "one", polling -> {
            try {
                hanging.await();
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
            throw new IOException("hung");
        });
        Scripted broken = new Scripted("broken", "shared", "one", polling -> {
            throw new IllegalStateException("broken");
        });
        Scripted good = new Scripted("good", "shared", "one", polling -> {
            polled.countDown();
            return Collector.Polled.of(List.of(), Map.of(), null);
        });
        try (Collection collection = collection(hung, broken, good)) {
            collection.start();
            assertThat(polled.await(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(hanging.getCount()).as("it still hung when all was closed").isEqualTo(1);
    }
}
