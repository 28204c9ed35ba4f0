package com.databroker.files;

/// What a look at a name shows, without following a link.
///
/// @param size in bytes
/// @param modified nanoseconds since 1970, as the disk keeps it
/// @param changed when the disk last changed anything about it, nanoseconds since 1970: nobody can set it;
///     0 where the disk does not tell
/// @param inode what stays when the name changes, and is given to another file when this one is gone; 0 where
///     the disk does not tell
/// @param born when the inode was given to this file, nanoseconds since 1970: nobody can set it; 0 where the disk
///     does not tell
public record FileState(Kind kind, long size, long modified, long changed, long inode, long born) {
    /// What a name stands for.
    public enum Kind {
        FILE,
        FOLDER,
        /// A symbolic link, pipe, socket or device: as if nothing were there, and nothing can be put there.
        OTHER
    }

    boolean isFile() {
        return kind == Kind.FILE;
    }

    boolean isFolder() {
        return kind == Kind.FOLDER;
    }

    /// Whether this is the same file under whatever name, with whatever bytes.
    boolean isSameFileAs(FileState other) {
        return kind == other.kind && inode == other.inode && born == other.born;
    }

    /// Whether these are the same bytes under another name: renaming keeps all of this.
    boolean isSameContentAs(FileState other) {
        return isSameFileAs(other) && size == other.size && modified == other.modified;
    }
}
