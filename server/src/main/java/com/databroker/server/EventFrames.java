package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.CloudEvents;
import com.databroker.core.Event;
import com.databroker.core.EventMessage;
import com.databroker.core.EventMessages;
import com.databroker.core.Json;
import com.databroker.events.Form;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/// Events in the forms of the HTTP door: WebSocket frames as a server sends them, and SSE messages.
///
/// ```
/// WebSocket   81 (text) or 82 (binary) | length: 1 byte, 7E and 2, or 7F and 8 | payload
/// SSE         id: <position> LF data: <CloudEvent> LF LF
/// ```
final class EventFrames {
    static final String CLOUDEVENTS_JSON = "cloudevents.json";

    private static final int FINAL_TEXT = 0x81;
    private static final int FINAL_BINARY = 0x82;
    private static final int FINAL_PING = 0x89;

    private static final byte[] ID = "id: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] DATA = "\ndata: ".getBytes(StandardCharsets.US_ASCII);

    private EventFrames() {}

    static Form json() {
        return (event, out) -> frame(out, FINAL_TEXT, EventMessages.JSON.encode(new EventMessage.Delivery(event)));
    }

    static Form cbor() {
        return (event, out) -> frame(out, FINAL_BINARY, EventMessages.CBOR.encode(new EventMessage.Delivery(event)));
    }

    static Form cloudEvents() {
        return (event, out) -> frame(out, FINAL_TEXT, cloudEvent(event));
    }

    static Form sse() {
        return (event, out) -> {
            out.writeBytes(ID);
            out.writeCharSequence(event.position().toString(), StandardCharsets.US_ASCII);
            out.writeBytes(DATA);
            // One line: the generator breaks none, and breaks inside of strings are escaped.
            out.writeBytes(cloudEventLine(event));
            out.writeByte('\n').writeByte('\n');
        };
    }

    /// An event as one line. A payload that is JSON is passed on as it is, and may have line breaks between its values.
    static byte[] cloudEventLine(Event event) {
        byte[] bytes = cloudEvent(event).toArray();
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n' || bytes[i] == '\r') {
                bytes[i] = ' ';
            }
        }
        return bytes;
    }

    private static Bytes cloudEvent(Event event) {
        return Json.bytes(json -> CloudEvents.write(event, json));
    }

    static void text(ByteBuf out, Bytes payload) {
        frame(out, FINAL_TEXT, payload);
    }

    static void binary(ByteBuf out, Bytes payload) {
        frame(out, FINAL_BINARY, payload);
    }

    static void ping(ByteBuf out) {
        frame(out, FINAL_PING, Bytes.EMPTY);
    }

    private static void frame(ByteBuf out, int head, Bytes payload) {
        int length = payload.length();
        out.writeByte(head);
        if (length < 126) {
            out.writeByte(length);
        } else if (length < 65_536) {
            out.writeByte(126).writeShort(length);
        } else {
            out.writeByte(127).writeLong(length);
        }
        out.writeBytes(payload.asReadOnlyBuffer());
    }
}
