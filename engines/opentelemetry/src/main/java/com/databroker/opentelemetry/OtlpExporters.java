package com.databroker.opentelemetry;

import com.databroker.core.TraceEngine;
import io.opentelemetry.api.metrics.MeterProvider;
import io.opentelemetry.common.ComponentLoader;
import io.opentelemetry.exporter.internal.otlp.traces.TraceRequestMarshaler;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.exporter.otlp.internal.HttpExporter;
import io.opentelemetry.exporter.otlp.internal.HttpExporterBuilder;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporterBuilder;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.common.export.GrpcSenderProvider;
import io.opentelemetry.sdk.common.internal.StandardComponentId.ExporterType;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.List;

/// OTLP in its three forms on the wire, each by the SDK's own exporter.
final class OtlpExporters {
    private static final ClassLoader OURS = OtlpExporters.class.getClassLoader();

    private OtlpExporters() {}

    static SpanExporter of(TraceEngine.Settings settings) {
        return switch (settings.protocol()) {
            case "grpc" -> grpc(settings);
            case "http/json" -> new Json(settings);
            default -> protobuf(settings);
        };
    }

    private static SpanExporter protobuf(TraceEngine.Settings settings) {
        OtlpHttpSpanExporterBuilder exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(settings.endpoint())
                .setTimeout(settings.timeout())
                .setMeterProvider(MeterProvider.noop())
                .setServiceClassLoader(OURS);
        settings.headers().forEach(exporter::addHeader);
        return exporter.build();
    }

    /// The exporter looks for what sends its calls as for a service; there is one.
    private static final class Senders implements ComponentLoader {
        @Override
        public <T> Iterable<T> load(Class<T> wanted) {
            GrpcSenderProvider ours = OtlpGrpcSender::new;
            return wanted.isInstance(ours) ? List.of(wanted.cast(ours)) : List.of();
        }
    }

    private static SpanExporter grpc(TraceEngine.Settings settings) {
        OtlpGrpcSpanExporterBuilder exporter = OtlpGrpcSpanExporter.builder()
                .setEndpoint(settings.endpoint())
                .setTimeout(settings.timeout())
                .setMeterProvider(MeterProvider.noop())
                .setComponentLoader(new Senders());
        settings.headers().forEach(exporter::addHeader);
        return exporter.build();
    }

    /// The exporter of spans by HTTP offers protobuf only; what it stands on writes JSON as well.
    private static final class Json implements SpanExporter {
        private final HttpExporter http;

        Json(TraceEngine.Settings settings) {
            HttpExporterBuilder builder = new HttpExporterBuilder(
                            ExporterType.OTLP_HTTP_SPAN_EXPORTER, settings.endpoint())
                    .exportAsJson()
                    .setTimeout(settings.timeout())
                    .setMeterProvider(MeterProvider::noop)
                    .setComponentLoader(ComponentLoader.forClassLoader(OURS));
            settings.headers().forEach(builder::addConstantHeaders);
            this.http = builder.build();
        }

        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            return http.export(TraceRequestMarshaler.create(spans), spans.size());
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return http.shutdown();
        }
    }
}
