package com.databroker.core;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;

/// Events as CloudEvents 1.0: JSON structured and batched mode, and HTTP's binary mode.
///
/// Attributes of ours beside the specification's: `topic`, `position`, `principal`. The payload stands under `data` as
/// it
/// is where it is JSON, as a string where it is other UTF-8, and under `data_base64` else.
public final class CloudEvents {
    public static final String MEDIA_TYPE = "application/cloudevents+json";
    public static final String BATCH_MEDIA_TYPE = "application/cloudevents-batch+json";
    public static final int BATCH_MAX = 1000;

    /// What the broker alone says of an event.
    private static final Set<String> OURS = Set.of("specversion", "topic", "position", "principal");

    private static final String CLOCK = "([01]\\d|2[0-3]):[0-5]\\d";
    private static final java.util.regex.Pattern TIME = java.util.regex.Pattern.compile(
            "(\\d{4}-\\d\\d-\\d\\d)[Tt]" + CLOCK + ":([0-5]\\d|60)(\\.\\d+)?([Zz]|[+-]" + CLOCK + ")");

    private CloudEvents() {}

    /// Whether `contentType` says that a payload is JSON.
    public static boolean isJson(@Nullable String contentType) {
        if (contentType == null) {
            return false;
        }
        int semicolon = contentType.indexOf(';');
        String type = (semicolon < 0 ? contentType : contentType.substring(0, semicolon))
                .strip()
                .toLowerCase(Locale.ROOT);
        return type.equals("application/json") || type.equals("text/json") || type.endsWith("+json");
    }

    /// Writes `event` as a JSON object.
    public static void write(Event event, JsonGenerator json) {
        Bytes payload = event.payload();
        String contentType = event.contentType();
        if (contentType == null && payload.length() > 0) {
            contentType = Utf8.isValid(payload) ? "text/plain" : "application/octet-stream";
        }
        json.writeStartObject();
        attributes(event, contentType, json);
        writeData(payload, contentType, json);
        json.writeEndObject();
    }

    /// Writes a payload so that its bytes can be had back: JSON as it is, other UTF-8 as a string, else Base64.
    static void writeData(Bytes payload, @Nullable String contentType, JsonGenerator json) {
        if (payload.length() == 0) {
            return;
        }
        boolean claimsJson = isJson(contentType);
        String text = claimsJson ? null : Utf8.decode(payload);
        if (claimsJson && Json.isValid(payload)) {
            json.writeName("data");
            json.writeRawValue(payload.utf8());
        } else if (text != null) {
            json.writeStringProperty("data", text);
        } else {
            // Said to be JSON and is not: as a JSON string it would arrive with quotes around it.
            json.writeName("data_base64");
            json.writeBinary(payload.unsafeArray());
        }
    }

    private static void attributes(Event event, @Nullable String contentType, JsonGenerator json) {
        Map<String, String> set = event.publication().attributes();
        json.writeStringProperty("specversion", "1.0");
        json.writeStringProperty("id", event.id());
        json.writeStringProperty("source", set.getOrDefault("source", "/principals/" + event.principal()));
        json.writeStringProperty("type", event.type());
        json.writeStringProperty(
                "subject", set.getOrDefault("subject", event.topic().text()));
        json.writeStringProperty("time", set.getOrDefault("time", event.time().toString()));
        json.writeStringProperty("topic", event.topic().text());
        json.writeStringProperty("position", event.position().toString());
        json.writeStringProperty("principal", event.principal());
        set.forEach((name, value) -> {
            if (!Set.of("id", "source", "type", "subject", "time").contains(name)) {
                json.writeStringProperty(name, value);
            }
        });
        if (contentType != null) {
            json.writeStringProperty("datacontenttype", contentType);
        }
    }

    private static boolean isData(String name) {
        return name.equals("data") || name.equals("data_base64") || name.equals("datacontenttype");
    }

    /// One publication in structured mode.
    ///
    /// @param topic where to publish, null to take the event's own `topic` attribute, else its `subject`
    /// @throws ProblemException [Problem#MESSAGE_INVALID] where the event breaks the specification
    public static Publication read(@Nullable Topic topic, Bytes json) {
        return read(topic, Json.parseObject(json));
    }

    /// The publications of a batch, in order.
    public static List<Publication> readBatch(@Nullable Topic topic, Bytes json) {
        if (!(Json.parse(json) instanceof List<?> list)) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "a batch of CloudEvents is a JSON array");
        }
        if (list.size() > BATCH_MAX) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, "the batch has " + list.size() + " events of at most " + BATCH_MAX);
        }
        List<Publication> publications = new ArrayList<>(list.size());
        for (Object element : list) {
            publications.add(read(topic, Json.asObject(element, "element " + publications.size())));
        }
        return publications;
    }

    private static Publication read(@Nullable Topic topic, Map<String, @Nullable Object> object) {
        Fields fields = new Fields(object);
        String version = fields.string("specversion");
        if (!version.equals("1.0")) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, "specversion \"" + Text.excerpt(version) + "\" is not \"1.0\"");
        }
        for (String required : List.of("id", "source", "type")) {
            if (fields.string(required).isEmpty()) {
                throw new ProblemException(Problem.MESSAGE_INVALID, "attribute " + required + " is empty");
            }
        }
        Map<String, String> attributes = new TreeMap<>();
        object.forEach((name, value) -> {
            if (value != null && !OURS.contains(name) && !isData(name)) {
                attributes.put(name, scalar(name, value));
            }
        });
        String contentType = fields.optionalString("datacontenttype");
        Object data = fields.any("data");
        Bytes payload = payload(fields, contentType == null && data != null ? "application/json" : contentType);
        return new Publication(
                topic == null ? ownTopic(fields) : topic,
                payload,
                contentType == null && data != null ? "application/json" : contentType,
                attributes);
    }

    private static Topic ownTopic(Fields fields) {
        String topic = fields.optionalString("topic");
        if (topic == null) {
            topic = fields.optionalString("subject");
        }
        if (topic == null) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, "the event names no topic: set the attribute topic or subject");
        }
        return Topic.of(topic);
    }

    private static String scalar(String name, Object value) {
        if (value instanceof Map || value instanceof List || value instanceof Bytes) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, "attribute \"" + Text.excerpt(name) + "\" is not a plain value");
        }
        return value.toString();
    }

    /// Binary mode: `ce-` headers, lower-case names without the prefix, and a raw body.
    public static Publication readBinary(
            @Nullable Topic topic, Map<String, String> ceHeaders, @Nullable String contentType, Bytes body) {
        if (!"1.0".equals(ceHeaders.get("specversion"))) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "header ce-specversion is not \"1.0\"");
        }
        for (String required : List.of("id", "source", "type")) {
            if (ceHeaders.getOrDefault(required, "").isEmpty()) {
                throw new ProblemException(Problem.MESSAGE_INVALID, "header ce-" + required + " is missing");
            }
        }
        Map<String, String> attributes = new TreeMap<>(ceHeaders);
        attributes.keySet().removeAll(OURS);
        Topic where = topic != null ? topic : ownTopic(new Fields(new TreeMap<String, @Nullable Object>(ceHeaders)));
        return new Publication(where, body, contentType, attributes);
    }

    /// Whether a text is a time as RFC 3339 writes it: with seconds, a leap second among them, any number of
    /// digits behind them, and an offset.
    static boolean isTime(String text) {
        Matcher matcher = TIME.matcher(text);
        if (!matcher.matches()) {
            return false;
        }
        try {
            LocalDate.parse(matcher.group(1));
            return true;
        } catch (DateTimeParseException noSuchDay) {
            return false;
        }
    }

    static Instant time(String text) {
        try {
            return java.time.OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeParseException notATime) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, "time \"" + Text.excerpt(text) + "\" is not an RFC 3339 time");
        }
    }

    private static Bytes payload(Fields fields, @Nullable String contentType) {
        String base64 = fields.optionalString("data_base64");
        Object data = fields.any("data");
        if (base64 != null && data != null) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "data and data_base64 exclude each other");
        }
        return base64 != null ? base64(base64) : data(data, contentType);
    }

    static Bytes base64(String text) {
        try {
            return Bytes.wrap(Base64.getDecoder().decode(text));
        } catch (IllegalArgumentException notBase64) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "data_base64 is not Base64");
        }
    }

    static Bytes data(@Nullable Object data, @Nullable String contentType) {
        if (data == null) {
            return Bytes.EMPTY;
        }
        if (data instanceof Bytes bytes) {
            return bytes;
        }
        if (data instanceof String text && !isJson(contentType)) {
            if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
                throw new ProblemException(
                        Problem.MESSAGE_INVALID, "data has half a character, for which there are no bytes");
            }
            return Bytes.utf8(text);
        }
        return Json.bytes(json -> Json.writeTree(json, data));
    }
}
