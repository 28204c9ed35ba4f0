package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Server-sent events, read by curl.
class SseTest {
    private static final int PAYLOAD_MAX = 64 << 10;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    private void start(Map<String, String> settings) {
        broker = TestBroker.start(folder, Peers.patient(settings));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private String publish(String topic, String payload) throws Exception {
        return String.valueOf(Json.parseObject(Bytes.utf8(
                        broker.request("POST", "/events/" + topic, payload).body()))
                .get("position"));
    }

    @Test
    void aReaderResumesAfterTheLastEventItSaw() throws Exception {
        start(Map.of());
        publish("past/1", "1");
        String second = publish("past/2", "2");
        String third = publish("past/3", "{\"lines\":\n1}");
        try (Peer curl = Peers.curl(broker, "/events?topic=past/**", "--header", "Last-Event-ID: " + second)) {
            assertThat(curl.await(line -> line.startsWith("id: "))).isEqualTo("id: " + third);
            String data = curl.await(line -> line.startsWith("data: "));
            assertThat(data).contains("\"topic\":\"past/3\"", "\"specversion\":\"1.0\"", "lines");
            String fourth = publish("past/4", "4");
            curl.await("id: " + fourth);
        }
        try (Peer curl = Peers.curl(broker, "/events?topic=past/**&since=" + second)) {
            assertThat(curl.await(line -> line.startsWith("id: "))).isEqualTo("id: " + third);
        }
    }

    @Test
    void aPositionOfAnotherLifeIsAnsweredWithAGap() throws Exception {
        start(Map.of());
        publish("past/1", "1");
        try (Peer curl = Peers.curl(broker, "/events?topic=past/**", "--header", "Last-Event-ID: 1a-5")) {
            curl.await("event: gap");
            assertThat(curl.await(line -> line.startsWith("data: ")))
                    .contains("\"from\":\"1a-5\"")
                    .doesNotContain("lost");
            assertThat(curl.await(line -> line.startsWith("data: "))).contains("past/1");
        }
    }

    @Test
    void silenceDoesNotEndAStream() throws Exception {
        start(Map.of("http.idle-timeout", "900ms"));
        try (Peer curl = Peers.curl(broker, "/events?topic=quiet/**")) {
            curl.await(": welcome");
            // Each comes a third of the idle time after the one before.
            for (int i = 0; i < 6; i++) {
                curl.await(": alive");
            }
            publish("quiet/still", "here");
            curl.await(line -> line.contains("quiet/still"));
        }
    }

    @Test
    void aReaderThatFellBehindIsToldItsGapAndGoesOn() throws Exception {
        start(Map.of("events.window", "1MiB", "events.payload-max", Integer.toString(PAYLOAD_MAX)));
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), broker.httpPort())) {
            socket.setSoTimeout((int) Peer.PATIENCE.toMillis());
            String request = "GET /events?topic=flood/** HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
                    + broker.token() + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            until(reader, ": welcome");
            String large = "x".repeat(PAYLOAD_MAX);
            for (int i = 0; i < 400; i++) {
                publish("flood/" + i, large);
            }
            until(reader, "event: gap");
            until(reader, "flood/399");
        }
    }

    private static void until(BufferedReader reader, String part) throws Exception {
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (line.contains(part)) {
                return;
            }
        }
        throw new AssertionError("the stream ended before " + part);
    }

    @Test
    void whatCannotBeStreamedIsRefusedWithItsNumber() throws Exception {
        start(Map.of());
        String bob = broker.user("bob", "subscribe:builds/**");
        assertThat(broker.request("GET", "/events", "").body()).contains("\"number\":1003");
        assertThat(broker.request("GET", "/events?topic=a**", "").body()).contains("\"number\":1003");
        assertThat(broker.request("GET", "/events?topic=a&since=now", "").body())
                .contains("\"number\":1007");
        assertThat(broker.request("GET", "/events?topic=a", "", "Last-Event-ID", "x")
                        .body())
                .contains("\"number\":1007");
        assertThat(broker.request("GET", "/events?topic=a&token=secret", "").statusCode())
                .isEqualTo(400);
        assertThat(broker.requestAs("", "GET", "/events?topic=a", "").statusCode())
                .isEqualTo(401);
        assertThat(broker.requestAs(bob, "GET", "/events?topic=secret/**", "").body())
                .contains("\"number\":2002");
        assertThat(Peers.metric(broker, "databroker_event_connections{door=\"sse\"}"))
                .isZero();
    }
}
