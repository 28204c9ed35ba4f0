package com.databroker.streams;

import java.util.List;

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
        List<String> damage) {
    public StreamStatus {
        damage = List.copyOf(damage);
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
        STOPPED
    }
}
