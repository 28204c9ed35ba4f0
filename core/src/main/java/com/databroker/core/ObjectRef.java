package com.databroker.core;

import org.jspecify.annotations.Nullable;

/// A reference to an object, with the proof that whoever holds it was shown the object:
/// `Person/42~Vx9kTe…`.
public final class ObjectRef {
    private static final int CAPABILITY_LENGTH = 22;
    private static final boolean[] BASE64URL = new boolean[128];

    static {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
                .chars()
                .forEach(c -> BASE64URL[c] = true);
    }

    private final ObjectKey key;
    private final String capability;

    /// As the wire has it, made when it is asked for first: the same few references are written again and again. Who
    /// loses a race makes an equal one.
    private @Nullable String text;

    /// @param capability 22 characters of base64url, good for one principal only; empty where the key alone is known
    public ObjectRef(ObjectKey key, String capability) {
        if (!capability.isEmpty() && !isCapability(capability)) {
            throw new ProblemException(
                    Problem.OBJECT_KEY_INVALID,
                    "what follows ~ in \"" + Text.excerpt(key + "~" + capability) + "\" is not " + CAPABILITY_LENGTH
                            + " characters of base64url");
        }
        this.key = key;
        this.capability = capability;
    }

    public ObjectKey key() {
        return key;
    }

    /// Empty where the key alone is known.
    public String capability() {
        return capability;
    }

    /// A bare key.
    public static ObjectRef of(ObjectKey key) {
        return new ObjectRef(key, "");
    }

    /// @throws ProblemException [Problem#OBJECT_KEY_INVALID]
    public static ObjectRef parse(String text) {
        int tilde = text.indexOf('~');
        return tilde < 0
                ? of(ObjectKey.parse(text))
                : new ObjectRef(ObjectKey.parse(text, tilde), text.substring(tilde + 1));
    }

    private static boolean isCapability(String text) {
        if (text.length() != CAPABILITY_LENGTH) {
            return false;
        }
        for (int i = 0; i < CAPABILITY_LENGTH; i++) {
            char c = text.charAt(i);
            if (c >= BASE64URL.length || !BASE64URL[c]) {
                return false;
            }
        }
        return true;
    }

    /// The text of the wire, which [#parse] reads. It holds the capability: not for logs, where the key
    /// does.
    public String text() {
        String made = text;
        if (made == null) {
            made = capability.isEmpty() ? key.toString() : key + "~" + capability;
            text = made;
        }
        return made;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof ObjectRef ref && capability.equals(ref.capability) && key.equals(ref.key);
    }

    @Override
    public int hashCode() {
        return 31 * key.hashCode() + capability.hashCode();
    }

    @Override
    public String toString() {
        return key.toString();
    }
}
