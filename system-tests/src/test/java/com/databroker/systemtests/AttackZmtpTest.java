package com.databroker.systemtests;

import static com.databroker.systemtests.AttackZmtp.COMMAND;
import static com.databroker.systemtests.AttackZmtp.MORE;
import static com.databroker.systemtests.AttackZmtp.command;
import static com.databroker.systemtests.AttackZmtp.frame;
import static com.databroker.systemtests.AttackZmtp.greeting;
import static com.databroker.systemtests.AttackZmtp.latin1;
import static com.databroker.systemtests.AttackZmtp.property;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Hostile ZeroMQ peers: each is refused or waited for, and the next one is served.
class AttackZmtpTest {
    @SuppressWarnings("NullAway.Init")
    private static TestBroker broker;

    @BeforeAll
    static void start(@TempDir Path data) {
        AttackMemory.quiet();
        broker = TestBroker.start(
                data,
                Map.of(
                        "events.subscriptions-max", "500",
                        "events.payload-max", "64KiB",
                        "events.window", "1MiB",
                        "access.failures-max", "1000",
                        "zmq.handshake-timeout", "1s"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] plain(String afterwards) {
        String token = broker.token();
        return join(
                greeting("PLAIN"), command("HELLO", "\u0005admin" + (char) token.length() + token), latin1(afterwards));
    }

    static Stream<byte[]> handshakes() {
        byte[] curve = greeting("CURVE");
        return Stream.of(
                latin1("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
                latin1("\u0016\u0003\u0001\u0002\u0000"),
                greeting("GSSAPI"),
                greeting("null"),
                greeting("NULLNULLNULLNULLNULL"),
                join(greeting("NULL"), command("READY", property("Socket-Type", "SUB"))),
                join(greeting("NULL"), command("READY", "")),
                join(greeting("PLAIN"), command("READY", property("Socket-Type", "SUB"))),
                join(greeting("PLAIN"), command("INITIATE", property("Socket-Type", "SUB"))),
                join(greeting("PLAIN"), command("HELLO", "\u0005admin\u0005wrong")),
                join(greeting("PLAIN"), command("HELLO", "\u00ffadmin")),
                join(greeting("PLAIN"), command("HELLO", "")),
                join(greeting("PLAIN"), command("ERROR", "\u0003odd")),
                join(greeting("PLAIN"), frame(0, latin1("message"))),
                join(greeting("PLAIN"), frame(COMMAND, 1L << 40, latin1("x"))),
                join(greeting("PLAIN"), frame(COMMAND, -1, latin1("x"))),
                join(greeting("PLAIN"), frame(COMMAND, 5000, latin1("x"))),
                join(greeting("PLAIN"), frame(0xF8, latin1("x"))),
                join(greeting("PLAIN"), frame(COMMAND | MORE, latin1("\u0005HELLO"))),
                join(greeting("PLAIN"), frame(COMMAND, latin1("\u00ffHELLO"))),
                join(greeting("PLAIN"), frame(COMMAND, latin1(""))),
                join(greeting("PLAIN"), frame(COMMAND, latin1("\0"))),
                plain("\4\7\5HELLO\0\0"),
                join(plain(""), command("INITIATE", "")),
                join(plain(""), command("INITIATE", property("Socket-Type", "PAIR"))),
                join(plain(""), command("INITIATE", property("Socket-Type", "SUB\r\nforged line"))),
                join(plain(""), command("INITIATE", "\u000bSocket-Type\u00ff\u00ff\u00ff\u00ffSUB")),
                join(plain(""), command("INITIATE", "\u000bSocket-Type\u007f\0\0\0SUB")),
                join(plain(""), command("INITIATE", "\0\0\0\0\0")),
                join(curve, command("HELLO", "")),
                join(curve, command("HELLO", "\1\0" + "\0".repeat(192))),
                join(curve, command("HELLO", "\1\0" + "x".repeat(192))),
                join(curve, command("INITIATE", "x".repeat(300))),
                join(curve, command("MESSAGE", "x".repeat(100))));
    }

    @ParameterizedTest
    @MethodSource("handshakes")
    void brokenHandshakeIsRefused(byte[] bytes) throws IOException {
        try (AttackSocket socket = AttackSocket.connect(broker.zmqPort())) {
            socket.trySend(bytes);
            assertThat(socket.readToEnd()).doesNotContain("\u0005READY");
        }
        try (AttackZmtp next = AttackZmtp.open(broker, "DEALER")) {
            assertThat(next.send(MORE, "t").send(0, "x").read().text()).isEqualTo("ack");
        }
    }

    static Stream<byte[]> traffic() {
        return Stream.of(
                frame(0, Long.MAX_VALUE, latin1("x")),
                frame(0, -1, latin1("x")),
                frame(0, 65_537 + 4096, latin1("x")),
                frame(0xF8, latin1("x")),
                frame(COMMAND | MORE, latin1("x")),
                frame(COMMAND, latin1("")),
                frame(COMMAND, latin1("\u00ffPING")),
                command("PING", ""),
                command("PING", "\0\0" + "x".repeat(17)),
                command("ERROR", "\0"));
    }

    @ParameterizedTest
    @MethodSource("traffic")
    void brokenTrafficEndsTheConnection(byte[] bytes) throws IOException {
        for (String type : new String[] {"SUB", "PUB", "DEALER"}) {
            try (AttackZmtp peer = AttackZmtp.open(broker, type)) {
                peer.socket.trySend(bytes);
                peer.socket.readToEnd();
            }
        }
    }

    static Stream<String> topics() {
        return Stream.of(
                "/", "a//b", "a/", "a*", "$a", "a\0b", "\u00c0\u00ae", "\u00ff", "\u00ed\u00a0\u0080", "files/a");
    }

    @ParameterizedTest
    @MethodSource("topics")
    void wrongTopicIsRefusedAndTheConnectionGoesOn(String topic) throws IOException {
        try (AttackZmtp dealer = AttackZmtp.open(broker, "DEALER");
                AttackZmtp publisher = AttackZmtp.open(broker, "PUB");
                AttackZmtp everything = AttackZmtp.open(broker, "SUB")) {
            everything.subscribe("ok").subscribe(topic).settle();
            dealer.send(MORE, topic).send(0, "x");
            assertThat(dealer.read().text()).isEqualTo("error");
            dealer.read();
            assertThat(dealer.send(MORE, "t").send(0, "x").read().text()).isEqualTo("ack");
            publisher.read();
            AttackSocket.await("the good one arrives", () -> {
                try {
                    publisher.send(MORE, topic).send(0, "x").send(MORE, "ok").send(0, "x");
                    return everything.read().text().equals("ok");
                } catch (IOException broken) {
                    throw new java.io.UncheckedIOException(broken);
                }
            });
        }
    }

    @Test
    void manyFramesAreNotGathered() throws IOException {
        try (AttackZmtp dealer = AttackZmtp.open(broker, "DEALER")) {
            byte[] frames = frame(MORE, new byte[60_000]);
            for (int i = 0; i < 500; i++) {
                dealer.socket.send(frames);
            }
            dealer.send(0, "end");
            assertThat(dealer.read().text()).isEqualTo("error");
        }
    }

    @Test
    void subscriptionsOfAConnectionAreBounded() throws IOException {
        try (AttackZmtp flood = AttackZmtp.open(broker, "SUB")) {
            for (int i = 0; i <= 500; i++) {
                flood.socket.trySend(command("SUBSCRIBE", "flood/" + i));
            }
            assertThat(flood.socket.readToEnd()).contains("3001", "events.subscriptions-max");
        }
        try (AttackZmtp patient = AttackZmtp.open(broker, "SUB")) {
            // The same one again and again is one, and an unknown one is cancelled without harm.
            for (int i = 0; i < 10_000; i++) {
                patient.subscribe("same");
            }
            patient.socket.send(command("CANCEL", "never"));
            patient.socket.send(command("PING", "\0\0ctx"));
            assertThat(patient.read().text()).isEqualTo("\u0004PONGctx");
        }
    }

    @Test
    void longPrefixIsRefused() throws IOException {
        try (AttackZmtp flood = AttackZmtp.open(broker, "SUB")) {
            flood.socket.trySend(command("SUBSCRIBE", "p".repeat(1025)));
            assertThat(flood.socket.readToEnd()).contains("subscription of 1025 bytes");
        }
    }

    @Test
    void drippingHandshakeIsCutOff() throws IOException {
        try (AttackSocket socket = AttackSocket.connect(broker.zmqPort())) {
            assertThat(socket.drip(new String(greeting("PLAIN"), java.nio.charset.StandardCharsets.ISO_8859_1), 100))
                    .isBetween(500L, 5000L);
        }
    }
}
