package com.databroker.cli;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.ProblemException;

/// Paths of the files plane as users type them.
final class Paths {
    private Paths() {}

    /// Without the slash that people put in front by habit.
    static String plain(String path) {
        return path.startsWith("/") ? path.substring(1) : path;
    }

    /// The path of a file; a folder is completed with `name`.
    static String target(String path, String name) {
        String plain = plain(path);
        if (!plain.isEmpty() && !plain.endsWith("/")) {
            return plain;
        }
        if (name.isEmpty()) {
            throw CliException.usage("PATH names a folder", "name the file, as " + plain + "data.bin");
        }
        return plain + name;
    }

    /// Asked where something was refused, to say it in better words; false where even that cannot be told.
    static boolean isFolder(DatabrokerClient client, String path) {
        try {
            return client.stat(path).folder();
        } catch (ProblemException unknown) {
            return false;
        }
    }

    /// The last segment.
    static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }
}
