package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Finding;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// The part of the broker that only the command uses: `/access` and `/health`.
final class Http implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

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
        SSLContext plain = PlainTls.context(address.url());
        if (plain != null) {
            builder.sslContext(plain);
        }
        client = builder.build();
    }

    /// An answer, whatever its status.
    record Answer(int status, Bytes body) {
        Map<String, @Nullable Object> object() {
            return Json.parseObject(body);
        }
    }

    /// @param json the body, null for none
    /// @throws ProblemException the broker's refusal
    Answer call(String method, String path, @Nullable Map<String, @Nullable Object> json) throws InterruptedException {
        Bytes body = json == null ? Bytes.EMPTY : Json.bytes(out -> Json.writeTree(out, json));
        Answer answer = send(method, path, body);
        if (answer.status >= 300) {
            throw refusal(answer);
        }
        return answer;
    }

    /// @throws CliException where nobody answers
    Answer send(String method, String path, Bytes body) throws InterruptedException {
        String base = address.url();
        URI target = URI.create((base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + path);
        HttpRequest.Builder request = HttpRequest.newBuilder(target)
                .timeout(TIMEOUT)
                .method(
                        method,
                        body.length() == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body.toArray()));
        if (body.length() > 0) {
            request.setHeader("Content-Type", "application/json");
        }
        if (address.token() != null) {
            request.setHeader("Authorization", "Bearer " + address.token());
        }
        try {
            HttpResponse<byte[]> response = client.send(request.build(), BodyHandlers.ofByteArray());
            return new Answer(response.statusCode(), Bytes.wrap(response.body()));
        } catch (IOException failed) {
            throw address.explained(
                    new ProblemException(Problem.UNAVAILABLE, "no answer from " + base + ": " + reason(failed), failed),
                    around);
        }
    }

    private static String reason(IOException failed) {
        return failed.getMessage() == null ? failed.getClass().getSimpleName() : failed.getMessage();
    }

    static ProblemException refusal(Answer answer) {
        try {
            Map<String, @Nullable Object> document = answer.object();
            for (Problem problem : Problem.values()) {
                if (document.get("number") instanceof Number number && number.intValue() == problem.number()) {
                    Object detail = document.get("detail");
                    return new ProblemException(
                            problem,
                            detail instanceof String text ? text : problem.title(),
                            findings(document.get("findings")));
                }
            }
        } catch (ProblemException notADocument) {
            // Something between us and the broker answered; its status has to do.
        }
        Problem problem = switch (answer.status) {
            case 401 -> Problem.NOT_AUTHENTICATED;
            case 403 -> Problem.FORBIDDEN;
            case 404 -> Problem.NOT_FOUND;
            case 429, 502, 503, 504 -> Problem.UNAVAILABLE;
            default -> Problem.BAD_REQUEST;
        };
        return new ProblemException(problem, "the answer was HTTP status " + answer.status);
    }

    private static List<Finding> findings(@Nullable Object tree) {
        List<Finding> findings = new ArrayList<>();
        if (tree instanceof List<?> list) {
            for (Object entry : list) {
                if (entry instanceof Map<?, ?> map) {
                    findings.add(new Finding(
                            integer(map.get("line")), integer(map.get("column")), String.valueOf(map.get("message"))));
                }
            }
        }
        return findings;
    }

    private static int integer(@Nullable Object value) {
        return value instanceof Number number ? number.intValue() : 0;
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
