package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Elasticsearch is killed and started again while the whole plane takes files in.
///
/// `-Dkill.times=20 -Dkill.records=500000 -Dkill.seed=7` makes it long.
final class ElasticKillTest {
    private static final int FILES = 10;
    private static final String PREFIX = "killed";
    private static final LinesSource SOURCE = new LinesSource("lines", 2, true);

    @TempDir
    Path folder;

    @Test
    void after_kills_of_elasticsearch_each_record_is_once_in_the_hot_and_once_in_the_cold_store() throws Exception {
        int kills = Integer.getInteger("kill.times", 1);
        int records = Integer.getInteger("kill.records", 30_000);
        Random random = new Random(Long.getLong("kill.seed", 4711));
        ElasticServer server = ElasticServer.shared();
        StreamsConfig.Hot hot = new StreamsConfig.Hot(
                Duration.ofDays(10),
                StreamsConfig.Hot.defaults().sizeMax(),
                new StreamsConfig.Elasticsearch(
                        List.of(server.address().toString()), null, null, null, null, PREFIX, 1, 0, null));
        StreamsConfig defaults = StreamsConfig.defaults();
        StreamsConfig config = new StreamsConfig(
                true,
                defaults.roomMin(),
                defaults.kafka(),
                new StreamsConfig.Flink(Duration.ofMillis(500), 1, null, null),
                hot,
                defaults.cold(),
                defaults.raw(),
                defaults.collectors(),
                null,
                null,
                StreamsConfig.ViewsConfig.defaults());
        try (StreamPlane plane =
                StreamPlane.of(config, folder, List.of(SOURCE), InstantSource.system(), new Random(1))) {
            plane.start(to -> {});
            plane.awaitStarted();
            assertThat(plane.failure()).isEmpty();
            for (int i = 0; i < kills; i++) {
                long before = status(plane).hot();
                offer(plane, records / kills * i, records / kills * (i + 1));
                long wanted = before + 1 + random.nextInt(records / kills / 2);
                Await.until("there are " + wanted, () -> status(plane).hot() >= wanted);
                server.kill();
                server.start();
            }
            long total = (long) (records / kills) * kills;
            Await.until(
                    "all is in both stores",
                    Await.LONG,
                    () -> status(plane).hot() == total
                            && status(plane).cold() == total
                            && status(plane).lag() == 0);
            assertThat(status(plane).dead()).isZero();
        }
        try (HotStore store = HotStores.open(hot, folder, List.of(SOURCE), InstantSource.system())) {
            assertThat(hotIds(store)).hasSize(records / kills * kills).isEqualTo(coldIds());
        }
    }

    private static StreamStatus status(StreamPlane plane) {
        return plane.status().getFirst();
    }

    /// Every file repeats a tenth of the one before.
    private static void offer(StreamPlane plane, int from, int to) {
        int lines = (to - from) / FILES;
        for (int i = 0; i < FILES; i++) {
            int begin = from + i * lines;
            int end = i == FILES - 1 ? to : begin + lines;
            byte[] bytes =
                    LinesSource.lines("x", Math.max(0, begin - lines / 10), end).getBytes(StandardCharsets.UTF_8);
            String name = from + "-" + i;
            plane.offer(new InboxFile(SOURCE.name(), "inbox/" + name, name, () -> new ByteArrayInputStream(bytes)));
        }
    }

    private static Set<String> hotIds(HotStore store) throws Exception {
        List<String> ids = new ArrayList<>();
        StreamQuery query = StreamQuery.of("", 10_000);
        while (true) {
            StreamQuery.Answer answer = store.search(SOURCE, query);
            answer.hits().forEach(hit -> ids.add(hit.id()));
            if (answer.next() == null) {
                assertThat(ids).doesNotHaveDuplicates();
                assertThat(store.count(SOURCE, StreamQuery.of("", 1))).isEqualTo(ids.size());
                return new HashSet<>(ids);
            }
            query = query.after(answer.next());
        }
    }

    private Set<String> coldIds() throws Exception {
        List<String> ids = new ArrayList<>();
        ColdTable table =
                ColdTable.open(folder.resolve("cold").resolve(SOURCE.name()).toString(), SOURCE);
        table.scan(ColdScan.ALL.ids(), row -> ids.add(row.id()));
        assertThat(ids).doesNotHaveDuplicates();
        return new HashSet<>(ids);
    }
}
