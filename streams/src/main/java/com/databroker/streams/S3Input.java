package com.databroker.streams;

import io.delta.kernel.defaults.engine.fileio.InputFile;
import io.delta.kernel.defaults.engine.fileio.SeekableInputStream;
import java.io.EOFException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/// An object that the kernel reads, in pieces: small ones at once, of large ones what is asked for, and a
/// little more. A Parquet file is read from its end, and its end twice; it is kept.
final class S3Input implements InputFile {
    /// What is fetched where less was asked for; what is not larger is fetched as a whole.
    private static final int PIECE_BYTES = 512 << 10;

    private final S3Client client;
    private final S3Place place;
    private final String path;
    private long size;
    private byte @Nullable [] end;

    /// @param size as the table knows it; not positive where it does not
    S3Input(S3Client client, S3Place place, String path, long size) {
        this.client = client;
        this.place = place;
        this.path = path;
        this.size = size;
    }

    @Override
    public long length() throws IOException {
        if (size <= 0 && end == null) {
            size = first();
        }
        return size;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public SeekableInputStream newStream() throws IOException {
        return new Stream(length());
    }

    /// Fetches the beginning and learns how long it is, in one answer: an object may be replaced between two.
    private long first() throws IOException {
        try {
            ResponseBytes<GetObjectResponse> answer = client.getObjectAsBytes(
                    get -> get.bucket(place.bucket()).key(place.key(path)).range("bytes=0-" + (PIECE_BYTES - 1)));
            byte[] bytes = answer.asByteArrayUnsafe();
            String range = answer.response().contentRange();
            long length = range == null ? bytes.length : Long.parseLong(range.substring(range.lastIndexOf('/') + 1));
            end = length == bytes.length ? bytes : null;
            return length;
        } catch (SdkException failed) {
            if (S3Clients.isEmpty(failed)) {
                end = new byte[0];
                return 0;
            }
            throw S3Clients.failure(path, failed);
        }
    }

    private byte[] fetch(long from, long to) throws IOException {
        try {
            byte[] bytes = client.getObjectAsBytes(get ->
                            get.bucket(place.bucket()).key(place.key(path)).range("bytes=" + from + "-" + (to - 1)))
                    .asByteArrayUnsafe();
            if (bytes.length != to - from) {
                throw new EOFException(path + " gave " + bytes.length + " bytes instead of " + (to - from));
            }
            return bytes;
        } catch (SdkException failed) {
            throw S3Clients.failure(path, failed);
        }
    }

    private final class Stream extends SeekableInputStream {
        private final long length;
        private long position;
        private byte[] piece = {};
        private long begin;

        Stream(long length) {
            this.length = length;
        }

        @Override
        public long getPos() {
            return position;
        }

        @Override
        public void seek(long to) {
            position = to;
        }

        @Override
        public void readFully(byte[] bytes, int offset, int count) throws IOException {
            for (int done = 0; done < count; ) {
                int read = read(bytes, offset + done, count - done);
                if (read < 0) {
                    throw new EOFException(path + " ends " + (count - done) + " bytes early");
                }
                done += read;
            }
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int count) throws IOException {
            if (count == 0) {
                return 0;
            }
            if (position >= length) {
                return -1;
            }
            if (position < begin || position >= begin + piece.length) {
                load(count);
            }
            int at = (int) (position - begin);
            int read = Math.min(count, piece.length - at);
            System.arraycopy(piece, at, bytes, offset, read);
            position += read;
            return read;
        }

        private void load(int count) throws IOException {
            long lastPiece = Math.max(0, length - PIECE_BYTES);
            if (position >= lastPiece) {
                byte[] kept = end;
                if (kept == null) {
                    kept = fetch(lastPiece, length);
                    end = kept;
                }
                begin = lastPiece;
                piece = kept;
            } else {
                long to = Math.min(length, position + Math.max(count, PIECE_BYTES));
                piece = fetch(position, to);
                begin = position;
            }
        }

        @Override
        public void close() {
            piece = new byte[0];
        }
    }
}
