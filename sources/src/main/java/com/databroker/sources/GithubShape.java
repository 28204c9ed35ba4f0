package com.databroker.sources;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;

/// What a JSON object says of itself at its first level, and where it holds addresses of e-mail; found in
/// one pass, which also says whether it is JSON at all. Used again and again.
final class GithubShape {
    static final int DEPTH_MAX = 100;
    private static final int NAMES_MAX = 64;

    static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH_MAX)
                    .maxNameLength(1024)
                    .maxNumberLength(400)
                    .build())
            .build();

    private final List<String> names = new ArrayList<>();
    private @Nullable String id;
    private @Nullable String type;
    private @Nullable String createdAt;
    private @Nullable String action;
    private @Nullable String message;
    private int[] emails = new int[16];
    private int emailCount;

    /// Reads one object.
    ///
    /// @throws JacksonException where it is none, or breaks a limit
    void read(byte[] bytes, int from, int length) {
        names.clear();
        id = type = createdAt = action = message = null;
        emailCount = 0;
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), bytes, from, length)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new StreamReadException(parser, "it is not an object");
            }
            int depth = 1;
            while (depth > 0) {
                JsonToken token = parser.nextToken();
                if (token == JsonToken.PROPERTY_NAME) {
                    String name = parser.currentName();
                    if (depth == 1) {
                        depth += first(parser, name);
                    } else if (isEmail(name)) {
                        depth += email(parser);
                    }
                } else if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
                    depth++;
                } else if (token == JsonToken.END_OBJECT || token == JsonToken.END_ARRAY) {
                    depth--;
                } else if (token == null) {
                    throw new StreamReadException(parser, "it ends in the middle");
                }
            }
            if (parser.nextToken() != null) {
                throw new StreamReadException(parser, "something follows the object");
            }
        }
    }

    /// What is wrong, without where Jackson keeps its sources.
    static String reason(JacksonException notJson) {
        String message = String.valueOf(notJson.getOriginalMessage());
        int aside = message.indexOf(" (for ");
        return "it is not JSON within the limits: " + (aside < 0 ? message : message.substring(0, aside));
    }

    private static boolean isEmail(String name) {
        int length = name.length();
        return length >= 5 && name.charAt(length - 1) == 'l' && name.endsWith("email");
    }

    /// Takes the value of a name of the first level; by how much it is deeper then.
    private int first(JsonParser parser, String name) {
        if (names.size() < NAMES_MAX) {
            names.add(name);
        }
        if (isEmail(name)) {
            return email(parser);
        }
        JsonToken token = parser.nextToken();
        if (token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY) {
            return 1;
        }
        if (token == JsonToken.VALUE_STRING || token == JsonToken.VALUE_NUMBER_INT) {
            switch (name) {
                case "id" -> id = parser.getString();
                case "type" -> type = parser.getString();
                case "created_at" -> createdAt = parser.getString();
                case "action" -> action = parser.getString();
                case "message" -> message = parser.getString();
                default -> {}
            }
        }
        return 0;
    }

    private int email(JsonParser parser) {
        JsonToken token = parser.nextToken();
        if (token == JsonToken.VALUE_STRING) {
            int start = (int) parser.currentTokenLocation().getByteOffset();
            parser.finishToken();
            if (emailCount + 2 > emails.length) {
                emails = Arrays.copyOf(emails, emails.length * 2);
            }
            emails[emailCount++] = start;
            emails[emailCount++] = (int) parser.currentLocation().getByteOffset();
        }
        return token == JsonToken.START_OBJECT || token == JsonToken.START_ARRAY ? 1 : 0;
    }

    @Nullable
    String id() {
        return id;
    }

    @Nullable
    String type() {
        return type;
    }

    @Nullable
    String createdAt() {
        return createdAt;
    }

    @Nullable
    String action() {
        return action;
    }

    /// What an answer that is an error says.
    @Nullable
    String message() {
        return message;
    }

    boolean has(String name) {
        return names.contains(name);
    }

    /// Begin and end of each value, with its quotes, that is said to be an address of e-mail: [#emailCount]
    /// numbers, from the beginning of the object.
    int[] emails() {
        return emails;
    }

    int emailCount() {
        return emailCount;
    }
}
