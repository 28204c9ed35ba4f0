package com.databroker.objects;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The file `<store>.restored`, which says that a backup was put in the place of a store's database,
/// until the next start has seen it.
final class RestoredMark {
    private final Path file;

    RestoredMark(Path folder, String store) {
        file = folder.resolve(store + ".restored");
    }

    boolean isThere() {
        return Files.exists(file);
    }

    void remove() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException refused) {
            throw new ProblemException(Problem.DATA_NOT_WRITABLE, file + " cannot be deleted", refused);
        }
    }
}
