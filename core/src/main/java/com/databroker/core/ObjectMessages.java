package com.databroker.core;

import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.json.JsonFactory;

/// The codecs of *dbo/1*: one object a message, member `t` first. Limits are for what strangers send;
/// answers of a server may be larger.
public enum ObjectMessages {
    JSON("dbo.json", "application/json"),
    CBOR("dbo.cbor", "application/cbor"),
    BSON("dbo.bson", "application/bson");

    /// Bytes of a request, at most.
    public static final int REQUEST_MAX = 1 << 20;

    /// Bytes of an answer, at most.
    public static final int ANSWER_MAX = 1 << 24;

    /// Lists and maps in a request, at most, beside those of the frame itself.
    public static final int NODES_MAX = 100_000;

    /// Bytes of a frame without rows, and of one row, about.
    private static final int SMALL = 256;

    private static final int ROW = 256;
    private static final int FRAME_NODES_MAX = 20_000;
    private static final int ANSWER_NODES_MAX = 2_000_000;
    /// A shared list in a list takes two levels.
    private static final int DEPTH_MAX = 3 * (NODES_MAX + FRAME_NODES_MAX);

    private static final StreamReadConstraints READ = StreamReadConstraints.builder()
            .maxNestingDepth(DEPTH_MAX)
            .maxNameLength(REQUEST_MAX)
            .maxNumberLength(1000)
            .build();
    private static final StreamWriteConstraints WRITE =
            StreamWriteConstraints.builder().maxNestingDepth(DEPTH_MAX).build();
    // Names of fields come again and again, names of users' maps need not.
    private static final JsonFactory JSON_FACTORY = JsonFactory.builder()
            .streamReadConstraints(READ)
            .streamWriteConstraints(WRITE)
            .build();
    /// The member under which BSON, which has nothing but documents, holds a value by itself.
    private static final String VALUE = "v";

    private final String subprotocol;
    private final String mediaType;

    ObjectMessages(String subprotocol, String mediaType) {
        this.subprotocol = subprotocol;
        this.mediaType = mediaType;
    }

    /// The WebSocket subprotocol.
    public String subprotocol() {
        return subprotocol;
    }

    /// The content type of a request or an answer over HTTP.
    public String mediaType() {
        return mediaType;
    }

    /// The one with that subprotocol or media type, JSON where there is none.
    public static ObjectMessages of(@Nullable String name) {
        for (ObjectMessages each : values()) {
            if (each.subprotocol.equals(name) || each.mediaType.equals(name)) {
                return each;
            }
        }
        return JSON;
    }

    /// @throws ProblemException [Problem#VALUE_INVALID] or [Problem#VALUE_TOO_LARGE] where a value cannot
    ///     be sent
    public Bytes encode(ObjectMessage message) {
        boolean request = message instanceof ObjectMessage.Request;
        int rows = message instanceof ObjectMessage.Ok ok
                ? ok.rows().size()
                : message instanceof ObjectMessage.Part part ? part.rows().size() : 0;
        Bytes bytes = write(SMALL + rows * ROW, out -> {
            GraphWriter graph = new GraphWriter(out, request ? NODES_MAX : ANSWER_NODES_MAX);
            new ObjectFrameWriter(out, graph).write(message);
        });
        int max = request ? REQUEST_MAX : ANSWER_MAX;
        if (bytes.length() > max) {
            throw new ProblemException(
                    Problem.VALUE_TOO_LARGE, "a message of " + bytes.length() + " bytes, of " + max + " at most");
        }
        return bytes;
    }

    /// A commit as the broker carries it out. What was sent has been measured; values of before that the broker itself
    /// put in may be of any size.
    public Bytes encodeWhole(ObjectMessage.Commit commit) {
        return write(SMALL, out -> new ObjectFrameWriter(out, new GraphWriter(out, ANSWER_NODES_MAX)).write(commit));
    }

    /// @param expected about how many bytes it will be
    private Bytes write(int expected, Consumer<GraphOut> writer) {
        if (this == BSON) {
            BsonOut out = new BsonOut();
            writer.accept(out);
            return Bytes.wrap(out.bytes());
        }
        if (this == CBOR) {
            CborOut out = new CborOut(expected);
            writer.accept(out);
            return out.bytes();
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream(expected);
        try (JsonGenerator generator = JSON_FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            writer.accept(new JacksonOut(generator));
        } catch (JacksonException unwritable) {
            throw new ProblemException(
                    Problem.VALUE_INVALID, "cannot be written: " + Text.excerpt(unwritable.getOriginalMessage()));
        }
        return Bytes.wrap(out.toByteArray());
    }

    /// @throws ProblemException [Problem#MESSAGE_INVALID] or another that says what is wrong
    public ObjectMessage.Request decodeRequest(Bytes bytes) {
        return ObjectFrameReader.request(decode(bytes));
    }

    /// @return a [ObjectMessage.Reply] or [ObjectMessage.Push]
    /// @throws ProblemException as [#decodeRequest]
    public ObjectMessage decodeAnswer(Bytes bytes) {
        return ObjectFrameReader.answer(
                new Fields(read(bytes, ANSWER_MAX, in -> new AnswerReader(in, ANSWER_NODES_MAX).read())));
    }

    /// A value by itself, as it stands in messages.
    public Bytes encodeValue(@Nullable Object value) {
        return encodeValue(value, NODES_MAX);
    }

    /// A value of a database as it stands there, which nobody sent: it may have more than [#decodeValue] takes.
    public Bytes encodeWhole(@Nullable Object value) {
        return encodeValue(value, ANSWER_NODES_MAX);
    }

    private Bytes encodeValue(@Nullable Object value, int nodesMax) {
        return write(SMALL, out -> {
            GraphWriter graph = new GraphWriter(out, nodesMax);
            graph.note(value);
            if (this == BSON) {
                out.startMap();
                out.name(VALUE);
                graph.write(value);
                out.endMap();
            } else {
                graph.write(value);
            }
        });
    }

    /// Reads what [#encodeValue] wrote.
    public @Nullable Object decodeValue(Bytes bytes) {
        if (this == BSON) {
            Fields document = new Fields(Json.asObject(read(bytes, NODES_MAX + 1), "the message"));
            Object value = document.any(VALUE);
            document.done();
            return value;
        }
        return read(bytes, NODES_MAX);
    }

    private Fields decode(Bytes bytes) {
        return new Fields(Json.asObject(read(bytes, NODES_MAX + FRAME_NODES_MAX), "the message"));
    }

    private @Nullable Object read(Bytes bytes, int nodesMax) {
        return read(bytes, REQUEST_MAX, in -> new GraphReader(in, nodesMax).read());
    }

    private <T extends @Nullable Object> T read(Bytes bytes, int max, Function<GraphIn, T> reader) {
        if (bytes.length() > max) {
            throw new ProblemException(
                    Problem.VALUE_TOO_LARGE, "a message of " + bytes.length() + " bytes, of " + max + " at most");
        }
        if (this == BSON) {
            return reader.apply(new BsonIn(bytes));
        }
        byte[] array = bytes.unsafeArray();
        if (this == CBOR) {
            return reader.apply(new CborIn(array, DEPTH_MAX));
        }
        try (JsonParser parser = JSON_FACTORY.createParser(ObjectReadContext.empty(), array, 0, array.length)) {
            return reader.apply(new JacksonIn(parser));
        } catch (JacksonException malformed) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, "not " + name() + ": " + Text.excerpt(malformed.getOriginalMessage()));
        }
    }
}
