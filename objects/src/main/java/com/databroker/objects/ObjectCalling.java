package com.databroker.objects;

import com.databroker.access.Credentials;
import com.databroker.access.Principal;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectRef;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.objects.spi.StoreRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers calls of declared methods.
final class ObjectCalling {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectCalling.class);

    private final ObjectStores stores;
    private final BiFunction<Principal, ObjectMessage.Request, ObjectMessage.Reply> plane;

    /// @param plane answers what methods ask
    ObjectCalling(ObjectStores stores, BiFunction<Principal, ObjectMessage.Request, ObjectMessage.Reply> plane) {
        this.stores = stores;
        this.plane = plane;
    }

    ObjectMessage.Ok call(ObjectCaller caller, ObjectAnswer answer, ObjectMessage.Call call) {
        if (call.type().equals(ObjectCatalog.ROOT) && call.target() == null) {
            return call.method().equals(ObjectCatalog.AUTH) ? authenticate(caller, answer, call) : ofRoot(answer, call);
        }
        ObjectTypes.Type type = stores.catalog().type(answer.principal(), call.type());
        ObjectMethod method = method(call);
        ObjectMessage.Row target = null;
        if (call.target() != null) {
            answer.require(call.target(), type, 'c');
            StoreRow row = stores
                    .ofType(type.name())
                    .load(type.name(), List.of(call.target().key()))
                    .stream()
                    .findFirst()
                    .orElseThrow(() -> new ProblemException(Problem.OBJECT_NOT_FOUND, "there is no " + call.target()));
            target = answer.wire(row);
        } else {
            answer.require(type, 'c');
        }
        return made(answer, call, method, target);
    }

    private ObjectMethod method(ObjectMessage.Call call) {
        ObjectMethod method = stores.catalog().method(call.type(), call.method());
        if (method == null || method.ofType() != (call.target() == null)) {
            throw new ProblemException(
                    Problem.METHOD_UNKNOWN,
                    call.type() + " has no method " + Text.excerpt(call.method()) + " of "
                            + (call.target() == null ? "the type" : "objects"));
        }
        if (call.args().size() != method.parameters().size()) {
            throw new ProblemException(
                    Problem.VALUE_INVALID,
                    call.type() + "." + method.name() + " takes " + method.parameters() + ", not "
                            + call.args().size() + " arguments");
        }
        return method;
    }

    private ObjectMessage.Ok ofRoot(ObjectAnswer answer, ObjectMessage.Call call) {
        if (!ObjectCatalog.callsRoot(answer.principal())) {
            throw new ProblemException(
                    Problem.METHOD_UNKNOWN, "the root has only " + ObjectCatalog.AUTH + " for " + answer.principal());
        }
        return made(answer, call, method(call), null);
    }

    /// One argument is a token, two are a user and a token.
    private static ObjectMessage.Ok authenticate(ObjectCaller caller, ObjectAnswer answer, ObjectMessage.Call call) {
        List<@Nullable Object> args = call.args();
        Object first = args.isEmpty() ? null : args.getFirst();
        Object last = args.isEmpty() ? null : args.getLast();
        if (first instanceof String one && last instanceof String two && args.size() <= 2) {
            caller.authenticate(args.size() == 1 ? new Credentials.Token(one) : new Credentials.UserToken(one, two));
            return answer.ok(call.id(), caller.principal().name(), null, -1);
        }
        throw new ProblemException(Problem.VALUE_INVALID, "auth takes a token, or a user and a token");
    }

    private ObjectMessage.Ok made(
            ObjectAnswer answer, ObjectMessage.Call call, ObjectMethod method, ObjectMessage.@Nullable Row target) {
        Object result;
        try {
            result = method.body().call(new Call(answer, target, call.args()));
        } catch (ProblemException refused) {
            throw refused;
        } catch (RuntimeException failed) {
            LOG.atError()
                    .addKeyValue("method", method.type() + "." + method.name())
                    .setCause(failed)
                    .log("a method failed");
            throw new ProblemException(Problem.METHOD_FAILED, method.type() + "." + method.name(), failed);
        }
        if (result instanceof ObjectMessage.Ok ok) {
            return new ObjectMessage.Ok(
                    call.id(),
                    ok.asked(),
                    ok.rows(),
                    ok.result(),
                    ok.next(),
                    ok.count(),
                    ok.tags(),
                    ok.lists(),
                    ok.at());
        }
        Set<ObjectKey> keys = new LinkedHashSet<>();
        Object sent = result;
        if (result instanceof ObjectKey key) {
            keys.add(key);
            sent = answer.reference(key);
        } else if (result instanceof List<?> list
                && !list.isEmpty()
                && list.stream().allMatch(ObjectKey.class::isInstance)) {
            list.forEach(one -> keys.add((ObjectKey) one));
            sent = keys.stream().map(answer::reference).toList();
        }
        answer.ask(loaded(answer, keys));
        return answer.ok(call.id(), sent, null, -1);
    }

    /// Of the objects that are a result those that the caller may see.
    private List<StoreRow> loaded(ObjectAnswer answer, Set<ObjectKey> keys) {
        Map<String, Set<ObjectKey>> byType = new LinkedHashMap<>();
        keys.stream()
                .filter(key -> !answer.rights(key.type()).isEmpty())
                .forEach(key -> byType.computeIfAbsent(key.type(), absent -> new LinkedHashSet<>())
                        .add(key));
        List<StoreRow> rows = new ArrayList<>();
        byType.forEach((type, some) -> rows.addAll(stores.ofType(type).load(type, some)));
        return rows;
    }

    private final class Call implements ObjectMethod.Invocation {
        private final ObjectAnswer answer;
        private final ObjectMessage.@Nullable Row target;
        private final List<@Nullable Object> arguments;

        Call(ObjectAnswer answer, ObjectMessage.@Nullable Row target, List<@Nullable Object> arguments) {
            this.answer = answer;
            this.target = target;
            this.arguments = arguments;
        }

        @Override
        public Principal principal() {
            return answer.principal();
        }

        @Override
        public ObjectMessage.Row target() {
            if (target == null) {
                throw new IllegalStateException("a method of the type has no object");
            }
            return target;
        }

        @Override
        public List<@Nullable Object> arguments() {
            return arguments;
        }

        @Override
        public ObjectMessage.Ok ask(ObjectMessage.Request request) {
            return ok(plane.apply(answer.principal(), request));
        }

        @Override
        public ObjectMessage.Ok askAsBroker(ObjectMessage.Request request) {
            return ok(plane.apply(Principal.broker(), request));
        }

        @Override
        public ObjectRef reference(ObjectKey key) {
            return answer.reference(key);
        }

        private static ObjectMessage.Ok ok(ObjectMessage.Reply reply) {
            return switch (reply) {
                case ObjectMessage.Ok ok -> ok;
                case ObjectMessage.Failed failed -> throw failed.exception();
                case ObjectMessage.Conflict conflict ->
                    throw new ProblemException(
                            Problem.OBJECT_CONFLICT,
                            conflict.conflicts().size() + " fields, of "
                                    + conflict.conflicts().getFirst().key());
                case ObjectMessage.Part _ -> throw new IllegalStateException("nobody asked for parts");
                case ObjectMessage.Welcome welcome -> throw new IllegalStateException(welcome.server());
            };
        }
    }
}
