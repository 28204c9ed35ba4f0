package com.databroker.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class InotifyTest extends FolderWatchContract {
    @Override
    FolderWatch open(Path root, long queueBytes) throws WatchUnavailable {
        return Inotify.open(root, queueBytes);
    }

    @Override
    FolderWatch.Kind kind() {
        return FolderWatch.Kind.INOTIFY;
    }

    @Override
    Signal written(String path) {
        return new Signal.Finished(path);
    }

    @Test
    void a_file_is_finished_when_it_is_closed_and_not_before() throws Exception {
        try (OutputStream slow = Files.newOutputStream(file("slow"))) {
            for (int i = 0; i < 10; i++) {
                slow.write(i);
                hearAll("other-" + i);
                assertThat(heard).contains(new Signal.Touched("slow")).doesNotContain(written("slow"));
            }
        }
        until(written("slow"));
    }

    @Test
    void of_a_burst_that_the_kernel_can_hold_nothing_is_lost() throws Exception {
        // Three events each, if the reader should not come in between: the kernel keeps 16384.
        Set<Signal> expected = new HashSet<>();
        for (int i = 0; i < 5000; i++) {
            write("file-" + i);
            expected.add(written("file-" + i));
        }
        until(() -> new HashSet<>(heard).containsAll(expected));
        assertThat(watch().state().overflows()).isZero();
    }

    @Test
    void nothing_is_told_under_the_old_path_once_a_folder_was_renamed() throws Exception {
        makeAndAdd("old");
        makeAndAdd("old/below");
        Files.move(file("old"), file("new"));
        write("new/file");
        write("new/below/file");
        hearAll("after");
        assertThat(heard).contains(new Signal.Gone("old", true), new Signal.FolderCame("new"));
        assertThat(paths(heard)).doesNotContain("old/file", "old/below/file", "new/file", "new/below/file");
    }

    @Test
    void a_second_name_and_a_new_time_are_told_as_not_finished() throws Exception {
        Path elsewhere = root().resolveSibling("elsewhere");
        Files.writeString(elsewhere, "");
        Files.createLink(file("second"), elsewhere);
        hearAll("after");
        assertThat(heard).contains(new Signal.Touched("second")).doesNotContain(written("second"));
        nothingHeardYet();
        Files.setLastModifiedTime(file("after"), FileTime.fromMillis(1000));
        until(new Signal.Touched("after"));
    }

    @Test
    void a_name_that_is_not_utf_8_is_counted_and_not_told() throws Exception {
        Process shell = new ProcessBuilder("sh", "-c", "> \"$(printf 'a\\377b')\"; > \"$(printf 'gr\\303\\274n')\"")
                .directory(root().toFile())
                .start();
        assertThat(shell.waitFor()).isZero();
        until(written("grün"));
        assertThat(paths(heard)).containsOnly("grün");
        assertThat(watch().state().skipped()).isPositive();
    }

    @Test
    void watches_that_were_let_go_are_ended_in_the_kernel_and_one_that_is_added_again_is_kept() throws Exception {
        long before = watchesInKernel();
        for (int i = 0; i < 1000; i++) {
            makeAndAdd("folder-" + i);
        }
        assertThat(watchesInKernel()).isEqualTo(before + 1000);
        watch().forget("");
        assertThat(watch().add("")).isEqualTo(FolderWatch.Added.WATCHED);
        assertThat(watch().add("folder-7")).isEqualTo(FolderWatch.Added.WATCHED);
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (watchesInKernel() > before + 1) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.onSpinWait();
        }
        assertThat(watch().state().folders()).isEqualTo(2);
        write("folder-7/file");
        until(written("folder-7/file"));
    }

    /// Watches of this whole process.
    private static long watchesInKernel() throws IOException {
        long watches = 0;
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fdinfo"))) {
            for (Path info : files.toList()) {
                try (Stream<String> lines = Files.lines(info)) {
                    watches +=
                            lines.filter(line -> line.startsWith("inotify wd:")).count();
                } catch (java.nio.file.NoSuchFileException closedMeanwhile) {
                    // It was the listing's own.
                }
            }
        }
        return watches;
    }

    @Test
    void no_descriptor_stays_open_when_it_is_closed() throws Exception {
        watch().add("");
        watch().close();
        long before = descriptors();
        for (int i = 0; i < 20; i++) {
            FolderWatch another = Inotify.open(root());
            another.add("");
            another.close();
        }
        assertThat(descriptors()).isEqualTo(before);
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }

    @Test
    void a_root_that_is_not_there_cannot_be_watched() {
        assertThatThrownBy(() -> Inotify.open(root().resolve("absent"))).isInstanceOf(WatchUnavailable.class);
    }

    @Test
    void the_best_watch_of_this_system_is_this_one() {
        try (FolderWatch best = FolderWatch.open(root())) {
            assertThat(best.state().kind()).isEqualTo(FolderWatch.Kind.INOTIFY);
            assertThat(best.state().why()).isEmpty();
        }
    }

    @Test
    void where_it_is_not_to_be_had_another_stands_in_and_says_why() throws Exception {
        FolderWatch.Way none = root -> {
            throw new WatchUnavailable("the limit is reached", true);
        };
        try (FolderWatch lesser = FolderWatch.open(root(), List.of(none, ServiceWatch::open))) {
            assertThat(lesser.state().kind()).isEqualTo(FolderWatch.Kind.SERVICE);
            assertThat(lesser.state().why()).isEqualTo("the limit is reached");
            assertThat(lesser.add("")).isEqualTo(FolderWatch.Added.WATCHED);
            write("file");
            assertThat(lesser.take(10, PATIENCE)).isNotEmpty();
            lesser.forget("");
        }
        try (FolderWatch nothing = FolderWatch.open(root(), List.of(none, none))) {
            assertThat(nothing.state())
                    .isEqualTo(new FolderWatch.State(
                            FolderWatch.Kind.NONE,
                            0,
                            Set.of(FolderWatch.Limit.INSTANCES),
                            0,
                            0,
                            "the limit is reached; the limit is reached"));
            assertThat(nothing.add("")).isEqualTo(FolderWatch.Added.REFUSED);
            assertThat(nothing.take(10, java.time.Duration.ofMillis(1))).isEmpty();
        }
    }
}
