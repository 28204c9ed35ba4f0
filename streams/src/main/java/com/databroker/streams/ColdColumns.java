package com.databroker.streams;

import io.delta.kernel.types.ArrayType;
import io.delta.kernel.types.BooleanType;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.DateType;
import io.delta.kernel.types.DoubleType;
import io.delta.kernel.types.FieldMetadata;
import io.delta.kernel.types.IntegerType;
import io.delta.kernel.types.LongType;
import io.delta.kernel.types.StringType;
import io.delta.kernel.types.StructField;
import io.delta.kernel.types.StructType;
import io.delta.kernel.types.TimestampType;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The columns of a cold table: the fields of the source, then where and when each record arrived, then the
/// partition.
///
/// ```
///   id … last field │ arrived  topic_partition  topic_offset │ date
///                   └ new fields come here                    └ in names of folders, not in files
/// ```
final class ColdColumns {
    static final String ID = "id";
    static final String ARRIVED = "arrived";
    static final String TOPIC_PARTITION = "topic_partition";
    static final String TOPIC_OFFSET = "topic_offset";
    static final String DATE = "date";

    private static final Set<String> OURS = Set.of(ARRIVED, TOPIC_PARTITION, TOPIC_OFFSET, DATE);

    /// Beyond these, other programs read dates differently, or not at all.
    private static final LocalDate DATE_MIN = LocalDate.of(1, 1, 1);

    private static final LocalDate DATE_MAX = LocalDate.of(9999, 12, 31);
    private static final long MICROS_MIN = Arrival.micros(DATE_MIN);
    private static final long MICROS_MAX = Arrival.micros(DATE_MAX);

    private ColdColumns() {}

    /// The partition of what happened at `micros`.
    static LocalDate date(Granularity granularity, long micros) {
        long bounded = Math.clamp(micros, MICROS_MIN, MICROS_MAX);
        return granularity.begin(LocalDate.ofEpochDay(Math.floorDiv(bounded, 86_400_000_000L)));
    }

    /// The partition that begins at `date`, or the one at the end of the calendar that stands for it.
    static LocalDate date(Granularity granularity, LocalDate date) {
        LocalDate bounded = date.isBefore(DATE_MIN) ? DATE_MIN : date.isAfter(DATE_MAX) ? DATE_MAX : date;
        return granularity.begin(bounded);
    }

    /// The columns within the files.
    static StructType ofFiles(Source source) {
        Schema schema = source.schema();
        check(source);
        return struct(schema)
                .add(ARRIVED, TimestampType.TIMESTAMP, true, comment("when the record was collected"))
                .add(TOPIC_PARTITION, IntegerType.INTEGER, true, comment("where it lay in the raw topic: partition"))
                .add(TOPIC_OFFSET, LongType.LONG, true, comment("where it lay in the raw topic: offset"));
    }

    /// All columns, in order.
    static StructType ofTable(Source source) {
        String what = "first day of the " + source.granularity().name().toLowerCase(java.util.Locale.ROOT)
                + " in which it happened";
        return ofFiles(source).add(DATE, DateType.DATE, true, comment(what));
    }

    private static void check(Source source) {
        Schema schema = source.schema();
        for (Field field : schema.fields()) {
            if (OURS.contains(field.name())) {
                throw new IllegalArgumentException("stream " + source.name() + " cannot have a field " + field.name()
                        + ": its cold table has a column of that name already");
            }
        }
        if (schema.size() == 0 || !schema.field(0).equals(named(schema, ID)) || !isKeyword(schema.field(0))) {
            throw new IllegalArgumentException(
                    "the first field of stream " + source.name() + " must be the keyword " + ID);
        }
        if (!named(schema, source.timeField()).type().equals(FieldType.TIME)) {
            throw new IllegalArgumentException(
                    "field " + source.timeField() + " of stream " + source.name() + " must be a time");
        }
    }

    private static boolean isKeyword(Field field) {
        return field.type().equals(FieldType.KEYWORD);
    }

    private static Field named(Schema schema, String name) {
        int place = schema.place(name);
        if (place < 0) {
            throw new IllegalArgumentException("schema " + schema.name() + " has no field " + name);
        }
        return schema.field(place);
    }

    private static FieldMetadata comment(String text) {
        return FieldMetadata.builder().putString("comment", text).build();
    }

    private static StructType struct(Schema schema) {
        List<StructField> fields = new ArrayList<>();
        for (Field field : schema.fields()) {
            fields.add(new StructField(field.name(), type(field.type()), true, comment(field.description())));
        }
        return new StructType(fields);
    }

    static DataType type(FieldType type) {
        return switch (type) {
            case FieldType.Scalar scalar ->
                switch (scalar) {
                    case KEYWORD, TEXT, JSON -> StringType.STRING;
                    case INT -> IntegerType.INTEGER;
                    case LONG -> LongType.LONG;
                    case DOUBLE -> DoubleType.DOUBLE;
                    case BOOL -> BooleanType.BOOLEAN;
                    case TIME -> TimestampType.TIMESTAMP;
                };
            case FieldType.ListOf list -> new ArrayType(type(list.element()), false);
            case FieldType.StructOf struct -> struct(struct.schema());
        };
    }

    /// The columns by which files can be told apart, since rows are sorted by time: all times, the id, the
    /// place.
    static List<StructField> withBounds(StructType columns) {
        return columns.fields().stream()
                .filter(column -> column.getDataType() instanceof TimestampType
                        || Set.of(ID, TOPIC_PARTITION, TOPIC_OFFSET).contains(column.getName()))
                .toList();
    }

    /// Whether `wanted` has fields that `present` lacks; all others must be the same, and come first.
    ///
    /// @param what for people: `cold table file:/x of stream dns`
    /// @throws IllegalStateException where a field of `present` is missing or another in `wanted`
    static boolean isExtension(String what, StructType present, StructType wanted) {
        boolean more = false;
        List<StructField> kept = data(present);
        List<StructField> asked = data(wanted);
        for (int i = 0; i < kept.size(); i++) {
            StructField old = kept.get(i);
            if (i >= asked.size() || !asked.get(i).getName().equals(old.getName())) {
                throw refused(
                        what,
                        "has the column " + old.getName() + " of type " + old.getDataType(),
                        i >= asked.size()
                                ? "no such field"
                                : "the field " + asked.get(i).getName() + " at its place");
            }
            more |= isExtension(
                    what + ", column " + old.getName(),
                    old.getDataType(),
                    asked.get(i).getDataType());
        }
        return more || asked.size() > kept.size();
    }

    private static boolean isExtension(String what, DataType present, DataType wanted) {
        if (present instanceof StructType old && wanted instanceof StructType asked) {
            return isExtension(what, old, asked);
        }
        if (present instanceof ArrayType old && wanted instanceof ArrayType asked) {
            return isExtension(what, old.getElementType(), asked.getElementType());
        }
        if (!present.equals(wanted)) {
            throw refused(what, "is of type " + present, "the type " + wanted);
        }
        return false;
    }

    private static IllegalStateException refused(String what, String present, String wanted) {
        return new IllegalStateException(what + " " + present + ", and the schema now has " + wanted
                + ". Fields can only be added, at the end; to change or remove one, begin a new stream.");
    }

    private static List<StructField> data(StructType columns) {
        return columns.fields().stream()
                .filter(column -> !OURS.contains(column.getName()))
                .toList();
    }
}
