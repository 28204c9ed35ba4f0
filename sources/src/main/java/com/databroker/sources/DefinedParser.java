package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.streams.Collected;
import com.databroker.streams.DataRecord;
import com.databroker.streams.PoisonException;
import com.databroker.streams.RecordParser;
import com.databroker.streams.Schema;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Makes records of what a [DefinedReader] collected, field by field.
///
/// What is there and is not of its field's type makes the record poison: a stream in which some numbers are missing
/// would be believed.
final class DefinedParser implements RecordParser {
    private static final int NUMBER_MAX = 100;
    private static final int DIGITS_MAX = 20;
    private static final int LIST_MAX = 10_000;
    private static final Set<String> TRUE = Set.of("true", "yes", "1");
    private static final Set<String> FALSE = Set.of("false", "no", "0");

    /// A field with all that is needed to find and to read it.
    private record Place(
            int at,
            String name,
            Definition.Of of,
            DefinedPath path,
            @Nullable DefinedTimes times,
            @Nullable Pattern split) {}

    private final Schema schema;
    private final List<Place> places = new ArrayList<>();
    private final Set<String> absent;

    DefinedParser(Definition definition, Schema schema) {
        this.schema = schema;
        this.absent = Set.copyOf(definition.format().absent());
        definition.fields().forEach((name, field) -> places.add(place(definition, name, field)));
        if (definition.takesEvents() && !definition.fields().containsKey(definition.timeField())) {
            Definition.Of published = new Definition.Of(Definition.Type.TIME, null, "", false, false, null, null, null);
            places.add(place(definition, definition.timeField(), published));
        }
    }

    private Place place(Definition definition, String name, Definition.Of field) {
        String from = field.from(name);
        return new Place(
                schema.place(name),
                name,
                field,
                definition.format().isFlat() ? DefinedPath.ofName(from) : DefinedPath.of(from),
                field.type() == Definition.Type.TIME ? DefinedTimes.of(field.format(), field.zone()) : null,
                field.split() == null ? null : Pattern.compile(field.split(), Pattern.LITERAL));
    }

    @Override
    public DataRecord parse(Collected collected, Instant arrived) throws PoisonException {
        Map<String, @Nullable Object> tree;
        try {
            tree = Json.parseObject(collected.json());
        } catch (ProblemException broken) {
            throw new PoisonException(broken.detail(), broken);
        }
        DataRecord.Builder record = DataRecord.of(schema).set(Definition.ID, collected.id());
        for (Place place : places) {
            Object value = read(place, place.path.in(tree));
            if (value == null && place.of.required()) {
                throw new PoisonException("the field " + place.name + " is missing (" + place.path + ")");
            }
            record.set(place.at, value);
        }
        return record.build();
    }

    private boolean isAbsent(@Nullable Object value) {
        return value == null || (value instanceof String text && (text.isEmpty() || absent.contains(text)));
    }

    private @Nullable Object read(Place place, @Nullable Object found) throws PoisonException {
        if (isAbsent(found)) {
            return null;
        }
        if (!place.of.isList()) {
            return one(place, found);
        }
        List<?> elements;
        if (found instanceof List<?> list) {
            elements = list;
        } else if (place.split != null && found instanceof String text) {
            elements = List.of(place.split.split(text, LIST_MAX + 1));
        } else {
            elements = List.of(found);
        }
        if (elements.size() > LIST_MAX) {
            throw new PoisonException("the field " + place.name + " has more than " + LIST_MAX + " values");
        }
        List<Object> values = new ArrayList<>(elements.size());
        for (Object element : elements) {
            Object stripped = place.split != null && element instanceof String text ? text.strip() : element;
            if (!isAbsent(stripped)) {
                values.add(one(place, stripped));
            }
        }
        return values.isEmpty() ? null : List.copyOf(values);
    }

    private static Object one(Place place, @Nullable Object found) throws PoisonException {
        try {
            if (found == null) {
                throw new IllegalArgumentException("nothing");
            }
            return switch (place.of.type()) {
                case KEYWORD, TEXT -> text(found);
                case JSON -> json(found);
                case INT -> Math.toIntExact(whole(found));
                case LONG -> whole(found);
                case DOUBLE -> fraction(found);
                case BOOL -> flag(found);
                case TIME -> java.util.Objects.requireNonNull(place.times).micros(found);
            };
        } catch (IllegalArgumentException | ArithmeticException wrong) {
            String what = place.of.type().name().toLowerCase(Locale.ROOT);
            throw new PoisonException(
                    "the field " + place.name + " is " + shown(found) + ", which is no " + what, wrong);
        }
    }

    private static String shown(@Nullable Object found) {
        return switch (found) {
            case Map<?, ?> object -> "an object";
            case List<?> list -> "a list";
            case String text -> "\"" + Text.excerpt(text) + "\"";
            case null, default -> Text.excerpt(String.valueOf(found));
        };
    }

    private static String text(Object found) {
        String text = DefinedPath.text(found);
        if (text == null) {
            throw new IllegalArgumentException("several values");
        }
        return text;
    }

    /// What stands in a cell must be JSON itself.
    private static String json(Object found) {
        if (found instanceof String text) {
            if (!Json.isValid(Bytes.utf8(text))) {
                return Json.bytes(out -> out.writeString(text)).utf8();
            }
            return text;
        }
        return Json.bytes(out -> Json.writeTree(out, found)).utf8();
    }

    private static BigDecimal number(Object found) {
        if (found instanceof BigDecimal number) {
            return number;
        }
        if (found instanceof BigInteger number) {
            return new BigDecimal(number);
        }
        if (!(found instanceof String text) || text.length() > NUMBER_MAX) {
            throw new IllegalArgumentException("no number");
        }
        return new BigDecimal(text.strip());
    }

    /// @throws IllegalArgumentException or [ArithmeticException] where it is no whole number of 64 bits
    static long whole(Object found) {
        BigDecimal number = number(found);
        // The exponent of a hostile number must not become its digits.
        if (number.signum() != 0 && Math.abs((long) number.precision() - number.scale()) > DIGITS_MAX) {
            throw new IllegalArgumentException("out of range");
        }
        return number.longValueExact();
    }

    private static double fraction(Object found) {
        double number = number(found).doubleValue();
        if (!Double.isFinite(number)) {
            throw new IllegalArgumentException("out of range");
        }
        return number;
    }

    private static boolean flag(Object found) {
        String word = text(found).strip().toLowerCase(Locale.ROOT);
        if (TRUE.contains(word)) {
            return true;
        }
        if (FALSE.contains(word)) {
            return false;
        }
        throw new IllegalArgumentException("neither");
    }
}
