package com.databroker.server;

import com.databroker.access.Credentials;
import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectQueues;
import com.databroker.core.ObjectRef;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.objects.ObjectCaller;
import com.databroker.objects.ObjectPlane;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Objects over HTTP, for whoever has no client for *dbo/1*:
///
/// ```
/// GET    /objects                            the types, with fields and methods
/// GET    /objects/Person?dept=Dept/17&salary.ge=100&order=-salary&limit=10&with=dept&count=true
/// GET    /objects/Person/42?with=dept        one object; its version is the ETag
/// POST   /objects/Person                     creates one of a JSON object
/// PATCH  /objects/Person/42                  changes the fields of a JSON object; If-Match: "<version>"
/// DELETE /objects/Person/42                  If-Match: "<version>"
/// POST   /objects/Person/42/raise            calls a method with a JSON array, or POST /objects/Person/hire
/// POST   /objects/rpc                        any request of dbo/1, as JSON, CBOR or BSON
/// GET    /objects/triggers                   of which types changes by other programs are told
/// POST   /objects/triggers/shop              has the database of that store record them; DELETE no longer
/// POST   /objects/capabilities/shop          begins new capabilities, and ends those before the last
/// ```
final class ObjectsHandler {

    private static final String RPC = "rpc";
    private static final int LIMIT = 100;
    private static final int LIMIT_MAX = 10_000;
    private static final int RETRIES = 5;
    private static final long ID = 1;
    private static final List<String> WORDS = List.of("order", "limit", "after", "with", "count", "capabilities");
    private static final Map<String, ObjectMessage.Operator> SUFFIXES = Map.of(
            "eq", ObjectMessage.Operator.EQUAL,
            "ne", ObjectMessage.Operator.NOT_EQUAL,
            "lt", ObjectMessage.Operator.LESS,
            "le", ObjectMessage.Operator.LESS_OR_EQUAL,
            "gt", ObjectMessage.Operator.GREATER,
            "ge", ObjectMessage.Operator.GREATER_OR_EQUAL,
            "prefix", ObjectMessage.Operator.PREFIX,
            "in", ObjectMessage.Operator.IN,
            "null", ObjectMessage.Operator.IS_NULL);

    private final ObjectPlane plane;
    private final ObjectCare care;
    private final Supplier<UUID> ids;

    /// @param ids names of commits
    ObjectsHandler(ObjectPlane plane, Supplier<UUID> ids) {
        this.plane = plane;
        this.care = new ObjectCare(plane);
        this.ids = ids;
    }

    /// Who asks by HTTP signs in with each request.
    private record HttpCaller(Principal principal) implements ObjectCaller {
        @Override
        public void authenticate(Credentials credentials) {
            throw new ProblemException(
                    Problem.METHOD_UNKNOWN, "over HTTP each request carries a token; auth is for connections");
        }
    }

    void handle(Exchange exchange) {
        String[] path = exchange.target().tail().split("/", -1);
        if (path[0].isEmpty()) {
            exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
            exchange.target().allow();
            ObjectTypes types = plane.types(exchange.principal());
            exchange.json(200, json -> Json.writeTree(json, types.tree()));
            return;
        }
        if (path[0].equals(RPC) && path.length == 1) {
            exchange.allow(HttpMethod.POST);
            exchange.target().allow();
            rpc(exchange);
            return;
        }
        if (care.handles(path[0])) {
            care.handle(exchange, path);
            return;
        }
        switch (path.length) {
            case 1 -> ofType(exchange, path[0]);
            case 2 -> ofObject(exchange, path[0], path[1]);
            case 3 -> {
                exchange.allow(HttpMethod.POST);
                call(exchange, ObjectRef.parse(path[0] + "/" + path[1]), path[0], path[2]);
            }
            default ->
                throw new ProblemException(
                        Problem.NOT_FOUND, "below /objects are types, their objects, and the methods of those");
        }
    }

    private void ofType(Exchange exchange, String type) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST);
        if (exchange.isMethod(HttpMethod.POST)) {
            exchange.target().allow("capabilities");
            create(exchange, type);
        } else {
            find(exchange, type);
        }
    }

    private void ofObject(Exchange exchange, String type, String second) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.PATCH, HttpMethod.DELETE, HttpMethod.POST);
        if (exchange.isMethod(HttpMethod.POST)) {
            call(exchange, null, type, second);
            return;
        }
        ObjectRef ref = ObjectRef.parse(type + "/" + second);
        if (exchange.isMethod(HttpMethod.PATCH)) {
            exchange.target().allow("capabilities");
            body(exchange, tree -> update(exchange, ref, members(tree)));
        } else if (exchange.isMethod(HttpMethod.DELETE)) {
            exchange.target().allow();
            ObjectCaller caller = caller(exchange);
            exchange.blocking(() -> delete(exchange, caller, ref));
        } else {
            exchange.target().allow("with", "capabilities");
            get(exchange, ref);
        }
    }

    private static ObjectCaller caller(Exchange exchange) {
        return new HttpCaller(exchange.principal());
    }

    private interface Tree {
        void accept(@Nullable Object tree);
    }

    /// The body as JSON, on a thread that may wait.
    private static void body(Exchange exchange, Tree then) {
        exchange.principal();
        exchange.body(ObjectMessages.REQUEST_MAX, "of a request about objects", bytes -> {
            Object tree = ObjectMessages.JSON.decodeValue(bytes);
            exchange.blocking(() -> then.accept(tree));
        });
    }

    @SuppressWarnings("unchecked")
    private static Map<String, @Nullable Object> members(@Nullable Object tree) {
        if (tree instanceof Map<?, ?> map) {
            return (Map<String, @Nullable Object>) map;
        }
        throw new ProblemException(Problem.BAD_REQUEST, "the body is no JSON object with the values of fields");
    }

    private static ObjectMessage.Ok ok(ObjectMessage.Reply reply) {
        return switch (reply) {
            case ObjectMessage.Ok ok -> ok;
            case ObjectMessage.Failed failed -> throw failed.exception();
            case ObjectMessage.Conflict conflict ->
                throw new ProblemException(
                        Problem.OBJECT_CONFLICT,
                        "others changed the same: " + conflict.conflicts().size() + " fields");
            case ObjectMessage.Part never -> throw new IllegalStateException("nobody asked for parts");
            case ObjectMessage.Welcome never -> throw new IllegalStateException("a greeting is no answer");
        };
    }

    private void get(Exchange exchange, ObjectRef ref) {
        ObjectCaller caller = caller(exchange);
        List<String> with = words(exchange.target().parameter("with"));
        ObjectJson form = form(exchange);
        exchange.blocking(() -> {
            ObjectMessage.Ok ok = ok(plane.handle(caller, new ObjectMessage.Get(ID, List.of(ref), with)));
            ObjectMessage.Row row = row(ok, ref.key());
            Bytes body = Json.bytes(json -> {
                if (with.isEmpty()) {
                    form.row(json, row);
                } else {
                    json.writeStartObject();
                    json.writeName("object");
                    form.row(json, row);
                    json.writeName("with");
                    form.rows(json, ok.rows().subList(ok.asked(), ok.rows().size()));
                    json.writeEndObject();
                }
            });
            exchange.onLoop(() -> {
                exchange.response().putHeader("ETag", etag(row));
                exchange.answer(200, Exchange.JSON, body);
            });
        });
    }

    private static ObjectMessage.Row row(ObjectMessage.Ok ok, ObjectKey key) {
        if (ok.asked() == 0 || ok.rows().isEmpty()) {
            throw new ProblemException(Problem.OBJECT_NOT_FOUND, "there is no " + key);
        }
        return ok.rows().getFirst();
    }

    /// Of a type without versions it is made of what the object holds.
    private static String etag(ObjectMessage.Row row) {
        return row.version() > 0
                ? '"' + Long.toString(row.version()) + '"'
                : '"' + HexFormat.of().formatHex(digest(row), 0, 8) + '"';
    }

    private static byte[] digest(ObjectMessage.Row row) {
        return Digests.sha256()
                .digest(ObjectMessages.JSON.encodeWhole(row.fields()).toArray());
    }

    private void find(Exchange exchange, String type) {
        ObjectCaller caller = caller(exchange);
        RequestTarget target = exchange.target();
        List<ObjectMessage.Condition> where = new ArrayList<>();
        target.query().forEach((name, value) -> {
            if (!WORDS.contains(name)) {
                where.add(condition(name, value));
            }
        });
        String after = target.parameter("after");
        int limit = (int) StreamsHandler.number(exchange, "limit", 0, LIMIT_MAX, LIMIT);
        ObjectMessage.Find find = new ObjectMessage.Find(
                ID,
                type,
                where,
                words(target.parameter("order")).stream()
                        .map(ObjectsHandler::order)
                        .toList(),
                words(target.parameter("with")),
                limit,
                after,
                "true".equals(target.parameter("count")));
        ObjectJson form = form(exchange);
        exchange.blocking(() -> {
            ObjectMessage.Ok ok = ok(plane.handle(caller, find));
            Bytes body = Json.bytes(json -> {
                json.writeStartObject();
                json.writeName("objects");
                form.rows(json, ok.rows().subList(0, ok.asked()));
                if (!find.with().isEmpty()) {
                    json.writeName("with");
                    form.rows(json, ok.rows().subList(ok.asked(), ok.rows().size()));
                }
                if (ok.count() >= 0) {
                    json.writeNumberProperty("count", ok.count());
                }
                if (ok.next() != null) {
                    json.writeStringProperty("next", ok.next());
                }
                json.writeEndObject();
            });
            exchange.onLoop(() -> exchange.answer(200, Exchange.JSON, body));
        });
    }

    /// `salary.ge=100`; `name=Ada` is equality, as is `limit.eq=3` where a field has the name of a word.
    private static ObjectMessage.Condition condition(String name, String value) {
        int dot = name.indexOf('.');
        String field = dot < 0 ? name : name.substring(0, dot);
        ObjectMessage.Operator operator =
                dot < 0 ? ObjectMessage.Operator.EQUAL : SUFFIXES.get(name.substring(dot + 1));
        if (operator == null) {
            throw new ProblemException(
                    Problem.BAD_REQUEST,
                    "\"" + Text.excerpt(name)
                            + "\": behind a field stands one of eq, ne, lt, le, gt, ge, prefix, in, null");
        }
        List<@Nullable Object> values = switch (operator) {
            case IS_NULL -> List.of();
            case IN -> new ArrayList<>(words(value));
            default -> List.of(value);
        };
        return new ObjectMessage.Condition(field, operator, values);
    }

    private static ObjectMessage.Order order(String word) {
        return word.startsWith("-")
                ? new ObjectMessage.Order(word.substring(1), true)
                : new ObjectMessage.Order(word, false);
    }

    private static List<String> words(@Nullable String list) {
        return list == null || list.isEmpty() ? List.of() : List.of(list.split(",", -1));
    }

    private static ObjectJson form(Exchange exchange) {
        return new ObjectJson("true".equals(exchange.target().parameter("capabilities")));
    }

    private void create(Exchange exchange, String type) {
        ObjectCaller caller = caller(exchange);
        ObjectJson form = form(exchange);
        body(exchange, tree -> {
            ObjectMessage.Create create = new ObjectMessage.Create(ObjectKey.temporary(1), type, members(tree));
            ObjectMessage.Ok ok = ok(plane.handle(caller, new ObjectMessage.Commit(ID, ids.get(), List.of(create))));
            ObjectMessage.Row row = ok.rows().getFirst();
            Bytes body = Json.bytes(json -> form.row(json, row));
            exchange.onLoop(() -> {
                exchange.response()
                        .putHeader("Location", location(row.ref().key()))
                        .putHeader("ETag", etag(row));
                exchange.answer(201, Exchange.JSON, body);
            });
        });
    }

    /// The escapes of a key are escaped once more: a slash in a key is none in an address. So is what no
    /// address may have.
    private static String location(ObjectKey key) {
        String text = key.toString();
        boolean dots = text.endsWith("/.") || text.endsWith("/..");
        String safe = (dots ? text.replace(".", "%2e") : text).replace("\\", "%5c");
        return "/objects/"
                + URLEncoder.encode(safe, StandardCharsets.UTF_8)
                        .replace("+", "%20")
                        .replace("%2F", "/")
                        .replace("%2C", ",");
    }

    private void update(Exchange exchange, ObjectRef ref, Map<String, @Nullable Object> values) {
        ObjectCaller caller = caller(exchange);
        String match = exchange.request().getHeader("If-Match");
        ObjectJson form = form(exchange);
        for (int tries = 1; ; tries++) {
            ObjectMessage.Row row = current(caller, ref, match);
            Map<String, ObjectMessage.Edit> edits = new LinkedHashMap<>();
            values.forEach((field, value) ->
                    edits.put(field, new ObjectMessage.Edit(row.fields().get(field), value)));
            ObjectMessage.Reply reply = plane.handle(
                    caller,
                    new ObjectMessage.Commit(
                            ID, ids.get(), List.of(new ObjectMessage.Update(row.ref(), row.version(), edits))));
            if (reply instanceof ObjectMessage.Conflict conflict) {
                // Between the look and the change somebody else was faster: who names no version wants the last word.
                if (match != null || tries == RETRIES) {
                    conflict(exchange, form, conflict);
                    return;
                }
                continue;
            }
            ObjectMessage.Ok ok = ok(reply);
            ObjectMessage.Row now = ok.rows().isEmpty() ? row : ok.rows().getFirst();
            Bytes body = Json.bytes(json -> form.row(json, now));
            exchange.onLoop(() -> {
                exchange.response().putHeader("ETag", etag(now));
                exchange.answer(200, Exchange.JSON, body);
            });
            return;
        }
    }

    private ObjectMessage.Row current(ObjectCaller caller, ObjectRef ref, @Nullable String match) {
        ObjectMessage.Row row =
                row(ok(plane.handle(caller, new ObjectMessage.Get(ID, List.of(ref), List.of()))), ref.key());
        if (match != null && !match.equals("*") && !match.equals(etag(row))) {
            throw new ProblemException(
                    Problem.PRECONDITION_FAILED,
                    ref.key() + " is at " + etag(row) + " by now, not at " + Text.excerpt(match));
        }
        return row;
    }

    private static void conflict(Exchange exchange, ObjectJson form, ObjectMessage.Conflict conflict) {
        ProblemException why =
                new ProblemException(Problem.OBJECT_CONFLICT, "others changed the same fields meanwhile");
        Bytes body = ProblemDocument.bytes(why, json -> {
            json.writeName("conflicts");
            form.conflicts(json, conflict.conflicts());
        });
        exchange.onLoop(() -> exchange.answer(why.problem().status(), ProblemDocument.MEDIA_TYPE, body));
    }

    private void delete(Exchange exchange, ObjectCaller caller, ObjectRef ref) {
        ObjectMessage.Row row = current(caller, ref, exchange.request().getHeader("If-Match"));
        ok(plane.handle(
                caller,
                new ObjectMessage.Commit(ID, ids.get(), List.of(new ObjectMessage.Delete(row.ref(), row.version())))));
        exchange.onLoop(() -> exchange.empty(204));
    }

    private void call(Exchange exchange, @Nullable ObjectRef target, String type, String method) {
        exchange.target().allow("capabilities");
        ObjectCaller caller = caller(exchange);
        ObjectJson form = form(exchange);
        body(exchange, tree -> {
            if (!(tree instanceof List<?> args)) {
                throw new ProblemException(
                        Problem.BAD_REQUEST,
                        "the body is the list of arguments of " + Text.excerpt(method) + ", as [0.1]");
            }
            List<@Nullable Object> values = new ArrayList<>(args);
            ObjectMessage.Ok ok = ok(plane.handle(caller, new ObjectMessage.Call(ID, target, type, method, values)));
            Bytes body = Json.bytes(json -> {
                json.writeStartObject();
                json.writeName("result");
                form.value(json, ok.result());
                if (!ok.rows().isEmpty()) {
                    json.writeName("objects");
                    form.rows(json, ok.rows());
                }
                json.writeEndObject();
            });
            exchange.onLoop(() -> exchange.answer(200, Exchange.JSON, body));
        });
    }

    /// The codec that the content type names; JSON where there is none.
    private static ObjectMessages codec(HttpServerRequest request) {
        String type = PublishHandler.mediaType(request);
        ObjectMessages codec = type.isEmpty() ? ObjectMessages.JSON : ObjectQueues.form(type);
        if (codec == null) {
            throw new ProblemException(
                    Problem.MEDIA_TYPE_UNSUPPORTED,
                    "a request of dbo/1 is application/json, application/cbor or application/bson, not "
                            + Text.excerpt(type));
        }
        return codec;
    }

    private void rpc(Exchange exchange) {
        ObjectCaller caller = caller(exchange);
        ObjectMessages form = codec(exchange.request());
        exchange.body(ObjectMessages.REQUEST_MAX, "of a request about objects", bytes -> {
            ObjectMessage.Request request = form.decodeRequest(bytes);
            exchange.blocking(() -> {
                Bytes answer = form.encode(plane.handle(caller, request));
                exchange.onLoop(() -> exchange.answer(200, form.mediaType(), answer));
            });
        });
    }
}
