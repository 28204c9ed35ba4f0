package com.databroker.streams;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/// The program that [StreamKillTest] kills: a plane with one stream, into which the same files are offered at each
/// start.
/// When all is in both stores it counts, says so in one line, and ends.
final class StreamChild {
    static final String STREAM = "lines";

    private StreamChild() {}

    /// @param args folder, number of files, lines of each; every file repeats a tenth of the one before
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        int files = Integer.parseInt(args[1]);
        int lines = Integer.parseInt(args[2]);
        Source source = LinesSource.named(STREAM);
        StreamsConfig config = StreamsConfig.defaults().withCheckpointInterval(Duration.ofMillis(500));
        try (StreamPlane plane =
                StreamPlane.of(config, folder, List.of(source), InstantSource.system(), new Random(1))) {
            plane.start(to -> offer(to, files, lines));
            plane.awaitStarted();
            if (plane.failure().isPresent()) {
                throw new IllegalStateException(plane.failure().get());
            }
            Await.until("all is taken in", () -> isDone(plane, total(files, lines)));
            count(plane, folder, source);
        }
    }

    static long total(int files, int lines) {
        return (long) files * lines;
    }

    private static void offer(java.util.function.Consumer<InboxFile> to, int files, int lines) {
        for (int i = 0; i < files; i++) {
            int from = Math.max(0, i * lines - lines / 10);
            String text = LinesSource.lines("x", from, (i + 1) * lines);
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            to.accept(new InboxFile(STREAM, "inbox/" + i, "file-" + i, () -> new ByteArrayInputStream(bytes)));
        }
    }

    private static boolean isDone(StreamPlane plane, long total) {
        StreamStatus status = plane.status().getFirst();
        return status.waiting() == 0 && status.lag() == 0 && status.cold() >= total && status.hot() >= total;
    }

    /// `hot 1000 cold 1000 ids 1000 dead 0`
    private static void count(StreamPlane plane, Path folder, Source source) throws Exception {
        Set<String> ids = new HashSet<>();
        long[] rows = new long[1];
        ColdTable table = ColdTable.open(folder.resolve("cold").resolve(STREAM).toString(), source);
        table.scan(ColdScan.ALL.ids(), row -> {
            ids.add(row.id());
            rows[0]++;
            return true;
        });
        StreamStatus status = plane.status().getFirst();
        System.out.println(
                "hot " + status.hot() + " cold " + rows[0] + " ids " + ids.size() + " dead " + status.dead());
    }
}
