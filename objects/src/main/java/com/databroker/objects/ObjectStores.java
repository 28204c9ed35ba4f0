package com.databroker.objects;

import com.databroker.core.Durations;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.ObjectStore;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/// The stores of the plane, each with its secrets and its relay, and their types together.
final class ObjectStores {
    /// @param lookup what a key without its proof is worth
    record Open(ObjectStore store, StoreKeys keys, Relay relay, StoreConfig.Lookup lookup, Counts counts) {
        /// @param types how many it has
        ObjectsStatus.Store status(int types) {
            return new ObjectsStatus.Store(
                    store.name(),
                    store.traits().kind(),
                    store.traits().durable(),
                    relay.isReachable(),
                    types,
                    counts.commits.sum(),
                    counts.conflicts.sum(),
                    relay.told(),
                    counts.resets.sum(),
                    relay.relayed());
        }

        /// Of which types it is told what others change.
        ObjectsStatus.Others others() {
            List<String> recorded = store.watched();
            List<String> unrecorded = store.types().stream()
                    .map(ObjectTypes.Type::name)
                    .filter(type -> !recorded.contains(type))
                    .toList();
            return new ObjectsStatus.Others(store.name(), store.traits().watchesOthers(), recorded, unrecorded);
        }
    }

    /// What happened in a store since the start.
    static final class Counts {
        final LongAdder commits = new LongAdder();
        final LongAdder conflicts = new LongAdder();
        final Durations staleness = Durations.quick();
        final LongAdder resets = new LongAdder();
    }

    private final Map<String, Open> open;
    private final Collection<ObjectMethod> methods;
    private final LongAdder rows = new LongAdder();
    private volatile ObjectCatalog catalog;

    ObjectStores(Map<String, Open> open, Collection<ObjectMethod> methods) {
        this.open = new LinkedHashMap<>(open);
        this.methods = List.copyOf(methods);
        this.catalog = catalog(false);
    }

    private ObjectCatalog catalog(boolean refresh) {
        List<ObjectStore> stores = open.values().stream().map(Open::store).toList();
        if (refresh) {
            stores.forEach(ObjectStore::refresh);
        }
        return new ObjectCatalog(stores, methods);
    }

    void refresh() {
        catalog = catalog(true);
    }

    ObjectCatalog catalog() {
        return catalog;
    }

    Collection<Open> all() {
        return open.values();
    }

    Open named(String store) {
        Open found = open.get(store);
        if (found == null) {
            throw new ProblemException(Problem.NOT_FOUND, "there is no store " + store);
        }
        return found;
    }

    StoreKeys keys(String store) {
        return named(store).keys;
    }

    StoreConfig.Lookup lookup(String store) {
        return named(store).lookup;
    }

    ObjectStore ofType(String type) {
        ObjectTypes.Type known = catalog.any(type);
        if (known == null) {
            throw new ProblemException(Problem.TYPE_UNKNOWN, "there is no type " + type);
        }
        return named(known.store()).store;
    }

    /// Where this server stands in telling changes.
    ObjectPosition position() {
        Map<String, Position> all = new HashMap<>();
        open.forEach((name, one) -> all.put(name, one.relay.position()));
        return new ObjectPosition(all);
    }

    void counted(int sent) {
        rows.add(sent);
    }

    long sent() {
        return rows.sum();
    }
}
