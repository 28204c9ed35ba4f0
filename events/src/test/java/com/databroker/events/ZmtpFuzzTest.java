package com.databroker.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.access.AccessConfig;
import com.databroker.access.ConnectionLimit;
import com.databroker.access.Gate;
import com.databroker.access.NewToken;
import com.databroker.access.UsersEditor;
import com.databroker.core.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Mutated bytes of every phase of every mechanism, in chunks of any size: the connection ends or waits, nothing
/// escapes it, and every buffer comes back. `-Dfuzz.seconds=3600` runs longer, `-Dfuzz.seed=…` repeats a run.
class ZmtpFuzzTest {
    private static final long SEED = Long.getLong("fuzz.seed", 20_261_121L);

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final SecureRandom secure = new SecureRandom();
    private final CurveKeys serverKeys = CurveKeys.generate(secure);
    private final NewToken token = NewToken.generate("fuzz", null, List.of(), secure);
    private @Nullable Gate gate;
    private @Nullable EventPlane plane;

    @BeforeEach
    void open(@TempDir Path folder) throws Exception {
        String text = UsersEditor.initial("admin", token).utf8();
        Path users = folder.resolve("broker_users.xml");
        Files.writeString(
                users,
                text.replace(
                        "</broker-users>",
                        "<user name=\"curve\"><curve-key>" + z85(FuzzCurveClient.PUBLIC)
                                + "</curve-key><grant action=\"all\" pattern=\"**\"/></user>"
                                + "<anonymous><grant action=\"publish subscribe\" pattern=\"**\"/></anonymous>"
                                + "</broker-users>"));
        gate = Gate.open(AccessConfig.defaults(), users, folder.resolve("audit.log"), InstantSource.system());
        plane = EventPlane.open(EventsConfig.defaults(), InstantSource.system());
    }

    @AfterEach
    void close() {
        if (plane != null) {
            plane.close();
        }
        if (gate != null) {
            gate.close();
        }
    }

    private static String z85(byte[] bytes) {
        String digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < bytes.length; i += 4) {
            long value = 0;
            for (int j = 0; j < 4; j++) {
                value = value << 8 | (bytes[i + j] & 0xFF);
            }
            for (long unit = 85L * 85 * 85 * 85; unit > 0; unit /= 85) {
                text.append(digits.charAt((int) (value / unit % 85)));
            }
        }
        return text.toString().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    private EmbeddedChannel connect() {
        EventPlane here = java.util.Objects.requireNonNull(plane);
        ZmtpSettings settings = new ZmtpSettings(
                here,
                java.util.Objects.requireNonNull(gate),
                new ConnectionLimit("zmq", 1000, 1000, null),
                serverKeys,
                secure,
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                null,
                null);
        return new EmbeddedChannel(new ZmtpConnection(settings));
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(ByteBuf buffer) {
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.readBytes(bytes);
        buffer.release();
        return bytes;
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] command(String name, String data) {
        return bytes(Zmtp.command(name, Unpooled.wrappedBuffer(latin1(data))));
    }

    private static byte[] frame(int flags, String body) {
        return join(new byte[] {(byte) flags, (byte) body.length()}, latin1(body));
    }

    private static byte[] traffic() {
        return join(
                command("SUBSCRIBE", ""),
                command("SUBSCRIBE", "$since=1-1"),
                command("SUBSCRIBE", "$envelope=cloudevents"),
                command("SUBSCRIBE", "$gap"),
                frame(0, "\1prefix"),
                frame(0, "\0prefix"),
                command("CANCEL", ""),
                command("PING", "\0\1ctx"),
                frame(Zmtp.MORE, "topic"),
                frame(0, "payload"),
                frame(Zmtp.MORE, ""),
                frame(Zmtp.MORE, "a/b"),
                frame(0, "{}"),
                frame(Zmtp.MORE, "a"),
                frame(Zmtp.MORE, "b"),
                frame(0, "c"),
                new byte[] {3, 0, 0, 0, 0, 0, 0, 0, 1, 't', 2, 0, 0, 0, 0, 0, 0, 0, 1, 'p'});
    }

    private List<byte[]> conversations() {
        List<byte[]> seeds = new ArrayList<>();
        for (String type : List.of("SUB", "XSUB", "PUB", "XPUB", "PUSH", "REQ", "DEALER", "PAIR")) {
            byte[] metadata = bytes(Zmtp.property(Unpooled.buffer(), "Socket-Type", type));
            String properties = new String(metadata, StandardCharsets.ISO_8859_1);
            seeds.add(join(bytes(Zmtp.greeting("NULL")), command("READY", properties), traffic()));
            String secret = token.secret();
            seeds.add(join(
                    bytes(Zmtp.greeting("PLAIN")),
                    command("HELLO", "\5admin" + (char) secret.length() + secret),
                    command("INITIATE", properties),
                    traffic()));
        }
        return seeds;
    }

    @Test
    void connectionsEndOrWait() {
        List<byte[]> seeds = conversations();
        long count = 0;
        for (byte[] seed : seeds) {
            feed(seed, 0);
        }
        for (long end = FuzzMutator.end(); System.nanoTime() < end; count++) {
            byte[] seed = seeds.get(random.nextInt(seeds.size()));
            // Often the handshake stays whole, so that what follows it is reached.
            int from = random.nextInt(3) == 0 ? 0 : Math.max(0, seed.length - traffic().length);
            feed(FuzzMutator.mutate(seed, from, random), random.nextInt(64));
        }
        System.out.println("fuzz zmtp: " + count + " connections of seed " + SEED);
    }

    /// @param chunk bytes at a time, 0 for all at once
    private void feed(byte[] input, int chunk) {
        EmbeddedChannel channel = connect();
        List<ByteBuf> given = new ArrayList<>();
        try {
            for (int at = 0; at < input.length && channel.isOpen(); ) {
                int length = chunk == 0 ? input.length : Math.min(chunk, input.length - at);
                ByteBuf part = Unpooled.directBuffer(length).writeBytes(input, at, length);
                given.add(part);
                at += length;
                channel.writeInbound(part);
                channel.runPendingTasks();
                drain(channel);
            }
            channel.checkException();
        } catch (RuntimeException | Error finding) {
            throw new AssertionError(
                    "seed " + SEED + ", chunk " + chunk + ", input "
                            + HexFormat.of().formatHex(input),
                    finding);
        }
        channel.finishAndReleaseAll();
        channel.runPendingTasks();
        drain(channel);
        assertThat(given).as(HexFormat.of().formatHex(input)).allMatch(part -> part.refCnt() == 0);
    }

    private static void drain(EmbeddedChannel channel) {
        for (Object out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            ReferenceCountUtil.release(out);
        }
    }

    @Test
    void curveConnectionsEndOrWait() {
        long count = 0;
        for (long end = FuzzMutator.end(); System.nanoTime() < end; count++) {
            int spoiled = random.nextInt(-1, 8);
            curve(count % 8 == 0 ? -1 : spoiled);
        }
        System.out.println("fuzz curve: " + count + " connections of seed " + SEED);
    }

    /// @param spoiled the step whose bytes are mutated, -1 for none
    private void curve(int spoiled) {
        EmbeddedChannel channel = connect();
        FuzzCurveClient client = new FuzzCurveClient(serverKeys.publicBytes());
        byte[] metadata =
                bytes(Zmtp.property(Unpooled.buffer(), "Socket-Type", random.nextBoolean() ? "SUB" : "DEALER"));
        say(channel, bytes(Zmtp.greeting("CURVE")), spoiled == 0);
        said(channel);
        say(channel, client.hello(), spoiled == 1);
        byte[] welcome = said(channel);
        if (spoiled < 2 && spoiled >= 0 && welcome.length != FuzzCurveClient.WELCOME_LENGTH) {
            channel.finishAndReleaseAll();
            return;
        }
        say(channel, client.initiate(welcome, metadata), spoiled == 2);
        byte[] ready = said(channel);
        if (spoiled == -1) {
            assertThat(new String(ready, StandardCharsets.ISO_8859_1)).contains("READY");
        }
        if (channel.isOpen()) {
            say(channel, client.message(0, latin1("\1prefix")), spoiled == 3);
            say(channel, client.message(2, latin1("\4PING\0\1x")), spoiled == 4);
            say(channel, client.message(1, latin1("topic")), spoiled == 5);
            say(channel, client.message(0, FuzzMutator.mutate(latin1("payload"), 0, random)), spoiled == 6);
            say(channel, client.message(random.nextInt(256), FuzzMutator.mutate(traffic(), 0, random)), spoiled == 7);
        }
        channel.checkException();
        channel.finishAndReleaseAll();
    }

    private void say(EmbeddedChannel channel, byte[] input, boolean spoil) {
        if (channel.isOpen()) {
            channel.writeInbound(Unpooled.wrappedBuffer(spoil ? FuzzMutator.mutate(input, 0, random) : input));
            channel.runPendingTasks();
        }
    }

    private static byte[] said(EmbeddedChannel channel) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (Object out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            all.writeBytes(bytes((ByteBuf) out));
        }
        return all.toByteArray();
    }

    @Test
    void noMutatedBoxOpens() {
        CurveKeys other = CurveKeys.generate(secure);
        CurveBox ours =
                java.util.Objects.requireNonNull(CurveBox.between(serverKeys.secretBytes(), other.publicBytes()));
        byte[] nonce = new byte[CurveBox.NONCE_LENGTH];
        byte[] plain = latin1("nobody may change this");
        byte[] box = ours.seal(nonce, plain);
        assertThat(ours.open(nonce, box)).isEqualTo(plain);
        for (int bit = 0; bit < box.length * 8; bit++) {
            byte[] changed = box.clone();
            changed[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(ours.open(nonce, changed)).isNull();
        }
        long count = 0;
        for (long end = FuzzMutator.end(); System.nanoTime() < end; count++) {
            byte[] changed = FuzzMutator.mutate(box, 0, random);
            byte[] opened = ours.open(nonce, changed);
            assertThat(opened != null).isEqualTo(java.util.Arrays.equals(changed, box));
        }
        System.out.println("fuzz box: " + count + " boxes of seed " + SEED + ", " + Bytes.wrap(box));
    }
}
