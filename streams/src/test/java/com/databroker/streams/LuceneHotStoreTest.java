package com.databroker.streams;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

final class LuceneHotStoreTest extends HotStoreContract {
    @TempDir
    private @Nullable Path folder;

    @Override
    HotStore open(InstantSource clock) throws IOException {
        Path place = java.util.Objects.requireNonNull(folder);
        return new LuceneHotStore(
                new HotConfig(
                        place, HotConfig.RETENTION, HotConfig.BYTES_MAX, Duration.ofMillis(20), HotConfig.TIMEOUT),
                clock);
    }
}
