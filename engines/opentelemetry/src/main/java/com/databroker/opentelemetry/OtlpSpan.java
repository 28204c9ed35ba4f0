package com.databroker.opentelemetry;

import com.databroker.core.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;

/// A span of the SDK.
final class OtlpSpan implements Span {
    final io.opentelemetry.api.trace.Span span;

    OtlpSpan(io.opentelemetry.api.trace.Span span) {
        this.span = span;
    }

    /// Also after its end: what is told of it then is its name.
    @Override
    public boolean isRecording() {
        return span.getSpanContext().isSampled();
    }

    @Override
    public Span put(String key, String value) {
        span.setAttribute(key, value);
        return this;
    }

    @Override
    public Span put(String key, long value) {
        span.setAttribute(key, value);
        return this;
    }

    @Override
    public Span failed(String type) {
        span.setAttribute("error.type", type);
        span.setStatus(StatusCode.ERROR);
        return this;
    }

    @Override
    public String traceParent() {
        SpanContext context = span.getSpanContext();
        return "00-" + context.getTraceId() + "-" + context.getSpanId() + "-"
                + context.getTraceFlags().asHex();
    }

    @Override
    public String traceId() {
        return span.getSpanContext().getTraceId();
    }

    @Override
    public String spanId() {
        return span.getSpanContext().getSpanId();
    }

    @Override
    public void close() {
        span.end();
    }
}
