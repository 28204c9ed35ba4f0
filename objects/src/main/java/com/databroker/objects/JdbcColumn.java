package com.databroker.objects;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectTypes;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.Values;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.HexFormat;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGStatement;

/// One column: how it is read, written and compared.
///
/// @param index its place among those that are read
/// @param name as the database has it
/// @param quoted as it stands in statements
/// @param scale digits behind the point that it keeps, of numbers and of seconds
/// @param select what is selected to read it
/// @param parameter what stands for a value of it
/// @param compared what it is compared by
/// @param comparand what stands for a value that that is compared with
/// @param any whether one parameter can stand for any number of values, as an array of long
/// @param exact whether values that the database takes for equal are the same
/// @param spelled whether *to_jsonb* makes something else of it than what is read, as of a list
record JdbcColumn(
        int index,
        String name,
        String quoted,
        ObjectTypes.Kind kind,
        boolean nullable,
        boolean generated,
        int length,
        int scale,
        String select,
        String parameter,
        String compared,
        String comparand,
        boolean any,
        boolean exact,
        boolean spelled) {
    private static final int MICROS = 6;
    private static final int NANOS = 9;

    /// JSON has a null of its own, which is read as that of the database.
    String isNull() {
        String none = quoted + " IS NULL";
        return kind == ObjectTypes.Kind.GRAPH ? "(" + none + " OR CAST(" + quoted + " AS VARCHAR) = 'null')" : none;
    }

    /// Whether a value is read as it is written: not rounded, and not in another form.
    boolean keeps(@Nullable Object value) {
        return switch (value) {
            case BigDecimal number -> number.stripTrailingZeros().scale() <= scale;
            case String _, Double _ -> exact;
            case TemporalAccessor time
            when time.isSupported(ChronoField.NANO_OF_SECOND) ->
                scale >= MICROS && time.get(ChronoField.NANO_OF_SECOND) % 1000 == 0;
            case null, default -> true;
        };
    }

    @Nullable
    Object read(ResultSet row, int at) throws SQLException {
        Object value = switch (kind) {
            case BOOLEAN -> row.getBoolean(at);
            case INTEGER -> row.getLong(at);
            case DECIMAL -> decimal(row, at);
            case DOUBLE -> row.getDouble(at);
            case BYTES -> bytes(row.getBytes(at));
            case DATE -> row.getObject(at, LocalDate.class);
            case TIME -> row.getObject(at, LocalTime.class);
            case DATETIME -> row.getObject(at, LocalDateTime.class);
            case OFFSET -> row.getObject(at, OffsetDateTime.class);
            case INSTANT -> instant(row.getObject(at, OffsetDateTime.class));
            case UUID -> row.getObject(at, UUID.class);
            case GRAPH -> graph(row.getString(at));
            case TEXT, REFERENCE -> row.getString(at);
        };
        return row.wasNull() ? null : value;
    }

    private static @Nullable Object bytes(byte @Nullable [] value) {
        return value == null ? null : Bytes.wrap(value);
    }

    private static @Nullable Object instant(@Nullable OffsetDateTime time) {
        return time == null
                ? null
                : time.equals(OffsetDateTime.MAX)
                        ? Instant.MAX
                        : time.equals(OffsetDateTime.MIN) ? Instant.MIN : time.toInstant();
    }

    /// The first and the last moment that there is stand for PostgreSQL's infinities.
    private static OffsetDateTime time(Instant instant) {
        return instant.equals(Instant.MAX)
                ? OffsetDateTime.MAX
                : instant.equals(Instant.MIN) ? OffsetDateTime.MIN : instant.atOffset(ZoneOffset.UTC);
    }

    /// A number; what is none, as PostgreSQL's NaN, the driver gives as a double alone.
    private static @Nullable Object decimal(ResultSet row, int at) throws SQLException {
        try {
            return row.getBigDecimal(at);
        } catch (SQLException none) {
            if (row.getObject(at) instanceof Double infinite) {
                return infinite;
            }
            throw none;
        }
    }

    private static @Nullable Object graph(@Nullable String json) {
        return json == null ? null : JdbcJson.read(json);
    }

    void write(PreparedStatement statement, int at, @Nullable Object value) throws SQLException {
        String early = JdbcTimes.early(value);
        if (early != null && statement.isWrapperFor(PGStatement.class)) {
            statement.setObject(at, early, Types.OTHER);
            return;
        }
        switch (value) {
            case null -> statement.setNull(at, Types.NULL);
            case BigInteger number -> statement.setBigDecimal(at, new BigDecimal(number));
            case Bytes bytes -> statement.setBytes(at, bytes.toArray());
            case Instant instant -> statement.setObject(at, time(instant));
            case LocalTime time -> statement.setObject(at, last(time));
            case String text when kind != ObjectTypes.Kind.GRAPH -> statement.setString(at, text);
            default -> {
                if (kind == ObjectTypes.Kind.GRAPH) {
                    statement.setString(at, JdbcJson.write(value));
                } else {
                    statement.setObject(at, value);
                }
            }
        }
    }

    /// What is later than the last time that the column has a place for, a database rounds to the end of the
    /// day. That is another time, for which the last one that there is stands.
    private LocalTime last(LocalTime time) {
        int unit = BigInteger.TEN.pow(NANOS - Math.min(scale, NANOS)).intValue();
        LocalTime last = LocalTime.MAX.minusNanos(unit - 1L);
        return time.isAfter(last) && !time.equals(LocalTime.MAX) ? last : time;
    }

    /// As a part of a key.
    @Nullable
    Object ofText(String text) {
        try {
            return kind == ObjectTypes.Kind.GRAPH ? JdbcJson.read(text) : Values.parse(kind, text);
        } catch (ProblemException noJson) {
            throw new IllegalArgumentException(noJson);
        }
    }

    /// As a trigger writes it: what PostgreSQL's *to_jsonb* makes of a value, taken as text; where it is spelled, its
    /// text.
    @Nullable
    Object ofTrigger(String text) {
        return switch (kind) {
            case BYTES -> Bytes.wrap(HexFormat.of().parseHex(text.substring(2)));
            case GRAPH -> JdbcJson.read(text);
            case DATE, TIME, DATETIME, INSTANT -> JdbcTimes.read(kind, text);
            default -> Values.parse(kind, text);
        };
    }
}
