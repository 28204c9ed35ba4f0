package com.databroker.access;

import com.databroker.core.Bytes;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Set;
import java.util.regex.Pattern;

/// The public keys and certificates a users file may hold, from their text. Each throws [IllegalArgumentException]
/// with the rest of a sentence that begins with what it is.
final class PublicKeys {
    private static final String Z85 =
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    private static final int CURVE_BYTES = 32;
    private static final int CURVE_CHARACTERS = 40;
    private static final int ED25519_BYTES = 32;
    private static final int RSA_BITS_MIN = 2048;
    private static final Pattern SPACES = Pattern.compile("\\s+");
    private static final Set<String> SSH_TYPES = Set.of(
            "ssh-ed25519",
            "ssh-rsa",
            "ecdsa-sha2-nistp256",
            "ecdsa-sha2-nistp384",
            "ecdsa-sha2-nistp521",
            "sk-ssh-ed25519@openssh.com",
            "sk-ecdsa-sha2-nistp256@openssh.com");

    /// @param blob the key in its wire form, which begins with the type again
    record Ssh(String type, Bytes blob, String comment) {
        String text() {
            String fingerprint = Base64.getEncoder().withoutPadding().encodeToString(Tokens.sha256(blob.toArray()));
            return (type + " SHA256:" + fingerprint + " " + comment).strip();
        }
    }

    private PublicKeys() {}

    /// Five characters, most significant first, are four bytes (https://rfc.zeromq.org/spec/32/).
    static Bytes curve(String text) {
        if (text.length() != CURVE_CHARACTERS) {
            throw new IllegalArgumentException("has " + text.length() + " characters; a public key in Z85 has 40");
        }
        ByteBuffer bytes = ByteBuffer.allocate(CURVE_BYTES);
        for (int i = 0; i < text.length(); i += 5) {
            long word = 0;
            for (int j = i; j < i + 5; j++) {
                int digit = Z85.indexOf(text.charAt(j));
                if (digit < 0) {
                    throw new IllegalArgumentException("has a character at index " + j + " that Z85 does not have");
                }
                word = word * Z85.length() + digit;
            }
            if (word > 0xFFFF_FFFFL) {
                throw new IllegalArgumentException("is not Z85: the group at index " + i + " is too large");
            }
            bytes.putInt((int) word);
        }
        return Bytes.wrap(bytes.array());
    }

    static String z85(Bytes key) {
        StringBuilder text = new StringBuilder();
        ByteBuffer bytes = key.asReadOnlyBuffer();
        while (bytes.remaining() >= Integer.BYTES) {
            long word = Integer.toUnsignedLong(bytes.getInt());
            char[] group = new char[5];
            for (int i = 4; i >= 0; i--) {
                group[i] = Z85.charAt((int) (word % Z85.length()));
                word /= Z85.length();
            }
            text.append(group);
        }
        return text.toString();
    }

    /// A line as `ssh-keygen` writes it: type, base64, comment.
    static Ssh ssh(String line) {
        String[] words = SPACES.split(line, 3);
        if (words.length < 2 || !SSH_TYPES.contains(words[0])) {
            throw new IllegalArgumentException("is not a line as \"ssh-ed25519 AAAA… comment\" of a type we take");
        }
        byte[] blob;
        try {
            blob = Base64.getDecoder().decode(words[1]);
        } catch (IllegalArgumentException malformed) {
            throw new IllegalArgumentException("is not base64 after its type", malformed);
        }
        try {
            ByteBuffer rest = ByteBuffer.wrap(blob);
            if (!new String(field(rest), StandardCharsets.UTF_8).equals(words[0])) {
                throw new IllegalArgumentException("names another type inside than in front");
            }
            checkStrength(words[0], rest);
        } catch (BufferUnderflowException cut) {
            throw new IllegalArgumentException("is cut off", cut);
        }
        return new Ssh(words[0], Bytes.wrap(blob), words.length == 3 ? words[2] : "");
    }

    private static void checkStrength(String type, ByteBuffer rest) {
        byte[] first = field(rest);
        if (type.equals("ssh-ed25519") && (first.length != ED25519_BYTES || rest.hasRemaining())) {
            throw new IllegalArgumentException("is not an Ed25519 key of 32 bytes");
        }
        if (type.equals("ssh-rsa") && new BigInteger(1, field(rest)).bitLength() < RSA_BITS_MIN) {
            throw new IllegalArgumentException("is shorter than " + RSA_BITS_MIN + " bits; make an Ed25519 key");
        }
    }

    private static byte[] field(ByteBuffer buffer) {
        int length = buffer.getInt();
        if (length < 0 || length > buffer.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] field = new byte[length];
        buffer.get(field);
        return field;
    }

    /// The certificate of a CA, in PEM.
    static X509Certificate authority(String pem) {
        if (!pem.startsWith("-----BEGIN CERTIFICATE-----")) {
            throw new IllegalArgumentException("does not begin with -----BEGIN CERTIFICATE-----");
        }
        X509Certificate certificate;
        try {
            certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
        } catch (CertificateException malformed) {
            throw new IllegalArgumentException("is not a certificate in PEM", malformed);
        }
        if (certificate.getBasicConstraints() < 0) {
            throw new IllegalArgumentException("is not the certificate of a CA; give the one that signed the client's");
        }
        return certificate;
    }
}
