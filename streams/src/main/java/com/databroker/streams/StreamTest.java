package com.databroker.streams;

import com.databroker.core.Bytes;
import java.util.List;

/// What would come of a body, were it put into a stream.
///
/// @param records that would
/// @param rejected parts and records that would be set aside
/// @param first some of the records, as JSON
/// @param rejections some of what would be set aside
public record StreamTest(long records, long rejected, List<Bytes> first, List<Rejection> rejections) {
    public StreamTest {
        first = List.copyOf(first);
        rejections = List.copyOf(rejections);
    }

    /// What would be set aside.
    ///
    /// @param position where it is in the body
    public record Rejection(String position, String reason, Bytes excerpt) {}
}
