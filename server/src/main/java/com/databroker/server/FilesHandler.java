package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.FileChange;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.files.FileEntry;
import com.databroker.files.FilePlane;
import com.databroker.files.OpenFile;
import com.databroker.files.Precondition;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// `/files/<path>`: GET, HEAD, PUT, POST and DELETE of files, GET of a folder as JSON.
final class FilesHandler {
    /// The users file is a file like others, but for who may touch it: administrators of `users`.
    static final String USERS_FILE = "broker_users.xml";

    /// RFC 9110 asks for two digits of the day, which the JDK's own form does not give.
    private static final DateTimeFormatter HTTP_DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.US);

    private static final Map<String, String> MEDIA_TYPES = Map.ofEntries(
            Map.entry("txt", "text/plain; charset=utf-8"),
            Map.entry("log", "text/plain; charset=utf-8"),
            Map.entry("html", "text/html; charset=utf-8"),
            Map.entry("css", "text/css; charset=utf-8"),
            Map.entry("csv", "text/csv; charset=utf-8"),
            Map.entry("json", "application/json"),
            Map.entry("xml", "application/xml"),
            Map.entry("pdf", "application/pdf"),
            Map.entry("png", "image/png"),
            Map.entry("jpg", "image/jpeg"),
            Map.entry("svg", "image/svg+xml"),
            Map.entry("zip", "application/zip"),
            Map.entry("gz", "application/gzip"),
            Map.entry("jar", "application/java-archive"));

    private final FilePlane files;
    private final long bytesPerSecondMin;

    FilesHandler(FilePlane files, long bytesPerSecondMin) {
        this.files = files;
        this.bytesPerSecondMin = bytesPerSecondMin;
    }

    void handle(Exchange exchange) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.PUT, HttpMethod.POST, HttpMethod.DELETE);
        exchange.target().allow();
        String tail = exchange.target().tail();
        if (tail.equalsIgnoreCase(USERS_FILE) && !tail.equals(USERS_FILE)) {
            // On some disks it would be the users file.
            throw new ProblemException(Problem.PATH_INVALID, "the name could be read as " + USERS_FILE);
        }
        boolean folder = tail.isEmpty() || tail.endsWith("/");
        if (exchange.isMethod(HttpMethod.GET, HttpMethod.HEAD)) {
            if (folder) {
                list(exchange, tail.isEmpty() ? "" : tail.substring(0, tail.length() - 1));
            } else {
                get(exchange, tail);
            }
        } else if (exchange.isMethod(HttpMethod.DELETE)) {
            delete(exchange, folder && !tail.isEmpty() ? tail.substring(0, tail.length() - 1) : tail);
        } else if (folder) {
            throw new ProblemException(Problem.PATH_INVALID, "name the file: PUT /files/" + tail + "<name>");
        } else {
            put(exchange, tail);
        }
    }

    private static Principal require(Exchange exchange, Action action, String path) {
        return path.equals(USERS_FILE) ? exchange.require(Action.ADMIN, "users") : exchange.require(action, path);
    }

    private void put(Exchange exchange, String path) {
        Principal principal = require(exchange, Action.WRITE, path);
        HttpServerRequest request = exchange.request();
        String announced = request.getHeader("Content-Length");
        long length = announced == null ? -1 : Long.parseLong(announced);
        Precondition precondition = precondition(request);
        if (request.getHeader("Content-Encoding") != null) {
            throw new ProblemException(
                    Problem.MEDIA_TYPE_UNSUPPORTED, "Content-Encoding is not undone here; send the file's own bytes");
        }
        if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
            exchange.response().writeContinue();
        }
        BodyStream body = new BodyStream(request, bytesPerSecondMin);
        request.resume();
        exchange.blocking(() -> {
            // An upload may take hours; who may not write any more when it ends has not written.
            body.whenComplete(() -> {
                exchange.forgetPrincipal();
                require(exchange, Action.WRITE, path);
            });
            FileChange change = files.put(path, body, length, precondition, principal);
            exchange.onLoop(() -> {
                HttpServerResponse response = exchange.response();
                headers(response, change.etag(), change.sha256());
                if (change.kind() == FileChange.Kind.CREATED) {
                    response.putHeader("Location", request.path());
                }
                exchange.empty(change.kind() == FileChange.Kind.CREATED ? 201 : 204);
            });
        });
    }

    private void delete(Exchange exchange, String path) {
        if (path.equals(USERS_FILE)) {
            throw new ProblemException(Problem.FORBIDDEN, "the users file can be replaced, not deleted");
        }
        Principal principal = require(exchange, Action.DELETE, path);
        Precondition precondition = precondition(exchange.request());
        exchange.blocking(() -> {
            files.delete(path, precondition, principal);
            exchange.onLoop(() -> exchange.empty(204));
        });
    }

    private void get(Exchange exchange, String path) {
        require(exchange, Action.READ, path);
        exchange.blocking(() -> {
            OpenFile file = files.read(path);
            exchange.onLoop(() -> send(exchange, file));
        });
    }

    private static void send(Exchange exchange, OpenFile file) {
        FileEntry entry = file.entry();
        HttpServerResponse response = exchange.response();
        if (entry.folder()) {
            response.putHeader("Location", exchange.request().path() + "/");
            exchange.empty(308);
            return;
        }
        headers(response, entry.etag(), entry.sha256());
        response.putHeader("Last-Modified", HTTP_DATE.format(entry.modified().atOffset(ZoneOffset.UTC)));
        List<String> known = etags(exchange.request(), "If-None-Match");
        if (known != null && (known.contains("*") || known.contains(entry.etag()))) {
            file.close();
            exchange.empty(304);
            return;
        }
        response.putHeader("Content-Type", mediaType(entry.name()));
        if (exchange.isMethod(HttpMethod.HEAD)) {
            file.close();
            response.putHeader("Content-Length", Long.toString(entry.size())).end();
        } else {
            response.sendFile(file.channel(), 0, entry.size())
                    .onComplete(sent -> file.close())
                    .onFailure(exchange::fail);
        }
    }

    /// What was uploaded is shown, never run: a page among the files must not act in the name of its reader.
    private static void headers(HttpServerResponse response, String etag, String sha256) {
        response.putHeader("ETag", "\"" + etag + "\"")
                .putHeader("Repr-Digest", "sha-256=:" + base64(sha256) + ":")
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Content-Security-Policy", "sandbox")
                .putHeader("Cache-Control", "private, no-cache");
    }

    private static String base64(String sha256) {
        return Base64.getEncoder().encodeToString(HexFormat.of().parseHex(sha256));
    }

    private void list(Exchange exchange, String folder) {
        Principal principal = exchange.principal();
        exchange.blocking(() -> {
            List<FileEntry> entries = files.list(folder, (path, isFolder) -> visible(principal, path, isFolder));
            exchange.onLoop(() -> exchange.json(200, json -> {
                json.writeStartObject();
                json.writeStringProperty("path", folder.isEmpty() ? "" : folder + "/");
                json.writeName("entries");
                json.writeStartArray();
                for (FileEntry entry : entries) {
                    json.writeStartObject();
                    json.writeStringProperty("name", entry.name());
                    json.writeStringProperty("kind", entry.folder() ? "folder" : "file");
                    if (!entry.folder()) {
                        json.writeNumberProperty("size", entry.size());
                        json.writeStringProperty("etag", entry.etag());
                        json.writeStringProperty("sha256", entry.sha256());
                    }
                    json.writeStringProperty("modified", entry.modified().toString());
                    json.writeEndObject();
                }
                json.writeEndArray();
                json.writeNullProperty("next");
                json.writeEndObject();
            }));
        });
    }

    /// A name is shown to those who may read what it names, or something below it.
    private static boolean visible(Principal principal, String path, boolean folder) {
        if (path.equals(USERS_FILE)) {
            return principal.may(Action.ADMIN, "users");
        }
        return folder
                ? principal.mayOverlap(Action.READ, com.databroker.core.Pattern.of(path + "/**"))
                : principal.may(Action.READ, path);
    }

    private static Precondition precondition(HttpServerRequest request) {
        return new Precondition(etags(request, "If-Match"), etags(request, "If-None-Match"));
    }

    private static @Nullable List<String> etags(HttpServerRequest request, String header) {
        String value = request.getHeader(header);
        if (value == null) {
            return null;
        }
        return Arrays.stream(value.split(",", -1))
                .map(String::strip)
                .map(etag -> etag.startsWith("W/") ? etag.substring(2) : etag)
                .map(etag -> etag.length() > 1 && etag.startsWith("\"") ? etag.substring(1, etag.length() - 1) : etag)
                .toList();
    }

    private static String mediaType(String name) {
        int dot = name.lastIndexOf('.');
        String extension = dot < 0 ? "" : name.substring(dot + 1).toLowerCase(Locale.ROOT);
        return MEDIA_TYPES.getOrDefault(extension, "application/octet-stream");
    }
}
