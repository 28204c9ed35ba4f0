package com.databroker.core;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Graphs of values, from a seed, and whether two of them are the same graph.
final class Graphs {
    private static final String LETTERS = "ab$ \"\\\u00e4\u20ac\ud83d\ude00/";

    private final SplittableRandom random;
    private final List<Object> containers = new ArrayList<>();

    Graphs(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /// A graph of up to `size` lists and maps, some of them met more than once, some of them within
    /// themselves.
    Object graph(int size) {
        Object root = container();
        for (int i = 1; i < size; i++) {
            add(containers.get(random.nextInt(containers.size())), container());
        }
        for (int i = 0; i < size; i++) {
            Object parent = containers.get(random.nextInt(containers.size()));
            add(parent, random.nextInt(4) == 0 ? containers.get(random.nextInt(containers.size())) : scalar());
        }
        return root;
    }

    /// Lists and maps, each within the one before.
    ///
    /// @param kinds of which they are, over and over: `l` a list, `m` a map, `d` a map with a name that begins with
    ///     $; in capitals one that stands twice in the one before
    static Object chain(String kinds, int length) {
        Object inner = new ArrayList<>(List.of("end"));
        boolean twice = false;
        for (int i = 1; i < length; i++) {
            char kind = kinds.charAt(i % kinds.length());
            Object outer;
            if (Character.toLowerCase(kind) == 'l') {
                outer = new ArrayList<>(twice ? List.of(inner, inner) : List.of(inner));
            } else {
                Map<String, Object> map =
                        new LinkedHashMap<>(Map.of(Character.toLowerCase(kind) == 'd' ? "$" : "a", inner));
                if (twice) {
                    map.put("b", inner);
                }
                outer = map;
            }
            inner = outer;
            twice = Character.isUpperCase(kind);
        }
        return inner;
    }

    private Object container() {
        Object made = random.nextBoolean() ? new ArrayList<>() : new LinkedHashMap<>();
        containers.add(made);
        return made;
    }

    @SuppressWarnings("unchecked")
    private void add(Object parent, @Nullable Object child) {
        if (parent instanceof List<?>) {
            ((List<@Nullable Object>) parent).add(child);
        } else {
            ((Map<String, @Nullable Object>) parent).put(text(), child);
        }
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(6); i > 0; i--) {
            int at = random.nextInt(LETTERS.length());
            if (Character.isSurrogate(LETTERS.charAt(at))) {
                text.append("\ud83d\ude00");
            } else {
                text.append(LETTERS.charAt(at));
            }
        }
        return text.toString();
    }

    @Nullable
    Object scalar() {
        long bits = random.nextLong() >> random.nextInt(64);
        return switch (random.nextInt(15)) {
            case 0 -> null;
            case 1 -> random.nextBoolean();
            case 2 -> bits;
            case 3 ->
                BigInteger.valueOf(bits).shiftLeft(64 + random.nextInt(200)).setBit(64);
            case 4 -> BigDecimal.valueOf(bits, random.nextInt(-20, 20));
            case 5 -> Double.longBitsToDouble(bits);
            case 6 -> text();
            case 7 -> Bytes.utf8(text());
            case 8 -> LocalDate.ofEpochDay(random.nextInt(-1_000_000, 4_000_000));
            case 9 -> LocalTime.ofNanoOfDay(random.nextLong(86_400_000_000_000L));
            case 10 -> LocalDateTime.ofEpochSecond(bits >> 30, random.nextInt(1_000_000_000), ZoneOffset.UTC);
            case 11 -> OffsetDateTime.of(2026, 11, 28, 12, 0, 0, 7, ZoneOffset.ofTotalSeconds(random.nextInt(9) * 900));
            case 12 -> Instant.ofEpochSecond(bits >> 30, random.nextInt(1_000_000_000));
            case 13 -> new UUID(bits, random.nextLong());
            default -> new ObjectRef(new ObjectKey("Person", List.of(text())), "");
        };
    }

    private record Pair(@Nullable Object one, @Nullable Object two) {}

    /// Whether whoever walks both at once never sees a difference, nor that something is shared in only
    /// one of them.
    static boolean areSame(@Nullable Object one, @Nullable Object two) {
        Deque<Pair> todo = new ArrayDeque<>();
        IdentityHashMap<Object, Object> there = new IdentityHashMap<>();
        IdentityHashMap<Object, Object> back = new IdentityHashMap<>();
        todo.add(new Pair(one, two));
        for (Pair pair = todo.poll(); pair != null; pair = todo.poll()) {
            Object left = pair.one;
            Object right = pair.two;
            if (left instanceof List<?> || left instanceof Map<?, ?>) {
                if (right == null || there.containsKey(left) != back.containsKey(right)) {
                    return false;
                }
                Object known = there.put(left, right);
                back.put(right, left);
                if (known == null ? !children(left, right, todo) : isOther(known, right)) {
                    return false;
                }
            } else if (!Objects.equals(left, right)) {
                return false;
            }
        }
        return true;
    }

    // What is shared is the same list, not an equal one.
    @SuppressWarnings("ReferenceEquality")
    private static boolean isOther(Object known, Object right) {
        return known != right;
    }

    private static boolean children(Object left, Object right, Deque<Pair> todo) {
        if (left instanceof List<?> a && right instanceof List<?> b && a.size() == b.size()) {
            Iterator<?> other = b.iterator();
            a.forEach(value -> todo.push(new Pair(value, other.next())));
            return true;
        }
        if (left instanceof Map<?, ?> a
                && right instanceof Map<?, ?> b
                && a.keySet().equals(b.keySet())) {
            a.forEach((name, value) -> todo.push(new Pair(value, b.get(name))));
            return true;
        }
        return false;
    }
}
