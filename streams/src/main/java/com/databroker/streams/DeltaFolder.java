package com.databroker.streams;

import io.delta.kernel.engine.Engine;
import io.delta.kernel.internal.SnapshotImpl;

/// A Delta table of ours, whatever it holds.
interface DeltaFolder {
    ColdFolder folder();

    Engine engine();

    /// Its newest version.
    SnapshotImpl latest();
}
