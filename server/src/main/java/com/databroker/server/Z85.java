package com.databroker.server;

/// ZeroMQ's text form of keys (RFC 32): four bytes as five characters.
final class Z85 {
    private static final String ALPHABET =
            "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

    private Z85() {}

    static String encode(byte[] bytes) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i + 4 <= bytes.length; i += 4) {
            long word = 0;
            for (int j = 0; j < 4; j++) {
                word = word << 8 | (bytes[i + j] & 0xFF);
            }
            for (long divisor = 85L * 85 * 85 * 85; divisor > 0; divisor /= 85) {
                text.append(ALPHABET.charAt((int) (word / divisor % 85)));
            }
        }
        return text.toString();
    }
}
