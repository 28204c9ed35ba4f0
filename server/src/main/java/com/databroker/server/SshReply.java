package com.databroker.server;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// An SFTP message on its way out, whose length is filled in at the end.
///
/// ```text
/// length 4 │ type 1 │ request's number 4 │ …      a string is its length 4 and its bytes
/// ```
final class SshReply {
    private static final int START_BYTES = 256;

    private ByteBuffer buffer = ByteBuffer.allocate(START_BYTES);

    SshReply(int type) {
        buffer.putInt(0).put((byte) type);
    }

    SshReply(int type, int id) {
        this(type);
        putInt(id);
    }

    private ByteBuffer room(int bytes) {
        if (buffer.remaining() < bytes) {
            buffer = ByteBuffer.allocate(Math.max(2 * buffer.capacity(), buffer.position() + bytes))
                    .put(buffer.flip());
        }
        return buffer;
    }

    SshReply putInt(int value) {
        room(Integer.BYTES).putInt(value);
        return this;
    }

    SshReply putLong(long value) {
        room(Long.BYTES).putLong(value);
        return this;
    }

    SshReply putBytes(byte[] bytes) {
        room(Integer.BYTES + bytes.length).putInt(bytes.length).put(bytes);
        return this;
    }

    SshReply putText(String text) {
        return putBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    int length() {
        return buffer.position();
    }

    /// The message, with the length of what follows behind it.
    ByteBuffer message(int following) {
        buffer.putInt(0, buffer.position() - Integer.BYTES + following);
        return buffer.flip();
    }

    /// A string of a message that came in.
    static byte[] bytes(ByteBuffer from) {
        int length = from.getInt();
        if (length < 0 || length > from.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        from.get(bytes);
        return bytes;
    }
}
