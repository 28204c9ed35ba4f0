package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A process with the whole plane is killed in the middle of its work, again and again. After each kill the
/// newest checkpoint of each stream is cut short, as by a disk that was full.
///
/// `-Dkill.times=20 -Dkill.records=500000 -Dkill.seed=7` makes it long.
final class StreamKillTest {
    private static final int FILES = 10;

    @TempDir
    Path folder;

    private int cut;
    private final List<String> moments = new ArrayList<>();

    @Test
    void after_any_number_of_kills_each_record_is_once_in_the_hot_and_once_in_the_cold_store() throws Exception {
        int kills = Integer.getInteger("kill.times", 3);
        int records = Integer.getInteger("kill.records", 30_000);
        long seed = Long.getLong("kill.seed", 4711);
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < kills; i++) {
            Process child = start(records);
            if (i == 0) {
                Await.until(
                        "there are checkpoints; " + log(),
                        () -> !child.isAlive()
                                || (checkpoints("lines").size() > 1
                                        && checkpoints("unique").size() > 1));
            } else {
                // From before the engines are up until all is done, wherever it happens to be.
                child.waitFor(4_000 + random.nextInt(12_000), TimeUnit.MILLISECONDS);
            }
            boolean ended = !child.isAlive();
            child.destroyForcibly().waitFor();
            assertThat(ended && child.exitValue() != 0)
                    .as("ended by itself: " + log())
                    .isFalse();
            cutShort("lines");
            cutShort("unique");
            moments.add(rows("lines") + "+" + rows("unique"));
        }
        Process last = start(records);
        boolean ended = last.waitFor(Await.LONG.toMinutes(), TimeUnit.MINUTES);
        last.destroyForcibly().waitFor();
        String total = String.valueOf(StreamChild.total(FILES, records / FILES));
        assertThat(ended).as("it came to an end: " + log()).isTrue();
        assertThat(results())
                .as("seed " + seed + ", " + kills + " kills, " + cut + " checkpoints cut short, " + records
                        + " records")
                .contains("lines hot " + total + " cold " + total + " ids " + total + " dead 0")
                .contains("unique hot " + total + " cold " + total + " ids " + total + " dead 0");
        System.out.println(kills + " kills, " + cut + " checkpoints cut short, " + records + " records: " + results()
                + "; in the cold tables at each kill: " + moments);
    }

    private long rows(String stream) throws IOException {
        Path table = folder.resolve("plane").resolve("cold").resolve(stream);
        return ColdTable.open(table.toString(), new LinesSource(stream, 2, stream.equals("lines")))
                .statistics()
                .rows();
    }

    /// Their metadata, the oldest first. They come and go while somebody looks.
    private List<Path> checkpoints(String stream) {
        File all = folder.resolve("plane")
                .resolve("flink")
                .resolve("checkpoints")
                .resolve(stream)
                .toFile();
        return files(all)
                .flatMap(StreamKillTest::files)
                .filter(checkpoint -> checkpoint.getName().startsWith("chk-"))
                .sorted(Comparator.comparingInt(
                        checkpoint -> Integer.parseInt(checkpoint.getName().substring("chk-".length()))))
                .map(checkpoint -> checkpoint.toPath().resolve("_metadata"))
                .filter(Files::exists)
                .toList();
    }

    private static Stream<File> files(File folder) {
        File[] files = folder.listFiles();
        return files == null ? Stream.empty() : Stream.of(files);
    }

    private void cutShort(String stream) throws IOException {
        List<Path> oldestFirst = checkpoints(stream);
        if (oldestFirst.size() > 1) {
            Path newest = oldestFirst.getLast();
            Files.write(newest, Arrays.copyOf(Files.readAllBytes(newest), (int) Files.size(newest) / 2));
            cut++;
        }
    }

    private Process start(int records) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                StreamChild.class.getName(),
                folder.resolve("plane").toString(),
                String.valueOf(FILES),
                String.valueOf(records / FILES)));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
                .start();
    }

    /// What the last child counted.
    private List<String> results() throws IOException {
        try (Stream<String> lines = Files.lines(folder.resolve("log"))) {
            return lines.filter(line -> line.contains(" hot ")).toList();
        }
    }

    private String log() throws IOException {
        String all = Files.readString(folder.resolve("log"));
        return all.substring(Math.max(0, all.length() - 4000));
    }
}
