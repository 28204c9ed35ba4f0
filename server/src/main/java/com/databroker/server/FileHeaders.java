package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.FileChange;
import com.databroker.core.ProblemException;
import com.databroker.files.FileEntry;
import com.databroker.files.FileMetadata;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// What the headers of requests and answers say of a file: entity tags, dates, digests, metadata (RFC 9110,
/// 9530).
final class FileHeaders {
    /// What curl says of a body when nobody told it anything.
    private static final String NOTHING_SAID = "application/x-www-form-urlencoded";

    private static final CharSequence REPR_DIGEST = HttpHeaders.createOptimized("Repr-Digest");
    private static final CharSequence CONTENT_TYPE_OPTIONS = HttpHeaders.createOptimized("X-Content-Type-Options");
    private static final CharSequence CONTENT_SECURITY_POLICY = HttpHeaders.createOptimized("Content-Security-Policy");
    private static final CharSequence BYTES = HttpHeaders.createOptimized("bytes");
    private static final CharSequence NO_SNIFF = HttpHeaders.createOptimized("nosniff");
    private static final CharSequence SANDBOX = HttpHeaders.createOptimized("sandbox");
    private static final CharSequence PRIVATE = HttpHeaders.createOptimized("private, no-cache");

    private FileHeaders() {}

    /// What headers say of one version, ready to be sent.
    ///
    /// @param head of the whole file, with its digest: status line, headers, empty line
    record Description(
            String etag, String digest, String modified, String type, Map<String, String> metadata, Bytes head) {

        static Description of(FileEntry entry) {
            Map<String, String> metadata = entry.metadata().values();
            return new Description(
                            quoted(entry.etag()),
                            reprDigest(entry.sha256()),
                            HttpDate.of(entry.modified()),
                            metadata.getOrDefault(FileMetadata.CONTENT_TYPE, MediaTypes.of(entry.name())),
                            metadata,
                            Bytes.EMPTY)
                    .withHead(entry.size());
        }

        private Description withHead(long size) {
            MultiMap headers = HttpHeaders.headers();
            describe(headers, this, true);
            headers.set(HttpHeaders.CONTENT_LENGTH, Long.toString(size));
            StringBuilder text = new StringBuilder("HTTP/1.1 200 OK\r\n");
            headers.forEach((name, value) ->
                    text.append(name).append(": ").append(value).append("\r\n"));
            return new Description(
                    etag,
                    digest,
                    modified,
                    type,
                    metadata,
                    Bytes.wrap(text.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII)));
        }
    }

    /// What is known of a file, and that what was uploaded is shown, never run: a page among the files must
    /// not act in the name of its reader.
    static void describe(HttpServerRequest request, Description file) {
        describe(request.response().headers(), file, Digests.wantsSha256(request.getHeader("Want-Repr-Digest")));
    }

    private static void describe(MultiMap headers, Description file, boolean digestWanted) {
        validators(headers, file.etag, file.digest, digestWanted);
        file.metadata.forEach(headers::set);
        headers.set(HttpHeaders.CONTENT_TYPE, file.type)
                .set(HttpHeaders.LAST_MODIFIED, file.modified)
                .set(HttpHeaders.ACCEPT_RANGES, BYTES);
    }

    /// The headers of a change that was made.
    static void describe(HttpServerResponse response, FileChange change) {
        validators(response.headers(), quoted(change.etag()), reprDigest(change.sha256()), true);
    }

    private static String quoted(String etag) {
        return "\"" + etag + "\"";
    }

    private static String reprDigest(String sha256) {
        return "sha-256=:" + Base64.getEncoder().encodeToString(HexFormat.of().parseHex(sha256)) + ":";
    }

    private static void validators(MultiMap headers, String etag, String digest, boolean wanted) {
        if (wanted) {
            headers.set(REPR_DIGEST, digest);
        }
        headers.set(HttpHeaders.ETAG, etag)
                .set(CONTENT_TYPE_OPTIONS, NO_SNIFF)
                .set(CONTENT_SECURITY_POLICY, SANDBOX)
                .set(HttpHeaders.CACHE_CONTROL, PRIVATE);
    }

    /// To be saved under its name, which any program can read.
    static String attachment(String name) {
        String plain = name.replaceAll("[^A-Za-z0-9._ -]", "_");
        String encoded = URLEncoder.encode(name, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A");
        return "attachment; filename=\"" + plain + "\"; filename*=UTF-8''" + encoded;
    }

    /// The members of a list, which may stand in several lines.
    static @Nullable List<String> members(HttpServerRequest request, String header) {
        List<String> lines = request.headers().getAll(header);
        return lines.isEmpty()
                ? null
                : Arrays.stream(String.join(",", lines).split(",", -1))
                        .map(String::strip)
                        .toList();
    }

    /// What the sender of a file says about it.
    ///
    /// @throws ProblemException [Problem#HEADERS_TOO_LARGE]
    static FileMetadata metadata(HttpServerRequest request) {
        Map<String, String> values = new TreeMap<>();
        String type = request.getHeader("Content-Type");
        if (type != null && !type.isBlank() && !type.toLowerCase(Locale.ROOT).startsWith(NOTHING_SAID)) {
            values.put(FileMetadata.CONTENT_TYPE, type);
        }
        request.headers().forEach((name, value) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (lower.startsWith(FileMetadata.PREFIX)) {
                // Lines of one name are one value, as RFC 9110 joins them.
                values.merge(lower, value, (first, more) -> first + ", " + more);
            }
        });
        return values.isEmpty() ? FileMetadata.NONE : new FileMetadata(values);
    }
}
