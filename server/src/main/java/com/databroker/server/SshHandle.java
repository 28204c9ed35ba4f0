package com.databroker.server;

import com.databroker.files.OpenFile;
import org.jspecify.annotations.Nullable;

/// What an SFTP client holds open.
sealed interface SshHandle extends AutoCloseable permits SshHandle.Reading, SshHandle.Folder, SshWriting {
    @Override
    void close();

    /// One version of a file, whatever becomes of its path meanwhile.
    record Reading(OpenFile file) implements SshHandle {
        @Override
        public void close() {
            file.close();
        }
    }

    /// A folder that is being listed.
    final class Folder implements SshHandle {
        final String path;

        /// The last name of the page before, null before the first page and after the last.
        @Nullable
        String after;

        boolean begun;

        Folder(String path) {
            this.path = path;
        }

        boolean isDone() {
            return begun && after == null;
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
