package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.Pattern;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Peers that send garbage at every state of the handshake and after it: they lose their connection, and
/// nothing else happens.
class ZmqGarbageTest {
    private static final long SEED = 37;
    private static final String OPEN = "databroker_connections{door=\"zmq\"}";
    private static final int PAYLOAD_MAX = 64 << 10;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private final ProtocolLog log = new ProtocolLog();

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init")
    private Peer witness;

    @BeforeEach
    void start() throws Exception {
        broker = TestBroker.start(
                folder,
                Peers.patient(Map.of(
                        "zmq.handshake-timeout", "1s",
                        "zmq.heartbeat-interval", "500ms",
                        "zmq.heartbeat-timeout", "500ms",
                        "events.payload-max", Integer.toString(PAYLOAD_MAX),
                        "events.window", "4MiB")));
        Peers.addUsers(broker, "<anonymous><grant action=\"publish subscribe\" pattern=\"public/**\"/></anonymous>");
        witness = Peers.pyzmq(broker, "SUB", Map.of("sub", List.of("witness/")));
        Peers.awaitSubscribed(broker, witness, "witness/before");
    }

    /// The connection that was there before is still there, the others are gone, and nobody saw an error.
    @AfterEach
    void stop() throws Exception {
        try {
            Peers.awaitSubscribed(broker, witness, "witness/after");
            Peers.until("all connections but one are gone", () -> Peers.metric(broker, OPEN) == 1);
            assertThat(Peers.metric(broker, "databroker_event_connections{door=\"zmq\"}"))
                    .isEqualTo(1);
            assertThat(log.errors()).isEmpty();
        } finally {
            witness.close();
            broker.close();
            log.close();
        }
    }

    @Test
    void randomBytesAtEveryPlaceOfAHandshakeEndTheConnection() throws Exception {
        byte[] traffic = ZmqRaw.concat(
                ZmqRaw.command("SUBSCRIBE", "public/".getBytes(StandardCharsets.US_ASCII)),
                ZmqRaw.frame(0, "\u0001public/a".getBytes(StandardCharsets.US_ASCII)));
        byte[] byPlain = ZmqRaw.concat(
                ZmqRaw.greeting(3, "PLAIN"),
                ZmqRaw.hello("admin", broker.token()),
                ZmqRaw.command("INITIATE", ZmqRaw.socketType("SUB")),
                traffic);
        byte[] byNull = ZmqRaw.concat(
                ZmqRaw.greeting(3, "NULL"), ZmqRaw.command("READY", ZmqRaw.socketType("DEALER")), traffic);
        byte[] byCurve = ZmqRaw.concat(ZmqRaw.greeting(3, "CURVE"), ZmqRaw.command("HELLO", new byte[194]));
        List<byte[]> streams = new ArrayList<>();
        for (byte[] whole : List.of(byPlain, byNull, byCurve)) {
            for (int cut = 0; cut < whole.length; cut++) {
                byte[] garbage = new byte[200];
                new Random(SEED + cut).nextBytes(garbage);
                streams.add(ZmqRaw.concat(Arrays.copyOf(whole, cut), garbage));
                // Cut off and silent: the clock ends it.
                streams.add(Arrays.copyOf(whole, cut));
            }
        }
        atOnce(streams, 200);
    }

    private void atOnce(List<byte[]> streams, int width) throws Exception {
        Semaphore room = new Semaphore(width);
        List<Future<?>> ends = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (byte[] stream : streams) {
                room.acquire();
                ends.add(threads.submit(() -> {
                    try (ZmqRaw raw = new ZmqRaw(broker)) {
                        raw.sendTo(stream);
                        raw.awaitClosed();
                        return raw;
                    } finally {
                        room.release();
                    }
                }));
            }
        }
        for (Future<?> end : ends) {
            end.get();
        }
    }

    @Test
    void oddFramesAfterTheHandshakeEndTheConnectionOfEverySocketType() throws Exception {
        List<byte[]> odd = List.of(
                ZmqRaw.header(2, Long.MAX_VALUE),
                ZmqRaw.header(2, -1),
                ZmqRaw.header(2, PAYLOAD_MAX + 1L),
                ZmqRaw.header(6, 1L << 40),
                new byte[] {8, 0},
                new byte[] {(byte) 0xFF, 0},
                // A command has no more frames, a name, and no name longer than itself.
                new byte[] {5, 1, 0},
                new byte[] {4, 0},
                new byte[] {4, 2, 9, 'P'},
                ZmqRaw.command("PING", new byte[0]),
                ZmqRaw.command("PING", new byte[40]),
                ZmqRaw.command("ERROR", new byte[] {3, '4', '0', '0'}));
        for (String type : List.of("SUB", "XSUB", "PUB", "XPUB", "PUSH", "DEALER", "REQ")) {
            for (byte[] frame : odd) {
                try (ZmqRaw raw = ZmqRaw.plain(broker, type, "admin", broker.token())) {
                    raw.sendTo(frame);
                    raw.awaitClosed();
                }
            }
        }
    }

    @Test
    void aCommandInsideAMessageEndsAPublisher() throws Exception {
        try (ZmqRaw raw = ZmqRaw.plain(broker, "PUB", "admin", broker.token())) {
            raw.sendTo(ZmqRaw.concat(
                    ZmqRaw.frame(1, "a/b".getBytes(StandardCharsets.US_ASCII)),
                    ZmqRaw.command("PING", new byte[] {0, 0})));
            raw.awaitClosed();
        }
        try (ZmqRaw raw = ZmqRaw.plain(broker, "PUB", "admin", broker.token())) {
            byte[] topic = "a/b".getBytes(StandardCharsets.US_ASCII);
            raw.sendTo(ZmqRaw.concat(ZmqRaw.frame(1, topic), ZmqRaw.frame(0, new byte[PAYLOAD_MAX + 1])));
            raw.awaitClosed();
        }
    }

    @Test
    void messagesThatNoOtherProtocolCouldSayAreDroppedAndTheNextIsTaken() throws Exception {
        BlockingQueue<String> topics = new LinkedBlockingQueue<>();
        try (DatabrokerClient client = Peers.client(broker);
                ZmqRaw raw = ZmqRaw.plain(broker, "PUB", "admin", broker.token())) {
            client.subscribe(Pattern.of("**"), event -> {
                if (!event.topic().isReserved() && !event.topic().text().startsWith("witness")) {
                    topics.add(event.topic().text());
                }
            });
            byte[] more = ZmqRaw.frame(1, "three/frames".getBytes(StandardCharsets.US_ASCII));
            raw.send(ZmqRaw.concat(more, more, ZmqRaw.frame(0, new byte[5])));
            raw.send(ZmqRaw.concat(more, more, more, more, ZmqRaw.frame(0, new byte[500])));
            for (String invalid : List.of("", "/a", "a//b", "a/", "a*", "$since", "broker/x", "files/y", "\u0000")) {
                raw.send(ZmqRaw.concat(
                        ZmqRaw.frame(1, invalid.getBytes(StandardCharsets.US_ASCII)), ZmqRaw.frame(0, new byte[1])));
            }
            raw.send(ZmqRaw.concat(ZmqRaw.frame(1, new byte[] {(byte) 0xC3, 0x28}), ZmqRaw.frame(0, new byte[1])));
            raw.send(ZmqRaw.frame(0, "one/frame".getBytes(StandardCharsets.US_ASCII)));
            raw.send(ZmqRaw.concat(
                    ZmqRaw.frame(1, "two/frames".getBytes(StandardCharsets.US_ASCII)), ZmqRaw.frame(0, new byte[2])));
            assertThat(topics.poll(30, TimeUnit.SECONDS)).isEqualTo("one/frame");
            assertThat(topics.poll(30, TimeUnit.SECONDS)).isEqualTo("two/frames");
        }
    }

    @Test
    void olderProtocolsUnknownMechanismsAndSocketTypesAreTurnedAway() throws Exception {
        List<byte[]> streams = new ArrayList<>(List.of(
                // ZMTP 1.0 begins with the length of an identity, 2.0 says 1 or 2 where we say 3.
                new byte[] {1, 0},
                ZmqRaw.greeting(1, ""),
                ZmqRaw.greeting(2, "NULL"),
                ZmqRaw.greeting(3, "GSSAPI"),
                ZmqRaw.greeting(3, ""),
                "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII),
                ZmqRaw.concat(
                        ZmqRaw.greeting(3, "NULL"), ZmqRaw.frame(0, "message".getBytes(StandardCharsets.US_ASCII))),
                ZmqRaw.concat(ZmqRaw.greeting(3, "NULL"), ZmqRaw.hello("admin", broker.token())),
                ZmqRaw.concat(ZmqRaw.greeting(3, "PLAIN"), ZmqRaw.command("READY", ZmqRaw.socketType("SUB"))),
                ZmqRaw.concat(ZmqRaw.greeting(3, "PLAIN"), ZmqRaw.command("INITIATE", ZmqRaw.socketType("SUB"))),
                ZmqRaw.concat(ZmqRaw.greeting(3, "CURVE"), ZmqRaw.command("INITIATE", new byte[300])),
                ZmqRaw.concat(ZmqRaw.greeting(3, "CURVE"), ZmqRaw.command("MESSAGE", new byte[64]))));
        for (String type : List.of("PAIR", "PULL", "REP", "ROUTER", "STREAM", "nonsense", "")) {
            streams.add(ZmqRaw.concat(ZmqRaw.greeting(3, "NULL"), ZmqRaw.command("READY", ZmqRaw.socketType(type))));
        }
        atOnce(streams, streams.size());
    }

    @Test
    void aDrippingHandshakeIsEndedByTheClock() throws Exception {
        try (ZmqRaw raw = new ZmqRaw(broker)) {
            byte[] greeting = ZmqRaw.greeting(3, "PLAIN");
            for (int i = 0; i < 60; i++) {
                raw.send(new byte[] {greeting[i]});
            }
            raw.awaitClosed();
        }
    }

    /// libzmq speaks CURVE through a line that spoils one byte, at another place for each attempt.
    @Test
    void curveWithOneByteSpoiledAnywhereIsRefused() throws Exception {
        Peers.CurvePair carol = Peers.curvePair();
        broker.user("carol", "publish,subscribe:**");
        Peers.addToUser(broker, "carol", "<curve-key>" + carol.xml() + "</curve-key>");
        // Greeting 64, HELLO 202, INITIATE about 260, then messages; every seventh byte and all around the borders.
        List<Integer> places = new ArrayList<>(List.of(0, 9, 12, 64, 65, 66, 72, 266, 267, 275));
        for (int place = 150; place < 660; place += 7) {
            places.add(place);
        }
        try (ServerSocket line = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Peer _ = Peers.pyzmq(Map.of(
                        "type",
                        "PUB",
                        "endpoint",
                        "tcp://127.0.0.1:" + line.getLocalPort(),
                        "probe",
                        "carol/probe",
                        "renew",
                        true,
                        "curve",
                        Map.of(
                                "server", Peers.serverKey(broker),
                                "public", carol.publicKey(),
                                "secret", carol.secretKey())))) {
            line.setSoTimeout((int) Peer.PATIENCE.toMillis());
            for (int place : places) {
                try (Socket client = line.accept();
                        Socket here = new Socket(InetAddress.getLoopbackAddress(), broker.zmqPort())) {
                    here.setSoTimeout((int) Peer.PATIENCE.toMillis());
                    threads.submit(() -> spoil(client.getInputStream(), here.getOutputStream(), place));
                    copy(here.getInputStream(), client.getOutputStream());
                }
            }
        }
    }

    private static boolean spoil(InputStream from, OutputStream to, int place) throws IOException {
        int at = 0;
        byte[] part = new byte[8192];
        for (int length = from.read(part); length >= 0; length = from.read(part)) {
            if (place >= at && place < at + length) {
                part[place - at] ^= 0x55;
            }
            at += length;
            to.write(part, 0, length);
        }
        return true;
    }

    private static void copy(InputStream from, OutputStream to) {
        try {
            from.transferTo(to);
        } catch (IOException ended) {
            // By the one side or the other: what counts is that the broker let go.
        }
    }
}
