package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.zeromq.SocketType;
import org.zeromq.ZContext;
import org.zeromq.ZMQ;

/// PUSH means back-pressure: a window that is much too small loses nothing of it while the reader reads.
class PushTest {
    private static final int MESSAGES = 30_000;
    private static final int PAYLOAD = 1024;

    @TempDir
    Path folder;

    @Test
    void a_pushing_peer_waits_for_a_slow_reader_and_nothing_is_lost() throws Exception {
        // 30 MB through a window of 4 MiB: without waiting the slow reader would lose most of it.
        try (TestBroker broker =
                        TestBroker.start(folder, Map.of("events.window", "4MiB", "events.write-buffer", "64KiB"));
                ZContext context = new ZContext()) {
            ZMQ.Socket sub = socket(context, SocketType.SUB, broker);
            sub.setRcvHWM(100);
            sub.setReceiveBufferSize(32 << 10);
            sub.subscribe("work/".getBytes(StandardCharsets.UTF_8));
            sub.connect(broker.broker().zmqAddress().toString());
            ZMQ.Socket push = socket(context, SocketType.PUSH, broker);
            push.setSndHWM(100);
            push.connect(broker.broker().zmqAddress().toString());
            untilSubscribed(push, sub);

            Thread pusher = Thread.ofPlatform().start(() -> push(push));
            for (int expected = 0; expected < MESSAGES; expected++) {
                assertThat(sub.recvStr()).isEqualTo("work/item");
                byte[] payload = sub.recv();
                assertThat(new String(payload, 0, 10, StandardCharsets.US_ASCII).strip())
                        .isEqualTo(Integer.toString(expected));
                if (expected % 64 == 0) {
                    // A reader with work to do: digests are slower than the network.
                    work(payload);
                }
            }
            pusher.join();
        }
    }

    private static ZMQ.Socket socket(ZContext context, SocketType type, TestBroker broker) {
        ZMQ.Socket socket = context.createSocket(type);
        socket.setPlainUsername("admin");
        socket.setPlainPassword(broker.token());
        socket.setReceiveTimeOut((int) Peer.PATIENCE.toMillis());
        socket.setSendTimeOut((int) Peer.PATIENCE.toMillis());
        socket.setLinger(0);
        return socket;
    }

    /// Pushes until the first message comes back: then the subscription stands.
    private static void untilSubscribed(ZMQ.Socket push, ZMQ.Socket sub) {
        sub.setReceiveTimeOut(50);
        for (int attempt = 0; attempt < 600; attempt++) {
            push.sendMore("work/hello");
            push.send("?");
            if (sub.recvStr() != null) {
                sub.recv();
                while (sub.recvStr() != null) {
                    sub.recv();
                }
                sub.setReceiveTimeOut((int) Peer.PATIENCE.toMillis());
                return;
            }
        }
        throw new AssertionError("the subscription does not stand");
    }

    private static void push(ZMQ.Socket push) {
        for (int i = 0; i < MESSAGES; i++) {
            push.sendMore("work/item");
            push.send(String.format("%-" + PAYLOAD + "d", i));
        }
    }

    private static void work(byte[] payload) throws java.security.GeneralSecurityException {
        java.security.MessageDigest digest = java.security.MessageDigest.getInstance("SHA-256");
        for (int i = 0; i < 2000; i++) {
            digest.update(payload);
        }
        assertThat(digest.digest()).hasSize(32);
    }
}
