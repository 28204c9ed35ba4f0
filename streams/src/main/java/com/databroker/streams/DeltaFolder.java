package com.databroker.streams;

import io.delta.kernel.TableManager;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.internal.SnapshotImpl;

/// A Delta table of ours, whatever it holds.
interface DeltaFolder {
    ColdFiles files();

    default ColdFolder folder() {
        return files().folder();
    }

    default Engine engine() {
        return files().engine();
    }

    /// Its newest version.
    default SnapshotImpl latest() {
        return (SnapshotImpl) TableManager.loadSnapshot(folder().location()).build(engine());
    }

    default SnapshotImpl at(long version) {
        return (SnapshotImpl) TableManager.loadSnapshot(folder().location())
                .atVersion(version)
                .build(engine());
    }
}
