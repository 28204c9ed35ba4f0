package com.databroker.streams;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;

/// A Parquet file of a cold table that lies on the disk and belongs to the table once it is committed.
///
/// ```
///   path │ date as epoch day │ size │ mtime │ rows │ stats
///   texts: count of bytes (int), then UTF-8; numbers: longs
/// ```
///
/// @param path below the table's folder: `date=2026-11-28/….parquet`
/// @param date the partition
/// @param size in bytes
/// @param mtime in milliseconds since 1970
/// @param stats the bounds of its columns, as JSON
record ColdFile(String path, LocalDate date, long size, long mtime, long rows, String stats) {
    private static final int TEXT_BYTES_MAX = 1 << 20;

    void write(DataOutputStream out) throws IOException {
        writeText(out, path);
        out.writeLong(date.toEpochDay());
        out.writeLong(size);
        out.writeLong(mtime);
        out.writeLong(rows);
        writeText(out, stats);
    }

    static ColdFile read(DataInputStream in) throws IOException {
        String path = readText(in);
        LocalDate date = LocalDate.ofEpochDay(in.readLong());
        return new ColdFile(path, date, in.readLong(), in.readLong(), in.readLong(), readText(in));
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
