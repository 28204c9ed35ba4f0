package com.databroker.server;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import tools.jackson.core.JsonGenerator;

/// `/asyncapi.json`: what passes as events, and the frames of the WebSocket, as AsyncAPI 3.0.
final class ApiMessages {
    private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+)}");

    /// A message, by the names and types of its members; with `?` behind a name it may be missing.
    private record Message(String name, String about, List<String> members) {
        Message {
            members = List.copyOf(members);
        }
    }

    /// Where messages pass: a topic, or the socket itself.
    ///
    /// @param sent those that clients send, received all others
    private record Channel(
            String name, String address, String about, List<Message> sent, List<Message> received, boolean socket) {
        Channel {
            sent = List.copyOf(sent);
            received = List.copyOf(received);
        }
    }

    private static final Message ANY =
            new Message("any", "Any bytes; JSON by its media type is carried as it is.", List.of());

    private static final List<Channel> CHANNELS = List.of(
            new Channel(
                    "events",
                    "{topic}",
                    "What programs publish, under any topic but the broker's own.",
                    List.of(ANY),
                    List.of(ANY),
                    false),
            new Channel(
                    "files",
                    "files/{path}",
                    "What became of a file, told when it is safe.",
                    List.of(),
                    List.of(new Message(
                            "fileChanged",
                            "FILE CREATED, FILE UPDATED or FILE DELETED.",
                            List.of(
                                    "event string",
                                    "path string",
                                    "size? integer",
                                    "etag? string",
                                    "sha256? string",
                                    "version integer",
                                    "time string",
                                    "principal string"))),
                    false),
            new Channel(
                    "objects",
                    "objects/{store}/{type}",
                    "What became of an object; its values are for who may read it.",
                    List.of(),
                    List.of(new Message(
                            "objectChanged",
                            "OBJECT CREATED, OBJECT UPDATED or OBJECT DELETED.",
                            List.of(
                                    "event string",
                                    "key string",
                                    "version integer",
                                    "fields array",
                                    "time string",
                                    "principal string"))),
                    false),
            new Channel(
                    "streams",
                    "streams/{stream}",
                    "New records can be found.",
                    List.of(),
                    List.of(new Message(
                            "recordsFound",
                            "STREAM RECORDS.",
                            List.of(
                                    "event string",
                                    "stream string",
                                    "records integer",
                                    "ids array",
                                    "arrived string"))),
                    false),
            new Channel(
                    "broker",
                    "broker/{what}",
                    "What happens to the broker: clients/connected, clients/disconnected, slow, reloaded,"
                            + " users/reloaded, files/refused, streams/gap.",
                    List.of(),
                    List.of(new Message("brokerTold", "An object whose members say what happened.", List.of())),
                    false),
            new Channel(
                    "socket",
                    "/events",
                    "Frames of the subprotocols databroker.v1.json and databroker.v1.cbor.",
                    List.of(
                            new Message("auth", "Who I am.", List.of("op string", "id? integer", "token string")),
                            new Message(
                                    "subscribe",
                                    "A pattern, and since when.",
                                    List.of("op string", "id? integer", "topic string", "since? string")),
                            new Message(
                                    "unsubscribe",
                                    "The same pattern again.",
                                    List.of("op string", "id? integer", "topic string")),
                            new Message(
                                    "publish",
                                    "One event.",
                                    List.of(
                                            "op string",
                                            "id? integer",
                                            "topic string",
                                            "data? any",
                                            "data_base64? string",
                                            "datacontenttype? string",
                                            "attributes? object")),
                            new Message("ping", "Are you there?", List.of("op string", "id? integer"))),
                    List.of(
                            new Message(
                                    "welcome",
                                    "Who I was taken for, and the next position.",
                                    List.of("op string", "principal string", "position string", "limits object")),
                            new Message("ack", "It is done.", List.of("op string", "id? integer", "position string")),
                            new Message(
                                    "event",
                                    "An event that a subscription lets through.",
                                    List.of(
                                            "op string",
                                            "position string",
                                            "time string",
                                            "principal string",
                                            "topic string",
                                            "datacontenttype? string",
                                            "attributes? object",
                                            "data? any",
                                            "data_base64? string")),
                            new Message(
                                    "gap",
                                    "What was missed.",
                                    List.of("op string", "from string", "to string", "lost? integer")),
                            new Message("pong", "I am.", List.of("op string", "id? integer")),
                            new Message(
                                    "error",
                                    "A numbered problem.",
                                    List.of("op string", "id? integer", "problem object"))),
                    true));

    private ApiMessages() {}

    static void write(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("asyncapi", "3.0.0");
        ApiHandler.info(
                json,
                "Topics are the same on every protocol: WebSocket, server-sent events, ZeroMQ. Patterns: * is one"
                        + " segment, ** any number.");
        json.writeStringProperty("defaultContentType", "application/json");
        json.writeName("channels");
        json.writeStartObject();
        CHANNELS.forEach(channel -> channel(json, channel));
        json.writeEndObject();
        json.writeName("operations");
        json.writeStartObject();
        for (Channel channel : CHANNELS) {
            // In AsyncAPI it is the application that is described which sends: the broker.
            operation(json, channel, "send", channel.received());
            operation(json, channel, "receive", channel.sent());
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void channel(JsonGenerator json, Channel channel) {
        json.writeName(channel.name());
        json.writeStartObject();
        json.writeStringProperty("address", channel.address());
        json.writeStringProperty("description", channel.about());
        List<String> names = channel.socket()
                ? List.of()
                : PARAMETER
                        .matcher(channel.address())
                        .results()
                        .map((MatchResult found) -> found.group(1))
                        .toList();
        if (!names.isEmpty()) {
            json.writeName("parameters");
            json.writeStartObject();
            for (String name : names) {
                json.writeName(name);
                json.writeStartObject();
                json.writeEndObject();
            }
            json.writeEndObject();
        }
        json.writeName("messages");
        json.writeStartObject();
        java.util.stream.Stream.concat(channel.sent().stream(), channel.received().stream())
                .distinct()
                .forEach(message -> message(json, message));
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void message(JsonGenerator json, Message message) {
        json.writeName(message.name());
        json.writeStartObject();
        json.writeStringProperty("name", message.name());
        json.writeStringProperty("summary", message.about());
        if (!message.members().isEmpty()) {
            json.writeName("payload");
            ApiHandler.schema(json, message.members());
        }
        json.writeEndObject();
    }

    private static void operation(JsonGenerator json, Channel channel, String action, List<Message> messages) {
        if (messages.isEmpty()) {
            return;
        }
        json.writeName(action
                + Character.toUpperCase(channel.name().charAt(0))
                + channel.name().substring(1));
        json.writeStartObject();
        json.writeStringProperty("action", action);
        json.writeName("channel");
        reference(json, "#/channels/" + channel.name());
        json.writeName("messages");
        json.writeStartArray();
        messages.forEach(message -> reference(json, "#/channels/" + channel.name() + "/messages/" + message.name()));
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void reference(JsonGenerator json, String to) {
        json.writeStartObject();
        json.writeStringProperty("$ref", to);
        json.writeEndObject();
    }
}
