package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Publishing over HTTP in every mode, observed by a reader of CloudEvents.
class HttpPublishTest {
    private static final String STRUCTURED = "application/cloudevents+json";
    private static final String BATCH = "application/cloudevents-batch+json";

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init")
    private Peer reader;

    @BeforeEach
    void start() throws Exception {
        broker = TestBroker.start(folder, Peers.patient(Map.of()));
        reader =
                Peers.ws(broker, "/events?topic=t/**", Map.of("token", broker.token(), "protocol", "cloudevents.json"));
        reader.await("OPEN cloudevents.json");
        Peers.until(
                "the reader is attached", () -> Peers.metric(broker, "databroker_event_connections{door=\"ws\"}") == 1);
    }

    @AfterEach
    void stop() {
        reader.close();
        broker.close();
    }

    private Map<String, @Nullable Object> nextEvent() throws InterruptedException {
        return Json.parseObject(
                Bytes.utf8(reader.await(line -> line.startsWith("TEXT ")).substring(5)));
    }

    private Map<String, @Nullable Object> posted(String path, String body, String... headers) throws Exception {
        HttpResponse<String> answer = broker.request("POST", path, body, headers);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Json.parseObject(Bytes.utf8(answer.body()));
    }

    @Test
    void aRawBodyIsThePayloadAndTheAnswerItsPosition() throws Exception {
        Map<String, @Nullable Object> answer = posted("/events/t/raw", "plain words", "Content-Type", "text/plain");
        assertThat(nextEvent())
                .containsEntry("position", answer.get("position"))
                .containsEntry("id", answer.get("position"))
                .containsEntry("topic", "t/raw")
                .containsEntry("datacontenttype", "text/plain")
                .containsEntry("data", "plain words")
                .containsEntry("principal", "admin")
                .containsEntry("type", "databroker.event");
        posted("/events/t/json", "{\"a\":[1,2.50]}", "Content-Type", "application/json; charset=utf-8");
        assertThat(String.valueOf(nextEvent().get("data"))).isEqualTo("{a=[1, 2.50]}");
    }

    @Test
    void a_payload_with_a_byte_order_mark_or_in_utf_16_does_not_break_the_json_around_it() throws Exception {
        for (byte[] payload : List.of(
                "\uFEFF{}".getBytes(StandardCharsets.UTF_8),
                "{\"a\":1}".getBytes(StandardCharsets.UTF_16),
                "{\"a\":1}".getBytes(StandardCharsets.UTF_16LE),
                "7".getBytes(StandardCharsets.UTF_16LE),
                "{\"a\":1}".getBytes(StandardCharsets.UTF_16BE))) {
            HttpRequest request = HttpRequest.newBuilder(broker.http("/events/t/mark"))
                    .header("Authorization", "Bearer " + broker.token())
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofByteArray(payload))
                    .build();
            try (HttpClient client = HttpClient.newHttpClient()) {
                assertThat(client.send(request, HttpResponse.BodyHandlers.discarding())
                                .statusCode())
                        .isEqualTo(200);
            }
            assertThat(nextEvent())
                    .containsEntry("data_base64", Base64.getEncoder().encodeToString(payload));
        }
    }

    @Test
    void binaryModeTakesAttributesFromHeaders() throws Exception {
        posted(
                "/events/t/binary",
                "<x/>",
                "Content-Type",
                "application/xml",
                "ce-specversion",
                "1.0",
                "ce-id",
                "b1",
                "ce-source",
                "/shop",
                "ce-type",
                "order",
                "ce-subject",
                "M%C3%BCller%20%2B%20Co",
                "ce-extra",
                "one+two",
                "ce-time",
                "2026-02-03T04:05:06Z");
        assertThat(nextEvent())
                .containsEntry("id", "b1")
                .containsEntry("source", "/shop")
                .containsEntry("type", "order")
                .containsEntry("subject", "Müller + Co")
                .containsEntry("extra", "one+two")
                .containsEntry("time", "2026-02-03T04:05:06Z")
                .containsEntry("datacontenttype", "application/xml")
                .containsEntry("data", "<x/>");
    }

    private static String event(String id, String more) {
        return "{\"specversion\":\"1.0\",\"id\":\"" + id + "\",\"source\":\"/s\",\"type\":\"t\"" + more + "}";
    }

    @Test
    void structuredModeNamesItsTopicOrIsToldIt() throws Exception {
        posted("/events", event("s1", ",\"topic\":\"t/own\",\"data\":{\"k\":1}"), "Content-Type", STRUCTURED);
        assertThat(nextEvent()).containsEntry("id", "s1").containsEntry("topic", "t/own");
        posted("/events", event("s2", ",\"subject\":\"t/subject\""), "Content-Type", STRUCTURED);
        assertThat(nextEvent()).containsEntry("topic", "t/subject");
        posted(
                "/events/t/told",
                event("s3", ",\"subject\":\"else\",\"data_base64\":\"/w==\""),
                "Content-Type",
                STRUCTURED);
        assertThat(nextEvent()).containsEntry("topic", "t/told").containsEntry("data_base64", "/w==");
    }

    @Test
    void aBatchIsPublishedInOrderWithConsecutivePositionsOrNotAtAll() throws Exception {
        Object positions = posted(
                        "/events",
                        "[" + event("1", ",\"topic\":\"t/a\"") + "," + event("2", ",\"topic\":\"t/b\"") + ","
                                + event("3", ",\"topic\":\"t/c\"") + "]",
                        "Content-Type",
                        BATCH)
                .get("positions");
        List<Long> offsets = new ArrayList<>();
        for (Object position : positions instanceof List<?> list ? list : List.of()) {
            String text = String.valueOf(position);
            offsets.add(Long.parseLong(text.substring(text.indexOf('-') + 1)));
        }
        assertThat(offsets).hasSize(3).containsExactly(offsets.get(0), offsets.get(0) + 1, offsets.get(0) + 2);
        for (String id : List.of("1", "2", "3")) {
            assertThat(nextEvent()).containsEntry("id", id);
        }
        String bob = broker.user("bob", "publish:t/mine/**");
        String mixed = "[" + event("4", ",\"topic\":\"t/mine/x\"") + "," + event("5", ",\"topic\":\"t/yours\"") + "]";
        HttpResponse<String> refused = broker.requestAs(bob, "POST", "/events", mixed, "Content-Type", BATCH);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"number\":2002", "t/yours");
        String broken = "[" + event("6", ",\"topic\":\"t/mine/x\"") + "," + event("7", "") + "]";
        assertThat(broker.request("POST", "/events", broken, "Content-Type", BATCH)
                        .statusCode())
                .isEqualTo(400);
        assertThat(posted("/events", "[]", "Content-Type", BATCH).get("positions"))
                .isEqualTo(List.of());
        posted("/events/t/end", "end");
        assertThat(nextEvent()).containsEntry("topic", "t/end");
    }

    @Test
    void a_time_is_what_rfc_3339_calls_one_in_every_mode() throws Exception {
        for (String time :
                List.of("2016-12-31T23:59:60Z", "2026-11-30t10:00:00.123456789123z", "2026-11-30T10:00:00+23:59")) {
            posted("/events", event("1", ",\"topic\":\"t/x\",\"time\":\"" + time + "\""), "Content-Type", STRUCTURED);
            assertThat(nextEvent()).containsEntry("time", time);
        }
        for (String none :
                List.of("2026-11-30T10:00Z", "2026-02-29T10:00:00Z", "2026-11-30T24:00:00Z", "2026-11-30T10:00:00")) {
            String body = event("1", ",\"topic\":\"t/x\",\"time\":\"" + none + "\"");
            assertThat(broker.request("POST", "/events", body, "Content-Type", STRUCTURED)
                            .body())
                    .contains("\"number\":1011", none);
        }
        try (Peer speaker =
                Peers.ws(broker, "/events", Map.of("token", broker.token(), "protocol", "databroker.v1.json"))) {
            speaker.await("OPEN databroker.v1.json");
            for (Map<String, String> wrong :
                    List.of(Map.of("time", "noon"), Map.of("id", ""), Map.of("source", ""), Map.of("type", ""))) {
                speaker.say(Peers.json(Map.of(
                        "text", Peers.json(Map.of("op", "publish", "id", 1, "topic", "t/x", "attributes", wrong)))));
                assertThat(speaker.await(line -> line.contains("\"id\":1")))
                        .contains("1011", wrong.keySet().iterator().next());
            }
        }
    }

    @Test
    void what_a_publication_says_twice_or_by_halves_is_refused() throws Exception {
        String half = event("1", ",\"topic\":\"t/x\",\"datacontenttype\":\"text/plain\",\"data\":\"a\\ud800\"");
        assertThat(broker.request("POST", "/events", half, "Content-Type", STRUCTURED)
                        .body())
                .contains("\"number\":1011", "half a character");
        String[] twice = {
            "ce-specversion", "1.0", "ce-id", "1", "ce-source", "/s", "ce-type", "t", "ce-ext", "a", "ce-ext", "b"
        };
        assertThat(broker.request("POST", "/events/t/x", "x", twice).body())
                .contains("\"number\":1011", "ce-ext stands twice");
    }

    @Test
    void wrongCloudEventsAreRefusedWithTheReason() throws Exception {
        Map<String, String> wrong = Map.of(
                event("1", "").replace("1.0", "0.3"),
                "specversion",
                event("", ",\"topic\":\"t/x\""),
                "id",
                event("1", ",\"topic\":\"t/x\",\"time\":\"noon\""),
                "noon",
                event("1", ",\"topic\":\"t/x\",\"data\":1,\"data_base64\":\"\""),
                "data_base64",
                event("1", ",\"topic\":\"t/x\",\"nested\":{}"),
                "nested",
                event("1", ",\"topic\":\"t/x\",\"UPPER\":\"x\""),
                "UPPER",
                event("1", ""),
                "topic",
                "[]",
                "object",
                "{",
                "JSON");
        for (Map.Entry<String, String> body : wrong.entrySet()) {
            HttpResponse<String> answer = broker.request("POST", "/events", body.getKey(), "Content-Type", STRUCTURED);
            assertThat(answer.statusCode()).as(body.getKey()).isEqualTo(400);
            assertThat(answer.body()).as(body.getKey()).contains(body.getValue());
        }
        assertThat(broker.request("POST", "/events/t/x", "x", "ce-specversion", "1.0")
                        .body())
                .contains("ce-id");
        assertThat(broker.request(
                                "POST",
                                "/events/t/x",
                                "x",
                                "ce-id",
                                "1",
                                "ce-specversion",
                                "1.0",
                                "ce-source",
                                "/s",
                                "ce-type",
                                "t",
                                "ce-subject",
                                "%zz")
                        .body())
                .contains("percent");
        assertThat(broker.request("POST", "/events/t/x", "x", "Content-Type", "application/cloudevents+avro")
                        .statusCode())
                .isEqualTo(415);
    }

    @Test
    void limitsAreToldByName() throws Exception {
        HttpResponse<String> large = broker.request("POST", "/events/t/x", "x".repeat((1 << 20) + 1));
        assertThat(large.statusCode()).isEqualTo(413);
        assertThat(large.body()).contains("\"number\":1004", "events.payload-max");
        posted("/events/t/max", "x".repeat(1 << 20));
        String many =
                "[" + (event("1", ",\"topic\":\"t/x\"") + ",").repeat(1000) + event("1", ",\"topic\":\"t/x\"") + "]";
        assertThat(broker.request("POST", "/events", many, "Content-Type", BATCH)
                        .body())
                .contains("1001");
        assertThat(broker.request("POST", "/events/broker/x", "x").body()).contains("\"number\":2003");
        assertThat(broker.request("POST", "/events/a//b", "x").statusCode()).isEqualTo(400);
        assertThat(broker.request("POST", "/events", "x").body()).contains("\"number\":1002");
        assertThat(broker.requestAs("", "POST", "/events/t/x", "x").statusCode())
                .isEqualTo(401);
        assertThat(broker.request("DELETE", "/events/t/x", "").statusCode()).isEqualTo(405);
        assertThat(nextEvent()).containsEntry("topic", "t/max");
    }
}
