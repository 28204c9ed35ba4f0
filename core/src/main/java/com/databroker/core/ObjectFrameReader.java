package com.databroker.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Makes frames of what [GraphReader] read. What a frame does not have is refused, so that a misspelled
/// member is noticed; answers may have more, so that older clients understand newer servers.
final class ObjectFrameReader {
    private ObjectFrameReader() {}

    static ObjectMessage.Request request(Fields in) {
        String kind = in.string("t");
        long id = in.integer("i", ObjectMessage.NO_ID);
        ObjectMessage.Request request = switch (kind) {
            case "hello" ->
                new ObjectMessage.Hello(
                        (int) in.integer("v", 0),
                        in.optionalString("token"),
                        position(in, "resume"),
                        Boolean.TRUE.equals(in.any("given")));
            case "get" ->
                new ObjectMessage.Get(id, texts(in, "keys", ObjectRef::parse), texts(in, "with", name -> name));
            case "find" -> find(id, in);
            case "call" -> call(id, in);
            case "commit" ->
                new ObjectMessage.Commit(id, uuid(in.string("id")), list(in, "ops", ObjectFrameReader::op));
            case "sync" -> new ObjectMessage.Sync(id, ObjectPosition.parse(in.string("at")));
            case "types" -> new ObjectMessage.Types(id);
            case "beat" -> new ObjectMessage.Beat();
            default ->
                throw invalid("t \"" + Text.excerpt(kind)
                        + "\" is not one of hello, get, find, call, commit, sync, types, beat");
        };
        if (id == ObjectMessage.NO_ID && request.id() == id && !isWithoutId(request)) {
            throw invalid("member \"i\" is missing: a number from 1, which the answer carries back");
        }
        in.done();
        return request;
    }

    private static boolean isWithoutId(ObjectMessage.Request request) {
        return request instanceof ObjectMessage.Hello || request instanceof ObjectMessage.Beat;
    }

    static ObjectMessage answer(Fields in) {
        String kind = in.string("t");
        long id = in.integer("i", ObjectMessage.NO_ID);
        return switch (kind) {
            case "welcome" ->
                new ObjectMessage.Welcome(
                        in.string("server"),
                        ObjectPosition.parse(in.string("at")),
                        Boolean.TRUE.equals(in.any("resumed")),
                        in.string("types"),
                        in.integer("beat", 0),
                        in.integer("now", 0));
            case "ok" -> ok(id, in);
            case "part" ->
                new ObjectMessage.Part(
                        id, list(in, "rows", ObjectFrameReader::row), ObjectPosition.parse(in.string("at")));
            case "conflict" -> new ObjectMessage.Conflict(id, list(in, "conflicts", ObjectFrameReader::conflict));
            case "failed" -> failed(id, in.object("problem"));
            case "changed" ->
                new ObjectMessage.Changed(
                        in.integer("n", 0),
                        ObjectPosition.parse(in.string("at")),
                        in.integer("now", 0),
                        list(in, "tags", ObjectFrameReader::tagged));
            case "beat" ->
                new ObjectMessage.Pulse(
                        in.integer("n", 0), ObjectPosition.parse(in.string("at")), in.integer("now", 0));
            case "reset" -> new ObjectMessage.Reset(in.string("why"));
            default -> throw invalid("t \"" + Text.excerpt(kind) + "\"");
        };
    }

    private static ObjectMessage.Find find(long id, Fields in) {
        long limit = in.integer("limit", 100);
        if (limit > Integer.MAX_VALUE) {
            throw invalid("member \"limit\" is too large");
        }
        return new ObjectMessage.Find(
                id,
                in.string("type"),
                list(in, "where", ObjectFrameReader::condition),
                texts(
                        in,
                        "order",
                        name -> new ObjectMessage.Order(
                                name.startsWith("-") ? name.substring(1) : name, name.startsWith("-"))),
                texts(in, "with", name -> name),
                (int) limit,
                in.optionalString("after"),
                Boolean.TRUE.equals(in.any("count")),
                Boolean.TRUE.equals(in.any("parts")));
    }

    private static ObjectMessage.Condition condition(@Nullable Object value) {
        List<@Nullable Object> parts = list(value, "a condition");
        if (parts.size() < 2 || !(parts.get(0) instanceof String field) || !(parts.get(1) instanceof String word)) {
            throw invalid("a condition is [field, operator, value…]");
        }
        ObjectMessage.Operator operator = ObjectMessage.Operator.ofWord(word);
        if (operator == null) {
            throw invalid("operator \"" + Text.excerpt(word) + "\" is not one of = != < <= > >= prefix in isnull");
        }
        return new ObjectMessage.Condition(field, operator, parts.subList(2, parts.size()));
    }

    private static ObjectMessage.Call call(long id, Fields in) {
        String on = in.optionalString("on");
        ObjectRef target = on == null ? null : ObjectRef.parse(on);
        return new ObjectMessage.Call(
                id,
                target,
                target == null ? in.string("type") : target.key().type(),
                in.string("method"),
                in.has("args") ? list(in.any("args"), "args") : List.of());
    }

    private static ObjectMessage.Op op(@Nullable Object value) {
        Fields in = new Fields(Json.asObject(value, "an entry of ops"));
        ObjectMessage.Op op;
        if (in.has("update")) {
            Map<String, ObjectMessage.Edit> edits = new LinkedHashMap<>();
            map(in, "set").forEach((name, edit) -> {
                List<@Nullable Object> pair = list(edit, "the change of a field");
                if (pair.size() != 2) {
                    throw invalid("the change of a field is [before, after]");
                }
                edits.put(name, new ObjectMessage.Edit(pair.get(0), pair.get(1)));
            });
            op = new ObjectMessage.Update(ref(in, "update"), in.integer("version", 0), edits);
        } else if (in.has("create")) {
            ObjectKey key = ObjectKey.parse(in.string("create"));
            if (!key.isTemporary()) {
                throw invalid("what is created is named # and a number");
            }
            op = new ObjectMessage.Create(key, in.string("type"), map(in, "set"));
        } else if (in.has("delete")) {
            op = new ObjectMessage.Delete(ref(in, "delete"), in.integer("version", 0));
        } else {
            throw invalid("an entry of ops has one of update, create, delete");
        }
        in.done();
        return op;
    }

    private static ObjectRef ref(Fields in, String name) {
        return ObjectRef.parse(in.string(name));
    }

    private static ObjectMessage.Ok ok(long id, Fields in) {
        List<ObjectMessage.Row> rows = list(in, "rows", ObjectFrameReader::row);
        long asked = in.integer("asked", rows.size());
        if (asked > rows.size()) {
            throw invalid("member \"asked\" is more than there are rows");
        }
        return new ObjectMessage.Ok(
                id,
                (int) asked,
                rows,
                in.any("result"),
                in.optionalString("next"),
                in.integer("count", -1),
                texts(in, "tags", name -> name),
                list(in, "lists", ObjectFrameReader::listed),
                ObjectPosition.parse(in.string("at")));
    }

    private static ObjectMessage.Row row(@Nullable Object value) {
        // As AnswerReader has made it.
        if (value instanceof ObjectMessage.Row row) {
            return row;
        }
        throw invalid("a row is [reference, rights, version, tag, fields]");
    }

    private static ObjectMessage.Listed listed(@Nullable Object value) {
        List<@Nullable Object> parts = list(value, "a list");
        if (parts.size() == 5
                && parts.get(0) instanceof String owner
                && parts.get(1) instanceof String collection
                && parts.get(2) instanceof String tag
                && parts.get(3) instanceof Boolean complete) {
            List<ObjectKey> keys = new ArrayList<>();
            list(parts.get(4), "the keys of a list").forEach(key -> keys.add(ObjectKey.parse(String.valueOf(key))));
            return new ObjectMessage.Listed(ObjectKey.parse(owner), collection, tag, complete, keys);
        }
        throw invalid("a list is [owner, collection, tag, complete, keys]");
    }

    private static ObjectMessage.FieldConflict conflict(@Nullable Object value) {
        List<@Nullable Object> parts = list(value, "a conflict");
        if (parts.size() == 5 && parts.get(0) instanceof String key && parts.get(1) instanceof String field) {
            return new ObjectMessage.FieldConflict(
                    ObjectKey.parse(key), field, parts.get(2), parts.get(3), parts.get(4));
        }
        throw invalid("a conflict is [key, field, base, mine, theirs]");
    }

    private static ObjectMessage.Tagged tagged(@Nullable Object value) {
        List<@Nullable Object> parts = list(value, "a tag");
        if (parts.size() == 2 && parts.get(0) instanceof String tag && parts.get(1) instanceof Long version) {
            return new ObjectMessage.Tagged(tag, version);
        }
        throw invalid("a tag is [tag, version]");
    }

    private static ObjectMessage.Failed failed(long id, Fields in) {
        Problem problem = Problem.ofNumber(in.integer("number", 0));
        return new ObjectMessage.Failed(id, problem == null ? Problem.INTERNAL : problem, in.string("detail"));
    }

    private static @Nullable ObjectPosition position(Fields in, String name) {
        String text = in.optionalString(name);
        return text == null ? null : ObjectPosition.parse(text);
    }

    private static UUID uuid(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException notOne) {
            throw invalid("\"" + Text.excerpt(text) + "\" is no UUID");
        }
    }

    private static <T> List<T> texts(Fields in, String name, Function<String, T> of) {
        return list(in, name, value -> {
            if (value instanceof String text) {
                return of.apply(text);
            }
            throw invalid("an entry of \"" + name + "\" is not a string");
        });
    }

    private static <T> List<T> list(Fields in, String name, Function<@Nullable Object, T> of) {
        Object value = in.any(name);
        if (value == null) {
            return List.of();
        }
        List<T> list = new ArrayList<>();
        list(value, name).forEach(entry -> list.add(of.apply(entry)));
        return list;
    }

    @SuppressWarnings("unchecked")
    private static List<@Nullable Object> list(@Nullable Object value, String what) {
        if (value instanceof List<?>) {
            return (List<@Nullable Object>) value;
        }
        throw invalid(what + " is not a list");
    }

    private static Map<String, @Nullable Object> map(Fields in, String name) {
        return in.has(name) ? Json.asObject(in.any(name), "member \"" + name + "\"") : absent(in, name);
    }

    private static Map<String, @Nullable Object> absent(Fields in, String name) {
        in.any(name);
        return Map.of();
    }

    private static ProblemException invalid(String why) {
        return new ProblemException(Problem.MESSAGE_INVALID, why);
    }
}
