package com.databroker.client;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The opening of a WebSocket on a connection that stands: the request, and whether what is answered is the
/// other half.
final class Handshake {
    private static final String MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final int HEAD_MAX = 1 << 14;
    private static final int BODY_MAX = 1 << 16;
    private static final int SWITCHING = 101;

    private final byte[] read = new byte[HEAD_MAX];
    private int count;

    /// What came behind the answer begins here.
    private int behind;

    /// @param nonce of 16 bytes
    /// @throws IOException where the connection breaks
    /// @throws ProblemException where the answer is another
    void shake(Socket socket, URI uri, String subprotocol, @Nullable String token, byte[] nonce) throws IOException {
        String key = Base64.getEncoder().encodeToString(nonce);
        StringBuilder request = new StringBuilder("GET " + uri.getRawPath() + " HTTP/1.1\r\nHost: " + uri.getHost()
                + (uri.getPort() < 0 ? "" : ":" + uri.getPort())
                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                + key
                + "\r\nSec-WebSocket-Protocol: " + subprotocol + "\r\n");
        if (token != null) {
            request.append("Authorization: Bearer ").append(token).append("\r\n");
        }
        socket.getOutputStream().write(request.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII));
        InputStream in = socket.getInputStream();
        String[] lines = head(in).split("\r\n", -1);
        Map<String, String> headers = headers(lines);
        int status = status(lines[0]);
        if (status != SWITCHING) {
            throw ProblemDocument.read(status, body(in, headers));
        }
        if (!"websocket".equalsIgnoreCase(headers.get("upgrade"))
                || !accept(key).equals(headers.get("sec-websocket-accept"))
                || !subprotocol.equals(headers.get("sec-websocket-protocol"))) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "the other end does not speak " + subprotocol);
        }
    }

    /// Hands over what came behind the answer.
    void rest(Frames frames) {
        frames.begin(read, behind, count);
    }

    private String head(InputStream in) throws IOException {
        for (int from = 0; ; from = Math.max(0, count - 3)) {
            int came = count < HEAD_MAX ? in.read(read, count, HEAD_MAX - count) : 0;
            if (came < 0) {
                throw new EOFException("the connection ended before an answer");
            }
            if (came == 0) {
                throw new ProblemException(Problem.MESSAGE_INVALID, "an answer of more than " + HEAD_MAX + " bytes");
            }
            count += came;
            for (int i = from; i + 4 <= count; i++) {
                if (read[i] == '\r' && read[i + 1] == '\n' && read[i + 2] == '\r' && read[i + 3] == '\n') {
                    behind = i + 4;
                    return new String(read, 0, i, StandardCharsets.ISO_8859_1);
                }
            }
        }
    }

    private static int status(String line) {
        if (line.matches("HTTP/1\\.1 [1-5][0-9][0-9]( .*)?")) {
            return Integer.parseInt(line.substring(9, 12));
        }
        throw new ProblemException(Problem.MESSAGE_INVALID, "the other end does not speak HTTP/1.1");
    }

    private static Map<String, String> headers(String[] lines) {
        Map<String, String> headers = new HashMap<>();
        for (String line : Arrays.asList(lines).subList(1, lines.length)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.put(
                        line.substring(0, colon).toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).strip());
            }
        }
        return headers;
    }

    private Bytes body(InputStream in, Map<String, String> headers) throws IOException {
        String length = headers.getOrDefault("content-length", "0");
        int wanted = length.matches("[0-9]{1,5}") ? Math.min(BODY_MAX, Integer.parseInt(length)) : 0;
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.write(read, behind, Math.min(wanted, count - behind));
        body.writeBytes(in.readNBytes(wanted - body.size()));
        return Bytes.wrap(body.toByteArray());
    }

    private static String accept(String key) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-1").digest((key + MAGIC).getBytes(StandardCharsets.US_ASCII));
            return Base64.getEncoder().encodeToString(hash);
        } catch (NoSuchAlgorithmException everyJdkHasIt) {
            throw new IllegalStateException(everyJdkHasIt);
        }
    }
}
