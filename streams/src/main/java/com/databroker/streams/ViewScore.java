package com.databroker.streams;

/// How much more frequent a term is than it was: the records of the day with it, by how many there would be
/// if it were as frequent as on the days before, both with a few more, so that a rare one does not rise by
/// chance.
///
/// ```
///              count + 5                         records with it on the 14 days before
///   score  =  ────────────    expected = records ─────────────────────────────────────
///             expected + 5                             records of those days
/// ```
final class ViewScore {
    /// So many days before are compared with.
    static final int DAYS = 14;

    private static final double SMOOTHING = 5;

    /// A term in more than one of so many records of its day is a word of the language, and tells nothing.
    private static final int COMMON = 5;

    private ViewScore() {}

    /// @param before records with the term on the days before
    /// @param recordsBefore records of those days
    /// @return NaN where there are none
    static double expected(long records, long before, long recordsBefore) {
        return recordsBefore == 0 ? Double.NaN : (double) records * before / recordsBefore;
    }

    static double of(long count, double expected) {
        return (count + SMOOTHING) / (expected + SMOOTHING);
    }

    /// Of a few records any word may be in many.
    static boolean isCommon(long count, long records) {
        return records >= COMMON * COMMON && count * COMMON > records;
    }
}
