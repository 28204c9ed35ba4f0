package com.databroker.files;

import com.databroker.core.ProblemException;
import dev.harrel.jsonschema.JsonNode;
import dev.harrel.jsonschema.JsonNodeFactory;
import dev.harrel.jsonschema.SchemaResolver;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The files beside a schema, which it may refer to by their names, and nothing else: no network, no other folder.
/// Once it is sealed nothing is read any more.
final class JsonSchemaFolder implements SchemaResolver, JsonNodeFactory {
    /// Where the library believes the folder to be. Not a `file:` address: nothing could be opened with it.
    private static final URI BASE = URI.create("schema:/");

    private static final int SIZE_MAX = 4 << 20;

    private final Path folder;
    private final Map<JsonDocument, Path> documents = new HashMap<>();
    private URI identifiedBase = BASE;
    private @Nullable JsonValue latest;
    private boolean sealed;

    JsonSchemaFolder(Path folder) {
        this.folder = folder;
    }

    static URI uriOf(Path schema) {
        // An encoded name has no slash, and nothing that would not be a URI.
        return BASE.resolve(
                URLEncoder.encode(name(schema), StandardCharsets.UTF_8).replace("+", "%20"));
    }

    private static String name(Path file) {
        Path name = file.getFileName();
        return name == null ? "" : name.toString();
    }

    /// @throws IllegalArgumentException where it is not readable or not JSON; names the file and the place
    JsonValue load(Path file) {
        try {
            if (Files.size(file) > SIZE_MAX) {
                throw new IllegalArgumentException(file + ": a schema has at most " + SIZE_MAX + " bytes");
            }
            JsonDocument document = JsonDocument.parse(Files.readAllBytes(file));
            documents.put(document, file);
            latest = JsonValue.root(document, null);
            return latest;
        } catch (ProblemException malformed) {
            throw new IllegalArgumentException(file + ": " + malformed.detail(), malformed);
        } catch (IOException unreadable) {
            throw new IllegalArgumentException(file + ": cannot be read: " + unreadable.getMessage(), unreadable);
        }
    }

    /// What was loaded last, of which the library complains when it does; null before the first.
    @Nullable
    JsonValue latest() {
        return latest;
    }

    /// The schema calls itself `id`: files beside it are beside that.
    void identify(URI id) {
        if (!id.isOpaque()) {
            identifiedBase = id.resolve(".");
        }
    }

    void seal() {
        sealed = true;
    }

    /// The file that a value of a schema stands in; null for one of the library's own schemas.
    @Nullable
    Path fileOf(JsonValue value) {
        return documents.get(value.document());
    }

    @Override
    public SchemaResolver.Result resolve(String address) {
        Path file = sealed ? null : beside(URI.create(address));
        return file == null ? Result.empty() : Result.fromJsonNode(load(file));
    }

    private @Nullable Path beside(URI address) {
        URI relative = BASE.relativize(address);
        if (relative.equals(address)) {
            relative = identifiedBase.relativize(address);
        }
        String name = relative.getPath();
        if (relative.isAbsolute() || name == null || name.isEmpty() || name.contains("/") || name.startsWith(".")) {
            return null;
        }
        Path file = folder.resolve(name);
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? file : null;
    }

    @Override
    public JsonNode wrap(Object node) {
        if (node instanceof JsonValue value) {
            return value;
        }
        throw new IllegalArgumentException("not a value of ours");
    }

    /// For the library's own schemas, which come as text.
    @Override
    public JsonNode create(String json) {
        return JsonValue.root(JsonDocument.parse(json.getBytes(StandardCharsets.UTF_8)), null);
    }
}
