package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.files.FileEntry;
import com.databroker.files.Listing;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// A folder as JSON for programs, and as a page for people, with a form to upload.
final class FolderPage {
    private FolderPage() {}

    /// `{"path":"ci/","entries":[{"name":…,"kind":"file"|"folder",…}],"next":null|"…"}`
    static void writeJson(JsonGenerator json, String folder, Listing listing) {
        json.writeStartObject();
        json.writeStringProperty("path", folder.isEmpty() ? "" : folder + "/");
        json.writeName("entries");
        json.writeStartArray();
        for (FileEntry entry : listing.entries()) {
            writeEntry(json, entry);
        }
        json.writeEndArray();
        if (listing.next() == null) {
            json.writeNullProperty("next");
        } else {
            json.writeStringProperty("next", listing.next());
        }
        json.writeEndObject();
    }

    static void writeEntry(JsonGenerator json, FileEntry entry) {
        json.writeStartObject();
        json.writeStringProperty("name", entry.name());
        json.writeStringProperty("kind", entry.folder() ? "folder" : "file");
        if (!entry.folder()) {
            json.writeNumberProperty("size", entry.size());
            json.writeStringProperty("etag", entry.etag());
            json.writeStringProperty("sha256", entry.sha256());
            json.writeNumberProperty("version", entry.version());
            json.writeStringProperty("principal", entry.principal());
        }
        json.writeStringProperty("modified", entry.modified().toString());
        if (!entry.metadata().values().isEmpty()) {
            json.writeName("metadata");
            json.writeStartObject();
            entry.metadata().values().forEach(json::writeStringProperty);
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /// @param query what leads to the next page, null on the last
    static Bytes html(String folder, Listing listing, @Nullable String query) {
        String title = "/" + (folder.isEmpty() ? "" : escaped(folder) + "/");
        StringBuilder page = new StringBuilder(4096)
                .append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
                .append(title)
                .append(
                        "</title>\n<link rel=\"stylesheet\" href=\"/assets/folder.css\">\n</head>\n<body>\n<header><h1>")
                .append(title)
                .append("</h1></header>\n<main>\n")
                .append("<form method=\"post\" enctype=\"multipart/form-data\">\n")
                .append("  <label>Files <input type=\"file\" name=\"file\" multiple required></label>\n")
                .append("  <button>Upload</button>\n</form>\n<table>\n")
                .append("  <thead><tr><th>name</th><th>size</th><th>modified</th><th>by</th></tr></thead>\n<tbody>\n");
        if (!folder.isEmpty()) {
            page.append("<tr><td><a href=\"../\">../</a></td><td></td><td></td><td></td></tr>\n");
        }
        for (FileEntry entry : listing.entries()) {
            String slash = entry.folder() ? "/" : "";
            page.append("<tr><td><a href=\"./")
                    .append(URLEncoder.encode(entry.name(), StandardCharsets.UTF_8)
                            .replace("+", "%20"))
                    .append(slash)
                    .append("\">")
                    .append(escaped(entry.name()))
                    .append(slash)
                    .append("</a></td><td>")
                    .append(entry.folder() ? "" : Long.toString(entry.size()))
                    .append("</td><td>")
                    .append(entry.modified())
                    .append("</td><td>")
                    .append(escaped(entry.principal()))
                    .append("</td></tr>\n");
        }
        page.append("</tbody>\n</table>\n");
        if (query != null) {
            page.append("<p><a rel=\"next\" href=\"?").append(escaped(query)).append("\">next page</a></p>\n");
        }
        return Bytes.utf8(page.append("</main>\n</body>\n</html>\n").toString());
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
