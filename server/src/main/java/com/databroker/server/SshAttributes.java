package com.databroker.server;

import com.databroker.files.FileEntry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// What SFTP says about a file.
///
/// ```text
/// flags 4 │ size 8 │ user 4, group 4 │ permissions 4 │ access time 4, modification time 4 │ count 4, (name, value)…
/// ```
/// Each part is there where its flag is set.
///
/// @param size -1 where nothing is said
/// @param owner whether an owner is asked for, which files here do not have
/// @param modified seconds since 1970, -1 where nothing is said
record SshAttributes(long size, boolean owner, long modified) {
    private static final int SIZE = 1;
    private static final int OWNER = 2;
    private static final int PERMISSIONS = 4;
    private static final int TIMES = 8;
    private static final int EXTENDED = 0x80000000;

    /// A regular file that its owner may write, and a folder.
    private static final int FILE_MODE = 0100644;

    private static final int FOLDER_MODE = 040755;
    private static final int EXTENDED_MAX = 64;
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("MMM d  yyyy", Locale.ROOT).withZone(ZoneOffset.UTC);

    static SshAttributes read(ByteBuffer from) {
        int flags = from.getInt();
        long size = (flags & SIZE) == 0 ? -1 : from.getLong();
        if ((flags & SIZE) != 0 && size < 0) {
            throw new IllegalArgumentException("a size of more than 63 bits");
        }
        boolean owner = (flags & OWNER) != 0;
        if (owner) {
            from.getLong();
        }
        if ((flags & PERMISSIONS) != 0) {
            from.getInt();
        }
        long modified = -1;
        if ((flags & TIMES) != 0) {
            from.getInt();
            modified = Integer.toUnsignedLong(from.getInt());
        }
        if ((flags & EXTENDED) != 0) {
            int pairs = from.getInt();
            if (pairs < 0 || pairs > EXTENDED_MAX) {
                throw new IllegalArgumentException("a file has " + pairs + " attributes of others");
            }
            for (int i = 0; i < 2 * pairs; i++) {
                SshReply.bytes(from);
            }
        }
        return new SshAttributes(size, owner, modified);
    }

    static void write(SshReply to, FileEntry entry) {
        int seconds = (int) Math.clamp(entry.modified().getEpochSecond(), 0, 0xFFFF_FFFFL);
        to.putInt(SIZE | PERMISSIONS | TIMES)
                .putLong(entry.size())
                .putInt(entry.folder() ? FOLDER_MODE : FILE_MODE)
                .putInt(seconds)
                .putInt(seconds);
    }

    /// A line as `ls -l` has it, which some clients show as it is.
    static byte[] line(FileEntry entry, String name) {
        String principal = entry.principal().isEmpty() ? "-" : entry.principal();
        return String.format(
                        Locale.ROOT,
                        "%s    1 %-8s %-8s %12d %s %s",
                        entry.folder() ? "drwxr-xr-x" : "-rw-r--r--",
                        principal,
                        "-",
                        entry.size(),
                        TIME.format(entry.modified()),
                        name)
                .getBytes(StandardCharsets.UTF_8);
    }
}
