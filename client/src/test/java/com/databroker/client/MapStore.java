package com.databroker.client;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.FieldConflict;
import com.databroker.core.ObjectRef;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// What a [MapServer] serves: objects with versions, and the tags of what happens to them. For one thread.
final class MapStore {
    record Stored(long version, Map<String, @Nullable Object> fields) {}

    private final ObjectTypes types;
    final Map<ObjectKey, Stored> objects = new TreeMap<>(Comparator.comparing(ObjectKey::toString));
    private final Map<String, Integer> next = new HashMap<>();

    MapStore(ObjectTypes types) {
        this.types = types;
    }

    Stored now(ObjectKey key) {
        return Objects.requireNonNull(objects.get(key), key.toString());
    }

    ObjectTypes.Type type(String name) {
        return Objects.requireNonNull(types.type(name), name);
    }

    List<ObjectKey> found(ObjectMessage.Find find) {
        return objects.keySet().stream()
                .filter(key -> key.type().equals(find.type()) && matches(now(key), find.where()))
                .sorted(order(find.order()))
                .toList();
    }

    /// Keys for what a commit creates, by their temporary ones.
    Map<ObjectKey, ObjectKey> keys(List<ObjectMessage.Op> ops) {
        Map<ObjectKey, ObjectKey> keys = new HashMap<>();
        for (ObjectMessage.Op op : ops) {
            if (op instanceof ObjectMessage.Create create) {
                int number = next.merge(create.type(), 100, (old, one) -> old + 1);
                keys.put(create.temporary(), ObjectKey.of(create.type(), number));
            }
        }
        return keys;
    }

    static String tag(Object what) {
        return "t" + Integer.toHexString(what.toString().hashCode());
    }

    private static boolean matches(Stored stored, List<ObjectMessage.Condition> where) {
        return where.stream().allMatch(condition -> {
            String is = text(stored.fields().get(condition.field()));
            List<String> wanted =
                    condition.values().stream().map(MapStore::text).toList();
            return switch (condition.operator()) {
                case EQUAL, IN -> wanted.contains(is);
                case NOT_EQUAL -> !wanted.contains(is);
                case PREFIX -> is.startsWith(wanted.get(0));
                case IS_NULL -> stored.fields().get(condition.field()) == null;
                case GREATER_OR_EQUAL -> Long.parseLong(is) >= Long.parseLong(wanted.get(0));
                default ->
                    throw new ProblemException(
                            Problem.QUERY_INVALID, condition.operator().word());
            };
        });
    }

    static String text(@Nullable Object value) {
        return value instanceof ObjectRef ref ? ref.key().toString() : String.valueOf(value);
    }

    private Comparator<ObjectKey> order(List<ObjectMessage.Order> orders) {
        Comparator<ObjectKey> by = Comparator.comparing(key -> "");
        for (ObjectMessage.Order order : orders) {
            Comparator<ObjectKey> next =
                    Comparator.comparing(key -> text(now(key).fields().get(order.field())));
            by = by.thenComparing(order.descending() ? next.reversed() : next);
        }
        return by.thenComparing(ObjectKey::toString);
    }

    List<ObjectKey> along(List<ObjectKey> from, String name, List<ObjectMessage.Listed> lists) {
        List<ObjectKey> found = new ArrayList<>();
        for (ObjectKey key : from) {
            ObjectTypes.Type type = type(key.type());
            type.collections().stream().filter(one -> one.name().equals(name)).forEach(collection -> {
                List<ObjectKey> its = objects.entrySet().stream()
                        .filter(entry -> entry.getKey().type().equals(collection.type())
                                && text(entry.getValue().fields().get(collection.field()))
                                        .equals(key.toString()))
                        .map(Map.Entry::getKey)
                        .toList();
                String tag = tag(collection.type() + "." + collection.field() + "=" + key);
                lists.add(new ObjectMessage.Listed(key, name, tag, true, its));
                found.addAll(its);
            });
            if (now(key).fields().get(name) instanceof ObjectRef ref && objects.containsKey(ref.key())) {
                found.add(ref.key());
            }
        }
        return found;
    }

    void check(ObjectMessage.Op op, boolean strict, List<FieldConflict> conflicts) {
        if (op instanceof ObjectMessage.Delete delete) {
            Stored there = objects.get(delete.ref().key());
            if (there == null || there.version() != delete.version()) {
                conflicts.add(new FieldConflict(delete.ref().key(), "", null, null, null));
            }
        } else if (op instanceof ObjectMessage.Update update) {
            ObjectKey key = update.ref().key();
            Stored there = objects.get(key);
            if (there == null || (update.fields().isEmpty() && there.version() != update.version())) {
                conflicts.add(new FieldConflict(key, "", null, null, null));
            } else if (there.version() != update.version()) {
                int before = conflicts.size();
                update.fields().forEach((field, edit) -> {
                    if (!text(there.fields().get(field)).equals(text(edit.before()))) {
                        conflicts.add(new FieldConflict(
                                key,
                                field,
                                edit.before(),
                                edit.after(),
                                there.fields().get(field)));
                    }
                });
                if (strict && conflicts.size() == before) {
                    conflicts.add(new FieldConflict(key, "", null, null, null));
                }
            }
        }
    }

    List<ObjectMessage.Tagged> apply(ObjectMessage.Op op, Map<ObjectKey, ObjectKey> keys, List<ObjectKey> rows) {
        if (op instanceof ObjectMessage.Delete delete) {
            return remove(delete.ref().key());
        }
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        ObjectKey key;
        if (op instanceof ObjectMessage.Update update) {
            key = update.ref().key();
            update.fields().forEach((field, edit) -> values.put(field, edit.after()));
        } else {
            ObjectMessage.Create create = (ObjectMessage.Create) op;
            key = Objects.requireNonNull(keys.get(create.temporary()));
            type(create.type()).fields().forEach(field -> values.put(field.name(), null));
            values.putAll(create.values());
        }
        values.replaceAll((field, value) ->
                value instanceof ObjectRef ref ? ObjectRef.of(keys.getOrDefault(ref.key(), ref.key())) : value);
        rows.add(key);
        return values.isEmpty() ? List.of() : write(key, objects.get(key), values);
    }

    List<ObjectMessage.Tagged> write(ObjectKey key, @Nullable Stored before, Map<String, @Nullable Object> values) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>(before == null ? Map.of() : before.fields());
        fields.putAll(values);
        long version = before == null ? 1 : before.version() + 1;
        objects.put(key, new Stored(version, fields));
        return tags(key, before == null ? Map.of() : before.fields(), fields, version);
    }

    List<ObjectMessage.Tagged> remove(ObjectKey key) {
        Stored before = Objects.requireNonNull(objects.remove(key));
        return tags(key, before.fields(), Map.of(), before.version() + 1);
    }

    private static List<ObjectMessage.Tagged> tags(
            ObjectKey key, Map<String, @Nullable Object> before, Map<String, @Nullable Object> now, long version) {
        List<ObjectMessage.Tagged> tags = new ArrayList<>();
        tags.add(new ObjectMessage.Tagged(tag(key), version));
        tags.add(new ObjectMessage.Tagged(tag(key.type()), 0));
        Set<String> names = new TreeSet<>(before.keySet());
        names.addAll(now.keySet());
        for (String name : names) {
            String old = before.containsKey(name) ? text(before.get(name)) : null;
            String fresh = now.containsKey(name) ? text(now.get(name)) : null;
            if (!Objects.equals(old, fresh)) {
                if (old != null) {
                    tags.add(new ObjectMessage.Tagged(tag(key.type() + "." + name + "=" + old), 0));
                }
                if (fresh != null) {
                    tags.add(new ObjectMessage.Tagged(tag(key.type() + "." + name + "=" + fresh), 0));
                }
            }
        }
        return tags;
    }
}
