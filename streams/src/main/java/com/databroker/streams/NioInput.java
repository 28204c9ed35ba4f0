package com.databroker.streams;

import io.delta.kernel.defaults.engine.fileio.InputFile;
import io.delta.kernel.defaults.engine.fileio.SeekableInputStream;
import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// A file that the kernel reads.
///
/// @param size as the table knows it; not positive where it does not
record NioInput(Path file, String path, long size) implements InputFile {
    @Override
    public long length() throws IOException {
        return size > 0 ? size : Files.size(file);
    }

    @Override
    public SeekableInputStream newStream() throws IOException {
        try {
            return new Stream(FileChannel.open(file));
        } catch (NoSuchFileException missing) {
            FileNotFoundException other = new FileNotFoundException(path);
            other.initCause(missing);
            throw other;
        }
    }

    private static final class Stream extends SeekableInputStream {
        /// The JDK keeps a buffer outside the heap for each thread, as large as the largest read was.
        private static final int READ_BYTES_MAX = 1 << 18;

        private final FileChannel channel;

        Stream(FileChannel channel) {
            this.channel = channel;
        }

        @Override
        public long getPos() throws IOException {
            return channel.position();
        }

        @Override
        public void seek(long position) throws IOException {
            channel.position(position);
        }

        @Override
        public void readFully(byte[] bytes, int offset, int length) throws IOException {
            for (int done = 0; done < length; ) {
                int count = read(bytes, offset + done, length - done);
                if (count < 0) {
                    throw new EOFException("ends " + (length - done) + " bytes early");
                }
                done += count;
            }
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return channel.read(ByteBuffer.wrap(bytes, offset, Math.min(length, READ_BYTES_MAX)));
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
