package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `./databroker`, before any Java runs.
class LauncherTest {
    private static final Path ROOT = Path.of(System.getProperty("databroker.root", ""));

    @TempDir
    Path folder;

    @Test
    void an_older_java_is_refused_in_one_line_that_says_what_was_found() throws Exception {
        Path old = folder.resolve("jvm").resolve("old");
        Files.createDirectories(old.resolve("bin"));
        Files.writeString(old.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
        script(old.resolve("bin").resolve("java"), "exit 1");
        // A machine that has this Java and the usual tools, and no other Java.
        Path tools = Files.createDirectories(folder.resolve("tools"));
        for (String tool : new String[] {"bash", "env", "dirname", "readlink", "sed", "printf", "cat"}) {
            script(tools.resolve(tool), "PATH=/usr/bin:/bin exec " + tool + " \"$@\"");
        }
        Files.createSymbolicLink(tools.resolve("java"), old.resolve("bin").resolve("java"));
        try (Peer launcher = Peer.start(
                "env",
                "-i",
                "HOME=" + folder,
                "PATH=" + tools,
                "/bin/bash",
                ROOT.resolve("databroker").toString(),
                "version")) {
            launcher.await(line -> line.startsWith("error: Java 25 or later is needed, found Java 17 in")
                    && line.contains("export JAVA_HOME="));
            assertThat(launcher.exit()).isEqualTo(2);
        }
    }

    @Test
    void a_broker_without_streams_has_the_drivers_of_its_databases() throws Exception {
        try (Stream<Path> jars = Files.list(ROOT.resolve("cli/target/lib"))) {
            assertThat(jars.map(jar -> jar.getFileName().toString().replaceFirst("-[0-9].*", "")))
                    .contains("h2", "postgresql");
        }
    }

    private static void script(Path path, String command) throws Exception {
        Files.writeString(path, "#!/bin/bash\n" + command + "\n");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /// Java itself does not look whether a cache was made from the jars that it is given.
    @Test
    void a_cache_made_ahead_of_time_serves_the_build_it_was_made_of_and_no_other() throws Exception {
        Path root = Files.createDirectories(folder.resolve("root"));
        Files.copy(ROOT.resolve("databroker"), root.resolve("databroker"), StandardCopyOption.COPY_ATTRIBUTES);
        Path target = root.resolve("cli/target");
        Files.createDirectories(target.resolve("lib/streams"));
        copy(ROOT.resolve("cli/target"), target);
        copy(ROOT.resolve("cli/target/lib"), target.resolve("lib"));
        copy(ROOT.resolve("cli/target/lib/streams"), target.resolve("lib/streams"));
        Files.createFile(root.resolve("pom.xml"));
        for (String room : House.PLAN.keySet()) {
            Files.createFile(Files.createDirectories(root.resolve(room).resolve("src/main"))
                    .resolveSibling("../pom.xml")
                    .normalize());
        }
        built(target, "first");

        assertThat(ours(root, "serve")).isNotEmpty().allMatch(line -> line.endsWith(".jar"));
        assertThat(ours(root, "status")).isNotEmpty().allMatch(line -> line.endsWith(".jar"));

        try (Peer launcher = Peer.start(
                "env", "DATABROKER_CACHE=on", root.resolve("databroker").toString(), "train")) {
            assertThat(launcher.exit(Duration.ofMinutes(8))).isZero();
        }
        assertThat(ours(root, "serve")).isNotEmpty().anyMatch(line -> line.contains("shared objects file"));
        assertThat(ours(root, "status")).isNotEmpty().anyMatch(line -> line.contains("shared objects file"));

        // Another build, of the same names, whose jar is no other but by its comment.
        built(target, "second");
        Path jar;
        try (Stream<Path> files = Files.list(target)) {
            jar = files.filter(file -> file.toString().endsWith(".jar"))
                    .findFirst()
                    .orElseThrow();
        }
        try (Peer zip = Peer.start(
                "python3",
                "-c",
                "import sys,zipfile\n" + "with zipfile.ZipFile(sys.argv[1], 'a') as z: z.comment = b'another'",
                jar.toString())) {
            assertThat(zip.exit()).isZero();
        }
        assertThat(ours(root, "serve")).isNotEmpty().allMatch(line -> line.endsWith(".jar"));
        assertThat(ours(root, "status")).isNotEmpty().allMatch(line -> line.endsWith(".jar"));
    }

    /// Where the classes of a verb that only tells its usage came from.
    private List<String> ours(Path root, String verb) throws Exception {
        Path loaded = folder.resolve("loaded.txt");
        try (Peer launcher = Peer.start(
                "bash",
                "-c",
                "DATABROKER_CACHE=use JAVA_TOOL_OPTIONS=-Xlog:class+load:file='" + loaded + "' '"
                        + root.resolve("databroker") + "' " + verb + " --help")) {
            assertThat(launcher.exit()).isZero();
        }
        return Files.readAllLines(loaded).stream()
                .filter(line -> line.contains(" com.databroker.") && !line.contains("Lambda"))
                .toList();
    }

    private static void built(Path target, String when) throws Exception {
        Files.writeString(target.resolve("built"), when);
    }

    private static void copy(Path from, Path to) throws Exception {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }
}
