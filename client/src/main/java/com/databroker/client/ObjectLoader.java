package com.databroker.client;

import com.databroker.client.CacheEntry.Lease;
import com.databroker.client.CacheEntry.Overtaken;
import com.databroker.client.RowCache.Claim;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Brings what the cache does not have, and asks again for what was older than it may be. Nothing here
/// blocks.
final class ObjectLoader {
    /// A page of a finder, or a count.
    record Query(
            String type,
            List<ObjectMessage.Condition> where,
            List<ObjectMessage.Order> order,
            @Nullable String after,
            boolean count) {
        /// The same without capabilities, which may be renewed.
        Query key() {
            return new Query(
                    type,
                    where.stream()
                            .map(one -> new ObjectMessage.Condition(one.field(), one.operator(), bare(one.values())))
                            .toList(),
                    order,
                    after,
                    count);
        }

        private static List<@Nullable Object> bare(List<@Nullable Object> values) {
            List<@Nullable Object> bare = new ArrayList<>();
            values.forEach(value -> bare.add(value instanceof ObjectRef ref ? ObjectRef.of(ref.key()) : value));
            return bare;
        }
    }

    /// What was found.
    ///
    /// @param rows those of the result where they have just come, null where they have to be looked up
    record Found(Result result, @Nullable List<Row> rows) {}

    /// A collection of one object.
    record Held(ObjectKey owner, String collection) {}

    private static final int ATTEMPTS_MAX = 8;
    private static final int BATCH = 100;
    private static final int PAGE = 1000;

    private final ObjectChannel channel;
    private final Renewal renewing;
    private final RowCache cache;
    private final Shape.Known shapes = new Shape.Known();

    ObjectLoader(ObjectChannel channel, RowCache cache) {
        this.channel = channel;
        this.renewing = new Renewal(channel);
        this.cache = cache;
    }

    /// The row of an object, null where there is none.
    CompletableFuture<@Nullable Row> row(ObjectRef ref, List<String> with) {
        return again(() -> rowOnce(ref, with));
    }

    private CompletableFuture<@Nullable Row> rowOnce(ObjectRef ref, List<String> with) {
        Claim claim = cache.claim(ref.key());
        if (claim.item() instanceof Row row) {
            return CompletableFuture.completedFuture(row);
        }
        Lease lease = claim.lease();
        if (lease == null) {
            return CompletableFuture.failedFuture(new IllegalStateException("neither a row nor a lease"));
        }
        if (!claim.mine()) {
            return lease.outcome.thenApply(Row.class::cast);
        }
        List<ObjectRef> refs = new ArrayList<>();
        List<Lease> leases = new ArrayList<>();
        refs.add(ref);
        leases.add(lease);
        if (lease.before != null) {
            // What waits to be verified goes along, so that it takes few trips and not one a row.
            for (Lease other : cache.claimUnverified(BATCH - 1)) {
                if (other.before != null && other.before.item() instanceof Row row) {
                    refs.add(row.ref);
                    leases.add(other);
                }
            }
        }
        return load(refs, leases, with).thenApply(rows -> rows.get(ref.key()));
    }

    /// @return what may be served of that for which there are leases
    private CompletableFuture<Map<ObjectKey, Row>> load(List<ObjectRef> refs, List<Lease> leases, List<String> with) {
        return renewing.ask(id -> new ObjectMessage.Get(id, refs, with), true)
                .thenApply(reply -> {
                    if (reply instanceof ObjectMessage.Ok ok) {
                        return settle(leases, ok);
                    }
                    throw unexpected(reply);
                })
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        leases.forEach(lease -> cache.failed(lease, Refusals.unwrap(failure)));
                    }
                });
    }

    private Map<ObjectKey, Row> settle(List<Lease> leases, ObjectMessage.Ok ok) {
        Map<ObjectKey, Row> came = new HashMap<>();
        ok.rows().forEach(wire -> came.put(wire.ref().key(), Row.of(wire, shapes)));
        Map<ObjectKey, Row> served = new HashMap<>();
        boolean old = false;
        for (Lease lease : leases) {
            ObjectKey key = (ObjectKey) lease.entry.key;
            Row row = came.remove(key);
            if (row != null && cache.admit(lease, row, ok.at()) instanceof Row its) {
                served.put(key, its);
            } else if (row == null && ok.at().covers(cache.news.floor())) {
                cache.absent(lease);
            } else {
                old = true;
            }
        }
        long birth = leases.get(0).birth;
        came.forEach((key, row) -> cache.offer(key, row, birth, ok.at()));
        lists(ok, List.of(), birth);
        if (old) {
            throw new Overtaken();
        }
        return served;
    }

    /// Rows of many objects, in one trip for those that are not here; those that are gone are left out.
    CompletableFuture<List<Row>> rows(List<ObjectRef> refs) {
        return again(() -> rowsOnce(refs));
    }

    private CompletableFuture<List<Row>> rowsOnce(List<ObjectRef> refs) {
        // Most are here, since they came with the page that names them: those take no futures.
        Map<ObjectKey, Row> here = new HashMap<>(2 * refs.size());
        Map<ObjectKey, CompletableFuture<@Nullable Row>> coming = new HashMap<>();
        List<Lease> leases = new ArrayList<>();
        List<ObjectRef> missing = new ArrayList<>();
        for (ObjectRef ref : refs) {
            if (!here.containsKey(ref.key()) && !coming.containsKey(ref.key())) {
                Claim claim = cache.claim(ref.key());
                Lease lease = claim.lease();
                if (lease == null) {
                    here.put(ref.key(), (Row) Objects.requireNonNull(claim.item()));
                } else if (claim.mine()) {
                    leases.add(lease);
                    missing.add(ref);
                } else {
                    coming.put(ref.key(), lease.outcome.thenApply(Row.class::cast));
                }
            }
        }
        for (int from = 0; from < leases.size(); from += PAGE) {
            int to = Math.min(leases.size(), from + PAGE);
            CompletableFuture<Map<ObjectKey, Row>> page =
                    load(missing.subList(from, to), leases.subList(from, to), List.of());
            missing.subList(from, to)
                    .forEach(ref -> coming.put(ref.key(), page.thenApply(rows -> rows.get(ref.key()))));
        }
        return CompletableFuture.allOf(coming.values().toArray(CompletableFuture[]::new))
                .thenApply(done -> all(refs, here, coming));
    }

    private static List<Row> all(
            List<ObjectRef> refs, Map<ObjectKey, Row> here, Map<ObjectKey, CompletableFuture<@Nullable Row>> come) {
        List<Row> rows = new ArrayList<>(refs.size());
        for (ObjectRef ref : refs) {
            Row row = here.get(ref.key());
            CompletableFuture<@Nullable Row> its = row == null ? come.get(ref.key()) : null;
            row = its == null ? row : its.join();
            if (row != null) {
                rows.add(row);
            }
        }
        return rows;
    }

    /// References of a page.
    ///
    /// @param key under which it is kept
    CompletableFuture<Found> find(Object key, Query query, List<String> with, int limit) {
        LongFunction<ObjectMessage.Request> request = id -> new ObjectMessage.Find(
                id, query.type(), query.where(), query.order(), with, limit, query.after(), query.count(), true);
        return again(() -> result(key, limit, request, true, List.of()));
    }

    /// The result of a method.
    ///
    /// @param key under which it is kept, null where it is not
    /// @param tags beside those of the answer, by which it is forgotten
    /// @param changes whether it may have changed something
    CompletableFuture<Result> call(
            @Nullable Object key, LongFunction<ObjectMessage.Request> request, List<String> tags, boolean changes) {
        if (key != null) {
            return again(() -> result(key, 0, request, false, tags)).thenApply(Found::result);
        }
        long birth = cache.news.arrivals();
        return renewing.ask(request, false).thenCompose(reply -> {
            // What it brought along and is old is not asked for again: it may have changed something.
            Result result = result(reply, new Incoming(cache, shapes, birth), 0, tags);
            // What it has changed is told before the server has synced.
            return changes && reply instanceof ObjectMessage.Ok ok
                    ? sync(ok.at()).handle((synced, failure) -> result)
                    : CompletableFuture.completedFuture(result);
        });
    }

    private CompletableFuture<Found> result(
            Object key, int limit, LongFunction<ObjectMessage.Request> request, boolean repeatable, List<String> tags) {
        Claim claim = cache.claim(key);
        if (claim.item() instanceof Result result && result.suffices(limit)) {
            return CompletableFuture.completedFuture(new Found(result, null));
        }
        Lease lease = claim.lease();
        if (lease != null && !claim.mine()) {
            return lease.outcome
                    .thenApply(Result.class::cast)
                    .thenCompose(result -> result.suffices(limit)
                            ? CompletableFuture.completedFuture(new Found(result, null))
                            : CompletableFuture.failedFuture(new Overtaken()));
        }
        long birth = lease == null ? cache.news.arrivals() : lease.birth;
        AtomicReference<@Nullable Incoming> last = new AtomicReference<>();
        Supplier<Consumer<ObjectMessage.Part>> taking = () -> {
            Incoming next = new Incoming(cache, shapes, birth);
            last.set(next);
            return next;
        };
        CompletableFuture<Found> answer = renewing.ask(request, repeatable, taking)
                .thenApply(reply -> {
                    Incoming incoming = Objects.requireNonNull(last.get());
                    Result result = taken(reply, incoming, limit, tags);
                    ObjectMessage.Ok ok = (ObjectMessage.Ok) reply;
                    // What has no tag nobody would tell of.
                    if (result.tags.isEmpty()) {
                        if (lease != null) {
                            cache.passed(lease);
                        }
                        return new Found(result, incoming.rows);
                    }
                    Cached served = lease != null
                            ? cache.admit(lease, result, ok.at())
                            : cache.offer(key, result, birth, ok.at());
                    if (served == null) {
                        throw new Overtaken();
                    }
                    return new Found((Result) served, served == result ? incoming.rows : null);
                });
        if (lease != null) {
            answer.whenComplete((done, failure) -> {
                if (failure != null) {
                    cache.failed(lease, Refusals.unwrap(failure));
                }
            });
        }
        return answer;
    }

    private Result taken(ObjectMessage.Reply reply, Incoming incoming, int limit, List<String> tags) {
        Result result = result(reply, incoming, limit, tags);
        if (incoming.isOld()) {
            throw new Overtaken();
        }
        return result;
    }

    private Result result(ObjectMessage.Reply reply, Incoming incoming, int limit, List<String> tags) {
        if (!(reply instanceof ObjectMessage.Ok ok)) {
            throw unexpected(reply);
        }
        incoming.take(ok.rows(), ok.asked(), ok.at());
        lists(ok, incoming.refs, incoming.birth);
        Set<String> all = new HashSet<>(ok.tags());
        all.addAll(ok.tags().isEmpty() && tags.isEmpty() ? Set.of() : tags);
        return new Result(List.copyOf(all), incoming.refs, limit, ok.next(), ok.count(), ok.result());
    }

    /// Collections that came along, where they are complete.
    ///
    /// @param ahead what came before the answer, or is in it
    private void lists(ObjectMessage.Ok ok, List<ObjectRef> ahead, long birth) {
        if (ok.lists().isEmpty()) {
            return;
        }
        Map<ObjectKey, ObjectRef> refs = new HashMap<>();
        ahead.forEach(ref -> refs.put(ref.key(), ref));
        ok.rows().forEach(row -> refs.put(row.ref().key(), row.ref()));
        for (ObjectMessage.Listed list : ok.lists()) {
            if (list.complete() && refs.keySet().containsAll(list.keys())) {
                List<ObjectRef> its = list.keys().stream().map(refs::get).toList();
                Result result = new Result(List.of(list.tag()), its, its.size(), null, its.size(), null);
                cache.offer(new Held(list.owner(), list.collection()), result, birth, ok.at());
            }
        }
    }

    /// Sends changes; asking again under the same id changes nothing twice.
    ///
    /// @param gone rows of what is deleted
    /// @param birth how many changes had been heard of when this was sent first
    CompletableFuture<List<Row>> commit(UUID commit, List<ObjectMessage.Op> ops, List<Row> gone, long birth) {
        return renewing.ask(id -> new ObjectMessage.Commit(id, commit, ops), true)
                .thenCompose(reply -> {
                    if (reply instanceof ObjectMessage.Conflict conflict) {
                        throw new Refused(conflict);
                    }
                    if (!(reply instanceof ObjectMessage.Ok ok)) {
                        throw unexpected(reply);
                    }
                    List<Row> rows = committed(ok, gone, birth);
                    // Without its tags it is not known which finders it touched: the server tells that before it has
                    // synced.
                    return ok.tags().isEmpty()
                            ? sync(ok.at()).handle((synced, failure) -> rows)
                            : CompletableFuture.completedFuture(rows);
                });
    }

    private List<Row> committed(ObjectMessage.Ok ok, List<Row> gone, long birth) {
        ok.tags().forEach(tag -> cache.changed(tag, Cached.UNVERSIONED, ok.at()));
        gone.forEach(row -> cache.changed(row.tag, row.version + 1, ok.at()));
        cache.news.demand(ok.at());
        List<Row> rows = new ArrayList<>();
        for (ObjectMessage.Row wire : ok.rows()) {
            Row row = Row.of(wire, shapes);
            if (cache.offer(row.ref.key(), row, birth, ok.at()) == null) {
                // Another commit of this program has asked for more than this one has seen: then what was before it
                // goes, and the next read brings what is now.
                cache.changed(row.tag, row.version, ok.at());
            }
            rows.add(row);
        }
        return rows;
    }

    /// The server refused a commit because of others.
    static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        final transient ObjectMessage.Conflict conflict;

        Refused(ObjectMessage.Conflict conflict) {
            super("conflict", null, false, false);
            this.conflict = conflict;
        }
    }

    /// Done when everything up to `at` has been heard of, and whatever is read then has seen it.
    CompletableFuture<@Nullable Void> sync(ObjectPosition at) {
        return channel.ask(id -> new ObjectMessage.Sync(id, at), true).thenApply(reply -> {
            cache.news.demand(at);
            return null;
        });
    }

    /// Asks until the answer is not older than what is known.
    private <T extends @Nullable Object> CompletableFuture<T> again(Supplier<CompletableFuture<T>> once) {
        return again(once, 1);
    }

    private <T extends @Nullable Object> CompletableFuture<T> again(Supplier<CompletableFuture<T>> once, int attempt) {
        return once.get()
                .handle((value, failure) -> {
                    if (failure == null) {
                        return CompletableFuture.completedFuture(value);
                    }
                    if (!(Refusals.unwrap(failure) instanceof Overtaken)) {
                        return CompletableFuture.<T>failedFuture(Refusals.unwrap(failure));
                    }
                    if (attempt >= ATTEMPTS_MAX) {
                        return CompletableFuture.<T>failedFuture(new ProblemException(
                                Problem.UNAVAILABLE, "the answers are older than what is known already"));
                    }
                    ObjectPosition at = cache.news.demanded();
                    return channel.ask(id -> new ObjectMessage.Sync(id, at), true)
                            .thenCompose(synced -> again(once, attempt + 1));
                })
                .thenCompose(Function.identity());
    }

    private static ProblemException unexpected(ObjectMessage.@Nullable Reply reply) {
        return new ProblemException(
                Problem.MESSAGE_INVALID,
                "the answer is a "
                        + (reply == null ? "nothing" : reply.getClass().getSimpleName()));
    }
}
