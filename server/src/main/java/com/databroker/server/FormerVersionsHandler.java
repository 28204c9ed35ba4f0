package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.FileChange;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.files.FileEntry;
import com.databroker.files.FilePlane;
import com.databroker.files.OpenFile;
import com.databroker.files.Precondition;
import com.databroker.files.Upload;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.util.List;

/// What files were before, where a rule keeps that:
///
/// ```text
/// GET    /files/<path>?versions     what is kept, the newest first
/// GET    /files/<path>?version=<n>  one of them, as GET gives a file
/// POST   /files/<path>?restore=<n>  makes it the file again, the way of every upload
/// DELETE /files/<path>?versions     gives up all that are kept
/// ```
/// The grants are those of the path, as it is now.
final class FormerVersionsHandler {
    static final String LIST = "versions";
    static final String ONE = "version";
    static final String RESTORE = "restore";

    private final FilePlane files;

    FormerVersionsHandler(FilePlane files) {
        this.files = files;
    }

    void list(Exchange exchange, String path) {
        exchange.target().allow(LIST);
        FilesHandler.require(exchange, Action.READ, path);
        exchange.blocking(() -> {
            List<FileEntry> kept = files.former().list(path);
            exchange.onLoop(() -> exchange.json(200, json -> {
                json.writeStartObject();
                json.writeStringProperty("path", path);
                json.writeName("versions");
                json.writeStartArray();
                kept.forEach(entry -> FolderPage.writeEntry(json, entry));
                json.writeEndArray();
                json.writeEndObject();
            }));
        });
    }

    void get(Exchange exchange, String path) {
        exchange.target().allow(ONE, "download");
        FilesHandler.require(exchange, Action.READ, path);
        long version = number(exchange, ONE);
        exchange.blocking(() -> {
            OpenFile file = files.former().read(path, version);
            exchange.onLoop(() -> FileSender.send(exchange, file));
        });
    }

    void restore(Exchange exchange, String path) {
        exchange.target().allow(RESTORE);
        FilesHandler.require(exchange, Action.READ, path);
        Principal principal = FilesHandler.require(exchange, Action.WRITE, path);
        long version = number(exchange, RESTORE);
        Precondition precondition = Conditions.of(exchange.request());
        exchange.blocking(() -> {
            FileChange change = restored(path, version, precondition, principal);
            exchange.onLoop(() -> UploadHandler.answer(exchange, change));
        });
    }

    private FileChange restored(String path, long version, Precondition precondition, Principal principal) {
        try (OpenFile file = files.former().read(path, version);
                InputStream bytes = Channels.newInputStream(file.channel());
                Upload upload = files.begin(path, file.entry().size(), precondition, principal)) {
            upload.append(bytes, file.entry().size());
            return upload.commit(precondition, file.entry().metadata());
        } catch (IOException unread) {
            throw new ProblemException(Problem.UNAVAILABLE, "version " + version + " of " + path, unread);
        }
    }

    void forget(Exchange exchange, String path) {
        exchange.target().allow(LIST);
        FilesHandler.require(exchange, Action.DELETE, path);
        exchange.blocking(() -> {
            files.former().forget(path);
            exchange.onLoop(() -> exchange.empty(204));
        });
    }

    private static long number(Exchange exchange, String name) {
        String value = String.valueOf(exchange.target().parameter(name));
        if (!value.matches("\\d{1,18}")) {
            throw new ProblemException(
                    Problem.BAD_REQUEST, name + " \"" + Text.excerpt(value) + "\" is not the number of a version");
        }
        return Long.parseLong(value);
    }
}
