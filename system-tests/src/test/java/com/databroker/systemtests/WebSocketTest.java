package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The WebSocket protocol, spoken by Node's ws.
class WebSocketTest {
    private static final int PAYLOAD_MAX = 64 << 10;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final List<Peer> opened = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @BeforeEach
    void start() {
        broker = TestBroker.start(
                folder,
                Peers.patient(Map.of(
                        "events.window", "1MiB",
                        "events.payload-max", Integer.toString(PAYLOAD_MAX),
                        "events.subscriptions-max", "3")));
    }

    @AfterEach
    void stop() {
        opened.forEach(Peer::close);
        broker.close();
    }

    private Peer connect(String path, Map<String, ?> options) throws Exception {
        Peer peer = Peers.ws(broker, path, options);
        opened.add(peer);
        return peer;
    }

    /// A connection of the administrator that has been welcomed.
    private Peer admin(String path) throws Exception {
        Peer peer = connect(path, Map.of("token", broker.token(), "protocol", "databroker.v1.json"));
        peer.await("OPEN databroker.v1.json");
        next(peer, "welcome");
        return peer;
    }

    private static void say(Peer peer, Map<String, ?> message) throws IOException {
        peer.say(Peers.json(Map.of("text", Peers.json(message))));
    }

    /// The next message, which must have this op.
    private static Map<String, @Nullable Object> next(Peer peer, String op) throws InterruptedException {
        String line = peer.await(said -> said.startsWith("TEXT "));
        Map<String, @Nullable Object> message = Json.parseObject(Bytes.utf8(line.substring(5)));
        assertThat(message.get("op")).as(line).isEqualTo(op);
        return message;
    }

    private static Object id(Map<String, @Nullable Object> message) {
        return String.valueOf(message.get("id"));
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return value instanceof Map<?, ?> map ? map : Map.of();
    }

    @Test
    void everyOperationIsAnsweredWithItsOwnNumber() throws Exception {
        Peer peer = admin("/events");
        say(peer, Map.of("op", "subscribe", "id", 11, "topic", "builds/*/done"));
        assertThat(id(next(peer, "ack"))).isEqualTo("11");
        say(peer, Map.of("op", "ping", "id", 12));
        assertThat(id(next(peer, "pong"))).isEqualTo("12");
        say(peer, Map.of("op", "publish", "id", 13, "topic", "builds/core/done", "data", Map.of("ok", true)));
        say(peer, Map.of("op", "publish", "id", 14, "topic", "builds/core/failed", "data", "not subscribed"));
        String position = "";
        boolean delivered = false;
        for (int i = 0; i < 3; i++) {
            String line = peer.await(said -> said.startsWith("TEXT "));
            Map<String, @Nullable Object> message = Json.parseObject(Bytes.utf8(line.substring(5)));
            if ("event".equals(message.get("op"))) {
                Map<String, @Nullable Object> event = message;
                assertThat(event.get("data")).isEqualTo(Map.of("ok", true));
                assertThat(event.get("principal")).isEqualTo("admin");
                assertThat(event.get("datacontenttype")).isEqualTo("application/json");
                assertThat(position.isEmpty() || position.equals(event.get("position")))
                        .isTrue();
                delivered = true;
            } else if ("13".equals(id(message))) {
                position = String.valueOf(message.get("position"));
            }
        }
        assertThat(delivered).isTrue();
        say(peer, Map.of("op", "unsubscribe", "id", 15, "topic", "builds/*/done"));
        assertThat(id(next(peer, "ack"))).isEqualTo("15");
        say(peer, Map.of("op", "publish", "id", 16, "topic", "builds/core/done"));
        assertThat(id(next(peer, "ack"))).isEqualTo("16");
        say(peer, Map.of("op", "ping"));
        assertThat(next(peer, "pong")).doesNotContainKey("id");
        peer.say("{\"ping\":true}");
        peer.await("PONG");
    }

    @Test
    void a_null_that_is_there_is_json_and_one_that_is_not_is_no_payload() throws Exception {
        Peer peer = admin("/events?topic=w/**");
        peer.say(Peers.json(Map.of("text", "{\"op\":\"publish\",\"topic\":\"w/x\",\"data\":null}")));
        Map<String, @Nullable Object> isNull = event(peer);
        assertThat(isNull).containsKey("data").containsEntry("datacontenttype", "application/json");
        assertThat(isNull.get("data")).isNull();
        peer.say(Peers.json(Map.of("text", "{\"op\":\"publish\",\"topic\":\"w/y\"}")));
        assertThat(event(peer)).doesNotContainKey("datacontenttype");
    }

    private static Map<String, @Nullable Object> event(Peer peer) throws InterruptedException {
        String line = peer.await(said -> said.startsWith("TEXT ") && said.contains("\"op\":\"event\""));
        return Json.parseObject(Bytes.utf8(line.substring(5)));
    }

    @Test
    void mistakesAreNumberedAndTheConnectionGoesOn() throws Exception {
        Peer peer = admin("/events");
        Map<String, Integer> wrong = new HashMap<>(Map.of(
                "not json", 1011,
                "[]", 1011,
                "{\"op\":\"dance\",\"id\":1}", 1011,
                "{\"op\":\"ping\",\"id\":1,\"colour\":\"red\"}", 1011,
                "{\"op\":\"ping\",\"id\":\"one\"}", 1011,
                "{\"op\":\"ping\",\"op\":\"ping\"}", 1011,
                "{\"op\":\"subscribe\",\"id\":1,\"topic\":\"a/**b\"}", 1003,
                "{\"op\":\"subscribe\",\"id\":1,\"topic\":\"a\",\"since\":\"yesterday\"}", 1007,
                "{\"op\":\"publish\",\"id\":1,\"topic\":\"a//b\"}", 1002,
                "{\"op\":\"publish\",\"id\":1,\"topic\":\"broker/x\"}", 2003));
        wrong.put("{\"op\":\"publish\",\"id\":1,\"topic\":\"a\",\"data\":\"x\",\"data_base64\":\"eA==\"}", 1011);
        wrong.put("{\"op\":\"publish\",\"id\":1,\"topic\":\"a\",\"data_base64\":\"%\"}", 1011);
        wrong.put(
                "{\"op\":\"publish\",\"id\":1,\"topic\":\"a\",\"data\":\"" + "x".repeat(PAYLOAD_MAX + 1) + "\"}", 1004);
        wrong.put("{\"op\":\"auth\",\"id\":1,\"token\":\"again\"}", 1011);
        for (Map.Entry<String, Integer> message : wrong.entrySet()) {
            peer.say(Peers.json(Map.of("text", message.getKey())));
            Map<String, @Nullable Object> error = next(peer, "error");
            Map<?, ?> problem = map(error.get("problem"));
            assertThat(id(error))
                    .as(message.getKey())
                    .isEqualTo(message.getKey().matches(".*\"id\":1[,}].*") ? "1" : "null");
            assertThat(String.valueOf(problem.get("number")))
                    .as(message.getKey())
                    .isEqualTo(message.getValue().toString());
        }
        for (int i = 0; i < 3; i++) {
            say(peer, Map.of("op", "subscribe", "id", i, "topic", "t" + i));
            next(peer, "ack");
        }
        say(peer, Map.of("op", "subscribe", "id", 99, "topic", "one/more"));
        Map<String, @Nullable Object> refused = next(peer, "error");
        assertThat(id(refused)).isEqualTo("99");
        assertThat(String.valueOf(map(refused.get("problem")).get("number"))).isEqualTo("3001");
        say(peer, Map.of("op", "ping", "id", 100));
        next(peer, "pong");
    }

    @Test
    void whatIsNotGrantedIsRefusedByNumber() throws Exception {
        String token = broker.user("bob", "publish,subscribe:builds/**");
        Peer peer = connect("/events", Map.of("token", token));
        assertThat(next(peer, "welcome").get("principal")).isEqualTo("bob");
        say(peer, Map.of("op", "subscribe", "id", 1, "topic", "secret/**"));
        assertThat(String.valueOf(map(next(peer, "error").get("problem")).get("number")))
                .isEqualTo("2002");
        say(peer, Map.of("op", "publish", "id", 2, "topic", "secret/x"));
        assertThat(String.valueOf(map(next(peer, "error").get("problem")).get("number")))
                .isEqualTo("2002");
        say(peer, Map.of("op", "subscribe", "id", 3, "topic", "**"));
        next(peer, "ack");
        broker.request("POST", "/events/secret/x", "x");
        broker.request("POST", "/events/builds/x", "x");
        assertThat(next(peer, "event").get("topic")).isEqualTo("builds/x");
    }

    @Test
    void theTokenMayComeInTheFirstMessageAndMustBeRight() throws Exception {
        Peer right = connect("/events", Map.of());
        right.await(line -> line.startsWith("OPEN"));
        say(right, Map.of("op", "auth", "id", 1, "token", broker.token()));
        assertThat(next(right, "welcome").get("principal")).isEqualTo("admin");

        Peer wrong = connect("/events", Map.of());
        wrong.await(line -> line.startsWith("OPEN"));
        say(wrong, Map.of("op", "auth", "id", 1, "token", broker.token() + "x"));
        say(wrong, Map.of("op", "auth", "id", 1, "token", broker.token()));
        assertThat(wrong.await(line -> !line.startsWith("OPEN"))).startsWith("CLOSE 4401 2001 ");

        Peer other = connect("/events", Map.of());
        other.await(line -> line.startsWith("OPEN"));
        say(other, Map.of("op", "subscribe", "id", 1, "topic", "**"));
        assertThat(other.await(line -> !line.startsWith("OPEN"))).startsWith("CLOSE 4401 2001 ");

        Peer silent = connect("/events", Map.of());
        assertThat(silent.await(line -> !line.startsWith("OPEN"))).startsWith("CLOSE 4401 2001 ");

        assertThat(connect("/events", Map.of("token", "wrong")).await(line -> line.startsWith("REFUSED")))
                .startsWith("REFUSED 401 ")
                .contains("\"number\":2001");
    }

    @Test
    void theAnonymousAreAdmittedWhereTheUsersFileSaysSo() throws Exception {
        Peers.addUsers(broker, "<anonymous><grant action=\"publish subscribe\" pattern=\"public/**\"/></anonymous>");
        Peer peer = connect("/events", Map.of());
        peer.await(line -> line.startsWith("OPEN"));
        say(peer, Map.of("op", "subscribe", "id", 1, "topic", "public/**"));
        assertThat(next(peer, "welcome").get("principal")).isEqualTo("anonymous");
        next(peer, "ack");
    }

    @Test
    void wrongKindsAndSizesOfMessagesCloseTheConnection() throws Exception {
        Peer binary = admin("/events");
        binary.say("{\"binary\":\"AAAA\"}");
        assertThat(binary.await(line -> line.startsWith("CLOSE"))).startsWith("CLOSE 4400 1011 ");

        Peer cbor = connect("/events", Map.of("token", broker.token(), "protocol", "databroker.v1.cbor"));
        cbor.await("OPEN databroker.v1.cbor");
        cbor.say("{\"text\":\"{}\"}");
        assertThat(cbor.await(line -> line.startsWith("CLOSE"))).startsWith("CLOSE 4400 1011 ");

        Peer large = admin("/events");
        large.say(Peers.json(Map.of("text", "x".repeat(3 * PAYLOAD_MAX + 65_536))));
        assertThat(large.await(line -> line.startsWith("CLOSE"))).startsWith("CLOSE 4413 1004 ");
    }

    @Test
    void pagesOfAnotherOriginAreRefusedAndOursAreNot() throws Exception {
        assertThat(connect("/events", Map.of("token", broker.token(), "origin", "https://evil.example"))
                        .await(line -> line.startsWith("REFUSED") || line.startsWith("OPEN")))
                .startsWith("REFUSED 403 ");
        Peer own =
                connect("/events", Map.of("token", broker.token(), "origin", "http://127.0.0.1:" + broker.httpPort()));
        own.await(line -> line.startsWith("OPEN"));
    }

    @Test
    void cborSaysTheSameAsJson() throws Exception {
        Peer json = admin("/events?topic=same/**");
        Peer cbor = connect("/events?topic=same/**", Map.of("token", broker.token(), "protocol", "databroker.v1.cbor"));
        cbor.await("OPEN databroker.v1.cbor");
        nextCbor(cbor, "welcome");
        byte[] publish = Json.cborBytes(out -> Json.writeTree(
                        out,
                        Map.of(
                                "op",
                                "publish",
                                "id",
                                5,
                                "topic",
                                "same/a",
                                "data",
                                Bytes.utf8("bytes"),
                                "datacontenttype",
                                "text/plain",
                                "attributes",
                                Map.of("type", "greeting", "id", "e1"))))
                .toArray();
        cbor.say(Peers.json(Map.of("binary", Base64.getEncoder().encodeToString(publish))));
        Map<?, ?> fromJson = next(json, "event");
        Map<?, ?> first = nextCbor(cbor, null);
        Map<?, ?> second = nextCbor(cbor, null);
        boolean ackFirst = "ack".equals(first.get("op"));
        Map<?, ?> fromCbor = ackFirst ? second : first;
        assertThat((ackFirst ? first : second).get("position")).isEqualTo(fromCbor.get("position"));
        assertThat(fromCbor.get("data")).isEqualTo(Bytes.utf8("bytes"));
        assertThat(fromJson.get("data")).isEqualTo("bytes");
        for (String name : List.of("time", "topic", "position", "principal", "datacontenttype", "attributes")) {
            assertThat(fromCbor.get(name)).as(name).isNotNull().isEqualTo(fromJson.get(name));
        }
        assertThat(fromJson.get("attributes")).isEqualTo(Map.of("type", "greeting", "id", "e1"));
    }

    private static Map<?, ?> nextCbor(Peer peer, @Nullable String op) throws InterruptedException {
        String line = peer.await(said -> said.startsWith("BIN "));
        Map<?, ?> message = map(Json.parseCbor(Bytes.wrap(Base64.getDecoder().decode(line.substring(4)))));
        if (op != null) {
            assertThat(message.get("op")).isEqualTo(op);
        }
        return message;
    }

    @Test
    void cloudEventsPassAsTheyAreAndAWrongOneEndsTheConnection() throws Exception {
        Peer peer = connect("/events?topic=ce/**", Map.of("token", broker.token(), "protocol", "cloudevents.json"));
        peer.await("OPEN cloudevents.json");
        say(
                peer,
                Map.of(
                        "specversion",
                        "1.0",
                        "id",
                        "a1",
                        "source",
                        "/shop",
                        "type",
                        "order",
                        "topic",
                        "ce/orders",
                        "partitionkey",
                        "k",
                        "data",
                        Map.of("total", 3)));
        Map<String, @Nullable Object> event = Json.parseObject(
                Bytes.utf8(peer.await(line -> line.startsWith("TEXT ")).substring(5)));
        assertThat(event)
                .containsEntry("id", "a1")
                .containsEntry("source", "/shop")
                .containsEntry("type", "order")
                .containsEntry("topic", "ce/orders")
                .containsEntry("partitionkey", "k");
        assertThat(String.valueOf(event.get("data"))).isEqualTo("{total=3}");
        say(peer, Map.of("specversion", "0.3", "id", "a1", "source", "/shop", "type", "order", "topic", "ce/x"));
        assertThat(peer.await(line -> line.startsWith("CLOSE")))
                .startsWith("CLOSE 4400 1011 ")
                .contains("specversion");
    }

    @Test
    void sinceResumesAndAGapTellsWhatIsNoLongerHeld() throws Exception {
        String first = position(broker.request("POST", "/events/past/1", "1").body());
        broker.request("POST", "/events/past/2", "2");
        Peer peer = admin("/events?topic=past/**&since=" + first);
        assertThat(next(peer, "event").get("topic")).isEqualTo("past/2");
        String large = "x".repeat(PAYLOAD_MAX);
        for (int i = 0; i < 40; i++) {
            broker.request("POST", "/events/flood", large);
        }
        say(peer, Map.of("op", "subscribe", "id", 5, "topic", "flood", "since", first));
        String line = peer.await(said -> said.contains("\"op\":\"gap\""));
        Map<String, @Nullable Object> told = Json.parseObject(Bytes.utf8(line.substring(5)));
        long lost = Long.parseLong(String.valueOf(told.get("lost")));
        assertThat(offset(String.valueOf(told.get("to"))) - offset(String.valueOf(told.get("from"))))
                .isEqualTo(lost)
                .isPositive();
        say(peer, Map.of("op", "subscribe", "id", 6, "topic", "past/**", "since", "1a-3"));
        peer.await(said ->
                said.contains("\"op\":\"gap\"") && said.contains("\"from\":\"1a-3\"") && !said.contains("lost"));
    }

    private static long offset(String position) {
        return Long.parseLong(position.substring(position.indexOf('-') + 1));
    }

    private static String position(String answer) {
        return String.valueOf(Json.parseObject(Bytes.utf8(answer)).get("position"));
    }

    @Test
    void aSlowReaderIsToldItsGapAndDelaysNobody() throws Exception {
        Peer slow = admin("/events?topic=flood/**");
        Peer fast = admin("/events?topic=flood/**");
        slow.say("{\"pause\":true}");
        String large = "x".repeat(PAYLOAD_MAX);
        // Far more than the sockets and the window hold; the fast one gets each before the next ten are sent.
        for (int i = 0; i < 400; i++) {
            broker.request("POST", "/events/flood/" + i, large);
            if (i % 8 == 7) {
                String mark = "\"topic\":\"flood/" + i + "\"";
                String line = fast.await(said -> said.contains(mark) || said.contains("\"op\":\"gap\""));
                assertThat(line).contains(mark);
            }
        }
        slow.say("{\"resume\":true}");
        slow.await(line -> line.contains("\"op\":\"gap\""));
        slow.await(line -> line.contains("\"topic\":\"flood/399\""));
        assertThat(Peers.metric(broker, "databroker_events_lost_total{door=\"ws\"}"))
                .isPositive();
    }
}
