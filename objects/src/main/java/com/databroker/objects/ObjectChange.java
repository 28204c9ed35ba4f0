package com.databroker.objects;

import com.databroker.core.Json;
import com.databroker.core.ObjectKey;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import com.databroker.objects.spi.StoreChange;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// What became of an object, told by each server under `objects/<store>/<type>` after it is safe: once, unless it is
/// killed at that moment; then once more by its next start.
///
/// @param number of the commit in its store
/// @param version after the change, 0 where the type has none
/// @param fields names of those that changed and whose changes are told
/// @param principal who did it; `database` where it was not by a broker
public record ObjectChange(
        long number,
        String store,
        StoreChange.Kind kind,
        ObjectKey key,
        long version,
        List<String> fields,
        Instant time,
        String principal) {
    public ObjectChange {
        fields = List.copyOf(fields);
    }

    static ObjectChange of(String store, StoreChange change, StoreChange.Entry entry) {
        return new ObjectChange(
                change.number(),
                store,
                entry.kind(),
                entry.key(),
                entry.version(),
                List.copyOf(entry.fields().keySet()),
                change.time(),
                change.principal());
    }

    /// The announcement of this change. It holds no values: whoever may read the object reads them.
    public Publication announcement() {
        String type = "OBJECT " + kind.name();
        return new Publication(
                Topic.of("objects/" + store + "/" + key.type()),
                Json.bytes(json -> {
                    json.writeStartObject();
                    json.writeStringProperty("event", type);
                    json.writeStringProperty("key", key.toString());
                    json.writeNumberProperty("version", version);
                    json.writeName("fields");
                    Json.writeTree(json, fields);
                    json.writeStringProperty("time", time.toString());
                    json.writeStringProperty("principal", principal);
                    json.writeEndObject();
                }),
                "application/json",
                Map.of("type", type, "id", store + ":" + number + ":" + key));
    }
}
