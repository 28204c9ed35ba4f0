package com.databroker.objects;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ObjectKey;
import com.databroker.core.Position;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChanges;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the embedded database promises.
class H2DurableTest {
    private static final int COMMITS = 150;

    @TempDir
    Path folder;

    @Test
    void what_was_acknowledged_before_a_kill_is_there_and_will_be_told() throws Exception {
        Postgres.run("jdbc:h2:file:" + folder.resolve("shop"), Shop.tables());
        Position start;
        try (ObjectStore store = open()) {
            start = store.position();
        }
        long acknowledged = 0;
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        H2Child.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = said.readLine(); line != null && acknowledged < COMMITS; line = said.readLine()) {
                if (!line.isEmpty() && Character.isDigit(line.charAt(0)) && line.length() < 8) {
                    acknowledged = Long.parseLong(line);
                }
            }
        } finally {
            child.destroyForcibly().waitFor();
        }
        assertThat(acknowledged).isEqualTo(COMMITS);
        try (ObjectStore store = open()) {
            for (long i = 1; i <= acknowledged; i++) {
                assertThat(Wanted.load(store, ObjectKey.of("Dept", i)))
                        .as("Dept/" + i)
                        .isNotNull();
            }
            StoreChanges changes = store.changes(start);
            assertThat(changes == null ? 0 : changes.changes().size()).isGreaterThanOrEqualTo(COMMITS);
        }
    }

    @Test
    void every_commit_is_forced_to_the_disk() throws Exception {
        Postgres.run("jdbc:h2:file:" + folder.resolve("shop"), Shop.tables());
        Path trace = folder.resolve("trace");
        Process child = new ProcessBuilder(
                        "strace",
                        "-f",
                        "-e",
                        "trace=fsync,fdatasync",
                        "-o",
                        trace.toString(),
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        H2Child.class.getName(),
                        folder.toString(),
                        Integer.toString(COMMITS))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(child.waitFor()).isZero();
        try (Stream<String> calls = Files.lines(trace)) {
            assertThat(calls.filter(call -> call.contains("sync(")).count()).isGreaterThanOrEqualTo(COMMITS);
        }
    }

    private ObjectStore open() {
        return JdbcStore.open("shop", StoreConfig.defaults(), Duration.ofHours(1), folder, InstantSource.system());
    }
}
