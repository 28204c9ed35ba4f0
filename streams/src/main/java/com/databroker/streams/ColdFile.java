package com.databroker.streams;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;

/// A Parquet file of a cold table that lies on the disk and belongs to the table once it is committed.
///
/// ```
///   path │ date as epoch day │ size │ mtime │ rows │ stats │ replaces
///   texts: count of bytes (int), then UTF-8; numbers: longs; truth: a byte
/// ```
///
/// @param path below the table's folder: `date=2026-11-28/….parquet`
/// @param date the partition
/// @param size in bytes
/// @param mtime in milliseconds since 1970
/// @param stats the bounds of its columns, as JSON
/// @param replaces whether its rows replace those that the table has under their ids, see [ColdReplacing]
record ColdFile(String path, LocalDate date, long size, long mtime, long rows, String stats, boolean replaces) {
    private static final int TEXT_BYTES_MAX = 1 << 20;

    void write(DataOutputStream out) throws IOException {
        writeText(out, path);
        out.writeLong(date.toEpochDay());
        out.writeLong(size);
        out.writeLong(mtime);
        out.writeLong(rows);
        writeText(out, stats);
        out.writeBoolean(replaces);
    }

    /// @param version of [ColdBatch.Form]: the first had no replacing files
    static ColdFile read(DataInputStream in, int version) throws IOException {
        String path = readText(in);
        LocalDate date = LocalDate.ofEpochDay(in.readLong());
        ColdFile plain = new ColdFile(path, date, in.readLong(), in.readLong(), in.readLong(), readText(in), false);
        return version > 1 && in.readBoolean() ? plain.replacing() : plain;
    }

    /// The same, whose rows replace others.
    ColdFile replacing() {
        return new ColdFile(path, date, size, mtime, rows, stats, true);
    }

    static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static String readText(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > TEXT_BYTES_MAX) {
            throw new IOException("a text of " + length + " bytes in the state of a cold table");
        }
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
