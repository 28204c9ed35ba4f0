package com.databroker.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// A command as somebody types it, run in this process: what it is given and what became of it.
final class Typed {
    private final Map<String, String> environment = new HashMap<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final AtomicReference<Runnable> end = new AtomicReference<>(() -> {});
    private final Path folder;
    private byte[] in = {};
    private @Nullable String unwritable;
    private boolean terminal;
    private int exit = -1;

    Typed(Path folder) {
        this.folder = folder;
    }

    Typed variable(String name, String value) {
        environment.put(name, value);
        return this;
    }

    Typed input(byte[] bytes) {
        in = bytes;
        return this;
    }

    /// Standard output takes nothing, for this reason.
    Typed unwritable(String why) {
        unwritable = why;
        return this;
    }

    Typed onTerminal() {
        terminal = true;
        return this;
    }

    Typed run(String... args) {
        Surroundings around = new Surroundings(
                environment,
                new ByteArrayInputStream(in),
                new Output(unwritable == null ? out : refusing(unwritable), () -> false),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                folder,
                () -> terminal,
                atEnd -> {
                    end.set(atEnd);
                    return () -> end.set(() -> {});
                });
        exit = Main.run(args, around);
        return this;
    }

    private static OutputStream refusing(String why) {
        return new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException(why);
            }
        };
    }

    CompletableFuture<Typed> start(String... args) {
        return CompletableFuture.supplyAsync(
                () -> run(args), task -> Thread.ofPlatform().daemon().start(task));
    }

    /// What a signal does.
    void end() {
        end.get().run();
    }

    int exit() {
        return exit;
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    byte[] outBytes() {
        return out.toByteArray();
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }
}
