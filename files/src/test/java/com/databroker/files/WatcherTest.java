package com.databroker.files;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.access.Principal;
import com.databroker.core.FileChange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What other programs do in the folder is announced, each change once.
///
/// That nothing more is told is asked of a marker: a file that is written afterwards and told after all before it.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WatcherTest {
    private final Path folder;
    private final Path root;
    private final BlockingQueue<FileChange> told = new LinkedBlockingQueue<>();
    private FilePlane files;
    private int markers;

    WatcherTest(@TempDir Path folder) throws IOException {
        this.folder = folder;
        this.root = Files.createDirectories(folder.resolve("root"));
        this.files = open();
    }

    private FilePlane open() {
        FilePlane opened = FilePlane.open(config(), root, folder.resolve("index"), InstantSource.system());
        opened.changes(told::addAll);
        opened.start();
        return opened;
    }

    private static FilesConfig config() {
        FilesConfig usual = FilesConfig.defaults();
        return new FilesConfig(
                null,
                usual.sizeMax(),
                usual.uploadsMax(),
                usual.cache(),
                Duration.ofMillis(300),
                usual.scanInterval(),
                usual.ignore(),
                usual.resumableExpiry(),
                usual.versionsSizeMax(),
                usual.rules());
    }

    @AfterEach
    void close() {
        files.close();
    }

    private void restart() {
        files.close();
        told.clear();
        files = open();
    }

    private Path write(String path, String content) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(root.resolve(FilePath.parent(path)));
        return Files.writeString(file, content);
    }

    /// As something that was there for long.
    private Path writeOld(String path, String content) throws IOException {
        Path file = write(path, content);
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
        return file;
    }

    private String next() throws InterruptedException {
        FileChange change = told.poll(20, TimeUnit.SECONDS);
        return change == null ? "nothing" : text(change);
    }

    private static String text(FileChange change) {
        return change.kind() + " " + change.path() + " by " + change.principal();
    }

    private void nothingMore() throws Exception {
        awaitQuiet();
        nothingYet();
    }

    private void nothingYet() throws Exception {
        String marker = "marker-" + markers++;
        Files.writeString(root.resolve(marker), marker);
        assertThat(next()).isEqualTo("CREATED " + marker + " by disk");
    }

    private void awaitQuiet() {
        while (files.status().watching().waiting() > 0
                || files.status().watching().scanning()) {
            Thread.onSpinWait();
        }
    }

    private List<String> next(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    try {
                        return next();
                    } catch (InterruptedException stopped) {
                        throw new IllegalStateException(stopped);
                    }
                })
                .toList();
    }

    @Test
    void a_file_is_created_updated_and_deleted_by_another_program() throws Exception {
        write("a/b/report.txt", "one");
        assertThat(next()).isEqualTo("CREATED a/b/report.txt by disk");
        write("a/b/report.txt", "two");
        assertThat(next()).isEqualTo("UPDATED a/b/report.txt by disk");
        Files.delete(root.resolve("a/b/report.txt"));
        assertThat(next()).isEqualTo("DELETED a/b/report.txt by disk");
        nothingMore();
    }

    @Test
    void a_file_that_is_written_slowly_is_told_when_it_is_closed() throws Exception {
        // What the first look finds unfinished is told when it is quiet; here it is the watch that counts.
        nothingMore();
        try (OutputStream slow = Files.newOutputStream(root.resolve("slow"))) {
            for (int i = 0; i < 5; i++) {
                slow.write(i);
                slow.flush();
                nothingYet();
            }
        }
        FileChange change = told.take();
        assertThat(text(change)).isEqualTo("CREATED slow by disk");
        assertThat(change.size()).isEqualTo(5);
        nothingMore();
    }

    @Test
    void what_the_plane_did_itself_is_not_told_again() throws Exception {
        byte[] content = "mine".getBytes(StandardCharsets.UTF_8);
        files.put("x/mine", new ByteArrayInputStream(content), 4, Precondition.NONE, Principal.broker());
        files.delete("x/mine", Precondition.NONE, Principal.broker());
        assertThat(next(2)).containsExactly("CREATED x/mine by broker", "DELETED x/mine by broker");
        nothingMore();
    }

    @Test
    void an_editor_that_renames_writes_and_deletes_has_updated_one_file() throws Exception {
        write("text", "one");
        assertThat(next()).isEqualTo("CREATED text by disk");
        // vim: a probe, the old file aside, the new one, the old one away.
        Files.delete(Files.writeString(root.resolve("4913"), ""));
        Files.move(root.resolve("text"), root.resolve("text~"));
        write("text", "two");
        Files.delete(root.resolve("text~"));
        assertThat(next()).isEqualTo("UPDATED text by disk");
        // emacs and many others: a new file over the old one.
        Files.writeString(root.resolve(".#text"), "three");
        Files.move(root.resolve(".#text"), root.resolve("text"), StandardCopyOption.ATOMIC_MOVE);
        assertThat(next()).isEqualTo("UPDATED text by disk");
        nothingMore();
    }

    @Test
    void a_touch_is_no_change() throws Exception {
        Path file = write("touched", "same");
        assertThat(next()).isEqualTo("CREATED touched by disk");
        Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-02-02T00:00:00Z")));
        Files.writeString(file, "same");
        nothingMore();
    }

    @Test
    void a_rewrite_that_puts_size_and_time_back_is_still_seen() throws Exception {
        Path file = writeOld("same-size", "one");
        assertThat(next()).startsWith("CREATED");
        writeOld("same-size", "two");
        assertThat(next()).isEqualTo("UPDATED same-size by disk");
        assertThat(Files.size(file)).isEqualTo(3);
        nothingMore();
    }

    @Test
    void a_tree_is_moved_in_renamed_and_moved_out() throws Exception {
        Path deep = folder.resolve("outside/tree/deep");
        Path outside = Files.createDirectories(deep.resolve("deeper"));
        Files.writeString(outside.resolve("one"), "1");
        Files.writeString(deep.resolve("two"), "2");
        for (Path file : List.of(outside.resolve("one"), deep.resolve("two"))) {
            Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));
        }
        Files.move(folder.resolve("outside/tree"), root.resolve("in"));
        assertThat(next(2))
                .containsExactlyInAnyOrder("CREATED in/deep/two by disk", "CREATED in/deep/deeper/one by disk");
        Files.move(root.resolve("in"), root.resolve("renamed"));
        assertThat(next(4))
                .containsExactlyInAnyOrder(
                        "DELETED in/deep/two by disk",
                        "DELETED in/deep/deeper/one by disk",
                        "CREATED renamed/deep/two by disk",
                        "CREATED renamed/deep/deeper/one by disk");
        write("renamed/deep/deeper/three", "3");
        assertThat(next()).isEqualTo("CREATED renamed/deep/deeper/three by disk");
        Files.move(root.resolve("renamed"), folder.resolve("outside/out"));
        assertThat(next(3)).allMatch(change -> change.startsWith("DELETED renamed/deep/"));
        Files.writeString(folder.resolve("outside/out/deep/four"), "4");
        nothingMore();
    }

    @Test
    void folders_and_files_made_at_once_are_all_found() throws Exception {
        for (int i = 0; i < 200; i++) {
            write("d" + i % 10 + "/e" + i % 20 + "/f" + i % 40 + "/file-" + i, "x");
        }
        assertThat(next(200)).doesNotHaveDuplicates().allMatch(change -> change.startsWith("CREATED d"));
        nothingMore();
    }

    @Test
    void what_happened_while_the_broker_was_down_is_told_once_at_the_next_start() throws Exception {
        write("kept", "kept");
        write("changed", "one");
        write("deleted", "x");
        assertThat(next(3)).allMatch(change -> change.startsWith("CREATED"));
        files.close();
        writeOld("changed", "two");
        writeOld("new/file", "new");
        Files.delete(root.resolve("deleted"));
        told.clear();
        files = open();
        assertThat(next(3))
                .containsExactlyInAnyOrder(
                        "UPDATED changed by disk", "CREATED new/file by disk", "DELETED deleted by disk");
        nothingMore();
        restart();
        nothingMore();
    }

    @Test
    void links_pipes_hidden_and_ignored_names_are_nobodys_files() throws Exception {
        Path outside = Files.writeString(folder.resolve("secret"), "secret");
        Files.createSymbolicLink(root.resolve("link"), outside);
        Files.createSymbolicLink(root.resolve("loop"), root);
        Process pipe = new ProcessBuilder("mkfifo", root.resolve("pipe").toString()).start();
        assertThat(pipe.waitFor()).isZero();
        write(".hidden", "x");
        write(".hidden-folder/file", "x");
        write("download.part", "half");
        nothingMore();
        Files.move(root.resolve("download.part"), root.resolve("download"));
        assertThat(next()).isEqualTo("CREATED download by disk");
        nothingMore();
    }

    @Test
    void a_second_name_for_a_file_is_a_file() throws Exception {
        write("first", "x");
        assertThat(next()).isEqualTo("CREATED first by disk");
        Files.createLink(root.resolve("second"), root.resolve("first"));
        assertThat(next()).isEqualTo("CREATED second by disk");
        nothingMore();
    }

    @Test
    void a_file_that_stays_open_is_told_when_it_has_been_quiet_at_the_next_start() throws Exception {
        try (RandomAccessFile open = new RandomAccessFile(root.resolve("open").toFile(), "rw")) {
            open.write(1);
            restart();
            assertThat(next()).isEqualTo("CREATED open by disk");
        }
        nothingMore();
    }

    @Test
    void twenty_thousand_files_are_each_told_once() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            Files.write(root.resolve("f" + i), new byte[] {1});
        }
        assertThat(next(20_000)).doesNotHaveDuplicates();
        nothingMore();
    }
}
