package com.databroker.objects;

import com.databroker.access.Credentials;
import com.databroker.access.Principal;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectRef;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One caller of a plane, in few words.
record Asked(ObjectPlane plane, ObjectCaller caller) {
    /// The broker itself: may do everything, and is nobody of the others.
    static final ObjectCaller BROKER = new ObjectCaller() {
        @Override
        public Principal principal() {
            return Principal.broker();
        }

        @Override
        public void authenticate(Credentials credentials) {
            throw new ProblemException(Problem.NOT_AUTHENTICATED, "no");
        }
    };

    ObjectMessage.Ok ok(ObjectMessage.Request request) {
        ObjectMessage.Reply reply = plane.handle(caller, request);
        if (reply instanceof ObjectMessage.Ok ok) {
            return ok;
        }
        throw new AssertionError("not ok: " + reply);
    }

    Problem refused(ObjectMessage.Request request) {
        ObjectMessage.Reply reply = plane.handle(caller, request);
        if (reply instanceof ObjectMessage.Failed failed) {
            return failed.problem();
        }
        throw new AssertionError("not refused: " + reply);
    }

    static ObjectMessage.Get get(ObjectRef ref, String... with) {
        return new ObjectMessage.Get(1, List.of(ref), List.of(with));
    }

    static ObjectMessage.Get get(String ref, String... with) {
        return get(ObjectRef.parse(ref), with);
    }

    static ObjectMessage.Find find(String type, ObjectMessage.Condition... where) {
        return new ObjectMessage.Find(1, type, List.of(where), List.of(), List.of(), 100, null, false);
    }

    static ObjectMessage.Call call(@Nullable ObjectRef target, String type, String method, @Nullable Object... args) {
        return new ObjectMessage.Call(1, target, type, method, Arrays.asList(args));
    }

    static ObjectMessage.Commit commit(ObjectMessage.Op... ops) {
        return new ObjectMessage.Commit(1, UUID.randomUUID(), List.of(ops));
    }

    ObjectMessage.Row row(ObjectMessage.Request request) {
        return ok(request).rows().getFirst();
    }
}
