package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The three security mechanisms of ZeroMQ, with libzmq as the judge: its monitor tells how it went.
class ZmqSecurityTest {
    private static final String REFUSED = "EVENT HANDSHAKE_FAILED_AUTH";
    private static final String ACCEPTED = "EVENT HANDSHAKE_SUCCEEDED";
    private static final List<String> BOTH = List.of("SUB", "PUB");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final List<Peer> opened = new ArrayList<>();

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @BeforeEach
    void start() {
        broker = TestBroker.start(
                folder, Peers.patient(Map.of("zmq.heartbeat-interval", "150ms", "zmq.heartbeat-timeout", "150ms")));
    }

    @AfterEach
    void stop() {
        opened.forEach(Peer::close);
        broker.close();
    }

    private Peer peer(String type, Map<String, ?> security, String topic) throws Exception {
        Map<String, Object> options =
                new HashMap<>(Map.of("type", type, "endpoint", "tcp://127.0.0.1:" + broker.zmqPort()));
        options.put(type.equals("SUB") ? "sub" : "probe", type.equals("SUB") ? List.of(topic) : topic);
        options.putAll(security);
        Peer peer = Peers.pyzmq(options);
        opened.add(peer);
        return peer;
    }

    @Test
    void nullIsRefusedWithoutTheAnonymousElementAndAcceptedWithIt() throws Exception {
        for (String type : BOTH) {
            peer(type, Map.of(), "public/").await(REFUSED);
        }
        Peers.addUsers(broker, "<anonymous><grant action=\"publish subscribe\" pattern=\"public/**\"/></anonymous>");
        Peer sub = peer("SUB", Map.of(), "public/");
        sub.await(ACCEPTED);
        Peers.awaitSubscribed(broker, sub, "public/knock");
        peer("PUB", Map.of(), "public/probe").await(ACCEPTED);
        Peers.awaitPublishing(broker, "public/probe");
    }

    @Test
    void plainWantsTheUsersOwnValidToken() throws Exception {
        String token = broker.user("bob", "publish,subscribe:builds/**");
        String expired = "a token of long ago, long enough to be one";
        Peers.addToUser(
                broker,
                "bob",
                "<token label=\"old\" sha256=\"" + Peers.sha256(expired) + "\" expires=\"2020-01-01T00:00:00Z\"/>");
        for (String type : BOTH) {
            peer(type, plain("bob", token), "builds/x").await(ACCEPTED);
            peer(type, plain("bob", token + "x"), "builds/x").await(ZmqSecurityTest::failed);
            peer(type, plain("bob", expired), "builds/x").await(ZmqSecurityTest::failed);
            peer(type, plain("bob", " "), "builds/x").await(ZmqSecurityTest::failed);
            peer(type, plain("admin", token), "builds/x").await(ZmqSecurityTest::failed);
            peer(type, plain("nobody", token), "builds/x").await(ZmqSecurityTest::failed);
        }
    }

    /// libzmq 4.3.4 sends and expects PLAIN's ERROR as `^RROR`, and calls the right one a breach of the protocol.
    private static boolean failed(String line) {
        return line.startsWith("EVENT HANDSHAKE_FAILED_");
    }

    private static Map<String, ?> plain(String user, String token) {
        return Map.of("plain", List.of(user, token));
    }

    @Test
    void curveWantsTheKeyOfAUserAndTheKeyOfTheServer() throws Exception {
        String server = Peers.serverKey(broker);
        Peers.CurvePair carol = Peers.curvePair();
        Peers.CurvePair stranger = Peers.curvePair();
        broker.user("carol", "publish,subscribe:**");
        Peers.addToUser(broker, "carol", "<curve-key>" + carol.xml() + "</curve-key>");
        for (String type : BOTH) {
            peer(type, curve(server, carol), "builds/x").await(ACCEPTED);
            peer(type, curve(server, stranger), "builds/x").await(REFUSED);
            // Of the wrong server nothing is understood, so libzmq is told and never gets to a handshake.
            Peer misled = peer(type, curve(stranger.publicKey(), carol), "builds/x");
            assertThat(misled.await(line -> line.startsWith("EVENT HANDSHAKE") || line.equals("EVENT DISCONNECTED")))
                    .isNotEqualTo(ACCEPTED);
        }
    }

    private static Map<String, Object> curve(String server, Peers.CurvePair pair) {
        return Map.of("curve", Map.of("server", server, "public", pair.publicKey(), "secret", pair.secretKey()));
    }

    @Test
    void curveCarriesEverySizeBothWaysAndHeartbeatsKeepItOpen() throws Exception {
        Peers.CurvePair carol = Peers.curvePair();
        broker.user("carol", "publish,subscribe:**");
        Peers.addToUser(broker, "carol", "<curve-key>" + carol.xml() + "</curve-key>");
        Map<String, Object> options = new HashMap<>(curve(Peers.serverKey(broker), carol));
        options.put("heartbeat", 100);
        Peer sub = peer("SUB", options, "curve/");
        Peer pub = peer("PUB", options, "curve/probe");
        Peers.awaitMessage(sub, "curve/probe");
        exchange(pub, sub);

        // Silent peers are asked and then cut off: when two have gone, the heartbeats of the others have worked.
        for (int i = 0; i < 2; i++) {
            try (ZmqRaw silent = ZmqRaw.plain(broker, "SUB", "admin", broker.token())) {
                assertThat(silent.readFrame()).isEqualTo(ZmqRaw.PING);
                silent.awaitClosed();
            }
        }
        for (Peer peer : List.of(sub, pub)) {
            peer.say("{\"mark\":\"end\"}");
            assertThat(peer.await(line -> line.equals("EVENT DISCONNECTED") || line.startsWith("MARK")))
                    .isEqualTo("MARK end");
        }
        exchange(pub, sub);
    }

    private static void exchange(Peer pub, Peer sub) throws Exception {
        Random random = new Random(7);
        for (int length : new int[] {0, 1, 254, 255, 256, 70_000, 1 << 20}) {
            byte[] payload = new byte[length];
            random.nextBytes(payload);
            pub.say(Peers.send(("curve/" + length).getBytes(StandardCharsets.UTF_8), payload));
            assertThat(Peers.awaitMessage(sub, "curve/" + length)).isEqualTo(payload);
        }
    }

    @Test
    void curveHasTheSameLimitAsEveryOtherWay() throws Exception {
        Peers.CurvePair carol = Peers.curvePair();
        broker.user("carol", "publish,subscribe:**");
        Peers.addToUser(broker, "carol", "<curve-key>" + carol.xml() + "</curve-key>");
        Peer pub = peer("PUB", curve(Peers.serverKey(broker), carol), "curve/probe");
        Peers.awaitPublishing(broker, "curve/probe");
        pub.say(Peers.send("curve/large".getBytes(StandardCharsets.UTF_8), new byte[(1 << 20) + 1]));
        pub.await("EVENT DISCONNECTED");
    }
}
