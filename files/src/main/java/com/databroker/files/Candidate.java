package com.databroker.files;

import java.nio.file.Path;

/// An upload that is complete and not visible yet.
///
/// @param path where it is to stand, relative to the root
/// @param file its bytes on the disk, complete and closed; a validator reads them and must not change them
public record Candidate(String path, Path file) {}
