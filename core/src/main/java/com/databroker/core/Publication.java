package com.databroker.core;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// An event as its publisher hands it over, before it has a position.
///
/// @param payload opaque bytes, passed on untouched
/// @param contentType media type of the payload, null where the publisher did not say
/// @param attributes CloudEvents attributes the publisher set: `id`, `source`, `type`, `subject`, `time`, `dataschema`
///     and extensions; names of 1 to 20 lower-case letters and digits
public record Publication(
        Topic topic, Bytes payload, @Nullable String contentType, Map<String, String> attributes) {
    public static final int ATTRIBUTES_MAX = 32;
    public static final int ATTRIBUTE_LENGTH_MAX = 1024;

    /// What the broker alone says of an event: it must not stand twice, once true and once as someone wished.
    private static final Set<String> NOT_THE_PUBLISHERS =
            Set.of("specversion", "topic", "position", "principal", "data", "datacontenttype");

    /// Those without which an event is no CloudEvent; what a publisher does not say, the broker does.
    private static final Set<String> NEVER_EMPTY = Set.of("id", "source", "type");

    /// @throws ProblemException [Problem#MESSAGE_INVALID] where an attribute breaks the CloudEvents grammar
    public Publication {
        if (attributes.size() > ATTRIBUTES_MAX) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, attributes.size() + " attributes of at most " + ATTRIBUTES_MAX);
        }
        for (String name : attributes.keySet()) {
            if (NOT_THE_PUBLISHERS.contains(name)) {
                throw new ProblemException(
                        Problem.MESSAGE_INVALID, "attribute " + name + " is not the publisher's to set");
            }
        }
        attributes.forEach(Publication::check);
        if (contentType != null) {
            check("datacontenttype", contentType);
        }
        attributes = attributes.isEmpty() ? Map.of() : java.util.Collections.unmodifiableMap(new TreeMap<>(attributes));
    }

    public static Publication of(Topic topic, Bytes payload) {
        return new Publication(topic, payload, null, Map.of());
    }

    private static void check(String name, String value) {
        if (!name.matches("[a-z0-9]{1,20}")) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID,
                    "attribute \"" + Text.excerpt(name) + "\" is not 1 to 20 lower-case letters and digits");
        }
        if (value.length() > ATTRIBUTE_LENGTH_MAX
                || value.chars().anyMatch(Character::isISOControl)
                || !StandardCharsets.UTF_8.newEncoder().canEncode(value)) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID,
                    "attribute " + name + " is longer than " + ATTRIBUTE_LENGTH_MAX
                            + " characters, or has a control character or half a one");
        }
        if (value.isEmpty() && NEVER_EMPTY.contains(name)) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "attribute " + name + " is empty");
        }
        if (name.equals("time") && !CloudEvents.isTime(value)) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID, "time \"" + Text.excerpt(value) + "\" is not an RFC 3339 time");
        }
    }
}
