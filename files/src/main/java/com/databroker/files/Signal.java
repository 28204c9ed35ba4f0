package com.databroker.files;

/// What another program did, as far as the system tells.
///
/// A signal is a reason to look and nothing more: by the time it is taken the name may stand for
/// something else. The last signal about a path is always newer than the last thing that was done to
/// it, so whoever looks after each one knows the truth in the end. Paths are relative, between
/// slashes, without a segment that begins with a dot.
sealed interface Signal {
    /// A file was closed by somebody who could write to it, or renamed to this path: all of it is
    /// there.
    record Finished(String path) implements Signal {}

    /// Something that is not a folder was made, written to or given another time or mode, and nobody
    /// can say whether it is finished: to be looked at when it has been quiet for a while, because for
    /// some of them nothing more comes (a second name for an old file, a link, a pipe; with a watch
    /// that does not see a file being closed, all).
    record Touched(String path) implements Signal {}

    /// Deleted, or renamed to another path; where two names were exchanged, something is there again.
    ///
    /// @param folder whether it was a folder: then all that was in it is gone from here, whether that is
    ///     told or not, and nothing below is watched any more, with no need to call
    ///     [FolderWatch#forget]
    record Gone(String path, boolean folder) implements Signal {}

    /// A folder was made or renamed to this path. It is not watched: first add it, then look at what
    /// is in it, and do the same with every folder there.
    record FolderCame(String path) implements Signal {}

    /// Signals were lost: forget everything, add every folder again and look at all that is there.
    record Overflow() implements Signal {}
}
