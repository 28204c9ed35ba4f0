package com.databroker.streams;

import com.databroker.core.ByteSize;
import com.databroker.core.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/// The program of [DiskFullTest]: a plane on a small disk, which gets nearly full, then full, then empty again.
final class DiskFullChild {
    private static final int LINES = 2000;

    private DiskFullChild() {}

    /// @param args the disk
    public static void main(String[] args) {
        int status = 1;
        try {
            run(Path.of(args[0]));
            status = 0;
        } catch (Exception | AssertionError failed) {
            System.out.println("failed: " + failed + " " + Arrays.toString(failed.getStackTrace()));
        } finally {
            // Whatever failed, the engines' threads would keep the process alive.
            Runtime.getRuntime().halt(status);
        }
    }

    private static void run(Path disk) throws Exception {
        StreamsConfig defaults = StreamsConfig.defaults().withCheckpointInterval(Duration.ofSeconds(1));
        StreamsConfig config = new StreamsConfig(
                true,
                new ByteSize(16 << 20),
                defaults.kafka(),
                defaults.flink(),
                defaults.hot(),
                defaults.cold(),
                defaults.raw(),
                defaults.collectors(),
                null,
                null,
                StreamsConfig.ViewsConfig.defaults());
        Map<Integer, InboxFile> inbox = new ConcurrentHashMap<>();
        StreamPlane plane = StreamPlane.of(
                config, disk.resolve("plane"), List.of(LinesSource.named("a")), InstantSource.system(), new Random(1));
        plane.start(to -> inbox.values().forEach(to));
        plane.awaitStarted();
        put(plane, inbox, 0);
        awaitStores(plane, LINES);
        Path ballast = disk.resolve("ballast");
        fill(ballast, 8 << 20);
        put(plane, inbox, 1);
        Await.until("it is said", () -> status(plane).detail().contains("streams.room-min"));
        System.out.println("nearly full: " + status(plane).phase() + ", waiting "
                + status(plane).waiting());
        fill(disk.resolve("more"), 0);
        Await.until("Kafka gave up", () -> plane.failure().isPresent());
        System.out.println(
                "full: " + status(plane).phase() + ", " + status(plane).detail());
        Files.delete(disk.resolve("more"));
        Files.delete(ballast);
        put(plane, inbox, 2);
        awaitStores(plane, 3 * LINES);
        ColdTable table = ColdTable.open(disk.resolve("plane/cold/a").toString(), LinesSource.named("a"));
        List<String> ids = new java.util.ArrayList<>();
        table.scan(ColdScan.ALL.ids(), row -> ids.add(row.id()));
        System.out.println("went on: " + ids.size() + " rows, "
                + ids.stream().collect(Collectors.toSet()).size() + " ids");
        plane.close();
    }

    private static StreamStatus status(StreamPlane plane) {
        return plane.status().getFirst();
    }

    private static void put(StreamPlane plane, Map<Integer, InboxFile> inbox, int number) {
        byte[] bytes =
                LinesSource.lines("x", number * LINES, (number + 1) * LINES).getBytes(StandardCharsets.UTF_8);
        InboxFile file = new InboxFile("a", "inbox/" + number, "file-" + number, () -> new ByteArrayInputStream(bytes));
        inbox.put(number, file);
        plane.offer(file);
    }

    private static void awaitStores(StreamPlane plane, long records) {
        Await.until(records + " are in both stores", () -> {
            try {
                StreamStatus status = status(plane);
                return status.hot() == records && status.cold() == records && status.lag() == 0;
            } catch (ProblemException between) {
                return false;
            }
        });
    }

    /// Takes all of the disk but so much.
    private static void fill(Path file, long left) throws IOException {
        byte[] block = new byte[64 << 10];
        try (OutputStream out = Files.newOutputStream(file)) {
            while (Files.getFileStore(file).getUsableSpace() > left) {
                out.write(block, 0, (int)
                        Math.min(block.length, Files.getFileStore(file).getUsableSpace() - left));
            }
        } catch (IOException full) {
            System.out.println("the disk says: " + full.getMessage());
        }
    }
}
