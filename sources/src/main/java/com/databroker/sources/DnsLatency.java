package com.databroker.sources;

/// Remembers when questions were asked, until their answers come: a table of fixed size, in which a new
/// question takes the place of the oldest of its four neighbours.
final class DnsLatency {
    static final long WAIT_MAX_NANOS = 60_000_000_000L;

    private static final int WAYS = 4;
    private static final int SETS = 1 << 14;

    // Made with the first question: most bodies are small.
    private long[] keys = new long[0];
    private long[] times = new long[0];

    /// @param key not 0
    void asked(long key, long nanos) {
        if (keys.length == 0) {
            keys = new long[WAYS * SETS];
            times = new long[WAYS * SETS];
        }
        int set = set(key);
        int place = set;
        for (int i = set; i < set + WAYS; i++) {
            if (keys[i] == key || keys[i] == 0) {
                place = i;
                break;
            }
            if (times[i] < times[place]) {
                place = i;
            }
        }
        keys[place] = key;
        times[place] = nanos;
    }

    /// How long the answer took, and forgets the question; -1 where it is not known.
    long answered(long key, long nanos) {
        int set = set(key);
        for (int i = set; i < set + WAYS && i < keys.length; i++) {
            if (keys[i] == key) {
                keys[i] = 0;
                long waited = nanos - times[i];
                return waited >= 0 && waited <= WAIT_MAX_NANOS ? waited : -1;
            }
        }
        return -1;
    }

    private static int set(long key) {
        return (int) (key & SETS - 1) * WAYS;
    }
}
