package com.databroker.core;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// JSON.
final class JacksonIn implements GraphIn {
    /// So many characters of a number are a double in any case.
    private static final int DIGITS_OF_DOUBLE = 15;

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
            case VALUE_NUMBER_FLOAT -> fraction();
            case VALUE_EMBEDDED_OBJECT -> binary(in.getBinaryValue());
            default -> throw new ProblemException(Problem.MESSAGE_INVALID, "unexpected " + token);
        };
    }

    /// A double where that is the number that is written, else a decimal: a price of twenty digits is not to lose any.
    private Object fraction() {
        double near = in.getDoubleValue();
        if (in.getStringLength() <= DIGITS_OF_DOUBLE && Math.abs(near) >= Double.MIN_NORMAL && Double.isFinite(near)) {
            return near;
        }
        BigDecimal exact = GraphReader.decimal(in.getDecimalValue());
        return Double.isFinite(near) && BigDecimal.valueOf(near).compareTo(exact) == 0 ? (Object) near : exact;
    }

    private static Bytes binary(byte @Nullable [] value) {
        if (value == null) {
            throw GraphReader.invalid("an undefined simple value");
        }
        return Bytes.wrap(value);
    }
}
