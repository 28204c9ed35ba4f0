package com.databroker.client;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectRef;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/// What objects of one [ObjectSpace] need of it.
final class ObjectContext {
    /// What a method returns.
    ///
    /// @param type no primitive; `Object` for whatever comes
    /// @param element what objects in a list are shown by
    record Returns(Class<?> type, Class<?> element) {
        static final Returns ANY = new Returns(Object.class, Entity.class);
    }

    /// A cached result of a method.
    private record Called(ObjectKey key, String method, List<@Nullable Object> args) {}

    final RowCache cache;
    final ObjectLoader loader;
    final ObjectChannel channel;
    final NPlusOne nPlusOne;
    private final Map<Class<?>, View> views = new ConcurrentHashMap<>();
    private final Map<String, View> dynamic = new ConcurrentHashMap<>();
    private volatile @Nullable ObjectTypes types;

    ObjectContext(RowCache cache, ObjectLoader loader, ObjectChannel channel, NPlusOne nPlusOne) {
        this.cache = cache;
        this.loader = loader;
        this.channel = channel;
        this.nPlusOne = nPlusOne;
    }

    /// The answer, or the [ProblemException] that it failed with.
    <T extends @Nullable Object> T await(CompletableFuture<T> answer) {
        channel.help(answer);
        return DatabrokerClient.await(answer);
    }

    /// The view of an interface; of [Entity] itself, what shows `type`.
    View view(Class<?> shown, String type) {
        if (shown == Entity.class) {
            return dynamic.computeIfAbsent(type, any -> new View(Entity.class, any));
        }
        View view = view(shown);
        if (!view.name.equals(type)) {
            throw new ClassCastException("a " + type + " is no " + view.name + ", as " + shown.getName() + " shows it");
        }
        return view;
    }

    /// The view of an interface that is not [Entity] itself.
    View view(Class<?> shown) {
        View known = views.get(shown);
        return known != null ? known : views.computeIfAbsent(shown, any -> new View(any, View.nameOf(any)));
    }

    /// What the broker says of its types, asked for when it is needed first.
    ObjectTypes types() {
        ObjectTypes known = types;
        if (known != null) {
            return known;
        }
        ObjectMessage.Reply reply = await(channel.ask(ObjectMessage.Types::new, true));
        ObjectTypes told = ObjectTypes.of(reply instanceof ObjectMessage.Ok ok ? ok.result() : null);
        types = told;
        return told;
    }

    /// A server that has other types than those that are known was met.
    void typesAre(String hash) {
        ObjectTypes known = types;
        if (known != null && !known.hash().equals(hash)) {
            types = null;
        }
    }

    ObjectTypes.Type type(String name) {
        ObjectTypes.Type type = types().type(name);
        if (type == null) {
            throw new ProblemException(Problem.TYPE_UNKNOWN, "there is no type " + name + " that you may see");
        }
        return type;
    }

    /// The object of a reference.
    ///
    /// @param shown by which interface; `Object` for any
    /// @param from where it was reached along `field`, null where it was asked for by its key
    /// @throws ProblemException [Problem#OBJECT_NOT_FOUND]
    Entity entity(ObjectRef ref, Class<?> shown, @Nullable View from, String... field) {
        if (cache.entry(ref.key()).item() instanceof Row there) {
            return entity(there, shown == Object.class ? Entity.class : shown);
        }
        CompletableFuture<@Nullable Row> coming = loader.row(ref, List.of());
        if (from != null) {
            nPlusOne.single(from.name, field[0], ref.key().type());
        }
        Row row = await(coming);
        if (row == null) {
            throw new ProblemException(Problem.OBJECT_NOT_FOUND, ref + " does not exist, or is not yours to see");
        }
        return entity(row, shown == Object.class ? Entity.class : shown);
    }

    /// The one object of a row.
    Entity entity(Row row, Class<?> shown) {
        View view = view(shown, row.ref.key().type());
        CacheEntry entry = cache.entry(row.ref.key());
        Object live = entry.live(row);
        Shown first = (Shown) (live != null ? live : cache.live(entry, new Shown(this, row, view)));
        return (Entity) first.proxy(view);
    }

    /// The other side of a reference.
    Many<?> many(ObjectRef of, String collection, Class<?> element) {
        ObjectTypes.Type type = type(of.key().type());
        for (ObjectTypes.Collection each : type.collections()) {
            if (each.name().equals(collection)) {
                return new Finder<>(this, each.type(), element).many(of, each.field(), collection);
            }
        }
        throw unknown(type, collection);
    }

    private static ProblemException unknown(ObjectTypes.Type type, String name) {
        List<String> names = new ArrayList<>();
        type.fields().forEach(field -> names.add(field.name()));
        type.collections().forEach(one -> names.add(one.name()));
        type.methods().forEach(one -> names.add(one.name()));
        String nearest = com.databroker.core.Text.nearest(name, names);
        return new ProblemException(
                Problem.FIELD_UNKNOWN,
                type.name() + " has no field, collection or method " + name
                        + (nearest.isEmpty() ? "" : "; did you mean " + nearest + "?"));
    }

    /// Runs a method on the broker, or takes what it gave before where that holds until the object changes.
    ///
    /// @param on null for a method of the type itself
    @Nullable
    Object call(@Nullable Row on, String typeName, String method, @Nullable Object[] args, Returns returns) {
        ObjectTypes.Type type = type(typeName);
        ObjectTypes.Method declared = type.methods().stream()
                .filter(one -> one.name().equals(method) && one.ofType() == (on == null))
                .findFirst()
                .orElseThrow(() -> unknown(type, method));
        List<@Nullable Object> values = new ArrayList<>();
        for (Object arg : args) {
            values.add(Values.toWire(arg));
        }
        ObjectRef target = on == null ? null : on.ref;
        boolean kept = declared.cached()
                && on != null
                && !cache.news.isOvertaken(on)
                && values.stream().allMatch(Values::isPlain);
        Called key = kept && on != null ? new Called(on.ref.key(), method, values) : null;
        LongFunction<ObjectMessage.Request> request =
                id -> new ObjectMessage.Call(id, target, typeName, method, values);
        Result result = await(loader.call(key, request, on == null ? List.of() : on.tags, !declared.cached()));
        return result(result, returns);
    }

    private @Nullable Object result(Result result, Returns returns) {
        boolean list = returns.type == List.class;
        if (result.refs.isEmpty() || result.value != null) {
            return result.value == null && list ? List.of() : Values.fromWire(result.value, returns, this);
        }
        Class<?> shown = list || returns.type == Object.class ? returns.element : returns.type;
        List<Entity> entities = entities(result.refs, shown);
        return list || (returns.type == Object.class && entities.size() != 1) ? entities : entities.get(0);
    }

    /// Some of what was found. Rows that have just come need not be looked up, unless a change came meanwhile.
    List<Entity> entities(ObjectLoader.Found found, int from, int to, Class<?> shown) {
        List<Row> rows = found.rows() == null ? null : found.rows().subList(from, to);
        if (rows == null || rows.stream().anyMatch(Row::isObsolete)) {
            return entities(found.result().refs.subList(from, to), shown);
        }
        List<Entity> entities = new ArrayList<>(rows.size());
        for (Row row : rows) {
            entities.add(entity(row, shown));
        }
        return entities;
    }

    List<Entity> entities(List<ObjectRef> refs, Class<?> shown) {
        return await(loader.rows(refs)).stream().map(row -> entity(row, shown)).toList();
    }

    /// What is known of `row` now, without asking.
    boolean isObsolete(Row row) {
        return cache.news.isOvertaken(row);
    }
}
