package com.databroker.core;

import tools.jackson.core.JsonGenerator;

/// JSON, with the words that [GraphWriter] draws.
final class JacksonOut implements GraphOut {
    static final long EXACT_IN_JAVASCRIPT = 1L << 53;

    private final JsonGenerator out;

    JacksonOut(JsonGenerator out) {
        this.out = out;
    }

    @Override
    public void startMap() {
        out.writeStartObject();
    }

    @Override
    public void startMap(int size) {
        out.writeStartObject(null, size);
    }

    @Override
    public void endMap() {
        out.writeEndObject();
    }

    @Override
    public void startList() {
        out.writeStartArray();
    }

    @Override
    public void startList(int size) {
        out.writeStartArray(null, size);
    }

    @Override
    public void endList() {
        out.writeEndArray();
    }

    @Override
    public void name(String name) {
        out.writeName(name);
    }

    @Override
    public void text(String text) {
        out.writeString(text);
    }

    @Override
    public void number(long value) {
        out.writeNumber(value);
    }

    @Override
    public void number(double value) {
        out.writeNumber(value);
    }

    @Override
    public void truth(boolean value) {
        out.writeBoolean(value);
    }

    @Override
    public void nothing() {
        out.writeNull();
    }

    @Override
    public void bytes(Bytes value) {
        out.writeStartObject();
        out.writeName("$bytes");
        out.writeBinary(value.unsafeArray());
        out.writeEndObject();
    }

    @Override
    public void whole(long value) {
        if (value <= EXACT_IN_JAVASCRIPT && value >= -EXACT_IN_JAVASCRIPT) {
            out.writeNumber(value);
        } else {
            word("$int", Long.toString(value));
        }
    }

    @Override
    public void floating(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            word("$double", Double.toString(value));
        } else {
            out.writeNumber(value);
        }
    }
}
