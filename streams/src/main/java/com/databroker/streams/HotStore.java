package com.databroker.streams;

import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;

/// The last days of every stream, findable within a moment: what the job writes beside the cold store.
///
/// For any number of threads. A record is there once, however often it is put: the last one put of an id
/// wins. What was put and not flushed may be lost with the process; the job puts it again then.
interface HotStore extends AutoCloseable {
    /// Puts a record in the place of any other of its id. It can be found soon after.
    ///
    /// @throws IOException where it could not; what was put before and not flushed may be lost, too, see
    ///     [#life]
    void put(Source source, Arrival arrival) throws IOException;

    /// Whether a put is work that is worth a thread of its own, and must not be interrupted.
    default boolean isWork() {
        return false;
    }

    /// Returns when everything that was put before is safe.
    void flush(Source source) throws IOException;

    /// Counts how often records were lost that had been put and not flushed, as after a full disk. Who
    /// has put some must put them again, if this is another number than before: a later flush does not
    /// bring them back.
    default long life(Source source) {
        return 0;
    }

    /// @throws com.databroker.core.ProblemException where the query is wrong
    StreamQuery.Answer search(Source source, StreamQuery query) throws IOException;

    /// What arrived before will not be looked at, in microseconds since 1970 UTC, as far as is known
    /// before a search; the greatest number where it is not.
    default long since(Source source) throws IOException {
        return Long.MAX_VALUE;
    }

    /// How many records match, whatever the query's limit.
    ///
    /// @throws com.databroker.core.ProblemException where the query is wrong
    long count(Source source, StreamQuery query) throws IOException;

    /// Counts the records of a range by day, and the values of a field of words.
    default HotRange.Seen days(Source source, HotRange range, String field, HotRange.Visitor to) throws IOException {
        return new HotPages(this, source, range).days(field, to);
    }

    /// Shows the records of a range, in no order.
    default HotRange.Seen each(Source source, HotRange range, HotRange.Visitor to) throws IOException {
        return new HotPages(this, source, range).each(to);
    }

    /// Frees the room of what is past the retention or above the limit of the disk. To be called every
    /// minute or so; that no old record is found does not depend on it.
    void expire() throws IOException;

    /// Of every stream that is known, by name.
    List<HotStatus> status() throws IOException;

    /// `listener` is told after records became visible, one call at a time. What it throws is logged.
    void visible(Consumer<HotVisible> listener);

    /// Forgets everything of a stream.
    void delete(Source source) throws IOException;

    @Override
    void close() throws IOException;
}
