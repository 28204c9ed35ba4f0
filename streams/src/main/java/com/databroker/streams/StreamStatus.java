package com.databroker.streams;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// How a stream does.
///
/// @param phase what it is doing
/// @param detail one sentence where it is not running: what is wrong, what follows
/// @param collected records that came into the raw topic, the same one as often as it came
/// @param lag what of the raw topic the job has not made safe yet, in offsets; 0 where there is nothing
/// @param dead records set aside
/// @param waiting files that wait to be taken in
/// @param hot records that a search finds in the hot store
/// @param hotBytes of the hot store on the disk
/// @param cold records in the cold store
/// @param coldBytes of the cold store
/// @param damage what was found broken, one sentence each
/// @param oldest when the oldest record was collected that the job has not made safe; null where there is none
/// @param checkpoints how the job makes safe what it did
public record StreamStatus(
        String name,
        Phase phase,
        String detail,
        long collected,
        long lag,
        long dead,
        int waiting,
        long hot,
        long hotBytes,
        long cold,
        long coldBytes,
        List<String> damage,
        @Nullable Instant oldest,
        Checkpoints checkpoints) {
    public StreamStatus {
        damage = List.copyOf(damage);
    }

    /// Of a stream without engines.
    static StreamStatus atRest(String name, Phase phase, String detail) {
        return new StreamStatus(name, phase, detail, 0, 0, 0, 0, 0, 0, 0, 0, List.of(), null, Checkpoints.NONE);
    }

    /// How a job makes safe what it did; the counts are since its start.
    ///
    /// @param completed how many there were
    /// @param failed how many failed
    /// @param last when the last one was complete; null before the first
    /// @param took how long that took
    /// @param restarts of the job after failures
    public record Checkpoints(
            long completed, long failed, @Nullable Instant last, Duration took, long restarts) {
        static final Checkpoints NONE = new Checkpoints(0, 0, null, Duration.ZERO, 0);
    }

    /// What a stream, or the plane, is doing.
    public enum Phase {
        /// Its engines come up.
        STARTING,
        /// All is well.
        RUNNING,
        /// Its job failed and is started again.
        RESTARTING,
        /// It does nothing until somebody helps.
        FAILED,
        /// It ends.
        STOPPED;

        private static final List<Phase> WORST_FIRST = List.of(FAILED, STOPPED, RESTARTING, STARTING);

        /// Of engines that are not up.
        ///
        /// @param well whether nothing is wrong
        /// @param ran whether they were up once: then they come up again
        static Phase atRest(boolean well, boolean ran) {
            return well ? STARTING : ran ? RESTARTING : FAILED;
        }

        /// That of the one that is worst off.
        static Phase worst(Collection<Phase> phases) {
            return WORST_FIRST.stream().filter(phases::contains).findFirst().orElse(RUNNING);
        }
    }
}
