package com.databroker.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One folder of a disk, with what the files plane needs to do in it and nothing else: the seam at which
/// tests put a disk that loses what was not forced.
///
/// Paths are relative, checked segments between slashes; the empty path is the folder itself. No operation
/// follows a symbolic link on the way or leaves the folder, whatever others do to it meanwhile. What is
/// written, renamed or deleted is safe only after [Draft#force] and [#forceFolder].
///
/// All throw [java.nio.file.NoSuchFileException] where nothing is at a path, and [IOException] for what the
/// disk says.
public interface Disk extends AutoCloseable {
    /// A name and what it stands for.
    record Child(String name, FileState state) {}

    /// A file in the making, in the folder's own [#DRAFTS], under a name that nobody asks for.
    interface Draft extends AutoCloseable {
        /// The name among the drafts.
        String name();

        /// Writes all of `bytes` at `position`.
        void write(ByteBuffer bytes, long position) throws IOException;

        /// Reads at `position`.
        ///
        /// @return number of bytes, -1 at the end
        int read(ByteBuffer into, long position) throws IOException;

        void truncate(long size) throws IOException;

        /// Sets when it was last modified, in nanoseconds since 1970.
        void setModified(long nanos) throws IOException;

        /// Returns when the bytes are on the disk.
        void force() throws IOException;

        FileState state() throws IOException;

        /// The file where a program can read it.
        Path path();

        /// Closes it; the file stays.
        @Override
        void close() throws IOException;
    }

    /// A file that is opened for reading.
    ///
    /// @param channel for reading; the holder closes it
    record Opened(FileState state, FileChannel channel) {}

    /// A file that only grows.
    interface Log extends AutoCloseable {
        /// Writes all of `bytes` at the end.
        void append(ByteBuffer bytes) throws IOException;

        void truncate(long size) throws IOException;

        void force() throws IOException;

        @Override
        void close() throws IOException;
    }

    /// The folder for drafts, below the root.
    String DRAFTS = ".dbk";

    /// Opens a folder of this machine.
    ///
    /// @param root an existing folder
    static Disk of(Path root) throws IOException {
        return Libc.isAvailable() ? NativeDisk.open(root) : PortableDisk.open(root);
    }

    /// Where the folder is.
    Path root();

    /// @return null where nothing is there, or where a link stands on the way
    @Nullable
    FileState look(String path) throws IOException;

    /// Whether a file is still as it was. A link on the way may be followed: only the very same file, unchanged,
    /// counts.
    default boolean isStill(String path, FileState state) throws IOException {
        return state.equals(look(path));
    }

    /// Opens a file for reading; does not block on pipes.
    ///
    /// @return null where there is no file
    @Nullable
    Opened open(String path) throws IOException;

    /// What is in a folder, in no order, [#DRAFTS] left out.
    List<Child> children(String folder) throws IOException;

    /// How many files and folders in a folder have names that are no text, and so are not among its children.
    default int unnamed(String folder) throws IOException {
        return 0;
    }

    Draft createDraft(String name) throws IOException;

    /// Opens a draft for writing.
    Draft openDraft(String name) throws IOException;

    /// Names of files and folders among the drafts.
    List<String> drafts() throws IOException;

    /// Removes a draft, or a folder of drafts with all that is in it; nothing happens where there is none.
    void deleteDraft(String name) throws IOException;

    /// Makes a folder among the drafts.
    void makeDraftFolder(String name) throws IOException;

    /// Gives a file a second name among the drafts, where a program can read it but never sees it change.
    void lend(String path, String draft) throws IOException;

    /// Renames a draft to `path` and replaces the file there, in one step for all who look.
    void publish(String draft, String path) throws IOException;

    /// Renames a file and replaces the one at `to`.
    void rename(String from, String to) throws IOException;

    void makeFolder(String path) throws IOException;

    /// Deletes a file or an empty folder.
    void delete(String path) throws IOException;

    /// Returns when the bytes of a file are on the disk, whoever wrote them.
    void forceFile(String path) throws IOException;

    /// Returns when names that were added to, replaced in and removed from the folder are on the disk.
    void forceFolder(String folder) throws IOException;

    /// Whether [#forceAll] is to be had.
    default boolean canForceAll() {
        return true;
    }

    /// Returns when all that was ever written is on the disk: for many files cheaper than each by itself.
    void forceAll() throws IOException;

    /// Opens a file that grows, and makes it where it is missing.
    Log openLog(String path) throws IOException;

    @Override
    void close() throws IOException;
}
