package com.databroker.server;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/// Gives files and folders one after the other. Paths are [checked][ArchivePaths#checked].
interface ArchiveReader extends Closeable {
    /// @return null at the end
    /// @throws com.databroker.core.ProblemException of the backup problems, where it is none or damaged
    @Nullable
    ArchiveEntry next() throws IOException;

    /// The bytes of the entry that [#next] gave.
    InputStream bytes() throws IOException;
}
