package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StillFileTest {
    private static final String OLD = "old ".repeat(1000);

    @TempDir
    Path folder;

    private Path file;

    @BeforeEach
    void write() throws IOException {
        file = Files.writeString(folder.resolve("a.csv"), OLD);
    }

    private StillFile open() throws IOException {
        return new StillFile(
                FileChannel.open(file, StandardOpenOption.READ),
                "inbox/x/a.csv",
                OLD.length(),
                HexFormat.of().formatHex(Digests.sha256().digest(OLD.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void two_versions_of_a_file_are_never_read_as_one() throws IOException {
        for (String other : new String[] {"", "new", "new ".repeat(2000), "new ".repeat(1000)}) {
            write();
            try (StillFile still = open()) {
                assertThat(still.readNBytes(400)).hasSize(400);
                Files.writeString(file, other);
                assertThatThrownBy(still::readAllBytes)
                        .isInstanceOf(IOException.class)
                        .hasMessage("inbox/x/a.csv was written to while it was read");
            }
        }
    }

    @Test
    void a_file_that_another_takes_the_place_of_is_read_to_its_end() throws IOException {
        try (StillFile still = open()) {
            assertThat(still.read()).isEqualTo('o');
            Path other = Files.writeString(folder.resolve("b.csv"), "new");
            Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
            assertThat(still.readAllBytes()).hasSize(OLD.length() - 1);
            assertThat(still.read()).isEqualTo(-1);
        }
    }
}
