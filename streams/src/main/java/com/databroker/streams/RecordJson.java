package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/// Records as JSON: the form in which the hot store keeps them, and in which people get them.
///
/// One object, its fields in the order of the schema, those without a value left out. A time is written
/// as `2026-11-28T12:00:00.000001Z`, always in UTC with microseconds; a JSON field stands there as the
/// value it is.
final class RecordJson {
    private static final long DAY_MICROS = 86_400_000_000L;
    private static final int SIZE_GUESS = 2048;

    /// A JSON field may be nested as deep as it came.
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(2000).build())
            .build();

    private RecordJson() {}

    static Bytes write(DataRecord record) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(SIZE_GUESS);
        write(record, out, new byte[0]);
        return Bytes.wrap(out.toByteArray());
    }

    /// Writes the record to an empty `out`, behind `header`.
    static void write(DataRecord record, ByteArrayOutputStream out, byte[] header) {
        out.writeBytes(header);
        try (JsonGenerator generator = JSON.createGenerator(ObjectWriteContext.empty(), out)) {
            object(generator, record);
        }
    }

    private static void object(JsonGenerator generator, DataRecord record) {
        Schema schema = record.schema();
        generator.writeStartObject();
        for (int i = 0; i < schema.size(); i++) {
            Object value = record.get(i);
            if (value != null) {
                Field field = schema.field(i);
                generator.writeName(field.name());
                value(generator, field.type(), value);
            }
        }
        generator.writeEndObject();
    }

    private static void value(JsonGenerator generator, FieldType type, Object value) {
        switch (type) {
            case FieldType.Scalar scalar -> scalar(generator, scalar, value);
            case FieldType.StructOf struct -> object(generator, (DataRecord) value);
            case FieldType.ListOf list -> {
                generator.writeStartArray();
                for (Object element : (List<?>) value) {
                    value(generator, list.element(), element);
                }
                generator.writeEndArray();
            }
        }
    }

    private static void scalar(JsonGenerator generator, FieldType.Scalar type, Object value) {
        switch (type) {
            case KEYWORD, TEXT -> generator.writeString((String) value);
            case JSON -> generator.writeRawValue((String) value);
            case INT -> generator.writeNumber((Integer) value);
            case LONG -> generator.writeNumber((Long) value);
            case DOUBLE -> generator.writeNumber((Double) value);
            case BOOL -> generator.writeBoolean((Boolean) value);
            case TIME -> generator.writeString(time((Long) value));
        }
    }

    /// `2026-11-28T12:00:00.000001Z`.
    static String time(long micros) {
        LocalDate day = LocalDate.ofEpochDay(Math.floorDiv(micros, DAY_MICROS));
        if (day.getYear() < 0 || day.getYear() > 9999) {
            return Arrival.instant(micros).toString();
        }
        long ofDay = Math.floorMod(micros, DAY_MICROS);
        int seconds = (int) (ofDay / 1_000_000);
        byte[] text = new byte[27];
        digits(text, 0, 4, day.getYear());
        text[4] = '-';
        digits(text, 5, 2, day.getMonthValue());
        text[7] = '-';
        digits(text, 8, 2, day.getDayOfMonth());
        text[10] = 'T';
        digits(text, 11, 2, seconds / 3600);
        text[13] = ':';
        digits(text, 14, 2, seconds / 60 % 60);
        text[16] = ':';
        digits(text, 17, 2, seconds % 60);
        text[19] = '.';
        digits(text, 20, 6, (int) (ofDay % 1_000_000));
        text[26] = 'Z';
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    private static void digits(byte[] text, int from, int count, int number) {
        int rest = number;
        for (int i = from + count - 1; i >= from; i--) {
            text[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    /// The record that was written; fields that the schema does not name are passed over.
    ///
    /// @throws ProblemException [Problem#MESSAGE_INVALID] where it is no such JSON
    static DataRecord read(Schema schema, Bytes json) {
        return read(schema, json.toArray());
    }

    /// As [#read(Schema, Bytes)], of an array that nobody writes to meanwhile.
    static DataRecord read(Schema schema, byte[] json) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), json)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw invalid(schema, "it is no object");
            }
            return new Reader(parser, json).object(schema);
        } catch (JacksonException malformed) {
            throw invalid(schema, Text.excerpt(malformed.getOriginalMessage()));
        } catch (DateTimeException | ArithmeticException | IllegalArgumentException malformed) {
            throw invalid(schema, Text.excerpt(String.valueOf(malformed.getMessage())));
        }
    }

    private static ProblemException invalid(Schema schema, String why) {
        return new ProblemException(Problem.MESSAGE_INVALID, "not a record of " + schema.name() + ": " + why);
    }

    private record Reader(
            JsonParser parser,
            @SuppressWarnings("ArrayRecordComponent") byte[] json) {
        DataRecord object(Schema schema) {
            DataRecord.Builder record = DataRecord.of(schema);
            for (String name = parser.nextName(); name != null; name = parser.nextName()) {
                int place = schema.place(name);
                JsonToken token = parser.nextToken();
                if (place < 0) {
                    parser.skipChildren();
                } else if (token != JsonToken.VALUE_NULL
                        || schema.field(place).type().equals(FieldType.JSON)) {
                    record.set(place, value(schema.field(place).type()));
                }
            }
            return record.build();
        }

        private @Nullable Object value(FieldType type) {
            return switch (type) {
                case FieldType.Scalar scalar -> scalar(scalar);
                case FieldType.StructOf struct -> {
                    expect(JsonToken.START_OBJECT);
                    yield object(struct.schema());
                }
                case FieldType.ListOf list -> {
                    expect(JsonToken.START_ARRAY);
                    List<@Nullable Object> elements = new ArrayList<>();
                    while (parser.nextToken() != JsonToken.END_ARRAY) {
                        elements.add(value(list.element()));
                    }
                    yield elements;
                }
            };
        }

        private void expect(JsonToken token) {
            if (parser.currentToken() != token) {
                throw new IllegalArgumentException(parser.currentName() + " has " + parser.currentToken());
            }
        }

        private @Nullable Object scalar(FieldType.Scalar type) {
            return switch (type) {
                case KEYWORD, TEXT -> parser.getString();
                case JSON -> raw();
                case INT -> parser.getIntValue();
                case LONG -> parser.getLongValue();
                // Infinity and what is no number have no other form in JSON.
                case DOUBLE ->
                    parser.currentToken() == JsonToken.VALUE_STRING
                            ? Double.valueOf(parser.getString())
                            : (Double) parser.getDoubleValue();
                case BOOL -> parser.getBooleanValue();
                case TIME -> Arrival.micros(Instant.parse(parser.getString()));
            };
        }

        /// The value's own bytes, so that it is what it was to the last blank.
        private String raw() {
            int from = (int) parser.currentTokenLocation().getByteOffset();
            parser.skipChildren();
            parser.finishToken();
            int to = (int) parser.currentLocation().getByteOffset();
            return new String(json, from, to - from, StandardCharsets.UTF_8).strip();
        }
    }
}
