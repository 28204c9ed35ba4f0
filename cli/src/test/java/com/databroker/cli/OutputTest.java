package com.databroker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

final class OutputTest {
    /// Fails as often as there are words for it.
    private static OutputStream failing(String... why) {
        Queue<String> failures = new ArrayDeque<>(List.of(why));
        return new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                String next = failures.poll();
                if (next != null) {
                    throw new IOException(next);
                }
            }
        };
    }

    @Test
    void what_is_written_is_utf8_and_no_failure() {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        Output output = new Output(written, () -> true);
        output.print("é");
        assertThat(output.failure()).isNull();
        assertThat(output.isLeft()).isFalse();
        assertThat(written.toByteArray()).containsExactly(0xC3, 0xA9);
    }

    @Test
    void the_first_failure_is_told_also_where_what_follows_is_written() {
        Output output = new Output(failing("No space left on device", "Input/output error"), () -> false);
        for (int i = 0; i < 3; i++) {
            output.print("x");
            output.flush();
        }
        assertThat(output.failure()).hasMessage("No space left on device");
        assertThat(output.isLeft()).isFalse();
    }

    @Test
    void a_reader_that_has_gone_is_known_in_every_language_and_without_proc() {
        Output french = new Output(failing("Relais brisé (pipe)"), () -> true);
        french.print("x");
        assertThat(french.isLeft()).isTrue();
        Output elsewhere = new Output(failing("Broken pipe"), () -> false);
        elsewhere.print("x");
        assertThat(elsewhere.isLeft()).isTrue();
    }
}
