package com.databroker.client;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectRef;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Values between Java and frames: numbers of the size that is asked for, objects for references.
final class Values {
    private static final Map<Class<?>, Class<?>> BOXES = Map.of(
            int.class, Integer.class,
            long.class, Long.class,
            short.class, Short.class,
            byte.class, Byte.class,
            double.class, Double.class,
            float.class, Float.class,
            boolean.class, Boolean.class,
            char.class, Character.class,
            void.class, Void.class);

    private Values() {}

    static Class<?> box(Class<?> type) {
        return BOXES.getOrDefault(type, type);
    }

    /// What a frame takes for a value of an application, graphs copied as they are.
    static @Nullable Object toWire(@Nullable Object value) {
        return copy(value, Values::scalarToWire);
    }

    private static @Nullable Object scalarToWire(@Nullable Object value) {
        if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof Float number) {
            return number.doubleValue();
        }
        if (value instanceof BigInteger number && number.bitLength() < Long.SIZE) {
            return number.longValue();
        }
        if (value instanceof byte[] bytes) {
            return Bytes.copyOf(bytes);
        }
        if (value instanceof Enum<?> constant) {
            return constant.name();
        }
        if (value instanceof Character one) {
            return one.toString();
        }
        return value instanceof Entity entity ? Shown.refOf(entity) : value;
    }

    /// A graph of lists and maps with every other value replaced: shared stays shared, and no depth is too
    /// deep.
    static @Nullable Object copy(@Nullable Object value, UnaryOperator<@Nullable Object> scalar) {
        if (!isGraph(value)) {
            return scalar.apply(value);
        }
        IdentityHashMap<Object, Object> copies = new IdentityHashMap<>();
        Deque<Object> open = new ArrayDeque<>();
        Object root = begun(value, copies, open, scalar);
        while (!open.isEmpty()) {
            Object next = open.pop();
            Object its = Objects.requireNonNull(copies.get(next));
            if (next instanceof Map<?, ?> map) {
                @SuppressWarnings("unchecked")
                Map<Object, @Nullable Object> into = (Map<Object, @Nullable Object>) its;
                map.forEach((name, inner) -> into.put(String.valueOf(name), begun(inner, copies, open, scalar)));
            } else {
                @SuppressWarnings("unchecked")
                List<@Nullable Object> into = (List<@Nullable Object>) its;
                ((Collection<?>) next).forEach(inner -> into.add(begun(inner, copies, open, scalar)));
            }
        }
        return root;
    }

    private static boolean isGraph(@Nullable Object value) {
        return value instanceof Collection<?> || value instanceof Map<?, ?>;
    }

    private static @Nullable Object begun(
            @Nullable Object value,
            IdentityHashMap<Object, Object> copies,
            Deque<Object> open,
            UnaryOperator<@Nullable Object> scalar) {
        if (value == null || !isGraph(value)) {
            return scalar.apply(value);
        }
        return copies.computeIfAbsent(value, first -> {
            open.push(first);
            return first instanceof Map<?, ?> ? new LinkedHashMap<>() : new ArrayList<>();
        });
    }

    /// Whether a value may be part of a key: graphs may contain themselves, so nobody compares them.
    static boolean isPlain(@Nullable Object value) {
        return !isGraph(value);
    }

    /// A value of a frame as what a method returns.
    ///
    /// @throws ProblemException [Problem#VALUE_INVALID] where it does not fit
    static @Nullable Object fromWire(@Nullable Object value, ObjectContext.Returns returns, ObjectContext context) {
        Class<?> wanted = returns.type();
        if (value == null || wanted == Void.class) {
            return null;
        }
        if (value instanceof ObjectRef ref) {
            return Entity.class.isAssignableFrom(wanted) || wanted == Object.class
                    ? context.entity(ref, wanted, null)
                    : fit(ref, wanted);
        }
        if (isGraph(value)) {
            return fit(
                    copy(
                            value,
                            inner -> inner instanceof ObjectRef ref
                                    ? context.entity(ref, returns.element(), null)
                                    : inner),
                    wanted);
        }
        return fit(value, wanted);
    }

    /// A value that is no reference, as the type that is wanted.
    static @Nullable Object plain(@Nullable Object value, Class<?> wanted) {
        return value == null ? null : fit(value, wanted);
    }

    private static Object fit(@Nullable Object value, Class<?> wanted) {
        if (wanted.isInstance(value)) {
            return wanted.cast(value);
        }
        Object fits = value instanceof Number number
                ? number(number, wanted)
                : value instanceof String text ? text(text, wanted) : null;
        if (value instanceof Bytes bytes && wanted == byte[].class) {
            fits = bytes.toArray();
        }
        if (fits == null) {
            throw new ProblemException(
                    Problem.VALUE_INVALID,
                    "a " + (value == null ? "null" : value.getClass().getSimpleName()) + " is no "
                            + wanted.getSimpleName());
        }
        return fits;
    }

    private static @Nullable Object number(Number number, Class<?> wanted) {
        BigDecimal exact = number instanceof Double || number instanceof Float
                ? BigDecimal.valueOf(number.doubleValue())
                : new BigDecimal(number.toString());
        try {
            if (wanted == Integer.class) {
                return exact.intValueExact();
            }
            if (wanted == Long.class) {
                return exact.longValueExact();
            }
            if (wanted == Short.class) {
                return exact.shortValueExact();
            }
            if (wanted == Byte.class) {
                return exact.byteValueExact();
            }
            if (wanted == BigInteger.class) {
                return exact.toBigIntegerExact();
            }
        } catch (ArithmeticException tooLarge) {
            return null;
        }
        if (wanted == Double.class) {
            return exact.doubleValue();
        }
        if (wanted == Float.class) {
            return exact.floatValue();
        }
        return wanted == BigDecimal.class ? exact : null;
    }

    @SuppressWarnings({"unchecked", "rawtypes"})
    private static @Nullable Object text(String text, Class<?> wanted) {
        if (wanted.isEnum()) {
            try {
                return Enum.valueOf((Class<? extends Enum>) wanted, text);
            } catch (IllegalArgumentException unknown) {
                return null;
            }
        }
        return wanted == Character.class && text.length() == 1 ? text.charAt(0) : null;
    }
}
