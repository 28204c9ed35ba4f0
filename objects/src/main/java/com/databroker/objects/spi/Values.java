package com.databroker.objects.spi;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectRef;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Makes values fit the kind of their field, and text of them that two servers agree on.
public final class Values {
    /// So many characters are a long in any case.
    private static final int LONG_DIGITS = 19;

    private static final int DIGITS_MAX = 4096;
    private static final int BRIEF_MAX = 256;
    private static final int DECIMAL_ZEROS = 40;

    /// The moments that have a date; beyond them are only the two that are no moment of any year.
    private static final Instant FIRST = LocalDateTime.MIN.toInstant(ZoneOffset.UTC);

    private static final Instant LAST = LocalDateTime.MAX.toInstant(ZoneOffset.UTC);

    private Values() {}

    /// `value` as the kind of `field` has it. A text is read, since a command line and an address have
    /// nothing else.
    ///
    /// @throws ProblemException [Problem#VALUE_INVALID]
    public static @Nullable Object fit(ObjectTypes.Field field, @Nullable Object value) {
        if (value == null) {
            return null;
        }
        try {
            return switch (field.kind()) {
                case BOOLEAN -> value instanceof Boolean ? value : parsed(field, value);
                case INTEGER -> whole(field, value);
                case DECIMAL -> decimal(field, value);
                case DOUBLE -> value instanceof Number number ? floating(field, number) : parsed(field, value);
                case TEXT -> text(field, value);
                case BYTES -> value instanceof Bytes ? value : parsed(field, value);
                case DATE -> value instanceof LocalDate ? value : parsed(field, value);
                case TIME -> value instanceof LocalTime ? value : parsed(field, value);
                case DATETIME -> value instanceof LocalDateTime ? value : parsed(field, value);
                case OFFSET -> value instanceof OffsetDateTime ? value : parsed(field, value);
                case INSTANT -> instant(field, value);
                case UUID -> value instanceof UUID ? value : parsed(field, value);
                case REFERENCE -> reference(field, value);
                case GRAPH -> value;
            };
        } catch (DateTimeException | IllegalArgumentException | ArithmeticException malformed) {
            throw misfit(field, value);
        }
    }

    private static Object parsed(ObjectTypes.Field field, Object value) {
        if (value instanceof String text) {
            return parse(field.kind(), text);
        }
        throw misfit(field, value);
    }

    /// Reads what [#text] wrote.
    ///
    /// @throws IllegalArgumentException or `DateTimeException` where it is not of that kind
    public static Object parse(ObjectTypes.Kind kind, String text) {
        if (text.length() > DIGITS_MAX && kind != ObjectTypes.Kind.TEXT && kind != ObjectTypes.Kind.BYTES) {
            throw new IllegalArgumentException("too long");
        }
        return switch (kind) {
            case BOOLEAN -> truth(text);
            case INTEGER -> text.length() < LONG_DIGITS ? (Object) Long.valueOf(text) : small(new BigInteger(text));
            case DECIMAL -> isNoNumber(text) ? (Object) Double.valueOf(text) : new BigDecimal(text);
            case DOUBLE -> Double.valueOf(text);
            case TEXT, GRAPH -> text;
            case BYTES -> Bytes.wrap(Base64.getUrlDecoder().decode(text));
            case DATE -> LocalDate.parse(text);
            case TIME -> LocalTime.parse(text);
            case DATETIME -> LocalDateTime.parse(text);
            case OFFSET -> OffsetDateTime.parse(text);
            case INSTANT ->
                text.endsWith("Z")
                        ? Instant.parse(text)
                        : OffsetDateTime.parse(text).toInstant();
            case UUID -> UUID.fromString(text);
            case REFERENCE -> ObjectRef.parse(text).key();
        };
    }

    /// What PostgreSQL's numeric can be beside a number. Nothing else has a place for it than a double.
    private static boolean isNoNumber(String text) {
        return text.equals("NaN") || text.equals("Infinity") || text.equals("-Infinity");
    }

    private static Boolean truth(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException(text);
        };
    }

    private static Object small(BigInteger value) {
        return value.bitLength() < Long.SIZE ? (Object) value.longValue() : value;
    }

    private static Object whole(ObjectTypes.Field field, Object value) {
        return switch (value) {
            case Long number -> number;
            case Integer number -> number.longValue();
            case BigInteger number -> small(number);
            case BigDecimal number when isShort(number) -> small(number.toBigIntegerExact());
            default -> parsed(field, value);
        };
    }

    private static boolean isShort(BigDecimal number) {
        return number.scale() < DIGITS_MAX && number.precision() - number.scale() < DIGITS_MAX;
    }

    private static Object floating(ObjectTypes.Field field, Number number) {
        double near = number.doubleValue();
        if (Double.isInfinite(near) && !(number instanceof Double)) {
            throw misfit(field, number);
        }
        return near;
    }

    private static Object decimal(ObjectTypes.Field field, Object value) {
        return switch (value) {
            case BigDecimal number -> number;
            case Long number -> BigDecimal.valueOf(number);
            case BigInteger number -> new BigDecimal(number);
            case Double number -> Double.isFinite(number) ? (Object) BigDecimal.valueOf(number) : number;
            default -> parsed(field, value);
        };
    }

    private static Object text(ObjectTypes.Field field, Object value) {
        if (!(value instanceof String text)) {
            throw misfit(field, value);
        }
        if (field.length() > 0 && text.codePointCount(0, text.length()) > field.length()) {
            throw new ProblemException(
                    Problem.VALUE_INVALID, "field " + field.name() + " has at most " + field.length() + " characters");
        }
        if (text.codePoints().anyMatch(one -> one >= Character.MIN_SURROGATE && one <= Character.MAX_SURROGATE)) {
            // Where it is encoded it would become a question mark.
            throw new ProblemException(
                    Problem.VALUE_INVALID, "field " + field.name() + " has half a character: a surrogate by itself");
        }
        return text;
    }

    private static Object instant(ObjectTypes.Field field, Object value) {
        Instant instant = switch (value) {
            case Instant time -> time;
            case OffsetDateTime time -> time.toInstant();
            default -> (Instant) parsed(field, value);
        };
        boolean dated = !instant.isBefore(FIRST) && !instant.isAfter(LAST);
        if (!dated && !instant.equals(Instant.MAX) && !instant.equals(Instant.MIN)) {
            throw misfit(field, value);
        }
        return instant;
    }

    private static Object reference(ObjectTypes.Field field, Object value) {
        ObjectKey key = switch (value) {
            case ObjectKey one -> one;
            case ObjectRef ref -> ref.key();
            default -> (ObjectKey) parsed(field, value);
        };
        if (!key.type().equals(field.target()) && !key.isTemporary()) {
            throw new ProblemException(
                    Problem.VALUE_INVALID,
                    "field " + field.name() + " refers to a " + field.target() + ", not to "
                            + Text.excerpt(key.toString()));
        }
        return key;
    }

    /// The text of a value, the same for equal values of a field: what keys are made of.
    public static String text(Object value) {
        return switch (value) {
            case BigDecimal number -> number.signum() == 0 ? "0" : plain(number.stripTrailingZeros());
            // Zero below zero is equal to zero.
            case Double number -> number == 0 ? "0.0" : number.toString();
            case Bytes bytes -> Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.toArray());
            case OffsetDateTime time -> time.toInstant().toString();
            case List<?> list -> "[" + list.size() + "]";
            case Map<?, ?> map -> "{" + map.size() + "}";
            default -> value.toString();
        };
    }

    /// Whole numbers of the usual lengths as everybody writes them.
    private static String plain(BigDecimal number) {
        return number.scale() < 0 && number.scale() > -DECIMAL_ZEROS ? number.toPlainString() : number.toString();
    }

    /// What stands for a value where only its changes matter: itself, of a long text its digest.
    public static @Nullable Object brief(@Nullable Object value) {
        if (!(value instanceof String text) || text.length() <= BRIEF_MAX) {
            return value;
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "#" + HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }

    /// Whether two values of one field are the same to a database.
    public static boolean same(@Nullable Object one, @Nullable Object other) {
        if (one instanceof BigDecimal a && other instanceof BigDecimal b) {
            return a.compareTo(b) == 0;
        }
        if (one instanceof OffsetDateTime a && other instanceof OffsetDateTime b) {
            return a.isEqual(b);
        }
        return Objects.equals(one, other);
    }

    private static ProblemException misfit(ObjectTypes.Field field, Object value) {
        String shown = value instanceof String text
                ? "\"" + Text.excerpt(text) + "\""
                : switch (value) {
                    case Number _ -> "a number";
                    case Boolean _ -> "true or false";
                    case List<?> _ -> "a list";
                    case Map<?, ?> _ -> "a map";
                    case ObjectRef _, ObjectKey _ -> "a reference";
                    case Bytes _ -> "bytes";
                    case UUID _ -> "a UUID";
                    default -> "a time";
                };
        return new ProblemException(
                Problem.VALUE_INVALID,
                "field " + field.name() + " holds " + field.kind().word() + ", and not " + shown);
    }
}
