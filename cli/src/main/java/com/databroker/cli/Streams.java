package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// What the verbs about streams have in common.
final class Streams {
    static final long PAUSE_MILLIS = 300;

    private Streams() {}

    /// A moment before the broker is asked again.
    static void pause() throws InterruptedException {
        if (new CountDownLatch(1).await(PAUSE_MILLIS, TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("nobody counts");
        }
    }

    /// The streams that the caller may search, as the broker describes them.
    static List<Map<String, @Nullable Object>> list(Http http) throws InterruptedException {
        return JsonTree.objects(Json.parse(http.call("GET", "/streams", null).body()));
    }

    static List<String> names(Http http) throws InterruptedException {
        return list(http).stream().map(stream -> JsonTree.text(stream, "name")).toList();
    }

    /// The bytes of a file that the command line names.
    static Bytes file(Surroundings around, String name) throws IOException {
        Path path = around.folder().resolve(name);
        if (Files.isDirectory(path)) {
            throw CliException.usage(name + " is a folder", "name a file");
        }
        return Bytes.wrap(Files.readAllBytes(path));
    }

    /// `?a=b&c=d` of those that have a value.
    static String query(Map<String, @Nullable Object> parameters) {
        StringBuilder query = new StringBuilder();
        parameters.forEach((name, value) -> {
            if (value != null && !value.equals("")) {
                query.append(query.isEmpty() ? "?" : "&")
                        .append(name)
                        .append('=')
                        .append(URLEncoder.encode(value.toString(), StandardCharsets.UTF_8));
            }
        });
        return query.toString();
    }
}
