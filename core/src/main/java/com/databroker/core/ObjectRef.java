package com.databroker.core;

/// A reference to an object, with the proof that whoever holds it was shown the object:
/// `Person/42~Vx9kTe…`.
///
/// @param capability 22 characters of base64url, good for one principal only; empty where the key alone
///     is known
public record ObjectRef(ObjectKey key, String capability) {
    private static final int CAPABILITY_LENGTH = 22;

    public ObjectRef {
        if (!capability.isEmpty() && !isCapability(capability)) {
            throw new ProblemException(
                    Problem.OBJECT_KEY_INVALID,
                    "what follows ~ in \"" + Text.excerpt(key + "~" + capability) + "\" is not " + CAPABILITY_LENGTH
                            + " characters of base64url");
        }
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
                : new ObjectRef(ObjectKey.parse(text.substring(0, tilde)), text.substring(tilde + 1));
    }

    private static boolean isCapability(String text) {
        if (text.length() != CAPABILITY_LENGTH) {
            return false;
        }
        for (int i = 0; i < CAPABILITY_LENGTH; i++) {
            char c = text.charAt(i);
            boolean letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
            if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') {
                return false;
            }
        }
        return true;
    }

    /// The text of the wire, which [#parse] reads. It holds the capability: not for logs, where the key
    /// does.
    public String text() {
        return capability.isEmpty() ? key.toString() : key + "~" + capability;
    }

    @Override
    public String toString() {
        return key.toString();
    }
}
