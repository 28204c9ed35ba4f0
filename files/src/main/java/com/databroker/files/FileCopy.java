package com.databroker.files;

import java.io.IOException;
import java.nio.channels.FileChannel;

/// Takes copies of what is in a folder of files, one after the other.
public interface FileCopy {
    /// A folder; what is in it comes later.
    void folder(String path) throws IOException;

    /// A file: one whole version of it, but where another program writes into it meanwhile.
    ///
    /// @param bytes for reading, from 0 to the size of `state`; closed by the caller
    void file(String path, FileState state, FileChannel bytes) throws IOException;

    /// Something that is no file or folder, as symbolic links are, and so is not copied.
    void leftOut(String path);

    /// So many files and folders of a folder whose names are not UTF-8, which are not copied either.
    void unnamed(String folder, int count);
}
