package com.databroker.sources;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The names of elements whatever prefixes a feed has: `title` for those of RSS and Atom, `dc:date`,
/// `content:encoded`; a name with `?` for those of which nothing is known.
///
/// A prefix that was never declared means what it usually means.
final class FeedNames {
    private static final String FEED = "";
    private static final Map<String, String> KNOWN = Map.ofEntries(
            Map.entry("http://www.w3.org/2005/atom", FEED),
            Map.entry("http://purl.org/atom/ns#", FEED),
            Map.entry("http://purl.org/rss/1.0/", FEED),
            Map.entry("http://purl.org/net/rss1.1#", FEED),
            Map.entry("http://purl.org/rss/1.0/modules/rss091#", FEED),
            Map.entry("http://my.netscape.com/rdf/simple/0.9/", FEED),
            Map.entry("http://channel.netscape.com/rdf/simple/0.9/", FEED),
            Map.entry("http://my.netscape.com/publish/formats/rss-0.91.dtd", FEED),
            Map.entry("http://purl.org/dc/elements/1.1/", "dc"),
            Map.entry("http://purl.org/dc/elements/1.0/", "dc"),
            Map.entry("http://purl.org/dc/terms/", "dcterms"),
            Map.entry("http://purl.org/rss/1.0/modules/content/", "content"),
            Map.entry("http://search.yahoo.com/mrss/", "media"),
            Map.entry("http://search.yahoo.com/mrss", "media"),
            Map.entry("http://www.itunes.com/dtds/podcast-1.0.dtd", "itunes"),
            Map.entry("http://rssnamespace.org/feedburner/ext/1.0", "feedburner"),
            Map.entry("http://www.w3.org/1999/xhtml", "xhtml"),
            Map.entry("http://www.w3.org/1999/02/22-rdf-syntax-ns#", "rdf"),
            Map.entry("http://www.w3.org/xml/1998/namespace", "xml"));
    private static final Set<String> USUAL =
            Set.of("dc", "dcterms", "content", "media", "itunes", "feedburner", "xhtml", "rdf", "xml");
    private static final Set<String> USUAL_FEED = Set.of("", "atom", "atom10", "a10", "rss");
    private static final int DECLARED_MAX = 64;

    /// What is declared where; shared by the elements within, until one declares more.
    private Map<String, String> declared = Map.of();

    private String root = "";

    /// The declarations in force, to come back to with [#leave].
    Map<String, String> enter(List<FeedXml.Attribute> attributes) {
        Map<String, String> before = declared;
        boolean own = false;
        for (FeedXml.Attribute attribute : attributes) {
            String name = attribute.name();
            if (!name.startsWith("xmlns") || (name.length() > 5 && name.charAt(5) != ':')) {
                continue;
            }
            if (!own) {
                declared = new HashMap<>(declared);
                own = true;
            }
            String prefix = name.length() > 5 ? name.substring(6) : "";
            if (declared.size() < DECLARED_MAX || declared.containsKey(prefix)) {
                declared.put(prefix, attribute.value().strip().toLowerCase(Locale.ROOT));
            }
        }
        return before;
    }

    void leave(Map<String, String> before) {
        declared = before;
    }

    /// What the prefix of the root stands for is the feed's own, even if nobody knows it.
    void root(String qualified) {
        String uri = declared.get(prefix(qualified));
        if (uri != null && !KNOWN.containsKey(uri)) {
            root = uri;
        }
    }

    /// The address of the namespace of a name, null where it has none.
    @Nullable
    String namespace(String qualified) {
        return declared.get(prefix(qualified));
    }

    private static String prefix(String qualified) {
        int colon = qualified.indexOf(':');
        return colon < 0 ? "" : qualified.substring(0, colon);
    }

    static String local(String qualified) {
        return qualified.substring(qualified.indexOf(':') + 1);
    }

    String of(String qualified) {
        String prefix = prefix(qualified);
        String local = local(qualified);
        String uri = declared.get(prefix);
        String usual;
        if (uri != null && !uri.isEmpty()) {
            String known = KNOWN.get(uri);
            boolean feed = uri.equals(root) || uri.startsWith("http://backend.userland.com/rss") || prefix.isEmpty();
            usual = known != null ? known : feed ? FEED : "?";
        } else {
            usual = USUAL_FEED.contains(prefix) ? FEED : USUAL.contains(prefix) ? prefix : "?";
        }
        return usual.isEmpty() ? local : usual + ":" + local;
    }

    /// The value of an attribute by its name without prefix, null where it is not there.
    static @Nullable String value(List<FeedXml.Attribute> attributes, String name) {
        for (FeedXml.Attribute attribute : attributes) {
            if (attribute.name().equals(name)) {
                return attribute.value();
            }
        }
        return null;
    }
}
