package com.databroker.streams;

import java.io.IOException;

/// Reads foreign bytes and gives what they hold, record by record.
///
/// It trusts nothing: sizes, counts and nesting have limits, compressed data is bounded, and whatever it cannot
/// read it rejects with position and reason and goes on where it can. A body that is cut off gives what came before.
/// Not shared between threads.
public interface BodyReader {
    /// @throws IOException where the bytes cannot be had; nothing of the body is kept then
    void read(Body body, Intake into) throws IOException;
}
