package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Text;
import com.databroker.streams.Collected;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/// Reads JSON objects: one on each line, or those of an array within a document, which is read as it comes.
///
/// A line that is broken costs that line. A document that is broken ends there, since nobody knows where the next
/// record begins; what came before it stays.
final class DefinedJson {
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(Json.DEPTH_MAX)
                    .maxNameLength(256)
                    .maxNumberLength(400)
                    .maxStringLength(Collected.JSON_BYTES_MAX)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final JsonParser parser;
    private final DefinedReader.Found found;
    private long records;

    private DefinedJson(JsonParser parser, DefinedReader.Found found) {
        this.parser = parser;
        this.found = found;
    }

    static void lines(DefinedLines lines, DefinedReader.Found found) throws IOException {
        while (lines.next()) {
            if (lines.isBlank()) {
                continue;
            }
            String refusal = lines.refusal();
            if (refusal != null) {
                found.reject(lines.position(), refusal, lines.bytes());
                continue;
            }
            Bytes line = lines.bytes();
            byte[] bytes = line.toArray();
            try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), bytes, 0, bytes.length)) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    found.reject(lines.position(), "it is no JSON object", line);
                    continue;
                }
                Bytes record = copy(parser);
                if (record == null || parser.nextToken() != null) {
                    found.reject(lines.position(), "something stands behind the object", line);
                } else {
                    found.record(lines.position(), record);
                }
            } catch (JacksonException broken) {
                found.reject(lines.position(), reason(broken), line);
            }
        }
    }

    /// @param path to the array of records, null where it is the document itself
    static void document(GithubBytes bytes, @Nullable String path, DefinedReader.Found found) throws IOException {
        List<String> steps = path == null ? List.of() : DefinedPath.of(path).steps();
        DefinedJson reading = null;
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), bytes.stream())) {
            reading = new DefinedJson(parser, found);
            boolean any = false;
            while (parser.nextToken() != null) {
                any |= reading.descend(steps, 0);
            }
            if (!any && path != null && bytes.broken() == null) {
                found.reject("the document", "there is nothing at " + path, Bytes.EMPTY);
            }
        } catch (JacksonException broken) {
            IOException failure = bytes.failure();
            if (failure != null) {
                throw failure;
            }
            if (bytes.broken() == null) {
                long behind = reading == null ? 0 : reading.records;
                found.reject("behind record " + behind, reason(broken), Bytes.EMPTY);
            }
        }
    }

    private static String reason(JacksonException broken) {
        return "it is not JSON: " + Text.excerpt(String.valueOf(broken.getOriginalMessage()));
    }

    /// From the first token of a value to its last; whether the steps led anywhere.
    private boolean descend(List<String> steps, int step) {
        if (step == steps.size()) {
            take();
            return true;
        }
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.skipChildren();
            return false;
        }
        boolean any = false;
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            boolean way = parser.currentName().equals(steps.get(step));
            parser.nextToken();
            if (way) {
                any |= descend(steps, step + 1);
            } else {
                parser.skipChildren();
            }
        }
        return any;
    }

    private void take() {
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            one();
            return;
        }
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            one();
        }
    }

    private void one() {
        records++;
        String position = "record " + records;
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            found.reject(
                    position,
                    "it is no JSON object",
                    Bytes.utf8(parser.currentToken().name()));
            parser.skipChildren();
            return;
        }
        Bytes record = copy(parser);
        if (record == null) {
            found.reject(position, "it is longer than " + Collected.JSON_BYTES_MAX + " bytes", Bytes.EMPTY);
        } else {
            found.record(position, record);
        }
    }

    /// The value that begins here, without white space; null where it is too long, and then it is passed over.
    private static @Nullable Bytes copy(JsonParser parser) {
        boolean[] isTooLong = new boolean[1];
        Bytes copied = Json.bytes(out -> {
            long length = 0;
            int depth = 0;
            do {
                JsonToken token = Objects.requireNonNull(parser.currentToken());
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                length += 4L + (token.isStructStart() || token.isStructEnd() ? 0 : parser.getStringLength());
                if (length <= Collected.JSON_BYTES_MAX) {
                    write(parser, token, out);
                }
            } while (depth > 0 && parser.nextToken() != null);
            isTooLong[0] = length > Collected.JSON_BYTES_MAX;
        });
        return isTooLong[0] ? null : copied;
    }

    private static void write(JsonParser parser, JsonToken token, JsonGenerator out) {
        switch (token) {
            // As they stand there: another form of a number may be another number.
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> out.writeNumber(parser.getString());
            default -> out.copyCurrentEvent(parser);
        }
    }
}
