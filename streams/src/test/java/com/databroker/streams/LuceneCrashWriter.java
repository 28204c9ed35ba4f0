package com.databroker.streams;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;

/// Puts records without end and says after each flush how many are safe, until it is killed.
final class LuceneCrashWriter {
    private static final int BATCH = 50;

    private LuceneCrashWriter() {}

    public static void main(String[] arguments) throws Exception {
        Instant noon = Instant.parse("2026-11-28T12:00:00Z");
        try (HotStore store = new LuceneHotStore(HotConfig.in(Path.of(arguments[0])), InstantSource.fixed(noon))) {
            Source source = HotSource.named("test");
            for (int i = Integer.parseInt(arguments[1]); true; i++) {
                store.put(source, HotSource.arrival("id" + i, noon, noon.minusSeconds(3600L * (i % 30)), "word"));
                if (i % BATCH == BATCH - 1) {
                    store.flush(source);
                    System.out.println(i + 1);
                }
            }
        }
    }
}
