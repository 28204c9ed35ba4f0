package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Handshakes that do not end, and more connections than the process has file descriptors.
class AttackLimitsTest {
    private static final Path ROOT = Path.of(System.getProperty("databroker.root", ""));
    private static final byte[] CLIENT_HELLO_BEGINS = {0x16, 0x03, 0x01, 0x02, 0x00, 0x01};

    @TempDir
    Path folder;

    @Test
    void a_tls_handshake_that_drips_is_cut_off_in_time() throws Exception {
        Path key = folder.resolve("key.pem");
        Path certificate = folder.resolve("certificate.pem");
        try (Peer openssl = Peer.start(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "2",
                "-subj",
                "/CN=localhost",
                "-keyout",
                key.toString(),
                "-out",
                certificate.toString())) {
            assertThat(openssl.exit()).isZero();
        }
        Map<String, String> settings = Map.of(
                "http.tls.certificate", certificate.toString(),
                "http.tls.key", key.toString(),
                "http.header-timeout", "1s");
        try (TestBroker broker = TestBroker.start(folder.resolve("data"), settings);
                Socket attacker = new Socket(InetAddress.getLoopbackAddress(), broker.httpPort())) {
            attacker.setSoTimeout((int) Peer.PATIENCE.toMillis());
            attacker.getOutputStream().write(CLIENT_HELLO_BEGINS);
            assertThat(endsBy(attacker)).isTrue();
        }
    }

    /// Whether the other side ends the connection, by an end or by a reset, within the socket's patience.
    private static boolean endsBy(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read(new byte[512]) < 0
                    || socket.getInputStream().read() < 0;
        } catch (java.net.SocketTimeoutException stillOpen) {
            return false;
        } catch (java.net.SocketException reset) {
            return true;
        }
    }

    @Test
    void descriptors_are_kept_back_so_that_files_can_be_stored_while_connections_are_refused() throws Exception {
        Path data = folder.resolve("few");
        try (Peer broker = Peer.start(
                "bash",
                "-c",
                "ulimit -n 500 && exec '" + ROOT.resolve("databroker") + "' serve --data '" + data
                        + "' --http.port 0 --zmq.port 0 --ssh.port 0")) {
            broker.await(line -> line.contains("stop with Ctrl-C"));
            String context = Files.readString(data.resolve("context.json"));
            int port = Integer.parseInt(context.replaceAll("(?s).*\"url\":\"http://127.0.0.1:(\\d+)\".*", "$1"));
            String token = Files.readString(data.resolve("admin.token")).strip();
            List<Socket> flood = new ArrayList<>();
            try (Socket friend = new Socket(InetAddress.getLoopbackAddress(), port)) {
                friend.setSoTimeout((int) Peer.PATIENCE.toMillis());
                assertThat(put(friend, token, "before")).contains(" 201 ");
                for (int i = 0; i < 400; i++) {
                    flood.add(new Socket(InetAddress.getLoopbackAddress(), port));
                }
                Socket last = flood.getLast();
                last.setSoTimeout((int) Peer.PATIENCE.toMillis());
                assertThat(endsBy(last)).isTrue();
                assertThat(put(friend, token, "during")).contains(" 201 ");
            } finally {
                for (Socket socket : flood) {
                    socket.close();
                }
            }
        }
    }

    private static String put(Socket socket, String token, String name) throws IOException {
        String request = "PUT /files/" + name + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nAuthorization: Bearer "
                + token + "\r\n\r\nx";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        byte[] answer = new byte[4096];
        int length = socket.getInputStream().read(answer);
        return new String(answer, 0, Math.max(length, 0), StandardCharsets.US_ASCII);
    }
}
