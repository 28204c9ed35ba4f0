package com.databroker.streams;

import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Collects what was put into a stream since it was last told. For any number of threads.
final class HotNews {
    private final String stream;
    private final ArrayDeque<String> ids = new ArrayDeque<>(HotVisible.IDS_MAX + 1);
    private long count;
    private long newest = Long.MIN_VALUE;
    private long oldest = Long.MAX_VALUE;

    HotNews(String stream) {
        this.stream = stream;
    }

    synchronized void add(String id, long arrived) {
        count++;
        newest = Math.max(newest, arrived);
        oldest = Math.min(oldest, arrived);
        if (ids.size() == HotVisible.IDS_MAX) {
            ids.removeFirst();
        }
        ids.addLast(id);
    }

    /// What there is to tell, which is told then; null where there is nothing.
    synchronized @Nullable HotVisible take() {
        if (count == 0) {
            return null;
        }
        HotVisible visible =
                new HotVisible(stream, count, Arrival.instant(newest), Arrival.instant(oldest), List.copyOf(ids));
        count = 0;
        newest = Long.MIN_VALUE;
        oldest = Long.MAX_VALUE;
        ids.clear();
        return visible;
    }

    /// Gives back what could not be told yet.
    synchronized void back(HotVisible news) {
        count += news.count();
        newest = Math.max(newest, Arrival.micros(news.newest()));
        oldest = Math.min(oldest, Arrival.micros(news.oldest()));
        for (String id : news.ids().reversed()) {
            if (ids.size() < HotVisible.IDS_MAX) {
                ids.addFirst(id);
            }
        }
    }
}
