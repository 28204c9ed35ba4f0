package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.FileChange;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.files.FileMetadata;
import com.databroker.files.FilePlane;
import com.databroker.files.Precondition;
import com.databroker.files.Upload;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/// PUT and POST of files: one as a body, or several as a form that a browser sends. Who may, what stands
/// against it and whether it fits is asked before the first byte is asked for, and whether the sender still
/// may after the last.
final class UploadHandler {
    private final FilePlane files;
    private final long bytesPerSecondMin;

    UploadHandler(FilePlane files, long bytesPerSecondMin) {
        this.files = files;
        this.bytesPerSecondMin = bytesPerSecondMin;
    }

    /// A body that is the file.
    void put(Exchange exchange, String path) {
        HttpServerRequest request = exchange.request();
        Principal principal = FilesHandler.require(exchange, Action.WRITE, path);
        requirePlain(request);
        long length = exchange.announcedLength(Long.MAX_VALUE, "files.size-max");
        Precondition precondition = Conditions.of(request);
        Digests digests = Digests.of(request);
        FileMetadata metadata = FileHeaders.metadata(request);
        BodyStream body = new BodyStream(request, bytesPerSecondMin);
        exchange.blocking(() -> {
            try (Upload upload = files.begin(path, length, precondition, principal)) {
                welcome(exchange);
                // An upload may take hours; who may not write any more when it ends has not written.
                body.whenComplete(() -> requireStill(exchange, path));
                upload.append(digests.checked(body), length);
                FileChange change = upload.commit(precondition, metadata);
                exchange.onLoop(() -> answer(exchange, change));
            }
        });
    }

    private static void requirePlain(HttpServerRequest request) {
        if (request.getHeader("Content-Encoding") != null) {
            throw new ProblemException(
                    Problem.MEDIA_TYPE_UNSUPPORTED, "Content-Encoding is not undone here; send the file's own bytes");
        }
        if (request.getHeader("Content-Range") != null) {
            throw new ProblemException(
                    Problem.BAD_REQUEST, "a part of a file cannot be put; see the page about resumable uploads");
        }
    }

    /// Asks for the body, which a client with `Expect: 100-continue` has not sent yet.
    private static void welcome(Exchange exchange) {
        exchange.onLoop(() -> {
            if ("100-continue".equalsIgnoreCase(exchange.request().getHeader("Expect"))) {
                exchange.response().writeContinue();
            }
            exchange.request().resume();
        });
    }

    /// A body that is asked for when it is read first: what is checked before is checked without it.
    static InputStream onDemand(Exchange exchange, BodyStream body) {
        return new FilterInputStream(body) {
            private boolean welcomed;

            @Override
            public int read() throws IOException {
                ask();
                return super.read();
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                ask();
                return super.read(into, offset, length);
            }

            private void ask() {
                if (!welcomed) {
                    welcomed = true;
                    welcome(exchange);
                }
            }
        };
    }

    private static void requireStill(Exchange exchange, String path) {
        exchange.forgetPrincipal();
        FilesHandler.require(exchange, Action.WRITE, path);
    }

    static void answer(Exchange exchange, FileChange change) {
        HttpServerResponse response = exchange.response();
        FileHeaders.describe(response, change);
        if (change.kind() == FileChange.Kind.CREATED) {
            response.putHeader("Location", exchange.request().path());
        }
        exchange.empty(change.kind() == FileChange.Kind.CREATED ? 201 : 204);
    }

    /// A form with files for one folder: all of them become visible, or none. Fields that are not files are
    /// skipped.
    void postForm(Exchange exchange, String folder) {
        HttpServerRequest request = exchange.request();
        Principal principal = exchange.principal();
        if (!FilesHandler.mayWriteBelow(principal, folder)) {
            FilesHandler.require(exchange, Action.WRITE, folder);
        }
        requirePlain(request);
        Precondition precondition = Conditions.of(request);
        Digests digests = Digests.of(request);
        String contentType = String.valueOf(request.getHeader("Content-Type"));
        BodyStream body = new BodyStream(request, bytesPerSecondMin);
        exchange.blocking(() -> {
            List<Upload> uploads = new ArrayList<>();
            try {
                welcome(exchange);
                MultipartForm form = MultipartForm.of(contentType, digests.checked(body));
                for (MultipartForm.Part part = form.next(); part != null; part = form.next()) {
                    if (part.filename() != null && !part.filename().isEmpty()) {
                        uploads.add(receive(exchange, folder, part, precondition));
                    }
                }
                if (uploads.isEmpty()) {
                    throw new ProblemException(Problem.BAD_REQUEST, "the form has no file");
                }
                uploads.forEach(upload -> requireStill(exchange, upload.path()));
                List<FileChange> changes = files.commit(uploads, precondition, FileMetadata.NONE, principal);
                exchange.onLoop(() -> answer(exchange, changes));
            } catch (IOException broken) {
                throw new UncheckedIOException(broken);
            } finally {
                uploads.forEach(Upload::close);
            }
        });
    }

    private Upload receive(Exchange exchange, String folder, MultipartForm.Part part, Precondition precondition) {
        String path = (folder.isEmpty() ? "" : folder + "/") + part.filename();
        FilesHandler.checkName(path);
        FilesHandler.require(exchange, Action.WRITE, path);
        Upload upload = files.begin(path, -1, precondition, exchange.principal());
        try {
            InputStream content = part.body();
            upload.append(content, -1);
            return upload;
        } catch (RuntimeException | Error refused) {
            upload.close();
            throw refused;
        }
    }

    private static void answer(Exchange exchange, List<FileChange> changes) {
        if (exchange.prefersHtml()) {
            // The browser shows the folder again, and a reload does not upload again.
            exchange.response().putHeader("Location", exchange.request().path());
            exchange.empty(303);
            return;
        }
        exchange.json(201, json -> {
            json.writeStartObject();
            json.writeName("files");
            json.writeStartArray();
            changes.forEach(change -> write(json, change));
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    private static void write(JsonGenerator json, FileChange change) {
        json.writeStartObject();
        json.writeStringProperty("event", change.kind().eventType());
        json.writeStringProperty("path", change.path());
        json.writeNumberProperty("size", change.size());
        json.writeStringProperty("etag", change.etag());
        json.writeStringProperty("sha256", change.sha256());
        json.writeNumberProperty("version", change.version());
        json.writeEndObject();
    }
}
