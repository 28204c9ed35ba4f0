package com.databroker.files;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A file as it was.
///
/// ```json
/// {"path":"ci/out.tar","version":4711,"size":12,"modified":1796042000000000000,"sha256":"9f86d0…",
///  "time":"2026-11-29T14:00:00Z","principal":"jenkins","ended":"2026-11-29T15:00:00Z","metadata":{}}
/// ```
/// `modified` is in nanoseconds since 1970, as the disk keeps it.
///
/// @param known when it was the newest
/// @param ended when it was replaced or deleted
record FormerVersion(String path, Known known, Instant ended) {
    /// Of the name of the file in which this is kept.
    static final String ENDING = ".json";

    private static final Logger LOG = LoggerFactory.getLogger(FormerVersion.class);
    private static final int BYTES_MAX = 64 << 10;

    Bytes json() {
        return Json.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty("path", path);
            json.writeNumberProperty("version", known.version());
            json.writeNumberProperty("size", known.state().size());
            json.writeNumberProperty("modified", known.state().modified());
            json.writeStringProperty("sha256", known.sha256().hex());
            json.writeStringProperty("time", known.time().toString());
            json.writeStringProperty("principal", known.principal());
            json.writeStringProperty("ended", ended.toString());
            json.writeName("metadata");
            Json.writeTree(json, known.metadata().values());
            json.writeEndObject();
        });
    }

    /// @return null where it cannot be read: a power cut left it without its bytes, or somebody changed it
    static @Nullable FormerVersion read(Disk disk, String name) throws IOException {
        Disk.Opened opened = disk.open(name);
        if (opened == null) {
            return null;
        }
        try (FileChannel channel = opened.channel()) {
            ByteBuffer buffer =
                    ByteBuffer.allocate((int) Math.min(opened.state().size(), BYTES_MAX));
            while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                // Until all is there.
            }
            return of(Json.parseObject(Bytes.wrap(buffer.array())));
        } catch (ProblemException | DateTimeException | IllegalArgumentException odd) {
            LOG.atWarn()
                    .addKeyValue("file", name)
                    .setCause(odd)
                    .log("what was known of a former version cannot be read");
            return null;
        }
    }

    private static FormerVersion of(Map<String, @Nullable Object> json) {
        FileState state = new FileState(FileState.Kind.FILE, number(json, "size"), number(json, "modified"), 0, 0, 0);
        Map<String, String> metadata = new TreeMap<>();
        if (json.get("metadata") instanceof Map<?, ?> values) {
            values.forEach((name, value) -> metadata.put(String.valueOf(name), String.valueOf(value)));
        }
        Known known = new Known(
                number(json, "version"),
                state,
                Sha256.read(ByteBuffer.wrap(HexFormat.of().parseHex(text(json, "sha256")))),
                Instant.parse(text(json, "time")),
                text(json, "principal"),
                new FileMetadata(metadata));
        return new FormerVersion(text(json, "path"), known, Instant.parse(text(json, "ended")));
    }

    private static long number(Map<String, @Nullable Object> json, String name) {
        if (json.get(name) instanceof BigInteger number) {
            return number.longValue();
        }
        throw new IllegalArgumentException(name + " is missing");
    }

    private static String text(Map<String, @Nullable Object> json, String name) {
        if (json.get(name) instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(name + " is missing");
    }

    /// Whether these bytes are as they were when this was written down, as far as the disk tells.
    boolean isOf(FileState bytes) {
        return bytes.isFile()
                && bytes.size() == known.state().size()
                && bytes.modified() == known.state().modified();
    }
}
