package com.databroker.objects;

import com.databroker.access.Principal;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import com.databroker.core.ObjectTypes;
import com.databroker.core.ObjectTypes.Kind;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What is gathered for one answer to one principal: the rows that were asked for, those that come along,
/// and all of it as the wire has it. One thread, one request.
final class ObjectAnswer {
    /// Rows that come along, at most.
    private static final int ALONG_MAX = 10_000;

    private static final int DEPTH_MAX = 8;

    private final ObjectStores stores;
    private final Principal principal;
    private final ObjectPosition at;
    private final Map<ObjectKey, StoreRow> rows = new LinkedHashMap<>();

    /// Those from which others come along. One that has gone ahead stands for all that lead to the same.
    private final List<StoreRow> leads = new ArrayList<>();

    /// By what they refer to.
    private final Map<@Nullable Object, StoreRow> slims = new HashMap<>();

    private final List<ObjectMessage.Listed> lists = new ArrayList<>();
    private final List<String> tags = new ArrayList<>();
    private final Map<String, StoreKeys.Stamp> stamps = new HashMap<>();
    private final Map<String, String> rights = new HashMap<>();

    /// Many rows refer to the same few objects.
    private final Map<ObjectKey, ObjectRef> references = new HashMap<>();

    private final Map<String, Typed> typed = new HashMap<>();
    private @Nullable Typed lastTyped;
    private int asked;

    /// How many of the first rows are with whoever asked already.
    private int sent;

    /// Objects of one type as the principal sees them.
    ///
    /// @param sight null where it does not
    private record Typed(String type, String store, String rights, StoreKeys.@Nullable Sight sight) {}

    ObjectAnswer(ObjectStores stores, Principal principal) {
        this.stores = stores;
        this.principal = principal;
        // Before anything is read: what was told until here is in everything that is read from here on.
        this.at = stores.position();
    }

    Principal principal() {
        return principal;
    }

    ObjectPosition at() {
        return at;
    }

    StoreKeys.Stamp stamp(String store) {
        return stamps.computeIfAbsent(store, name -> stores.keys(name).stamp(principal.name()));
    }

    /// What the principal may do with objects of a type; empty where it may not see them.
    String rights(String type) {
        return rights.computeIfAbsent(type, name -> {
            ObjectTypes.Type known = stores.catalog().any(name);
            return known == null ? "" : ObjectCatalog.rights(principal, known);
        });
    }

    /// Whether a reference may be used for `right`, by its capability or, where the store allows that, by
    /// its key.
    void require(ObjectRef ref, ObjectTypes.Type type, char right) {
        // Who lacks the grant would look for a better reference in vain.
        require(type, right);
        String proven = ref.capability().isEmpty()
                ? stores.lookup(type.store()) == StoreConfig.Lookup.KEY ? rights(type.name()) : null
                : stamp(type.store()).rights(ref);
        if (proven == null || (proven.indexOf(right) < 0 && !ref.capability().isEmpty())) {
            throw new ProblemException(
                    Problem.CAPABILITY_INVALID,
                    ref + (ref.capability().isEmpty() ? " comes without" : " comes with no good") + " capability");
        }
    }

    /// Whether the principal may do that with objects of the type at all.
    void require(ObjectTypes.Type type, char right) {
        if (rights(type.name()).indexOf(right) < 0) {
            throw new ProblemException(
                    type.readOnly() && right == 'w' ? Problem.READ_ONLY : Problem.FORBIDDEN,
                    principal + " may not " + (right == 'w' ? "change" : right == 'c' ? "call" : "read") + " "
                            + ObjectCatalog.path(type));
        }
    }

    /// Rows that were asked for, in this order.
    void ask(Collection<StoreRow> found) {
        for (StoreRow row : found) {
            if (rows.putIfAbsent(row.key(), row) == null) {
                leads.add(row);
            }
        }
        asked = rows.size();
    }

    void tag(String tag) {
        tags.add(tag);
    }

    /// The steps of all paths, none of them twice.
    static List<String> steps(List<String> paths) {
        return paths.stream()
                .flatMap(path -> Stream.of(path.split("\\.", -1)))
                .distinct()
                .toList();
    }

    /// Loads what the paths lead to, level by level: one question for each type and level.
    void along(List<String> paths) {
        for (String path : paths) {
            String[] steps = path.split("\\.", -1);
            if (steps.length > DEPTH_MAX) {
                throw new ProblemException(
                        Problem.QUERY_INVALID,
                        "with \"" + Text.excerpt(path) + "\" has more than " + DEPTH_MAX + " steps");
            }
            Collection<StoreRow> from = leads;
            for (String step : steps) {
                from = step(from, step);
            }
        }
    }

    private Collection<StoreRow> step(Collection<StoreRow> from, String step) {
        Map<String, List<StoreRow>> byType = new LinkedHashMap<>();
        from.forEach(row -> byType.computeIfAbsent(row.key().type(), absent -> new ArrayList<>())
                .add(row));
        Set<StoreRow> reached = new LinkedHashSet<>();
        byType.forEach((name, some) -> {
            ObjectTypes.Type type = stores.catalog().type(principal, name);
            ObjectTypes.Field field = type.field(step);
            ObjectTypes.Collection collection = type.collections().stream()
                    .filter(one -> one.name().equals(step))
                    .findFirst()
                    .orElse(null);
            if (field != null && field.kind() == Kind.REFERENCE) {
                reached.addAll(references(some, step));
            } else if (collection != null) {
                reached.addAll(collection(some, collection));
            } else {
                throw new ProblemException(
                        Problem.FIELD_UNKNOWN,
                        name + " has neither a reference nor a collection \"" + Text.excerpt(step) + "\"");
            }
        });
        return reached;
    }

    private List<StoreRow> references(List<StoreRow> from, String field) {
        Map<String, Set<ObjectKey>> wanted = new LinkedHashMap<>();
        List<ObjectKey> all = new ArrayList<>();
        for (StoreRow row : from) {
            if (row.fields().get(field) instanceof ObjectKey key
                    && !rights(key.type()).isEmpty()) {
                all.add(key);
                if (!rows.containsKey(key)) {
                    wanted.computeIfAbsent(key.type(), absent -> new LinkedHashSet<>())
                            .add(key);
                }
            }
        }
        wanted.forEach((type, keys) -> {
            room(keys.size());
            stores.ofType(type).load(type, keys).forEach(row -> rows.putIfAbsent(row.key(), row));
        });
        List<StoreRow> reached = new ArrayList<>();
        for (ObjectKey key : all) {
            StoreRow row = rows.get(key);
            if (row != null) {
                reached.add(row);
            }
        }
        return reached;
    }

    private int room(int wanted) {
        int room = ALONG_MAX - (rows.size() - asked);
        if (wanted > room) {
            throw new ProblemException(
                    Problem.QUERY_INVALID,
                    "more than " + ALONG_MAX + " objects would come along; ask for fewer, or for less with them");
        }
        return room;
    }

    private List<StoreRow> collection(List<StoreRow> owners, ObjectTypes.Collection collection) {
        if (rights(collection.type()).isEmpty() || owners.isEmpty()) {
            return List.of();
        }
        List<@Nullable Object> keys = new ArrayList<>();
        owners.forEach(owner -> keys.add(owner.key()));
        StorePage page = stores.ofType(collection.type())
                .find(new StoreQuery(
                        collection.type(),
                        List.of(new ObjectMessage.Condition(collection.field(), ObjectMessage.Operator.IN, keys)),
                        List.of(),
                        Math.max(1, room(0)),
                        null,
                        false));
        Map<ObjectKey, List<ObjectKey>> members = new HashMap<>();
        for (StoreRow row : page.rows()) {
            if (row.fields().get(collection.field()) instanceof ObjectKey owner) {
                members.computeIfAbsent(owner, absent -> new ArrayList<>()).add(row.key());
                rows.putIfAbsent(row.key(), row);
            }
        }
        ObjectTypes.Type type = stores.catalog().type(principal, collection.type());
        if (!stores.ofType(type.name()).isExact(type.name(), collection.field())) {
            // A member may refer to its owner by another key than the owner's own.
            return page.rows();
        }
        for (StoreRow owner : owners) {
            String tag = stamp(type.store()).tag(type.name(), collection.field(), owner.key());
            lists.add(new ObjectMessage.Listed(
                    owner.key(), collection.name(), tag, !page.more(), members.getOrDefault(owner.key(), List.of())));
        }
        return page.rows();
    }

    /// A value for the wire: of keys references, which prove that they were shown.
    @Nullable
    Object wire(@Nullable Object value) {
        return value instanceof ObjectKey key ? reference(key) : value;
    }

    ObjectRef reference(ObjectKey key) {
        ObjectRef known = references.get(key);
        if (known == null) {
            Typed its = typed(key.type());
            known = its.sight == null ? ObjectRef.of(key) : its.sight.of(key).ref();
            references.put(key, known);
        }
        return known;
    }

    private Typed typed(String type) {
        Typed last = lastTyped;
        if (last == null || !last.type.equals(type)) {
            last = typed.computeIfAbsent(type, this::looked);
            lastTyped = last;
        }
        return last;
    }

    /// Brings all that it takes to wire rows of a type.
    void looksAt(ObjectTypes.Type type) {
        typed(type.name());
        type.fields().stream()
                .map(ObjectTypes.Field::target)
                .filter(Objects::nonNull)
                .forEach(this::typed);
    }

    private Typed looked(String name) {
        ObjectTypes.Type type = stores.catalog().any(name);
        String its = rights(name);
        StoreKeys.Sight sight =
                type == null || its.isEmpty() ? null : stamp(type.store()).sight(its);
        return new Typed(name, type == null ? "" : type.store(), its, sight);
    }

    ObjectMessage.Row wire(StoreRow row) {
        Typed its = typed(row.key().type());
        StoreKeys.Seen seen = its.sight == null
                ? new StoreKeys.Seen(ObjectRef.of(row.key()), stamp(its.store).tag(row.key()))
                : its.sight.of(row.key());
        return new ObjectMessage.Row(
                seen.ref(), its.rights, row.version(), seen.tag(), ObjectMessage.Row.fields(row.fields(), this::wire));
    }

    /// Rows that were asked for and go ahead of all else.
    ///
    /// @param kept fields along which something is to come along with them
    ObjectMessage.Part part(long id, List<StoreRow> some, List<String> kept) {
        List<ObjectMessage.Row> wired = new ArrayList<>(some.size());
        String type = some.getFirst().key().type();
        boolean owns = !kept.isEmpty() && owns(type, kept);
        boolean returns = owns || (!kept.isEmpty() && returns(type, kept));
        for (StoreRow row : some) {
            ObjectMessage.Row its = wire(row);
            wired.add(its);
            StoreRow slim = kept.isEmpty() ? row : slim(row, its, kept, owns);
            if (returns) {
                rows.putIfAbsent(row.key(), slim);
            }
        }
        sent = rows.size();
        stores.counted(some.size());
        return new ObjectMessage.Part(id, wired, at);
    }

    /// Whether something is to come along by what refers to the rows, and not only by what they refer to.
    private boolean owns(String type, List<String> steps) {
        ObjectTypes.Type its = stores.catalog().type(principal, type);
        return steps.stream().map(its::field).anyMatch(field -> field == null || field.kind() != Kind.REFERENCE);
    }

    /// Whether one of the rows may be among what comes along with them.
    private boolean returns(String type, List<String> steps) {
        Set<String> met = new LinkedHashSet<>();
        Deque<String> from = new ArrayDeque<>(List.of(type));
        while (!from.isEmpty()) {
            ObjectTypes.Type its = stores.catalog().any(from.remove());
            for (String step : steps) {
                String target = its == null ? null : target(its, step);
                if (type.equals(target)) {
                    return true;
                }
                if (target != null && met.add(target)) {
                    from.add(target);
                }
            }
        }
        return false;
    }

    /// The type that a reference or a collection leads to.
    private static @Nullable String target(ObjectTypes.Type type, String step) {
        ObjectTypes.Field field = type.field(step);
        if (field != null) {
            return field.target();
        }
        return type.collections().stream()
                .filter(one -> one.name().equals(step))
                .map(ObjectTypes.Collection::type)
                .findFirst()
                .orElse(null);
    }

    /// What is left of a row that has gone ahead: the references that are followed, each of them once.
    ///
    /// @param wired the row as it has gone
    /// @param own whether the row itself is followed, too; otherwise one stands for all that refer to the same
    private StoreRow slim(StoreRow row, ObjectMessage.Row wired, List<String> kept, boolean own) {
        @Nullable Object[] values = new Object[kept.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = wired.fields().get(kept.get(i)) instanceof ObjectRef ref ? ref : null;
        }
        Object all = values.length == 1 ? values[0] : Arrays.asList(values.clone());
        StoreRow same = own ? null : slims.get(all);
        if (same != null) {
            return same;
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = values[i] instanceof ObjectRef ref ? ref.key() : null;
        }
        StoreRow slim = new StoreRow(row.key(), row.version(), ObjectMessage.Row.fields(kept, values));
        leads.add(slim);
        if (!own) {
            slims.put(all, slim);
        }
        return slim;
    }

    ObjectMessage.Ok ok(long id) {
        return ok(id, null, null, -1);
    }

    ObjectMessage.Ok ok(long id, @Nullable Object result, @Nullable String next, long count) {
        List<ObjectMessage.Row> all = new ArrayList<>(rows.size() - sent);
        rows.values().stream().skip(sent).forEach(row -> all.add(wire(row)));
        stores.counted(all.size());
        return new ObjectMessage.Ok(id, asked - sent, all, result, next, count, tags, lists, at);
    }
}
