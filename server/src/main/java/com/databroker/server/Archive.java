package com.databroker.server;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/// Takes files and folders one after the other.
interface Archive extends Closeable {
    void folder(ArchiveEntry entry) throws IOException;

    /// @param bytes at least as many as the entry says; the caller closes it
    void file(ArchiveEntry entry, InputStream bytes) throws IOException;
}
