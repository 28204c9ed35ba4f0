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
            members(refusal, new JacksonOut(json));
            more.accept(json);
            json.writeEndObject();
        });
    }

    public static void write(ProblemException refusal, JsonGenerator json) {
        write(refusal, new JacksonOut(json));
    }

    static void write(ProblemException refusal, GraphOut out) {
        out.startMap();
        members(refusal, out);
        out.endMap();
    }

    private static void members(ProblemException refusal, GraphOut out) {
        Problem problem = refusal.problem();
        out.text("type", problem.type());
        out.text("title", problem.title());
        out.number("status", problem.status());
        out.text("detail", refusal.detail());
        out.number("number", problem.number());
        out.truth("retry", problem.retry());
        out.text("remedy", problem.remedy());
        if (!refusal.findings().isEmpty()) {
            out.name("findings");
            out.startList();
            for (Finding finding : refusal.findings()) {
                out.startMap();
                out.number("line", finding.line());
                out.number("column", finding.column());
                out.text("message", finding.message());
                out.endMap();
            }
            out.endList();
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
