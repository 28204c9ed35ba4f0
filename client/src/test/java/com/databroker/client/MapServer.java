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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
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

    final AtomicInteger requests = new AtomicInteger();
    final BlockingQueue<ObjectMessage.Request> heard = new LinkedBlockingQueue<>();
    final Map<String, Method> methods = new HashMap<>();
    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread daemon = new Thread(task, "map-server");
        daemon.setDaemon(true);
        return daemon;
    });
    private final ObjectTypes types;
    final MapStore store;
    private final List<List<ObjectMessage.Tagged>> outbox = new ArrayList<>();
    private final Map<UUID, ObjectMessage.Reply> done = new HashMap<>();
    private final List<Link> links = new ArrayList<>();
    private int outboxFrom;
    private long epoch = 7;
    private @Nullable Predicate<ObjectMessage.Request> cutInsteadOfAnswer;
    private @Nullable Predicate<ObjectMessage.Request> holds;
    private final List<Runnable> held = new ArrayList<>();
    volatile boolean down;
    volatile boolean strict = true;

    /// Whether the answer to a commit leaves out what it touched.
    volatile boolean tagless;

    MapServer(ObjectTypes types) {
        this.types = types;
        this.store = new MapStore(types);
    }

    /// Runs something on the server's thread, and waits for it.
    void run(Runnable task) {
        CompletableFuture.runAsync(task, thread).join();
    }

    /// Null where there is none.
    MapStore.@Nullable Stored stored(String key) {
        return CompletableFuture.supplyAsync(() -> Optional.ofNullable(store.objects.get(ObjectKey.parse(key))), thread)
                .join()
                .orElse(null);
    }

    @Nullable
    Object stored(String key, String field) {
        return Objects.requireNonNull(stored(key)).fields().get(field);
    }

    void put(String key, @Nullable Object... fieldsAndValues) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < fieldsAndValues.length; i += 2) {
            fields.put(String.valueOf(fieldsAndValues[i]), fieldsAndValues[i + 1]);
        }
        run(() -> store.objects.put(ObjectKey.parse(key), new MapStore.Stored(1, fields)));
    }

    /// Another program changes a field.
    void change(String key, String field, @Nullable Object value) {
        run(() -> {
            ObjectKey which = ObjectKey.parse(key);
            MapStore.Stored before = store.objects.get(which);
            announce(store.write(which, before, java.util.Collections.singletonMap(field, value)));
        });
    }

    /// Another program changes a field, and nobody hears of it.
    void changeUntold(String key, String field, @Nullable Object value) {
        run(() -> {
            ObjectKey which = ObjectKey.parse(key);
            store.write(which, store.objects.get(which), java.util.Collections.singletonMap(field, value));
        });
    }

    void delete(String key) {
        run(() -> announce(store.remove(ObjectKey.parse(key))));
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

    /// The store was replaced: positions begin anew.
    void replaceStore() {
        run(() -> {
            epoch++;
            outbox.clear();
            outboxFrom = 0;
            List.copyOf(links).forEach(link -> link.answer(new ObjectMessage.Reset("replaced")));
        });
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
        Position resume =
                hello.resume() == null ? null : hello.resume().stores().get("shop");
        boolean resumed = resume != null && resume.offset() >= outboxFrom && resume.epoch() == epoch;
        link.answer(
                new ObjectMessage.Welcome("map", at(), resumed, types.hash(), 60_000_000, System.currentTimeMillis()));
        for (int i = resume != null && resumed ? (int) resume.offset() : outbox.size(); i < outbox.size(); i++) {
            link.answer(changed(link, i));
        }
    }

    private ObjectMessage.Changed changed(Link link, int index) {
        return new ObjectMessage.Changed(++link.number, at(index + 1), System.currentTimeMillis(), outbox.get(index));
    }

    private ObjectPosition at() {
        return at(outbox.size());
    }

    private ObjectPosition at(int changes) {
        return new ObjectPosition(Map.of("shop", new Position(epoch, changes)));
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
            if (store.objects.containsKey(ref.key())) {
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
            for (String name : path.split("\\.", -1)) {
                from = store.along(from, name, lists);
                all.addAll(from);
            }
        }
        List<ObjectMessage.Row> rows = all.stream().map(key -> row(link, key)).toList();
        return new ObjectMessage.Ok(id, keys.size(), rows, null, after, count, tags, lists, at());
    }

    private ObjectMessage.Row row(Link link, ObjectKey key) {
        MapStore.Stored stored = store.now(key);
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        stored.fields()
                .forEach((name, value) ->
                        fields.put(name, value instanceof ObjectRef ref ? ref(link, ref.key()) : value));
        return new ObjectMessage.Row(ref(link, key), "rwc", stored.version(), MapStore.tag(key), fields);
    }

    private static ObjectRef ref(Link link, ObjectKey key) {
        return new ObjectRef(key, capability(link, key));
    }

    private static String capability(Link link, ObjectKey key) {
        String hash = Integer.toHexString((link.principal + key).hashCode());
        return (hash + "----------------------").substring(0, 22);
    }

    private ObjectMessage.Reply find(Link link, ObjectMessage.Find find) {
        List<ObjectKey> all = store.found(find);
        int from = find.after() == null ? 0 : Integer.parseInt(find.after());
        int to = Math.min(all.size(), from + find.limit());
        List<String> tags = new ArrayList<>();
        for (ObjectMessage.Condition condition : find.where()) {
            if (condition.operator() == ObjectMessage.Operator.EQUAL) {
                tags.add(MapStore.tag(find.type() + "." + condition.field() + "="
                        + MapStore.text(condition.values().get(0))));
            }
        }
        // A change of one of several conditions is enough; what is no equality depends on the whole type.
        if (tags.size() < Math.max(1, find.where().size()) || !find.order().isEmpty()) {
            tags.add(MapStore.tag(find.type()));
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
        commit.ops().forEach(op -> store.check(op, strict, conflicts));
        if (!conflicts.isEmpty()) {
            return new ObjectMessage.Conflict(commit.id(), conflicts);
        }
        Map<ObjectKey, ObjectKey> keys = store.keys(commit.ops());
        List<ObjectMessage.Tagged> tags = new ArrayList<>();
        List<ObjectKey> rows = new ArrayList<>();
        for (ObjectMessage.Op op : commit.ops()) {
            tags.addAll(store.apply(op, keys, rows));
        }
        announce(tags);
        List<String> finders = tags.stream()
                .filter(tag -> tag.version() == 0)
                .map(ObjectMessage.Tagged::tag)
                .toList();
        ObjectMessage.Ok ok = ok(link, commit.id(), rows, List.of(), null, -1, tagless ? List.of() : finders);
        done.put(commit.commit(), ok);
        return ok;
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
