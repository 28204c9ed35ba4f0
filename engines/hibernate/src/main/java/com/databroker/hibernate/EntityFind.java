package com.databroker.hibernate;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.Operator;
import com.databroker.core.ObjectTypes.Kind;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.hibernate.persister.entity.EntityPersister;
import org.hibernate.query.QueryProducer;
import org.hibernate.query.SelectionQuery;
import org.jspecify.annotations.Nullable;

/// Reads values of one type by HQL: attributes, never entities, so that nothing is loaded that nobody
/// asked for. Every value is a parameter, every name comes from the mapping.
final class EntityFind {
    private static final int KEYS_AT_ONCE = 256;

    private final MappedType type;
    private final StringBuilder where = new StringBuilder();
    private final Map<String, Object> parameters = new LinkedHashMap<>();

    private EntityFind(MappedType type) {
        this.type = type;
    }

    static List<StoreRow> load(QueryProducer session, MappedType type, Collection<ObjectKey> keys) {
        List<StoreRow> rows = new ArrayList<>(keys.size());
        List<ObjectKey> all = List.copyOf(keys);
        for (int i = 0; i < all.size(); i += KEYS_AT_ONCE) {
            EntityFind find = new EntityFind(type);
            find.keys(all.subList(i, Math.min(all.size(), i + KEYS_AT_ONCE)));
            rows.addAll(find.rows(session, "", Integer.MAX_VALUE));
        }
        return rows;
    }

    static StorePage find(QueryProducer session, MappedType type, StoreQuery query) {
        EntityFind find = new EntityFind(type);
        query.where().forEach(find::condition);
        long count = query.count() ? find.count(session) : -1;
        List<StoreRow> rows = List.of();
        if (query.limit() > 0) {
            if (query.after() != null) {
                find.after(query.order(), query.after());
            }
            rows = find.rows(session, find.order(query.order()), query.limit() + 1);
        }
        boolean more = rows.size() > query.limit();
        return new StorePage(more ? List.copyOf(rows.subList(0, query.limit())) : rows, more, count);
    }

    private List<StoreRow> rows(QueryProducer session, String order, int limit) {
        String hql = "select " + type.selected() + " from " + type.from() + where + order;
        SelectionQuery<Object[]> query = session.createSelectionQuery(hql, Object[].class);
        parameters.forEach(query::setParameter);
        if (limit < Integer.MAX_VALUE) {
            query.setMaxResults(limit);
        }
        return query.getResultList().stream().map(type::row).toList();
    }

    private long count(QueryProducer session) {
        SelectionQuery<Long> query =
                session.createSelectionQuery("select count(*) from " + type.from() + where, Long.class);
        parameters.forEach(query::setParameter);
        return query.getSingleResult();
    }

    private void and(String condition) {
        where.append(where.isEmpty() ? " where " : " and ").append(condition);
    }

    private String parameter(Object value) {
        String name = "p" + parameters.size();
        parameters.put(name, value);
        return ":" + name;
    }

    private void keys(List<ObjectKey> keys) {
        if (type.key().size() == 1) {
            List<Object> ids =
                    keys.stream().map(key -> type.keyValues(key).getFirst()).toList();
            and(type.key().getFirst().path() + " in (" + parameter(ids) + ")");
            return;
        }
        and(keys.stream()
                .map(key -> equal(type.key(), type.keyValues(key)))
                .collect(Collectors.joining(" or ", "(", ")")));
    }

    private String equal(List<MappedType.Leaf> leaves, List<Object> values) {
        if (values.isEmpty()) {
            // What is no entity is no object either.
            return "1 = 0";
        }
        List<String> all = new ArrayList<>();
        for (int i = 0; i < leaves.size(); i++) {
            all.add(leaves.get(i).path() + " = " + parameter(values.get(i)));
        }
        return all.stream().collect(Collectors.joining(" and ", "(", ")"));
    }

    /// As the attributes hold it.
    private List<Object> values(MappedType.Part part, Object value) {
        if (part.isKind()) {
            EntityPersister kind = type.kinds().get(String.valueOf(value));
            return kind == null ? List.of() : List.of(kind.getMappedClass());
        }
        if (value instanceof ObjectKey key) {
            return MappedType.keyValues(part.leaves(), key);
        }
        return List.of(java(part, part.leaves().getFirst(), value));
    }

    private static Object java(MappedType.Part part, MappedType.Leaf leaf, Object value) {
        Object java =
                EntityValues.java(leaf.java(), value, "field " + part.field().name());
        if (java == null) {
            throw new IllegalStateException(leaf.path());
        }
        return java;
    }

    private void condition(ObjectMessage.Condition condition) {
        MappedType.Part part = type.part(condition.field());
        List<@Nullable Object> values = condition.values();
        boolean only = part.isKind()
                || (part.field().kind() == Kind.TEXT && part.leaves().getFirst().java() != String.class);
        Operator operator = condition.operator();
        if (only
                && operator != Operator.EQUAL
                && operator != Operator.IN
                && operator != Operator.NOT_EQUAL
                && operator != Operator.IS_NULL) {
            throw new ProblemException(
                    Problem.QUERY_INVALID,
                    "field " + part.field().name() + " has names of constants: they are equal or not");
        }
        if (operator != Operator.IS_NULL) {
            comparable(part);
        }
        Object value = values.isEmpty() ? null : values.getFirst();
        switch (operator) {
            case EQUAL, IN -> oneOf(part, values);
            case NOT_EQUAL -> and(value == null ? "not " + isNull(part) : different(part, value));
            case LESS, LESS_OR_EQUAL, GREATER, GREATER_OR_EQUAL -> compared(part, operator, value);
            case PREFIX -> {
                String text = String.valueOf(value)
                        .replace("!", "!!")
                        .replace("%", "!%")
                        .replace("_", "!_");
                and(part.leaves().getFirst().path() + " like " + parameter(text + "%") + " escape '!'");
            }
            case IS_NULL -> and(isNull(part));
        }
    }

    /// A column of large objects holds their numbers.
    private static void comparable(MappedType.Part part) {
        if (part.large()) {
            throw new ProblemException(
                    Problem.QUERY_INVALID,
                    "field " + part.field().name() + " is a large object, which PostgreSQL does not compare");
        }
    }

    private void compared(MappedType.Part part, Operator operator, @Nullable Object value) {
        if (value == null) {
            and("1 = 0");
            return;
        }
        List<Object> values = values(part, value);
        List<String> all = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            all.add(part.leaves().get(i).path() + " " + operator.word() + " " + parameter(values.get(i)));
        }
        and(String.join(" and ", all));
    }

    private String different(MappedType.Part part, Object value) {
        List<Object> values = values(part, value);
        if (part.isKind()) {
            return values.isEmpty() ? "1 = 1" : MappedType.KIND + " <> " + parameter(values.getFirst());
        }
        List<String> all = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            String path = part.leaves().get(i).path();
            all.add(path + " is null or " + path + " <> " + parameter(values.get(i)));
        }
        return "(" + String.join(" or ", all) + ")";
    }

    private static String isNull(MappedType.Part part) {
        return part.isKind()
                ? "1 = 0"
                : part.leaves().stream()
                        .map(leaf -> leaf.path() + " is null")
                        .collect(Collectors.joining(" or ", "(", ")"));
    }

    private void oneOf(MappedType.Part part, List<@Nullable Object> values) {
        List<String> choices = new ArrayList<>();
        for (Object value : values) {
            choices.add(value == null ? isNull(part) : equal(part.leaves(), values(part, value)));
        }
        and(choices.isEmpty() ? "1 = 0" : choices.stream().collect(Collectors.joining(" or ", "(", ")")));
    }

    /// One attribute of an order, of which the key is the end.
    private record Step(
            MappedType.Leaf leaf,
            boolean descending,
            @Nullable Object after) {}

    private List<Step> steps(List<ObjectMessage.Order> order, @Nullable List<@Nullable Object> after) {
        List<Step> steps = new ArrayList<>();
        int at = 0;
        for (ObjectMessage.Order one : order) {
            MappedType.Part part = type.part(one.field());
            if (part.isKind()) {
                throw new ProblemException(
                        Problem.QUERY_INVALID, "field " + part.field().name() + " has no order");
            }
            comparable(part);
            Object value = after == null ? null : after.get(at++);
            List<? extends @Nullable Object> values =
                    value == null ? Collections.nCopies(part.leaves().size(), null) : values(part, value);
            for (int i = 0; i < part.leaves().size(); i++) {
                steps.add(new Step(part.leaves().get(i), one.descending(), values.get(i)));
            }
        }
        List<? extends @Nullable Object> parts = Collections.nCopies(type.key().size(), null);
        if (after != null) {
            List<String> texts = new ArrayList<>();
            after.subList(at, after.size()).forEach(text -> texts.add(String.valueOf(text)));
            parts = type.keyValues(new ObjectKey(type.name(), texts));
        }
        for (int i = 0; i < type.key().size(); i++) {
            steps.add(new Step(type.key().get(i), false, parts.get(i)));
        }
        return steps;
    }

    private String order(List<ObjectMessage.Order> order) {
        return steps(order, null).stream()
                .map(step -> step.leaf.path()
                        + (step.descending ? " desc" : "")
                        + (step.leaf.nullable() ? step.descending ? " nulls first" : " nulls last" : ""))
                .collect(Collectors.joining(", ", " order by ", ""));
    }

    /// Rows behind one: greater in the first attribute, or equal there and greater in the second, and so
    /// on.
    private void after(List<ObjectMessage.Order> order, List<@Nullable Object> after) {
        List<Step> steps = steps(order, after);
        List<String> choices = new ArrayList<>();
        for (int i = 0; i < steps.size(); i++) {
            String behind = behind(steps.get(i));
            if (behind.isEmpty()) {
                continue;
            }
            List<String> all = new ArrayList<>();
            for (Step equal : steps.subList(0, i)) {
                String path = equal.leaf.path();
                all.add(equal.after == null ? path + " is null" : path + " = " + parameter(equal.after));
            }
            all.add(behind);
            choices.add("(" + String.join(" and ", all) + ")");
        }
        and(choices.isEmpty() ? "1 = 0" : "(" + String.join(" or ", choices) + ")");
    }

    private String behind(Step step) {
        String path = step.leaf.path();
        if (step.after == null) {
            // Null is the greatest: in an order downwards everything else follows, in one upwards nothing.
            return step.descending ? path + " is not null" : "";
        }
        String compared = path + (step.descending ? " < " : " > ") + parameter(step.after);
        return step.descending || !step.leaf.nullable() ? compared : "(" + compared + " or " + path + " is null)";
    }
}
