package com.databroker.objects;

import com.databroker.access.Credentials;
import com.databroker.access.Principal;
import com.databroker.core.Durations;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Span;
import com.databroker.core.Trace;
import com.databroker.objects.spi.ObjectStore;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Databases and other stores as typed objects, for any number of callers at once.
///
/// It keeps nothing of its own: what it knows is in the stores, so that several planes over the same
/// stores are as good as one. Answering takes as long as the store takes; call it from a thread that may
/// wait and that nobody interrupts, since an embedded database does not survive an interrupt.
public final class ObjectPlane implements AutoCloseable {
    /// The type of what belongs to no store, with methods only.
    public static final String ROOT = ObjectCatalog.ROOT;

    /// Its method that signs in: with a token, or a user and a token.
    public static final String AUTH = ObjectCatalog.AUTH;

    private static final Logger LOG = LoggerFactory.getLogger(ObjectPlane.class);

    /// What metrics and spans call requests.
    private static final List<String> WORDS =
            List.of("hello", "get", "find", "call", "commit", "sync", "types", "beat");

    /// Whoever wants more is answered by itself.
    private static final int FEW = 16;

    private final ObjectsConfig config;
    private final Path folder;
    private final InstantSource clock;
    private final RandomGenerator random;
    private final ObjectOpening opening;
    private final String server;
    private final ObjectStores stores;
    private final ObjectFinding finding;
    private final ObjectCommitting committing;
    private final ObjectCalling calling;
    private final Map<String, Durations> durations = new TreeMap<>();
    private final Map<String, Canary> canaries;
    private final ObjectTelling telling;

    /// The stores of the configuration. Nothing is told until [#start].
    ///
    /// @param folder for databases of the broker's own, and for where it stands in telling
    public static ObjectPlane open(ObjectsConfig config, Path folder, InstantSource clock, RandomGenerator random) {
        return open(config, folder, clock, random, List.of(), List.of());
    }

    /// The stores of the configuration, and what a program brings.
    ///
    /// @param more stores that are open; the plane closes them
    /// @param methods what may be called
    public static ObjectPlane open(
            ObjectsConfig config,
            Path folder,
            InstantSource clock,
            RandomGenerator random,
            List<ObjectStore> more,
            List<ObjectMethod> methods) {
        ObjectOpening opening = new ObjectOpening(config, folder, clock, random);
        List<ObjectStore> opened = new ArrayList<>();
        List<ObjectMethod> all = new ArrayList<>(methods);
        for (StoreEngine.Opened one : opening.open()) {
            opened.add(one.store());
            all.addAll(one.methods());
        }
        try {
            opened.addAll(more);
            return new ObjectPlane(config, folder, clock, random, opening, opened, all);
        } catch (RuntimeException failed) {
            opened.removeAll(more);
            opened.forEach(ObjectStore::close);
            throw failed;
        }
    }

    private ObjectPlane(
            ObjectsConfig config,
            Path folder,
            InstantSource clock,
            RandomGenerator random,
            ObjectOpening opening,
            List<ObjectStore> opened,
            List<ObjectMethod> methods) {
        this.config = config;
        this.folder = folder;
        this.clock = clock;
        this.random = random;
        this.opening = opening;
        this.telling = new ObjectTelling(clock);
        this.server = Long.toHexString(random.nextLong());
        this.stores = new ObjectStores(opened.stream().map(this::open).toList(), methods, opening::away);
        this.finding = new ObjectFinding(stores);
        this.committing = new ObjectCommitting(stores);
        WORDS.forEach(word -> durations.put(word, Durations.quick()));
        this.calling = new ObjectCalling(stores, (principal, request) -> handle(new Fixed(principal), request));
        this.canaries = Canary.all(config, this, clock, random);
    }

    private ObjectStores.Open open(ObjectStore store) {
        StoreConfig settings = config.stores().get(store.name());
        StoreKeys keys = new StoreKeys(store, clock, random);
        ObjectStores.Counts counts = new ObjectStores.Counts();
        Relay.Telling its = telling.of(store.name(), counts);
        Relay relay = new Relay(store, keys, clock, its, new RelayMark(folder, store.name()));
        StoreConfig.Lookup lookup = settings == null ? StoreConfig.Lookup.KEY : settings.lookup();
        return new ObjectStores.Open(store, keys, relay, lookup, counts);
    }

    /// A store that was not there at the start. Whoever listens begins anew: it knows neither the types nor where the
    /// store stands.
    private void join(StoreEngine.Opened opened) {
        ObjectStores.Open one = open(opened.store());
        telling.anew("store " + one.store().name() + " is there now", () -> stores.join(one, opened.methods()));
        one.relay().start();
    }

    /// Tells from now on, beginning with what an end of this server kept it from telling.
    public void start() {
        stores.all().forEach(open -> open.relay().start());
        canaries.values().forEach(canary -> canary.start(config.canaryInterval()));
        opening.goOn(this::join);
    }

    /// Writes a copy of each store that is in the broker's own files, packed, to `<name>.zip` in
    /// `folder`; changes go on
    /// meanwhile.
    ///
    /// @return names of the stores, each with whether it was copied: others are in a database elsewhere
    public Map<String, Boolean> copy(Path folder) {
        Map<String, Boolean> copied = new LinkedHashMap<>();
        for (ObjectStores.Open open : stores.all()) {
            String name = open.store().name();
            copied.put(name, open.store().copy(folder.resolve(name + ".zip")));
        }
        stores.away().forEach(name -> copied.put(name, false));
        return copied;
    }

    /// Somebody who cannot become somebody else.
    private record Fixed(Principal principal) implements ObjectCaller {
        @Override
        public void authenticate(Credentials credentials) {
            throw new ProblemException(Problem.METHOD_UNKNOWN, "a method cannot sign in");
        }
    }

    /// Answers one request. Whatever goes wrong is an answer, too.
    public ObjectMessage.Reply handle(ObjectCaller caller, ObjectMessage.Request request) {
        return handle(caller, request, null);
    }

    /// As [#handle(ObjectCaller, ObjectMessage.Request)].
    ///
    /// @param parts is given what goes ahead of the answer, where the request allows it; from the same thread and
    ///     without waiting. What it throws is the answer. Null where nobody takes parts
    public ObjectMessage.Reply handle(
            ObjectCaller caller, ObjectMessage.Request request, @Nullable Consumer<ObjectMessage.Part> parts) {
        String word = word(request);
        long began = Durations.now();
        try (Span span = Trace.step("objects." + word)) {
            ObjectMessage.Reply reply = handled(caller, request, parts);
            if (reply instanceof ObjectMessage.Failed failed) {
                span.failed(failed.problem().name());
            }
            Objects.requireNonNull(durations.get(word)).since(began);
            return reply;
        }
    }

    /// A few objects of one type that somebody wants.
    public record Wanted(ObjectCaller caller, ObjectMessage.Get get) {
        /// Of which type all of them are, null where there are many of them, or of several types, or more is to
        /// come along: then it is answered by itself.
        static @Nullable String type(ObjectMessage.Get get) {
            if (get.keys().isEmpty() || get.keys().size() > FEW || !get.with().isEmpty()) {
                return null;
            }
            String type = get.keys().getFirst().key().type();
            boolean alike = get.keys().stream().allMatch(ref -> ref.key().type().equals(type));
            return alike ? type : null;
        }
    }

    /// In which line somebody is to wait who could be answered together with others; null where there is none.
    public @Nullable String line(ObjectMessage.Request request) {
        String type = request instanceof ObjectMessage.Get get ? Wanted.type(get) : null;
        return type != null && stores.catalog().any(type) != null ? type : null;
    }

    /// Answers all who wait in one [#line], with one question to the store. What is answered was read after this
    /// was called.
    ///
    /// @return null for those who have to be answered by themselves
    public List<ObjectMessage.@Nullable Reply> together(String line, List<Wanted> all) {
        long began = Durations.now();
        List<ObjectMessage.@Nullable Reply> replies;
        try {
            List<ObjectAnswer> answers = new ArrayList<>(all.size());
            all.forEach(one -> answers.add(new ObjectAnswer(stores, one.caller.principal())));
            replies = finding.together(
                    line, answers, all.stream().map(Wanted::get).toList());
        } catch (RuntimeException oneOfThem) {
            // Each hears of its own.
            return Collections.nCopies(all.size(), null);
        }
        Durations gets = Objects.requireNonNull(durations.get("get"));
        replies.stream().filter(Objects::nonNull).forEach(answered -> gets.since(began));
        return replies;
    }

    /// As [#together] one of them who wants one object, on a thread that must not wait.
    ///
    /// @return null where it would have to, or something is to be refused
    public ObjectMessage.@Nullable Reply atOnce(String line, Wanted one) {
        if (one.get.keys().size() > 1 || !stores.ofType(line).traits().atHand()) {
            return null;
        }
        long began = Durations.now();
        try {
            ObjectMessage.Reply reply = finding.atOnce(line, new ObjectAnswer(stores, one.caller.principal()), one.get);
            if (reply != null) {
                Objects.requireNonNull(durations.get("get")).since(began);
            }
            return reply;
        } catch (RuntimeException toldByItself) {
            return null;
        }
    }

    private static String word(ObjectMessage.Request request) {
        return switch (request) {
            case ObjectMessage.Hello _ -> "hello";
            case ObjectMessage.Get _ -> "get";
            case ObjectMessage.Find _ -> "find";
            case ObjectMessage.Call _ -> "call";
            case ObjectMessage.Commit _ -> "commit";
            case ObjectMessage.Sync _ -> "sync";
            case ObjectMessage.Types _ -> "types";
            case ObjectMessage.Beat _ -> "beat";
        };
    }

    private ObjectMessage.Reply handled(
            ObjectCaller caller, ObjectMessage.Request request, @Nullable Consumer<ObjectMessage.Part> parts) {
        try {
            return answer(caller, request, parts);
        } catch (ProblemException refused) {
            return new ObjectMessage.Failed(request.id(), refused.problem(), refused.detail());
        } catch (RuntimeException failed) {
            LOG.atError().setCause(failed).log("a request about objects failed");
            return new ObjectMessage.Failed(request.id(), Problem.INTERNAL, "a request about objects failed");
        }
    }

    private ObjectMessage.Reply answer(
            ObjectCaller caller, ObjectMessage.Request request, @Nullable Consumer<ObjectMessage.Part> parts) {
        ObjectAnswer answer = new ObjectAnswer(stores, caller.principal());
        return switch (request) {
            case ObjectMessage.Hello hello -> welcome(answer, hello);
            case ObjectMessage.Get get -> finding.get(answer, get);
            case ObjectMessage.Find find -> finding.find(answer, find, parts);
            case ObjectMessage.Call call -> calling.call(caller, answer, call);
            case ObjectMessage.Commit commit -> committing.commit(answer, commit);
            case ObjectMessage.Sync sync -> sync(sync);
            case ObjectMessage.Types types ->
                answer.ok(types.id(), types(answer.principal()).tree(), null, -1);
            case ObjectMessage.Beat beat -> answer.ok(beat.id());
        };
    }

    private ObjectMessage.Welcome welcome(ObjectAnswer answer, ObjectMessage.Hello hello) {
        if (hello.protocol() != ObjectMessage.PROTOCOL) {
            throw new ProblemException(
                    Problem.MESSAGE_INVALID,
                    "protocol " + hello.protocol() + " is not spoken here, but " + ObjectMessage.PROTOCOL);
        }
        return new ObjectMessage.Welcome(
                server,
                answer.at(),
                false,
                types(answer.principal()).hash(),
                config.beat().toMillis(),
                clock.millis());
    }

    /// What was acknowledged before now, by whichever server, is visible in the database: one round tells
    /// it.
    private ObjectMessage.Ok sync(ObjectMessage.Sync sync) {
        for (Map.Entry<String, Position> one : sync.at().stores().entrySet()) {
            Relay relay = stores.named(one.getKey()).relay();
            if (one.getValue().epoch() != relay.position().epoch()) {
                throw new ProblemException(
                        Problem.POSITION_INVALID,
                        "position " + one.getValue() + " is of another life of store " + one.getKey());
            }
            relay.catchUp();
        }
        return new ObjectMessage.Ok(sync.id(), 0, List.of(), null, null, -1, List.of(), stores.position());
    }

    /// Answers a [ObjectMessage.Hello], and tells `listener` what changes from then on, and before that
    /// what changed since `resume`, where that is known. What it hears belongs behind the answer.
    public Greeting greet(ObjectCaller caller, ObjectMessage.Hello hello, ObjectListener listener) {
        ObjectMessage.Reply reply = handle(caller, hello);
        if (!(reply instanceof ObjectMessage.Welcome welcome)) {
            return new Greeting(reply, ObjectPosition.NONE, () -> {});
        }
        try {
            ObjectTelling.Listening listening = listen(listener, hello.resume());
            ObjectMessage.Welcome told = new ObjectMessage.Welcome(
                    welcome.server(),
                    listening.at(),
                    listening.resumed(),
                    welcome.types(),
                    welcome.beatMillis(),
                    welcome.now());
            return new Greeting(told, listening.from(), listening);
        } catch (ProblemException refused) {
            return new Greeting(
                    new ObjectMessage.Failed(hello.id(), refused.problem(), refused.detail()),
                    ObjectPosition.NONE,
                    () -> {});
        }
    }

    /// @param reply a [ObjectMessage.Welcome] or a [ObjectMessage.Failed]
    /// @param from everything after it is told
    /// @param listening ends it
    public record Greeting(ObjectMessage.Reply reply, ObjectPosition from, AutoCloseable listening) {}

    /// @param resume where the listener stood; null where it holds nothing
    ObjectTelling.Listening listen(ObjectListener listener, @Nullable ObjectPosition resume) {
        return telling.listen(stores, listener, resume);
    }

    /// Tells every change of every object, from the thread of its store, as many at a time as there are.
    /// Each server over the same store does.
    public void changes(Consumer<List<ObjectChange>> watcher) {
        telling.changes(watcher);
    }

    /// Tells the names of stores to which this server has committed something, from their threads, which must not
    /// wait: other servers over them have to hear of it, and would only look once a second.
    public void commits(Consumer<String> watcher) {
        telling.commits(watcher);
    }

    /// Another server has committed something to a store. A hint: where it has not, nothing is told.
    ///
    /// @param store where there is none of this name, nothing happens
    public void wake(String store) {
        stores.all().stream()
                .filter(open -> open.store().name().equals(store))
                .forEach(open -> open.relay().wake());
    }

    /// Where this server stands in telling.
    public ObjectPosition position() {
        return stores.position();
    }

    /// The types that `principal` may see.
    public ObjectTypes types(Principal principal) {
        return stores.catalog().visible(principal);
    }

    /// Looks at the metadata of every store again.
    public void refresh() {
        stores.refresh();
    }

    /// Has a store record what others change, or no longer.
    ///
    /// @return types whose changes by others are told from now on
    public List<String> watchOthers(String store, boolean watch) {
        return stores.named(store).store().watchOthers(watch);
    }

    /// Of each store, by its name, whether what others change is told.
    public List<ObjectsStatus.Others> others() {
        return stores.all().stream().map(ObjectStores.Open::others).toList();
    }

    /// Begins a new epoch of a store's capabilities: those of the epoch before the last are good for
    /// nothing.
    ///
    /// @param atOnce whether all that were made until now are
    public void rotate(String store, boolean atOnce) {
        stores.keys(store).rotate(atOnce);
    }

    /// How long requests took to be answered, by what they ask for.
    public Map<String, Durations> durations() {
        return Collections.unmodifiableMap(durations);
    }

    /// Of each store, how long after its commit a change was told here.
    public Map<String, Durations> staleness() {
        Map<String, Durations> all = new TreeMap<>();
        stores.all().forEach(open -> all.put(open.store().name(), open.counts().staleness));
        return all;
    }

    /// Of each store that has a canary.
    public Map<String, ObjectsStatus.Canary> canaries() {
        Map<String, ObjectsStatus.Canary> all = new TreeMap<>();
        canaries.forEach((store, canary) -> all.put(store, canary.status()));
        return all;
    }

    public ObjectsStatus status() {
        return new ObjectsStatus(stores.position(), telling.listeners(), stores.sent(), stores.status());
    }

    /// Tells everything that is in the outboxes now; for who wants to decide when.
    void relay() {
        stores.all().forEach(open -> open.relay().catchUp());
    }

    @Override
    public void close() {
        opening.close();
        canaries.values().forEach(Canary::close);
        stores.all().forEach(open -> open.relay().close());
        stores.all().forEach(open -> open.store().close());
    }
}
