package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Over a WebSocket of the JDK.
final class ConformanceSocket extends ConformanceLink implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream binary = new ByteArrayOutputStream();
    private final WebSocket socket;

    ConformanceSocket(HttpClient http, URI broker, @Nullable String token, ObjectMessages form) throws IOException {
        super(form);
        WebSocket.Builder builder =
                http.newWebSocketBuilder().connectTimeout(PATIENCE).subprotocols(form.subprotocol());
        if (token != null) {
            builder.header("Authorization", "Bearer " + token);
        }
        try {
            socket = builder.buildAsync(URI.create(broker.toString().replaceFirst("^http", "ws") + "/objects"), this)
                    .join();
        } catch (CompletionException refused) {
            throw new IOException("the WebSocket was refused: " + refused.getCause(), refused);
        }
    }

    @Override
    void send(Bytes bytes) throws IOException {
        try {
            if (form() == ObjectMessages.JSON) {
                socket.sendText(bytes.utf8(), true).join();
            } else {
                socket.sendBinary(bytes.asReadOnlyBuffer(), true).join();
            }
        } catch (CompletionException closed) {
            throw new IOException("the connection was closed", closed);
        }
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
        text.append(data);
        if (last) {
            came(Bytes.utf8(text.toString()));
            text.setLength(0);
        }
        from.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        binary.writeBytes(bytes);
        if (last) {
            came(Bytes.wrap(binary.toByteArray()));
            binary.reset();
        }
        from.request(1);
        return null;
    }

    /// The reason begins with the problem's number.
    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        String number = reason.split(" ", 2)[0];
        ended(number.matches("[0-9]{4}") ? Long.parseLong(number) : 0);
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable failed) {
        ended(0);
    }

    @Override
    public void close() {
        socket.abort();
    }
}
