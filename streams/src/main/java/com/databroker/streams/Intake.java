package com.databroker.streams;

import com.databroker.core.Bytes;

/// Takes what a [BodyReader] finds. Its methods wait while those behind are busy: whoever reads a file reads more
/// slowly then.
public interface Intake {
    int HEAD_BYTES_MAX = 64 << 10;

    /// Takes a record; it is kept together with all others of the body, or none is.
    void record(Collected record);

    /// Takes a part that cannot be read; the others of the body go on.
    ///
    /// @param position where it is in the body, for people: `entry 17`, `frame 204`, `line 3`, `byte 1024`
    /// @param reason one sentence: what is wrong with it
    /// @param excerpt its bytes, cut where they are many
    void reject(String position, String reason, Bytes excerpt);

    /// As [#reject] of a part that cannot be understood by itself.
    ///
    /// @param head what of the body has to stand in front of the excerpt, so that the reader can read it; up to
    ///     [#HEAD_BYTES_MAX] bytes, where it is longer it is not kept
    default void reject(String position, String reason, Bytes excerpt, Bytes head) {
        reject(position, reason, excerpt);
    }
}
