package com.databroker.cli;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/// A connection over which a conformance case talks with a broker, frames in one codec.
abstract class ConformanceLink implements AutoCloseable {
    static final Duration PATIENCE = ConformanceInbox.PATIENCE;

    /// By what, and in which codec.
    enum Transport {
        WS_JSON("ws", ObjectMessages.JSON),
        WS_CBOR("ws", ObjectMessages.CBOR),
        WS_BSON("ws", ObjectMessages.BSON),
        HTTP_JSON("http", ObjectMessages.JSON),
        HTTP_CBOR("http", ObjectMessages.CBOR),
        HTTP_BSON("http", ObjectMessages.BSON),
        ZMQ_JSON("zmq", ObjectMessages.JSON),
        ZMQ_CBOR("zmq", ObjectMessages.CBOR),
        ZMQ_BSON("zmq", ObjectMessages.BSON),
        AMQP_JSON("amqp", ObjectMessages.JSON),
        AMQP_CBOR("amqp", ObjectMessages.CBOR),
        AMQP_BSON("amqp", ObjectMessages.BSON);

        private final String kind;
        private final ObjectMessages form;

        Transport(String kind, ObjectMessages form) {
            this.kind = kind;
            this.form = form;
        }

        /// As a case names it: ws, http, zmq, amqp.
        String kind() {
            return kind;
        }

        ObjectMessages form() {
            return form;
        }

        @Override
        public String toString() {
            return kind + form.subprotocol().replace("dbo.", "-");
        }
    }

    private final ObjectMessages form;
    private final ConformanceInbox frames = new ConformanceInbox();

    ConformanceLink(ObjectMessages form) {
        this.form = form;
    }

    ObjectMessages form() {
        return form;
    }

    /// Sends bytes, whatever they are.
    abstract void send(Bytes bytes) throws IOException, InterruptedException;

    @Override
    public abstract void close() throws IOException;

    /// Sends a frame as it stands in JSON.
    final void say(String json) throws IOException, InterruptedException {
        Bytes text = Bytes.utf8(json);
        send(form == ObjectMessages.JSON ? text : form.encode(ObjectMessages.JSON.decodeRequest(text)));
    }

    /// Keeps a frame that came, in the form that it has in JSON.
    final void came(Bytes bytes) {
        try {
            frames.add(Json.parseObject(
                    form == ObjectMessages.JSON ? bytes : ObjectMessages.JSON.encode(form.decodeAnswer(bytes))));
        } catch (ProblemException unreadable) {
            frames.add(Map.of("t", "(unreadable)", "why", unreadable.detail()));
        }
    }

    final void ended(long number) {
        frames.ended(number);
    }

    /// What has come.
    final ConformanceInbox frames() {
        return frames;
    }
}
