package com.databroker.core;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads the members of one message, by name and type, and refuses what nobody asked for.
final class Fields {
    private final Map<String, @Nullable Object> map;
    private final Set<String> read = new HashSet<>();

    Fields(Map<String, @Nullable Object> map) {
        this.map = map;
    }

    boolean has(String name) {
        return map.get(name) != null;
    }

    @Nullable
    Object any(String name) {
        read.add(name);
        return map.get(name);
    }

    @Nullable
    String optionalString(String name) {
        Object value = any(name);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        throw invalid(name, "a string");
    }

    String string(String name) {
        String value = optionalString(name);
        if (value == null) {
            throw new ProblemException(Problem.MESSAGE_INVALID, "member \"" + name + "\" is missing");
        }
        return value;
    }

    long integer(String name, long otherwise) {
        Object value = any(name);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof BigInteger number && number.bitLength() < 63 && number.signum() >= 0) {
            return number.longValue();
        }
        if (value instanceof Long number && number >= 0) {
            return number;
        }
        throw invalid(name, "a number from 0 to 2^62");
    }

    @Nullable
    Bytes optionalBytes(String name) {
        Object value = any(name);
        if (value == null || value instanceof Bytes) {
            return (Bytes) value;
        }
        throw invalid(name, "a byte string");
    }

    Fields object(String name) {
        return new Fields(Json.asObject(any(name), "member \"" + name + "\""));
    }

    Map<String, @Nullable Object> all() {
        return map;
    }

    /// @throws ProblemException where the message has a member that nobody read
    void done() {
        for (String name : map.keySet()) {
            if (!read.contains(name)) {
                throw new ProblemException(
                        Problem.MESSAGE_INVALID, "member \"" + Text.excerpt(name) + "\" is not known here");
            }
        }
    }

    private static ProblemException invalid(String name, String expected) {
        return new ProblemException(Problem.MESSAGE_INVALID, "member \"" + name + "\" is not " + expected);
    }
}
