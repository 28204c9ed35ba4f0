package com.databroker.streams;

import java.time.Instant;
import java.util.List;

/// Says that records of a stream can be found now.
///
/// @param count how many since it was last said
/// @param newest when the newest of them arrived
/// @param oldest when the one that waited longest arrived
/// @param ids of up to [#IDS_MAX] of them, the last ones
record HotVisible(String stream, long count, Instant newest, Instant oldest, List<String> ids) {
    static final int IDS_MAX = 10;

    HotVisible {
        ids = List.copyOf(ids);
    }
}
