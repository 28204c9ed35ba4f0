package com.databroker.objects;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.Operator;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectRef;
import com.databroker.core.ObjectTypes;
import com.databroker.core.ObjectTypes.Kind;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.Values;
import java.time.temporal.ChronoField;
import java.time.temporal.Temporal;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Answers gets and finds.
final class ObjectFinding {
    private static final int KEYS_MAX = 10_000;
    private static final int NANOS_OF_MICRO = 1000;
    private static final int LIMIT_MAX = 10_000;
    private static final int CONDITIONS_MAX = 32;
    private static final int VALUES_MAX = 1_000;

    private final ObjectStores stores;

    ObjectFinding(ObjectStores stores) {
        this.stores = stores;
    }

    ObjectMessage.Ok get(ObjectAnswer answer, ObjectMessage.Get get) {
        Map<ObjectKey, StoreRow> found = new LinkedHashMap<>();
        wanted(answer, get)
                .forEach(
                        (type, keys) -> stores.ofType(type).load(type, keys).forEach(row -> found.put(row.key(), row)));
        return found(answer, get, found);
    }

    /// Keys by their types, all of which the principal may read.
    private Map<String, Set<ObjectKey>> wanted(ObjectAnswer answer, ObjectMessage.Get get) {
        if (get.keys().size() > KEYS_MAX) {
            throw new ProblemException(Problem.QUERY_INVALID, "more than " + KEYS_MAX + " keys in one get");
        }
        Map<String, Set<ObjectKey>> byType = new LinkedHashMap<>();
        for (ObjectRef ref : get.keys()) {
            ObjectTypes.Type type =
                    stores.catalog().type(answer.principal(), ref.key().type());
            answer.require(ref, type, 'r');
            byType.computeIfAbsent(type.name(), absent -> new LinkedHashSet<>()).add(ref.key());
        }
        return byType;
    }

    private static ObjectMessage.Ok found(ObjectAnswer answer, ObjectMessage.Get get, Map<ObjectKey, StoreRow> found) {
        Map<ObjectKey, StoreRow> ordered = new LinkedHashMap<>();
        for (ObjectRef ref : get.keys()) {
            StoreRow row = found.get(ref.key());
            if (row != null) {
                ordered.put(row.key(), row);
            }
        }
        // A key that was written in another way, as 042, is answered by the object it means.
        found.forEach(ordered::putIfAbsent);
        answer.ask(ordered.values());
        answer.along(get.with());
        return answer.ok(get.id());
    }

    /// As [#get] of objects of one type, on a thread that must not wait.
    ///
    /// @return null where it would have to
    ObjectMessage.@Nullable Ok atOnce(String type, ObjectAnswer answer, ObjectMessage.Get get) {
        List<StoreRow> rows =
                stores.ofType(type).loadAtOnce(type, wanted(answer, get).getOrDefault(type, Set.of()));
        if (rows == null) {
            return null;
        }
        Map<ObjectKey, StoreRow> found = new LinkedHashMap<>();
        rows.forEach(row -> found.put(row.key(), row));
        return found(answer, get, found);
    }

    /// Answers several who want objects of one type, with one question to its store.
    ///
    /// @param answers made before anything is read, one for each of `gets`
    /// @return null for those who have to be answered by themselves: what they name was not found as they name it
    List<ObjectMessage.@Nullable Reply> together(
            String type, List<ObjectAnswer> answers, List<ObjectMessage.Get> gets) {
        List<ObjectMessage.@Nullable Reply> replies = new ArrayList<>();
        Set<ObjectKey> all = new LinkedHashSet<>();
        for (int i = 0; i < gets.size(); i++) {
            ObjectMessage.Reply refused = null;
            try {
                all.addAll(wanted(answers.get(i), gets.get(i)).getOrDefault(type, Set.of()));
            } catch (ProblemException problem) {
                refused = new ObjectMessage.Failed(gets.get(i).id(), problem.problem(), problem.detail());
            }
            replies.add(refused);
        }
        Map<ObjectKey, StoreRow> rows = new HashMap<>();
        if (!all.isEmpty()) {
            stores.ofType(type).load(type, all).forEach(row -> rows.put(row.key(), row));
        }
        for (int i = 0; i < gets.size(); i++) {
            Map<ObjectKey, StoreRow> its = new LinkedHashMap<>();
            for (ObjectRef ref : gets.get(i).keys()) {
                StoreRow row = rows.get(ref.key());
                if (row != null) {
                    its.put(ref.key(), row);
                }
            }
            if (replies.get(i) == null && its.keySet().containsAll(keys(gets.get(i)))) {
                replies.set(i, found(answers.get(i), gets.get(i), its));
            }
        }
        return replies;
    }

    private static List<ObjectKey> keys(ObjectMessage.Get get) {
        return get.keys().stream().map(ObjectRef::key).toList();
    }

    /// @param parts is given rows ahead of the answer, where whoever asks wants that; null where nobody takes them
    ObjectMessage.Ok find(ObjectAnswer answer, ObjectMessage.Find find, @Nullable Consumer<ObjectMessage.Part> parts) {
        ObjectTypes.Type type = stores.catalog().type(answer.principal(), find.type());
        if (find.limit() < 0 || find.limit() > LIMIT_MAX || find.where().size() > CONDITIONS_MAX) {
            throw new ProblemException(
                    Problem.QUERY_INVALID,
                    "a find has a limit of 0 to " + LIMIT_MAX + " and at most " + CONDITIONS_MAX + " conditions");
        }
        List<ObjectMessage.Condition> where = new ArrayList<>();
        find.where().forEach(condition -> where.add(fitting(type, condition)));
        for (ObjectMessage.Order order : find.order()) {
            Kind kind = field(type, order.field()).kind();
            if (kind == Kind.GRAPH) {
                throw new ProblemException(Problem.QUERY_INVALID, "field " + order.field() + " has no order");
            }
        }
        StoreQuery query =
                new StoreQuery(type.name(), where, find.order(), find.limit(), after(type, find), find.count());
        ObjectStore store = stores.named(type.store()).store();
        List<String> along = ObjectAnswer.steps(find.with());
        // While rows go ahead nothing is asked: whoever has a connection must not wait for another one.
        answer.looksAt(type);
        StorePage page = parts != null && find.parts() && !sharesValues(type)
                ? ahead(store, query, some -> parts.accept(answer.part(find.id(), some, along)))
                : store.find(query);
        tags(answer, type, where, find.order());
        answer.ask(page.rows());
        answer.along(find.with());
        String next = page.more() ? next(page.rows().getLast(), find.order()) : null;
        return answer.ok(find.id(), null, next, page.count());
    }

    /// Where it takes more than one portion all but the last row have gone when it returns.
    private static StorePage ahead(ObjectStore store, StoreQuery query, Consumer<List<StoreRow>> sends) {
        try (RowsAhead ahead = new RowsAhead(sends)) {
            StorePage page = store.find(query, ahead);
            ahead.await();
            int rest = page.rows().size() - 1;
            if (!ahead.isBegun() || rest < 1) {
                return page;
            }
            sends.accept(page.rows().subList(0, rest));
            return new StorePage(List.of(page.rows().getLast()), page.more(), page.count());
        }
    }

    /// Whether rows may have lists or maps in common: those are written once in a message, so it has to be one.
    private static boolean sharesValues(ObjectTypes.Type type) {
        return type.fields().stream().anyMatch(field -> field.kind() == Kind.GRAPH);
    }

    static ObjectTypes.Field field(ObjectTypes.Type type, String name) {
        ObjectTypes.Field field = type.field(name);
        if (field == null) {
            String near = Text.nearest(
                    name, type.fields().stream().map(ObjectTypes.Field::name).toList());
            throw new ProblemException(
                    Problem.FIELD_UNKNOWN,
                    type.name() + " has no field \"" + Text.excerpt(name) + "\""
                            + (near.isEmpty() ? "" : "; did you mean " + near + "?"));
        }
        return field;
    }

    private static ObjectMessage.Condition fitting(ObjectTypes.Type type, ObjectMessage.Condition condition) {
        ObjectTypes.Field field = field(type, condition.field());
        Operator operator = condition.operator();
        int values = condition.values().size();
        boolean enough = switch (operator) {
            case IS_NULL -> values == 0;
            case IN -> values <= VALUES_MAX;
            case EQUAL, NOT_EQUAL, LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL, PREFIX -> values == 1;
        };
        boolean fits = switch (operator) {
            case IS_NULL -> true;
            // Whether there is any is all that is asked of a document.
            case NOT_EQUAL ->
                field.kind() != Kind.GRAPH || (values == 1 && condition.values().getFirst() == null);
            case EQUAL, IN -> field.kind() != Kind.GRAPH;
            case LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL ->
                field.kind() != Kind.GRAPH && field.kind() != Kind.REFERENCE && field.kind() != Kind.BOOLEAN;
            case PREFIX -> field.kind() == Kind.TEXT;
        };
        if (!enough || !fits) {
            throw new ProblemException(
                    Problem.QUERY_INVALID,
                    "field " + field.name() + " (" + field.kind().word() + ") with " + operator.word() + " and "
                            + values + " values"
                            + (operator == Operator.IN && fits ? ", of at most " + VALUES_MAX : ""));
        }
        List<@Nullable Object> fitted = new ArrayList<>();
        for (Object value : condition.values()) {
            fitted.add(operator == Operator.PREFIX && value instanceof String ? value : Values.fit(field, value));
        }
        return new ObjectMessage.Condition(field.name(), operator, fitted);
    }

    /// By what the answer is to be forgotten: exactly, where all conditions are of equality and the order
    /// is that of the key, else by any change of the type.
    private void tags(
            ObjectAnswer answer,
            ObjectTypes.Type type,
            List<ObjectMessage.Condition> where,
            List<ObjectMessage.Order> order) {
        StoreKeys.Stamp stamp = answer.stamp(type.store());
        boolean exact =
                !where.isEmpty() && order.stream().allMatch(one -> type.key().contains(one.field()));
        for (ObjectMessage.Condition condition : where) {
            Operator operator = condition.operator();
            exact &= field(type, condition.field()).tagged()
                    && stores.ofType(type.name()).isExact(type.name(), condition.field())
                    && condition.values().stream().noneMatch(ObjectFinding::isRounded)
                    && (operator == Operator.EQUAL || operator == Operator.IN || operator == Operator.IS_NULL);
        }
        if (!exact) {
            answer.tag(stamp.tag(type.name()));
            return;
        }
        for (ObjectMessage.Condition condition : where) {
            if (condition.operator() == Operator.IS_NULL) {
                answer.tag(stamp.tag(type.name(), condition.field(), null));
            }
            condition.values().forEach(value -> answer.tag(stamp.tag(type.name(), condition.field(), value)));
        }
    }

    /// Whether a database may find by it what is told as another value: times are sent to some rounded to
    /// microseconds.
    private static boolean isRounded(@Nullable Object value) {
        return value instanceof Temporal time
                && time.isSupported(ChronoField.NANO_OF_SECOND)
                && time.get(ChronoField.NANO_OF_SECOND) % NANOS_OF_MICRO != 0;
    }

    /// Where the next page begins: values of the order's fields, then the parts of the key.
    private static String next(StoreRow last, List<ObjectMessage.Order> order) {
        List<@Nullable Object> values = new ArrayList<>();
        for (ObjectMessage.Order one : order) {
            Object value = last.fields().get(one.field());
            values.add(value instanceof ObjectKey key ? ObjectRef.of(key) : value);
        }
        values.addAll(last.key().parts());
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(ObjectMessages.CBOR.encodeValue(values).toArray());
    }

    private static @Nullable List<@Nullable Object> after(ObjectTypes.Type type, ObjectMessage.Find find) {
        if (find.after() == null) {
            return null;
        }
        try {
            Object values = ObjectMessages.CBOR.decodeValue(
                    Bytes.wrap(Base64.getUrlDecoder().decode(find.after())));
            if (values instanceof List<?> list
                    && list.size() == find.order().size() + type.key().size()) {
                List<@Nullable Object> after = new ArrayList<>();
                for (int i = 0; i < list.size(); i++) {
                    after.add(
                            i < find.order().size()
                                    ? Values.fit(field(type, find.order().get(i).field()), list.get(i))
                                    : list.get(i));
                }
                return after;
            }
        } catch (IllegalArgumentException | ProblemException malformed) {
            // Told below.
        }
        throw new ProblemException(
                Problem.QUERY_INVALID, "after is not what was answered as next to the same type and order");
    }
}
