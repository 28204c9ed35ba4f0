package com.databroker.core;

import java.util.AbstractList;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The fields of one object, in their order. The names stand once for all objects of a type: a page of ten
/// thousand has ten thousand arrays, and not as many tables. There are few fields, so they are looked through.
///
/// Never written to.
final class FieldValues extends AbstractMap<String, @Nullable Object> {
    private final List<String> names;
    private final @Nullable Object[] values;

    /// @param names none of them twice, as many as `values`, which the caller gives away
    FieldValues(List<String> names, @Nullable Object[] values) {
        this.names = names;
        this.values = values;
    }

    /// The same fields with other values.
    static Map<String, @Nullable Object> mapped(
            Map<String, @Nullable Object> fields, UnaryOperator<@Nullable Object> each) {
        List<String> names = names(fields);
        @Nullable Object[] values = fields.values().toArray();
        for (int i = 0; i < values.length; i++) {
            values[i] = each.apply(values[i]);
        }
        return new FieldValues(names, values);
    }

    static List<String> names(Map<String, @Nullable Object> fields) {
        return fields instanceof FieldValues own ? own.names : List.copyOf(fields.keySet());
    }

    private int place(@Nullable Object name) {
        return names.indexOf(name);
    }

    @Override
    public @Nullable Object get(@Nullable Object name) {
        int place = name == null ? -1 : place(name);
        return place < 0 ? null : values[place];
    }

    @Override
    public boolean containsKey(@Nullable Object name) {
        return name != null && place(name) >= 0;
    }

    @Override
    public int size() {
        return values.length;
    }

    @Override
    public void forEach(BiConsumer<? super String, ? super @Nullable Object> action) {
        for (int i = 0; i < values.length; i++) {
            action.accept(names.get(i), values[i]);
        }
    }

    @Override
    public Collection<@Nullable Object> values() {
        return new AbstractList<@Nullable Object>() {
            @Override
            public int size() {
                return values.length;
            }

            @Override
            public @Nullable Object get(int place) {
                return values[place];
            }

            @Override
            public Object[] toArray() {
                return Arrays.copyOf(values, values.length, Object[].class);
            }
        };
    }

    @Override
    public Set<String> keySet() {
        return new AbstractSet<>() {
            @Override
            public int size() {
                return names.size();
            }

            @Override
            public boolean contains(@Nullable Object name) {
                return containsKey(name);
            }

            @Override
            public Object[] toArray() {
                return names.toArray();
            }

            @Override
            public Iterator<String> iterator() {
                return names.iterator();
            }
        };
    }

    @Override
    public Set<Entry<String, @Nullable Object>> entrySet() {
        return new Entries();
    }

    private final class Entries extends AbstractSet<Entry<String, @Nullable Object>> {
        @Override
        public int size() {
            return values.length;
        }

        @Override
        public Iterator<Entry<String, @Nullable Object>> iterator() {
            return new Iterator<>() {
                private int next;

                @Override
                public boolean hasNext() {
                    return next < values.length;
                }

                @Override
                public Entry<String, @Nullable Object> next() {
                    if (next == values.length) {
                        throw new NoSuchElementException();
                    }
                    Entry<String, @Nullable Object> entry = new SimpleImmutableEntry<>(names.get(next), values[next]);
                    next++;
                    return entry;
                }
            };
        }
    }
}
