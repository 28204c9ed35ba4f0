package com.databroker.cli;

import java.nio.file.Path;

/// Text that a shell reads back as it is.
final class Shell {
    private Shell() {}

    static String quoted(String word) {
        return word.matches("[A-Za-z0-9_./:@%+=,-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    /// The path as short as it can be said from `folder`, quoted.
    static String path(Path folder, Path path) {
        Path base = folder.toAbsolutePath().normalize();
        Path whole = path.toAbsolutePath().normalize();
        if (whole.startsWith(base) && !whole.equals(base)) {
            String relative = base.relativize(whole).toString();
            return quoted(relative.startsWith("-") ? "./" + relative : relative);
        }
        return quoted(whole.toString());
    }
}
