package com.databroker.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/// The bytes of a file for as long as it is as large as when it was opened; then an `IOException` ends them.
///
/// What comes through the files plane takes the place of a file, and who holds it open reads on in the old one. A
/// program
/// that writes into the file itself would have begin and end of two versions read as one, with a record in
/// the middle that is of neither. Owns the channel.
final class StillFile extends InputStream {
    private final FileChannel channel;
    private final String path;
    private final long size;

    /// @param size that it had when it was opened
    StillFile(FileChannel channel, String path, long size) {
        this.channel = channel;
        this.path = path;
        this.size = size;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        int read = channel.read(ByteBuffer.wrap(into, offset, length));
        // Looked at behind the read: what was still then was so before.
        if (channel.size() != size) {
            throw new IOException(path + " was written to while it was read");
        }
        return read;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
