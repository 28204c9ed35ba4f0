package com.databroker.streams;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// How a hot store is opened, and those that are open in this process, by folder.
///
/// A sink reaches the threads of the job as bytes, also when they run in this very process; this is how
/// it finds the store that was opened for it.
final class HotStores {
    private static final Map<Path, HotStore> OPEN = new ConcurrentHashMap<>();

    private HotStores() {}

    /// How a sink gets its store, wherever it runs.
    interface Opening extends Serializable {
        /// To be given back by [#release].
        HotStore open() throws IOException;

        /// Says that one who opened it needs it no more. A store of this process goes on without.
        default void release(HotStore store) throws IOException {}
    }

    /// The store that the settings name.
    ///
    /// @param folder for one in this process
    /// @param sources what it is to keep
    static HotStore open(StreamsConfig.Hot hot, Path folder, List<Source> sources, InstantSource clock)
            throws IOException {
        if (!hot.elasticsearch().embedded()) {
            return new ElasticHotStore(ElasticConfig.of(hot), sources, clock);
        }
        HotConfig defaults = HotConfig.in(folder);
        return new LuceneHotStore(
                new HotConfig(folder, hot.age(), hot.sizeMax().bytes(), defaults.refresh(), defaults.timeout()), clock);
    }

    /// How a sink in another process gets the store that the settings name: the job takes with it what is needed to
    /// sign in, and the cluster's certificates.
    ///
    /// @throws IllegalArgumentException where the settings name none that other processes reach
    static Opening elsewhere(StreamsConfig.Hot hot) throws IOException {
        if (hot.elasticsearch().embedded()) {
            throw new IllegalArgumentException("the hot store is in the broker's process, which no other one reaches:"
                    + " set streams.hot.elasticsearch.hosts");
        }
        return new Shared(ElasticConfig.of(hot));
    }

    /// One store for all sinks of a process that name the same cluster, while there is one of them.
    private record Shared(ElasticConfig config) implements Opening {
        private static final long serialVersionUID = 1;
        private static final Map<ElasticConfig, Lease> LEASES = new HashMap<>();

        private static final class Lease {
            private final HotStore store;
            private int users;

            Lease(HotStore store) {
                this.store = store;
            }
        }

        @Override
        public HotStore open() throws IOException {
            synchronized (LEASES) {
                Lease lease = LEASES.get(config);
                if (lease == null) {
                    lease = new Lease(new ElasticHotStore(config, List.of(), InstantSource.system()));
                    LEASES.put(config, lease);
                }
                lease.users++;
                return lease.store;
            }
        }

        @Override
        public void release(HotStore store) throws IOException {
            Lease last = null;
            synchronized (LEASES) {
                Lease lease = LEASES.get(config);
                if (lease != null && lease.store.equals(store)) {
                    lease.users--;
                    if (lease.users == 0) {
                        LEASES.remove(config);
                        last = lease;
                    }
                }
            }
            if (last != null) {
                last.store.close();
            }
        }
    }

    /// Lets sinks of this process find a store. Whoever opened it closes it, and withdraws it before.
    static void publish(Path folder, HotStore store) {
        if (OPEN.putIfAbsent(folder.toAbsolutePath().normalize(), store) != null) {
            throw new IllegalStateException("a hot store is open in " + folder);
        }
    }

    static void withdraw(Path folder) {
        OPEN.remove(folder.toAbsolutePath().normalize());
    }

    /// Finds the store that was published for a folder.
    static Opening published(Path folder) {
        String path = folder.toAbsolutePath().normalize().toString();
        return () -> {
            HotStore store = OPEN.get(Path.of(path));
            if (store == null) {
                throw new IOException("no hot store is open in " + path);
            }
            return store;
        };
    }
}
