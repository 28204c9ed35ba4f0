package com.databroker.client;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;

/// Files over HTTP: `PUT`, `GET` and `DELETE {base}/files/<path>`, and the listing of `{base}/files/<folder>/`.
final class FileCalls {
    /// The query parameter that takes up a listing where the page before ended.
    static final String CURSOR = "cursor";

    private static final int PAGE_BYTES_MAX = 16 << 20;
    private static final int ENTRIES_MAX = 1_000_000;
    private static final java.util.regex.Pattern SHA_256 =
            java.util.regex.Pattern.compile("sha-256=:([A-Za-z0-9+/=]{44}):");

    private record Answer(HttpResponse<Long> response, Bytes page) {
        String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }
    }

    private final Settings settings;
    private final HttpClient http;

    FileCalls(Settings settings, HttpClient http) {
        this.settings = settings;
        this.http = http;
    }

    /// @param length of the body, -1 where it shows only at the end
    FileInfo put(String path, InputStream body, long length) throws IOException {
        MessageDigest sha256 = sha256();
        Transfer transfer = new Transfer();
        InputStream counted = new DigestInputStream(transfer.reading(body), sha256);
        HttpRequest.BodyPublisher publisher = BodyPublishers.noBody();
        if (length < 0) {
            publisher = BodyPublishers.ofInputStream(() -> counted);
        } else if (length > 0) {
            publisher = BodyPublishers.fromPublisher(BodyPublishers.ofInputStream(() -> counted), length);
        }
        HttpRequest request = request("/files/" + encoded(path)).PUT(publisher).build();
        Answer answer = exchange(request, transfer, Set.of(200, 201, 204), null);
        return info(answer, transfer.moved(), sha256);
    }

    FileInfo get(String path, OutputStream target) throws IOException {
        MessageDigest sha256 = sha256();
        HttpRequest request = request("/files/" + encoded(path)).GET().build();
        Answer answer = exchange(request, new Transfer(), Set.of(200), new DigestOutputStream(target, sha256));
        return info(answer, answer.response().body(), sha256);
    }

    void delete(String path, boolean recursive) throws IOException {
        HttpRequest request = request("/files/" + encoded(path) + (recursive ? "?recursive" : ""))
                .DELETE()
                .build();
        exchange(request, new Transfer(), Set.of(200, 204), null);
    }

    List<FileEntry> list(String folder) throws IOException {
        String inner = folder.endsWith("/") ? folder.substring(0, folder.length() - 1) : folder;
        String address = inner.isEmpty() ? "/files/" : "/files/" + encoded(inner) + "/";
        List<FileEntry> entries = new ArrayList<>();
        String query = "";
        while (true) {
            HttpRequest request = request(address + query)
                    .setHeader("Accept", "application/json, " + ProblemDocument.MEDIA_TYPE)
                    .GET()
                    .build();
            Map<String, @Nullable Object> page = Json.parseObject(
                    exchange(request, new Transfer(), Set.of(200), null).page());
            int before = entries.size();
            addEntries(page.get("entries"), entries);
            if (!(page.get("next") instanceof String next)) {
                return List.copyOf(entries);
            }
            if (entries.size() == before || entries.size() > ENTRIES_MAX) {
                throw malformed("the listing does not end within " + ENTRIES_MAX + " entries");
            }
            query = "?" + CURSOR + "=" + URLEncoder.encode(next, StandardCharsets.UTF_8);
        }
    }

    private static void addEntries(@Nullable Object tree, List<FileEntry> entries) {
        if (!(tree instanceof List<?> list)) {
            throw malformed("the listing has no entries");
        }
        for (Object entry : list) {
            entries.add(entry(entry));
        }
    }

    private static FileEntry entry(@Nullable Object tree) {
        if (!(tree instanceof Map<?, ?> map) || !(map.get("name") instanceof String name)) {
            throw malformed("an entry has no name");
        }
        return new FileEntry(
                name,
                "folder".equals(map.get("kind")),
                map.get("size") instanceof Number size ? size.longValue() : 0,
                map.get("etag") instanceof String etag ? unquoted(etag) : null,
                map.get("sha256") instanceof String sha256 ? sha256 : null,
                map.get("version") instanceof Number version ? version.longValue() : 0,
                map.get("principal") instanceof String principal ? principal : null,
                map.get("modified") instanceof String modified ? instant(modified) : null);
    }

    FileEntry stat(String path) throws IOException {
        HttpRequest request = request("/files/" + encoded(path) + "?stat").GET().build();
        return entry(Json.parseObject(
                exchange(request, new Transfer(), Set.of(200), null).page()));
    }

    private static Instant instant(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException notATime) {
            throw malformed("\"" + Text.excerpt(text) + "\" is not a time");
        }
    }

    private static ProblemException malformed(String why) {
        return new ProblemException(Problem.MESSAGE_INVALID, why);
    }

    private HttpRequest.Builder request(String address) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(settings.http(address));
        if (settings.token() != null) {
            builder.header("Authorization", "Bearer " + settings.token());
        }
        return builder;
    }

    /// @param target where a wanted body goes; null for the page of the answer
    private Answer exchange(HttpRequest request, Transfer transfer, Set<Integer> wanted, @Nullable OutputStream target)
            throws IOException {
        ByteArrayOutputStream page = new ByteArrayOutputStream();
        CompletableFuture<HttpResponse<Long>> call = http.sendAsync(
                request,
                head -> target != null && wanted.contains(head.statusCode())
                        ? transfer.writing(target, Long.MAX_VALUE)
                        : transfer.writing(page, PAGE_BYTES_MAX));
        HttpResponse<Long> response = await(call, transfer);
        Bytes body = Bytes.wrap(page.toByteArray());
        if (target != null && isFolder(response)) {
            throw new ProblemException(Problem.FILE_NOT_FOUND, "what stands there is a folder");
        }
        if (!wanted.contains(response.statusCode())) {
            throw ProblemDocument.read(response.statusCode(), body);
        }
        return new Answer(response, body);
    }

    /// Whoever asks for a folder as if it were a file is sent to its listing.
    private static boolean isFolder(HttpResponse<Long> response) {
        return response.statusCode() == 308
                && response.headers()
                        .firstValue("Location")
                        .orElse("")
                        .endsWith(response.request().uri().getRawPath() + "/");
    }

    private HttpResponse<Long> await(CompletableFuture<HttpResponse<Long>> call, Transfer transfer) throws IOException {
        try {
            long before = -1;
            while (true) {
                try {
                    return call.get(settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
                } catch (TimeoutException waited) {
                    long now = transfer.moved();
                    if (!transfer.isOutside() && (now == before || now == 0)) {
                        throw new ProblemException(
                                Problem.UNAVAILABLE, "nothing moved for " + settings.timeout(), waited);
                    }
                    before = now;
                }
            }
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new ProblemException(Problem.UNAVAILABLE, "interrupted while waiting for the broker", interrupt);
        } catch (ExecutionException failure) {
            Throwable cause = Refusals.unwrap(failure);
            for (Throwable inner = cause; inner != null; inner = inner.getCause()) {
                if (inner instanceof Transfer.LocalFailure local) {
                    throw local.failure();
                }
            }
            throw Refusals.unavailable("the transfer failed", cause);
        } finally {
            // Does nothing to a call that is done, and ends the connection of any other.
            call.cancel(true);
        }
    }

    /// @throws ProblemException [Problem#BODY_INCOMPLETE] where the broker names other bytes than those that
    ///     passed
    private static FileInfo info(Answer answer, long size, MessageDigest sha256) {
        byte[] digest = sha256.digest();
        Matcher named = SHA_256.matcher(answer.header("Repr-Digest"));
        if (named.find() && !MessageDigest.isEqual(digest, decoded(named.group(1)))) {
            throw new ProblemException(
                    Problem.BODY_INCOMPLETE, "the broker's digest is not that of the " + size + " bytes that passed");
        }
        return new FileInfo(
                unquoted(answer.header("ETag")), size, HexFormat.of().formatHex(digest));
    }

    private static byte[] decoded(String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException notBase64) {
            throw malformed("Repr-Digest \"" + Text.excerpt(base64) + "\"");
        }
    }

    private static String unquoted(String etag) {
        return etag.length() >= 2 && etag.startsWith("\"") && etag.endsWith("\"")
                ? etag.substring(1, etag.length() - 1)
                : etag;
    }

    /// The path with all but the unreserved characters of RFC 3986 in percent form.
    ///
    /// @throws ProblemException [Problem#PATH_INVALID] for segments that an address would lose on its way
    static String encoded(String path) {
        StringBuilder out = new StringBuilder();
        for (String segment : path.split("/", -1)) {
            if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
                throw new ProblemException(
                        Problem.PATH_INVALID,
                        "path \"" + Text.excerpt(path) + "\" has an empty segment, '.' or '..'; use ci/report.pdf");
            }
            out.append(out.length() == 0 ? "" : "/")
                    .append(URLEncoder.encode(segment, StandardCharsets.UTF_8)
                            .replace("+", "%20")
                            .replace("*", "%2A")
                            .replace("%7E", "~"));
        }
        return out.toString();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }
}
