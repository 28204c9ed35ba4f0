package com.databroker.opentelemetry;

import com.databroker.core.Span;
import com.databroker.core.TraceEngine;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Spans by the SDK: it gives them their ids and decides which traces are kept.
final class OtlpRecorder implements TraceEngine.Recorder {
    /// It tells of each failure by itself, where nobody asked. Held here: else its level would be forgotten.
    private static final Logger SDK = Logger.getLogger("io.opentelemetry");

    /// What came from outside, by the names of the headers.
    private record Came(String parent, String state) {}

    private static final TextMapGetter<Came> CAME = new TextMapGetter<>() {
        @Override
        public @Nullable String get(@Nullable Came came, String key) {
            if (came == null) {
                return null;
            }
            return key.equals("traceparent") ? came.parent : key.equals("tracestate") ? came.state : null;
        }
    };

    private final OtlpQueue queue;
    private final SdkTracerProvider provider;
    private final Tracer tracer;

    OtlpRecorder(TraceEngine.Settings settings, Consumer<String> failing) {
        SDK.setLevel(Level.OFF);
        AttributesBuilder resource = Attributes.builder();
        settings.resource().forEach(resource::put);
        queue = new OtlpQueue(OtlpExporters.of(settings), settings, failing);
        provider = SdkTracerProvider.builder()
                .setResource(Resource.getDefault().merge(Resource.create(resource.build())))
                .setSampler(sampler(settings.sampler(), settings.ratio()))
                .addSpanProcessor(queue)
                .build();
        tracer = provider.get("com.databroker");
    }

    private static Sampler sampler(String name, double ratio) {
        return switch (name) {
            case "always_on" -> Sampler.alwaysOn();
            case "always_off" -> Sampler.alwaysOff();
            case "traceidratio" -> Sampler.traceIdRatioBased(ratio);
            case "parentbased_always_off" -> Sampler.parentBased(Sampler.alwaysOff());
            case "parentbased_traceidratio" -> Sampler.parentBased(Sampler.traceIdRatioBased(ratio));
            default -> Sampler.parentBased(Sampler.alwaysOn());
        };
    }

    @Override
    public Span begin(String name, Span.Kind kind, Span parent, String traceParent, String traceState) {
        Context context = Context.root();
        if (parent instanceof OtlpSpan above) {
            context = context.with(above.span);
        } else if (!traceParent.isEmpty()) {
            context = W3CTraceContextPropagator.getInstance().extract(context, new Came(traceParent, traceState), CAME);
        }
        return new OtlpSpan(tracer.spanBuilder(name)
                .setParent(context)
                .setSpanKind(
                        switch (kind) {
                            case INTERNAL -> SpanKind.INTERNAL;
                            case SERVER -> SpanKind.SERVER;
                            case CLIENT -> SpanKind.CLIENT;
                        })
                .startSpan());
    }

    @Override
    public long sent() {
        return queue.sent.sum();
    }

    @Override
    public long dropped() {
        return queue.dropped.sum();
    }

    @Override
    public long failed() {
        return queue.failed.sum();
    }

    @Override
    public void close() {
        provider.close();
    }
}
