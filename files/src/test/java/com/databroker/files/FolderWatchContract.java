package com.databroker.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What every watch must tell, whatever it is made of.
abstract class FolderWatchContract {
    static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration MOMENT = Duration.ofMillis(50);
    private static final int MANY = 10_000;

    /// All that was taken since the last [#nothingHeardYet].
    final List<Signal> heard = new ArrayList<>();

    @TempDir
    @Nullable
    Path temporary;

    @Nullable
    FolderWatch opened;

    abstract FolderWatch open(Path root, long queueBytes) throws WatchUnavailable;

    abstract FolderWatch.Kind kind();

    /// What is told when a file was written and closed.
    abstract Signal written(String path);

    final Path root() {
        return java.util.Objects.requireNonNull(temporary).resolve("root");
    }

    private Path outside() {
        return java.util.Objects.requireNonNull(temporary).resolve("outside");
    }

    final FolderWatch watch() {
        return java.util.Objects.requireNonNull(opened);
    }

    @BeforeEach
    final void openWatch() throws IOException {
        Files.createDirectories(root());
        Files.createDirectories(outside());
        opened = open(root(), SignalQueue.BYTES_MAX);
        assertThat(watch().add("")).isEqualTo(FolderWatch.Added.WATCHED);
    }

    @AfterEach
    final void closeWatch() {
        watch().close();
    }

    final Path file(String path) {
        return root().resolve(path);
    }

    final void write(String path) throws IOException {
        Files.writeString(file(path), path);
    }

    final void makeAndAdd(String folder) throws IOException {
        Files.createDirectory(file(folder));
        assertThat(watch().add(folder)).isEqualTo(FolderWatch.Added.WATCHED);
    }

    final void nothingHeardYet() {
        heard.clear();
    }

    final void until(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("heard only %s", heard).isLessThan(end);
            heard.addAll(watch().take(MANY, MOMENT));
        }
    }

    final void until(Signal signal) throws InterruptedException {
        until(() -> heard.contains(signal));
    }

    /// Everything that was told of what was done so far: the watch tells in order.
    final void hearAll(String unused) throws IOException, InterruptedException {
        write(unused);
        until(written(unused));
    }

    static List<String> paths(List<Signal> signals) {
        List<String> paths = new ArrayList<>();
        for (Signal signal : signals) {
            switch (signal) {
                case Signal.Finished(String path) -> paths.add(path);
                case Signal.Touched(String path) -> paths.add(path);
                case Signal.Gone(String path, boolean folder) -> paths.add(path);
                case Signal.FolderCame(String path) -> paths.add(path);
                case Signal.Overflow() -> paths.add("overflow");
            }
        }
        return paths;
    }

    @Test
    void a_file_that_is_made_is_told() throws Exception {
        write("a.txt");
        until(written("a.txt"));
        assertThat(heard).doesNotContain(new Signal.FolderCame("a.txt"));
    }

    @Test
    void a_file_that_is_written_slowly_is_told_at_the_first_and_the_last_byte() throws Exception {
        try (OutputStream slow = Files.newOutputStream(file("slow"))) {
            until(new Signal.Touched("slow"));
            nothingHeardYet();
            slow.write(1);
        }
        until(written("slow"));
    }

    @Test
    void a_file_that_is_renamed_over_another_is_told_under_both_names() throws Exception {
        write("target");
        write("source");
        until(written("source"));
        nothingHeardYet();

        Files.move(file("source"), file("target"), StandardCopyOption.ATOMIC_MOVE);
        until(new Signal.Gone("source", false));
        until(written("target"));
    }

    @Test
    void a_file_that_is_renamed_in_came_and_one_that_is_renamed_out_is_gone() throws Exception {
        Path elsewhere = outside().resolve("file");
        Files.writeString(elsewhere, "all of it");
        Files.move(elsewhere, file("here"));
        until(written("here"));

        Files.move(file("here"), elsewhere);
        until(new Signal.Gone("here", false));
    }

    @Test
    void a_tree_that_is_moved_in_is_told_once_and_can_be_added() throws Exception {
        Files.createDirectories(outside().resolve("tree/below"));
        Files.move(outside().resolve("tree"), file("tree"));
        until(new Signal.FolderCame("tree"));
        assertThat(paths(heard)).containsOnly("tree");

        assertThat(watch().add("tree")).isEqualTo(FolderWatch.Added.WATCHED);
        assertThat(watch().add("tree/below")).isEqualTo(FolderWatch.Added.WATCHED);
        write("tree/below/file");
        until(written("tree/below/file"));
        assertThat(watch().state().folders()).isEqualTo(3);
    }

    @Test
    void a_folder_that_is_renamed_is_gone_and_comes() throws Exception {
        makeAndAdd("old");
        makeAndAdd("old/below");
        Files.move(file("old"), file("new"));
        until(new Signal.Gone("old", true));
        until(new Signal.FolderCame("new"));
        assertThat(watch().state().folders()).isEqualTo(1);
        nothingHeardYet();

        assertThat(watch().add("new")).isEqualTo(FolderWatch.Added.WATCHED);
        assertThat(watch().add("new/below")).isEqualTo(FolderWatch.Added.WATCHED);
        write("new/below/file");
        until(written("new/below/file"));
        assertThat(paths(heard)).noneMatch(path -> path.startsWith("old"));
    }

    @Test
    void a_folder_that_is_added_under_a_new_path_is_told_of_under_the_new_path() throws Exception {
        makeAndAdd("first");
        hearAll("before");
        Files.move(file("first"), file("second"));
        assertThat(watch().add("second")).isEqualTo(FolderWatch.Added.WATCHED);
        nothingHeardYet();

        write("second/file");
        until(written("second/file"));
        assertThat(paths(heard)).doesNotContain("first/file");
    }

    @Test
    void what_is_deleted_is_gone() throws Exception {
        makeAndAdd("folder");
        write("folder/file");
        until(written("folder/file"));
        Files.delete(file("folder/file"));
        until(new Signal.Gone("folder/file", false));
        Files.delete(file("folder"));
        until(new Signal.Gone("folder", true));
        assertThat(watch().state().folders()).isEqualTo(1);
        assertThat(watch().add("folder")).isEqualTo(FolderWatch.Added.NO_FOLDER);
    }

    @Test
    void a_folder_that_is_replaced_is_told_as_another() throws Exception {
        makeAndAdd("folder");
        hearAll("before");
        nothingHeardYet();
        Files.move(file("folder"), outside().resolve("folder"));
        Files.createDirectory(file("folder"));
        until(new Signal.FolderCame("folder"));
        assertThat(heard).containsSubsequence(new Signal.Gone("folder", true), new Signal.FolderCame("folder"));

        assertThat(watch().add("folder")).isEqualTo(FolderWatch.Added.WATCHED);
        Files.writeString(outside().resolve("folder/not-ours"), "");
        write("folder/ours");
        until(written("folder/ours"));
        assertThat(paths(heard)).doesNotContain("folder/not-ours");
    }

    @Test
    void of_twenty_thousand_files_none_is_lost_unless_it_says_so() throws Exception {
        int count = 20_000;
        Set<String> missing = new HashSet<>();
        for (int i = 0; i < count; i++) {
            write("file-" + i);
            missing.add("file-" + i);
        }
        List<Signal> last = new ArrayList<>();
        until(() -> {
            missing.removeAll(new HashSet<>(paths(heard)));
            last.addAll(heard);
            heard.clear();
            return missing.isEmpty() || last.contains(new Signal.Overflow());
        });
        if (!missing.isEmpty()) {
            assertThat(watch().state().overflows()).isPositive();
        }
    }

    @Test
    void of_a_forgotten_folder_nothing_is_told() throws Exception {
        makeAndAdd("a");
        makeAndAdd("a/b");
        makeAndAdd("ab");
        write("a/early");
        watch().forget("a");
        assertThat(watch().state().folders()).isEqualTo(2);
        heard.addAll(watch().take(MANY, Duration.ZERO));
        assertThat(paths(heard)).doesNotContain("a/early", "a/b");

        write("a/late");
        write("a/b/late");
        write("ab/file");
        until(written("ab/file"));
        assertThat(paths(heard)).noneMatch(path -> path.startsWith("a/"));

        assertThat(watch().add("a")).isEqualTo(FolderWatch.Added.WATCHED);
        write("a/again");
        until(written("a/again"));
    }

    @Test
    void hidden_names_are_not_told_and_hidden_folders_not_watched() throws Exception {
        Files.createDirectories(file(Disk.DRAFTS));
        write(".hidden");
        Files.createDirectories(file(".folder/below"));
        write("plain");
        Files.move(file("plain"), file(".plain"));
        until(new Signal.Gone("plain", false));
        assertThat(paths(heard)).containsOnly("plain");
        assertThat(watch().add(Disk.DRAFTS)).isEqualTo(FolderWatch.Added.NO_FOLDER);
        assertThat(watch().add(".folder/below")).isEqualTo(FolderWatch.Added.NO_FOLDER);
        assertThat(watch().add("..")).isEqualTo(FolderWatch.Added.NO_FOLDER);
        assertThat(watch().add("a/../..")).isEqualTo(FolderWatch.Added.NO_FOLDER);
    }

    @Test
    void what_is_no_folder_is_not_watched_and_no_link_is_followed() throws Exception {
        Files.createDirectories(outside().resolve("below"));
        Files.createSymbolicLink(file("link"), outside());
        write("file");
        until(written("file"));
        assertThat(heard).doesNotContain(new Signal.FolderCame("link"));
        assertThat(watch().add("link")).isEqualTo(FolderWatch.Added.NO_FOLDER);
        assertThat(watch().add("link/below")).isEqualTo(FolderWatch.Added.NO_FOLDER);
        assertThat(watch().add("file")).isEqualTo(FolderWatch.Added.NO_FOLDER);
        assertThat(watch().add("absent")).isEqualTo(FolderWatch.Added.NO_FOLDER);
        assertThat(watch().add("a\0b")).isEqualTo(FolderWatch.Added.NO_FOLDER);
        assertThat(watch().state().folders()).isEqualTo(1);
    }

    @Test
    void signals_that_nobody_takes_become_an_overflow_and_it_goes_on_after() throws Exception {
        watch().close();
        opened = open(root(), 4000);
        watch().add("");
        for (int i = 0; i < 100; i++) {
            write("file-" + i);
        }
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (watch().state().overflows() == 0) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
        assertThat(watch().state().limits()).contains(FolderWatch.Limit.SIGNALS);
        assertThat(watch().take(2, PATIENCE)).startsWith(new Signal.Overflow());
        write("after");
        until(written("after"));
    }

    @Test
    void to_close_it_ends_the_wait() throws Exception {
        AtomicReference<List<Signal>> taken = new AtomicReference<>();
        Thread waiting = Thread.ofPlatform().start(() -> {
            try {
                taken.set(watch().take(MANY, PATIENCE));
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        while (waiting.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        watch().close();
        assertThat(waiting.join(PATIENCE)).isTrue();
        assertThat(taken.get()).isEmpty();
        assertThat(watch().take(MANY, PATIENCE)).isEmpty();
        assertThat(watch().add("")).isEqualTo(FolderWatch.Added.REFUSED);
        watch().forget("");
        watch().close();
    }

    @Test
    void nothing_is_taken_when_the_time_is_over() throws Exception {
        assertThat(watch().take(MANY, Duration.ZERO)).isEmpty();
        assertThat(watch().take(MANY, Duration.ofMillis(1))).isEmpty();
    }

    @Test
    void folders_are_added_and_forgotten_by_one_thread_while_another_takes() throws Exception {
        int count = 200;
        for (int i = 0; i < count; i++) {
            Files.createDirectory(file("folder-" + i));
        }
        Thread adding = Thread.ofPlatform().start(() -> {
            for (int round = 0; round < 5; round++) {
                for (int i = 0; i < count; i++) {
                    watch().add("folder-" + i);
                }
                for (int i = 0; i < count; i += 2) {
                    watch().forget("folder-" + i);
                }
            }
        });
        for (int i = 0; i < count; i++) {
            write("folder-" + i + "/while");
            heard.addAll(watch().take(MANY, Duration.ZERO));
        }
        assertThat(adding.join(PATIENCE)).isTrue();
        assertThat(watch().state().folders()).isEqualTo(1 + count / 2);
        nothingHeardYet();
        write("folder-0/after");
        write("folder-1/after");
        until(written("folder-1/after"));
        assertThat(paths(heard)).doesNotContain("folder-0/after");
    }

    @Test
    void it_says_how_it_is_doing() {
        FolderWatch.State state = watch().state();
        assertThat(state).isEqualTo(new FolderWatch.State(kind(), 1, Set.of(), 0, 0, ""));
    }
}
