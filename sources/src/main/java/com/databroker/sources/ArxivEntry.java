package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/// What a source of arXiv says of a paper, in one form for all of them: the JSON of the raw topic.
///
/// ```
///   {"format":"atom","arxiv_id":"2104.12255","version":1,"deleted":false,
///    "title":"…","abstract":"…", …                            texts as they came
///    "categories":["cs.CR"],"sets":[],"subjects":[],"dois":[]
///    "authors":[{"name":"…","keyname":"…","forenames":"…","suffix":"…","affiliation":["…"]}],
///    "versions":[{"n":1,"date":"…","size":"853kb"}]}
/// ```
final class ArxivEntry {
    static final int AUTHORS_MAX = 20_000;
    static final int LIST_MAX = 1000;

    /// An author as told: at least one of name and keyname is there.
    static final class Author {
        final Map<String, String> texts = new LinkedHashMap<>();
        final List<String> affiliations = new ArrayList<>();

        boolean isEmpty() {
            return !texts.containsKey("name") && !texts.containsKey("keyname");
        }
    }

    /// A version as told.
    record Version(int n, String date, String size) {}

    String format = "";
    String id = "";
    int version;
    boolean deleted;
    final Map<String, String> texts = new LinkedHashMap<>();
    final Map<String, List<String>> lists = new LinkedHashMap<>();
    final List<Author> authors = new ArrayList<>();
    int authorCount;
    final List<Version> versions = new ArrayList<>();

    @Nullable
    String text(String name) {
        return texts.get(name);
    }

    /// Puts a text where there is none of that name, and it is not blank.
    void put(String name, String text) {
        String stripped = text.strip();
        if (!stripped.isEmpty()) {
            texts.putIfAbsent(name, stripped);
        }
    }

    List<String> list(String name) {
        return lists.getOrDefault(name, List.of());
    }

    void add(String name, String text) {
        List<String> list = lists.computeIfAbsent(name, none -> new ArrayList<>());
        String stripped = text.strip();
        if (!stripped.isEmpty() && list.size() < LIST_MAX && !list.contains(stripped)) {
            list.add(stripped);
        }
    }

    void add(Author author) {
        if (author.isEmpty()) {
            return;
        }
        authorCount++;
        if (authors.size() < AUTHORS_MAX) {
            authors.add(author);
        }
    }

    /// Its id as a collected record.
    String key() {
        String datestamp = texts.get("datestamp");
        return version > 0 ? id + 'v' + version : datestamp == null ? id : id + '@' + datestamp;
    }

    Bytes json() {
        return Json.bytes(this::write);
    }

    private void write(JsonGenerator out) {
        out.writeStartObject();
        out.writeStringProperty("format", format);
        out.writeStringProperty("arxiv_id", id);
        if (version > 0) {
            out.writeNumberProperty("version", version);
        }
        out.writeBooleanProperty("deleted", deleted);
        texts.forEach(out::writeStringProperty);
        lists.forEach((name, list) -> strings(out, name, list));
        if (authorCount > authors.size()) {
            out.writeNumberProperty("author_count", authorCount);
        }
        out.writeArrayPropertyStart("authors");
        for (Author author : authors) {
            out.writeStartObject();
            author.texts.forEach(out::writeStringProperty);
            if (!author.affiliations.isEmpty()) {
                strings(out, "affiliation", author.affiliations);
            }
            out.writeEndObject();
        }
        out.writeEndArray();
        if (!versions.isEmpty()) {
            out.writeArrayPropertyStart("versions");
            for (Version each : versions) {
                out.writeStartObject();
                out.writeNumberProperty("n", each.n);
                out.writeStringProperty("date", each.date);
                out.writeStringProperty("size", each.size);
                out.writeEndObject();
            }
            out.writeEndArray();
        }
        out.writeEndObject();
    }

    private static void strings(JsonGenerator out, String name, List<String> strings) {
        out.writeArrayPropertyStart(name);
        strings.forEach(out::writeString);
        out.writeEndArray();
    }

    /// Reads what [#json] wrote, or another program: members that it does not know are passed over.
    static ArxivEntry read(JsonParser parser) {
        ArxivEntry entry = new ArxivEntry();
        String name;
        while ((name = parser.nextName()) != null) {
            JsonToken token = parser.nextToken();
            if (token == JsonToken.VALUE_STRING) {
                switch (name) {
                    case "format" -> entry.format = parser.getString();
                    case "arxiv_id" -> entry.id = parser.getString();
                    default -> entry.put(name, parser.getString());
                }
            } else if (token == JsonToken.VALUE_NUMBER_INT) {
                switch (name) {
                    case "version" -> entry.version = smallInt(parser);
                    case "author_count" -> entry.authorCount = smallInt(parser);
                    default -> {}
                }
            } else if (token == JsonToken.START_ARRAY) {
                entry.array(name, parser);
            } else {
                entry.deleted |= token == JsonToken.VALUE_TRUE && name.equals("deleted");
                parser.skipChildren();
            }
        }
        return entry;
    }

    private static int smallInt(JsonParser parser) {
        Long number = GithubSubject.number(parser);
        return number == null || number < 0 || number > 1_000_000 ? 0 : number.intValue();
    }

    private void array(String name, JsonParser parser) {
        int told = authorCount;
        switch (name) {
            case "authors" -> {
                authorCount = 0;
                objects(parser, () -> add(author(parser)));
                authorCount = Math.max(told, authorCount);
            }
            case "versions" -> objects(parser, () -> version(parser));
            default -> strings(parser, name);
        }
    }

    private static void objects(JsonParser parser, Runnable each) {
        JsonToken token;
        while ((token = parser.nextToken()) != JsonToken.END_ARRAY && token != null) {
            if (token == JsonToken.START_OBJECT) {
                each.run();
            } else {
                parser.skipChildren();
            }
        }
    }

    private void strings(JsonParser parser, String name) {
        JsonToken token;
        while ((token = parser.nextToken()) != JsonToken.END_ARRAY && token != null) {
            if (token == JsonToken.VALUE_STRING) {
                add(name, parser.getString());
            } else {
                parser.skipChildren();
            }
        }
    }

    private static Author author(JsonParser parser) {
        Author author = new Author();
        String name;
        while ((name = parser.nextName()) != null) {
            JsonToken token = parser.nextToken();
            if (token == JsonToken.VALUE_STRING) {
                author.texts.put(name, parser.getString());
            } else if (token == JsonToken.START_ARRAY && name.equals("affiliation")) {
                while ((token = parser.nextToken()) != JsonToken.END_ARRAY && token != null) {
                    if (token == JsonToken.VALUE_STRING && author.affiliations.size() < LIST_MAX) {
                        author.affiliations.add(parser.getString());
                    } else {
                        parser.skipChildren();
                    }
                }
            } else {
                parser.skipChildren();
            }
        }
        return author;
    }

    private void version(JsonParser parser) {
        int n = 0;
        String date = "";
        String size = "";
        String name;
        while ((name = parser.nextName()) != null) {
            JsonToken token = parser.nextToken();
            if (name.equals("n") && token == JsonToken.VALUE_NUMBER_INT) {
                n = smallInt(parser);
            } else if (name.equals("date") && token == JsonToken.VALUE_STRING) {
                date = parser.getString();
            } else if (name.equals("size") && token == JsonToken.VALUE_STRING) {
                size = parser.getString();
            } else {
                parser.skipChildren();
            }
        }
        if (versions.size() < LIST_MAX) {
            versions.add(new Version(n, date, size));
        }
    }
}
