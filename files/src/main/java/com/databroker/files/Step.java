package com.databroker.files;

/// One part of a commit.
sealed interface Step {
    /// A draft becomes the file at a path.
    record Publish(String path, Upload upload, Precondition precondition, FileMetadata metadata) implements Step {}

    /// A file is deleted.
    record Remove(String path, Precondition precondition) implements Step {}

    /// A file gets another path, where it replaces what is there; its metadata goes with it.
    record Move(String path, String to) implements Step {}

    /// The path that is changed, of a move the one that is left.
    String path();
}
