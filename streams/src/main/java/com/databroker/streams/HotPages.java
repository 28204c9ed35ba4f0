package com.databroker.streams;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Goes through a range of a hot store by its search, page after page: for stores that have no faster way.
final class HotPages {
    private final HotStore store;
    private final Source source;
    private final HotRange range;

    HotPages(HotStore store, Source source, HotRange range) {
        this.store = store;
        this.source = source;
        this.range = range;
    }

    HotRange.Seen each(HotRange.Visitor to) throws IOException {
        to.begin();
        StreamQuery query = StreamQuery.of("", StreamQuery.LIMIT_MAX);
        long since = range.since();
        String partial = null;
        while (true) {
            StreamQuery.Answer page = store.search(source, query);
            since = Math.max(since, page.since());
            partial = page.partial() == null ? partial : page.partial();
            for (StreamQuery.Hit hit : page.hits()) {
                boolean within = hit.time() >= range.fromMicros() && hit.time() <= range.lastMicros();
                if (within && hit.arrived() >= since) {
                    to.record(hit.time(), hit.json());
                }
            }
            if (page.next() == null || page.next().time() < range.fromMicros()) {
                return new HotRange.Seen(since, partial);
            }
            query = query.after(page.next());
        }
    }

    HotRange.Seen days(String field, HotRange.Visitor to) throws IOException {
        ViewKeys keys = new ViewKeys(source, View.values("days", field, field));
        return each(new HotRange.Visitor() {
            private final Set<String> found = new HashSet<>();

            @Override
            public void begin() {
                to.begin();
            }

            @Override
            public void count(int day, @Nullable String value, long count) {
                to.count(day, value, count);
            }

            @Override
            public void record(long time, com.databroker.core.Bytes json) {
                int day = ViewKeys.day(time);
                found.clear();
                keys.of(RecordJson.read(source.schema(), json), found);
                to.count(day, null, 1);
                found.forEach(value -> to.count(day, value, 1));
            }
        });
    }
}
