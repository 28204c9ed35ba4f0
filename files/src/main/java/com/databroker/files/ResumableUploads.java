package com.databroker.files;

/// Uploads that may be interrupted and go on later, after a restart too.
final class ResumableUploads {
    /// What the names of their drafts begin with, which a start leaves in place.
    static final String PREFIX = "r-";

    private ResumableUploads() {}
}
