package com.databroker.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// WebSocket frames as they come from a broker, in whatever pieces.
class FramesTest {
    private static final int MAX = 1 << 18;
    private static final int FIN = 0x80;

    private final List<Bytes> messages = new ArrayList<>();
    private final List<String> rest = new ArrayList<>();
    private final Frames frames = new Frames(
            new Frames.Owner() {
                @Override
                public void message(Bytes whole) {
                    messages.add(whole);
                }

                @Override
                public void ping(byte[] payload) {
                    rest.add("ping " + new String(payload, StandardCharsets.UTF_8));
                }

                @Override
                public void closed(int code, String reason) {
                    rest.add("closed " + code + " " + reason);
                }
            },
            MAX);

    private static void write(ByteArrayOutputStream out, int first, byte[] payload) {
        out.write(first);
        if (payload.length < 126) {
            out.write(payload.length);
        } else if (payload.length < 1 << 16) {
            out.write(126);
            out.writeBytes(
                    ByteBuffer.allocate(2).putShort((short) payload.length).array());
        } else {
            out.write(127);
            out.writeBytes(ByteBuffer.allocate(8).putLong(payload.length).array());
        }
        out.writeBytes(payload);
    }

    /// Hands over `bytes` in pieces of a random size, now and then none.
    private boolean read(byte[] bytes, SplittableRandom random) throws IOException {
        ByteBuffer all = ByteBuffer.wrap(bytes);
        boolean more = true;
        while (all.hasRemaining()) {
            more = frames.read(into -> {
                int count =
                        Math.min(Math.min(all.remaining(), into.remaining()), random.nextInt(1 << random.nextInt(17)));
                ByteBuffer piece = all.slice(all.position(), count);
                into.put(piece);
                all.position(all.position() + count);
                return count;
            });
        }
        return more;
    }

    private static byte[] bytes(int length, SplittableRandom random) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    @Test
    void messages_of_every_size_come_whole_in_whatever_pieces() throws Exception {
        for (int seed = 0; seed < 50; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            messages.clear();
            List<Bytes> sent = new ArrayList<>();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            for (int length : new int[] {0, 1, 125, 126, 127, 65_535, 65_536, 65_537, MAX, random.nextInt(MAX)}) {
                byte[] payload = bytes(length, random);
                sent.add(Bytes.wrap(payload));
                write(out, FIN | Frames.BINARY, payload);
            }
            assertThat(read(out.toByteArray(), random)).as("seed %d", seed).isTrue();
            assertThat(messages).as("seed %d", seed).isEqualTo(sent);
        }
    }

    @Test
    void parts_of_a_message_are_put_together_and_a_ping_may_come_between() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        write(out, Frames.BINARY, new byte[] {1});
        write(out, FIN | 9, "are you there".getBytes(StandardCharsets.UTF_8));
        write(out, 0, new byte[] {2});
        write(out, FIN, new byte[] {3});
        write(out, FIN | Frames.BINARY, new byte[] {4});
        read(out.toByteArray(), new SplittableRandom(1));
        assertThat(messages).containsExactly(Bytes.wrap(new byte[] {1, 2, 3}), Bytes.wrap(new byte[] {4}));
        assertThat(rest).containsExactly("ping are you there");
    }

    @Test
    void what_follows_a_close_is_not_looked_at() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        write(out, FIN | Frames.CLOSE, "\u000f\u00a1gone".getBytes(StandardCharsets.ISO_8859_1));
        write(out, FIN | Frames.BINARY, new byte[] {1});
        byte[] all = out.toByteArray();
        frames.begin(all, 0, all.length);
        assertThat(frames.read(into -> 0)).isTrue();
        assertThat(rest).containsExactly("closed 4001 gone");
        assertThat(messages).isEmpty();
    }

    @Test
    void a_broken_frame_is_refused() {
        refused(Problem.MESSAGE_INVALID, FIN | Frames.BINARY, 0x80);
        refused(Problem.MESSAGE_INVALID, FIN | 1, 0);
        refused(Problem.MESSAGE_INVALID, FIN | 3, 0);
        refused(Problem.MESSAGE_INVALID, FIN | 0x40 | Frames.BINARY, 0);
        refused(Problem.MESSAGE_INVALID, FIN, 0);
        refused(Problem.MESSAGE_INVALID, 9, 0);
        refused(Problem.MESSAGE_INVALID, FIN | 9, 126, 0, 126);
        refused(Problem.PAYLOAD_TOO_LARGE, FIN | Frames.BINARY, 127, 0, 0, 0, 0, 0, 4, 0, 1);
        refused(Problem.PAYLOAD_TOO_LARGE, FIN | Frames.BINARY, 127, 0xff, 0, 0, 0, 0, 0, 0, 1);
    }

    private static void refused(Problem problem, int... bytes) {
        ByteBuffer some = ByteBuffer.allocate(bytes.length);
        for (int each : bytes) {
            some.put((byte) each);
        }
        FramesTest fresh = new FramesTest();
        fresh.frames.begin(some.array(), 0, bytes.length);
        assertThatThrownBy(() -> fresh.frames.read(into -> 0))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refusal -> assertThat(refusal.problem()).isEqualTo(problem));
    }

    @Test
    void the_end_of_the_stream_is_told() throws Exception {
        assertThat(frames.read(into -> -1)).isFalse();
    }

    @Test
    void what_is_masked_is_what_was_meant() {
        for (int length : new int[] {0, 1, 2, 3, 4, 5, 125, 126, 65_535, 65_536}) {
            byte[] payload = bytes(length, new SplittableRandom(length));
            ByteBuffer frame = Frames.masked(Frames.BINARY, ByteBuffer.wrap(payload), 0x12345678);
            assertThat(frame.get() & 0xff).isEqualTo(FIN | Frames.BINARY);
            int size = frame.get() & 0xff;
            assertThat(size & 0x80).isEqualTo(0x80);
            long told = switch (size & 0x7f) {
                case 126 -> frame.getShort() & 0xffff;
                case 127 -> frame.getLong();
                default -> size & 0x7f;
            };
            assertThat(told).isEqualTo(length);
            byte[] key = new byte[4];
            frame.get(key);
            assertThat(key).containsExactly(0x12, 0x34, 0x56, 0x78);
            byte[] plain = new byte[length];
            frame.get(plain);
            for (int i = 0; i < length; i++) {
                plain[i] ^= key[i & 3];
            }
            assertThat(plain).isEqualTo(payload);
            assertThat(frame.hasRemaining()).isFalse();
        }
    }
}
