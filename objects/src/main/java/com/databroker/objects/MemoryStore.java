package com.databroker.objects;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectTypes;
import com.databroker.core.ObjectTypes.Kind;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreChanges;
import com.databroker.objects.spi.StoreCommit;
import com.databroker.objects.spi.StoreOutcome;
import com.databroker.objects.spi.StoreOverlay;
import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.StoreTraits;
import com.databroker.objects.spi.Values;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Plain Java objects as a store: maps of values, or records of a program, as long as this process lives.
///
/// Types are declared first, [of values][#type] or [of records][#records]; what they hold is put in
/// afterwards, by commits. Every type has versions.
public final class MemoryStore implements ObjectStore {
    private static final int CHANGES_MAX = 10_000;

    private final String name;
    private final InstantSource clock;
    private final Map<String, StoreOverlay> overlays;
    private final long epoch;

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, ObjectTypes.Type> types = new TreeMap<>();
    private final Map<String, Map<ObjectKey, StoreRow>> rows = new HashMap<>();
    private final Map<UUID, Answered> answers = new LinkedHashMap<>();
    private final Deque<StoreChange> changes = new ArrayDeque<>();
    private final Map<String, Bytes> secrets = new HashMap<>();
    private long next = 1;
    private long generated;
    private volatile Runnable wake = () -> {};

    private record Answered(Bytes digest, List<@Nullable ObjectKey> keys, StoreChange change) {}

    public MemoryStore(String name, InstantSource clock, Map<String, StoreOverlay> overlays) {
        this.name = name;
        this.clock = clock;
        this.overlays = Map.copyOf(overlays);
        this.epoch = clock.millis();
    }

    /// Declares a type with these fields, the first of which is its key. Where the key is generated, new
    /// objects are numbered.
    public MemoryStore type(String type, ObjectTypes.Field... fields) {
        StoreOverlay overlay = overlays.getOrDefault(type, StoreOverlay.NONE);
        List<ObjectTypes.Field> visible = new ArrayList<>();
        for (ObjectTypes.Field field : fields) {
            if (!overlay.hidden().contains(field.name())) {
                visible.add(overlay.untagged().contains(field.name()) ? untagged(field) : field);
            }
        }
        lock.lock();
        try {
            types.put(
                    type,
                    new ObjectTypes.Type(
                            type,
                            name,
                            List.of(fields[0].name()),
                            "",
                            true,
                            overlay.readOnly(),
                            visible,
                            List.of(),
                            List.of()));
            rows.put(type, new LinkedHashMap<>());
        } finally {
            lock.unlock();
        }
        return this;
    }

    private static ObjectTypes.Field untagged(ObjectTypes.Field field) {
        return new ObjectTypes.Field(
                field.name(), field.kind(), field.target(), field.required(), field.generated(), false, field.length());
    }

    /// Declares the type of a record, the first component of which is its key, and offers these. Numbers become those
    /// of the wire and constants of enums their names, also in lists and maps, which are copied; other values that
    /// the wire does not have are refused with [Problem#VALUE_INVALID].
    public <R extends Record> MemoryStore records(String type, Class<R> record, Collection<R> objects) {
        RecordComponent[] components = record.getRecordComponents();
        List<ObjectTypes.Field> fields = new ArrayList<>();
        for (RecordComponent component : components) {
            boolean tagged = kind(component.getType()) != Kind.GRAPH;
            fields.add(new ObjectTypes.Field(
                    component.getName(), kind(component.getType()), null, false, false, tagged, 0));
        }
        type(type, fields.toArray(ObjectTypes.Field[]::new));
        lock.lock();
        try {
            for (R object : objects) {
                Map<String, @Nullable Object> values = new LinkedHashMap<>();
                for (int i = 0; i < components.length; i++) {
                    values.put(components[i].getName(), wire(fields.get(i), value(components[i], object)));
                }
                put(row(type, key(type, values), 1, values));
            }
        } finally {
            lock.unlock();
        }
        return this;
    }

    /// What a client reads is what it sends back for comparison, so that it has to be of the wire to begin with.
    private static @Nullable Object wire(ObjectTypes.Field field, @Nullable Object value) {
        if (field.kind() == Kind.GRAPH) {
            try {
                return ObjectMessages.CBOR.decodeValue(ObjectMessages.CBOR.encodeValue(value));
            } catch (ProblemException foreign) {
                throw new ProblemException(
                        Problem.VALUE_INVALID,
                        "component " + field.name() + " of a record: " + foreign.getMessage(),
                        foreign);
            }
        }
        return Values.fit(
                field,
                switch (value) {
                    case Short number -> number.longValue();
                    case Byte number -> number.longValue();
                    case Float number -> Double.valueOf(number.toString());
                    case Enum<?> constant -> constant.name();
                    case null -> null;
                    default -> value;
                });
    }

    private static @Nullable Object value(RecordComponent component, Object object) {
        try {
            component.getAccessor().setAccessible(true);
            return component.getAccessor().invoke(object);
        } catch (ReflectiveOperationException unreadable) {
            throw new IllegalArgumentException("cannot read " + component, unreadable);
        }
    }

    private static Kind kind(Class<?> type) {
        if (type.isEnum()) {
            return Kind.TEXT;
        }
        return Map.<Class<?>, Kind>ofEntries(
                        Map.entry(short.class, Kind.INTEGER),
                        Map.entry(Short.class, Kind.INTEGER),
                        Map.entry(byte.class, Kind.INTEGER),
                        Map.entry(Byte.class, Kind.INTEGER),
                        Map.entry(float.class, Kind.DOUBLE),
                        Map.entry(Float.class, Kind.DOUBLE),
                        Map.entry(boolean.class, Kind.BOOLEAN),
                        Map.entry(Boolean.class, Kind.BOOLEAN),
                        Map.entry(int.class, Kind.INTEGER),
                        Map.entry(Integer.class, Kind.INTEGER),
                        Map.entry(long.class, Kind.INTEGER),
                        Map.entry(Long.class, Kind.INTEGER),
                        Map.entry(BigInteger.class, Kind.INTEGER),
                        Map.entry(BigDecimal.class, Kind.DECIMAL),
                        Map.entry(double.class, Kind.DOUBLE),
                        Map.entry(Double.class, Kind.DOUBLE),
                        Map.entry(String.class, Kind.TEXT),
                        Map.entry(Bytes.class, Kind.BYTES),
                        Map.entry(LocalDate.class, Kind.DATE),
                        Map.entry(LocalTime.class, Kind.TIME),
                        Map.entry(LocalDateTime.class, Kind.DATETIME),
                        Map.entry(OffsetDateTime.class, Kind.OFFSET),
                        Map.entry(Instant.class, Kind.INSTANT),
                        Map.entry(UUID.class, Kind.UUID))
                .getOrDefault(type, Kind.GRAPH);
    }

    private ObjectTypes.Type declared(String type) {
        ObjectTypes.Type declared = types.get(type);
        if (declared == null) {
            throw new ProblemException(Problem.TYPE_UNKNOWN, "store " + name + " has no " + Text.excerpt(type));
        }
        return declared;
    }

    private ObjectKey key(String type, Map<String, @Nullable Object> values) {
        Object value = values.get(declared(type).key().getFirst());
        if (value == null) {
            throw new ProblemException(Problem.CONSTRAINT_BROKEN, "an object of type " + type + " needs a key");
        }
        return ObjectKey.of(type, Values.text(value));
    }

    private StoreRow row(String type, ObjectKey key, long version, Map<String, @Nullable Object> values) {
        Map<String, @Nullable Object> all = new LinkedHashMap<>();
        for (ObjectTypes.Field field : declared(type).fields()) {
            Object value = values.get(field.name());
            if (value == null && field.required()) {
                throw new ProblemException(Problem.CONSTRAINT_BROKEN, type + " needs a " + field.name());
            }
            all.put(field.name(), value);
        }
        return new StoreRow(key, version, java.util.Collections.unmodifiableMap(all));
    }

    private void put(StoreRow row) {
        of(row.key().type()).put(row.key(), row);
    }

    private Map<ObjectKey, StoreRow> of(String type) {
        declared(type);
        return rows.computeIfAbsent(type, absent -> new LinkedHashMap<>());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public StoreTraits traits() {
        return new StoreTraits("memory", false, false, false, true);
    }

    private <T> T locked(Supplier<T> work) {
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public List<ObjectTypes.Type> types() {
        return locked(() -> List.copyOf(types.values()));
    }

    @Override
    public void refresh() {
        // There is nothing else to look at.
    }

    @Override
    public List<StoreRow> load(String type, Collection<ObjectKey> keys) {
        return locked(() -> loaded(type, keys));
    }

    @Override
    public @Nullable List<StoreRow> loadAtOnce(String type, Collection<ObjectKey> keys) {
        if (!lock.tryLock()) {
            return null;
        }
        try {
            return loaded(type, keys);
        } finally {
            lock.unlock();
        }
    }

    private List<StoreRow> loaded(String type, Collection<ObjectKey> keys) {
        List<StoreRow> found = new ArrayList<>();
        for (ObjectKey key : Set.copyOf(keys)) {
            StoreRow row = of(type).get(key);
            if (row != null) {
                found.add(row);
            }
        }
        return found;
    }

    @Override
    public StorePage find(StoreQuery query) {
        return locked(
                () -> MemoryFind.page(declared(query.type()), of(query.type()).values(), query));
    }

    @Override
    public StoreOutcome commit(StoreCommit commit) {
        StoreOutcome outcome = locked(() -> committed(commit));
        wake.run();
        return outcome;
    }

    private StoreOutcome committed(StoreCommit commit) {
        Answered before = answers.get(commit.id());
        if (before != null) {
            if (!before.digest.equals(commit.digest())) {
                throw new ProblemException(Problem.COMMIT_REUSED, "id " + commit.id() + " was used for another commit");
            }
            List<@Nullable StoreRow> all = new ArrayList<>();
            before.keys.forEach(
                    key -> all.add(key == null ? null : of(key.type()).get(key)));
            return new StoreOutcome.Done(all, before.change);
        }
        MemoryCommit made = new MemoryCommit(this::overlay, this::declared, this::currentRow, () -> ++generated);
        List<@Nullable StoreRow> results = made.make(commit.ops());
        if (!made.conflicts().isEmpty()) {
            return new StoreOutcome.Conflicted(made.conflicts());
        }
        made.entries().forEach(entry -> {
            if (entry.kind() == StoreChange.Kind.DELETED) {
                of(entry.key().type()).remove(entry.key());
            }
        });
        List<@Nullable ObjectKey> keys = new ArrayList<>();
        for (StoreRow row : results) {
            keys.add(row == null ? null : row.key());
            if (row != null) {
                put(row);
            }
        }
        StoreChange change = new StoreChange(next++, commit.principal(), clock.instant(), made.entries(), false);
        changes.add(change);
        answers.put(commit.id(), new Answered(commit.digest(), keys, change));
        forget();
        return new StoreOutcome.Done(results, change);
    }

    private StoreOverlay overlay(String type) {
        return overlays.getOrDefault(type, StoreOverlay.NONE);
    }

    private @Nullable StoreRow currentRow(ObjectKey key) {
        return of(key.type()).get(key);
    }

    private void forget() {
        while (changes.size() > CHANGES_MAX) {
            changes.remove();
        }
        if (answers.size() > CHANGES_MAX) {
            answers.remove(answers.keySet().iterator().next());
        }
    }

    @Override
    public @Nullable StoreChanges changes(Position from) {
        return locked(() -> {
            long first = changes.isEmpty() ? next : changes.getFirst().number();
            if (from.epoch() != epoch || from.offset() > next || (from.offset() < first && first > 1)) {
                return null;
            }
            return new StoreChanges(
                    changes.stream()
                            .filter(one -> one.number() >= from.offset())
                            .toList(),
                    new Position(epoch, next));
        });
    }

    @Override
    public Position position() {
        return locked(() -> new Position(epoch, next));
    }

    @Override
    public void listen(Runnable awake) {
        this.wake = awake;
    }

    @Override
    public void wakeOthers() {
        // There are none.
    }

    @Override
    public Bytes secret(String secret, Supplier<Bytes> first) {
        return locked(() -> secrets.computeIfAbsent(secret, absent -> first.get()));
    }

    @Override
    public void replaceSecret(String secret, Bytes bytes) {
        locked(() -> secrets.put(secret, bytes));
    }

    @Override
    public List<String> watchOthers(boolean watch) {
        throw new ProblemException(
                Problem.BAD_REQUEST, "store " + name + " is in the broker's memory: nobody else can change it");
    }

    @Override
    public List<String> watched() {
        return List.of();
    }

    @Override
    public void sweep() {
        locked(() -> {
            forget();
            return true;
        });
    }

    @Override
    public void close() {
        // What it holds ends with whoever holds it.
    }
}
