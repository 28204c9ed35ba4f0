package com.databroker.client;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectRef;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Asks, and asks once more where capabilities of the request are refused: those of a store are made anew now and then,
/// and what is held here may have the old ones.
///
/// New ones come with the objects, which are asked for by their keys or, where a key alone opens nothing, found by the
/// fields of their keys. What was given without a capability stays so.
final class Renewal {
    private final ObjectChannel channel;

    Renewal(ObjectChannel channel) {
        this.channel = channel;
    }

    /// As [ObjectChannel#ask]. What is refused so was not begun, so that a call may be asked again, too.
    CompletableFuture<ObjectMessage.Reply> ask(LongFunction<ObjectMessage.Request> request, boolean repeatable) {
        return ask(request, repeatable, () -> part -> {});
    }

    /// As [ObjectChannel#ask(LongFunction, boolean, Supplier)].
    CompletableFuture<ObjectMessage.Reply> ask(
            LongFunction<ObjectMessage.Request> request,
            boolean repeatable,
            Supplier<Consumer<ObjectMessage.Part>> taking) {
        return channel.ask(request, repeatable, taking)
                .exceptionallyCompose(failure ->
                        isOfCapability(failure) ? again(request, repeatable, taking, failure) : failed(failure));
    }

    private static boolean isOfCapability(Throwable failure) {
        return Refusals.unwrap(failure) instanceof ProblemException refused
                && refused.problem() == Problem.CAPABILITY_INVALID;
    }

    private static <T> CompletableFuture<T> failed(Throwable failure) {
        return CompletableFuture.failedFuture(Refusals.unwrap(failure));
    }

    private CompletionStage<ObjectMessage.Reply> again(
            LongFunction<ObjectMessage.Request> request,
            boolean repeatable,
            Supplier<Consumer<ObjectMessage.Part>> taking,
            Throwable refused) {
        Map<ObjectKey, ObjectRef> shown = new LinkedHashMap<>();
        var unused = mapped(request.apply(ObjectMessage.NO_ID), ref -> {
            if (!ref.capability().isEmpty()) {
                shown.put(ref.key(), ref);
            }
            return ref;
        });
        return renewed(shown.keySet())
                .thenCompose(fresh -> shown.values().stream().allMatch(ref -> ref.equals(fresh.get(ref.key())))
                        ? failed(refused)
                        : channel.ask(
                                id -> mapped(
                                        request.apply(id),
                                        ref -> ref.capability().isEmpty() ? ref : fresh.getOrDefault(ref.key(), ref)),
                                repeatable,
                                taking));
    }

    private CompletableFuture<Map<ObjectKey, ObjectRef>> renewed(Set<ObjectKey> keys) {
        List<ObjectRef> bare = keys.stream().map(ObjectRef::of).toList();
        return channel.ask(id -> new ObjectMessage.Get(id, bare, List.of()), true)
                .thenApply(reply -> refs(List.of(reply)))
                .exceptionallyCompose(failure -> isOfCapability(failure) ? found(keys) : failed(failure));
    }

    private CompletableFuture<Map<ObjectKey, ObjectRef>> found(Set<ObjectKey> keys) {
        return channel.ask(ObjectMessage.Types::new, true).thenCompose(reply -> {
            ObjectTypes types = ObjectTypes.of(reply instanceof ObjectMessage.Ok ok ? ok.result() : null);
            List<CompletableFuture<ObjectMessage.Reply>> finds = new ArrayList<>();
            for (ObjectKey key : keys) {
                ObjectTypes.Type type = types.type(key.type());
                if (type != null && type.key().size() == key.parts().size()) {
                    List<ObjectMessage.Condition> where = new ArrayList<>();
                    for (int i = 0; i < key.parts().size(); i++) {
                        where.add(new ObjectMessage.Condition(
                                type.key().get(i),
                                ObjectMessage.Operator.EQUAL,
                                List.of(key.parts().get(i))));
                    }
                    finds.add(channel.ask(
                            id -> new ObjectMessage.Find(id, key.type(), where, List.of(), List.of(), 1, null, false),
                            true));
                }
            }
            return CompletableFuture.allOf(finds.toArray(CompletableFuture[]::new))
                    .thenApply(done ->
                            refs(finds.stream().map(CompletableFuture::join).toList()));
        });
    }

    private static Map<ObjectKey, ObjectRef> refs(List<ObjectMessage.Reply> replies) {
        return replies.stream()
                .filter(ObjectMessage.Ok.class::isInstance)
                .flatMap(reply -> ((ObjectMessage.Ok) reply).rows().stream())
                .map(ObjectMessage.Row::ref)
                .collect(Collectors.toMap(ObjectRef::key, Function.identity(), (one, same) -> one));
    }

    /// The same request with other references.
    private static ObjectMessage.Request mapped(ObjectMessage.Request request, UnaryOperator<ObjectRef> each) {
        if (request instanceof ObjectMessage.Get get) {
            return new ObjectMessage.Get(get.id(), get.keys().stream().map(each).toList(), get.with());
        }
        if (request instanceof ObjectMessage.Find find) {
            List<ObjectMessage.Condition> where = find.where().stream()
                    .map(one -> new ObjectMessage.Condition(one.field(), one.operator(), values(one.values(), each)))
                    .toList();
            return new ObjectMessage.Find(
                    find.id(),
                    find.type(),
                    where,
                    find.order(),
                    find.with(),
                    find.limit(),
                    find.after(),
                    find.count(),
                    find.parts());
        }
        if (request instanceof ObjectMessage.Call call) {
            ObjectRef target = call.target();
            return new ObjectMessage.Call(
                    call.id(),
                    target == null ? null : each.apply(target),
                    call.type(),
                    call.method(),
                    values(call.args(), each));
        }
        if (request instanceof ObjectMessage.Commit commit) {
            return new ObjectMessage.Commit(
                    commit.id(),
                    commit.commit(),
                    commit.ops().stream().map(op -> mapped(op, each)).toList());
        }
        return request;
    }

    private static ObjectMessage.Op mapped(ObjectMessage.Op op, UnaryOperator<ObjectRef> each) {
        if (op instanceof ObjectMessage.Update update) {
            Map<String, ObjectMessage.Edit> fields = new LinkedHashMap<>();
            update.fields()
                    .forEach((name, edit) -> fields.put(
                            name, new ObjectMessage.Edit(value(edit.before(), each), value(edit.after(), each))));
            return new ObjectMessage.Update(each.apply(update.ref()), update.version(), fields);
        }
        if (op instanceof ObjectMessage.Delete delete) {
            return new ObjectMessage.Delete(each.apply(delete.ref()), delete.version());
        }
        ObjectMessage.Create create = (ObjectMessage.Create) op;
        Map<String, @Nullable Object> values = new HashMap<>();
        create.values().forEach((name, value) -> values.put(name, value(value, each)));
        return new ObjectMessage.Create(create.temporary(), create.type(), values);
    }

    private static List<@Nullable Object> values(List<@Nullable Object> values, UnaryOperator<ObjectRef> each) {
        List<@Nullable Object> mapped = new ArrayList<>();
        values.forEach(value -> mapped.add(value(value, each)));
        return mapped;
    }

    /// Of lists those that hold references themselves: what lies deeper may be shared and contain itself.
    private static @Nullable Object value(@Nullable Object value, UnaryOperator<ObjectRef> each) {
        if (value instanceof ObjectRef ref) {
            return each.apply(ref);
        }
        if (value instanceof List<?> list && list.stream().anyMatch(ObjectRef.class::isInstance)) {
            List<@Nullable Object> mapped = new ArrayList<>();
            list.forEach(one -> mapped.add(one instanceof ObjectRef ref ? each.apply(ref) : one));
            return mapped;
        }
        return value;
    }
}
