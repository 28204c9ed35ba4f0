package com.databroker.hibernate;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectTypes.Kind;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Date;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Values of attributes as those of the wire, and back.
final class EntityValues {
    private static final Map<Class<?>, Kind> KINDS = Map.ofEntries(
            Map.entry(Boolean.class, Kind.BOOLEAN),
            Map.entry(Byte.class, Kind.INTEGER),
            Map.entry(Short.class, Kind.INTEGER),
            Map.entry(Integer.class, Kind.INTEGER),
            Map.entry(Long.class, Kind.INTEGER),
            Map.entry(BigInteger.class, Kind.INTEGER),
            Map.entry(BigDecimal.class, Kind.DECIMAL),
            Map.entry(Float.class, Kind.DOUBLE),
            Map.entry(Double.class, Kind.DOUBLE),
            Map.entry(String.class, Kind.TEXT),
            Map.entry(Character.class, Kind.TEXT),
            Map.entry(byte[].class, Kind.BYTES),
            Map.entry(LocalDate.class, Kind.DATE),
            Map.entry(java.sql.Date.class, Kind.DATE),
            Map.entry(LocalTime.class, Kind.TIME),
            Map.entry(LocalDateTime.class, Kind.DATETIME),
            Map.entry(OffsetDateTime.class, Kind.OFFSET),
            Map.entry(ZonedDateTime.class, Kind.OFFSET),
            Map.entry(Instant.class, Kind.INSTANT),
            Map.entry(Timestamp.class, Kind.INSTANT),
            Map.entry(Date.class, Kind.INSTANT),
            Map.entry(UUID.class, Kind.UUID));

    private static final Map<Class<?>, Class<?>> BOXES = Map.of(
            boolean.class, Boolean.class,
            byte.class, Byte.class,
            short.class, Short.class,
            int.class, Integer.class,
            long.class, Long.class,
            float.class, Float.class,
            double.class, Double.class,
            char.class, Character.class);

    private static final Instant FIRST = Instant.ofEpochMilli(Long.MIN_VALUE);
    private static final Instant LAST = Instant.ofEpochMilli(Long.MAX_VALUE);

    private EntityValues() {}

    static Class<?> boxed(Class<?> type) {
        return BOXES.getOrDefault(type, type);
    }

    /// What values of a class are on the wire; null where there is nothing for them.
    static @Nullable Kind kind(Class<?> type) {
        return Enum.class.isAssignableFrom(type) ? Kind.TEXT : KINDS.get(boxed(type));
    }

    /// Whether values of the wire that are the same to that class are the same: of one that keeps less of them, a find
    /// by one finds what is told as another.
    static boolean isExact(Class<?> type) {
        return boxed(type) != Float.class && type != Date.class;
    }

    static @Nullable Object wire(@Nullable Object value) {
        return switch (value) {
            case null -> null;
            case Byte number -> number.longValue();
            case Short number -> number.longValue();
            case Integer number -> number.longValue();
            case BigInteger number -> number.bitLength() < Long.SIZE ? (Object) number.longValue() : number;
            case Float number -> number.doubleValue();
            case Character letter -> letter.toString();
            case Enum<?> constant -> constant.name();
            case byte[] bytes -> Bytes.copyOf(bytes);
            case java.sql.Date date -> date.toLocalDate();
            case Date date -> date.toInstant();
            case ZonedDateTime time -> time.toOffsetDateTime();
            default -> value;
        };
    }

    /// @param value of the wire, of the kind that `type` has there
    /// @throws ProblemException [Problem#VALUE_INVALID]
    static @Nullable Object java(Class<?> type, @Nullable Object value, String what) {
        if (value == null) {
            if (type.isPrimitive()) {
                throw new ProblemException(Problem.VALUE_INVALID, what + " is required");
            }
            return null;
        }
        try {
            Class<?> boxed = boxed(type);
            return value instanceof Number number ? number(boxed, number) : other(boxed, value);
        } catch (ArithmeticException | IllegalArgumentException | ClassCastException misfit) {
            throw new ProblemException(
                    Problem.VALUE_INVALID,
                    what + " holds a " + type.getSimpleName() + ", and not " + Text.excerpt(value.toString()));
        }
    }

    private static Object number(Class<?> type, Number number) {
        if (type == BigDecimal.class || type == BigInteger.class) {
            BigDecimal exact = new BigDecimal(number.toString());
            return type == BigDecimal.class ? exact : exact.toBigIntegerExact();
        }
        if (type == Double.class || type == Float.class) {
            if (type == Float.class && Float.isInfinite(number.floatValue()) && Double.isFinite(number.doubleValue())) {
                throw new ArithmeticException(type.getName());
            }
            return type == Double.class ? (Object) number.doubleValue() : (Object) number.floatValue();
        }
        long whole = new BigDecimal(number.toString()).longValueExact();
        if (type == Long.class) {
            return whole;
        }
        int small = Math.toIntExact(whole);
        if (type == Integer.class) {
            return small;
        }
        if (type == Short.class && small == (short) small) {
            return (short) small;
        }
        if (type == Byte.class && small == (byte) small) {
            return (byte) small;
        }
        throw new ArithmeticException(type.getName());
    }

    /// Drivers are given times as milliseconds.
    private static Object sendable(Instant moment, Object value) {
        if (moment.isBefore(FIRST) || moment.isAfter(LAST)) {
            throw new ArithmeticException("beyond what a driver is given");
        }
        return value;
    }

    private static Object other(Class<?> type, Object value) {
        if (type.isEnum()) {
            for (Object constant : type.getEnumConstants()) {
                if (((Enum<?>) constant).name().equals(value)) {
                    return constant;
                }
            }
            throw new IllegalArgumentException(type.getName());
        }
        return switch (value) {
            case Bytes bytes when type == byte[].class -> bytes.toArray();
            case String text when type == Character.class && text.length() == 1 -> text.charAt(0);
            case LocalDate date when type == java.sql.Date.class -> java.sql.Date.valueOf(date);
            case Instant time when type == Timestamp.class -> Timestamp.from(time);
            case Instant time when type == Date.class -> Date.from(time);
            case OffsetDateTime time
            when type == ZonedDateTime.class -> sendable(time.toInstant(), time.toZonedDateTime());
            case Instant time when type == OffsetDateTime.class -> sendable(time, time.atOffset(ZoneOffset.UTC));
            case OffsetDateTime time -> sendable(time.toInstant(), type.cast(time));
            case Instant time -> sendable(time, type.cast(time));
            default -> type.cast(value);
        };
    }
}
