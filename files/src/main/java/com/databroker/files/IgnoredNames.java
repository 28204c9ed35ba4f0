package com.databroker.files;

import java.util.List;

/// Names that other programs use for what is not finished.
final class IgnoredNames {
    private final List<Glob> globs;

    IgnoredNames(FilesConfig config) {
        globs = config.ignore().stream().map(Glob::new).toList();
    }

    boolean contain(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        return globs.stream().anyMatch(glob -> glob.matches(name));
    }
}
