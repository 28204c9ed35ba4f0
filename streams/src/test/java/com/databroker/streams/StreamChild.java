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
import java.util.function.Consumer;

/// The program that [StreamKillTest] kills: a plane with one stream, into which the same files are offered at each
/// start.
/// When all is in both stores it counts, says so in one line, and ends.
final class StreamChild {
    private static final List<LinesSource> SOURCES =
            List.of(new LinesSource("lines", 2, true), new LinesSource("unique", 2, false));

    private StreamChild() {}

    /// @param args folder, number of files, lines of each; in the first stream every file repeats a tenth of the one
    ///     before
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        int files = Integer.parseInt(args[1]);
        int lines = Integer.parseInt(args[2]);
        StreamsConfig config = StreamsConfig.defaults().withCheckpointInterval(Duration.ofMillis(500));
        try (StreamPlane plane =
                StreamPlane.of(config, folder, List.copyOf(SOURCES), InstantSource.system(), new Random(1))) {
            plane.start(to -> offer(to, files, lines));
            plane.awaitStarted();
            if (plane.failure().isPresent()) {
                throw new IllegalStateException(plane.failure().get());
            }
            Await.until("all is taken in", Await.LONG, () -> isDone(plane, total(files, lines)));
            for (StreamStatus status : plane.status()) {
                count(status, folder);
            }
        }
    }

    static long total(int files, int lines) {
        return (long) files * lines;
    }

    private static void offer(Consumer<InboxFile> to, int files, int lines) {
        for (LinesSource source : SOURCES) {
            for (int i = 0; i < files; i++) {
                int from = source.repeats() ? Math.max(0, i * lines - lines / 10) : i * lines;
                byte[] bytes = LinesSource.lines("x", from, (i + 1) * lines).getBytes(StandardCharsets.UTF_8);
                InboxFile.Opener opener = () -> new ByteArrayInputStream(bytes);
                to.accept(new InboxFile(source.name(), "inbox/" + i, "file-" + i, opener));
            }
        }
    }

    private static boolean isDone(StreamPlane plane, long total) {
        return plane.status().stream()
                .allMatch(status ->
                        status.waiting() == 0 && status.lag() == 0 && status.cold() >= total && status.hot() >= total);
    }

    /// `lines hot 1000 cold 1000 ids 1000 dead 0`
    private static void count(StreamStatus status, Path folder) throws Exception {
        Set<String> ids = new HashSet<>();
        long[] rows = new long[1];
        LinesSource source = SOURCES.stream()
                .filter(each -> each.name().equals(status.name()))
                .findFirst()
                .orElseThrow();
        ColdTable table =
                ColdTable.open(folder.resolve("cold").resolve(status.name()).toString(), source);
        table.scan(ColdScan.ALL.ids(), row -> {
            ids.add(row.id());
            rows[0]++;
            return true;
        });
        System.out.println(status.name() + " hot " + status.hot() + " cold " + rows[0] + " ids " + ids.size() + " dead "
                + status.dead());
    }
}
