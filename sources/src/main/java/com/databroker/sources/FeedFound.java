package com.databroker.sources;

/// Takes what a reader of one format finds.
interface FeedFound {
    /// An entry, with all that was said of it.
    void item(FeedItem item);

    /// A part that cannot be read.
    ///
    /// @param begin where it begins in the document, in characters
    void reject(String position, String reason, int begin, int end);
}
