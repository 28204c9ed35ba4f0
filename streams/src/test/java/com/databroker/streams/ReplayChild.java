package com.databroker.streams;

import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;

/// The program that [ReplayTest] kills: a plane with a parser that was changed, which begins a replay and says so.
final class ReplayChild {
    private ReplayChild() {}

    /// @param args folder of the plane, folder of the inbox
    public static void main(String[] args) throws Exception {
        StreamPlane plane = StreamPlane.of(
                ReplayTest.CONFIG,
                Path.of(args[0]),
                List.of(ShoutedLines.named("a")),
                InstantSource.system(),
                new Random(1));
        plane.start(to -> ReplayTest.list(Path.of(args[1]), to));
        plane.awaitStarted();
        plane.replay("a", null, null);
        System.out.println("replaying");
        Await.until("it is killed", () -> false);
    }
}
