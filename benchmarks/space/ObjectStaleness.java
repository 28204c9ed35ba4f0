import com.databroker.client.ConflictException;
import com.databroker.client.ObjectSession;
import com.databroker.client.ObjectSpace;
import com.hazelcast.client.HazelcastClient;
import com.hazelcast.client.config.ClientConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.NearCacheConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.map.IMap;
import io.lettuce.core.RedisClient;
import io.lettuce.core.TrackingArgs;
import io.lettuce.core.support.caching.CacheAccessor;
import io.lettuce.core.support.caching.ClientSideCaching;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/// How long a cache shows what is not true any more, after the writer has its acknowledgement: one client writes,
/// at a fixed rate; another reads through its cache, by several threads, while what it has read is being overtaken.
/// Afterwards everybody rests, and whatever is not the last value then is stale for good.
final class ObjectStaleness {
    private static final int KEYS = 200;
    private static final int READERS = 4;
    private static final long READ_PAUSE_NANOS = 100_000;
    private static final long LOOK_NANOS = 50_000;
    private static final long REST_MILLIS = 3000;

    interface Cached {
        /// Returns when it is acknowledged.
        void write(int key, long value) throws Exception;

        /// Through the cache.
        long read(int key) throws Exception;
    }

    private record Written(int key, long value, long acknowledged) {}

    private final ObjectCells cells;

    ObjectStaleness(ObjectCells cells) {
        this.cells = cells;
    }

    void run() throws Exception {
        Map<String, Cached> contestants = new LinkedHashMap<>();
        contestants.put("databroker-postgres", ours());
        contestants.put("lettuce", lettuce());
        contestants.put("hazelcast", hazelcast());
        for (Map.Entry<String, Cached> one : contestants.entrySet()) {
            for (int key = 0; key < KEYS; key++) {
                one.getValue().write(key, 0);
            }
        }
        for (int round = -cells.number("warm"); round < cells.number("rounds"); round++) {
            for (Map.Entry<String, Cached> one : contestants.entrySet()) {
                Map<String, Object> line = measure(round, one.getKey(), one.getValue());
                if (round >= 0) {
                    ObjectCells.say(line);
                }
            }
        }
    }

    /// Written at one broker, read at another.
    private Cached ours() {
        ObjectSpace writer = cells.client("postgres").objects();
        ObjectSpace reader = cells.client("second").objects();
        return new Cached() {
            @Override
            public void write(int key, long value) {
                while (true) {
                    try (ObjectSession session = writer.session()) {
                        session.get(ObjectCells.Person.class, 1 + key).name(Long.toString(value));
                        session.commit();
                        return;
                    } catch (ConflictException others) {
                        // What it had read was of the round before, of another writer: it reads again.
                        others.rebase().keepMine().commit();
                        return;
                    }
                }
            }

            @Override
            public long read(int key) {
                return Long.parseLong(reader.get(ObjectCells.Person.class, 1 + key).name());
            }
        };
    }

    private Cached lettuce() {
        RedisClient client = RedisClient.create("redis://127.0.0.1:" + cells.text("redis"));
        var writer = client.connect().sync();
        Map<String, String> near = new ConcurrentHashMap<>();
        @SuppressWarnings("deprecation")
        var reader = ClientSideCaching.enable(
                CacheAccessor.forMap(near), client.connect(), TrackingArgs.Builder.enabled());
        return new Cached() {
            @Override
            public void write(int key, long value) {
                writer.set("k" + key, Long.toString(value));
            }

            @Override
            public long read(int key) {
                return Long.parseLong(reader.get("k" + key));
            }
        };
    }

    private Cached hazelcast() {
        Config config = new Config();
        config.setProperty("hazelcast.logging.type", "none").setProperty("hazelcast.phone.home.enabled", "false");
        config.getNetworkConfig().setPort(0).setPublicAddress("127.0.0.1");
        config.getNetworkConfig().getInterfaces().setEnabled(true).addInterface("127.0.0.1");
        config.getNetworkConfig().getJoin().getAutoDetectionConfig().setEnabled(false);
        config.getNetworkConfig().getJoin().getMulticastConfig().setEnabled(false);
        var member = Hazelcast.newHazelcastInstance(config);
        ClientConfig near = new ClientConfig();
        near.setProperty("hazelcast.logging.type", "none");
        near.getNetworkConfig().addAddress("127.0.0.1:" + member.getCluster().getLocalMember().getAddress().getPort());
        near.addNearCacheConfig(new NearCacheConfig("values"));
        IMap<Integer, Long> reader = HazelcastClient.newHazelcastClient(near).getMap("values");
        IMap<Integer, Long> writer = member.getMap("values");
        return new Cached() {
            @Override
            public void write(int key, long value) {
                writer.set(key, value);
            }

            @Override
            public long read(int key) {
                return reader.get(key);
            }
        };
    }

    private Map<String, Object> measure(int round, String name, Cached cached) throws Exception {
        long[] last = new long[KEYS];
        for (int key = 0; key < KEYS; key++) {
            last[key] = cached.read(key);
        }
        Queue<Written> written = new ConcurrentLinkedQueue<>();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(cells.number("seconds"));
        AtomicLong rest = new AtomicLong(Long.MAX_VALUE);
        List<Long> samples = new ArrayList<>();
        int writes = 0;
        double seconds = 0;
        try (var threads = Executors.newCachedThreadPool()) {
            for (int i = 0; i < READERS; i++) {
                threads.submit(() -> {
                    while (rest.get() == Long.MAX_VALUE) {
                        cached.read(ThreadLocalRandom.current().nextInt(KEYS));
                        LockSupport.parkNanos(READ_PAUSE_NANOS);
                    }
                    return null;
                });
            }
            threads.submit(() -> {
                look(cached, written, samples, rest);
                return null;
            });
            SplittableRandom random = new SplittableRandom(round);
            long began = System.nanoTime();
            long pace = TimeUnit.SECONDS.toNanos(1) / cells.number("rate");
            for (long next = System.nanoTime(); next < end; next += pace) {
                LockSupport.parkNanos(next - System.nanoTime());
                int key = random.nextInt(KEYS);
                cached.write(key, ++last[key]);
                written.add(new Written(key, last[key], System.nanoTime()));
                writes++;
            }
            seconds = (System.nanoTime() - began) / 1e9;
            // A writer that cannot keep the pace is late; everybody reads as long as it writes.
            rest.set(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(REST_MILLIS));
        }
        int stale = 0;
        for (int key = 0; key < KEYS; key++) {
            stale += cached.read(key) == last[key] ? 0 : 1;
        }
        long[] sorted = samples.stream().mapToLong(Long::longValue).sorted().toArray();
        Map<String, Object> line = ObjectCells.line(round, name);
        line.put("writes_per_s", Math.round(writes / seconds));
        line.put("p50_ms", ObjectCells.micros(ObjectCells.quantile(sorted, 0.5) / 1000));
        line.put("p99_ms", ObjectCells.micros(ObjectCells.quantile(sorted, 0.99) / 1000));
        line.put("max_ms", ObjectCells.micros(ObjectCells.quantile(sorted, 1) / 1000));
        line.put("never", writes - sorted.length);
        line.put("stale_for_good", stale);
        return line;
    }

    /// Looks again and again at what was written and is not seen yet.
    private static void look(Cached cached, Queue<Written> written, List<Long> samples, AtomicLong end)
            throws Exception {
        List<Written> open = new ArrayList<>();
        while (System.nanoTime() < end.get()) {
            for (Written one = written.poll(); one != null; one = written.poll()) {
                open.add(one);
            }
            for (Iterator<Written> each = open.iterator(); each.hasNext(); ) {
                Written one = each.next();
                if (cached.read(one.key()) >= one.value()) {
                    samples.add(Math.max(0, System.nanoTime() - one.acknowledged()));
                    each.remove();
                }
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }
}
