package com.databroker.files;

/// How the files plane is doing.
///
/// @param files known
/// @param bytes of these files
/// @param uploads under way
/// @param journalBytes on the disk
/// @param failure what made the files read-only, empty where nothing did
public record FilesStatus(long files, long bytes, int uploads, long journalBytes, String failure, Watching watching) {
    /// How changes of other programs are noticed.
    ///
    /// @param kind `inotify`, `service` or `none`
    /// @param folders watched
    /// @param waiting files that are not finished yet, or whose turn has not come
    /// @param overflows how often the system lost changes, each followed by a comparison of everything
    /// @param scans comparisons of the whole folder that ended
    /// @param scanning whether one is under way
    /// @param why it is not a better kind, or what limit was reached; empty where all is well
    public record Watching(
            String kind, int folders, int waiting, long overflows, long scans, boolean scanning, String why) {
        static final Watching NONE = new Watching("none", 0, 0, 0, 0, false, "not started");
    }
}
