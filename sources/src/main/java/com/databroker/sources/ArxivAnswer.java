package com.databroker.sources;

import org.jspecify.annotations.Nullable;

/// What a body said beside its records, for whoever asks for the next one. All of it may be missing.
///
/// @param responseDate when the server answered, of OAI-PMH: the `from` of the next harvest
/// @param resumptionToken by which the list goes on; null at its end
/// @param cursor how many records came before
/// @param total how many there are in all: `completeListSize`, `totalResults`
/// @param perPage how many the API gives at most in one answer
/// @param error code of OAI-PMH, or `error` of the API
/// @param message what it says of the error
/// @param records how many records were in it, those that were rejected too
record ArxivAnswer(
        @Nullable String responseDate,
        @Nullable String resumptionToken,
        @Nullable Long cursor,
        @Nullable Long total,
        @Nullable Long perPage,
        @Nullable String error,
        @Nullable String message,
        int records) {}
