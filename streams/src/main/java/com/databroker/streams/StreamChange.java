package com.databroker.streams;

import com.databroker.core.Json;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// What has come into a stream, announced under `streams/<name>` when a search finds it.
///
/// @param records how many
/// @param ids of some of them, the newest first
/// @param arrived when the newest of them was collected
/// @param oldest when the one that waited longest was
public record StreamChange(String stream, long records, List<String> ids, Instant arrived, Instant oldest) {
    /// The type of the announcement.
    public static final String EVENT_TYPE = "STREAM RECORDS";

    public StreamChange {
        ids = List.copyOf(ids);
    }

    static StreamChange of(HotVisible visible) {
        return new StreamChange(visible.stream(), visible.count(), visible.ids(), visible.newest(), visible.oldest());
    }

    /// The announcement of this change.
    public Publication announcement() {
        return new Publication(
                Topic.of("streams/" + stream),
                Json.bytes(json -> {
                    json.writeStartObject();
                    json.writeStringProperty("event", EVENT_TYPE);
                    json.writeStringProperty("stream", stream);
                    json.writeNumberProperty("records", records);
                    json.writeName("ids");
                    json.writeStartArray();
                    ids.forEach(json::writeString);
                    json.writeEndArray();
                    json.writeStringProperty("arrived", arrived.toString());
                    json.writeEndObject();
                }),
                "application/json",
                Map.of("type", EVENT_TYPE));
    }
}
