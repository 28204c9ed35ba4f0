package com.databroker.cli;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Objects;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/// How a backup is packed, by its name when it is written and by its first bytes when it is read.
final class BackupTarget {
    private static final int BUFFER = 1 << 16;
    private static final int ZSTD = 0x28B52FFD;
    private static final int GZIP = 0x1F8B;
    private static final int LEVEL = 3;

    private BackupTarget() {}

    /// What a name says of how it is to be packed.
    enum Form {
        ZSTD,
        GZIP,
        PLAIN,
        FOLDER
    }

    static Form form(Path target) {
        String name = Objects.toString(target.getFileName());
        if (name.endsWith(".tar.zst")) {
            return Form.ZSTD;
        }
        if (name.endsWith(".tar.gz") || name.endsWith(".tgz")) {
            return Form.GZIP;
        }
        return name.endsWith(".tar") ? Form.PLAIN : Form.FOLDER;
    }

    /// What is done with the stream that is opened.
    interface Work<T> {
        T with(OutputStream tar) throws IOException, InterruptedException;
    }

    /// Writes a new file that only its owner may read; it is on the disk when this returns.
    static <T> T write(Path file, Form form, Work<T> work) throws IOException, InterruptedException {
        try (FileChannel channel = FileChannel.open(
                file,
                EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            T result;
            try (OutputStream kept = new Unclosed(Channels.newOutputStream(channel));
                    OutputStream packed = packed(new BufferedOutputStream(kept, BUFFER), form)) {
                result = work.with(packed);
            }
            channel.force(true);
            return result;
        }
    }

    /// The channel is forced before it is closed.
    private static final class Unclosed extends java.io.FilterOutputStream {
        Unclosed(OutputStream out) {
            super(out);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            out.write(bytes, offset, length);
        }

        @Override
        public void close() throws IOException {
            flush();
        }
    }

    private static OutputStream packed(OutputStream out, Form form) throws IOException {
        return switch (form) {
            case ZSTD -> new ZstdOutputStream(out, LEVEL).setChecksum(true);
            case GZIP -> new GZIPOutputStream(out, BUFFER);
            case PLAIN, FOLDER -> out;
        };
    }

    /// The tar file in a packed one.
    static InputStream open(Path file) throws IOException {
        InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER);
        in.mark(Integer.BYTES);
        byte[] begin = in.readNBytes(Integer.BYTES);
        in.reset();
        int first = 0;
        for (byte each : begin) {
            first = (first << 8) | (each & 0xFF);
        }
        if (first == ZSTD) {
            return new ZstdInputStream(in);
        }
        return begin.length == Integer.BYTES && first >>> 16 == GZIP ? new GZIPInputStream(in, BUFFER) : in;
    }
}
