package com.databroker.systemtests;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import com.databroker.core.ProblemException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Requests of the demo store by chance: names and kinds that are right more often than not, values from the edges of
/// what each kind can hold.
final class DialogueRequests {
    private static final int DEPTH_MAX = 5;
    private static final List<String> TYPES =
            List.of("Person", "Person", "Task", "Task", "Company", "", "Nobody", "ask");
    private static final List<String> FIELDS =
            List.of("id", "version", "name", "salary", "born", "company", "boss", "title", "done", "owner", "founded");
    private static final List<String> PATHS =
            List.of("boss", "company", "tasks", "boss.boss.tasks.owner", "id", "a.b", "");
    private static final List<String> METHODS = List.of("raise", "raise", "open", "auth", "nothing", "");
    private static final List<String> POSITIONS =
            List.of("", "demo:1-0", "demo:1-1", "demo:1-9223372036854775807", "demo:ffff-3", "nobody:1-1");
    private static final List<String> TEXTS = List.of("", "Ada", "%", "'", "\0", "\uD83D\uDE00", "ä", "x".repeat(300));
    private static final List<BigDecimal> DECIMALS = List.of(
            BigDecimal.ZERO,
            new BigDecimal("-0.005"),
            new BigDecimal("99999999999.99"),
            new BigDecimal("1E+400"),
            new BigDecimal("1E-400"),
            new BigDecimal("1E+2000000000"),
            new BigDecimal("1E-2000000000"));

    private final SplittableRandom random;

    DialogueRequests(SplittableRandom random) {
        this.random = random;
    }

    /// A request that somebody could write down.
    ObjectMessage.Request next(long id) {
        while (true) {
            try {
                return any(id);
            } catch (ProblemException notEvenThat) {
                // The next one, then.
            }
        }
    }

    private ObjectMessage.Request any(long id) {
        return switch (random.nextInt(20)) {
            case 0 -> new ObjectMessage.Beat();
            case 1 ->
                new ObjectMessage.Hello(
                        random.nextInt(8) == 0 ? random.nextInt() : ObjectMessage.PROTOCOL,
                        random.nextInt(4) == 0 ? one(TEXTS) : null,
                        random.nextBoolean() ? null : position());
            case 2 -> new ObjectMessage.Types(id);
            case 3 -> new ObjectMessage.Sync(id, position());
            case 4, 5, 6 ->
                new ObjectMessage.Call(
                        id, random.nextBoolean() ? null : ref(), one(TYPES), one(METHODS), some(this::value));
            case 7, 8, 9, 10 -> new ObjectMessage.Get(id, some(this::ref), some(() -> one(PATHS)));
            case 11, 12, 13, 14 ->
                new ObjectMessage.Find(
                        id,
                        one(TYPES),
                        some(this::condition),
                        some(() -> new ObjectMessage.Order(one(FIELDS), random.nextBoolean())),
                        some(() -> one(PATHS)),
                        random.nextInt(6) == 0 ? random.nextInt() : random.nextInt(5),
                        random.nextInt(6) == 0 ? one(TEXTS) : null,
                        random.nextBoolean());
            default -> new ObjectMessage.Commit(id, uuid(), some(this::op));
        };
    }

    private ObjectMessage.Op op() {
        return switch (random.nextInt(4)) {
            case 0 -> new ObjectMessage.Delete(ref(), random.nextInt(4));
            case 1 -> {
                Map<String, @Nullable Object> values = new LinkedHashMap<>();
                some(() -> one(FIELDS)).forEach(field -> values.put(field, value(field)));
                yield new ObjectMessage.Create(ObjectKey.temporary(1 + random.nextInt(3)), one(TYPES), values);
            }
            default -> {
                Map<String, ObjectMessage.Edit> edits = new LinkedHashMap<>();
                some(() -> one(FIELDS))
                        .forEach(field -> edits.put(field, new ObjectMessage.Edit(value(field), value(field))));
                yield new ObjectMessage.Update(ref(), random.nextInt(4), edits);
            }
        };
    }

    private ObjectMessage.Condition condition() {
        String field = one(FIELDS);
        ObjectMessage.Operator operator = one(List.of(ObjectMessage.Operator.values()));
        return new ObjectMessage.Condition(
                field, operator, random.nextBoolean() ? List.of(1L) : some(() -> value(field)));
    }

    private ObjectRef ref() {
        ObjectKey key = random.nextInt(8) == 0
                ? ObjectKey.temporary(1 + random.nextInt(3))
                : ObjectKey.of(one(TYPES), random.nextInt(6) == 0 ? one(TEXTS) : (long) random.nextInt(6));
        return random.nextInt(6) == 0 ? new ObjectRef(key, "A".repeat(22)) : ObjectRef.of(key);
    }

    private ObjectPosition position() {
        return ObjectPosition.parse(one(POSITIONS));
    }

    /// One that fits the field, mostly.
    private @Nullable Object value(String field) {
        if (random.nextInt(3) == 0) {
            return value();
        }
        return switch (field) {
            case "id", "version" -> (long) random.nextInt(4);
            case "salary" -> one(DECIMALS);
            case "born", "founded" -> LocalDate.of(1800, 1, 1).plusDays(random.nextInt(9999));
            case "company", "boss", "owner" -> ref();
            case "done" -> random.nextBoolean();
            default -> one(TEXTS);
        };
    }

    private @Nullable Object value() {
        return value(0);
    }

    private @Nullable Object value(int depth) {
        return switch (random.nextInt(depth > DEPTH_MAX ? 15 : 17)) {
            case 0 -> null;
            case 1 -> random.nextBoolean();
            case 2 -> random.nextBoolean() ? random.nextLong() : (long) random.nextInt(5);
            case 3 -> BigInteger.TWO.pow(random.nextInt(64, 300)).negate();
            case 4 -> one(DECIMALS);
            case 5 -> one(List.of(0.0, -0.0, Double.NaN, Double.NEGATIVE_INFINITY, Double.MIN_VALUE, 1e300));
            case 6, 7 -> one(TEXTS);
            case 8 -> Bytes.wrap(new byte[random.nextInt(3)]);
            case 9 -> one(List.of(LocalDate.MIN, LocalDate.MAX, LocalDate.EPOCH));
            case 10 -> one(List.of(LocalTime.MIDNIGHT, LocalTime.MAX));
            case 11 -> one(List.of(LocalDateTime.MIN, LocalDateTime.MAX));
            case 12 -> one(List.of(OffsetDateTime.MIN, OffsetDateTime.MAX, Instant.MIN, Instant.MAX, Instant.EPOCH));
            case 13 -> uuid();
            case 14 -> ref();
            case 15 -> some(() -> value(depth + 1));
            default -> {
                Map<String, @Nullable Object> map = new LinkedHashMap<>();
                some(() -> one(TEXTS)).forEach(name -> map.put(name, value(depth + 1)));
                yield map;
            }
        };
    }

    /// Few, so that some come twice.
    private UUID uuid() {
        return new UUID(0, random.nextInt(4) == 0 ? 7 : random.nextLong());
    }

    private <T extends @Nullable Object> List<T> some(Supplier<T> each) {
        List<T> some = new ArrayList<>();
        for (int count = random.nextInt(4); count > 0; count--) {
            some.add(each.get());
        }
        return some;
    }

    private <T> T one(List<T> of) {
        return of.get(random.nextInt(of.size()));
    }
}
