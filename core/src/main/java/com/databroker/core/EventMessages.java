package com.databroker.core;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// The WebSocket subprotocols `databroker.v1.json` and `databroker.v1.cbor`: one object a message, member `op` first.
public enum EventMessages {
    JSON("databroker.v1.json"),
    CBOR("databroker.v1.cbor");

    private final String subprotocol;

    EventMessages(String subprotocol) {
        this.subprotocol = subprotocol;
    }

    public String subprotocol() {
        return subprotocol;
    }

    public Bytes encode(EventMessage message) {
        return this == JSON ? Json.bytes(json -> write(message, json)) : Json.cborBytes(cbor -> write(message, cbor));
    }

    /// @throws ProblemException [Problem#MESSAGE_INVALID], or what the named topic, pattern or position breaks
    public EventMessage.Request decodeRequest(Bytes bytes) {
        Fields fields = fields(bytes);
        String op = fields.string("op");
        long id = fields.integer("id", EventMessage.NO_ID);
        EventMessage.Request request = switch (op) {
            case "auth" -> new EventMessage.Authenticate(id, fields.string("token"));
            case "subscribe" -> new EventMessage.Subscribe(id, pattern(fields), position(fields, "since"));
            case "unsubscribe" -> new EventMessage.Unsubscribe(id, pattern(fields));
            case "publish" -> new EventMessage.Publish(id, publication(fields));
            case "ping" -> new EventMessage.Ping(id);
            default ->
                throw new ProblemException(
                        Problem.MESSAGE_INVALID,
                        "op \"" + Text.excerpt(op) + "\" is not one of auth, subscribe, unsubscribe, publish, ping");
        };
        fields.done();
        return request;
    }

    /// @throws ProblemException [Problem#MESSAGE_INVALID]
    public EventMessage.Answer decodeAnswer(Bytes bytes) {
        Fields fields = fields(bytes);
        String op = fields.string("op");
        long id = fields.integer("id", EventMessage.NO_ID);
        return switch (op) {
            case "welcome" ->
                new EventMessage.Welcome(
                        fields.string("principal"), Position.parse(fields.string("position")), limits(fields));
            case "ack" -> new EventMessage.Ack(id, Position.parse(fields.string("position")));
            case "event" -> new EventMessage.Delivery(event(fields));
            case "gap" ->
                new EventMessage.Gap(
                        Position.parse(fields.string("from")),
                        Position.parse(fields.string("to")),
                        fields.has("lost") ? fields.integer("lost", -1) : -1);
            case "pong" -> new EventMessage.Pong(id);
            case "error" -> refused(id, fields.object("problem"));
            default -> throw new ProblemException(Problem.MESSAGE_INVALID, "op \"" + Text.excerpt(op) + "\"");
        };
    }

    private Fields fields(Bytes bytes) {
        return new Fields(Json.asObject(this == JSON ? Json.parse(bytes) : Json.parseCbor(bytes), "the message"));
    }

    private static Pattern pattern(Fields fields) {
        return Pattern.of(fields.string("topic"));
    }

    private static @Nullable Position position(Fields fields, String name) {
        String text = fields.optionalString(name);
        return text == null ? null : Position.parse(text);
    }

    private static Publication publication(Fields fields) {
        Topic topic = Topic.of(fields.string("topic"));
        String contentType = fields.optionalString("datacontenttype");
        Object data = fields.any("data");
        String base64 = fields.optionalString("data_base64");
        // A null that is there is JSON as any other: what has no payload leaves the member out.
        boolean isNull = data == null && base64 == null && fields.all().containsKey("data");
        boolean isJson = isNull || (data != null && !(data instanceof String) && !(data instanceof Bytes));
        if (contentType == null && isJson) {
            contentType = "application/json";
        }
        if (data != null && base64 != null) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "data and data_base64 exclude each other");
        }
        Bytes payload = base64 != null ? CloudEvents.base64(base64) : CloudEvents.data(data, contentType);
        if (isNull) {
            payload = Bytes.utf8("null");
        }
        Map<String, String> attributes = new TreeMap<>();
        if (fields.has("attributes")) {
            Fields inner = fields.object("attributes");
            inner.all().keySet().forEach(name -> attributes.put(name, inner.string(name)));
        }
        return new Publication(topic, payload, contentType, attributes);
    }

    private static Event event(Fields fields) {
        return new Event(
                Position.parse(fields.string("position")),
                CloudEvents.time(fields.string("time")),
                fields.string("principal"),
                publication(fields));
    }

    private static Map<String, Long> limits(Fields fields) {
        Map<String, Long> limits = new LinkedHashMap<>();
        if (fields.has("limits")) {
            Fields inner = fields.object("limits");
            inner.all().keySet().forEach(name -> limits.put(name, inner.integer(name, 0)));
        }
        return limits;
    }

    private static EventMessage.Refused refused(long id, Fields fields) {
        Problem problem = Problem.ofNumber(fields.integer("number", 0));
        return new EventMessage.Refused(id, problem == null ? Problem.INTERNAL : problem, fields.string("detail"));
    }

    private void write(EventMessage message, JsonGenerator out) {
        out.writeStartObject();
        if (message instanceof EventMessage.Request request) {
            writeRequest(request, out);
        } else if (message instanceof EventMessage.Answer answer) {
            writeAnswer(answer, out);
        }
        out.writeEndObject();
    }

    private void writeRequest(EventMessage.Request request, JsonGenerator out) {
        if (request instanceof EventMessage.Authenticate authenticate) {
            head("auth", authenticate.id(), out);
            out.writeStringProperty("token", authenticate.token());
        } else if (request instanceof EventMessage.Subscribe subscribe) {
            head("subscribe", subscribe.id(), out);
            out.writeStringProperty("topic", subscribe.pattern().text());
            if (subscribe.since() != null) {
                out.writeStringProperty("since", subscribe.since().toString());
            }
        } else if (request instanceof EventMessage.Unsubscribe unsubscribe) {
            head("unsubscribe", unsubscribe.id(), out);
            out.writeStringProperty("topic", unsubscribe.pattern().text());
        } else if (request instanceof EventMessage.Publish publish) {
            head("publish", publish.id(), out);
            writePublication(publish.publication(), out);
        } else {
            head("ping", request.id(), out);
        }
    }

    private void writePublication(Publication publication, JsonGenerator out) {
        out.writeStringProperty("topic", publication.topic().text());
        if (publication.contentType() != null) {
            out.writeStringProperty("datacontenttype", publication.contentType());
        }
        if (!publication.attributes().isEmpty()) {
            out.writeName("attributes");
            Json.writeTree(out, publication.attributes());
        }
        Bytes payload = publication.payload();
        if (this == CBOR) {
            out.writeName("data");
            out.writeBinary(payload.unsafeArray());
        } else {
            CloudEvents.writeData(payload, publication.contentType(), out);
        }
    }

    private void writeEvent(Event event, JsonGenerator out) {
        head("event", EventMessage.NO_ID, out);
        out.writeStringProperty("position", event.position().toString());
        out.writeStringProperty("time", event.time().toString());
        out.writeStringProperty("principal", event.principal());
        writePublication(event.publication(), out);
    }

    private void writeAnswer(EventMessage.Answer answer, JsonGenerator out) {
        if (answer instanceof EventMessage.Welcome welcome) {
            head("welcome", EventMessage.NO_ID, out);
            out.writeStringProperty("principal", welcome.principal());
            out.writeStringProperty("position", welcome.position().toString());
            out.writeName("limits");
            Json.writeTree(out, welcome.limits());
        } else if (answer instanceof EventMessage.Ack ack) {
            head("ack", ack.id(), out);
            out.writeStringProperty("position", ack.position().toString());
        } else if (answer instanceof EventMessage.Delivery delivery) {
            writeEvent(delivery.event(), out);
        } else if (answer instanceof EventMessage.Gap gap) {
            head("gap", EventMessage.NO_ID, out);
            out.writeStringProperty("from", gap.from().toString());
            out.writeStringProperty("to", gap.to().toString());
            if (gap.lost() >= 0) {
                out.writeNumberProperty("lost", gap.lost());
            }
        } else if (answer instanceof EventMessage.Pong pong) {
            head("pong", pong.id(), out);
        } else if (answer instanceof EventMessage.Refused refused) {
            head("error", refused.id(), out);
            out.writeName("problem");
            ProblemDocument.write(new ProblemException(refused.problem(), refused.detail()), out);
        }
    }

    private static void head(String op, long id, JsonGenerator out) {
        out.writeStringProperty("op", op);
        if (id != EventMessage.NO_ID) {
            out.writeNumberProperty("id", id);
        }
    }
}
