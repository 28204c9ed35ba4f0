package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Subscriptions of libzmq: across a restart of the broker, back in time, twice, by the thousand.
class ZmqReconnectTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private TestBroker start(Map<String, String> settings) {
        return TestBroker.start(folder, Peers.patient(settings));
    }

    private static String publish(TestBroker broker, String topic) throws IOException, InterruptedException {
        String answer =
                broker.request("POST", "/events/" + topic, "of " + topic).body();
        return String.valueOf(Json.parseObject(Bytes.utf8(answer)).get("position"));
    }

    @Test
    void libzmqGoesOnAfterARestartOfTheBroker() throws Exception {
        TestBroker first = start(Map.of());
        Map<String, String> samePorts =
                Map.of("zmq.port", Integer.toString(first.zmqPort()), "http.port", Integer.toString(first.httpPort()));
        try (Peer sub = Peers.pyzmq(first, "SUB", Map.of("sub", List.of("life/")));
                Peer pub = Peers.pyzmq(first, "PUB", Map.of("probe", "life/probe"))) {
            Peers.awaitMessage(sub, "life/probe");
            first.close();
            sub.await("EVENT DISCONNECTED");
            pub.await("EVENT DISCONNECTED");
            try (TestBroker second = start(samePorts)) {
                Peers.awaitSubscribed(second, sub, "life/knock");
                Peers.awaitPublishing(second, "life/probe");
                pub.say(Peers.send("life/second", "here again"));
                assertThat(Peers.awaitMessage(sub, "life/second"))
                        .isEqualTo("here again".getBytes(StandardCharsets.UTF_8));
            }
        } finally {
            first.close();
        }
    }

    @Test
    void whoWasTurnedAwayForTheFailuresOfOthersComesBackByItself() throws Exception {
        try (TestBroker broker =
                TestBroker.start(folder, Map.of("access.failures-max", "1", "access.failure-refill", "2s"))) {
            try (ZmqRaw guesser = new ZmqRaw(broker)) {
                guesser.send(ZmqRaw.concat(ZmqRaw.greeting(3, "PLAIN"), ZmqRaw.hello("admin", "a guess")));
                guesser.awaitClosed();
            }
            try (Peer sub = Peers.pyzmq(broker, "SUB", Map.of("sub", List.of("x/")))) {
                sub.await("EVENT CONNECT_RETRIED");
                sub.await("EVENT HANDSHAKE_SUCCEEDED");
            }
        }
    }

    @Test
    void sinceReplaysWhatWasMissedAndEnvelopeAndGapAreHeeded() throws Exception {
        try (TestBroker broker = start(Map.of())) {
            String first = publish(broker, "past/1");
            publish(broker, "elsewhere/1");
            publish(broker, "past/2");
            String third = publish(broker, "past/3");
            try (Peer late = Peers.pyzmq(
                            broker,
                            "SUB",
                            Map.of("sub", List.of("past/", "$since=" + first, "$envelope=cloudevents")));
                    Peer stranger = Peers.pyzmq(
                            broker, "SUB", Map.of("sub", List.of("past/", "other/", "$since=1a-7", "$gap")))) {
                assertThat(nextTopic(late)).isEqualTo("past/2");
                Map<?, ?> event = Json.parseObject(Bytes.wrap(Peers.awaitMessage(late, "past/3")));
                assertThat(event.get("position")).isEqualTo(third);
                assertThat(event.get("topic")).isEqualTo("past/3");
                assertThat(event.get("data")).isEqualTo("of past/3");

                Map<?, ?> gap = Json.parseObject(Bytes.wrap(Peers.awaitMessage(stranger, "$gap")));
                assertThat(gap.get("from")).isEqualTo("1a-7");
                assertThat(String.valueOf(gap.get("to"))).endsWith("-0");
                assertThat(gap.containsKey("lost")).isFalse();
                for (int i = 1; i <= 3; i++) {
                    assertThat(nextTopic(stranger)).isEqualTo("past/" + i);
                }
            }
        }
    }

    private static String nextTopic(Peer sub) throws InterruptedException {
        String frame = sub.await(line -> line.startsWith("MSG ")).split(" ", -1)[1];
        return new String(Peers.Wire.unbase64(frame), StandardCharsets.UTF_8);
    }

    @Test
    void subscriptionsOfXsubAreCountedAndEndWithTheLastUnsubscription() throws Exception {
        try (TestBroker broker = start(Map.of());
                Peer xsub = Peers.pyzmq(broker, "XSUB", Map.of("sub", List.of("dup/", "dup/", "mark1/")))) {
            Peers.awaitSubscribed(broker, xsub, "mark1/knock");
            // Twice subscribed is delivered once.
            publish(broker, "dup/1");
            publish(broker, "mark1/1");
            assertThat(afterKnocks(xsub)).isEqualTo("dup/1");
            assertThat(nextTopic(xsub)).isEqualTo("mark1/1");

            xsub.say("{\"unsub\":\"dup/\"}");
            xsub.say("{\"sub\":\"mark2/\"}");
            Peers.awaitSubscribed(broker, xsub, "mark2/knock");
            publish(broker, "dup/2");
            assertThat(afterKnocks(xsub)).isEqualTo("dup/2");

            // libzmq counts at its end and sends one CANCEL, now.
            xsub.say("{\"unsub\":\"dup/\"}");
            xsub.say("{\"unsub\":\"never subscribed\"}");
            xsub.say("{\"sub\":\"mark3/\"}");
            Peers.awaitSubscribed(broker, xsub, "mark3/knock");
            publish(broker, "dup/3");
            publish(broker, "mark3/3");
            assertThat(afterKnocks(xsub)).isEqualTo("mark3/3");
        }
    }

    private static String afterKnocks(Peer sub) throws InterruptedException {
        String topic = nextTopic(sub);
        while (topic.endsWith("/knock")) {
            topic = nextTopic(sub);
        }
        return topic;
    }

    @Test
    void oneConnectionMayHaveThousandsOfSubscriptionsAndNoMoreThanTheLimit() throws Exception {
        try (TestBroker broker = start(Map.of("events.subscriptions-max", "5010"))) {
            try (Peer sub = Peers.pyzmq(broker, "SUB", Map.of())) {
                sub.say("{\"many\":[\"many/\",5000]}");
                sub.say("{\"sub\":\"done/\"}");
                Peers.awaitSubscribed(broker, sub, "done/knock");
                // Some fit by four prefixes at once; each comes once.
                for (int number : new int[] {0, 4321, 4999}) {
                    publish(broker, "many/" + number);
                }
                publish(broker, "many");
                publish(broker, "many/x");
                publish(broker, "done/all");
                for (String topic : List.of("many/0", "many/4321", "many/4999", "done/all")) {
                    assertThat(afterKnocks(sub)).isEqualTo(topic);
                }
                sub.say("{\"many\":[\"more/\",20]}");
                sub.await("EVENT DISCONNECTED");
            }
        }
    }
}
