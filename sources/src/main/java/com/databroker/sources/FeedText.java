package com.databroker.sources;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The content of one element of a feed, with the markup within it that somebody forgot to escape, or, in
/// XHTML, did not have to.
final class FeedText {
    /// What an element says of its item or feed.
    enum Field {
        TITLE,
        TITLE_OTHER,
        SUMMARY,
        SUMMARY_OTHER,
        CONTENT,
        LINK,
        GUID,
        ORIGIN,
        PUBLISHED,
        UPDATED,
        CREATED,
        CATEGORY,
        LANGUAGE,
        IMAGE,
        NAME,
        EMAIL
    }

    /// Longer ones make their item too large anyway.
    static final int LENGTH_MAX = 4 << 20;

    private static final int DEPTH_MAX = 256;
    private static final Set<String> VOID = Set.of(
            "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "wbr");

    final Field field;
    /// The name of the element, as written.
    final String name;

    final boolean permalink;
    private final String base;
    private final FeedItem.Kind kind;
    private final boolean base64;
    private final StringBuilder text = new StringBuilder();
    private final Deque<String> within = new ArrayDeque<>();
    private boolean inline;

    FeedText(Field field, String name, FeedItem.Kind kind, List<FeedXml.Attribute> attributes, String base) {
        this.field = field;
        this.name = name;
        this.base = base;
        String type = attribute(attributes, "type");
        String mode = attribute(attributes, "mode");
        this.base64 = keepsMarkup(field) && (mode.equals("base64") || isBinary(type));
        this.permalink = !attribute(attributes, "ispermalink").equals("false");
        this.kind = kindOf(kind, type, mode);
    }

    private static String attribute(List<FeedXml.Attribute> attributes, String name) {
        String value = FeedNames.value(attributes, name);
        return value == null ? "" : value.strip().toLowerCase(Locale.ROOT);
    }

    private static FeedItem.Kind kindOf(FeedItem.Kind usual, String type, String mode) {
        return switch (type) {
            case "" -> usual;
            case "html", "text/html", "xhtml", "application/xhtml+xml" -> FeedItem.Kind.HTML;
            // In Atom 0.3, text that is escaped once more is markup whatever it is called.
            case "text", "text/plain", "plain" -> mode.equals("escaped") ? FeedItem.Kind.EITHER : FeedItem.Kind.TEXT;
            default -> usual == FeedItem.Kind.TEXT ? FeedItem.Kind.EITHER : usual;
        };
    }

    /// Whether tags within belong to it, as markup.
    private static boolean keepsMarkup(Field field) {
        return field.compareTo(Field.CONTENT) <= 0;
    }

    /// What is neither text nor XML is in Base64, in Atom.
    private static boolean isBinary(String type) {
        return type.indexOf('/') > 0 && !type.startsWith("text/") && !type.endsWith("xml");
    }

    boolean isTooLong() {
        return text.length() > LENGTH_MAX;
    }

    void chars(String chars) {
        if (isTooLong()) {
            return;
        }
        if (inline) {
            FeedChars.escape(chars, text);
        } else {
            text.append(chars);
        }
    }

    /// A start tag within it.
    void start(FeedXml xml) {
        String local = FeedNames.local(xml.name());
        boolean empty = xml.empty() || VOID.contains(local);
        if (!empty && within.size() < DEPTH_MAX) {
            within.push(xml.name());
        }
        if (!keepsMarkup(field) || isTooLong()) {
            return;
        }
        if (!inline) {
            inline = true;
            if (kind != FeedItem.Kind.HTML && !FeedChars.isBlank(text.toString())) {
                String plain = text.toString();
                text.setLength(0);
                FeedChars.escape(plain, text);
            }
        }
        text.append('<').append(local);
        for (FeedXml.Attribute attribute : xml.attributes()) {
            if (!attribute.name().startsWith("xmlns")) {
                text.append(' ').append(FeedNames.local(attribute.name())).append("=\"");
                FeedChars.escape(attribute.value(), text);
                text.append('"');
            }
        }
        text.append(xml.empty() && !VOID.contains(local) ? "></" + local + ">" : ">");
    }

    /// An end tag; false where it is not of an element within.
    boolean end(String qualified) {
        if (!within.contains(qualified)) {
            return false;
        }
        String ended;
        do {
            ended = within.pop();
            if (inline && !isTooLong()) {
                text.append("</").append(FeedNames.local(ended)).append('>');
            }
        } while (!ended.equals(qualified));
        return true;
    }

    /// What stands there, without white space around it; null where it is nothing.
    FeedItem.@Nullable Text value() {
        String value = FeedChars.repaired(text.toString().strip());
        if (base64 && !inline) {
            return decoded(value);
        }
        if (FeedChars.isBlank(value)) {
            return null;
        }
        return new FeedItem.Text(value, inline ? FeedItem.Kind.HTML : kind, base);
    }

    /// Text that is there in Base64; null for pictures and the like, and itself where it is no Base64.
    private FeedItem.@Nullable Text decoded(String value) {
        try {
            byte[] bytes = Base64.getMimeDecoder().decode(value);
            String text = FeedCharset.strict(bytes, StandardCharsets.UTF_8);
            String clean =
                    text == null ? "" : FeedChars.clean(text, 0, text.length()).strip();
            return FeedChars.isBlank(clean) ? null : new FeedItem.Text(clean, FeedItem.Kind.EITHER, base);
        } catch (IllegalArgumentException notBase64) {
            return FeedChars.isBlank(value) ? null : new FeedItem.Text(value, FeedItem.Kind.EITHER, base);
        }
    }
}
