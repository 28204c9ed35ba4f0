package com.databroker.core;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The name under which an event passes: segments between slashes, as `builds/core/done`.
///
/// 1 to [#BYTES_MAX] bytes of UTF-8; segments are not empty; no control character, no `*`, and no `$` in front,
/// since those two mean something in patterns and in ZeroMQ subscriptions.
public final class Topic implements Comparable<Topic> {
    public static final int BYTES_MAX = 1024;

    /// First segments under which only the broker itself publishes.
    public static final List<String> RESERVED = List.of("files", "objects", "streams", "broker");

    private final String text;
    private final byte[] utf8;
    private final boolean reserved;

    private Topic(String text, byte[] utf8) {
        this.text = text;
        this.utf8 = utf8;
        int slash = text.indexOf('/');
        this.reserved = RESERVED.contains(slash < 0 ? text : text.substring(0, slash));
    }

    /// @throws ProblemException [Problem#TOPIC_INVALID] when `text` breaks the grammar
    public static Topic of(String text) {
        String why = whyInvalid(text);
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        if (why == null && utf8.length > BYTES_MAX) {
            why = "it has " + utf8.length + " bytes of at most " + BYTES_MAX;
        }
        if (why != null) {
            throw new ProblemException(Problem.TOPIC_INVALID, "topic \"" + Text.excerpt(text) + "\": " + why);
        }
        return new Topic(text, utf8);
    }

    /// @throws ProblemException [Problem#TOPIC_INVALID] also where the bytes are not UTF-8
    public static Topic ofUtf8(byte[] bytes, int offset, int length) {
        String text = length > BYTES_MAX ? null : Utf8.decode(bytes, offset, length);
        if (text == null) {
            throw new ProblemException(
                    Problem.TOPIC_INVALID,
                    length > BYTES_MAX
                            ? "the topic has " + length + " bytes of at most " + BYTES_MAX
                            : "the topic is not UTF-8");
        }
        return of(text);
    }

    private static @Nullable String whyInvalid(String text) {
        if (text.isEmpty()) {
            return "it is empty";
        }
        if (text.charAt(0) == '$') {
            return "it begins with '$', which marks options";
        }
        char before = '/';
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '/' && before == '/') {
                return "it has an empty segment";
            }
            if (c == '*') {
                return "'*' belongs to patterns";
            }
            if (Character.isISOControl(c)) {
                return "it has a control character at index " + i;
            }
            if (Character.isSurrogate(c) && !isPaired(text, i)) {
                return "it has half a character at index " + i;
            }
            before = c;
        }
        return before == '/' ? "it ends with '/'" : null;
    }

    private static boolean isPaired(String text, int i) {
        return Character.isHighSurrogate(text.charAt(i))
                ? i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))
                : i > 0 && Character.isHighSurrogate(text.charAt(i - 1));
    }

    public String text() {
        return text;
    }

    /// The topic as it stands on the wire; the caller must not write to it.
    @SuppressWarnings("MixedMutabilityReturnType")
    public byte[] utf8() {
        return utf8;
    }

    /// Whether only the broker may publish here.
    public boolean isReserved() {
        return reserved;
    }

    @Override
    public int compareTo(Topic other) {
        return text.compareTo(other.text);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other || (other instanceof Topic topic && text.equals(topic.text));
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }
}
