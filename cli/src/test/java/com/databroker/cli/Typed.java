package com.databroker.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

/// A command as somebody types it, run in this process: what it is given and what became of it.
final class Typed {
    private final Map<String, String> environment = new HashMap<>();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final AtomicReference<Runnable> end = new AtomicReference<>(() -> {});
    private final Path folder;
    private byte[] in = {};
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

    Typed onTerminal() {
        terminal = true;
        return this;
    }

    Typed run(String... args) {
        Surroundings around = new Surroundings(
                environment,
                new ByteArrayInputStream(in),
                new PrintStream(out, false, StandardCharsets.UTF_8),
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
