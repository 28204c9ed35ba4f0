package com.databroker.core;

/// A number of bytes, written `512`, `64KiB`, `1MiB` or `2GiB` in configuration.
public record ByteSize(long bytes) {
    public ByteSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("a size is not negative");
        }
    }

    /// @throws IllegalArgumentException with a sentence that shows the form
    public static ByteSize parse(String text) {
        java.util.regex.Matcher matcher = java.util.regex.Pattern.compile("(\\d{1,15})\\s*(B|KiB|MiB|GiB|TiB)?")
                .matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "\"" + Text.excerpt(text) + "\" is not a size; write 512, 64KiB, 1MiB or 2GiB");
        }
        String unit = matcher.group(2) == null ? "B" : matcher.group(2);
        int shift = switch (unit) {
            case "KiB" -> 10;
            case "MiB" -> 20;
            case "GiB" -> 30;
            case "TiB" -> 40;
            default -> 0;
        };
        return new ByteSize(Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << shift));
    }

    public int intBytes() {
        return Math.toIntExact(bytes);
    }

    @Override
    public String toString() {
        String[] units = {"", "KiB", "MiB", "GiB", "TiB"};
        int unit = 0;
        long value = bytes;
        while (value != 0 && value % 1024 == 0 && unit < 4) {
            value /= 1024;
            unit++;
        }
        return value + units[unit];
    }
}
