package com.databroker.client;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.FieldConflict;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A server of *dbo/1* over a map in memory, with versions, an outbox and capabilities. It speaks frames, as
/// bytes, over links in memory; what is sent comes in order.
final class MapServer implements AutoCloseable {
    /// A declared method.
    interface Method {
        @Nullable
        Object run(@Nullable ObjectKey on, List<@Nullable Object> args);
    }

    record Stored(long version, Map<String, @Nullable Object> fields) {}

    private static final long EPOCH = 7;

    final AtomicInteger requests = new AtomicInteger();
    final BlockingQueue<ObjectMessage.Request> heard = new LinkedBlockingQueue<>();
    final Map<String, Method> methods = new HashMap<>();
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread daemon = new Thread(task, "map-server");
        daemon.setDaemon(true);
        return daemon;
    });
    private final ObjectTypes types;
    private final Map<ObjectKey, Stored> objects = new TreeMap<>(Comparator.comparing(ObjectKey::toString));
    private final List<List<ObjectMessage.Tagged>> outbox = new ArrayList<>();
    private final Map<UUID, ObjectMessage.Reply> done = new HashMap<>();
    private final List<Link> links = new ArrayList<>();
    private final Map<String, Integer> next = new HashMap<>();
    private int outboxFrom;
    private @Nullable Predicate<ObjectMessage.Request> cutInsteadOfAnswer;
    private @Nullable Predicate<ObjectMessage.Request> holds;
    private final List<Runnable> held = new ArrayList<>();
    volatile boolean down;
    volatile boolean strict = true;

    MapServer(ObjectTypes types) {
        this.types = types;
    }

    /// Runs something on the server's thread, and waits for it.
    void run(Runnable task) {
        java.util.concurrent.CompletableFuture.runAsync(task, thread).join();
    }

    Stored stored(String key) {
        Stored[] found = new Stored[1];
        run(() -> found[0] = objects.get(ObjectKey.parse(key)));
        return found[0];
    }

    /// On the server's thread.
    Stored now(ObjectKey key) {
        return objects.get(key);
    }

    void put(String key, Object... fieldsAndValues) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < fieldsAndValues.length; i += 2) {
            fields.put((String) fieldsAndValues[i], fieldsAndValues[i + 1]);
        }
        run(() -> objects.put(ObjectKey.parse(key), new Stored(1, fields)));
    }

    /// Another program changes a field.
    void change(String key, String field, @Nullable Object value) {
        run(() -> {
            ObjectKey which = ObjectKey.parse(key);
            Stored before = objects.get(which);
            announce(write(which, before, java.util.Collections.singletonMap(field, value)));
        });
    }

    void delete(String key) {
        run(() -> announce(remove(ObjectKey.parse(key))));
    }

    /// Cuts the connection instead of answering the next request of a kind, after having done it.
    void cutInsteadOfAnswering(Class<? extends ObjectMessage.Request> kind) {
        run(() -> cutInsteadOfAnswer = kind::isInstance);
    }

    /// Keeps answers of a kind until [#release]: they say what was so when they were made.
    void hold(Class<? extends ObjectMessage.Request> kind) {
        run(() -> {
            heard.clear();
            holds = kind::isInstance;
        });
    }

    /// Waits until a request of a kind has come.
    void await(Class<? extends ObjectMessage.Request> kind) throws InterruptedException {
        ObjectMessage.Request came;
        do {
            came = heard.poll(30, java.util.concurrent.TimeUnit.SECONDS);
        } while (came != null && !kind.isInstance(came));
        Objects.requireNonNull(came);
    }

    void release() {
        run(() -> {
            holds = null;
            held.forEach(Runnable::run);
            held.clear();
        });
    }

    void cut() {
        run(() -> List.copyOf(links).forEach(Link::cut));
    }

    void forgetOutbox() {
        run(() -> outboxFrom = outbox.size());
    }

    ObjectLink.Opener opener(String principal) {
        return owner -> new Link(owner, principal);
    }

    private final class Link implements ObjectLink {
        private final Owner owner;
        private final String principal;
        private long number;
        private boolean closed;

        Link(Owner owner, String principal) {
            this.owner = owner;
            this.principal = principal;
            thread.execute(() -> {
                if (down) {
                    cut();
                } else {
                    owner.opened(this);
                }
            });
        }

        @Override
        public void send(ObjectMessage.Request request) {
            Bytes frame = ObjectMessages.CBOR.encode(request);
            thread.execute(() -> {
                if (!closed) {
                    take(this, ObjectMessages.CBOR.decodeRequest(frame));
                }
            });
        }

        void answer(ObjectMessage frame) {
            if (!closed) {
                owner.received(this, ObjectMessages.JSON.decodeAnswer(ObjectMessages.JSON.encode(frame)));
            }
        }

        void cut() {
            closed = true;
            links.remove(this);
            owner.lost(this, new ProblemException(Problem.UNAVAILABLE, "cut"), false);
        }

        @Override
        public void close() {
            thread.execute(() -> {
                closed = true;
                links.remove(this);
            });
        }
    }

    private void take(Link link, ObjectMessage.Request request) {
        if (request instanceof ObjectMessage.Hello hello) {
            hello(link, hello);
            return;
        }
        requests.incrementAndGet();
        heard.add(request);
        ObjectMessage.Reply reply;
        try {
            reply = answer(link, request);
        } catch (ProblemException refused) {
            reply = new ObjectMessage.Failed(request.id(), refused.problem(), refused.detail());
        }
        ObjectMessage.Reply answer = reply;
        if (cutInsteadOfAnswer != null && cutInsteadOfAnswer.test(request)) {
            cutInsteadOfAnswer = null;
            link.cut();
        } else if (holds != null && holds.test(request)) {
            held.add(() -> link.answer(answer));
        } else {
            link.answer(answer);
        }
    }

    private void hello(Link link, ObjectMessage.Hello hello) {
        links.add(link);
        link.answer(new ObjectMessage.Welcome("map", at(), types.hash(), 60_000_000, System.currentTimeMillis()));
        if (hello.resume() != null) {
            Position resume = hello.resume().stores().get("shop");
            int from = resume == null ? 0 : (int) resume.offset();
            if (from < outboxFrom) {
                link.answer(new ObjectMessage.Reset("forgotten"));
            } else {
                for (int i = from; i < outbox.size(); i++) {
                    link.answer(changed(link, i));
                }
            }
        }
    }

    private ObjectMessage.Changed changed(Link link, int index) {
        return new ObjectMessage.Changed(++link.number, at(index + 1), System.currentTimeMillis(), outbox.get(index));
    }

    private ObjectPosition at() {
        return at(outbox.size());
    }

    private static ObjectPosition at(int changes) {
        return new ObjectPosition(Map.of("shop", new Position(EPOCH, changes)));
    }

    private ObjectMessage.Reply answer(Link link, ObjectMessage.Request request) {
        if (request instanceof ObjectMessage.Get get) {
            return get(link, get);
        }
        if (request instanceof ObjectMessage.Find find) {
            return find(link, find);
        }
        if (request instanceof ObjectMessage.Call call) {
            return call(link, call);
        }
        if (request instanceof ObjectMessage.Commit commit) {
            return commit(link, commit);
        }
        Object result = request instanceof ObjectMessage.Types ? types.tree() : null;
        return new ObjectMessage.Ok(request.id(), 0, List.of(), result, null, -1, List.of(), at());
    }

    private ObjectMessage.Reply get(Link link, ObjectMessage.Get get) {
        List<ObjectKey> keys = new ArrayList<>();
        for (ObjectRef ref : get.keys()) {
            if (!ref.capability().isEmpty() && !ref.capability().equals(capability(link, ref.key()))) {
                throw new ProblemException(Problem.CAPABILITY_INVALID, ref.key().toString());
            }
            if (objects.containsKey(ref.key())) {
                keys.add(ref.key());
            }
        }
        return ok(link, get.id(), keys, get.with(), null, -1, List.of());
    }

    private ObjectMessage.Ok ok(
            Link link,
            long id,
            List<ObjectKey> keys,
            List<String> with,
            @Nullable String after,
            long count,
            List<String> tags) {
        Set<ObjectKey> all = new LinkedHashSet<>(keys);
        List<ObjectMessage.Listed> lists = new ArrayList<>();
        for (String path : with) {
            List<ObjectKey> from = keys;
            for (String name : path.split("\\.")) {
                from = along(from, name, lists);
                all.addAll(from);
            }
        }
        List<ObjectMessage.Row> rows = all.stream().map(key -> row(link, key)).toList();
        return new ObjectMessage.Ok(id, keys.size(), rows, null, after, count, tags, lists, at());
    }

    private List<ObjectKey> along(List<ObjectKey> from, String name, List<ObjectMessage.Listed> lists) {
        List<ObjectKey> found = new ArrayList<>();
        for (ObjectKey key : from) {
            ObjectTypes.Type type = types.type(key.type());
            type.collections().stream().filter(one -> one.name().equals(name)).forEach(collection -> {
                List<ObjectKey> its = objects.entrySet().stream()
                        .filter(entry -> entry.getKey().type().equals(collection.type())
                                && text(entry.getValue().fields().get(collection.field()))
                                        .equals(key.toString()))
                        .map(Map.Entry::getKey)
                        .toList();
                String tag = tag(collection.type() + "." + collection.field() + "=" + key);
                lists.add(new ObjectMessage.Listed(key, name, tag, true, its));
                found.addAll(its);
            });
            if (objects.get(key).fields().get(name) instanceof ObjectRef ref && objects.containsKey(ref.key())) {
                found.add(ref.key());
            }
        }
        return found;
    }

    private ObjectMessage.Row row(Link link, ObjectKey key) {
        Stored stored = objects.get(key);
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        stored.fields()
                .forEach((name, value) ->
                        fields.put(name, value instanceof ObjectRef ref ? ref(link, ref.key()) : value));
        return new ObjectMessage.Row(ref(link, key), "rwc", stored.version(), tag(key), fields);
    }

    private static ObjectRef ref(Link link, ObjectKey key) {
        return new ObjectRef(key, capability(link, key));
    }

    private static String capability(Link link, ObjectKey key) {
        String hash = Integer.toHexString((link.principal + key).hashCode());
        return (hash + "----------------------").substring(0, 22);
    }

    private static String tag(Object what) {
        return "t" + Integer.toHexString(what.toString().hashCode());
    }

    private ObjectMessage.Reply find(Link link, ObjectMessage.Find find) {
        List<ObjectKey> all = objects.keySet().stream()
                .filter(key -> key.type().equals(find.type()) && matches(objects.get(key), find.where()))
                .sorted(order(find.order()))
                .toList();
        int from = find.after() == null ? 0 : Integer.parseInt(find.after());
        int to = Math.min(all.size(), from + find.limit());
        List<String> tags = new ArrayList<>();
        for (ObjectMessage.Condition condition : find.where()) {
            if (condition.operator() == ObjectMessage.Operator.EQUAL) {
                tags.add(tag(find.type() + "." + condition.field() + "="
                        + text(condition.values().get(0))));
            }
        }
        // A change of one of several conditions is enough; what is no equality depends on the whole type.
        if (tags.size() < Math.max(1, find.where().size()) || !find.order().isEmpty()) {
            tags.add(tag(find.type()));
        }
        return ok(
                link,
                find.id(),
                all.subList(from, Math.max(from, to)),
                find.with(),
                to < all.size() && find.limit() > 0 ? Integer.toString(to) : null,
                find.count() ? all.size() : -1,
                tags);
    }

    private static boolean matches(Stored stored, List<ObjectMessage.Condition> where) {
        return where.stream().allMatch(condition -> {
            String is = text(stored.fields().get(condition.field()));
            List<String> wanted =
                    condition.values().stream().map(MapServer::text).toList();
            return switch (condition.operator()) {
                case EQUAL, IN -> wanted.contains(is);
                case NOT_EQUAL -> !wanted.contains(is);
                case PREFIX -> is.startsWith(wanted.get(0));
                case IS_NULL -> stored.fields().get(condition.field()) == null;
                case GREATER_OR_EQUAL -> Long.parseLong(is) >= Long.parseLong(wanted.get(0));
                default ->
                    throw new ProblemException(
                            Problem.QUERY_INVALID, condition.operator().word());
            };
        });
    }

    private static String text(@Nullable Object value) {
        return value instanceof ObjectRef ref ? ref.key().toString() : String.valueOf(value);
    }

    private Comparator<ObjectKey> order(List<ObjectMessage.Order> orders) {
        Comparator<ObjectKey> by = Comparator.comparing(key -> "");
        for (ObjectMessage.Order order : orders) {
            Comparator<ObjectKey> next =
                    Comparator.comparing(key -> text(objects.get(key).fields().get(order.field())));
            by = by.thenComparing(order.descending() ? next.reversed() : next);
        }
        return by.thenComparing(ObjectKey::toString);
    }

    private ObjectMessage.Reply call(Link link, ObjectMessage.Call call) {
        Method method = methods.get(call.type() + "." + call.method());
        if (method == null) {
            throw new ProblemException(Problem.METHOD_UNKNOWN, call.method());
        }
        ObjectRef target = call.target();
        Object result = method.run(target == null ? null : target.key(), call.args());
        if (result instanceof List<?> list && !list.isEmpty() && list.stream().allMatch(ObjectKey.class::isInstance)) {
            return ok(
                    link, call.id(), list.stream().map(ObjectKey.class::cast).toList(), List.of(), null, -1, List.of());
        }
        return new ObjectMessage.Ok(call.id(), 0, List.of(), result, null, -1, List.of(), at());
    }

    private ObjectMessage.Reply commit(Link link, ObjectMessage.Commit commit) {
        ObjectMessage.Reply before = done.get(commit.commit());
        if (before instanceof ObjectMessage.Ok ok) {
            return new ObjectMessage.Ok(commit.id(), ok.asked(), ok.rows(), null, null, -1, ok.tags(), ok.at());
        }
        List<FieldConflict> conflicts = new ArrayList<>();
        commit.ops().forEach(op -> check(op, conflicts));
        if (!conflicts.isEmpty()) {
            return new ObjectMessage.Conflict(commit.id(), conflicts);
        }
        Map<ObjectKey, ObjectKey> keys = new HashMap<>();
        for (ObjectMessage.Op op : commit.ops()) {
            if (op instanceof ObjectMessage.Create create) {
                int number = next.merge(create.type(), 100, (old, one) -> old + 1);
                keys.put(create.temporary(), ObjectKey.of(create.type(), number));
            }
        }
        List<ObjectMessage.Tagged> tags = new ArrayList<>();
        List<ObjectKey> rows = new ArrayList<>();
        for (ObjectMessage.Op op : commit.ops()) {
            tags.addAll(apply(op, keys, rows));
        }
        announce(tags);
        List<String> finders = tags.stream()
                .filter(tag -> tag.version() == 0)
                .map(ObjectMessage.Tagged::tag)
                .toList();
        ObjectMessage.Ok ok = ok(link, commit.id(), rows, List.of(), null, -1, finders);
        done.put(commit.commit(), ok);
        return ok;
    }

    private void check(ObjectMessage.Op op, List<FieldConflict> conflicts) {
        if (op instanceof ObjectMessage.Delete delete) {
            Stored there = objects.get(delete.ref().key());
            if (there == null || there.version() != delete.version()) {
                conflicts.add(new FieldConflict(delete.ref().key(), "", null, null, null));
            }
        } else if (op instanceof ObjectMessage.Update update) {
            ObjectKey key = update.ref().key();
            Stored there = objects.get(key);
            if (there == null || update.fields().isEmpty() && there.version() != update.version()) {
                conflicts.add(new FieldConflict(key, "", null, null, null));
            } else if (there.version() != update.version()) {
                int before = conflicts.size();
                update.fields().forEach((field, edit) -> {
                    if (!text(there.fields().get(field)).equals(text(edit.before()))) {
                        conflicts.add(new FieldConflict(
                                key,
                                field,
                                edit.before(),
                                edit.after(),
                                there.fields().get(field)));
                    }
                });
                if (strict && conflicts.size() == before) {
                    conflicts.add(new FieldConflict(key, "", null, null, null));
                }
            }
        }
    }

    private List<ObjectMessage.Tagged> apply(
            ObjectMessage.Op op, Map<ObjectKey, ObjectKey> keys, List<ObjectKey> rows) {
        if (op instanceof ObjectMessage.Delete delete) {
            return remove(delete.ref().key());
        }
        Map<String, @Nullable Object> values = new LinkedHashMap<>();
        ObjectKey key;
        if (op instanceof ObjectMessage.Update update) {
            key = update.ref().key();
            update.fields().forEach((field, edit) -> values.put(field, edit.after()));
        } else {
            ObjectMessage.Create create = (ObjectMessage.Create) op;
            key = keys.get(create.temporary());
            types.type(create.type()).fields().forEach(field -> values.put(field.name(), null));
            values.putAll(create.values());
        }
        values.replaceAll((field, value) -> value instanceof ObjectRef ref && keys.containsKey(ref.key())
                ? ObjectRef.of(keys.get(ref.key()))
                : value);
        rows.add(key);
        return values.isEmpty() ? List.of() : write(key, objects.get(key), values);
    }

    private List<ObjectMessage.Tagged> write(
            ObjectKey key, @Nullable Stored before, Map<String, @Nullable Object> values) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>(before == null ? Map.of() : before.fields());
        fields.putAll(values);
        long version = before == null ? 1 : before.version() + 1;
        objects.put(key, new Stored(version, fields));
        return tags(key, before == null ? Map.of() : before.fields(), fields, version);
    }

    private List<ObjectMessage.Tagged> remove(ObjectKey key) {
        Stored before = Objects.requireNonNull(objects.remove(key));
        return tags(key, before.fields(), Map.of(), before.version() + 1);
    }

    private static List<ObjectMessage.Tagged> tags(
            ObjectKey key, Map<String, @Nullable Object> before, Map<String, @Nullable Object> now, long version) {
        List<ObjectMessage.Tagged> tags = new ArrayList<>();
        tags.add(new ObjectMessage.Tagged(tag(key), version));
        tags.add(new ObjectMessage.Tagged(tag(key.type()), 0));
        Set<String> names = new TreeSet<>(before.keySet());
        names.addAll(now.keySet());
        for (String name : names) {
            String old = before.containsKey(name) ? text(before.get(name)) : null;
            String fresh = now.containsKey(name) ? text(now.get(name)) : null;
            if (!Objects.equals(old, fresh)) {
                if (old != null) {
                    tags.add(new ObjectMessage.Tagged(tag(key.type() + "." + name + "=" + old), 0));
                }
                if (fresh != null) {
                    tags.add(new ObjectMessage.Tagged(tag(key.type() + "." + name + "=" + fresh), 0));
                }
            }
        }
        return tags;
    }

    private void announce(List<ObjectMessage.Tagged> tags) {
        outbox.add(tags);
        List.copyOf(links).forEach(link -> link.answer(changed(link, outbox.size() - 1)));
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
