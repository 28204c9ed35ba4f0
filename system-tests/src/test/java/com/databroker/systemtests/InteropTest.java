package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.Bytes;
import com.databroker.core.Event;
import com.databroker.core.Pattern;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import com.databroker.systemtests.InteropEnd.Named;
import com.databroker.systemtests.InteropEnd.Publisher;
import com.databroker.systemtests.InteropEnd.Receiver;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/// What goes in at one door comes out at every other, byte for byte.
class InteropTest {
    private static final int MIB = 1 << 20;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final ZContext jeromq = new ZContext();

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @BeforeEach
    void start() {
        broker = TestBroker.start(folder.resolve("data"));
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable open : opened.reversed()) {
            open.close();
        }
        jeromq.close();
        broker.close();
    }

    @Test
    void onePublicationOfEveryProtocolReachesEveryOtherByteForByte() throws Exception {
        List<Named<Receiver>> receivers = receivers();
        for (Named<Publisher> publisher : publishers()) {
            for (Map.Entry<String, byte[]> payload : payloads().entrySet()) {
                String topic = "interop/" + publisher.name() + "/" + payload.getKey();
                publisher.end().publish(topic, payload.getValue());
                for (Named<Receiver> receiver : receivers) {
                    byte[] arrived = receiver.end().await(topic);
                    assertThat(java.util.Arrays.equals(arrived, payload.getValue()))
                            .as(
                                    "%s at %s: %d bytes of %d",
                                    topic, receiver.name(), arrived.length, payload.getValue().length)
                            .isTrue();
                }
            }
        }
    }

    private static Map<String, byte[]> payloads() {
        Random random = new Random(20_260_101);
        Map<String, byte[]> payloads = new LinkedHashMap<>();
        payloads.put("empty", new byte[0]);
        payloads.put("text", "Grüße, 世界 \"👋\" \\ \u0001 \u2028".getBytes(StandardCharsets.UTF_8));
        for (int length : new int[] {1, 255, 256, 300, 65_535, 100_000, MIB}) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            // Never text by chance.
            bytes[0] = (byte) 0xFF;
            payloads.put("random-" + length, bytes);
        }
        return payloads;
    }

    private List<Named<Receiver>> receivers() throws Exception {
        Peer c = open(Peers.c(broker, "SUB", "interop/"));
        Peer sub = open(Peers.pyzmq(broker, "SUB", Map.of("sub", List.of("interop/"))));
        Peer xsub = open(Peers.pyzmq(broker, "XSUB", Map.of("sub", List.of("interop/"))));
        Peer sse = open(Peers.curl(broker, "/events?topic=interop/**"));
        Peer json = open(Peers.ws(broker, "/events?topic=interop/**", Map.of("token", broker.token())));
        Peer cloud = open(Peers.ws(
                broker, "/events?topic=interop/**", Map.of("token", broker.token(), "protocol", "cloudevents.json")));
        sse.await(": welcome");
        json.await(line -> line.startsWith("TEXT {\"op\":\"welcome\""));
        cloud.await("OPEN cloudevents.json");
        Peers.awaitSubscribed(broker, sub, "interop/knock");
        Peers.awaitSubscribed(broker, xsub, "interop/knock");
        Receiver ofC = InteropEnd.c(c);
        try (Peers.Knocking _ = Peers.knocking(broker, "interop/knock")) {
            ofC.await("interop/knock");
        }
        return List.of(
                new Named<>("C SUB", ofC),
                new Named<>("pyzmq SUB", InteropEnd.pyzmq(sub)),
                new Named<>("pyzmq XSUB", InteropEnd.pyzmq(xsub)),
                new Named<>("curl SSE", InteropEnd.cloudEvents(sse, "data: ")),
                new Named<>("ws JSON", InteropEnd.cloudEvents(json, "TEXT ")),
                new Named<>("ws cloudevents.json", InteropEnd.cloudEvents(cloud, "TEXT ")),
                new Named<>("Java client", javaClient()),
                new Named<>("JeroMQ SUB", jeroSub()));
    }

    private Receiver javaClient() {
        BlockingQueue<Event> events = new LinkedBlockingQueue<>();
        DatabrokerClient client = open(Peers.client(broker));
        client.subscribe(Pattern.of("interop/**"), events::add);
        return topic -> {
            for (Event event = events.poll(30, TimeUnit.SECONDS);
                    event != null;
                    event = events.poll(30, TimeUnit.SECONDS)) {
                if (event.topic().text().equals(topic)) {
                    return event.payload().toArray();
                }
            }
            throw new AssertionError(topic + " did not reach the client");
        };
    }

    private ZMQ.Socket jero(SocketType type) {
        ZMQ.Socket socket = jeromq.createSocket(type);
        socket.setPlainUsername("admin");
        socket.setPlainPassword(broker.token());
        socket.setHWM(0);
        socket.setReceiveTimeOut(30_000);
        // JeroMQ's own handshake stalls now and then, with libzmq as well; it tries again after this time.
        socket.setHandshakeIvl(1000);
        socket.setReconnectIVL(50);
        socket.connect("tcp://127.0.0.1:" + broker.zmqPort());
        return socket;
    }

    private Receiver jeroSub() throws Exception {
        ZMQ.Socket sub = jero(SocketType.SUB);
        sub.subscribe("interop/");
        Receiver receiver = topic -> {
            for (byte[] frame = sub.recv(); frame != null; frame = sub.recv()) {
                byte[] payload = sub.recv();
                if (new String(frame, StandardCharsets.UTF_8).equals(topic)) {
                    return payload;
                }
            }
            throw new AssertionError(topic + " did not reach JeroMQ");
        };
        try (Peers.Knocking _ = Peers.knocking(broker, "interop/knock")) {
            receiver.await("interop/knock");
        }
        return receiver;
    }

    private List<Named<Publisher>> publishers() throws Exception {
        Peer c = open(Peers.c(broker, "PUB", "probe/c"));
        Peers.awaitPublishing(broker, "probe/c");
        Peer pub = open(Peers.pyzmq(broker, "PUB", Map.of("probe", "probe/pub")));
        Peers.awaitPublishing(broker, "probe/pub");
        Peer push = open(Peers.pyzmq(broker, "PUSH", Map.of()));
        Peer dealer = open(Peers.pyzmq(broker, "DEALER", Map.of()));
        Peer req = open(Peers.pyzmq(broker, "REQ", Map.of()));
        DatabrokerClient client = open(Peers.client(broker));
        return List.of(
                new Named<>(
                        "c-pub",
                        (topic, payload) -> c.say(hex(topic.getBytes(StandardCharsets.UTF_8)) + " " + hex(payload))),
                new Named<>("pyzmq-pub", (topic, payload) -> pub.say(message(topic, payload))),
                new Named<>("pyzmq-push", (topic, payload) -> push.say(message(topic, payload))),
                new Named<>("pyzmq-dealer", acknowledged(dealer)),
                new Named<>("pyzmq-req", acknowledged(req)),
                new Named<>("jeromq-pub", jeroPub()),
                new Named<>("curl-post", this::curl),
                new Named<>("ws-json", webSocket()),
                new Named<>("ws-cloudevents", cloudEvents()),
                new Named<>(
                        "java-client",
                        (topic, payload) -> client.publish(Publication.of(Topic.of(topic), Bytes.copyOf(payload)))));
    }

    private static String hex(byte[] bytes) {
        return bytes.length == 0 ? "-" : HexFormat.of().formatHex(bytes);
    }

    private static String message(String topic, byte[] payload) {
        return Peers.send(topic.getBytes(StandardCharsets.UTF_8), payload);
    }

    private static Publisher acknowledged(Peer peer) {
        return (topic, payload) -> {
            peer.say(message(topic, payload));
            String answer = peer.await(line -> line.startsWith("MSG "));
            assertThat(answer.split(" ", -1)[1])
                    .isEqualTo(Peers.Wire.base64(Bytes.utf8("ack").toArray()));
        };
    }

    private Publisher jeroPub() throws Exception {
        ZMQ.Socket pub = jero(SocketType.PUB);
        BlockingQueue<Event> arrived = new LinkedBlockingQueue<>();
        try (DatabrokerClient client = Peers.client(broker)) {
            client.subscribe(Pattern.of("probe/jeromq"), arrived::add);
            Peers.until("JeroMQ publishes", () -> {
                pub.sendMore("probe/jeromq");
                pub.send("");
                return !arrived.isEmpty();
            });
        }
        return (topic, payload) -> {
            pub.sendMore(topic);
            pub.send(payload);
        };
    }

    private void curl(String topic, byte[] payload) throws Exception {
        Path body = Files.write(folder.resolve("body"), payload);
        try (Peer post = Peers.curl(broker, "/events/" + topic, "--data-binary", "@" + body)) {
            post.await(line -> line.startsWith("{\"position\":"));
        }
    }

    private Publisher webSocket() throws Exception {
        Peer peer =
                open(Peers.ws(broker, "/events", Map.of("token", broker.token(), "protocol", "databroker.v1.json")));
        peer.await("OPEN databroker.v1.json");
        return (topic, payload) -> {
            peer.say(Peers.json(Map.of(
                    "text",
                    Peers.json(Map.of(
                            "op",
                            "publish",
                            "id",
                            7,
                            "topic",
                            topic,
                            "data_base64",
                            Base64.getEncoder().encodeToString(payload))))));
            peer.await(line -> line.startsWith("TEXT {\"op\":\"ack\",\"id\":7,"));
        };
    }

    private Publisher cloudEvents() throws Exception {
        Peer peer = open(Peers.ws(broker, "/events", Map.of("token", broker.token(), "protocol", "cloudevents.json")));
        peer.await("OPEN cloudevents.json");
        return (topic, payload) -> peer.say(Peers.json(Map.of(
                "text",
                Peers.json(Map.of(
                        "specversion",
                        "1.0",
                        "id",
                        "1",
                        "source",
                        "/ws",
                        "type",
                        "test",
                        "topic",
                        topic,
                        "data_base64",
                        Base64.getEncoder().encodeToString(payload))))));
    }

    private <T extends AutoCloseable> T open(T peer) {
        opened.add(peer);
        return peer;
    }
}
