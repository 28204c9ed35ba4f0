package com.databroker.access;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.random.RandomGenerator;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/// The form of a token:
///
/// ```
/// dbk_<id: 8 base62>_<secret: 43 base62, 256 bit>_<CRC-32 of all before the last _: 6 base62>
/// ```
///
/// The prefix is for secret scanners, the checksum drops typos without a look-up, and 256 random bits need no slow
/// hash.
final class Tokens {
    static final int ID_LENGTH = 8;
    static final int SECRET_LENGTH = 43;
    static final int CHECKSUM_LENGTH = 6;
    /// What a token made by hand needs at least: shorter ones could be guessed.
    static final int LENGTH_MIN = 32;
    static final int LENGTH_MAX = 1024;

    private static final String PREFIX = "dbk_";
    private static final int LENGTH = PREFIX.length() + ID_LENGTH + 1 + SECRET_LENGTH + 1 + CHECKSUM_LENGTH;
    private static final String DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    private Tokens() {}

    static String base62(RandomGenerator random, int length) {
        StringBuilder text = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            text.append(DIGITS.charAt(random.nextInt(DIGITS.length())));
        }
        return text.toString();
    }

    static String of(String id, String secret) {
        String body = PREFIX + id + "_" + secret;
        return body + "_" + checksum(body);
    }

    /// The id in a token of our form, or null where it is of another form or has a typo.
    static @Nullable String idOf(String token) {
        if (token.length() != LENGTH || !token.startsWith(PREFIX)) {
            return null;
        }
        int idEnd = PREFIX.length() + ID_LENGTH;
        int bodyEnd = LENGTH - CHECKSUM_LENGTH - 1;
        boolean whole = token.charAt(idEnd) == '_'
                && token.charAt(bodyEnd) == '_'
                && token.endsWith(checksum(token.substring(0, bodyEnd)));
        return whole ? token.substring(PREFIX.length(), idEnd) : null;
    }

    static boolean isId(String text) {
        return text.length() == ID_LENGTH && text.chars().allMatch(c -> DIGITS.indexOf(c) >= 0);
    }

    static byte[] sha256(String token) {
        return sha256(token.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }

    static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static String checksum(String body) {
        CRC32 crc = new CRC32();
        crc.update(body.getBytes(StandardCharsets.UTF_8));
        char[] text = new char[CHECKSUM_LENGTH];
        long rest = crc.getValue();
        for (int i = CHECKSUM_LENGTH - 1; i >= 0; i--) {
            text[i] = DIGITS.charAt((int) (rest % DIGITS.length()));
            rest /= DIGITS.length();
        }
        return new String(text);
    }
}
