package com.databroker.access;

import com.databroker.core.Bytes;
import com.databroker.core.Finding;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The users file where it lies, and whether someone has changed it since it was read. Not for two threads at once.
final class UsersOnDisk {
    /// How often a file is read again after it changed: a second change may leave time and size as they were.
    private static final int SECOND_LOOKS = 2;

    private record Stamp(
            FileTime modified, long size, @Nullable Object file) {}

    private final Path path;
    private final long bytesMax;
    private @Nullable Stamp stamp;
    private int looks;

    UsersOnDisk(Path path, long bytesMax) {
        this.path = path;
        this.bytesMax = bytesMax;
    }

    /// Whether it is worth reading again.
    boolean mayHaveChanged() {
        Stamp now = stamp();
        if (now == null || !now.equals(stamp)) {
            // A file that is missing for a moment is being replaced by an editor; the old one stays in force.
            return now != null;
        }
        return looks > 0;
    }

    private @Nullable Stamp stamp() {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return new Stamp(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
        } catch (IOException missing) {
            return null;
        }
    }

    /// @throws com.databroker.core.ProblemException USERS_FILE_INVALID where it is missing, unreadable or too large
    Bytes read() {
        // Before the content: what changes in between is seen at the next look.
        Stamp before = stamp();
        looks = before != null && before.equals(stamp) ? looks - 1 : SECOND_LOOKS;
        stamp = before;
        byte[] content;
        try (InputStream in = Files.newInputStream(path)) {
            content = in.readNBytes(Math.toIntExact(bytesMax + 1));
        } catch (IOException unreadable) {
            throw Findings.refusal(List.of(new Finding(
                    0, 0, path + " cannot be read: " + unreadable.getClass().getSimpleName())));
        }
        checkSize(content.length, bytesMax);
        return Bytes.wrap(content);
    }

    static void checkSize(int length, long bytesMax) {
        if (length > bytesMax) {
            throw Findings.refusal(List.of(new Finding(
                    0, 0, "the file is larger than " + bytesMax + " bytes; raise users-file-bytes-max to allow it")));
        }
    }
}
