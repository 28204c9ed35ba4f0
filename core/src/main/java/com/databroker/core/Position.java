package com.databroker.core;

/// Where an event stands on its broker: `<epoch>-<offset>`, epoch in hexadecimal, offset in decimal.
///
/// An epoch is one life of the broker's replay window; offsets count from 0 without a hole. Two positions compare only
/// within one epoch: another epoch means that what lay between is not known.
///
/// @param epoch identifies the life of the window, greater for a later one
/// @param offset number of the event in that life, 0 for the first
public record Position(long epoch, long offset) {
    public Position {
        if (epoch < 0 || offset < 0) {
            throw new ProblemException(Problem.POSITION_INVALID, "a position has no negative part");
        }
    }

    /// @throws ProblemException [Problem#POSITION_INVALID] when `text` is not `<hex>-<decimal>`
    public static Position parse(String text) {
        int dash = text.indexOf('-');
        try {
            if (dash > 0 && text.length() <= 40) {
                return new Position(
                        Long.parseLong(text, 0, dash, 16), Long.parseLong(text, dash + 1, text.length(), 10));
            }
        } catch (NumberFormatException notANumber) {
            // Told below, with the text.
        }
        throw new ProblemException(
                Problem.POSITION_INVALID,
                "position \"" + Text.excerpt(text) + "\" is not <epoch>-<offset>, as 19a3f2c1b7d-42");
    }

    public Position next() {
        return new Position(epoch, offset + 1);
    }

    @Override
    public String toString() {
        return Long.toHexString(epoch) + "-" + offset;
    }
}
