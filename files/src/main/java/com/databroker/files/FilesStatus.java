package com.databroker.files;

import java.util.List;

/// How the files plane is doing.
///
/// @param files known
/// @param bytes of these files
/// @param uploads under way
/// @param journalBytes on the disk
/// @param failure what made the files read-only, empty where nothing did
/// @param quotas of the rules that have one, in the order of their names
public record FilesStatus(
        long files, long bytes, int uploads, long journalBytes, String failure, Watching watching, List<Quota> quotas) {
    public FilesStatus {
        quotas = List.copyOf(quotas);
    }

    /// How full the room is that a rule gives. What is under way is counted as if it were there.
    ///
    /// @param rule its name, as in `files.rules.<name>`
    /// @param path the pattern of the files that it is for
    /// @param bytesMax 0 where there is no limit
    /// @param filesMax 0 where there is no limit
    public record Quota(String rule, String path, long bytes, long bytesMax, long files, long filesMax) {
        /// The share that is taken of the limit that is nearer.
        public double full() {
            return Math.max(
                    bytesMax == 0 ? 0 : (double) bytes / bytesMax, filesMax == 0 ? 0 : (double) files / filesMax);
        }
    }

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
