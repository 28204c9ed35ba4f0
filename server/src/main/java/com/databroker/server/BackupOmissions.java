package com.databroker.server;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// What is found and not put into a backup, which has files and folders whose names are text: counted, with the
/// first place of each kind, so that a folder full of links does not fill the manifest.
final class BackupOmissions {
    private static final String ODD = "links and devices, which are neither files nor folders";
    private static final String UNNAMED = "files and folders whose names are not UTF-8";

    private record Found(int count, String first) {
        Found more(int many) {
            return new Found(count + many, first);
        }
    }

    private final Map<String, Found> found = new TreeMap<>();

    /// @param path of something that is neither file nor folder
    void odd(String path) {
        add(ODD, 1, path);
    }

    void unnamed(String folder, int count) {
        add(UNNAMED, count, folder + "/");
    }

    private void add(String kind, int count, String place) {
        Found before = found.get(kind);
        found.put(kind, before == null ? new Found(count, place) : before.more(count));
    }

    void addAll(BackupOmissions others) {
        others.found.forEach((kind, more) -> add(kind, more.count, more.first));
    }

    /// As sentences for people.
    List<String> told() {
        List<String> told = new ArrayList<>();
        found.forEach((kind, all) -> told.add(kind + ": " + all.count + ", the first at " + all.first));
        return told;
    }

    /// Whether the name of a file is text: what is not became text in which bytes were replaced, and that does not
    /// lead back.
    static boolean isNamed(Path file) {
        Path name = file.getFileName();
        return name == null || file.getFileSystem().getPath(name.toString()).equals(name);
    }
}
