package com.databroker.core;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// JSON.
final class JacksonIn implements GraphIn {
    private final JsonParser in;

    JacksonIn(JsonParser in) {
        this.in = in;
    }

    @Override
    public @Nullable JsonToken next() {
        return in.nextToken();
    }

    @Override
    public String name() {
        return in.currentName();
    }

    @Override
    public String text() {
        return in.getString();
    }

    @Override
    public @Nullable Object scalar(JsonToken token) {
        return switch (token) {
            case VALUE_STRING -> in.getString();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            case VALUE_NUMBER_INT ->
                in.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                        ? GraphReader.whole(in.getBigIntegerValue())
                        : (Object) in.getLongValue();
            case VALUE_NUMBER_FLOAT ->
                in.getNumberType() == JsonParser.NumberType.BIG_DECIMAL
                        ? GraphReader.decimal(in.getDecimalValue())
                        : (Object) in.getDoubleValue();
            case VALUE_EMBEDDED_OBJECT -> binary(in.getBinaryValue());
            default -> throw new ProblemException(Problem.MESSAGE_INVALID, "unexpected " + token);
        };
    }

    private static Bytes binary(byte @Nullable [] value) {
        if (value == null) {
            throw GraphReader.invalid("an undefined simple value");
        }
        return Bytes.wrap(value);
    }
}
