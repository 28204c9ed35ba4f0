package com.databroker.events;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import org.bouncycastle.util.Pack;

/// The client's half of CURVE, always with the same keys.
final class FuzzCurveClient {
    static final int WELCOME_LENGTH = 2 + 1 + 7 + 16 + 16 + 32 + 96;

    private static final byte[] SECRET = filled(7);
    private static final byte[] SHORT_SECRET = filled(9);
    static final byte[] PUBLIC = CurveBox.publicKey(SECRET);

    private final byte[] serverKey;
    private byte[] serverTransient = new byte[CurveBox.KEY_LENGTH];
    private long counter = 1;

    FuzzCurveClient(byte[] serverKey) {
        this.serverKey = serverKey;
    }

    private static byte[] filled(int value) {
        byte[] key = new byte[CurveBox.KEY_LENGTH];
        Arrays.fill(key, (byte) value);
        return key;
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] frame(int flags, String name, byte[]... data) {
        byte[] body = join(new byte[] {(byte) name.length()}, name.getBytes(StandardCharsets.US_ASCII), join(data));
        return body.length > 255
                ? join(new byte[] {(byte) (flags | Zmtp.LONG)}, Pack.longToBigEndian(body.length), body)
                : join(new byte[] {(byte) flags, (byte) body.length}, body);
    }

    private static CurveBox box(byte[] secret, byte[] key) {
        return Objects.requireNonNull(CurveBox.between(secret, key));
    }

    byte[] hello() {
        long number = counter++;
        return frame(
                Zmtp.COMMAND,
                "HELLO",
                new byte[] {1, 0},
                new byte[72],
                CurveBox.publicKey(SHORT_SECRET),
                Pack.longToBigEndian(number),
                box(SHORT_SECRET, serverKey).seal(CurveBox.nonce("CurveZMQHELLO---", number), new byte[64]));
    }

    byte[] initiate(byte[] welcome, byte[] metadata) {
        int at = 10;
        byte[] nonce = Arrays.copyOfRange(welcome, at, at + 16);
        byte[] plain = Objects.requireNonNull(box(SHORT_SECRET, serverKey)
                .open(CurveBox.nonce("WELCOME-", nonce), Arrays.copyOfRange(welcome, at + 16, welcome.length)));
        serverTransient = Arrays.copyOf(plain, 32);
        byte[] cookie = Arrays.copyOfRange(plain, 32, 128);
        byte[] vouchNonce = new byte[16];
        byte[] vouch = box(SECRET, serverTransient)
                .seal(CurveBox.nonce("VOUCH---", vouchNonce), join(CurveBox.publicKey(SHORT_SECRET), serverKey));
        long number = counter++;
        byte[] sealed = box(SHORT_SECRET, serverTransient)
                .seal(CurveBox.nonce("CurveZMQINITIATE", number), join(PUBLIC, vouchNonce, vouch, metadata));
        return frame(Zmtp.COMMAND, "INITIATE", cookie, Pack.longToBigEndian(number), sealed);
    }

    /// @param flags of the frame inside: 1 for more, 2 for a command
    byte[] message(int flags, byte[] body) {
        long number = counter++;
        byte[] sealed = box(SHORT_SECRET, serverTransient)
                .seal(CurveBox.nonce("CurveZMQMESSAGEC", number), join(new byte[] {(byte) flags}, body));
        return frame(0, "MESSAGE", Pack.longToBigEndian(number), sealed);
    }
}
