package com.databroker.core;

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

    public static void write(ProblemException refusal, JsonGenerator json) {
        Problem problem = refusal.problem();
        json.writeStartObject();
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
        json.writeEndObject();
    }
}
