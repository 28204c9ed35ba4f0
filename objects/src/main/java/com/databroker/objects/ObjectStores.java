package com.databroker.objects;

import com.databroker.core.Durations;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.ObjectStore;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;

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

    private final Supplier<Set<String>> away;
    private final LongAdder rows = new LongAdder();
    private volatile Map<String, Open> open = Map.of();
    private volatile ObjectCatalog catalog;
    private List<ObjectMethod> methods;

    /// @param away names of those that are wanted and not there
    ObjectStores(Collection<Open> open, Collection<ObjectMethod> methods, Supplier<Set<String>> away) {
        this.away = away;
        this.methods = List.copyOf(methods);
        Map<String, Open> named = new LinkedHashMap<>();
        open.forEach(one -> put(named, one));
        this.catalog = catalog(named, this.methods);
        this.open = named;
    }

    private static void put(Map<String, Open> named, Open one) {
        if (named.put(one.store.name(), one) != null) {
            throw new ProblemException(Problem.CONFIGURATION_INVALID, "there are two stores " + one.store.name());
        }
    }

    private ObjectCatalog catalog(Map<String, Open> named, List<ObjectMethod> methods) {
        return new ObjectCatalog(named.values().stream().map(Open::store).toList(), methods, away);
    }

    /// One that was away.
    synchronized void join(Open one, List<ObjectMethod> its) {
        Map<String, Open> named = new LinkedHashMap<>(open);
        put(named, one);
        List<ObjectMethod> all = new ArrayList<>(methods);
        all.addAll(its);
        // Whoever finds a type finds its store.
        ObjectCatalog wider = catalog(named, all);
        methods = all;
        open = named;
        catalog = wider;
    }

    synchronized void refresh() {
        open.values().forEach(one -> one.store.refresh());
        catalog = catalog(open, methods);
    }

    Set<String> away() {
        Set<String> names = new TreeSet<>(away.get());
        names.removeAll(open.keySet());
        return names;
    }

    List<ObjectsStatus.Store> status() {
        List<ObjectsStatus.Store> all = new ArrayList<>();
        open.forEach((name, one) -> all.add(one.status(catalog.size(name))));
        away().forEach(name -> all.add(ObjectsStatus.Store.away(name)));
        return all;
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
            if (away.get().contains(store)) {
                throw new ProblemException(
                        Problem.STORE_UNAVAILABLE, "store " + store + " has not answered since the broker started");
            }
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
