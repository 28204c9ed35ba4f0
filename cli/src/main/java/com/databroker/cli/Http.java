package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// The part of the broker that only the command uses: `/access`, `/health` and `/streams`.
final class Http implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /// For the beginning of what takes long.
    private static final Duration LONG = Duration.ofMinutes(10);

    private final Address address;
    private final Surroundings around;
    private final HttpClient client;

    Http(Address address, Surroundings around) {
        this.address = address;
        this.around = around;
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(TIMEOUT);
        SSLContext trusted = address.trust().context(address.url());
        if (trusted != null) {
            builder.sslContext(trusted);
        }
        client = builder.build();
    }

    /// An answer, whatever its status.
    record Answer(int status, Bytes body) {
        Map<String, @Nullable Object> object() {
            return Json.parseAnswerObject(body);
        }
    }

    /// @param json the body, null for none
    /// @throws ProblemException the broker's refusal
    Answer call(String method, String path, @Nullable Map<String, @Nullable Object> json) throws InterruptedException {
        return call(method, path, json == null ? Bytes.EMPTY : Json.bytes(out -> Json.writeTree(out, json)), TIMEOUT);
    }

    /// @param patience for the answer as a whole
    /// @throws ProblemException the broker's refusal
    Answer call(String method, String path, Bytes body, Duration patience) throws InterruptedException {
        Answer answer = send(method, path, body, patience);
        if (answer.status >= 300) {
            throw ProblemDocument.read(answer.status, answer.body);
        }
        return answer;
    }

    /// @param version that what is changed must have; null for any
    /// @throws ProblemException the broker's refusal
    Answer call(String method, String path, Bytes body, @Nullable String version) throws InterruptedException {
        Answer answer =
                send(method, path, body, TIMEOUT, version == null ? Map.of() : Map.of("If-Match", '"' + version + '"'));
        if (answer.status >= 300) {
            throw ProblemDocument.read(answer.status, answer.body);
        }
        return answer;
    }

    /// @throws CliException where nobody answers
    Answer send(String method, String path, Bytes body) throws InterruptedException {
        return send(method, path, body, TIMEOUT);
    }

    private Answer send(String method, String path, Bytes body, Duration patience) throws InterruptedException {
        return send(method, path, body, patience, Map.of());
    }

    /// An answer as it comes.
    ///
    /// @throws ProblemException the broker's refusal
    InputStream stream(String method, String path) throws IOException, InterruptedException {
        HttpRequest request = request(method, path, Bytes.EMPTY, LONG, Map.of()).build();
        try {
            HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
            if (response.statusCode() >= 300) {
                try (InputStream refusal = response.body()) {
                    throw ProblemDocument.read(response.statusCode(), Bytes.wrap(refusal.readAllBytes()));
                }
            }
            return response.body();
        } catch (IOException failed) {
            throw unanswered(failed);
        }
    }

    private Answer send(String method, String path, Bytes body, Duration patience, Map<String, String> headers)
            throws InterruptedException {
        try {
            HttpResponse<byte[]> response =
                    client.send(request(method, path, body, patience, headers).build(), BodyHandlers.ofByteArray());
            return new Answer(response.statusCode(), Bytes.wrap(response.body()));
        } catch (IOException failed) {
            throw unanswered(failed);
        }
    }

    private RuntimeException unanswered(IOException failed) {
        return address.explained(
                new ProblemException(
                        Problem.UNAVAILABLE, "no answer from " + address.url() + ": " + reason(failed), failed),
                around);
    }

    private HttpRequest.Builder request(
            String method, String path, Bytes body, Duration patience, Map<String, String> headers) {
        String base = address.url();
        URI target = URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path);
        HttpRequest.Builder request = HttpRequest.newBuilder(target)
                .timeout(patience)
                .method(
                        method,
                        body.length() == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body.toArray()));
        headers.forEach(request::setHeader);
        if (body.length() > 0) {
            request.setHeader("Content-Type", "application/json");
        }
        if (address.token() != null) {
            request.setHeader("Authorization", "Bearer " + address.token());
        }
        return request;
    }

    private static String reason(IOException failed) {
        return failed.getMessage() == null ? failed.getClass().getSimpleName() : failed.getMessage();
    }

    /// One segment of a path.
    static String segment(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public void close() {
        client.close();
    }
}
