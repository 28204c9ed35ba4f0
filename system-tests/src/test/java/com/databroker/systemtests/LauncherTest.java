package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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

    private static void script(Path path, String command) throws Exception {
        Files.writeString(path, "#!/bin/bash\n" + command + "\n");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /// A cache made ahead of time would run the classes it was made of, whatever the jars say by then.
    @Test
    void no_cache_made_ahead_of_time_stands_between_the_jars_and_what_runs() throws Exception {
        assertThat(Files.readString(ROOT.resolve("databroker")))
                .doesNotContain("AOTCache")
                .doesNotContain("SharedArchiveFile");
        try (Peer launcher = Peer.start(
                "bash",
                "-c",
                "JAVA_TOOL_OPTIONS=-Xlog:class+load:file='" + folder.resolve("loaded.txt") + "' '"
                        + ROOT.resolve("databroker") + "' version")) {
            assertThat(launcher.exit()).isZero();
        }
        assertThat(Files.readAllLines(folder.resolve("loaded.txt")))
                .filteredOn(line -> line.contains(" com.databroker.") && !line.contains("Lambda"))
                .isNotEmpty()
                .allMatch(line -> line.contains("source: file:") && line.contains(".jar"));
    }
}
