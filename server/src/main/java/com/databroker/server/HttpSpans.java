package com.databroker.server;

import com.databroker.core.Span;
import com.databroker.core.Trace;
import io.vertx.core.http.HttpServerRequest;
import java.util.Set;

/// The spans of HTTP requests, by OpenTelemetry's names. A query is never on them, and a path only where it is a name
/// of a file or topic: elsewhere it may be a value or a secret.
final class HttpSpans {
    private static final Set<String> NAMED = Set.of("files", "events");

    private HttpSpans() {}

    /// @param route as metrics know it
    static Span begin(HttpServerRequest request, String route) {
        if (!Trace.isOn()) {
            return Span.NONE;
        }
        Span span = Trace.door(
                request.method().name() + " /" + route,
                Span.Kind.SERVER,
                request.getHeader(Trace.PARENT),
                request.getHeader(Trace.STATE));
        if (span.isRecording()) {
            span.put("http.request.method", request.method().name())
                    .put("http.route", "/" + route)
                    .put("url.scheme", request.isSSL() ? "https" : "http")
                    .put("network.protocol.version", version(request));
            if (NAMED.contains(route)) {
                span.put("url.path", request.path());
            }
        }
        return span;
    }

    private static String version(HttpServerRequest request) {
        return switch (request.version()) {
            case HTTP_1_0 -> "1.0";
            case HTTP_1_1 -> "1.1";
            case HTTP_2 -> "2";
            case HTTP_3 -> "3";
        };
    }

    static void end(Span span, int code) {
        if (span.isRecording()) {
            span.put("http.response.status_code", code);
            if (code >= 500) {
                span.failed(Integer.toString(code));
            }
        }
        span.close();
    }
}
