package com.databroker.sources;

import com.databroker.sources.FeedText.Field;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the elements of a feed mean, by their names without regard to prefixes, see [FeedNames].
final class FeedXmlFields {
    /// @param field null where only attributes matter
    record Meaning(@Nullable Field field, FeedItem.Kind kind) {}

    private static final Meaning ATTRIBUTES = new Meaning(null, FeedItem.Kind.TEXT);
    private static final Meaning LINK = text(Field.LINK);
    private static final Map<String, Meaning> ITEM = Map.ofEntries(
            Map.entry("title", either(Field.TITLE)),
            Map.entry("dc:title", either(Field.TITLE_OTHER)),
            Map.entry("media:title", either(Field.TITLE_OTHER)),
            Map.entry("itunes:title", either(Field.TITLE_OTHER)),
            Map.entry("link", LINK),
            Map.entry("guid", text(Field.GUID)),
            Map.entry("id", text(Field.GUID)),
            Map.entry("feedburner:origlink", text(Field.ORIGIN)),
            Map.entry("description", html(Field.SUMMARY)),
            Map.entry("summary", either(Field.SUMMARY)),
            Map.entry("abstract", either(Field.SUMMARY)),
            Map.entry("dc:description", html(Field.SUMMARY_OTHER)),
            Map.entry("media:description", either(Field.SUMMARY_OTHER)),
            Map.entry("itunes:summary", either(Field.SUMMARY_OTHER)),
            Map.entry("content", either(Field.CONTENT)),
            Map.entry("content:encoded", html(Field.CONTENT)),
            Map.entry("encoded", html(Field.CONTENT)),
            Map.entry("body", html(Field.CONTENT)),
            Map.entry("xhtml:body", html(Field.CONTENT)),
            Map.entry("fullitem", html(Field.CONTENT)),
            Map.entry("pubdate", text(Field.PUBLISHED)),
            Map.entry("published", text(Field.PUBLISHED)),
            Map.entry("issued", text(Field.PUBLISHED)),
            Map.entry("dcterms:issued", text(Field.PUBLISHED)),
            Map.entry("updated", text(Field.UPDATED)),
            Map.entry("modified", text(Field.UPDATED)),
            Map.entry("date", text(Field.UPDATED)),
            Map.entry("dc:date", text(Field.UPDATED)),
            Map.entry("dcterms:modified", text(Field.UPDATED)),
            Map.entry("created", text(Field.CREATED)),
            Map.entry("dcterms:created", text(Field.CREATED)),
            Map.entry("category", text(Field.CATEGORY)),
            Map.entry("keywords", text(Field.CATEGORY)),
            Map.entry("dc:subject", text(Field.CATEGORY)),
            Map.entry("dc:language", text(Field.LANGUAGE)),
            Map.entry("language", text(Field.LANGUAGE)),
            Map.entry("enclosure", ATTRIBUTES),
            Map.entry("media:content", ATTRIBUTES),
            Map.entry("media:thumbnail", ATTRIBUTES),
            Map.entry("image", ATTRIBUTES),
            Map.entry("itunes:image", ATTRIBUTES));
    private static final Map<String, Meaning> FEED = Map.ofEntries(
            Map.entry("title", either(Field.TITLE)),
            Map.entry("dc:title", either(Field.TITLE_OTHER)),
            Map.entry("link", LINK),
            Map.entry("id", text(Field.GUID)),
            Map.entry("language", text(Field.LANGUAGE)),
            Map.entry("dc:language", text(Field.LANGUAGE)),
            Map.entry("logo", text(Field.IMAGE)),
            Map.entry("icon", text(Field.IMAGE)),
            Map.entry("image", ATTRIBUTES),
            Map.entry("itunes:image", ATTRIBUTES),
            // Their content is no concern of ours, but may hold markup.
            Map.entry("description", html(Field.SUMMARY)),
            Map.entry("tagline", html(Field.SUMMARY)),
            Map.entry("subtitle", html(Field.SUMMARY)),
            Map.entry("info", html(Field.SUMMARY)),
            Map.entry("copyright", html(Field.SUMMARY)),
            Map.entry("rights", html(Field.SUMMARY)));

    private final FeedHead head;
    private @Nullable String name;
    private @Nullable String email;

    FeedXmlFields(FeedHead head) {
        this.head = head;
    }

    private static Meaning text(Field field) {
        return new Meaning(field, FeedItem.Kind.TEXT);
    }

    private static Meaning html(Field field) {
        return new Meaning(field, FeedItem.Kind.HTML);
    }

    private static Meaning either(Field field) {
        return new Meaning(field, FeedItem.Kind.EITHER);
    }

    private boolean isAtom() {
        return head.format.startsWith("atom");
    }

    @Nullable
    Meaning ofItem(String element) {
        Meaning meaning = ITEM.get(element);
        if (meaning != null && isAtom() && meaning.kind() == FeedItem.Kind.EITHER) {
            // Atom says what its texts are: without a type, text.
            return element.indexOf(':') < 0 ? new Meaning(meaning.field(), FeedItem.Kind.TEXT) : meaning;
        }
        return meaning;
    }

    @Nullable
    Meaning ofFeed(String element) {
        return FEED.get(element);
    }

    @Nullable
    Meaning ofPerson(String element) {
        return switch (element) {
            case "name" -> text(Field.NAME);
            case "email", "mbox" -> text(Field.EMAIL);
            default -> null;
        };
    }

    @Nullable
    Meaning ofImage(String element) {
        return element.equals("url") ? text(Field.IMAGE) : null;
    }

    void format(String qualified, @Nullable String namespace, List<FeedXml.Attribute> attributes) {
        String version = FeedNames.value(attributes, "version");
        String uri = namespace == null ? "" : namespace;
        head.format = switch (FeedNames.local(qualified)) {
            case "feed" -> uri.contains("purl.org/atom") || "0.3".equals(version) ? "atom0.3" : "atom1.0";
            case "rdf" -> isRss09(attributes) ? "rss0.9x" : "rss1.0";
            case "channel" -> "rss1.0";
            default -> version != null && version.strip().startsWith("0.9") ? "rss0.9x" : "rss2.0";
        };
    }

    private static boolean isRss09(List<FeedXml.Attribute> attributes) {
        String uri = FeedNames.value(attributes, "xmlns");
        return uri != null && uri.contains("netscape.com");
    }

    void feedAttributes(List<FeedXml.Attribute> attributes) {
        head.language = FeedNames.value(attributes, "xml:lang");
    }

    /// What the attributes of an element say; `item` is null where it is the feed's.
    void attributes(String element, @Nullable FeedItem item, List<FeedXml.Attribute> attributes, String base) {
        String url = FeedNames.value(attributes, "url");
        String href = FeedNames.value(attributes, "href");
        switch (element) {
            case "link" -> link(item, attributes, href, base);
            case "category", "keywords" -> {
                String term = FeedNames.value(attributes, "term");
                String label = FeedNames.value(attributes, "label");
                String said = term == null || term.isBlank() ? label : term;
                if (item != null && said != null && !said.isBlank()) {
                    FeedItem.add(item.categories, said.strip());
                }
            }
            case "enclosure" -> enclosure(item, attributes, url == null ? href : url, "length", base);
            case "media:content" -> enclosure(item, attributes, url, "filesize", base);
            case "media:thumbnail" -> image(item, url, base);
            case "image", "itunes:image" -> {
                String resource = FeedNames.value(attributes, "rdf:resource");
                image(item, href != null ? href : url != null ? url : resource, base);
            }
            case "content" -> {
                String src = FeedNames.value(attributes, "src");
                if (item != null && src != null && !src.isBlank() && item.linkOther == null) {
                    item.linkOther = FeedUrls.resolve(base, src);
                }
            }
            default -> {
                // The others say it in their text.
            }
        }
    }

    private void link(@Nullable FeedItem item, List<FeedXml.Attribute> attributes, @Nullable String href, String base) {
        if (href == null || href.isBlank()) {
            return;
        }
        String rel = FeedNames.value(attributes, "rel");
        String type = FeedNames.value(attributes, "type");
        String relation = rel == null || rel.isBlank() ? "alternate" : FeedXmlReader.lower(rel);
        relation = relation.substring(relation.lastIndexOf('/') + 1);
        String address = FeedUrls.resolve(base, href);
        if (relation.equals("self") && item == null) {
            head.self = address;
        } else if (relation.equals("enclosure")) {
            enclosure(item, attributes, href, "length", base);
        } else if (relation.equals("alternate")) {
            boolean page =
                    type == null || type.isBlank() || FeedXmlReader.lower(type).contains("html");
            if (item == null) {
                head.link = page ? address : head.link;
            } else if (page) {
                item.link = address;
            } else if (item.linkOther == null) {
                item.linkOther = address;
            }
        }
    }

    private static void enclosure(
            @Nullable FeedItem item,
            List<FeedXml.Attribute> attributes,
            @Nullable String url,
            String length,
            String base) {
        if (item == null || url == null || url.isBlank()) {
            return;
        }
        String type = FeedNames.value(attributes, "type");
        FeedItem.add(
                item.enclosures,
                new FeedItem.Enclosure(
                        FeedUrls.resolve(base, url),
                        type == null || type.isBlank() ? null : FeedXmlReader.lower(type),
                        number(FeedNames.value(attributes, length))));
    }

    static @Nullable Long number(@Nullable String digits) {
        try {
            long number = digits == null ? -1 : Long.parseLong(digits.strip());
            return number < 0 ? null : number;
        } catch (NumberFormatException notANumber) {
            return null;
        }
    }

    private void image(@Nullable FeedItem item, @Nullable String url, String base) {
        if (url == null || url.isBlank()) {
            return;
        }
        String address = FeedUrls.resolve(base, url);
        if (item == null) {
            head.image = head.image == null ? address : head.image;
        } else if (item.image == null) {
            item.image = address;
        }
    }

    void picture(@Nullable FeedItem item, String url) {
        image(item, url, item == null ? "" : item.base);
    }

    void personPart(Field part, String value) {
        if (part == Field.NAME && name == null) {
            name = value;
        } else if (part == Field.EMAIL && email == null) {
            email = value;
        }
    }

    /// The end of a person: its parts, or its text, of the form `somebody@example.org (Some Body)` in RSS.
    void person(@Nullable FeedItem item, String text) {
        String said = name != null ? name : !text.isBlank() ? named(text.strip()) : email;
        name = null;
        email = null;
        if (said == null || said.isBlank()) {
            return;
        }
        String one = FeedChars.repaired(said.strip());
        if (item != null) {
            FeedItem.add(item.authors, one);
        } else if (head.author == null) {
            head.author = one;
        }
    }

    static String named(String text) {
        int open = text.indexOf('(');
        if (open > 0 && text.endsWith(")") && text.substring(0, open).indexOf('@') > 0) {
            String inner = text.substring(open + 1, text.length() - 1).strip();
            return inner.isEmpty() ? text.substring(0, open).strip() : inner;
        }
        int angle = text.indexOf('<');
        return angle > 0 && text.endsWith(">") && text.indexOf('@') > angle
                ? text.substring(0, angle).strip()
                : text;
    }

    void set(FeedItem item, FeedText text, FeedItem.Text value) {
        String plain = value.value();
        switch (text.field) {
            case TITLE -> item.title = item.title == null ? value : item.title;
            case TITLE_OTHER -> item.titleOther = item.titleOther == null ? value : item.titleOther;
            case SUMMARY -> {
                if (item.summary == null) {
                    item.summary = value;
                } else if (item.content == null) {
                    item.content = value;
                }
            }
            case SUMMARY_OTHER -> item.summary = item.summary == null ? value : item.summary;
            case CONTENT -> item.content = item.content == null ? value : item.content;
            case LINK -> item.link = FeedUrls.resolve(value.base(), plain);
            case GUID -> {
                item.guid = plain;
                if (item.guidLink == null && text.permalink && isAddress(plain)) {
                    item.guidLink = plain;
                }
            }
            case ORIGIN -> item.origin = plain;
            case PUBLISHED -> item.published = plain;
            case UPDATED -> item.updated = plain;
            case CREATED -> item.created = plain;
            case CATEGORY -> category(item, plain);
            case LANGUAGE -> item.language = plain;
            case IMAGE -> item.image = item.image == null ? plain : item.image;
            case NAME, EMAIL -> throw new IllegalStateException("a person's, not an item's");
        }
    }

    /// Of the web, or from the root of the feed's own site.
    private static boolean isAddress(String id) {
        return FeedUrls.isHttp(id) || (id.startsWith("/") && id.length() > 1);
    }

    private static void category(FeedItem item, String category) {
        FeedItem.add(item.categories, category.replaceAll("\\s+", " "));
    }

    void setHead(FeedText text, FeedItem.Text value) {
        String plain = value.value();
        switch (text.field) {
            case TITLE, TITLE_OTHER -> head.title = head.title == null ? value : head.title;
            case LINK -> head.link = FeedUrls.resolve(value.base(), plain);
            case GUID -> head.id = plain;
            case LANGUAGE -> head.language = plain.toLowerCase(Locale.ROOT).equals("none") ? null : plain;
            case IMAGE -> head.image = head.image == null ? FeedUrls.resolve(value.base(), plain) : head.image;
            default -> {
                // Of the feed's other texts nothing is kept.
            }
        }
    }
}
