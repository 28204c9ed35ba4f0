package com.databroker.sources;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// What an event is about: an issue, a pull request, a comment, a release, a run. They share most of their
/// members; those that one has not are null.
final class GithubSubject {
    private static final int LABELS_MAX = 100;

    @Nullable
    Long number;

    @Nullable
    String title;

    @Nullable
    String name;

    @Nullable
    String fullName;

    @Nullable
    String tag;

    @Nullable
    String state;

    @Nullable
    String conclusion;

    @Nullable
    String body;

    @Nullable
    String description;

    @Nullable
    String url;

    @Nullable
    String head;

    @Nullable
    Boolean merged;

    @Nullable
    Long latest;

    List<String> labels = List.of();

    /// Reads the object that begins here; anything else is passed over.
    static GithubSubject read(JsonParser parser) {
        GithubSubject subject = new GithubSubject();
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            String name;
            while ((name = parser.nextName()) != null) {
                parser.nextToken();
                subject.member(name, parser);
            }
        } else {
            parser.skipChildren();
        }
        return subject;
    }

    private void member(String member, JsonParser parser) {
        switch (member) {
            case "number" -> number = number(parser);
            case "title" -> title = text(parser);
            case "name" -> name = text(parser);
            case "full_name" -> fullName = text(parser);
            case "tag_name" -> tag = text(parser);
            case "state", "status" -> state = state == null ? text(parser) : pass(parser, state);
            case "conclusion" -> conclusion = text(parser);
            case "body" -> body = text(parser);
            case "description" -> description = text(parser);
            case "html_url" -> url = text(parser);
            case "head_sha" -> head = text(parser);
            case "merged" -> merged = bool(parser);
            case "created_at", "updated_at", "submitted_at", "published_at" ->
                latest = later(latest, GithubText.time(text(parser)));
            case "labels" -> labels = labels(parser);
            default -> parser.skipChildren();
        }
    }

    private static String pass(JsonParser parser, String kept) {
        parser.skipChildren();
        return kept;
    }

    private static List<String> labels(JsonParser parser) {
        List<String> labels = new ArrayList<>();
        if (parser.currentToken() != JsonToken.START_ARRAY) {
            parser.skipChildren();
            return labels;
        }
        JsonToken token;
        while ((token = parser.nextToken()) != JsonToken.END_ARRAY && token != null) {
            String label = token == JsonToken.VALUE_STRING ? parser.getString() : read(parser).name;
            if (label != null && labels.size() < LABELS_MAX) {
                labels.add(label);
            }
        }
        return labels;
    }

    static @Nullable Long later(@Nullable Long one, @Nullable Long other) {
        return one == null ? other : other == null ? one : Long.valueOf(Math.max(one, other));
    }

    /// A value that is a text or a number, as text; null for any other, which is passed over.
    static @Nullable String text(JsonParser parser) {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_STRING || token == JsonToken.VALUE_NUMBER_INT) {
            return parser.getString();
        }
        parser.skipChildren();
        return null;
    }

    static @Nullable Long number(JsonParser parser) {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_NUMBER_INT && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER) {
            return parser.getLongValue();
        }
        parser.skipChildren();
        return null;
    }

    static @Nullable Boolean bool(JsonParser parser) {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_TRUE || token == JsonToken.VALUE_FALSE) {
            return token == JsonToken.VALUE_TRUE;
        }
        parser.skipChildren();
        return null;
    }
}
