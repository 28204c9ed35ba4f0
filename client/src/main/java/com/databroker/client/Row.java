package com.databroker.client;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectRef;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The state of one object at one version, shared by everything that shows it.
final class Row extends Cached {
    private static final int OVERHEAD = 200;
    private static final int PER_VALUE = 24;

    /// A reference to another object, which remembers the live one that it last led to.
    static final class Reference {
        final ObjectRef ref;

        // Whoever reads it looks whether it still holds; a race finds it twice.
        CacheEntry.@Nullable Live live;

        Reference(ObjectRef ref) {
            this.ref = ref;
        }

        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof Reference reference && ref.key().equals(reference.ref.key());
        }

        @Override
        public int hashCode() {
            return ref.key().hashCode();
        }
    }

    final ObjectRef ref;
    final String rights;
    final String tag;
    final Shape shape;
    private final @Nullable Object[] values;

    private Row(ObjectMessage.Row wire, Shape shape, @Nullable Object[] values, int weight) {
        super(List.of(wire.tag()), wire.version(), weight);
        this.ref = wire.ref();
        this.rights = wire.rights();
        this.tag = wire.tag();
        this.shape = shape;
        this.values = values;
    }

    static Row of(ObjectMessage.Row wire, Shape.Known shapes) {
        return of(wire, shapes.of(ObjectMessage.Row.names(wire.fields())), Reference::new);
    }

    /// @param shape of its fields
    /// @param references makes what stands for another object, or has it
    static Row of(ObjectMessage.Row wire, Shape shape, Function<ObjectRef, Reference> references) {
        // In the order of the names, which are those of the shape.
        @Nullable Object[] values = wire.fields().values().toArray();
        int weight = OVERHEAD;
        for (int i = 0; i < values.length; i++) {
            Object value = values[i];
            values[i] = value instanceof ObjectRef ref ? references.apply(ref) : value;
            weight += weight(value);
        }
        return new Row(wire, shape, values, weight);
    }

    private static int weight(@Nullable Object value) {
        if (value instanceof String text) {
            return PER_VALUE + text.length();
        }
        if (value instanceof Bytes bytes) {
            return PER_VALUE + bytes.length();
        }
        // A graph may contain itself, so its depth is not looked at.
        return value instanceof Collection<?> || value instanceof Map<?, ?> ? 40 * PER_VALUE : PER_VALUE;
    }

    /// What stands at a place of the shape: a [Reference] where another object does.
    @Nullable
    Object value(int place) {
        return values[place];
    }

    /// What a frame has for a field, null also where there is no such field.
    @Nullable
    Object wire(String name) {
        int place = shape.place(name);
        Object value = place < 0 ? null : values[place];
        return value instanceof Reference reference ? reference.ref : value;
    }

    @Override
    boolean isSame(Cached other) {
        if (!(other instanceof Row row)) {
            return false;
        }
        // Of the same version, too: somebody may have changed it and left its version alone, or made it anew.
        if (shape != row.shape || version != row.version || !ref.equals(row.ref)) {
            return false;
        }
        for (int i = 0; i < values.length; i++) {
            if (!isSame(values[i], row.values[i])) {
                return false;
            }
        }
        return true;
    }

    /// Graphs are never the same: they may contain themselves, so nobody compares them.
    @SuppressWarnings("ReferenceEquality")
    static boolean isSame(@Nullable Object one, @Nullable Object other) {
        boolean graph = one instanceof Collection<?> || one instanceof Map<?, ?>;
        return one == other || (!graph && Objects.equals(one, other));
    }
}
