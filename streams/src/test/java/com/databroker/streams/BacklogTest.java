package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BacklogTest {
    private static final byte[] NO_HEAD = new byte[0];

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private Spool spool() throws IOException {
        return Spool.open(folder, 64 << 20, InstantSource.system(), new Random(1));
    }

    private static void append(Spool spool, int blocks) throws IOException {
        for (int i = 0; i < blocks; i++) {
            assertThat(spool.append(new byte[Spool.BLOCK_MAX], 0, Spool.BLOCK_MAX, NO_HEAD))
                    .isTrue();
        }
    }

    @Test
    void what_is_in_a_spool_and_was_not_read_is_a_backlog_and_what_was_read_is_none() throws Exception {
        try (Spool spool = spool()) {
            spool.beginReading();
            append(spool, 1);
            assertThat(Backlog.isMuch()).isFalse();
            append(spool, 3);
            assertThat(Backlog.isMuch()).isTrue();
            try (SpoolInput input = new SpoolInput(spool, java.util.Objects.requireNonNull(spool.first()), () -> 0)) {
                input.readNBytes(4 * Spool.BLOCK_MAX);
                assertThat(Backlog.isMuch()).isFalse();
                append(spool, 3);
                assertThat(Backlog.isMuch()).isTrue();
                input.readNBytes(3 * Spool.BLOCK_MAX);
                assertThat(Backlog.isMuch()).isFalse();
            }
        }
    }

    @Test
    void what_a_life_before_left_counts_as_soon_as_it_can_be_read_and_a_closed_spool_does_not() throws Exception {
        try (Spool spool = spool()) {
            append(spool, 4);
        }
        assertThat(Backlog.isMuch()).isFalse();
        try (Spool spool = spool()) {
            assertThat(Backlog.isMuch()).isFalse();
            spool.beginReading();
            assertThat(Backlog.isMuch()).isTrue();
        }
        assertThat(Backlog.isMuch()).isFalse();
    }

    @Test
    void nobody_waits_for_good_for_a_backlog_that_stays() throws Exception {
        try (Spool spool = spool()) {
            append(spool, 4);
            Backlog.letPass();
            assertThat(Backlog.isMuch()).isTrue();
        }
    }
}
