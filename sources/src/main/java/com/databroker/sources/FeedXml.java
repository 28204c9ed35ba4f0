package com.databroker.sources;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Takes XML apart as feeds really write it, tag by tag, and never gives up: what is no tag is text.
///
/// It knows no nesting and no namespaces, fetches nothing, and keeps one token at a time. It looks at every
/// character a bounded number of times: a search for an end that is not there is made once. Of a DOCTYPE it
/// takes the general entities whose values are plain text; all else in there is dropped.
final class FeedXml {
    /// What [#next] found.
    enum Token {
        START,
        END,
        TEXT,
        EOF
    }

    /// An attribute as written, its value decoded.
    record Attribute(String name, String value) {}

    static final int ATTRIBUTES_MAX = 128;
    static final int NAME_MAX = 256;
    private static final int ENTITIES_MAX = 128;
    private static final int ENTITY_MAX = 1024;
    private static final int DOCTYPE_MAX = 1 << 16;
    /// How much the entities of a DOCTYPE may add to a document, in characters.
    private static final int EXPANSION_MAX = 1 << 20;

    private final String text;
    private final Map<String, String> entities = new HashMap<>();
    /// Ends that were looked for and are in the rest no more: looking again would make it quadratic.
    private final Map<String, Boolean> absent = new HashMap<>();

    private final List<Attribute> attributes = new ArrayList<>();
    private int at;
    private int began;
    private int expanded;
    /// Whether there was a DOCTYPE: a document has one, and others are passed over.
    private boolean declared;
    private String name = "";
    private boolean empty;
    private String chars = "";
    private boolean verbatim;

    FeedXml(String text) {
        this.text = text;
    }

    /// The name of the tag, as written.
    String name() {
        return name;
    }

    List<Attribute> attributes() {
        return attributes;
    }

    /// Whether the start tag is its own end.
    boolean empty() {
        return empty;
    }

    /// The decoded text.
    String chars() {
        return chars;
    }

    /// Whether the text came from a CDATA section.
    boolean verbatim() {
        return verbatim;
    }

    /// Where the token began.
    int began() {
        return began;
    }

    /// Where the next token begins.
    int position() {
        return at;
    }

    Token next() {
        while (at < text.length()) {
            began = at;
            if (text.charAt(at) != '<') {
                return textToken();
            }
            Token token = markup();
            if (token != null) {
                return token;
            }
        }
        began = at;
        return Token.EOF;
    }

    /// At a `<`. Null where there was something to be skipped.
    private @Nullable Token markup() {
        char c = at + 1 < text.length() ? text.charAt(at + 1) : ' ';
        if (isNameStart(c)) {
            return startTag();
        }
        if (c == '/' && at + 2 < text.length() && isNameStart(text.charAt(at + 2))) {
            return endTag();
        }
        if (text.startsWith("<![CDATA[", at)) {
            return cdata();
        }
        if (c == '?') {
            return skipTo("?>", at + 2);
        }
        if (text.startsWith("<!--", at)) {
            return skipTo("-->", at + 4);
        }
        if (!declared && text.regionMatches(true, at, "<!DOCTYPE", 0, 9)) {
            declared = true;
            doctype();
            return null;
        }
        if (c == '!') {
            return skipTo(">", at + 2);
        }
        return textToken();
    }

    private @Nullable Token skipTo(String end, int from) {
        int found = find(end, from);
        if (found < 0) {
            return textToken();
        }
        at = found + end.length();
        return null;
    }

    private int find(String end, int from) {
        if (absent.containsKey(end)) {
            return -1;
        }
        int found = text.indexOf(end, from);
        if (found < 0) {
            absent.put(end, true);
        }
        return found;
    }

    private Token cdata() {
        int end = find("]]>", at + 9);
        int stop = end < 0 ? text.length() : end;
        chars = FeedChars.clean(text, at + 9, stop);
        verbatim = true;
        at = end < 0 ? stop : end + 3;
        return Token.TEXT;
    }

    /// Everything up to the next thing that could be markup; at least one character.
    private Token textToken() {
        int end = text.indexOf('<', at + 1);
        if (end < 0) {
            end = text.length();
        }
        chars = decode(at, end);
        verbatim = false;
        at = end;
        return Token.TEXT;
    }

    private Token endTag() {
        int i = nameEnd(at + 2);
        name = nameOf(at + 2, i);
        int next = text.indexOf('<', i);
        int limit = next < 0 ? text.length() : next;
        int end = text.indexOf('>', i, limit);
        at = end < 0 ? limit : end + 1;
        return Token.END;
    }

    private Token startTag() {
        attributes.clear();
        empty = false;
        int i = nameEnd(at + 1);
        name = nameOf(at + 1, i);
        while (i < text.length()) {
            char c = text.charAt(i);
            if (c == '>') {
                i++;
                break;
            } else if (c == '/') {
                empty = i + 1 < text.length() && text.charAt(i + 1) == '>';
                i++;
            } else if (c == '<') {
                break;
            } else if (c <= ' ' || c == '"' || c == '\'' || c == '=' || c == '?') {
                i++;
            } else {
                i = attribute(i);
            }
        }
        at = i;
        return Token.START;
    }

    private int attribute(int from) {
        int i = from;
        while (i < text.length() && isAttributeName(text.charAt(i))) {
            i++;
        }
        String attribute = nameOf(from, i);
        int equal = space(i);
        if (equal >= text.length() || text.charAt(equal) != '=') {
            add(attribute, "");
            return Math.max(i, from + 1);
        }
        i = space(equal + 1);
        if (i >= text.length()) {
            return i;
        }
        char quote = text.charAt(i);
        if (quote == '"' || quote == '\'') {
            int end = find(String.valueOf(quote), i + 1);
            if (end >= 0 && !runsOver(i + 1, end)) {
                add(attribute, decode(i + 1, end));
                return end + 1;
            }
            i++;
        }
        int end = i;
        while (end < text.length() && text.charAt(end) > ' ' && text.charAt(end) != '>') {
            end++;
        }
        add(attribute, decode(i, end));
        return end;
    }

    /// Whether the quotation mark at the end belongs to a later tag, and the one of this value is missing:
    /// the tag ends, and another begins, before it.
    private boolean runsOver(int from, int end) {
        int close = text.indexOf('>', from, end);
        int open = close < 0 ? -1 : text.indexOf('<', from, end);
        return open > close;
    }

    private void add(String attribute, String value) {
        if (attributes.size() < ATTRIBUTES_MAX) {
            attributes.add(new Attribute(attribute, FeedChars.repaired(value)));
        }
    }

    private static boolean isAttributeName(char c) {
        return c > ' ' && c != '=' && c != '>' && c != '/' && c != '<' && c != '"' && c != '\'';
    }

    private int space(int from) {
        int i = from;
        while (i < text.length() && text.charAt(i) <= ' ') {
            i++;
        }
        return i;
    }

    private static boolean isNameStart(char c) {
        return Character.isLetter(c) || c == '_' || c == ':';
    }

    private int nameEnd(int from) {
        int i = from;
        while (i < text.length() && isName(text.charAt(i))) {
            i++;
        }
        return i;
    }

    private static boolean isName(char c) {
        return Character.isLetterOrDigit(c) || c == '_' || c == ':' || c == '-' || c == '.';
    }

    private String nameOf(int from, int to) {
        return text.substring(from, Math.min(to, from + NAME_MAX)).toLowerCase(Locale.ROOT);
    }

    /// Skips it, and keeps the entities that are text.
    private void doctype() {
        int limit = Math.min(text.length(), at + DOCTYPE_MAX);
        int i = at + 9;
        boolean subset = false;
        while (i < limit) {
            char c = text.charAt(i);
            if (c == '[') {
                subset = true;
            } else if (c == ']') {
                subset = false;
            } else if (c == '>' && !subset) {
                at = i + 1;
                return;
            } else if (c == '<' && !subset) {
                // The declaration was never ended.
                break;
            } else if (subset && text.startsWith("<!ENTITY", i)) {
                i = entity(i + 8, limit);
                continue;
            } else if (subset && text.startsWith("<!--", i)) {
                int end = text.indexOf("-->", i, limit);
                i = end < 0 ? limit : end + 3;
                continue;
            } else if (c == '"' || c == '\'') {
                int end = text.indexOf(c, i + 1, limit);
                i = end < 0 ? i : end;
            }
            i++;
        }
        int next = text.indexOf('>', at);
        at = i < limit ? i : next < 0 ? text.length() : next + 1;
    }

    /// `name "value">` with a value without markup and references to others; the rest is passed over.
    private int entity(int from, int limit) {
        int i = space(from);
        int end = nameEnd(i);
        String entity = text.substring(i, Math.min(end, i + NAME_MAX));
        int quote = space(end);
        if (quote < limit && !entity.isEmpty() && (text.charAt(quote) == '"' || text.charAt(quote) == '\'')) {
            int stop = text.indexOf(text.charAt(quote), quote + 1, limit);
            if (stop > 0) {
                String value = text.substring(quote + 1, stop);
                if (stop - quote <= ENTITY_MAX && entities.size() < ENTITIES_MAX && value.indexOf('<') < 0) {
                    entities.putIfAbsent(entity, FeedChars.references(value, unknown -> null));
                }
                return stop + 1;
            }
        }
        int close = text.indexOf('>', Math.min(end, limit), limit);
        return close < 0 ? limit : close + 1;
    }

    private String decode(int from, int to) {
        String clean = FeedChars.clean(text, from, to);
        return clean.indexOf('&') < 0 ? clean : FeedChars.references(clean, this::entityValue);
    }

    private @Nullable String entityValue(String entity) {
        String value = entities.get(entity);
        if (value == null) {
            return null;
        }
        expanded += value.length();
        return expanded > EXPANSION_MAX ? "" : value;
    }
}
