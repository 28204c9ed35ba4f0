package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.streams.Collected;
import com.databroker.streams.Intake;
import com.databroker.streams.PoliteHttp;
import java.io.IOException;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// What a page of arXiv says of the pages behind it, and of the times of its papers. It is read for that here, and
/// once more when its records are taken.
///
/// @param oldest time of update of its papers, null where there are none
record ArxivPage(
        ArxivAnswer answer,
        @Nullable Instant newest,
        @Nullable Instant oldest) {
    /// @throws IOException where it is no page, or is cut off: what it says of the next one would be wrong
    static ArxivPage of(PoliteHttp.Answer http, Instant now) throws IOException {
        ArxivReader reader = new ArxivReader();
        Times times = new Times();
        reader.read(http.body(http.uri().toString(), now), times);
        ArxivAnswer answer = Objects.requireNonNullElse(reader.answer(), NOTHING);
        if (answer.error() == null && http.status() != PoliteHttp.OK) {
            throw http.unexpected();
        }
        if (!reader.isWhole()) {
            throw new IOException("arXiv's answer is no document, or is cut off");
        }
        return new ArxivPage(answer, times.newest, times.oldest);
    }

    private static final ArxivAnswer NOTHING = new ArxivAnswer(null, null, null, null, null, null, null, 0);

    private static final class Times implements Intake {
        private @Nullable Instant newest;
        private @Nullable Instant oldest;

        @Override
        public void record(Collected record) {
            Object updated = Json.parseObject(record.json()).get("updated");
            Instant time = updated instanceof String text ? FeedDates.parse(text) : null;
            if (time != null) {
                newest = newest == null || time.isAfter(newest) ? time : newest;
                oldest = oldest == null || time.isBefore(oldest) ? time : oldest;
            }
        }

        @Override
        public void reject(String position, String reason, Bytes excerpt) {
            // Told when the records are taken.
        }
    }
}
