package com.databroker.objects;

import com.databroker.access.Principal;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectRef;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A method that clients may call. What is not declared cannot be called.
///
/// @param type whose method it is; `Root` for one that belongs to no type
/// @param ofType whether it is called on the type, not on an object
/// @param parameters names of its parameters, as many as there must be arguments
/// @param cached whether the answer holds until the object changes
public record ObjectMethod(
        String type, String name, boolean ofType, List<String> parameters, boolean cached, Body body) {
    public ObjectMethod {
        parameters = List.copyOf(parameters);
    }

    /// What the method does, on the thread of the request.
    public interface Body {
        /// @return a value or a graph of values; an [ObjectKey] or a list of them for objects, which come
        ///     along; an [ObjectMessage.Ok] as it was answered to a request of the method
        @Nullable
        Object call(Invocation invocation);
    }

    /// One call.
    public interface Invocation {
        Principal principal();

        /// The object it was called on.
        ///
        /// @throws IllegalStateException where it is a method of the type
        ObjectMessage.Row target();

        List<@Nullable Object> arguments();

        /// Asks the plane something, with the rights of the caller.
        ///
        /// @throws com.databroker.core.ProblemException where the answer is a failure, or a conflict
        ObjectMessage.Ok ask(ObjectMessage.Request request);

        /// The same with the rights of the broker itself. What is hidden stays hidden.
        ObjectMessage.Ok askAsBroker(ObjectMessage.Request request);

        /// A reference for the caller, to stand somewhere within the result.
        ObjectRef reference(ObjectKey key);
    }
}
