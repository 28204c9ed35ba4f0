package com.databroker.sources;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// The bytes of a body, unpacked where they are gzip, up to a limit.
///
/// What is broken in the compression ends them, with a reason; what is broken in getting them is an
/// `IOException`. Both come out of the JDK as the same exception, so the compressed bytes are watched on
/// their way in.
final class GithubBytes {
    private static final int GZIP_BUFFER = 64 << 10;

    private final Watched watched;
    private final long max;
    private @Nullable InputStream unpacked;
    private @Nullable String broken;
    private @Nullable IOException failure;
    private boolean packed;
    private long count;

    GithubBytes(InputStream bytes, long max) {
        this.watched = new Watched(bytes);
        this.max = max;
    }

    /// As [InputStream#read(byte[], int, int)], and -1 where they are broken.
    int read(byte[] into, int offset, int length) throws IOException {
        if (broken != null) {
            return -1;
        }
        try {
            if (unpacked == null) {
                unpacked = unpack();
            }
            int read = unpacked.read(into, offset, length);
            count += Math.max(read, 0);
            if (count > max) {
                broken = "it is larger than " + max + " bytes unpacked";
            }
            return read;
        } catch (IOException notHad) {
            if (watched.failed) {
                failure = notHad;
                throw notHad;
            }
            broken = notHad instanceof EOFException
                    ? "the compressed data ends in the middle"
                    : "the compressed data is damaged";
            return -1;
        }
    }

    private InputStream unpack() throws IOException {
        PushbackInputStream start = new PushbackInputStream(watched, 2);
        byte[] magic = start.readNBytes(2);
        start.unread(magic);
        packed = magic.length == 2 && magic[0] == 0x1f && magic[1] == (byte) 0x8b;
        return packed ? new GZIPInputStream(new Members(start), GZIP_BUFFER) : start;
    }

    /// The bytes as a stream, which ends where they are broken.
    InputStream stream() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                return GithubBytes.this.read(into, offset, length);
            }
        };
    }

    /// Why they cannot be had, null where they can.
    @Nullable
    IOException failure() {
        return failure;
    }

    /// Whether they came compressed; known after the first read.
    boolean packed() {
        return packed;
    }

    /// Why they ended early, null where they did not.
    @Nullable
    String broken() {
        return broken;
    }

    /// Remembers whether the stream behind it failed.
    private static final class Watched extends FilterInputStream {
        private boolean failed;

        Watched(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            failed = true;
            int read = super.read();
            failed = false;
            return read;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            failed = true;
            int read = super.read(into, offset, length);
            failed = false;
            return read;
        }
    }

    /// Never says that it has nothing: the JDK takes that for the end and leaves the other members of the
    /// file out.
    private static final class Members extends FilterInputStream {
        Members(InputStream in) {
            super(in);
        }

        @Override
        public int available() {
            return 1;
        }
    }
}
