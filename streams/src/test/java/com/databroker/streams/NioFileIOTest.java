package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.delta.kernel.defaults.engine.fileio.PositionOutputStream;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.FileStatus;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NioFileIOTest {
    private final NioFileIO io = new NioFileIO(Map.of("key", "value"));

    @TempDir
    Path folder;

    private String at(String name) {
        return NioFileIO.location(folder.resolve(name));
    }

    private static CloseableIterator<String> lines(String... lines) {
        return Utils.toCloseableIterator(List.of(lines).iterator());
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void of_those_who_write_a_version_at_the_same_time_one_succeeds() throws Exception {
        for (int version = 0; version < 20; version++) {
            String location = at(version + ".json");
            List<Future<Boolean>> all = new ArrayList<>();
            try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
                for (int i = 0; i < 4; i++) {
                    String line = "writer " + i;
                    all.add(threads.submit(() -> {
                        try {
                            io.newOutputFile(location).writeAtomically(lines(line), false);
                            return true;
                        } catch (FileAlreadyExistsException taken) {
                            return false;
                        }
                    }));
                }
            }
            int winners = 0;
            for (Future<Boolean> each : all) {
                winners += each.get() ? 1 : 0;
            }
            assertThat(winners).isEqualTo(1);
            assertThat(Files.readString(NioFileIO.path(location))).matches("writer \\d\n");
        }
        assertThat(names()).noneMatch(name -> name.startsWith("."));
    }

    @Test
    void what_is_written_again_replaces_what_was() throws IOException {
        io.newOutputFile(at("_last")).writeAtomically(lines("a"), true);
        io.newOutputFile(at("_last")).writeAtomically(lines("b", "c"), true);
        assertThat(Files.readString(folder.resolve("_last"))).isEqualTo("b\nc\n");
        io.copyFileAtomically(at("_last"), at("copy"), false);
        assertThat(Files.readString(folder.resolve("copy"))).isEqualTo("b\nc\n");
        assertThatThrownBy(() -> io.copyFileAtomically(at("_last"), at("copy"), false))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThatThrownBy(() -> io.copyFileAtomically(at("none"), at("copy"), true))
                .isInstanceOf(FileNotFoundException.class);
        assertThat(names()).containsExactly("_last", "copy");
    }

    @Test
    void a_parquet_file_that_was_given_up_is_never_seen() throws IOException {
        try (PositionOutputStream whole = io.newOutputFile(at("whole")).create(true)) {
            whole.write("some bytes PA".getBytes(StandardCharsets.US_ASCII));
            whole.write('R');
            whole.write('1');
            assertThat(whole.getPos()).isEqualTo(15);
            assertThat(folder.resolve("whole")).doesNotExist();
        }
        try (PositionOutputStream broken = io.newOutputFile(at("broken")).create(true)) {
            broken.write(new byte[200_000]);
        }
        assertThat(names()).containsExactly("whole");
    }

    @Test
    void files_are_listed_from_a_name_on_and_in_order() throws IOException {
        for (String name : List.of("c", "a", "b", ".b.tmp")) {
            Files.writeString(folder.resolve(name), name);
        }
        Files.createDirectory(folder.resolve("d"));
        List<String> found = new ArrayList<>();
        try (CloseableIterator<FileStatus> files = io.listFrom(at("b"))) {
            files.forEachRemaining(file -> found.add(file.getPath()));
        }
        assertThat(found).containsExactly(at("b"), at("c"));
        assertThatThrownBy(() -> io.listFrom(at("none/b"))).isInstanceOf(FileNotFoundException.class);
        assertThatThrownBy(() -> io.getFileStatus(at("none"))).isInstanceOf(FileNotFoundException.class);
        assertThatThrownBy(() -> io.newInputFile(at("none"), 0).newStream()).isInstanceOf(FileNotFoundException.class);
        assertThat(io.getConf("key")).contains("value");
        assertThat(io.getConf("another")).isEmpty();
    }

    @Test
    void addresses_of_files_are_taken_as_they_stand() {
        assertThat(NioFileIO.path("file:/a b/100%25")).isEqualTo(Path.of("/a b/100%25"));
        assertThat(NioFileIO.path("file:///a")).isEqualTo(Path.of("/a"));
        assertThat(NioFileIO.path("/a")).isEqualTo(Path.of("/a"));
    }
}
