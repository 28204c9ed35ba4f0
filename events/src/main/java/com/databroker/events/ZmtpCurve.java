package com.databroker.events;

import com.databroker.access.Credentials;
import com.databroker.core.Bytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.bouncycastle.util.Pack;
import org.jspecify.annotations.Nullable;

/// CURVE (ZeroMQ RFC 26), the server's side. `C`, `S` are long-term keys, `c`, `s` those of this connection.
///
/// ```
/// HELLO     01 00 | 00×72 | c | nonce 8 | Box[00×64](c→S)
/// WELCOME   nonce 16 | Box[s | cookie](S→c)            cookie = nonce 16 | Box[c | secret of s](K)
/// INITIATE  cookie 96 | nonce 8 | Box[C | nonce 16 | Box[c | S](C→s) | metadata](c→s)
/// READY     nonce 8 | Box[metadata](s→c)
/// MESSAGE   nonce 8 | Box[flags | body](either way)
/// ```
/// The cookie keeps the server free of state until the client has shown that it can decrypt; here the connection is
/// state already, so the cookie is only compared.
final class ZmtpCurve extends ZmtpMechanism {
    private static final int HELLO_LENGTH = 2 + 72 + 32 + 8 + 80;
    private static final int COOKIE_LENGTH = 96;
    private static final int VOUCH_LENGTH = 16 + 80;
    private static final byte[] MESSAGE_NAME = "\u0007MESSAGE".getBytes(StandardCharsets.US_ASCII);

    private final CurveKeys keys;
    private final Authenticator authenticator;
    private final SecureRandom random;
    private final byte[] transientSecret = new byte[CurveBox.KEY_LENGTH];

    private byte @Nullable [] clientTransient;
    private byte @Nullable [] cookie;
    private @Nullable CurveBox box;
    private long sent = 1;
    private long received;
    private boolean complete;

    ZmtpCurve(CurveKeys keys, Authenticator authenticator, SecureRandom random) {
        this.keys = keys;
        this.authenticator = authenticator;
        this.random = random;
    }

    @Override
    ByteBuf receive(String name, ByteBuf data, UnaryOperator<Map<String, String>> properties) {
        if (name.equals("HELLO") && clientTransient == null) {
            return hello(data);
        }
        byte[] expected = cookie;
        if (name.equals("INITIATE") && expected != null && !complete) {
            return initiate(data, expected, properties);
        }
        throw unexpected(name);
    }

    private ByteBuf hello(ByteBuf data) {
        if (data.readableBytes() != HELLO_LENGTH || data.readUnsignedByte() != 1 || data.readUnsignedByte() != 0) {
            throw new ZmtpRefused("malformed HELLO");
        }
        data.skipBytes(72);
        byte[] theirs = bytes(data, CurveBox.KEY_LENGTH);
        byte[] nonce = bytes(data, 8);
        CurveBox first = agree(keys.secretBytes(), theirs);
        if (first.open(CurveBox.nonce("CurveZMQHELLO---", nonce), bytes(data, 80)) == null) {
            throw new ZmtpRefused(ZmtpRefused.NOT_AUTHENTICATED);
        }
        clientTransient = theirs;
        random.nextBytes(transientSecret);
        byte[] freshCookie = makeCookie(theirs);
        cookie = freshCookie;
        byte[] plain = concat(CurveBox.publicKey(transientSecret), freshCookie);
        byte[] longNonce = randomBytes(16);
        byte[] welcome = first.seal(CurveBox.nonce("WELCOME-", longNonce), plain);
        return Zmtp.command("WELCOME", Unpooled.wrappedBuffer(longNonce, welcome));
    }

    private byte[] makeCookie(byte[] theirs) {
        byte[] nonce = randomBytes(16);
        CurveBox sealed = CurveBox.secret(randomBytes(32));
        return concat(nonce, sealed.seal(CurveBox.nonce("COOKIE--", nonce), concat(theirs, transientSecret)));
    }

    private ByteBuf initiate(ByteBuf data, byte[] expected, UnaryOperator<Map<String, String>> properties) {
        byte[] theirs = clientTransient;
        if (theirs == null || data.readableBytes() < COOKIE_LENGTH + 8 + CurveBox.TAG_LENGTH + 32 + VOUCH_LENGTH) {
            throw new ZmtpRefused("malformed INITIATE");
        }
        if (!java.security.MessageDigest.isEqual(expected, bytes(data, COOKIE_LENGTH))) {
            throw new ZmtpRefused(ZmtpRefused.NOT_AUTHENTICATED);
        }
        CurveBox session = agree(transientSecret, theirs);
        byte[] nonce = bytes(data, 8);
        byte[] plain = session.open(CurveBox.nonce("CurveZMQINITIATE", nonce), bytes(data, data.readableBytes()));
        if (plain == null) {
            throw new ZmtpRefused(ZmtpRefused.NOT_AUTHENTICATED);
        }
        received = Pack.bigEndianToLong(nonce, 0);
        byte[] client = Arrays.copyOf(plain, 32);
        checkVouch(client, theirs, Arrays.copyOfRange(plain, 32, 32 + VOUCH_LENGTH));
        authenticator.admit(new Credentials.CurveKey(Bytes.wrap(client)));
        Map<String, String> metadata =
                metadata(Unpooled.wrappedBuffer(plain, 32 + VOUCH_LENGTH, plain.length - 32 - VOUCH_LENGTH));
        ByteBuf answer = properties(properties.apply(metadata));
        byte[] ready = bytes(answer, answer.readableBytes());
        answer.release();
        box = session;
        complete = true;
        long number = sent++;
        return Zmtp.command(
                "READY",
                Unpooled.wrappedBuffer(
                        Pack.longToBigEndian(number), session.seal(CurveBox.nonce("CurveZMQREADY---", number), ready)));
    }

    /// The client's long-term key vouches for the key of this connection and names the server it meant.
    private void checkVouch(byte[] client, byte[] theirs, byte[] vouch) {
        byte[] nonce = Arrays.copyOf(vouch, 16);
        byte[] plain = agree(transientSecret, client)
                .open(CurveBox.nonce("VOUCH---", nonce), Arrays.copyOfRange(vouch, 16, vouch.length));
        if (plain == null || !Arrays.equals(plain, concat(theirs, keys.publicBytes()))) {
            throw new ZmtpRefused(ZmtpRefused.NOT_AUTHENTICATED);
        }
    }

    private static CurveBox agree(byte[] secretKey, byte[] publicKey) {
        CurveBox agreed = CurveBox.between(secretKey, publicKey);
        if (agreed == null) {
            throw new ZmtpRefused(ZmtpRefused.NOT_AUTHENTICATED);
        }
        return agreed;
    }

    @Override
    boolean isComplete() {
        return complete;
    }

    /// Opens a MESSAGE: the first byte tells more (1) and command (2), the rest is the body.
    ///
    /// @throws ZmtpRefused where it was changed, repeated or not made for this connection
    ByteBuf open(ByteBuf body) {
        CurveBox session = box;
        if (session == null || body.readableBytes() < MESSAGE_NAME.length + 8 + CurveBox.TAG_LENGTH + 1) {
            throw new ZmtpRefused("malformed MESSAGE");
        }
        if (!Arrays.equals(bytes(body, MESSAGE_NAME.length), MESSAGE_NAME)) {
            throw new ZmtpRefused("malformed MESSAGE");
        }
        byte[] nonce = bytes(body, 8);
        long number = Pack.bigEndianToLong(nonce, 0);
        if (Long.compareUnsigned(number, received) <= 0) {
            throw new ZmtpRefused("repeated MESSAGE");
        }
        byte[] plain = session.open(CurveBox.nonce("CurveZMQMESSAGEC", nonce), bytes(body, body.readableBytes()));
        if (plain == null) {
            throw new ZmtpRefused("MESSAGE does not decrypt");
        }
        received = number;
        return Unpooled.wrappedBuffer(plain);
    }

    /// Appends one frame, encrypted.
    ///
    /// @param flags of the frame in clear: more and command
    void seal(int flags, ByteBuf body, ByteBuf out) {
        CurveBox session = box;
        if (session == null) {
            throw new IllegalStateException("no handshake yet");
        }
        int length = body.readableBytes();
        byte[] plain = new byte[1 + length];
        plain[0] = (byte) (((flags & Zmtp.MORE) != 0 ? 1 : 0) | ((flags & Zmtp.COMMAND) != 0 ? 2 : 0));
        body.readBytes(plain, 1, length);
        long number = sent++;
        byte[] sealed = session.seal(CurveBox.nonce("CurveZMQMESSAGES", number), plain);
        Zmtp.writeHeader(out, 0, MESSAGE_NAME.length + 8 + sealed.length);
        out.writeBytes(MESSAGE_NAME).writeLong(number).writeBytes(sealed);
    }

    /// Encrypts whole frames one by one; takes `frames` over.
    ByteBuf sealAll(ByteBuf frames) {
        ByteBuf out = ByteBufAllocator.DEFAULT.directBuffer(frames.readableBytes() + 256);
        try {
            while (frames.isReadable()) {
                int flags = frames.readByte();
                long length = (flags & Zmtp.LONG) == 0 ? frames.readUnsignedByte() : frames.readLong();
                seal(flags, frames.readSlice((int) length), out);
            }
            return out;
        } finally {
            frames.release();
        }
    }

    private byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] bytes(ByteBuf from, int length) {
        byte[] bytes = new byte[length];
        from.readBytes(bytes);
        return bytes;
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
