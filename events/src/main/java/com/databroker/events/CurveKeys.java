package com.databroker.events;

import com.databroker.core.Bytes;
import java.security.SecureRandom;

/// The broker's long-term CURVE key pair: clients must know the public half.
public final class CurveKeys {
    private final byte[] secretKey;
    private final byte[] publicKey;

    private CurveKeys(byte[] secretKey) {
        this.secretKey = secretKey;
        this.publicKey = CurveBox.publicKey(secretKey);
    }

    /// A fresh pair.
    public static CurveKeys generate(SecureRandom random) {
        byte[] secret = new byte[CurveBox.KEY_LENGTH];
        random.nextBytes(secret);
        return new CurveKeys(secret);
    }

    /// The pair of a secret key of 32 bytes.
    ///
    /// @throws IllegalArgumentException where it is not 32 bytes
    public static CurveKeys of(Bytes secretKey) {
        if (secretKey.length() != CurveBox.KEY_LENGTH) {
            throw new IllegalArgumentException("a CURVE secret key has 32 bytes, not " + secretKey.length());
        }
        return new CurveKeys(secretKey.toArray());
    }

    public Bytes publicKey() {
        return Bytes.copyOf(publicKey);
    }

    public Bytes secretKey() {
        return Bytes.copyOf(secretKey);
    }

    byte[] publicBytes() {
        return publicKey;
    }

    byte[] secretBytes() {
        return secretKey;
    }
}
