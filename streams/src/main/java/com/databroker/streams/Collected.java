package com.databroker.streams;

import com.databroker.core.Bytes;

/// One collected record, as it rests in the raw topic: its id is the key, its JSON the value.
///
/// @param id the same for the same record, wherever and how often it is collected; up to [#ID_BYTES_MAX] bytes
/// @param json one JSON object, up to [#JSON_BYTES_MAX] bytes
public record Collected(String id, Bytes json) {
    public static final int ID_BYTES_MAX = 512;
    public static final int JSON_BYTES_MAX = 4 << 20;
}
