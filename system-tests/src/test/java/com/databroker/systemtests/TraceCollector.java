package com.databroker.systemtests;

import com.databroker.core.Bytes;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;

/// Takes what is sent to collectors of traces, by OTLP over HTTP, and reads it with the protocol's own classes; JSON by
/// the protocol's names.
final class TraceCollector implements AutoCloseable {
    private final HttpServer server;
    private final List<Span> spans = new CopyOnWriteArrayList<>();
    private final List<String> authorizations = new CopyOnWriteArrayList<>();
    private final Set<String> types = new ConcurrentSkipListSet<>();
    private final Map<String, String> resource = new TreeMap<>();

    TraceCollector() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/traces", this::take);
        server.start();
    }

    String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            String type = String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type"));
            types.add(type);
            Bytes body = Bytes.wrap(exchange.getRequestBody().readAllBytes());
            ExportTraceServiceRequest request = type.equals("application/json")
                    ? OtlpJson.request(body)
                    : ExportTraceServiceRequest.parseFrom(body.toArray());
            authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            for (ResourceSpans each : request.getResourceSpansList()) {
                synchronized (resource) {
                    each.getResource()
                            .getAttributesList()
                            .forEach(one ->
                                    resource.put(one.getKey(), one.getValue().getStringValue()));
                }
                each.getScopeSpansList().stream().map(ScopeSpans::getSpansList).forEach(spans::addAll);
            }
            byte[] answer = ExportTraceServiceResponse.getDefaultInstance().toByteArray();
            exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, answer.length == 0 ? -1 : answer.length);
        }
    }

    /// What the requests said that they are.
    Set<String> types() {
        return types;
    }

    List<String> authorizations() {
        return List.copyOf(authorizations);
    }

    Map<String, String> resource() {
        synchronized (resource) {
            return Map.copyOf(resource);
        }
    }

    /// The spans of a trace that came until now.
    List<Span> spans(String traceId) {
        return spans.stream()
                .filter(span -> hex(span.getTraceId().toByteArray()).equals(traceId))
                .toList();
    }

    /// Those that came of all traces, by their name.
    List<Span> named(String name) {
        return spans.stream().filter(span -> span.getName().equals(name)).toList();
    }

    static String hex(byte[] id) {
        return HexFormat.of().formatHex(id);
    }

    static String traceId(Span span) {
        return hex(span.getTraceId().toByteArray());
    }

    static Map<String, String> attributes(Span span) {
        Map<String, String> all = new TreeMap<>();
        for (KeyValue each : span.getAttributesList()) {
            all.put(
                    each.getKey(),
                    each.getValue().hasIntValue()
                            ? Long.toString(each.getValue().getIntValue())
                            : each.getValue().getStringValue());
        }
        return all;
    }

    /// A line for each span, in the order of their beginnings, below its parent and further to the right.
    static List<String> tree(List<Span> spans, String parent) {
        List<String> lines = new ArrayList<>();
        spans.stream()
                .filter(span -> hex(span.getParentSpanId().toByteArray()).equals(parent))
                .sorted(Comparator.comparingLong(Span::getStartTimeUnixNano))
                .forEach(span -> {
                    lines.add(span.getName());
                    tree(spans, hex(span.getSpanId().toByteArray())).forEach(line -> lines.add("  " + line));
                });
        return lines;
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
