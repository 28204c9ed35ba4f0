package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.Pattern;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a user may do, and how fast a change of it reaches connections that are open already.
class ZmqAccessTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init")
    private String token;

    @BeforeEach
    void start() throws Exception {
        broker = TestBroker.start(folder, Peers.patient(Map.of()));
        token = broker.user("bob", "publish,subscribe:builds/**");
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private Peer bob(String type, Map<String, ?> more) throws Exception {
        return Peers.pyzmq(broker, type, "bob", token, more);
    }

    @Test
    void aSubscriberOfEverythingGetsWhatItIsGranted() throws Exception {
        try (Peer sub = bob("SUB", Map.of("sub", List.of("")))) {
            Peers.awaitSubscribed(broker, sub, "builds/knock");
            for (String topic : List.of("secret/a", "buildsx/a", "builds", "secret/b", "builds/a", "builds/end")) {
                broker.request("POST", "/events/" + topic, "x");
            }
            assertThat(nextNotKnock(sub)).isEqualTo("builds");
            assertThat(nextNotKnock(sub)).isEqualTo("builds/a");
            assertThat(nextNotKnock(sub)).isEqualTo("builds/end");
        }
    }

    private static String nextNotKnock(Peer sub) throws Exception {
        while (true) {
            String frame = sub.await(line -> line.startsWith("MSG ")).split(" ", -1)[1];
            String topic = new String(Peers.Wire.unbase64(frame), StandardCharsets.UTF_8);
            if (!topic.endsWith("knock")) {
                return topic;
            }
        }
    }

    @Test
    void whatAPublisherMayNotSayReachesNobodyAndIsCountedAndAudited() throws Exception {
        BlockingQueue<String> topics = new LinkedBlockingQueue<>();
        try (DatabrokerClient client = Peers.client(broker);
                Peer pub = bob("PUB", Map.of("probe", "builds/probe"));
                Peer push = bob("PUSH", Map.of());
                Peer dealer = bob("DEALER", Map.of())) {
            Peers.awaitPublishing(broker, "builds/probe");
            client.subscribe(Pattern.of("**"), event -> {
                String topic = event.topic().text();
                if (!topic.startsWith("broker/") && !topic.endsWith("probe")) {
                    topics.add(topic);
                }
            });
            for (Peer peer : List.of(pub, push, dealer)) {
                peer.say(Peers.send("secret/plans", "x"));
                peer.say(Peers.send("builds/ok", "x"));
                assertThat(topics.poll(30, TimeUnit.SECONDS)).isEqualTo("builds/ok");
            }
            // Only who can be answered is told.
            String refused = dealer.await(line -> line.startsWith("MSG "));
            assertThat(refused.split(" ", -1)[1])
                    .isEqualTo(Peers.Wire.base64("error".getBytes(StandardCharsets.UTF_8)));
            assertThat(new String(Peers.Wire.unbase64(refused.split(" ", -1)[2]), StandardCharsets.UTF_8))
                    .contains("\"number\":2002", "secret/plans");
        }
        assertThat(Peers.metric(broker, "databroker_access_denied_total{action=\"publish\"}"))
                .isEqualTo(3);
        Peers.until("the audit file tells", () -> {
            String audit = Files.readString(folder.resolve("audit.log"));
            return audit.contains("secret/plans") && audit.contains("bob") && !audit.contains(token);
        });
    }

    @Test
    void newGrantsReachOpenConnectionsWithinASecond() throws Exception {
        try (Peer sub = bob("SUB", Map.of("sub", List.of("")));
                Peer ws = Peers.ws(broker, "/events?topic=**", Map.of("token", token));
                Peer sse = Peers.curlAs(broker, token, "/events?topic=**")) {
            Peers.awaitSubscribed(broker, sub, "builds/knock");
            ws.await(line -> line.contains("\"op\":\"welcome\""));
            sse.await(": welcome");
            Peers.editUsers(broker, file -> file.replace("builds/**", "other/**"));
            long changed = System.nanoTime();
            try (Peers.Knocking _ = Peers.knocking(broker, "other/knock")) {
                Peers.awaitMessage(sub, "other/knock");
                ws.await(line -> line.contains("\"other/knock\""));
                sse.await(line -> line.contains("\"other/knock\""));
            }
            assertThat(Duration.ofNanos(System.nanoTime() - changed)).isLessThan(Duration.ofSeconds(1));
            broker.request("POST", "/events/builds/late", "x");
            broker.request("POST", "/events/other/end", "x");
            assertThat(nextNotKnock(sub)).isEqualTo("other/end");
        }
    }

    @Test
    void aRevokedTokenEndsEveryConnectionAndOpensNone() throws Exception {
        try (Peer sub = bob("SUB", Map.of("sub", List.of("builds/")));
                Peer ws = Peers.ws(broker, "/events?topic=builds/**", Map.of("token", token));
                Peer sse = Peers.curlAs(broker, token, "/events?topic=builds/**")) {
            Peers.awaitSubscribed(broker, sub, "builds/knock");
            ws.await(line -> line.contains("\"op\":\"welcome\""));
            sse.await(": welcome");
            String id = token.split("_", -1)[1];
            assertThat(broker.request("DELETE", "/access/users/bob/tokens/" + id, "")
                            .statusCode())
                    .isEqualTo(204);
            long revoked = System.nanoTime();
            sub.await("EVENT DISCONNECTED");
            assertThat(ws.await(line -> line.startsWith("CLOSE"))).startsWith("CLOSE 4401 2005 ");
            sse.exit();
            assertThat(Duration.ofNanos(System.nanoTime() - revoked)).isLessThan(Duration.ofSeconds(1));
            // libzmq comes back by itself and is turned away.
            sub.await(line -> line.startsWith("EVENT HANDSHAKE_FAILED_"));
        }
        try (Peer ws = Peers.ws(broker, "/events", Map.of("token", token));
                Peer sse = Peers.curlAs(broker, token, "/events?topic=builds/**")) {
            assertThat(ws.await(line -> line.startsWith("REFUSED"))).startsWith("REFUSED 401 ");
            sse.await(line -> line.contains("\"number\":2001"));
        }
    }
}
