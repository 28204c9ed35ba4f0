package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every hot store does, wherever it keeps its records.
abstract class HotStoreContract {
    static final Instant NOON = Instant.parse("2026-11-28T12:00:00Z");
    static final Source SOURCE = HotSource.named("test");

    private @Nullable HotStore open;

    /// Opens an empty store, with ten days of retention.
    abstract HotStore open(InstantSource clock) throws IOException;

    @BeforeEach
    void begin() throws IOException {
        open = open(InstantSource.fixed(NOON));
    }

    @AfterEach
    void end() throws IOException {
        store().close();
    }

    HotStore store() {
        return java.util.Objects.requireNonNull(open);
    }

    void put(String id, Instant time, String title) throws IOException {
        store().put(SOURCE, HotSource.arrival(id, time, NOON, title));
    }

    /// Waits until so many records can be found.
    static void visible(HotStore store, Source source, int count) throws IOException {
        visible(store, source, count, "");
    }

    static void visible(HotStore store, Source source, int count, String q) throws IOException {
        StreamQuery query = StreamQuery.of(q, 1);
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (store.count(source, query) != count && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(store.count(source, query)).isEqualTo(count);
    }

    List<String> ids(StreamQuery query) throws IOException {
        return store().search(SOURCE, query).hits().stream()
                .map(StreamQuery.Hit::id)
                .toList();
    }

    List<String> ids(String q) throws IOException {
        return ids(StreamQuery.of(q, 100));
    }

    @Test
    void what_is_put_is_found_with_everything_it_had() throws Exception {
        DataRecord record = HotSource.random(new SplittableRandom(5), "r", NOON);
        Arrival arrival = HotSource.arrival(record, NOON);
        store().put(SOURCE, arrival);
        visible(store(), SOURCE, 1);
        StreamQuery.Answer answer = store().search(SOURCE, StreamQuery.of("id:r", 10));
        assertThat(answer.total()).isEqualTo(1);
        assertThat(answer.exact()).isTrue();
        assertThat(answer.partial()).isNull();
        StreamQuery.Hit hit = answer.hits().get(0);
        assertThat(hit.time()).isEqualTo(arrival.time());
        assertThat(hit.arrived()).isEqualTo(arrival.arrived());
        assertThat(hit.json()).isEqualTo(RecordJson.write(record));
    }

    @Test
    void a_record_put_again_replaces_the_one_before_also_of_another_day() throws Exception {
        put("a", NOON, "first");
        put("b", NOON, "first");
        visible(store(), SOURCE, 2);
        put("a", NOON, "second");
        Instant yesterday = NOON.minus(1, ChronoUnit.DAYS);
        store().put(SOURCE, HotSource.arrival("b", NOON, yesterday, "third"));
        visible(store(), SOURCE, 0, "title:first");
        visible(store(), SOURCE, 2);
        assertThat(ids("title:second OR title:third")).containsExactly("a", "b");
    }

    @Test
    void answers_come_newest_first_and_by_id_and_go_on_where_they_ended() throws Exception {
        for (int i = 0; i < 25; i++) {
            put("id" + (char) ('a' + i), NOON.minusSeconds(i / 3), "word");
        }
        visible(store(), SOURCE, 25);
        List<String> all = ids("word");
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            expected.add("id" + (char) ('a' + i));
        }
        assertThat(all).isEqualTo(expected);
        List<String> paged = new ArrayList<>();
        StreamQuery query = StreamQuery.of("word", 4);
        StreamQuery.Cursor next = null;
        do {
            StreamQuery.Answer answer = store().search(SOURCE, query.after(next));
            answer.hits().forEach(hit -> paged.add(hit.id()));
            next = answer.next() == null
                    ? null
                    : StreamQuery.Cursor.parse(answer.next().text());
        } while (next != null);
        assertThat(paged).isEqualTo(expected);
    }

    @Test
    void time_bounds_include_the_first_moment_and_not_the_last() throws Exception {
        for (int i = 0; i < 5; i++) {
            put("t" + i, NOON.plusSeconds(i), "word");
        }
        visible(store(), SOURCE, 5);
        assertThat(ids(StreamQuery.of("", 10).between(NOON.plusSeconds(1), NOON.plusSeconds(3))))
                .containsExactly("t2", "t1");
        assertThat(ids(StreamQuery.of("", 10).between(NOON.plusSeconds(3), null)))
                .containsExactly("t4", "t3");
    }

    @Test
    void values_and_steps_of_time_are_counted() throws Exception {
        for (int i = 0; i < 12; i++) {
            put("c" + i, NOON.plusSeconds(30L * i), "x".repeat(1 + (i % 4 == 0 ? 1 : 0)));
        }
        visible(store(), SOURCE, 12);
        StreamQuery.Answer answer =
                store().search(SOURCE, StreamQuery.of("", 1).facet("kind", 5).histogram(Duration.ofMinutes(2)));
        assertThat(answer.total()).isEqualTo(12);
        assertThat(answer.hits()).hasSize(1);
        assertThat(answer.values())
                .containsExactly(new StreamQuery.Count("kind1", 9), new StreamQuery.Count("kind2", 3));
        assertThat(answer.steps())
                .containsExactly(
                        new StreamQuery.Step(NOON, 4),
                        new StreamQuery.Step(NOON.plusSeconds(120), 4),
                        new StreamQuery.Step(NOON.plusSeconds(240), 4));
        assertThat(store().search(SOURCE, StreamQuery.of("", 1).facet("created_at", 2))
                        .values())
                .containsExactly(
                        new StreamQuery.Count("2026-11-28T12:00:00.000000Z", 1),
                        new StreamQuery.Count("2026-11-28T12:00:30.000000Z", 1));
    }

    @Test
    void wrong_queries_are_refused_with_what_is_wrong() {
        refused("titel:x", "titel", "title");
        refused("count:many", "count", "many");
        refused("open:perhaps", "open");
        refused("created_at:yesterday", "created_at", "2026-11-28");
        refused("raw:x", "raw", "not searched");
        refused("title:[a TO b]", "title", "range");
        refused("(unclosed", "cannot be read");
        refused("*x", "wildcard");
        refused("title:/(((/", "regular expression");
        refused("a ".repeat(300), "256");
        refused("(".repeat(2000) + "a" + ")".repeat(2000), "");
        assertThatThrownBy(() -> store().search(SOURCE, StreamQuery.of("", 1).facet("title", 3)))
                .hasMessageContaining("title");
        assertThatThrownBy(() -> StreamQuery.of("x".repeat(5000), 1)).hasMessageContaining("4096");
        assertThatThrownBy(() -> StreamQuery.of("x", 0)).hasMessageContaining("limit");
    }

    private void refused(String q, String... words) {
        assertThatThrownBy(() -> store().search(SOURCE, StreamQuery.of(q, 1)))
                .as(q)
                .isInstanceOfSatisfying(ProblemException.class, refusal -> {
                    assertThat(refusal.problem()).isEqualTo(Problem.BAD_REQUEST);
                    assertThat(refusal.detail()).contains(words);
                });
    }

    @Test
    void listeners_hear_of_everything_that_became_visible() throws Exception {
        BlockingQueue<HotVisible> heard = new LinkedBlockingQueue<>();
        store().visible(news -> {
            throw new IllegalStateException("a listener that fails");
        });
        store().visible(heard::add);
        for (int i = 0; i < 100; i++) {
            put("v" + i, NOON, "word");
        }
        long count = 0;
        while (count < 100) {
            HotVisible news = java.util.Objects.requireNonNull(heard.poll(30, TimeUnit.SECONDS));
            count += news.count();
            assertThat(news.stream()).isEqualTo("test");
            assertThat(news.newest()).isEqualTo(NOON);
            assertThat(news.ids()).hasSizeBetween(1, HotVisible.IDS_MAX);
            assertThat(store().count(SOURCE, StreamQuery.of("", 1))).isGreaterThanOrEqualTo(count);
        }
        assertThat(count).isEqualTo(100);
    }

    @Test
    void many_threads_put_flush_and_search_at_once() throws Exception {
        int threads = 4;
        int each = 500;
        try (ExecutorService pool = Executors.newFixedThreadPool(threads + 1)) {
            CountDownLatch done = new CountDownLatch(threads);
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int thread = t;
                all.add(pool.submit(() -> {
                    try {
                        for (int i = 0; i < each; i++) {
                            // Every id is put by two threads.
                            put("m" + ((thread / 2) * each + i), NOON.plusMillis(i), "word");
                            if (i % 100 == 0) {
                                store().flush(SOURCE);
                            }
                        }
                        store().flush(SOURCE);
                    } finally {
                        done.countDown();
                    }
                    return null;
                }));
            }
            AtomicLong searches = new AtomicLong();
            all.add(pool.submit(() -> {
                while (!done.await(1, TimeUnit.MILLISECONDS)) {
                    StreamQuery.Answer answer = store().search(SOURCE, StreamQuery.of("word", 10_000));
                    assertThat(answer.hits().stream().map(StreamQuery.Hit::id)).doesNotHaveDuplicates();
                    searches.incrementAndGet();
                }
                return null;
            }));
            for (Future<?> one : all) {
                one.get(60, TimeUnit.SECONDS);
            }
            assertThat(searches.get()).isPositive();
        }
        visible(store(), SOURCE, threads / 2 * each);
        assertThat(ids(StreamQuery.of("", 10_000))).hasSize(threads / 2 * each).doesNotHaveDuplicates();
    }

    @Test
    void a_deleted_stream_is_empty_and_takes_records_again() throws Exception {
        put("a", NOON, "word");
        store().flush(SOURCE);
        store().delete(SOURCE);
        visible(store(), SOURCE, 0);
        put("b", NOON, "word");
        visible(store(), SOURCE, 1);
    }

    @Test
    void the_status_tells_what_there_is() throws Exception {
        put("a", NOON, "word");
        Instant before = NOON.minus(3, ChronoUnit.DAYS);
        store().put(SOURCE, HotSource.arrival("b", NOON, before, "word"));
        visible(store(), SOURCE, 2);
        store().flush(SOURCE);
        HotStatus status = store().status().get(0);
        assertThat(status.stream()).isEqualTo("test");
        assertThat(status.documents()).isEqualTo(2);
        assertThat(status.bytes()).isPositive();
        assertThat(status.oldest()).isEqualTo(before);
        assertThat(status.damage()).isEmpty();
    }
}
