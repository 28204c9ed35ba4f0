package com.databroker.files;

import java.io.IOException;
import java.io.Serial;
import java.util.Set;

/// Says why this system cannot watch folders in one of the ways.
final class WatchUnavailable extends IOException {
    @Serial
    private static final long serialVersionUID = 1;

    private final boolean instancesUsedUp;

    WatchUnavailable(String why, boolean instancesUsedUp) {
        super(why);
        this.instancesUsedUp = instancesUsedUp;
    }

    /// The limit that is in the way; empty where it is something else.
    Set<FolderWatch.Limit> limits() {
        return instancesUsedUp ? Set.of(FolderWatch.Limit.INSTANCES) : Set.of();
    }
}
