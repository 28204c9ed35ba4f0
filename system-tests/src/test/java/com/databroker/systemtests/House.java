package com.databroker.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The plan of the house and what stands in it: the one place that [ArchitectureTest] and [TidyTest] measure by.
final class House {
    static final String PACKAGES = "com.databroker.";
    static final String CORE = "core";
    static final String SYSTEM_TESTS = "system-tests";

    /// Every room with the rooms that its pom names, in the order of the build. A new edge is a decision: write it down
    /// in docs/adr first.
    static final Map<String, List<String>> PLAN = plan();

    /// A module that is no room: the parser of the command line, from its authors' sources.
    static final String BORROWED = "picocli";

    /// The folder of the parent pom.
    static final Path ROOT =
            Path.of(System.getProperty("databroker.root", "..")).toAbsolutePath();

    /// What tools leave behind and nobody commits; the names stand in .gitignore.
    private static final Set<String> NOT_COMMITTED =
            Set.of(".git", "target", "dist", "databroker-data", "node_modules", ".idea", ".vscode", "__pycache__");

    private House() {}

    private static Map<String, List<String>> plan() {
        Map<String, List<String>> plan = new LinkedHashMap<>();
        plan.put(CORE, List.of());
        plan.put("access", List.of(CORE));
        plan.put("events", List.of(CORE, "access"));
        plan.put("files", List.of(CORE, "access"));
        plan.put("streams", List.of(CORE));
        plan.put("sources", List.of(CORE, "streams"));
        plan.put("objects", List.of(CORE, "access"));
        plan.put("engines/hibernate", List.of(CORE, "access", "objects"));
        plan.put("engines/opentelemetry", List.of(CORE));
        plan.put("server", List.of(CORE, "access", "events", "files", "streams", "sources", "objects"));
        plan.put("client", List.of(CORE));
        plan.put("cli", List.of("server", "client"));
        plan.put("testkit", List.of(CORE, "access", "files"));
        plan.put(
                SYSTEM_TESTS,
                List.of(
                        CORE,
                        "access",
                        "events",
                        "files",
                        "objects",
                        "engines/hibernate",
                        "engines/opentelemetry",
                        "server",
                        "client",
                        "cli",
                        "testkit"));
        return Collections.unmodifiableMap(plan);
    }

    /// `com.databroker.events`, `com.databroker.systemtests` for `system-tests`, and `com.databroker.hibernate` for
    /// `engines/hibernate`.
    static String packageOf(String room) {
        return PACKAGES + room.substring(room.indexOf('/') + 1).replace("-", "");
    }

    /// The room that a committed source stands in.
    static String roomOf(Path source) {
        String file = source.toString();
        return file.substring(0, file.indexOf("/src/"));
    }

    /// Beside the room's package one that others implement, where a room has it (docs/adr/0030-objects.md).
    static List<String> packagesOf(String room) {
        return room.equals("objects") ? List.of(packageOf(room), packageOf(room) + ".spi") : List.of(packageOf(room));
    }

    /// Rooms whose code runs at the user's, in the order of the build.
    static List<String> roomsOfMain() {
        return PLAN.keySet().stream().filter(room -> !room.equals(SYSTEM_TESTS)).toList();
    }

    /// Files that are committed, or would be, relative to [#ROOT], in alphabetical order.
    static List<Path> files() {
        List<Path> files = new ArrayList<>();
        try {
            Files.walkFileTree(ROOT, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
                    Path name = folder.getFileName();
                    boolean skipped = name != null && NOT_COMMITTED.contains(name.toString());
                    return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                    files.add(ROOT.relativize(file));
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        Collections.sort(files);
        return files;
    }

    /// Committed files whose name ends so.
    static List<Path> files(String suffix) {
        return files().stream().filter(file -> file.toString().endsWith(suffix)).toList();
    }

    /// The content of a committed file, null where it is not text.
    static @Nullable String textOrNull(Path file) {
        try {
            byte[] bytes = Files.readAllBytes(ROOT.resolve(file));
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException binary) {
            return null;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    static String text(Path file) {
        String text = textOrNull(file);
        if (text == null) {
            throw new IllegalStateException(file + " is not UTF-8");
        }
        return text;
    }

    static String text(String file) {
        return text(Path.of(file));
    }
}
