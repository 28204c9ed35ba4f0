package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What operators and their tools see.
class ObservationTest {
    @TempDir
    Path folder;

    @Test
    void promtool_finds_nothing_to_complain_of_in_the_metrics() throws Exception {
        // A store without an address is a database of the broker's own.
        Map<String, String> settings = Map.of("objects.stores.shop.connections-max", "2");
        try (TestBroker broker = TestBroker.start(folder, settings)) {
            broker.request("POST", "/events/a", "x");
            broker.request("PUT", "/files/a", "x");
            broker.request("GET", "/files/none", "");
            String page = broker.requestAs("", "GET", "/metrics", "").body();
            assertThat(page)
                    .contains("databroker_events_published_total{door=\"http\"} 1.0")
                    .contains("databroker_file_changes_total{kind=\"created\"} 1.0")
                    .contains("databroker_http_requests_total{code=\"404\",route=\"files\"} 1.0")
                    .contains("databroker_object_store_up{store=\"shop\"} 1.0");
            Path file = Files.writeString(folder.resolve("metrics.txt"), page);
            try (Peer promtool = Peer.start("bash", "-c", "promtool check metrics < '" + file + "'; echo status $?")) {
                assertThat(promtool.await(line -> true)).isEqualTo("status 0");
            }
        }
    }

    @Test
    void openmetrics_is_given_to_those_who_ask_for_it() throws Exception {
        try (TestBroker broker = TestBroker.start(folder)) {
            HttpResponse<String> page = broker.requestAs(
                    "", "GET", "/metrics", "", "Accept", "application/openmetrics-text; version=1.0.0");
            assertThat(page.headers().firstValue("Content-Type").orElse("")).startsWith("application/openmetrics-text");
            assertThat(page.body()).endsWith("# EOF\n");
        }
    }

    @Test
    void health_tells_life_and_readiness_of_each_component() throws Exception {
        try (TestBroker broker = TestBroker.start(folder)) {
            assertThat(broker.requestAs("", "GET", "/health/live", "").body()).isEqualTo("{\"status\":\"up\"}");
            HttpResponse<String> ready = broker.requestAs("", "GET", "/health/ready", "");
            assertThat(ready.statusCode()).isEqualTo(200);
            assertThat(ready.body()).contains("\"events\":{\"status\":\"up\"}").contains("\"files\"");
        }
    }

    @Test
    void every_refusal_is_a_problem_document_that_says_what_why_and_what_to_do() throws Exception {
        try (TestBroker broker = TestBroker.start(folder)) {
            refused(broker, Problem.NOT_FOUND, "GET", "/nowhere");
            refused(broker, Problem.METHOD_NOT_ALLOWED, "POST", "/health/live");
            refused(broker, Problem.TOPIC_INVALID, "POST", "/events/a*b");
            refused(broker, Problem.TOPIC_RESERVED, "POST", "/events/files/a");
            refused(broker, Problem.PATTERN_INVALID, "GET", "/events?topic=a*");
            refused(broker, Problem.POSITION_INVALID, "GET", "/events?topic=a&since=yesterday");
            refused(broker, Problem.BAD_REQUEST, "GET", "/events?token=secret");
            refused(broker, Problem.FILE_NOT_FOUND, "GET", "/files/none");
            refused(broker, Problem.PATH_INVALID, "PUT", "/files/.hidden");
            HttpResponse<String> catalogue = broker.requestAs("", "GET", "/problems/2002", "");
            assertThat(catalogue.body()).contains("\"title\":\"not permitted\"");
        }
    }

    private static void refused(TestBroker broker, Problem problem, String method, String path)
            throws IOException, InterruptedException {
        HttpResponse<String> response = broker.request(method, path, method.equals("GET") ? "" : "x");
        assertThat(response.statusCode()).as(path).isEqualTo(problem.status());
        assertThat(response.headers().firstValue("Content-Type")).contains("application/problem+json");
        Map<String, ?> document = Json.parseObject(Bytes.utf8(response.body()));
        assertThat(document.get("number")).hasToString(Integer.toString(problem.number()));
        assertThat(document.get("type")).isEqualTo(problem.type());
        assertThat(document.get("remedy")).isEqualTo(problem.remedy());
        assertThat(String.valueOf(document.get("detail"))).isNotBlank().doesNotContain("secret");
    }

    @Test
    void the_users_schema_is_published() throws Exception {
        try (TestBroker broker = TestBroker.start(folder)) {
            assertThat(broker.requestAs("", "GET", "/schemas/broker_users.xsd", "")
                            .body())
                    .contains("urn:databroker:users:1");
        }
    }
}
