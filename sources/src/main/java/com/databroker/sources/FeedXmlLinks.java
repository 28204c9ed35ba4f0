package com.databroker.sources;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Remembers, while a document turns out to be no feed, what it is, and where it says that its feed is.
final class FeedXmlLinks {
    private static final Set<String> HTML =
            Set.of("html", "head", "body", "title", "meta", "p", "div", "br", "h1", "link", "script", "b", "a");

    private final String address;
    private boolean html;
    private @Nullable String feed;

    FeedXmlLinks(String address) {
        this.address = address;
    }

    void look(String element, List<FeedXml.Attribute> attributes) {
        html |= HTML.contains(element);
        String rel = FeedNames.value(attributes, "rel");
        String type = FeedNames.value(attributes, "type");
        String href = FeedNames.value(attributes, "href");
        if (feed == null && element.equals("link") && rel != null && type != null && href != null) {
            boolean alternate =
                    List.of(FeedXmlReader.lower(rel).split("\\s+", -1)).contains("alternate");
            boolean syndication = type.contains("rss") || type.contains("atom") || type.contains("feed+json");
            if (alternate && syndication) {
                feed = FeedUrls.resolve(address, href);
            }
        }
    }

    /// @param first the first element of the document, null where it has none
    String reason(@Nullable String first) {
        if (first == null) {
            return "this is no feed: it has no element";
        }
        if (first.equals("opml")) {
            return "this is a list of feeds in OPML, not a feed";
        }
        if (html) {
            return feed == null
                    ? "this is an HTML page, not a feed, and it points to none"
                    : "this is an HTML page, not a feed; its feed is at " + feed;
        }
        return "this is no feed: its first element is <" + first + ">";
    }
}
