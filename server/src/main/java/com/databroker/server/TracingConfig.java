package com.databroker.server;

import com.databroker.core.Setting;
import com.databroker.core.Text;
import com.databroker.core.TraceEngine;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Where traces are sent, under the names that OpenTelemetry gave its variables.
public record TracingConfig(
        @Setting(
                value =
                        "Address of an OpenTelemetry collector (`http://collector:4318`); spans are posted to `/v1/traces`"
                                + " below it, by `grpc` sent to it (`http://collector:4317`). Nothing is recorded"
                                + " without one.",
                variable = "OTEL_EXPORTER_OTLP_ENDPOINT")
        @Nullable
        String endpoint,

        @Setting(
                value = "Whole address to which spans are sent, where it is another.",
                variable = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
        @Nullable
        String tracesEndpoint,

        @Setting(
                value = "Headers of these requests, `name=value` with commas between, values percent-encoded.",
                variable = "OTEL_EXPORTER_OTLP_HEADERS",
                secret = true)
        @Nullable
        String headers,

        @Setting(
                value = "How spans are sent: `http/protobuf`, `http/json` or `grpc`.",
                otherwise = "http/protobuf",
                variable = "OTEL_EXPORTER_OTLP_PROTOCOL")
        String protocol,

        @Setting(
                value = "Milliseconds that a request may take.",
                otherwise = "10000",
                variable = "OTEL_EXPORTER_OTLP_TIMEOUT",
                min = 100,
                max = 600_000)
        int timeoutMillis,

        @Setting(
                value = "What is sent: `otlp`, or `none` to switch it off.",
                otherwise = "otlp",
                variable = "OTEL_TRACES_EXPORTER")
        Exporter exporter,

        @Setting(value = "Records nothing, whatever else is set.", otherwise = "false", variable = "OTEL_SDK_DISABLED")
        boolean disabled,

        @Setting(
                value = "What this broker is called in traces.",
                otherwise = "databroker",
                variable = "OTEL_SERVICE_NAME")
        String serviceName,

        @Setting(
                value = "What else is to be told of it, `name=value` with commas between, values percent-encoded.",
                variable = "OTEL_RESOURCE_ATTRIBUTES")
        @Nullable
        String resourceAttributes,

        @Setting(
                value = "Which traces are kept: `always_on`, `always_off`, `traceidratio`, or each with `parentbased_`"
                        + " before it, which does as whoever asks does and decides only for others.",
                otherwise = "parentbased_always_on",
                variable = "OTEL_TRACES_SAMPLER")
        String sampler,

        @Setting(
                value = "Of a ratio: how many of all traces, from 0 to 1; 1 where it is not given.",
                variable = "OTEL_TRACES_SAMPLER_ARG")
        @Nullable
        String samplerArg,

        @Setting(
                value = "Spans that may wait to be sent; more are dropped and counted.",
                otherwise = "2048",
                variable = "OTEL_BSP_MAX_QUEUE_SIZE",
                min = 1,
                max = 1_000_000)
        int queueMax,

        @Setting(
                value = "Spans of one request.",
                otherwise = "512",
                variable = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
                min = 1,
                max = 100_000)
        int batchMax,

        @Setting(
                value = "Milliseconds after which spans are sent, however few they are.",
                otherwise = "5000",
                variable = "OTEL_BSP_SCHEDULE_DELAY",
                min = 10,
                max = 600_000)
        int delayMillis) {
    private static final String PATH = "/v1/traces";
    private static final String GRPC = "grpc";
    private static final List<String> PROTOCOLS = List.of("http/protobuf", "http/json", GRPC);
    private static final List<String> SAMPLERS = List.of(
            "always_on",
            "always_off",
            "traceidratio",
            "parentbased_always_on",
            "parentbased_always_off",
            "parentbased_traceidratio");

    /// What spans are sent by.
    public enum Exporter {
        OTLP,
        NONE
    }

    public TracingConfig {
        if (isOn(endpoint, tracesEndpoint, exporter, disabled)) {
            address(endpoint, tracesEndpoint, protocol);
            pairs("headers", headers);
            pairs("resource-attributes", resourceAttributes);
            ratio(samplerArg);
            if (!PROTOCOLS.contains(protocol)) {
                throw new IllegalArgumentException(
                        "protocol: \"" + Text.excerpt(protocol) + "\" is not one of " + PROTOCOLS);
            }
            if (!SAMPLERS.contains(sampler)) {
                throw new IllegalArgumentException(
                        "sampler: \"" + Text.excerpt(sampler) + "\" is not one of " + SAMPLERS);
            }
        }
    }

    private static boolean isOn(
            @Nullable String endpoint, @Nullable String tracesEndpoint, Exporter exporter, boolean disabled) {
        boolean named =
                !(endpoint == null || endpoint.isEmpty()) || !(tracesEndpoint == null || tracesEndpoint.isEmpty());
        return named && exporter == Exporter.OTLP && !disabled;
    }

    /// What to record by; empty where nothing is recorded.
    public Optional<TraceEngine.Settings> settings() {
        if (!isOn(endpoint, tracesEndpoint, exporter, disabled)) {
            return Optional.empty();
        }
        Map<String, String> resource = new LinkedHashMap<>(pairs("resource-attributes", resourceAttributes));
        if (!serviceName.equals("databroker") || !resource.containsKey("service.name")) {
            resource.put("service.name", serviceName);
        }
        resource.putIfAbsent("service.version", Version.VERSION);
        return Optional.of(new TraceEngine.Settings(
                protocol,
                address(endpoint, tracesEndpoint, protocol),
                pairs("headers", headers),
                Duration.ofMillis(timeoutMillis),
                resource,
                sampler,
                ratio(samplerArg),
                queueMax,
                Math.min(batchMax, queueMax),
                Duration.ofMillis(delayMillis)));
    }

    /// Of a call the path is its name, so nothing is added there.
    private static String address(@Nullable String endpoint, @Nullable String tracesEndpoint, String protocol) {
        boolean whole = tracesEndpoint != null && !tracesEndpoint.isEmpty();
        boolean posted = !whole && !protocol.equals(GRPC);
        String text = String.valueOf(whole ? tracesEndpoint : endpoint);
        try {
            URI uri = new URI(text);
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return posted ? (text.endsWith("/") ? text.substring(0, text.length() - 1) : text) + PATH : text;
            }
        } catch (URISyntaxException malformed) {
            // Refused below, in the words of the setting.
        }
        throw new IllegalArgumentException((whole ? "traces-endpoint" : "endpoint") + ": \"" + Text.excerpt(text)
                + "\" is not an address; write http://collector.example.org:4318");
    }

    private static double ratio(@Nullable String arg) {
        if (arg == null || arg.isEmpty()) {
            return 1;
        }
        try {
            double ratio = Double.parseDouble(arg);
            if (ratio >= 0 && ratio <= 1) {
                return ratio;
            }
        } catch (NumberFormatException odd) {
            // Refused below, in the words of the setting.
        }
        throw new IllegalArgumentException(
                "sampler-arg: \"" + Text.excerpt(arg) + "\" is not a number from 0 to 1; write 0.1");
    }

    /// The values are not told: a header is a secret.
    private static Map<String, String> pairs(String key, @Nullable String text) {
        Map<String, String> pairs = new LinkedHashMap<>();
        if (text == null || text.isBlank()) {
            return pairs;
        }
        for (String pair : text.split(",", -1)) {
            int equals = pair.indexOf('=');
            if (pair.isBlank()) {
                continue;
            }
            if (equals < 1) {
                throw new IllegalArgumentException(key + ": a part has no name; write name=value,name=value");
            }
            try {
                String value = URLDecoder.decode(
                        pair.substring(equals + 1).strip().replace("+", "%2B"), StandardCharsets.UTF_8);
                pairs.put(pair.substring(0, equals).strip(), value);
            } catch (IllegalArgumentException malformed) {
                throw new IllegalArgumentException(key + ": a value is not percent-encoded as it should be", malformed);
            }
        }
        return pairs;
    }
}
