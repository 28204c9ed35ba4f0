package com.databroker.core;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A reference to an object, with the proof that whoever holds it was shown the object:
/// `Person/42~Vx9kTe…`.
public final class ObjectRef {
    /// Stands between a key and its capability.
    public static final char PROOF = '~';

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

    private ObjectRef(ObjectKey key, String capability, @Nullable String text) {
        this.key = key;
        this.capability = capability;
        this.text = text;
    }

    public ObjectKey key() {
        return key;
    }

    /// Empty where the key alone is known.
    public String capability() {
        return capability;
    }

    /// For whoever makes capabilities, ten thousand for a page, and knows that they are well-formed.
    ///
    /// @param text as the wire has it: the key, [#PROOF], the capability
    public static ObjectRef proven(ObjectKey key, String text) {
        return new ObjectRef(key, text.substring(text.length() - CAPABILITY_LENGTH), text);
    }

    /// A bare key.
    public static ObjectRef of(ObjectKey key) {
        return new ObjectRef(key, "");
    }

    /// @throws ProblemException [Problem#OBJECT_KEY_INVALID]
    public static ObjectRef parse(String text) {
        int tilde = text.indexOf(PROOF);
        return tilde < 0
                ? of(ObjectKey.parse(text))
                : new ObjectRef(ObjectKey.parse(text, tilde), text.substring(tilde + 1));
    }

    /// As [#parse], of bytes as they come: most references are to an object of a type that is known, by a key without
    /// punctuation.
    ///
    /// @return null of others
    static @Nullable ObjectRef read(byte[] in, int from, int end, String type) {
        int at = from + type.length();
        if (at >= end || in[at] != '/') {
            return null;
        }
        for (int i = 0; i < type.length(); i++) {
            if (in[from + i] != type.charAt(i)) {
                return null;
            }
        }
        int part = ++at;
        while (at < end && isBase64Url(in[at])) {
            at++;
        }
        String capability = "";
        if (at < end) {
            if (in[at] != PROOF || end - at - 1 != CAPABILITY_LENGTH) {
                return null;
            }
            for (int i = at + 1; i < end; i++) {
                if (!isBase64Url(in[i])) {
                    return null;
                }
            }
            capability = new String(in, at + 1, CAPABILITY_LENGTH, StandardCharsets.ISO_8859_1);
        }
        if (at == part || at - from > ObjectKey.LENGTH_MAX) {
            return null;
        }
        String itself = new String(in, part, at - part, StandardCharsets.ISO_8859_1);
        return new ObjectRef(new ObjectKey(type, List.of(itself)), capability, null);
    }

    private static boolean isBase64Url(int c) {
        return c >= 0 && BASE64URL[c];
    }

    private static boolean isCapability(String text) {
        if (text.length() != CAPABILITY_LENGTH) {
            return false;
        }
        for (int i = 0; i < CAPABILITY_LENGTH; i++) {
            char c = text.charAt(i);
            if (c >= BASE64URL.length || !isBase64Url(c)) {
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
            made = capability.isEmpty() ? key.toString() : key.toString() + PROOF + capability;
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
