package com.databroker.core;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.dataformat.cbor.CBORFactory;

/// The two codecs of *dbo/1*: one object a message, member `t` first. Limits are for what strangers send;
/// answers of a server may be larger.
public enum ObjectMessages {
    JSON("dbo.json"),
    CBOR("dbo.cbor");

    /// Bytes of a request, at most.
    public static final int REQUEST_MAX = 1 << 20;

    /// Bytes of an answer, at most.
    public static final int ANSWER_MAX = 1 << 24;

    /// Lists and maps in a request, at most, beside those of the frame itself.
    public static final int NODES_MAX = 100_000;

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
    private static final CBORFactory CBOR_FACTORY = CBORFactory.builder()
            .streamReadConstraints(READ)
            .streamWriteConstraints(WRITE)
            .build();

    private final String subprotocol;

    ObjectMessages(String subprotocol) {
        this.subprotocol = subprotocol;
    }

    /// The WebSocket subprotocol.
    public String subprotocol() {
        return subprotocol;
    }

    /// @throws ProblemException [Problem#VALUE_INVALID] or [Problem#VALUE_TOO_LARGE] where a value cannot
    ///     be sent
    public Bytes encode(ObjectMessage message) {
        boolean request = message instanceof ObjectMessage.Request;
        ByteArrayOutputStream out = new ByteArrayOutputStream(512);
        try (JsonGenerator generator = factory().createGenerator(ObjectWriteContext.empty(), out)) {
            GraphWriter graph = new GraphWriter(generator, request ? NODES_MAX : ANSWER_NODES_MAX);
            new ObjectFrameWriter(generator, graph).write(message);
        } catch (JacksonException unwritable) {
            throw new ProblemException(
                    Problem.VALUE_INVALID, "cannot be written: " + Text.excerpt(unwritable.getOriginalMessage()));
        }
        int max = request ? REQUEST_MAX : ANSWER_MAX;
        if (out.size() > max) {
            throw new ProblemException(
                    Problem.VALUE_TOO_LARGE, "a message of " + out.size() + " bytes, of " + max + " at most");
        }
        return Bytes.wrap(out.toByteArray());
    }

    /// @throws ProblemException [Problem#MESSAGE_INVALID] or another that says what is wrong
    public ObjectMessage.Request decodeRequest(Bytes bytes) {
        return ObjectFrameReader.request(decode(bytes, REQUEST_MAX, NODES_MAX + FRAME_NODES_MAX));
    }

    /// @return a [ObjectMessage.Reply] or [ObjectMessage.Push]
    /// @throws ProblemException as [#decodeRequest]
    public ObjectMessage decodeAnswer(Bytes bytes) {
        return ObjectFrameReader.answer(decode(bytes, ANSWER_MAX, ANSWER_NODES_MAX));
    }

    /// A value by itself, as it stands in messages.
    public Bytes encodeValue(@Nullable Object value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(128);
        try (JsonGenerator generator = factory().createGenerator(ObjectWriteContext.empty(), out)) {
            GraphWriter graph = new GraphWriter(generator, NODES_MAX);
            graph.note(value);
            graph.write(value);
        } catch (JacksonException unwritable) {
            throw new ProblemException(
                    Problem.VALUE_INVALID, "cannot be written: " + Text.excerpt(unwritable.getOriginalMessage()));
        }
        return Bytes.wrap(out.toByteArray());
    }

    /// Reads what [#encodeValue] wrote.
    public @Nullable Object decodeValue(Bytes bytes) {
        return read(bytes, REQUEST_MAX, NODES_MAX);
    }

    private Fields decode(Bytes bytes, int max, int nodesMax) {
        return new Fields(Json.asObject(read(bytes, max, nodesMax), "the message"));
    }

    private @Nullable Object read(Bytes bytes, int max, int nodesMax) {
        if (bytes.length() > max) {
            throw new ProblemException(
                    Problem.VALUE_TOO_LARGE, "a message of " + bytes.length() + " bytes, of " + max + " at most");
        }
        byte[] array = bytes.unsafeArray();
        try (JsonParser parser = factory().createParser(ObjectReadContext.empty(), array, 0, array.length)) {
            return new GraphReader(parser, nodesMax).read();
        } catch (JacksonException malformed) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, "not " + name() + ": " + Text.excerpt(malformed.getOriginalMessage()));
        } catch (IllegalArgumentException | ArithmeticException malformed) {
            // The CBOR reader's way to refuse some hostile numbers.
            throw new ProblemException(Problem.MESSAGE_INVALID, "not " + name());
        }
    }

    private TokenStreamFactory factory() {
        return this == JSON ? JSON_FACTORY : CBOR_FACTORY;
    }
}
