package com.databroker.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// A refusal as an RFC 9457 problem document.
///
/// Members beside the RFC's: `number`, `retry`, `remedy`, and `findings` with line and column where a document was
/// refused.
public final class ProblemDocument {
    public static final String MEDIA_TYPE = "application/problem+json";

    private ProblemDocument() {}

    public static Bytes bytes(ProblemException refusal) {
        return Json.bytes(json -> write(refusal, json));
    }

    /// With members beside the others, which `more` writes.
    public static Bytes bytes(ProblemException refusal, Consumer<JsonGenerator> more) {
        return Json.bytes(json -> {
            json.writeStartObject();
            members(refusal, json);
            more.accept(json);
            json.writeEndObject();
        });
    }

    public static void write(ProblemException refusal, JsonGenerator json) {
        json.writeStartObject();
        members(refusal, json);
        json.writeEndObject();
    }

    private static void members(ProblemException refusal, JsonGenerator json) {
        Problem problem = refusal.problem();
        json.writeStringProperty("type", problem.type());
        json.writeStringProperty("title", problem.title());
        json.writeNumberProperty("status", problem.status());
        json.writeStringProperty("detail", refusal.detail());
        json.writeNumberProperty("number", problem.number());
        json.writeBooleanProperty("retry", problem.retry());
        json.writeStringProperty("remedy", problem.remedy());
        if (!refusal.findings().isEmpty()) {
            json.writeName("findings");
            json.writeStartArray();
            for (Finding finding : refusal.findings()) {
                json.writeStartObject();
                json.writeNumberProperty("line", finding.line());
                json.writeNumberProperty("column", finding.column());
                json.writeStringProperty("message", finding.message());
                json.writeEndObject();
            }
            json.writeEndArray();
        }
    }

    /// Reads what [#bytes] wrote, and makes the best of an answer that somebody in between gave.
    ///
    /// @param status the HTTP status it came with
    public static ProblemException read(int status, Bytes body) {
        try {
            Map<String, @Nullable Object> document = Json.parseObject(body);
            Problem problem = Problem.ofNumber(integer(document.get("number")));
            if (problem != null) {
                String detail = document.get("detail") instanceof String text ? text : problem.title();
                return new ProblemException(problem, detail, findings(document.get("findings")));
            }
        } catch (ProblemException notADocument) {
            // Something between us and the broker answered; its status has to do.
        }
        return new ProblemException(byStatus(status), "the answer was HTTP status " + status);
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

    private static Problem byStatus(int status) {
        return switch (status) {
            case 401 -> Problem.NOT_AUTHENTICATED;
            case 403 -> Problem.FORBIDDEN;
            case 404 -> Problem.NOT_FOUND;
            case 405 -> Problem.METHOD_NOT_ALLOWED;
            case 408 -> Problem.REQUEST_TIMEOUT;
            case 413 -> Problem.PAYLOAD_TOO_LARGE;
            case 429, 502, 503, 504 -> Problem.UNAVAILABLE;
            default -> status >= 500 ? Problem.INTERNAL : Problem.BAD_REQUEST;
        };
    }
}
