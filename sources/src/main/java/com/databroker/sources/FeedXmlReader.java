package com.databroker.sources;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads RSS 0.9x, 1.0, 1.1 and 2.0 and Atom 0.3 and 1.0, well formed or not.
///
/// It follows the tags with a stack of its own. An end tag closes what it names and all within, an item is
/// closed by the next one, and an end tag that names nothing is passed over. What stands before and after
/// the feed is passed over, too.
final class FeedXmlReader {
    /// Where an element stands, which decides what those within it mean.
    private enum Place {
        FEED,
        ITEM,
        PERSON,
        IMAGE,
        /// Of something that is not the item itself: where it was copied from, a text field.
        OTHER
    }

    private record Frame(String name, Place place, String base, Map<String, String> before) {}

    private static final int DEPTH_MAX = 256;
    static final int ITEMS_MAX = 20_000;
    private static final Set<String> ROOTS = Set.of("rss", "feed", "rdf", "channel");

    private final FeedXml xml;
    private final FeedFound found;
    private final FeedNames names = new FeedNames();
    private final FeedXmlFields fields;
    private final List<Frame> frames = new ArrayList<>();
    private final String address;

    private @Nullable FeedItem item;
    private @Nullable FeedText text;
    private final StringBuilder person = new StringBuilder();
    private final StringBuilder picture = new StringBuilder();
    private int count;
    private boolean large;

    /// @param address of the document, to which its links are relative; may be empty
    FeedXmlReader(String document, String address, FeedHead head, FeedFound found) {
        this.xml = new FeedXml(document);
        this.found = found;
        this.address = address;
        this.fields = new FeedXmlFields(head);
    }

    /// Reads it all. Null if it is a feed, otherwise why it is none, as a sentence.
    @Nullable
    String read() {
        FeedXmlLinks links = new FeedXmlLinks(address);
        String first = null;
        for (FeedXml.Token token = xml.next(); token != FeedXml.Token.EOF; token = xml.next()) {
            if (token != FeedXml.Token.START) {
                continue;
            }
            String local = FeedNames.local(xml.name());
            if (ROOTS.contains(local)) {
                root();
                return null;
            }
            first = first == null ? local : first;
            links.look(local, xml.attributes());
        }
        return links.reason(first);
    }

    private void root() {
        names.enter(xml.attributes());
        names.root(xml.name());
        fields.format(xml.name(), names.namespace(xml.name()), xml.attributes());
        String rdf = FeedNames.local(xml.name()).equals("rdf") ? names.namespace("") : null;
        if (rdf != null) {
            names.root("");
        }
        push(Place.FEED, address, Map.of());
        fields.feedAttributes(xml.attributes());
        while (!frames.isEmpty() && count <= ITEMS_MAX) {
            switch (xml.next()) {
                case START -> start();
                case END -> end();
                case TEXT -> chars();
                case EOF -> {
                    cutOff();
                    return;
                }
            }
        }
    }

    private void cutOff() {
        if (item != null) {
            found.reject("entry " + item.number, "the document ends within this entry", item.begin, xml.position());
        } else if (frames.size() > 1 || !"feed rss rdf channel".contains(FeedNames.local(frames.get(0).name))) {
            found.reject("character " + xml.position(), "the document ends too early", xml.position(), xml.position());
        }
    }

    private void push(Place place, String base, Map<String, String> before) {
        String relative = FeedNames.value(xml.attributes(), "xml:base");
        String own = relative == null ? base : FeedUrls.resolve(base, relative);
        if (!xml.empty()) {
            frames.add(new Frame(xml.name(), place, own, before));
        }
    }

    private Frame top() {
        return frames.get(frames.size() - 1);
    }

    private void chars() {
        if (text != null) {
            text.chars(xml.chars());
        } else if (top().place == Place.PERSON && person.length() < FeedXml.NAME_MAX * 4) {
            person.append(xml.chars());
        } else if (top().place == Place.IMAGE && picture.length() < FeedXml.NAME_MAX * 16) {
            picture.append(xml.chars());
        }
    }

    private void start() {
        String local = FeedNames.local(xml.name());
        if (text != null) {
            // Whoever forgot the end tag of a text begins the next entry within it.
            boolean next = (local.equals("item") || local.equals("entry"))
                    && names.of(xml.name()).equals(local);
            if (!next) {
                text.start(xml);
                return;
            }
            closeText();
        }
        if (frames.size() >= DEPTH_MAX) {
            return;
        }
        Map<String, String> before = names.enter(xml.attributes());
        String name = names.of(xml.name());
        boolean empty = xml.empty();
        begin(name, before);
        if (empty) {
            names.leave(before);
        }
    }

    private void begin(String name, Map<String, String> before) {
        Place place = top().place;
        String base = top().base;
        if (name.equals("item") || name.equals("entry")) {
            closeItem();
            openItem(before);
            return;
        }
        FeedXmlFields.Meaning meaning = switch (place) {
            case ITEM -> fields.ofItem(name);
            case FEED -> item == null ? fields.ofFeed(name) : null;
            case PERSON -> fields.ofPerson(FeedNames.local(name));
            case IMAGE -> fields.ofImage(name);
            case OTHER -> null;
        };
        if (meaning != null && place != Place.PERSON && place != Place.IMAGE) {
            fields.attributes(name, item, xml.attributes(), base);
        }
        if (meaning != null && meaning.field() != null) {
            String relative = FeedNames.value(xml.attributes(), "xml:base");
            String own = relative == null ? base : FeedUrls.resolve(base, relative);
            push(place, base, before);
            if (!xml.empty()) {
                text = new FeedText(meaning.field(), xml.name(), meaning.kind(), xml.attributes(), own);
            }
            return;
        }
        push(placeOf(name, place), base, before);
    }

    private Place placeOf(String name, Place place) {
        if (place == Place.OTHER || place == Place.PERSON) {
            return place;
        }
        return switch (name) {
            case "author", "dc:creator", "dc:author", "itunes:author", "managingeditor" -> {
                person.setLength(0);
                yield Place.PERSON;
            }
            case "image", "itunes:image" -> {
                picture.setLength(0);
                yield Place.IMAGE;
            }
            case "source", "textinput", "contributor", "dc:contributor", "cloud", "skiphours", "skipdays" ->
                Place.OTHER;
            default -> name.startsWith("?:") || name.startsWith("xhtml:") ? Place.OTHER : place;
        };
    }

    private void openItem(Map<String, String> before) {
        count++;
        if (count > ITEMS_MAX) {
            found.reject(
                    "entry " + count,
                    "there are more than " + ITEMS_MAX + " entries; the others are not read",
                    xml.began(),
                    xml.position());
            return;
        }
        FeedItem opened = new FeedItem(count, xml.began());
        opened.base = top().base;
        String about = FeedNames.value(xml.attributes(), "rdf:about");
        opened.guid = about == null || about.isBlank() ? null : about.strip();
        opened.guidLink = opened.guid != null && FeedUrls.isHttp(opened.guid) ? opened.guid : null;
        opened.language = FeedNames.value(xml.attributes(), "xml:lang");
        item = opened;
        large = false;
        push(Place.ITEM, top().base, before);
        if (xml.empty()) {
            finish(opened);
        } else {
            opened.base = top().base;
        }
    }

    /// An item that is not closed where the next one begins is closed there.
    private void closeItem() {
        if (item == null) {
            return;
        }
        int i = frames.size() - 1;
        while (i > 0 && frames.get(i).place != Place.FEED) {
            i--;
        }
        closeTo(i + 1);
    }

    private void end() {
        String name = xml.name();
        if (text != null && text.end(name)) {
            return;
        }
        int i = frames.size() - 1;
        while (i >= 0 && !frames.get(i).name.equals(name)) {
            i--;
        }
        if (i < 0) {
            return;
        }
        // Only an end of what holds items closes an item from without.
        boolean holds = item != null && frames.get(i).place == Place.FEED;
        if (text != null && i < frames.size() - 1 && !holds && !isItem(frames.get(i))) {
            return;
        }
        closeTo(i);
    }

    private static boolean isItem(Frame frame) {
        String local = FeedNames.local(frame.name);
        return local.equals("item") || local.equals("entry");
    }

    private void closeTo(int size) {
        while (frames.size() > size) {
            closeText();
            Frame frame = frames.remove(frames.size() - 1);
            names.leave(frame.before);
            Place outer = frames.isEmpty() ? Place.FEED : top().place;
            if (frame.place == Place.PERSON && outer != Place.PERSON) {
                fields.person(item, person.toString());
            } else if (frame.place == Place.IMAGE && outer != Place.IMAGE) {
                fields.picture(item, picture.toString());
            } else if (frame.place == Place.ITEM && outer != Place.ITEM && item != null) {
                finish(item);
            }
        }
    }

    private void closeText() {
        if (text == null) {
            return;
        }
        large |= text.isTooLong();
        FeedItem.Text value = text.value();
        if (value != null) {
            Place place = top().place;
            if (place == Place.PERSON) {
                fields.personPart(text.field, value.value());
            } else if (place == Place.IMAGE) {
                picture.setLength(0);
                picture.append(value.value(), 0, Math.min(value.value().length(), FeedXml.NAME_MAX * 16));
            } else if (item != null) {
                fields.set(item, text, value);
            } else {
                fields.setHead(text, value);
            }
        }
        text = null;
    }

    private void finish(FeedItem finished) {
        item = null;
        finished.end = xml.position();
        String entry = "entry " + finished.number;
        if (large) {
            found.reject(
                    entry, "a text has more than " + FeedText.LENGTH_MAX + " characters", finished.begin, finished.end);
        } else if (finished.isEmpty()) {
            found.reject(entry, "the entry says nothing", finished.begin, finished.end);
        } else {
            found.item(finished);
        }
    }

    static String lower(String text) {
        return text.strip().toLowerCase(Locale.ROOT);
    }
}
