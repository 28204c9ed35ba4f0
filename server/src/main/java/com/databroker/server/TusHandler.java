package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Utf8;
import com.databroker.files.FileMetadata;
import com.databroker.files.Precondition;
import com.databroker.files.ResumableUploads;
import com.databroker.files.ResumableUploads.Progress;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.InputStream;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Resumable uploads by the protocol tus 1.0: `POST /files/<path>` with the header `Tus-Resumable` begins one, and
/// `/uploads/<id>` is where it goes on.
final class TusHandler {
    static final HttpMethod PATCH = HttpMethod.PATCH;

    private static final String VERSION = "1.0.0";
    private static final String HEADER = "Tus-Resumable";
    private static final String PIECE = "application/offset+octet-stream";

    private final ResumableUploads uploads;
    private final long sizeMax;
    private final long bytesPerSecondMin;

    TusHandler(ResumableUploads uploads, long sizeMax, long bytesPerSecondMin) {
        this.uploads = uploads;
        this.sizeMax = sizeMax;
        this.bytesPerSecondMin = bytesPerSecondMin;
    }

    /// Whether a request speaks this protocol.
    static boolean speaks(HttpServerRequest request) {
        return request.getHeader(HEADER) != null;
    }

    /// What is offered, to whoever asks.
    void options(Exchange exchange) {
        exchange.response()
                .putHeader(HEADER, VERSION)
                .putHeader("Tus-Version", VERSION)
                .putHeader("Tus-Max-Size", Long.toString(sizeMax))
                .putHeader("Tus-Extension", "creation,creation-with-upload,termination,expiration");
        exchange.empty(204);
    }

    private static void requireVersion(Exchange exchange) {
        exchange.response().putHeader(HEADER, VERSION);
        if (!VERSION.equals(exchange.request().getHeader(HEADER))) {
            exchange.response().putHeader("Tus-Version", VERSION);
            throw new ProblemException(Problem.PRECONDITION_FAILED, "of tus, version " + VERSION + " is spoken here");
        }
    }

    /// Begins an upload; a folder needs the name of the file in `Upload-Metadata`.
    void create(Exchange exchange, String path, boolean isFolder) {
        requireVersion(exchange);
        HttpServerRequest request = exchange.request();
        Map<String, String> metadata = metadata(request.getHeader("Upload-Metadata"));
        String target = isFolder ? child(path, metadata.get("filename")) : path;
        FilesHandler.checkName(target);
        Principal principal = FilesHandler.require(exchange, Action.WRITE, target);
        long length = number(request, "Upload-Length");
        Precondition precondition = Conditions.of(request);
        InputStream body = piece(request) ? body(exchange) : null;
        if (body == null && hasBody(request)) {
            throw new ProblemException(
                    Problem.MEDIA_TYPE_UNSUPPORTED, "the first piece of an upload comes as " + PIECE);
        }
        long bodyLength = exchange.announcedLength(Long.MAX_VALUE, "files.size-max");
        exchange.blocking(() -> {
            Progress begun = uploads.create(target, length, precondition, ofFile(metadata), principal);
            Progress progress = begun;
            if (body != null && begun.change() == null) {
                progress = uploads.append(begun.id(), 0, body, bodyLength, principal);
            }
            Progress said = progress;
            exchange.onLoop(() -> {
                exchange.response().putHeader("Location", "/uploads/" + begun.id());
                answer(exchange, said, 201);
            });
        });
    }

    private InputStream body(Exchange exchange) {
        return UploadHandler.onDemand(exchange, new BodyStream(exchange.request(), bytesPerSecondMin));
    }

    private static String child(String folder, @Nullable String name) {
        if (name == null || name.isEmpty()) {
            throw new ProblemException(
                    Problem.PATH_INVALID, "name the file in the address, or as filename in Upload-Metadata");
        }
        return folder.isEmpty() ? name : folder + "/" + name;
    }

    private static FileMetadata ofFile(Map<String, String> metadata) {
        String type = metadata.get("filetype");
        return type == null || type.isEmpty() || type.chars().anyMatch(c -> c < ' ' || c > '~')
                ? FileMetadata.NONE
                : new FileMetadata(Map.of(FileMetadata.CONTENT_TYPE, type));
    }

    private static boolean hasBody(HttpServerRequest request) {
        String length = request.getHeader("Content-Length");
        return request.headers().contains("Transfer-Encoding") || (length != null && !length.matches("0+"));
    }

    private static boolean piece(HttpServerRequest request) {
        return PIECE.equals(request.getHeader("Content-Type"));
    }

    /// What is asked of an upload that was begun.
    void handle(Exchange exchange) {
        HttpMethod method = method(exchange);
        if (method.equals(HttpMethod.OPTIONS)) {
            options(exchange);
            return;
        }
        requireVersion(exchange);
        String id = exchange.target().tail();
        Principal principal = exchange.principal();
        FilesHandler.require(exchange, Action.WRITE, uploads.path(id, principal));
        if (method.equals(HttpMethod.HEAD)) {
            exchange.blocking(() -> {
                Progress progress = uploads.progress(id, principal);
                exchange.onLoop(() -> {
                    exchange.response()
                            .putHeader("Upload-Length", Long.toString(progress.length()))
                            .putHeader("Cache-Control", "no-store");
                    answer(exchange, progress, 200);
                });
            });
        } else if (method.equals(PATCH)) {
            patch(exchange, id, principal);
        } else {
            exchange.blocking(() -> {
                uploads.delete(id, principal);
                exchange.onLoop(() -> exchange.empty(204));
            });
        }
    }

    /// Some clients cannot say PATCH, and say POST and what they mean.
    private static HttpMethod method(Exchange exchange) {
        String override = exchange.request().getHeader("X-HTTP-Method-Override");
        if (exchange.isMethod(HttpMethod.POST) && override != null) {
            for (HttpMethod offered : List.of(HttpMethod.HEAD, PATCH, HttpMethod.DELETE)) {
                if (offered.name().equals(override)) {
                    return offered;
                }
            }
        }
        exchange.allow(HttpMethod.HEAD, PATCH, HttpMethod.DELETE, HttpMethod.OPTIONS);
        return exchange.request().method();
    }

    private void patch(Exchange exchange, String id, Principal principal) {
        HttpServerRequest request = exchange.request();
        if (!piece(request)) {
            throw new ProblemException(Problem.MEDIA_TYPE_UNSUPPORTED, "a piece of an upload comes as " + PIECE);
        }
        long offset = number(request, "Upload-Offset");
        long length = exchange.announcedLength(Long.MAX_VALUE, "files.size-max");
        InputStream body = body(exchange);
        exchange.blocking(() -> {
            Progress progress = uploads.append(id, offset, body, length, principal);
            exchange.onLoop(() -> answer(exchange, progress, 204));
        });
    }

    private static void answer(Exchange exchange, Progress progress, int status) {
        HttpServerResponse response = exchange.response()
                .putHeader("Upload-Offset", Long.toString(progress.offset()))
                .putHeader("Upload-Expires", HttpDate.of(progress.expires()));
        if (progress.change() != null) {
            response.putHeader("ETag", "\"" + progress.change().etag() + "\"");
        }
        exchange.empty(status);
    }

    private static long number(HttpServerRequest request, String header) {
        String value = request.getHeader(header);
        if (value == null || !value.matches("\\d{1,18}")) {
            throw new ProblemException(Problem.BAD_REQUEST, "the header " + header + " is missing or not a number");
        }
        return Long.parseLong(value);
    }

    /// `name Base64,name Base64,…`
    private static Map<String, String> metadata(@Nullable String header) {
        Map<String, String> metadata = new HashMap<>();
        for (String pair : header == null ? List.<String>of() : List.of(header.split(",", -1))) {
            String[] parts = pair.strip().split(" ", 2);
            try {
                byte[] decoded = Base64.getDecoder().decode(parts.length == 1 ? "" : parts[1].strip());
                String value = Utf8.decode(decoded, 0, decoded.length);
                if (value == null || metadata.put(parts[0], value) != null) {
                    throw new ProblemException(
                            Problem.BAD_REQUEST, "Upload-Metadata has a name twice, or a value that is not UTF-8");
                }
            } catch (IllegalArgumentException notBase64) {
                throw new ProblemException(Problem.BAD_REQUEST, "Upload-Metadata is not name Base64,name Base64");
            }
        }
        return metadata;
    }
}
