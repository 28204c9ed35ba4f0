package com.databroker.streams;

import java.time.Instant;

/// Makes the typed, enriched record of a collected one. Runs in the job, one instance for each of its threads.
///
/// The same bytes give the same record: no clock, no randomness, no network.
public interface RecordParser {
    /// @param arrived when it was collected
    /// @throws PoisonException where no record can be made of it; it goes to the topic of the dead with that reason
    DataRecord parse(Collected collected, Instant arrived) throws PoisonException;
}
