package com.databroker.files;

import com.databroker.core.Bytes;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// The SHA-256 of some bytes, in the least memory: there is one for each file.
record Sha256(long a, long b, long c, long d) {
    static final int BYTES = 32;
    static final Sha256 NONE = new Sha256(0, 0, 0, 0);

    private static final int SHORT_DIGITS = 16;

    static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }

    static Sha256 of(MessageDigest finished) {
        return read(ByteBuffer.wrap(finished.digest()));
    }

    static Sha256 of(byte[] bytes) {
        return read(ByteBuffer.wrap(digest().digest(bytes)));
    }

    static Sha256 read(ByteBuffer bytes) {
        return new Sha256(bytes.getLong(), bytes.getLong(), bytes.getLong(), bytes.getLong());
    }

    void write(ByteBuffer into) {
        into.putLong(a).putLong(b).putLong(c).putLong(d);
    }

    Bytes bytes() {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES);
        write(bytes);
        return Bytes.wrap(bytes.array());
    }

    /// Lower-case hexadecimal.
    String hex() {
        return HexFormat.of().formatHex(bytes().toArray());
    }

    String shortHex() {
        return hex().substring(0, SHORT_DIGITS);
    }
}
