package com.databroker.streams;

import com.databroker.core.Bytes;

/// Takes what a [BodyReader] finds. Its methods wait while those behind are busy: whoever reads a file reads more
/// slowly then.
public interface Intake {
    /// Takes a record; it is kept together with all others of the body, or none is.
    void record(Collected record);

    /// Takes a part that cannot be read; the others of the body go on.
    ///
    /// @param position where it is in the body, for people: `entry 17`, `frame 204`, `line 3`, `byte 1024`
    /// @param reason one sentence: what is wrong with it
    /// @param excerpt its bytes, cut where they are many
    void reject(String position, String reason, Bytes excerpt);
}
