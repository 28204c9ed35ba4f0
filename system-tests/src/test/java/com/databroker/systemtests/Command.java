package com.databroker.systemtests;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// The command in a process of its own, from the classes that were just compiled.
final class Command {
    private static final long PATIENCE_SECONDS = 120;

    private Command() {}

    /// What came of one.
    ///
    /// @param said on both streams
    record Result(int exit, String said) {}

    static Result run(Path folder, String... arguments) throws IOException, InterruptedException {
        Path out = Files.createTempFile(folder, "said", ".txt");
        Process process = start(out, arguments);
        if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
            throw new AssertionError(String.join(" ", arguments) + " did not end: " + Files.readString(out));
        }
        return new Result(process.exitValue(), Files.readString(out));
    }

    /// What starts the command with these arguments in a process of its own.
    static List<String> line(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "com.databroker.cli.Main"));
        command.addAll(List.of(arguments));
        return command;
    }

    /// @param out gets what it says
    static Process start(Path out, String... arguments) throws IOException {
        return new ProcessBuilder(line(arguments))
                .redirectErrorStream(true)
                .redirectOutput(out.toFile())
                .start();
    }
}
