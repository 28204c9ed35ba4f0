package com.databroker.systemtests;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One end of the matrix: a program of any protocol that publishes or receives `topic` and payload.
final class InteropEnd {
    private InteropEnd() {}

    interface Publisher {
        void publish(String topic, byte[] payload) throws Exception;
    }

    interface Receiver {
        /// The payload of the next event of `topic`.
        byte[] await(String topic) throws Exception;
    }

    /// A publisher or receiver, by a name for the failure message, and what it needs closed.
    record Named<T>(String name, T end) {}

    static Receiver pyzmq(Peer peer) {
        return topic -> Peers.awaitMessage(peer, topic);
    }

    static Receiver c(Peer peer) {
        return topic -> {
            String head = "MSG " + HexFormat.of().formatHex(topic.getBytes(StandardCharsets.UTF_8)) + " ";
            String hex = peer.await(line -> line.startsWith(head)).substring(head.length());
            return hex.equals("-") ? new byte[0] : HexFormat.of().parseHex(hex);
        };
    }

    /// Lines with a CloudEvent behind `head`, alone or in the member `event`.
    static Receiver cloudEvents(Peer peer, String head) {
        return topic -> {
            String mark = "\"topic\":\"" + topic + "\"";
            String line = peer.await(said -> said.startsWith(head) && said.contains(mark));
            Map<String, @Nullable Object> object = Json.parseObject(Bytes.utf8(line.substring(head.length())));
            Object inner = object.get("event");
            return payload(inner instanceof Map<?, ?> event ? event : object);
        };
    }

    private static byte[] payload(Map<?, ?> event) {
        if (event.get("data_base64") instanceof String base64) {
            return Base64.getDecoder().decode(base64);
        }
        return event.get("data") instanceof String text ? text.getBytes(StandardCharsets.UTF_8) : new byte[0];
    }
}
