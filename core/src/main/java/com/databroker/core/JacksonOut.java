package com.databroker.core;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.UUID;
import tools.jackson.core.JsonGenerator;
import tools.jackson.dataformat.cbor.CBORGenerator;

/// JSON, with the words that [GraphWriter] draws.
sealed class JacksonOut implements GraphOut permits JacksonOut.Cbor {
    static final long EXACT_IN_JAVASCRIPT = 1L << 53;

    private final JsonGenerator out;

    private JacksonOut(JsonGenerator out) {
        this.out = out;
    }

    static GraphOut of(JsonGenerator out) {
        return out instanceof CBORGenerator cbor ? new Cbor(cbor) : new JacksonOut(out);
    }

    @Override
    public final void startMap() {
        out.writeStartObject();
    }

    @Override
    public final void startMap(int size) {
        out.writeStartObject(null, size);
    }

    @Override
    public final void endMap() {
        out.writeEndObject();
    }

    @Override
    public final void startList() {
        out.writeStartArray();
    }

    @Override
    public final void startList(int size) {
        out.writeStartArray(null, size);
    }

    @Override
    public final void endList() {
        out.writeEndArray();
    }

    @Override
    public final void name(String name) {
        out.writeName(name);
    }

    @Override
    public final void text(String text) {
        out.writeString(text);
    }

    @Override
    public final void number(long value) {
        out.writeNumber(value);
    }

    @Override
    public final void number(double value) {
        out.writeNumber(value);
    }

    @Override
    public final void truth(boolean value) {
        out.writeBoolean(value);
    }

    @Override
    public final void nothing() {
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

    /// CBOR, which has tags.
    static final class Cbor extends JacksonOut {
        private final CBORGenerator out;

        private Cbor(CBORGenerator out) {
            super(out);
            this.out = out;
        }

        @Override
        public void bytes(Bytes value) {
            out.writeBinary(value.unsafeArray());
        }

        @Override
        public void whole(long value) {
            out.writeNumber(value);
        }

        @Override
        public void whole(BigInteger value) {
            out.writeNumber(value);
        }

        @Override
        public void decimal(BigDecimal value) {
            out.writeNumber(value);
        }

        @Override
        public void floating(double value) {
            out.writeNumber(value);
        }

        @Override
        public void uuid(UUID value) {
            out.writeTag(GraphReader.TAG_UUID);
            out.writeBinary(ByteBuffer.allocate(16)
                    .putLong(value.getMostSignificantBits())
                    .putLong(value.getLeastSignificantBits())
                    .array());
        }

        @Override
        public void date(LocalDate value) {
            tagged(GraphReader.TAG_DATE, value.toString());
        }

        @Override
        public void instant(Instant value) {
            tagged(GraphReader.TAG_TIME, value.toString());
        }

        @Override
        public void offset(OffsetDateTime value) {
            tagged(GraphReader.TAG_TIME, GraphWriter.OFFSET.format(value));
        }

        private void tagged(int tag, String text) {
            out.writeTag(tag);
            out.writeString(text);
        }

        @Override
        public int share(int number) {
            out.writeTag(GraphReader.TAG_SHARED);
            return 0;
        }

        @Override
        public void again(int number) {
            out.writeTag(GraphReader.TAG_AGAIN);
            out.writeNumber(number);
        }
    }
}
