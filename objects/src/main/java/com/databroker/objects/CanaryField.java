package com.databroker.objects;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.time.Instant;

/// A field of one object, as the configuration names it: `Heartbeat/1.seen`.
record CanaryField(ObjectKey key, String field) {
    /// @throws IllegalArgumentException where it is none
    static CanaryField parse(String text) {
        int dot = text.lastIndexOf('.');
        if (dot < 0 || !ObjectKey.isName(text.substring(dot + 1))) {
            throw new IllegalArgumentException("\"" + text + "\" is not <object>.<field>, as Heartbeat/1.seen");
        }
        try {
            return new CanaryField(ObjectKey.parse(text.substring(0, dot)), text.substring(dot + 1));
        } catch (ProblemException malformed) {
            throw new IllegalArgumentException(malformed.detail(), malformed);
        }
    }

    /// The value that the field gets at `now`: the time, in a form that it can hold.
    ///
    /// @throws ProblemException where `type` has no such field, or one that holds no time
    Object next(ObjectTypes.Type type, Instant now) {
        ObjectTypes.Field found = type.fields().stream()
                .filter(each -> each.name().equals(field))
                .findFirst()
                .orElseThrow(() -> new ProblemException(
                        Problem.FIELD_UNKNOWN, type.name() + " has no field " + field + " for the canary"));
        return switch (found.kind()) {
            case INTEGER, DECIMAL -> now.toEpochMilli();
            case TEXT, INSTANT, OFFSET -> now.toString();
            default ->
                throw new ProblemException(
                        Problem.VALUE_INVALID,
                        "the canary's " + field + " is of kind " + found.kind().word()
                                + "; one of a text, a number or a time with its offset is wanted");
        };
    }

    @Override
    public String toString() {
        return key + "." + field;
    }
}
