package com.databroker.streams;

import java.io.DataInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.runtime.checkpoint.Checkpoints;
import org.apache.flink.runtime.checkpoint.OperatorState;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.checkpoint.metadata.CheckpointMetadata;
import org.apache.flink.runtime.state.OperatorStateHandle;
import org.apache.flink.runtime.state.filesystem.FileStateHandle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The checkpoints and savepoints that the jobs of one stream left, in whatever file system.
///
/// ```
/// <stream>/<job>/chk-<n>/_metadata        written last; names the other files of the checkpoint
/// <stream>/stopped/savepoint-…/_metadata
/// ```
/// One that was not finished, was cut short, or lacks a file that it names, is passed over.
final class RetainedCheckpoints {
    private static final Logger LOG = LoggerFactory.getLogger(RetainedCheckpoints.class);
    private static final String METADATA = "_metadata";
    private static final int DEPTH_MAX = 3;

    private final Path folder;
    private final FileSystem files;

    /// @param folder of one stream, as an address
    RetainedCheckpoints(String folder) throws IOException {
        this.folder = new Path(folder);
        this.files = this.folder.getFileSystem();
    }

    /// One that is whole.
    ///
    /// @param folder its own
    private record Found(Path folder, long number, long modified) {}

    /// Addresses of those that are whole, the newest first. Their numbers tell, not the clock: a job that goes on
    /// counts on.
    List<String> newestFirst() throws IOException {
        List<Found> whole = new ArrayList<>();
        for (FileStatus metadata : metadata()) {
            try {
                whole.add(read(metadata));
            } catch (IOException | RuntimeException | OutOfMemoryError damaged) {
                // What is read for a length may be anything, so there may be no memory for it.
                LOG.atWarn()
                        .addKeyValue("checkpoint", metadata.getPath())
                        .addKeyValue("reason", String.valueOf(damaged.getMessage()))
                        .log("a checkpoint is damaged and is passed over");
            }
        }
        whole.sort(Comparator.comparingLong(Found::number)
                .thenComparingLong(Found::modified)
                .reversed());
        return whole.stream().map(found -> found.folder().toString()).toList();
    }

    private Found read(FileStatus metadata) throws IOException {
        try (DataInputStream in = new DataInputStream(files.open(metadata.getPath()))) {
            CheckpointMetadata read = Checkpoints.loadCheckpointMetadata(
                    in,
                    RetainedCheckpoints.class.getClassLoader(),
                    metadata.getPath().toString());
            for (OperatorState operator : read.getOperatorStates()) {
                for (OperatorSubtaskState state : operator.getStates()) {
                    for (OperatorStateHandle each : state.getManagedOperatorState()) {
                        require(each);
                    }
                }
            }
            return new Found(metadata.getPath().getParent(), read.getCheckpointId(), metadata.getModificationTime());
        }
    }

    private void require(OperatorStateHandle state) throws IOException {
        if (state.getDelegateStateHandle() instanceof FileStateHandle file) {
            long length = files.getFileStatus(file.getFilePath()).getLen();
            if (length != file.getStateSize()) {
                throw new IOException(
                        file.getFilePath() + " has " + length + " bytes and should have " + file.getStateSize());
            }
        }
    }

    private List<FileStatus> metadata() throws IOException {
        List<FileStatus> found = new ArrayList<>();
        look(folder, 0, found);
        return found;
    }

    private void look(Path in, int depth, List<FileStatus> found) throws IOException {
        for (FileStatus each : list(in)) {
            if (each.isDir()) {
                if (depth < DEPTH_MAX) {
                    look(each.getPath(), depth + 1, found);
                }
            } else if (each.getPath().getName().equals(METADATA)) {
                found.add(each);
            }
        }
    }

    private FileStatus[] list(Path in) throws IOException {
        try {
            FileStatus[] all = files.listStatus(in);
            return all == null ? new FileStatus[0] : all;
        } catch (FileNotFoundException absent) {
            return new FileStatus[0];
        }
    }

    /// Removes what earlier jobs left, but for those that hold one of `kept`. To be called while no job runs.
    void clean(List<String> kept) throws IOException {
        for (FileStatus job : list(folder)) {
            String begin = job.getPath() + "/";
            if (kept.stream().noneMatch(each -> (each + "/").startsWith(begin))) {
                files.delete(job.getPath(), true);
            }
        }
    }
}
