package com.databroker.files;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// What was agreed when a resumable upload was begun, and holds until its end: where it goes, how long it is, whose
/// it is, what is said of it, and what must hold of the file then.
///
/// ```text
/// {"path": …, "length": …, "principal": …, "metadata": {…},
///  "ifMatch": […], "ifNoneMatch": […], "unmodifiedSince": seconds}
/// ```
/// The last three are there where something was said.
record Agreement(String path, long length, String principal, FileMetadata metadata, Precondition precondition) {
    Bytes encode() {
        return Json.bytes(out -> {
            out.writeStartObject();
            out.writeStringProperty("path", path);
            out.writeNumberProperty("length", length);
            out.writeStringProperty("principal", principal);
            out.writeName("metadata");
            out.writeStartObject();
            metadata.values().forEach(out::writeStringProperty);
            out.writeEndObject();
            write(out, "ifMatch", precondition.ifMatch());
            write(out, "ifNoneMatch", precondition.ifNoneMatch());
            if (precondition.unmodifiedSince() != null) {
                out.writeNumberProperty(
                        "unmodifiedSince", precondition.unmodifiedSince().getEpochSecond());
            }
            out.writeEndObject();
        });
    }

    private static void write(JsonGenerator out, String name, @Nullable List<String> etags) {
        if (etags != null) {
            out.writeName(name);
            out.writeStartArray();
            etags.forEach(out::writeString);
            out.writeEndArray();
        }
    }

    /// @throws RuntimeException where the bytes are none
    static Agreement decode(Bytes bytes) {
        Map<String, @Nullable Object> json = Json.parseObject(bytes);
        Map<String, String> metadata = new TreeMap<>();
        if (json.get("metadata") instanceof Map<?, ?> values) {
            values.forEach((name, value) -> metadata.put(String.valueOf(name), String.valueOf(value)));
        }
        Precondition precondition = new Precondition(
                etags(json.get("ifMatch")),
                etags(json.get("ifNoneMatch")),
                json.get("unmodifiedSince") instanceof Number seconds
                        ? Instant.ofEpochSecond(seconds.longValue())
                        : null);
        return new Agreement(
                String.valueOf(json.get("path")),
                json.get("length") instanceof Number number ? number.longValue() : 0,
                String.valueOf(json.get("principal")),
                new FileMetadata(metadata),
                precondition);
    }

    private static @Nullable List<String> etags(@Nullable Object value) {
        return value instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : null;
    }
}
