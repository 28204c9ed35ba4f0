package com.databroker.events;

import java.util.Arrays;
import org.bouncycastle.crypto.engines.Salsa20Engine;
import org.bouncycastle.crypto.engines.XSalsa20Engine;
import org.bouncycastle.crypto.macs.Poly1305;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;
import org.bouncycastle.math.ec.rfc7748.X25519;
import org.bouncycastle.util.Pack;
import org.jspecify.annotations.Nullable;

/// NaCl's box between two key pairs: X25519 to agree, XSalsa20 to encrypt, Poly1305 to authenticate.
///
/// A box is 16 bytes of tag and the ciphertext. The primitives are Bouncy Castle's; their order is NaCl's
/// (`crypto_box_beforenm`, `crypto_secretbox`). Not safe for several threads.
final class CurveBox {
    static final int KEY_LENGTH = 32;
    static final int NONCE_LENGTH = 24;
    static final int TAG_LENGTH = 16;

    private final KeyParameter key;
    private final XSalsa20Engine cipher = new XSalsa20Engine();
    private final Poly1305 mac = new Poly1305();
    private final byte[] subkey = new byte[32];

    private CurveBox(byte[] key) {
        this.key = new KeyParameter(key);
    }

    /// A box under a shared secret key.
    static CurveBox secret(byte[] key) {
        return new CurveBox(key);
    }

    /// A box from the holder of `secretKey` to the holder of `publicKey` and back; null where the public key is one of
    /// the few that agree on nothing.
    static @Nullable CurveBox between(byte[] secretKey, byte[] publicKey) {
        byte[] shared = new byte[KEY_LENGTH];
        if (!X25519.calculateAgreement(secretKey, 0, publicKey, 0, shared, 0)) {
            return null;
        }
        return new CurveBox(hsalsa20(shared));
    }

    static byte[] publicKey(byte[] secretKey) {
        byte[] publicKey = new byte[KEY_LENGTH];
        X25519.scalarMultBase(secretKey, 0, publicKey, 0);
        return publicKey;
    }

    /// HSalsa20 with a nonce of zeros. Bouncy Castle's core adds the input at the end, which is taken away again.
    private static byte[] hsalsa20(byte[] shared) {
        int[] state = new int[16];
        int[] sigma = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
        int[] words = new int[8];
        Pack.littleEndianToInt(shared, 0, words);
        state[0] = sigma[0];
        state[5] = sigma[1];
        state[10] = sigma[2];
        state[15] = sigma[3];
        System.arraycopy(words, 0, state, 1, 4);
        System.arraycopy(words, 4, state, 11, 4);
        int[] mixed = new int[16];
        Salsa20Engine.salsaCore(20, state, mixed);
        int[] out = {
            mixed[0] - state[0],
            mixed[5] - state[5],
            mixed[10] - state[10],
            mixed[15] - state[15],
            mixed[6] - state[6],
            mixed[7] - state[7],
            mixed[8] - state[8],
            mixed[9] - state[9]
        };
        return Pack.intToLittleEndian(out);
    }

    /// Encrypts `length` bytes of `plain` from `offset`.
    byte[] seal(byte[] nonce, byte[] plain, int offset, int length) {
        start(nonce);
        byte[] box = new byte[TAG_LENGTH + length];
        cipher.processBytes(plain, offset, length, box, TAG_LENGTH);
        tag(box, TAG_LENGTH, length, box);
        return box;
    }

    byte[] seal(byte[] nonce, byte[] plain) {
        return seal(nonce, plain, 0, plain.length);
    }

    /// Decrypts, or answers null where the box is not what the other side made.
    byte @Nullable [] open(byte[] nonce, byte[] box) {
        if (box.length < TAG_LENGTH) {
            return null;
        }
        start(nonce);
        byte[] expected = new byte[TAG_LENGTH];
        tag(box, TAG_LENGTH, box.length - TAG_LENGTH, expected);
        if (!java.security.MessageDigest.isEqual(expected, Arrays.copyOf(box, TAG_LENGTH))) {
            return null;
        }
        byte[] plain = new byte[box.length - TAG_LENGTH];
        cipher.processBytes(box, TAG_LENGTH, plain.length, plain, 0);
        return plain;
    }

    /// The first 32 bytes of the key stream are the one-time key of the authenticator.
    private void start(byte[] nonce) {
        cipher.init(true, new ParametersWithIV(key, nonce));
        Arrays.fill(subkey, (byte) 0);
        cipher.processBytes(subkey, 0, subkey.length, subkey, 0);
        mac.init(new KeyParameter(subkey));
    }

    private void tag(byte[] text, int offset, int length, byte[] out) {
        mac.update(text, offset, length);
        mac.doFinal(out, 0);
    }

    /// The nonce of a purpose: its name, then as many bytes as fill 24.
    static byte[] nonce(String purpose, byte[] rest) {
        byte[] nonce = new byte[NONCE_LENGTH];
        for (int i = 0; i < purpose.length(); i++) {
            nonce[i] = (byte) purpose.charAt(i);
        }
        System.arraycopy(rest, 0, nonce, purpose.length(), rest.length);
        return nonce;
    }

    static byte[] nonce(String purpose, long counter) {
        return nonce(purpose, Pack.longToBigEndian(counter));
    }
}
