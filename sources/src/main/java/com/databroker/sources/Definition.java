package com.databroker.sources;

import com.databroker.core.Setting;
import com.databroker.streams.FieldType;
import com.databroker.streams.Granularity;
import java.io.Serializable;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A stream of one's own, as its file says it. docs/reference/own-streams.md describes it.
///
/// Everything that can be said without reading a record is checked here; the message of a violated rule begins with
/// the key that it is about, so that whoever reads the file can point at its line.
public record Definition(
        @Setting("One line for people: what its records are.")
        String title,

        @Setting("How its records are written.") DefinedFormat format,

        @Setting("Where they are fetched from, beside the inbox.")
        Collect collect,

        @Setting("Patterns of topics whose events are taken, as `builds/**`.")
        List<String> capture,

        @Setting(value = "The fields of a record, by their names.", fieldNames = true)
        Map<String, Of> fields,

        @Setting("The fields that together tell one record from all others; none named, all that stands in it does.")
        List<String> id,

        @Setting("The field that says when it happened; not named, the field `time`, or when the record arrived.")
        @Nullable
        String time,

        @Setting("The fields that a table of its records shows, after the time; not named, the first four.")
        List<String> headline,

        @Setting(value = "How long a partition of the cold table is: `day`, `month` or `year`.", otherwise = "month")
        Granularity granularity,

        @Setting(
                value = "Whether the same record may come more than once, and all but the first are to be dropped.",
                otherwise = "true")
        boolean repeats,

        @Setting("The topic in which collected records rest.")
        Topic topic)
        implements Serializable {
    static final String ID = "id";
    static final String TIME = "time";
    private static final int TITLE_MAX = 200;
    private static final int FIELDS_MAX = 200;
    private static final int HEADLINE_MAX = 16;
    private static final int HEADLINE = 4;
    /// What the plane itself calls a column.
    private static final Set<String> RESERVED = Set.of(ID, "arrived", "topic_partition", "topic_offset", "date");

    /// What the values of a field are.
    public enum Type {
        KEYWORD(FieldType.Scalar.KEYWORD),
        TEXT(FieldType.Scalar.TEXT),
        JSON(FieldType.Scalar.JSON),
        INT(FieldType.Scalar.INT),
        LONG(FieldType.Scalar.LONG),
        DOUBLE(FieldType.Scalar.DOUBLE),
        BOOL(FieldType.Scalar.BOOL),
        TIME(FieldType.Scalar.TIME);

        private final FieldType.Scalar type;

        Type(FieldType.Scalar type) {
            this.type = type;
        }

        FieldType type() {
            return type;
        }
    }

    /// Where records are fetched from over HTTP.
    public record Collect(
            @Setting("An address of http or https.") @Nullable
            String url,

            @Setting(value = "How often it is asked.", otherwise = "1h", min = 10_000, max = 31_536_000_000L)
            Duration interval,

            @Setting("Headers of the request, by name.") Map<String, Header> headers)
            implements Serializable {
        private static final int HEADERS_MAX = 32;
        /// The client's own.
        private static final Set<String> TAKEN = Set.of(
                "accept-encoding",
                "connection",
                "content-length",
                "expect",
                "host",
                "if-modified-since",
                "if-none-match",
                "transfer-encoding",
                "upgrade",
                "user-agent");

        public Collect {
            headers = ordered(headers);
            need(url == null || DefinedCollector.isAddress(url), "url: \"" + url + "\" is no address of http or https");
            need(headers.size() <= HEADERS_MAX, "headers: at most " + HEADERS_MAX);
            for (String name : headers.keySet()) {
                need(!TAKEN.contains(name), "headers: \"" + name + "\" is set by the broker itself");
            }
        }
    }

    /// A header: its value, or the variable of the environment that holds it.
    public record Header(
            @Setting("Its value, where that is no secret.") @Nullable
            String value,

            @Setting("The variable of the environment that holds its value.") @Nullable
            String variable)
            implements Serializable {
        public Header {
            need((value == null) != (variable == null), "a header has a value or a variable, one of them");
            need(value == null || value.matches("[\\x20-\\x7e]{1,4096}"), "value: up to 4096 letters of ASCII");
        }
    }

    /// One field.
    public record Of(
            @Setting("What it holds: `keyword`, `text`, `json`, `int`, `long`, `double`, `bool` or `time`.")
            Type type,

            @Setting("Where it stands in the record: a path, a column or a group; not named, under its own name.")
            @Nullable
            String from,

            @Setting(value = "One sentence: what it means, with its unit.", otherwise = "as it stands in the record")
            String description,

            @Setting(value = "Whether a record without it is set aside.", otherwise = "false")
            boolean required,

            @Setting(value = "Whether it holds a list: an array in JSON.", otherwise = "false")
            boolean list,

            @Setting("What stands between the values of a list that is written as one text.") @Nullable
            String split,

            @Setting("Of a time: `iso`, `seconds`, `millis`, `micros`, or a pattern as `dd/MM/yyyy HH:mm`.") @Nullable
            String format,

            @Setting("Of a time that does not say its zone: which it is, as `Europe/Vienna`; not named, UTC.") @Nullable
            String zone)
            implements Serializable {
        private static final int FROM_MAX = 1000;

        public Of {
            need(from == null || (!from.isBlank() && from.length() <= FROM_MAX), "from: 1 to 1000 characters");
            need(description.length() <= FROM_MAX, "description: at most 1000 characters");
            need(split == null || (!split.isEmpty() && split.length() <= 8), "split: 1 to 8 characters");
            need(format == null || type == Type.TIME, "format: only a time has one");
            need(zone == null || type == Type.TIME, "zone: only a time has one");
            if (type == Type.TIME) {
                DefinedTimes.of(format, zone);
            }
        }

        boolean isList() {
            return list || split != null;
        }

        FieldType fieldType() {
            return isList() ? FieldType.listOf(type.type()) : type.type();
        }

        String from(String name) {
            return from == null ? name : from;
        }
    }

    /// The topic of its collected records.
    public record Topic(
            @Setting(
                    value = "Partitions in a cluster, of which the embedded Kafka makes two; when the topic is made.",
                    otherwise = "4",
                    min = 1,
                    max = 256)
            int partitions,

            @Setting(
                    value = "How long they are kept there; when the topic is made.",
                    otherwise = "7d",
                    min = 3_600_000,
                    max = 31_536_000_000L)
            Duration retention)
            implements Serializable {}

    public Definition {
        need(!title.isBlank() && title.length() <= TITLE_MAX, "title: 1 to " + TITLE_MAX + " characters");
        capture = List.copyOf(capture);
        id = List.copyOf(id);
        headline = List.copyOf(headline);
        fields = ordered(fields);
        if (format.kind() == null) {
            need(!capture.isEmpty(), "format: kind is missing; write json-lines, json, csv or lines");
            format = format.with(DefinedFormat.Kind.EVENTS);
        }
        need(!fields.isEmpty(), "fields: name at least one, as below it status: {type: keyword}");
        rules(format, capture, fields, id, time, headline);
    }

    private static void rules(
            DefinedFormat format,
            List<String> capture,
            Map<String, Of> fields,
            List<String> id,
            @Nullable String time,
            List<String> headline) {
        DefinedRules rules = new DefinedRules();
        capture.forEach(pattern -> rules.keep(() -> captured(pattern)));
        rules.need(fields.size() <= FIELDS_MAX, "fields: " + fields.size() + " of them, and at most " + FIELDS_MAX);
        fields.forEach((name, field) -> rules.keep(() -> field(name, field, format)));
        known(rules, id, ID, fields.keySet());
        for (String each : id) {
            Of field = fields.get(each);
            rules.need(
                    field == null || !field.isList(),
                    "id: \"" + each + "\" is a list, which tells no record from others");
        }
        known(rules, headline, "headline", fields.keySet());
        rules.need(headline.size() <= HEADLINE_MAX, "headline: at most " + HEADLINE_MAX + " fields");
        Of when = fields.get(time == null ? TIME : time);
        if (time != null) {
            rules.need(when != null, "time: there is no field \"" + time + "\"");
        }
        rules.need(
                when == null || isTime(when),
                time != null
                        ? "time: the field \"" + time + "\" is of another type than time"
                        : "fields: \"time\" is of another type than time, and no other field is named as the time");
        rules.end();
    }

    private static boolean isTime(Of field) {
        return field.type() == Type.TIME && !field.isList();
    }

    private static void captured(String text) {
        com.databroker.core.Pattern pattern;
        try {
            pattern = com.databroker.core.Pattern.of(text);
        } catch (com.databroker.core.ProblemException wrong) {
            throw new IllegalArgumentException("capture: \"" + text + "\": " + wrong.detail());
        }
        // What is found in a stream is announced there: a stream of that would never be at rest.
        need(
                !pattern.segments().getFirst().equals("streams"),
                "capture: \"" + text + "\" is what streams announce, which is never captured");
    }

    private static void field(String name, Of field, DefinedFormat format) {
        need(
                !RESERVED.contains(name),
                "fields: \"" + name + "\" is what every stream has already; choose another name, with from: " + name);
        String why = format.cannotHave(field.from(name));
        need(why == null, "fields: \"" + name + "\": " + why);
    }

    private static void known(DefinedRules rules, List<String> names, String key, Set<String> fields) {
        for (String name : names) {
            rules.need(fields.contains(name), key + ": there is no field \"" + name + "\"");
        }
        rules.need(Set.copyOf(names).size() == names.size(), key + ": a field is named twice");
    }

    /// Where a rule is not kept.
    static void need(boolean holds, @Nullable String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    private static <V> Map<String, V> ordered(Map<String, V> map) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(map));
    }

    /// The field that says when it happened.
    String timeField() {
        return time == null ? TIME : time;
    }

    List<String> columns() {
        return headline.isEmpty()
                ? fields.keySet().stream()
                        .filter(name -> !name.equals(timeField()))
                        .limit(HEADLINE)
                        .toList()
                : List.copyOf(headline);
    }

    /// Whether the events themselves are the records, and not what stands in them.
    public boolean takesEvents() {
        return format.kind() == DefinedFormat.Kind.EVENTS;
    }
}
