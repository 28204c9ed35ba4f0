package com.databroker.events;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.access.ConnectionLimit;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The PROXY header before ZeroMQ's greeting, in a channel without a network.
class ZmtpProxiedTest {
    private static final long SEED = Long.getLong("fuzz.seed", 20_261_121L);
    private static final String PROXY = "192.0.2.1";
    private static final String HEADER = "PROXY TCP4 198.51.100.7 192.0.2.1 40000 5555\r\n";
    /// Version 2 of the same, with an extension.
    private static final String HEADER2 =
            "0d0a0d0a000d0a515549540a" + "21110012" + "c6336407" + "c0000201" + "9c4015b3" + "ea0003616263";

    private static final int SENT_OF_GREETING = 12;

    private final SecureRandom secure = new SecureRandom();
    private final ConnectionLimit limit = new ConnectionLimit("zmq", 1000, 1, null);
    private @Nullable People people;
    private @Nullable EventPlane plane;

    @BeforeEach
    void open(@TempDir Path folder) throws Exception {
        people = new People(folder);
        plane = EventPlane.open(EventsConfig.defaults(), InstantSource.system());
    }

    @AfterEach
    void close() {
        Objects.requireNonNull(plane).close();
        Objects.requireNonNull(people).close();
    }

    /// A connection from an address that no network is needed for.
    private static final class Connection extends EmbeddedChannel {
        private static final ThreadLocal<String> FROM = new ThreadLocal<>();

        private Connection(ChannelInitializer<Channel> initializer) {
            super(initializer);
        }

        static Connection from(String address, ChannelInitializer<Channel> initializer) {
            // Asked for by the constructor already, before a field could hold it.
            FROM.set(address);
            return new Connection(initializer);
        }

        @Override
        protected SocketAddress remoteAddress0() {
            return new InetSocketAddress(InetAddress.ofLiteral(FROM.get()), 40_000);
        }
    }

    private EmbeddedChannel connect(String from) {
        ZmtpSettings settings = new ZmtpSettings(
                Objects.requireNonNull(plane),
                Objects.requireNonNull(people).gate(),
                limit,
                CurveKeys.generate(secure),
                secure,
                Duration.ofSeconds(10),
                Duration.ofMinutes(1),
                Duration.ofMinutes(1),
                PROXY::equals,
                null);
        return Connection.from(from, new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                ZmtpProxied.begin(channel.pipeline(), settings, PROXY::equals);
            }
        });
    }

    private static ByteBuf latin1(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }

    private static int written(EmbeddedChannel channel) {
        int bytes = 0;
        for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
            bytes += out.readableBytes();
            out.release();
        }
        return bytes;
    }

    @Test
    void nothing_is_said_before_the_header_and_the_greeting_after_it() {
        EmbeddedChannel channel = connect(PROXY);
        assertThat(written(channel)).isZero();
        channel.writeInbound(latin1(HEADER));
        assertThat(written(channel)).isEqualTo(SENT_OF_GREETING);
        assertThat(ZmtpProxied.client(channel)).isEqualTo("198.51.100.7");
        assertThat(channel.pipeline().get(ZmtpProxied.class)).isNull();
        assertThat(limit.open()).isEqualTo(1);
        channel.close();
        assertThat(limit.open()).isZero();
    }

    @Test
    void what_follows_the_header_in_one_read_is_the_greeting() {
        EmbeddedChannel channel = connect(PROXY);
        ByteBuf greeting = Zmtp.greeting("NULL");
        channel.writeInbound(Unpooled.wrappedBuffer(latin1(HEADER), greeting));
        assertThat(written(channel)).isEqualTo(Zmtp.GREETING_LENGTH);
        assertThat(channel.isOpen()).isTrue();
        channel.close();
    }

    @Test
    void the_client_in_the_header_is_the_one_that_is_counted() {
        EmbeddedChannel first = connect(PROXY);
        EmbeddedChannel second = connect(PROXY);
        EmbeddedChannel other = connect(PROXY);
        first.writeInbound(latin1(HEADER));
        second.writeInbound(latin1(HEADER));
        other.writeInbound(latin1(HEADER.replace("198.51.100.7", "198.51.100.8")));
        assertThat(List.of(first.isOpen(), second.isOpen(), other.isOpen())).containsExactly(true, false, true);
        first.close();
        other.close();
    }

    @Test
    void another_than_a_proxy_is_closed_unread() {
        EmbeddedChannel channel = connect("192.0.2.2");
        assertThat(channel.isOpen()).isFalse();
        assertThat(written(channel)).isZero();
        assertThat(limit.open()).isZero();
    }

    @Test
    void a_proxy_that_says_nothing_is_closed_in_time() {
        EmbeddedChannel channel = connect(PROXY);
        channel.writeInbound(latin1("PROXY TCP4 198"));
        channel.advanceTimeBy(9, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isTrue();
        channel.advanceTimeBy(2, TimeUnit.SECONDS);
        channel.runScheduledPendingTasks();
        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void mutated_headers_end_the_connection_or_wait_and_every_buffer_comes_back() {
        SplittableRandom random = new SplittableRandom(SEED);
        byte[] version2 = HexFormat.of().parseHex(HEADER2);
        int open = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = (random.nextBoolean() ? HEADER.getBytes(StandardCharsets.ISO_8859_1) : version2).clone();
            for (int i = random.nextInt(4); i > 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            EmbeddedChannel channel = connect(PROXY);
            int cut = 1 + random.nextInt(bytes.length - 1);
            ByteBuf head = Unpooled.copiedBuffer(bytes, 0, cut);
            ByteBuf tail = Unpooled.copiedBuffer(bytes, cut, bytes.length - cut);
            write(channel, head);
            write(channel, tail);
            open += channel.isOpen() ? 1 : 0;
            channel.finishAndReleaseAll();
            assertThat(head.refCnt() + tail.refCnt())
                    .as("seed %d, round %d", SEED, round)
                    .isZero();
            assertThat(limit.open()).as("seed %d, round %d", SEED, round).isZero();
        }
        assertThat(open).isBetween(1, 19_999);
    }

    private static void write(EmbeddedChannel channel, ByteBuf bytes) {
        if (channel.isOpen()) {
            channel.writeInbound(bytes);
        } else {
            ReferenceCountUtil.release(bytes);
        }
    }
}
