package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.ProblemException;
import com.databroker.core.TraceEngine;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// OpenTelemetry's variables, and what they come to.
class TracingConfigTest {
    private static Optional<TraceEngine.Settings> read(Map<String, String> environment) {
        return ConfigReader.read(Config.class, "", null, environment, Map.of())
                .config()
                .tracing()
                .settings();
    }

    @Test
    void the_variables_of_opentelemetry_say_where_to_send_and_what() {
        TraceEngine.Settings settings = read(Map.of(
                        "OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/",
                        "OTEL_EXPORTER_OTLP_HEADERS", "api-key=a%2Cb, tenant=c+d",
                        "OTEL_SERVICE_NAME", "broker-1",
                        "OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test,service.name=other",
                        "OTEL_TRACES_SAMPLER", "parentbased_traceidratio",
                        "OTEL_TRACES_SAMPLER_ARG", "0.25"))
                .orElseThrow();
        assertThat(settings.endpoint()).isEqualTo("http://collector:4318/v1/traces");
        assertThat(settings.headers()).isEqualTo(Map.of("api-key", "a,b", "tenant", "c+d"));
        assertThat(settings.resource())
                .containsEntry("service.name", "broker-1")
                .containsEntry("deployment.environment.name", "test");
        assertThat(settings.ratio()).isEqualTo(0.25);
        assertThat(settings.protocol()).isEqualTo("http/protobuf");
    }

    @Test
    void grpc_goes_to_the_address_itself_and_json_where_protobuf_goes() {
        assertThat(endpoint("grpc")).isEqualTo("http://collector:4317");
        assertThat(endpoint("http/json")).isEqualTo("http://collector:4317/v1/traces");
    }

    private static String endpoint(String protocol) {
        return read(Map.of(
                        "OTEL_EXPORTER_OTLP_ENDPOINT",
                        "http://collector:4317",
                        "OTEL_EXPORTER_OTLP_PROTOCOL",
                        protocol))
                .orElseThrow()
                .endpoint();
    }

    @Test
    void nothing_is_recorded_without_an_address_or_where_it_is_switched_off() {
        String address = "http://collector:4318";
        assertThat(read(Map.of("OTEL_SERVICE_NAME", "x", "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")))
                .isEmpty();
        assertThat(read(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", address, "OTEL_SDK_DISABLED", "true")))
                .isEmpty();
        assertThat(read(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", address, "OTEL_TRACES_EXPORTER", "none")))
                .isEmpty();
    }

    @Test
    void what_cannot_be_done_is_refused_at_the_start_without_telling_a_secret() {
        String address = "http://collector:4318";
        assertThatThrownBy(() ->
                        read(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", address, "OTEL_EXPORTER_OTLP_PROTOCOL", "thrift")))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("\"thrift\" is not one of [http/protobuf, http/json, grpc]");
        assertThatThrownBy(() -> read(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")))
                .hasMessageContaining("is not an address");
        assertThatThrownBy(() -> read(Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", address, "OTEL_TRACES_SAMPLER_ARG", "2")))
                .hasMessageContaining("from 0 to 1");
        assertThatThrownBy(() -> read(
                        Map.of("OTEL_EXPORTER_OTLP_ENDPOINT", address, "OTEL_EXPORTER_OTLP_HEADERS", "Bearer-hush")))
                .hasMessageContaining("has no name")
                .hasMessageNotContaining("hush");
    }
}
