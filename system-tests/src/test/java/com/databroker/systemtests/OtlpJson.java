package com.databroker.systemtests;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.google.protobuf.ByteString;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// OTLP's form in JSON, which is not that of protobuf: identifiers are hexadecimal, 64 bits are text.
final class OtlpJson {
    private OtlpJson() {}

    static ExportTraceServiceRequest request(Bytes body) {
        ExportTraceServiceRequest.Builder request = ExportTraceServiceRequest.newBuilder();
        for (Map<?, ?> each : list(Json.parseObject(body), "resourceSpans")) {
            ResourceSpans.Builder spans = ResourceSpans.newBuilder()
                    .setResource(Resource.newBuilder().addAllAttributes(attributes(map(each, "resource"))));
            for (Map<?, ?> scope : list(each, "scopeSpans")) {
                ScopeSpans.Builder within = ScopeSpans.newBuilder();
                list(scope, "spans").forEach(span -> within.addSpans(span(span)));
                spans.addScopeSpans(within);
            }
            request.addResourceSpans(spans);
        }
        return request.build();
    }

    private static Span span(Map<?, ?> span) {
        return Span.newBuilder()
                .setTraceId(id(span, "traceId"))
                .setSpanId(id(span, "spanId"))
                .setParentSpanId(id(span, "parentSpanId"))
                .setName(text(span.get("name")))
                .setKindValue(Integer.parseInt(text(span.get("kind"))))
                .setStartTimeUnixNano(Long.parseLong(text(span.get("startTimeUnixNano"))))
                .setEndTimeUnixNano(Long.parseLong(text(span.get("endTimeUnixNano"))))
                .addAllAttributes(attributes(span))
                .build();
    }

    private static List<KeyValue> attributes(Map<?, ?> of) {
        return list(of, "attributes").stream()
                .map(each -> {
                    Map<?, ?> value = map(each, "value");
                    AnyValue.Builder any = AnyValue.newBuilder();
                    if (value.get("intValue") instanceof String number) {
                        any.setIntValue(Long.parseLong(number));
                    } else {
                        any.setStringValue(text(value.get("stringValue")));
                    }
                    return KeyValue.newBuilder()
                            .setKey(text(each.get("key")))
                            .setValue(any)
                            .build();
                })
                .toList();
    }

    private static ByteString id(Map<?, ?> span, String name) {
        Object id = span.get(name);
        return ByteString.copyFrom(HexFormat.of().parseHex(id == null ? "" : text(id)));
    }

    private static String text(@Nullable Object value) {
        return String.valueOf(Objects.requireNonNull(value));
    }

    private static Map<?, ?> map(Map<?, ?> of, String name) {
        return (Map<?, ?>) Objects.requireNonNull(of.get(name));
    }

    private static List<? extends Map<?, ?>> list(Map<?, ?> of, String name) {
        return of.get(name) instanceof List<?> all
                ? all.stream()
                        .map(each -> (Map<?, ?>) Objects.requireNonNull(each))
                        .toList()
                : List.of();
    }
}
