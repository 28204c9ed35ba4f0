package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.nio.file.Path;

/// Paths in a backup, which may come from anybody.
final class ArchivePaths {
    private static final int LENGTH_MAX = 4096;

    private ArchivePaths() {}

    /// @return the path, which stays below whatever folder it is resolved in
    /// @throws ProblemException [Problem#BACKUP_UNSAFE]
    static String checked(String path) {
        boolean good = !path.isEmpty() && path.length() <= LENGTH_MAX && path.indexOf('\0') < 0;
        for (String segment : path.split("/", -1)) {
            good &= !segment.isEmpty() && !segment.equals(".") && !segment.equals("..");
        }
        if (!good) {
            throw new ProblemException(
                    Problem.BACKUP_UNSAFE, "it has an entry \"" + Text.excerpt(path) + "\", which leads elsewhere");
        }
        return path;
    }

    /// The place of a checked path below a folder.
    static Path below(Path folder, String path) {
        Path place = folder.resolve(path).normalize();
        if (!place.startsWith(folder.normalize()) || place.equals(folder.normalize())) {
            throw new ProblemException(
                    Problem.BACKUP_UNSAFE, "it has an entry \"" + Text.excerpt(path) + "\", which leads elsewhere");
        }
        return place;
    }
}
