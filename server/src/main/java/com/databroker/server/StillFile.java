package com.databroker.server;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.HexFormat;

/// The bytes of a file for as long as it is as it was announced; then an `IOException` ends them.
///
/// What comes through the files plane takes the place of a file, and who holds it open reads on in the old one. A
/// program that writes into the file itself would have begin and end of two versions read as one, with a record in
/// the middle that is of neither. Another size tells at once, anything else the hash at the end. Owns the channel.
final class StillFile extends BulkInput {
    private final MessageDigest digest = Digests.sha256();
    private final FileChannel channel;
    private final String path;
    private final long size;
    private final String sha256;
    private boolean ended;

    /// @param size that it was announced with
    /// @param sha256 the same, in hexadecimal
    StillFile(FileChannel channel, String path, long size, String sha256) {
        this.channel = channel;
        this.path = path;
        this.size = size;
        this.sha256 = sha256;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        int read = channel.read(ByteBuffer.wrap(into, offset, length));
        if (read > 0) {
            digest.update(into, offset, read);
        }
        // Looked at behind the read: what was still then was so before.
        if (channel.size() != size || (read < 0 && !isWhole())) {
            throw new IOException(path + " was written to while it was read");
        }
        return read;
    }

    /// Whether what was read to the end is what was announced.
    private boolean isWhole() {
        boolean whole = ended || HexFormat.of().formatHex(digest.digest()).equals(sha256);
        ended = whole;
        return whole;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
