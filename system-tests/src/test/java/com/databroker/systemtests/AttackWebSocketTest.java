package com.databroker.systemtests;

import static com.databroker.systemtests.AttackWebSocket.BINARY;
import static com.databroker.systemtests.AttackWebSocket.TEXT;
import static com.databroker.systemtests.AttackWebSocket.frame;
import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.EventMessages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Hostile WebSocket clients: frames no client may send, messages nobody can mean.
class AttackWebSocketTest {
    @SuppressWarnings("NullAway.Init")
    private static TestBroker broker;

    @BeforeAll
    static void start(@TempDir Path data) {
        AttackMemory.quiet();
        broker = TestBroker.start(
                data,
                Map.of("events.subscriptions-max", "500", "events.payload-max", "64KiB", "events.window", "1MiB"));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static Stream<byte[]> frames() {
        byte[] ping = utf8("{\"op\":\"ping\"}");
        return Stream.of(
                // Huge announcements: refused by the header, not when memory is full.
                frame(TEXT, true, Long.MAX_VALUE, ping),
                frame(TEXT, true, 1L << 30, ping),
                frame(TEXT, true, -1, ping),
                frame(BINARY, true, 300_000, new byte[1000]),
                // Not masked, reserved bits, reserved opcodes.
                frame(TEXT, false, ping.length, ping),
                frame(0xC1, ping),
                frame(0xA1, ping),
                frame(0x91, ping),
                frame(0x83, ping),
                frame(0x8B, ping),
                // Control frames that are long or fragmented; a continuation of nothing; a text within a text.
                frame(0x89, new byte[126]),
                frame(0x09, ping),
                frame(0x80, ping),
                concat(frame(0x01, ping), frame(0x81, ping)),
                // Not UTF-8.
                frame(TEXT, new byte[] {(byte) 0xC0, (byte) 0xAE}),
                frame(TEXT, new byte[] {'"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"'}),
                frame(TEXT, new byte[] {(byte) 0xFF}),
                // The other kind of message; a close that is none.
                frame(BINARY, ping),
                frame(0x88, new byte[] {1}),
                frame(0x88, new byte[] {0, 5}));
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] both = java.util.Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    @ParameterizedTest
    @MethodSource("frames")
    void brokenFrameEndsTheConnectionAndNoOther(byte[] bytes) throws IOException {
        try (AttackWebSocket other = AttackWebSocket.open(broker, broker.token());
                AttackWebSocket attacker = AttackWebSocket.open(broker, broker.token())) {
            attacker.await("welcome");
            attacker.socket.trySend(bytes);
            attacker.closeCode();
            other.say("{\"op\":\"ping\",\"id\":7}").await("pong");
        }
    }

    @Test
    void a_text_that_is_not_utf_8_is_told_as_malformed_and_no_ordinary_end() throws IOException {
        try (AttackWebSocket attacker = AttackWebSocket.open(broker, broker.token())) {
            attacker.await("welcome");
            // Half a character at the end of one frame and its rest in the next is well-formed.
            attacker.socket.send(frame(0x01, new byte[] {'{', '"', (byte) 0xC3}));
            attacker.socket.send(frame(0x80, new byte[] {(byte) 0xA9, '"', ':', '1', '}'}));
            assertThat(attacker.await("1011")).contains("op");
            attacker.socket.send(frame(TEXT, new byte[] {'"', (byte) 0xFF, '"'}));
            assertThat(attacker.closeCode()).isEqualTo(4400);
        }
    }

    @Test
    void fragmentsWithoutEndAreBounded() throws IOException {
        try (AttackWebSocket attacker = AttackWebSocket.open(broker, broker.token())) {
            attacker.await("welcome");
            boolean taken = attacker.socket.trySend(frame(0x01, new byte[1000]));
            for (int i = 0; i < 1000 && taken; i++) {
                taken = attacker.socket.trySend(frame(0x00, new byte[1000]));
            }
            assertThat(attacker.closeCode()).isIn(0, 1002, 1009, 4400, 4413);
        }
    }

    @Test
    void millionEmptyFragmentsAreHarmless() throws IOException {
        try (AttackWebSocket attacker = AttackWebSocket.open(broker, broker.token())) {
            attacker.await("welcome");
            byte[] many = new byte[6 * 10_000];
            for (int i = 0; i < 10_000; i++) {
                System.arraycopy(frame(0x00, new byte[0]), 0, many, 6 * i, 6);
            }
            attacker.socket.send(frame(0x01, utf8("{\"op\":\"ping\",")));
            boolean taken = true;
            for (int i = 0; i < 100 && taken; i++) {
                taken = attacker.socket.trySend(many);
            }
            attacker.socket.trySend(frame(0x80, utf8("\"id\":9}")));
            if (taken) {
                assertThat(attacker.await("pong")).contains("9");
            }
        }
    }

    static Stream<String> messages() {
        return Stream.of(
                "",
                "x",
                "null",
                "[]",
                "\"ping\"",
                "{}",
                "{\"op\":\"ping\"} {\"op\":\"ping\"}",
                "{\"op\":\"ping\",\"op\":\"ping\"}",
                "{\"op\":\"ping\",\"surprise\":1}",
                "{\"op\":\"ping\",\"id\":-5}",
                "{\"op\":\"ping\",\"id\":1.5}",
                "{\"op\":\"ping\",\"id\":1e400}",
                "{\"op\":\"ping\",\"id\":" + "9".repeat(400) + "}",
                "{\"op\":\"ping\",\"id\":" + "9".repeat(50_000) + "}",
                "{\"op\":\"ping\",\"id\":\"1\"}",
                "{\"op\":\"PING\"}",
                "{\"op\":[\"ping\"]}",
                "{\"op\":\"ping\",}",
                "{'op':'ping'}",
                "{\"op\":\"ping\"/**/}",
                "{\"op\":NaN}",
                "[".repeat(50_000),
                "{\"a\":".repeat(10_000),
                "{\"op\":\"publish\",\"topic\":\"t\",\"data\":" + "[".repeat(100) + "]".repeat(100) + "}",
                "{\"op\":\"publish\",\"topic\":\"t\",\"data\":1,\"data_base64\":\"eA==\"}",
                "{\"op\":\"publish\",\"topic\":\"t\",\"data_base64\":\"?\"}",
                "{\"op\":\"publish\",\"topic\":\"t/\"}",
                "{\"op\":\"publish\",\"topic\":\"a//b\"}",
                "{\"op\":\"publish\",\"topic\":\"a\\u0000b\"}",
                "{\"op\":\"publish\",\"topic\":\"a\\ud800b\"}",
                "{\"op\":\"publish\",\"topic\":\"a*\"}",
                "{\"op\":\"publish\",\"topic\":\"$since=1-1\"}",
                "{\"op\":\"publish\",\"topic\":\"" + "t".repeat(1025) + "\"}",
                "{\"op\":\"publish\",\"topic\":\"files/a\"}",
                "{\"op\":\"publish\",\"topic\":\"broker/users/reloaded\"}",
                "{\"op\":\"publish\",\"topic\":\"t\",\"data\":\"" + "x".repeat(65_537) + "\"}",
                "{\"op\":\"publish\",\"topic\":\"t\",\"attributes\":{\"A\":\"b\"}}",
                "{\"op\":\"publish\",\"topic\":\"t\",\"attributes\":{\"a\":\"b\\nc\"}}",
                "{\"op\":\"subscribe\",\"topic\":\"a*\"}",
                "{\"op\":\"subscribe\",\"topic\":\"**/**\"}",
                "{\"op\":\"subscribe\",\"topic\":\"" + "a/".repeat(64) + "a\"}",
                "{\"op\":\"subscribe\",\"topic\":\"a\",\"since\":\"-1-1\"}",
                "{\"op\":\"subscribe\",\"topic\":\"a\",\"since\":\"ffffffffffffffff-0\"}",
                "{\"op\":\"subscribe\",\"topic\":\"a\",\"since\":\"0-99999999999999999999\"}",
                "{\"op\":\"auth\",\"token\":\"again\"}");
    }

    @ParameterizedTest
    @MethodSource("messages")
    void brokenMessageIsAnsweredAndTheConnectionGoesOn(String message) throws IOException {
        try (AttackWebSocket client = AttackWebSocket.open(broker, broker.token())) {
            client.await("welcome");
            client.say(message);
            assertThat(client.await("\"op\"")).contains("\"op\":\"error\"", "\"number\":");
            client.say("{\"op\":\"ping\",\"id\":7}").await("pong");
        }
    }

    static Stream<String> cborMessages() {
        return Stream.of(
                "",
                "ff",
                "1c",
                "a0",
                "80",
                "a1626f70",
                // An array, a map, a text and bytes of 2^63 - 1, and of 4 GiB.
                "9b7fffffffffffffff",
                "bb7fffffffffffffff",
                "7b7fffffffffffffff",
                "5b7fffffffffffffff",
                "5affffffff00",
                "a1626f707affffffff",
                // Indefinite lengths that never end.
                "9f".repeat(10_000),
                "bf".repeat(10_000),
                "7f".repeat(10_000),
                "5f41".repeat(1000),
                // Deep nesting, deep tags.
                "81".repeat(10_000) + "00",
                "a161".repeat(5000),
                "c0".repeat(10_000) + "00",
                // Two times op; a key that is a number, a key that is bytes; a big number with a huge exponent.
                "a2626f706470696e67626f706470696e67",
                "a10001",
                "a2626f706470696e67426f706470696e67",
                "a2626f706470696e67626964c4821a7fffffff01",
                "a2626f706470696e67626964c249010000000000000000",
                // Wrong UTF-8 in a text; surrogates; something behind the end.
                "a1626f7064c0aec0ae",
                "a1626f7063eda080",
                "a1626f706470696e6700");
    }

    @ParameterizedTest
    @MethodSource("cborMessages")
    void brokenCborIsAnsweredAndTheConnectionGoesOn(String hex) throws IOException {
        try (AttackWebSocket client = AttackWebSocket.open(
                AttackSocket.connect(broker.httpPort()), broker.token(), EventMessages.CBOR.subprotocol())) {
            client.await("welcome");
            client.socket.send(frame(BINARY, HexFormat.of().parseHex(hex)));
            assertThat(client.await("op")).contains("error", "number");
            client.socket.send(frame(BINARY, HexFormat.of().parseHex("a2626f706470696e6762696407")));
            assertThat(client.await("pong")).isNotEmpty();
        }
    }

    @Test
    void subscriptionsOfAConnectionAreBounded() throws IOException {
        try (AttackWebSocket client = AttackWebSocket.open(broker, broker.token())) {
            client.await("welcome");
            for (int i = 1; i <= 501; i++) {
                client.say("{\"op\":\"subscribe\",\"id\":" + i + ",\"topic\":\"flood/" + i + "/**\"}");
            }
            client.await("\"id\":500");
            assertThat(client.await("\"op\"")).contains("3001", "events.subscriptions-max");
            client.say("{\"op\":\"unsubscribe\",\"id\":1,\"topic\":\"flood/1/**\"}")
                    .await("ack");
            client.say("{\"op\":\"subscribe\",\"id\":2,\"topic\":\"other/**\"}").await("ack");
        }
    }

    @Test
    void withoutCredentialsTheConnectionEnds() throws IOException {
        try (AttackWebSocket silent =
                AttackWebSocket.open(AttackSocket.connect(broker.httpPort()), "", EventMessages.JSON.subprotocol())) {
            assertThat(silent.closeCode()).isEqualTo(4401);
        }
        try (AttackWebSocket asking =
                AttackWebSocket.open(AttackSocket.connect(broker.httpPort()), "", EventMessages.JSON.subprotocol())) {
            asking.say("{\"op\":\"subscribe\",\"id\":2,\"topic\":\"**\"}");
            assertThat(asking.closeCode()).isEqualTo(4401);
        }
    }

    @Test
    void pageOfAnotherOriginIsRefused() throws IOException {
        String request = AttackWebSocket.request(broker.token(), EventMessages.JSON.subprotocol());
        for (String origin : new String[] {"https://evil.example", "null", "http://x.evil.example", "http://x:1"}) {
            try (AttackSocket socket = AttackSocket.connect(broker.httpPort())) {
                socket.send(request.replace("\r\n\r\n", "\r\nOrigin: " + origin + "\r\n\r\n"));
                assertThat(socket.answer().status()).isEqualTo(403);
            }
        }
    }
}
