package com.databroker.streams;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How a collector does; the counts are since the start.
///
/// @param lastPoll null before the first; of one that is pushed to, when something came last
/// @param nextPoll at the earliest; null where it has ended, or is pushed to
/// @param notModified answers that said so
/// @param limited steps that the other side asked to put off
/// @param failures steps that failed, those apart
/// @param gaps how often something was probably missed
/// @param trouble why the last step failed, empty where it did not
/// @param note what the collector says of its last step
/// @param steps that were done
/// @param brought records of the last step
/// @param rejected parts that could not be read, of the last step
/// @param pushed null where it is not pushed to, but fetches
public record CollectorStatus(
        String name,
        String stream,
        @Nullable Instant lastPoll,
        @Nullable Instant nextPoll,
        long requests,
        long notModified,
        long limited,
        long failures,
        long gaps,
        String trouble,
        String note,
        long steps,
        long brought,
        long rejected,
        @Nullable Pushed pushed) {
    /// What was pushed.
    ///
    /// @param received units that were taken: frames, lines, deliveries
    /// @param dropped units for which there was no room
    /// @param waitingBytes of what was taken and is not in the raw topic yet
    public record Pushed(long received, long dropped, long waitingBytes) {}

    /// @param all there are, of every stream
    /// @throws ProblemException [Problem#NOT_FOUND] where the stream has none of that name, [Problem#BAD_REQUEST]
    ///     where it does nothing by itself
    static void requireSteps(List<CollectorStatus> all, String stream, String collector) {
        List<CollectorStatus> its =
                all.stream().filter(each -> each.stream().equals(stream)).toList();
        CollectorStatus found = its.stream()
                .filter(each -> each.name().equals(collector))
                .findFirst()
                .orElseThrow(() -> {
                    String near = Text.nearest(
                            collector, its.stream().map(CollectorStatus::name).toList());
                    return new ProblemException(
                            Problem.NOT_FOUND,
                            "no collector \"" + Text.excerpt(collector) + "\" is configured for " + stream
                                    + (near.isEmpty() ? "" : "; did you mean " + near + "?"));
                });
        if (found.pushed() != null) {
            throw new ProblemException(
                    Problem.BAD_REQUEST, collector + " is pushed to: it asks nobody, so it has no steps");
        }
    }

    static CollectorStatus pushed(
            String name, String stream, @Nullable Instant last, Trouble wrong, String note, Pushed pushed) {
        return new CollectorStatus(
                name, stream, last, null, 0, 0, 0, wrong.failures, wrong.gaps, wrong.text, note, 0, 0, 0, pushed);
    }

    /// What went wrong with one that is pushed to.
    record Trouble(long failures, long gaps, String text) {}
}
