package com.databroker.core;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Which object: `Person/42`, of several key columns `Line/7,3`.
///
/// In a part, what could be mistaken for punctuation (`/ , % ~ #` and control characters) is
/// percent-encoded as UTF-8. `#1` is an object that is being created by the commit that says so.
///
/// @param type its type, a letter and then letters, digits and underscores
/// @param parts the values of its key fields as text, in the order of the type's key
public record ObjectKey(String type, List<String> parts) {
    /// Characters of a key in its text form, at most.
    public static final int LENGTH_MAX = 1024;

    private static final String TEMPORARY = "#";
    private static final int TYPE_LENGTH_MAX = 128;
    private static final int PARTS_MAX = 16;
    /// Of ASCII, what is percent-encoded in a part.
    private static final boolean[] PUNCTUATION = new boolean[128];

    static {
        Arrays.fill(PUNCTUATION, 0, ' ', true);
        "/,%~#\177".chars().forEach(c -> PUNCTUATION[c] = true);
    }

    /// Names that were looked at lately, by their hashes: there are few, in very many keys. Who loses a race
    /// looks at his name once more.
    private static final @Nullable String[] NAMES = new String[256];

    public ObjectKey {
        parts = List.copyOf(parts);
        boolean temporary = type.equals(TEMPORARY);
        if (!temporary && !isName(type)) {
            throw invalid(type, "a type begins with a letter and goes on with letters, digits and underscores");
        }
        if (parts.isEmpty() || parts.size() > PARTS_MAX) {
            throw invalid(type, "a key has 1 to " + PARTS_MAX + " parts");
        }
        if (temporary && !parts.get(0).matches("[0-9]{1,9}")) {
            throw invalid(parts.get(0), "a temporary key is # and a number");
        }
    }

    /// A key of one part, which may be a number, a text or whatever else the key column holds.
    public static ObjectKey of(String type, Object part) {
        return new ObjectKey(type, List.of(part.toString()));
    }

    /// The key of an object that the same commit creates.
    public static ObjectKey temporary(int number) {
        return new ObjectKey(TEMPORARY, List.of(Integer.toString(number)));
    }

    /// @throws ProblemException [Problem#OBJECT_KEY_INVALID]
    public static ObjectKey parse(String text) {
        return parse(text, text.length());
    }

    /// The key that ends at `end`, behind which stands what is none of it.
    static ObjectKey parse(String text, int end) {
        if (end > LENGTH_MAX) {
            throw invalid(text, "longer than " + LENGTH_MAX + " characters");
        }
        if (text.startsWith(TEMPORARY)) {
            return new ObjectKey(TEMPORARY, List.of(text.substring(1, end)));
        }
        int slash = text.indexOf('/');
        if (slash < 0 || slash >= end) {
            throw invalid(text, "it is not <type>/<key>, as Person/42");
        }
        String type = type(text, slash);
        int from = slash + 1;
        int comma = comma(text, from, end);
        if (comma == end) {
            return new ObjectKey(type, List.of(part(text, from, end)));
        }
        List<String> parts = new ArrayList<>();
        for (; comma < end; comma = comma(text, from, end)) {
            parts.add(part(text, from, comma));
            from = comma + 1;
        }
        parts.add(part(text, from, end));
        return new ObjectKey(type, parts);
    }

    /// Whether it stands for an object that does not exist yet.
    public boolean isTemporary() {
        return type.equals(TEMPORARY);
    }

    // As those of a record are, without a walk through a list that mostly has one part: a page is looked up by them.
    @Override
    public boolean equals(@Nullable Object other) {
        if (!(other instanceof ObjectKey key) || !type.equals(key.type) || parts.size() != key.parts.size()) {
            return false;
        }
        for (int i = 0; i < parts.size(); i++) {
            if (!parts.get(i).equals(key.parts.get(i))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        int hash = type.hashCode();
        for (int i = 0; i < parts.size(); i++) {
            hash = 31 * hash + parts.get(i).hashCode();
        }
        return hash;
    }

    private static int comma(String text, int from, int end) {
        int comma = text.indexOf(',', from);
        return comma < 0 || comma > end ? end : comma;
    }

    /// What stands before the slash; the very text of before where it comes again.
    private static String type(String text, int slash) {
        int hash = 0;
        for (int i = 0; i < slash; i++) {
            hash = 31 * hash + text.charAt(i);
        }
        String known = NAMES[hash & (NAMES.length - 1)];
        return known != null && known.length() == slash && text.startsWith(known) ? known : text.substring(0, slash);
    }

    /// Whether `name` can be the name of a type or a field.
    public static boolean isName(String name) {
        int place = name.hashCode() & (NAMES.length - 1);
        if (name.equals(NAMES[place])) {
            return true;
        }
        boolean is = isSpelled(name);
        if (is) {
            NAMES[place] = name;
        }
        return is;
    }

    private static boolean isSpelled(String name) {
        if (name.isEmpty() || name.length() > TYPE_LENGTH_MAX || !Character.isLetter(name.charAt(0))) {
            return false;
        }
        for (int i = 1; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c != '_' && !Character.isLetterOrDigit(c)) {
                return false;
            }
        }
        return true;
    }

    private static String part(String text, int from, int to) {
        String part = text.substring(from, to);
        return part.indexOf('%') < 0 ? plain(text, part) : decoded(text, part);
    }

    private static String plain(String text, String part) {
        if (hasPunctuation(part)) {
            throw invalid(text, "in a part of a key, / , % ~ # are percent-encoded");
        }
        return part;
    }

    private static String decoded(String text, String part) {
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        byte[] out = new byte[bytes.length];
        int length = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '%') {
                int high = i + 2 < bytes.length ? Character.digit(bytes[i + 1], 16) : -1;
                int low = i + 2 < bytes.length ? Character.digit(bytes[i + 2], 16) : -1;
                if (high < 0 || low < 0) {
                    throw invalid(text, "% is not followed by two hexadecimal digits");
                }
                out[length++] = (byte) (high << 4 | low);
                i += 2;
            } else if (isPunctuation((char) (bytes[i] & 0xff))) {
                throw invalid(text, "in a part of a key, / , % ~ # are percent-encoded");
            } else {
                out[length++] = bytes[i];
            }
        }
        String decoded = Utf8.decode(out, 0, length);
        if (decoded == null) {
            throw invalid(text, "what is percent-encoded is not UTF-8");
        }
        return decoded;
    }

    private static boolean isPunctuation(char c) {
        return c < PUNCTUATION.length && PUNCTUATION[c];
    }

    private static boolean hasPunctuation(String part) {
        for (int i = 0; i < part.length(); i++) {
            if (isPunctuation(part.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    private static void encode(String part, StringBuilder out) {
        for (int i = 0; i < part.length(); i++) {
            char c = part.charAt(i);
            if (isPunctuation(c)) {
                out.append('%').append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                out.append(c);
            }
        }
    }

    private static ProblemException invalid(String text, String why) {
        return new ProblemException(
                Problem.OBJECT_KEY_INVALID, "\"" + Text.excerpt(text) + "\" is no key of an object: " + why);
    }

    /// The text form, which [#parse] reads.
    @Override
    public String toString() {
        if (parts.size() == 1 && !isTemporary() && !hasPunctuation(parts.get(0))) {
            return type + "/" + parts.get(0);
        }
        StringBuilder out = new StringBuilder(type.length() + 12).append(type);
        if (isTemporary()) {
            return out.append(parts.get(0)).toString();
        }
        char before = '/';
        for (String part : parts) {
            out.append(before);
            encode(part, out);
            before = ',';
        }
        return out.toString();
    }
}
