package com.databroker.sources;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An entry of a feed as it was written: filled by [FeedXmlReader] or [FeedJson], then read by [NewsItems].
final class FeedItem {
    /// How text is to be taken.
    enum Kind {
        /// What stands there.
        TEXT,
        /// HTML.
        HTML,
        /// The format does not say, as of titles in RSS: HTML where it looks like it.
        EITHER
    }

    /// Text with its kind and the address to which its links are relative.
    record Text(String value, Kind kind, String base) {}

    /// A file that belongs to the entry; `length` is null where it is not said.
    record Enclosure(
            String url, @Nullable String type, @Nullable Long length) {}

    static final int LISTED_MAX = 200;

    /// Where it is in the body, from 1.
    final int number;
    /// The characters of the document where it begins and ends.
    final int begin;

    int end;

    @Nullable
    Text title;

    @Nullable
    Text titleOther;

    @Nullable
    Text summary;

    @Nullable
    Text content;

    @Nullable
    String guid;

    /// The first of its own ids that is an address, too, as nobody denied.
    @Nullable
    String guidLink;

    @Nullable
    String link;

    @Nullable
    String linkOther;
    /// Where the feed's publisher has it, if the link goes through somebody who counts.
    @Nullable
    String origin;

    String base = "";

    @Nullable
    String published;

    @Nullable
    String updated;

    @Nullable
    String created;

    @Nullable
    String language;

    @Nullable
    String image;

    final List<String> authors = new ArrayList<>();
    final List<String> categories = new ArrayList<>();
    final List<Enclosure> enclosures = new ArrayList<>();

    FeedItem(int number, int begin) {
        this.number = number;
        this.begin = begin;
        this.end = begin;
    }

    /// Adds what is new, up to the limit.
    static <T> void add(List<T> all, T one) {
        if (all.size() < LISTED_MAX && !all.contains(one)) {
            all.add(one);
        }
    }

    /// Whether nothing at all was said.
    boolean isEmpty() {
        return title == null
                && titleOther == null
                && summary == null
                && content == null
                && guid == null
                && link == null
                && linkOther == null
                && origin == null
                && published == null
                && updated == null
                && created == null
                && image == null
                && language == null
                && authors.isEmpty()
                && categories.isEmpty()
                && enclosures.isEmpty();
    }
}
