package com.databroker.objects;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectTypes;
import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import com.databroker.objects.spi.Values;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds rows among those that are in memory, as a database would.
final class MemoryFind {
    private MemoryFind() {}

    static StorePage page(ObjectTypes.Type type, Collection<StoreRow> rows, StoreQuery query) {
        Comparator<StoreRow> order = order(type, query.order());
        List<StoreRow> all = rows.stream()
                .filter(row -> query.where().stream().allMatch(condition -> holds(condition, row)))
                .sorted(order)
                .toList();
        List<StoreRow> rest = all;
        if (query.after() != null) {
            StoreRow last = last(type, query.order(), query.after());
            rest = all.stream().filter(row -> order.compare(row, last) > 0).toList();
        }
        List<StoreRow> page = rest.subList(0, Math.min(query.limit(), rest.size()));
        boolean more = rest.size() > page.size() && !page.isEmpty();
        return new StorePage(page, more, query.count() ? all.size() : -1);
    }

    /// A row that stands where the last one of the page before stood.
    private static StoreRow last(ObjectTypes.Type type, List<ObjectMessage.Order> order, List<@Nullable Object> after) {
        java.util.Map<String, @Nullable Object> fields = new java.util.HashMap<>();
        for (int i = 0; i < order.size(); i++) {
            fields.put(order.get(i).field(), after.get(i));
        }
        Object key = after.get(order.size());
        ObjectTypes.Field field = type.field(type.key().getFirst());
        if (field != null) {
            fields.put(field.name(), Values.fit(field, key));
        }
        return new StoreRow(ObjectKey.of(type.name(), String.valueOf(key)), 0, fields);
    }

    private static Comparator<StoreRow> order(ObjectTypes.Type type, List<ObjectMessage.Order> order) {
        Comparator<StoreRow> all = (_, _) -> 0;
        for (ObjectMessage.Order step : order) {
            Comparator<StoreRow> by = by(step.field());
            all = all.thenComparing(step.descending() ? by.reversed() : by);
        }
        return all.thenComparing(by(type.key().getFirst()));
    }

    private static Comparator<StoreRow> by(String field) {
        return (one, other) -> compare(one.fields().get(field), other.fields().get(field));
    }

    private static boolean holds(ObjectMessage.Condition condition, StoreRow row) {
        Object value = row.fields().get(condition.field());
        Object first = condition.values().isEmpty() ? null : condition.values().getFirst();
        return switch (condition.operator()) {
            case EQUAL, IN -> condition.values().stream().anyMatch(one -> Values.same(one, value));
            case NOT_EQUAL -> !Values.same(first, value);
            case LESS -> value != null && compare(value, first) < 0;
            case LESS_OR_EQUAL -> value != null && compare(value, first) <= 0;
            case GREATER -> value != null && compare(value, first) > 0;
            case GREATER_OR_EQUAL -> value != null && compare(value, first) >= 0;
            case PREFIX -> value instanceof String text && text.startsWith(String.valueOf(first));
            case IS_NULL -> value == null;
        };
    }

    /// Null is the greatest.
    @SuppressWarnings({"unchecked", "rawtypes"})
    private static int compare(@Nullable Object one, @Nullable Object other) {
        if (one == null || other == null) {
            return one != null ? -1 : other != null ? 1 : 0;
        }
        if (one instanceof Bytes a && other instanceof Bytes b) {
            return Arrays.compareUnsigned(a.toArray(), b.toArray());
        }
        if (one instanceof Number && other instanceof Number && one.getClass() != other.getClass()) {
            return decimal(one).compareTo(decimal(other));
        }
        if (one instanceof Comparable a && one.getClass() == other.getClass()) {
            return a.compareTo(other);
        }
        return one.toString().compareTo(other.toString());
    }

    private static BigDecimal decimal(Object number) {
        return number instanceof BigInteger whole ? new BigDecimal(whole) : new BigDecimal(number.toString());
    }
}
