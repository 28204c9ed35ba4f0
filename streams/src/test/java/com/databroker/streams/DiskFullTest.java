package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A disk of its own, of 160 MiB in memory, for a plane in a process of its own: whoever may make name spaces may
/// mount one.
final class DiskFullTest {
    private static final int PATIENCE_MINUTES = 10;

    @TempDir
    Path folder;

    @Test
    void on_a_full_disk_everything_waits_says_so_and_goes_on_by_itself_when_there_is_room() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        Path log = folder.resolve("log");
        List<String> java = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                DiskFullChild.class.getName(),
                disk.toString());
        List<String> command = new java.util.ArrayList<>(List.of(
                "unshare",
                "-rm",
                "sh",
                "-c",
                "mount -t tmpfs -o size=160m tmpfs \"$0\" && exec \"$@\"",
                disk.toString()));
        command.addAll(java);
        Process child = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        boolean ended = child.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES);
        child.destroyForcibly().waitFor();
        String said = Files.readString(log);
        String end = said.substring(Math.max(0, said.length() - 4000));
        assertThat(ended).as(end).isTrue();
        assertThat(said.lines().filter(line -> line.startsWith("nearly full: ") || line.startsWith("went on: ")))
                .as(end)
                .containsExactly("nearly full: RUNNING, waiting 1", "went on: 6000 rows, 6000 ids");
        assertThat(said).contains("full: RESTARTING, Kafka gave up");
    }
}
