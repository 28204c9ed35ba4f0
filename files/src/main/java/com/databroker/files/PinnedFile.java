package com.databroker.files;

import java.util.function.Function;

/// A second name for one version of a file.
public final class PinnedFile {
    private final FileEntry entry;
    private final String name;
    private final Memo memo = new Memo();
    private volatile long used = System.nanoTime();

    PinnedFile(FileEntry entry, String name) {
        this.entry = entry;
        this.name = name;
    }

    public FileEntry entry() {
        return entry;
    }

    /// Where it is below the root.
    public String place() {
        return Disk.DRAFTS + "/" + name;
    }

    /// What a door has made of the entry, made once for all who are sent to this name.
    public <T> T memo(Class<T> type, Function<FileEntry, T> maker) {
        return memo.get(type, () -> maker.apply(entry));
    }

    String name() {
        return name;
    }

    void use() {
        used = System.nanoTime();
    }

    boolean isUnusedFor(long nanos) {
        return System.nanoTime() - used > nanos;
    }
}
