package com.databroker.sources;

import org.jspecify.annotations.Nullable;

/// What a feed says of itself.
final class FeedHead {
    /// `rss0.9x`, `rss1.0`, `rss2.0`, `atom0.3`, `atom1.0` or `json`.
    String format = "rss2.0";
    FeedItem.@Nullable Text title;
    /// The page it belongs to.
    @Nullable
    String link;
    /// Its own address.
    @Nullable
    String self;
    /// Its name, in Atom.
    @Nullable
    String id;

    @Nullable
    String language;

    @Nullable
    String image;

    @Nullable
    String author;
}
