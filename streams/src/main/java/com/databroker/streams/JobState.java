package com.databroker.streams;

import org.apache.flink.api.common.JobStatus;

/// What the job of a stream is doing.
///
/// @param detail one sentence where it is not running, empty where there is nothing to say
record JobState(StreamStatus.Phase phase, String detail) {
    /// What Flink's word for it means here.
    static JobState of(JobStatus job) {
        StreamStatus.Phase phase = switch (job) {
            case INITIALIZING, CREATED -> StreamStatus.Phase.STARTING;
            case RUNNING -> StreamStatus.Phase.RUNNING;
            case RESTARTING, FAILING, RECONCILING -> StreamStatus.Phase.RESTARTING;
            case FAILED -> StreamStatus.Phase.FAILED;
            case CANCELLING, CANCELED, FINISHED, SUSPENDED -> StreamStatus.Phase.STOPPED;
        };
        return new JobState(phase, "");
    }
}
