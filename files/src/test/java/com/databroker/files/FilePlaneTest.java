package com.databroker.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.access.Principal;
import com.databroker.core.ByteSize;
import com.databroker.core.FileChange;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FilePlaneTest {
    private static final Principal SOMEBODY = Principal.broker();

    private final Path folder;
    private final List<FileChange> changes = new ArrayList<>();
    private FilePlane files;

    FilePlaneTest(@TempDir Path folder) {
        this.folder = folder;
        this.files = open();
    }

    private FilePlane open() {
        FilePlane opened = FilePlane.open(
                FilesConfig.defaults().withRules(Map.of("all", FileRule.of("**").withSizeMax(new ByteSize(1 << 20)))),
                folder.resolve("root"),
                folder.resolve("index"),
                InstantSource.system());
        opened.changes(changes::addAll);
        opened.announceUnsent();
        return opened;
    }

    private FileChange put(String path, String content) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        return files.put(path, new ByteArrayInputStream(bytes), bytes.length, Precondition.NONE, SOMEBODY);
    }

    private List<Path> everythingOnDisk() throws IOException {
        try (var tree = Files.walk(files.root())) {
            return tree.filter(Files::isRegularFile).toList();
        }
    }

    @Test
    void a_file_is_created_updated_and_deleted_and_each_is_told_once() throws IOException {
        FileChange created = put("a/b/report.txt", "one");
        FileChange updated = put("a/b/report.txt", "two!");
        assertThat(Files.readString(files.onDisk("a/b/report.txt"))).isEqualTo("two!");
        files.delete("a/b/report.txt", Precondition.NONE, SOMEBODY);

        assertThat(changes)
                .extracting(FileChange::kind)
                .containsExactly(FileChange.Kind.CREATED, FileChange.Kind.UPDATED, FileChange.Kind.DELETED);
        assertThat(created.sha256()).isEqualTo("7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed");
        assertThat(updated.etag()).isNotEqualTo(created.etag());
        assertThat(files.stat("a/b/report.txt")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "..",
                "a/../b",
                "/a",
                "a//b",
                "a/",
                ".hidden",
                "a/.dbk/u-1",
                ".dbk",
                "a\\b",
                "a:b",
                "a*b",
                "a\nb",
                "a\0b",
                " a",
                "a ",
                "a.",
                "A\u030A",
                ""
            })
    void an_odd_path_is_refused_and_nothing_is_written(String path) throws IOException {
        assertThatThrownBy(() -> put(path, "x"))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(Problem.PATH_INVALID));
        assertThat(everythingOnDisk()).isEmpty();
        assertThat(changes).isEmpty();
    }

    @Test
    void a_refusal_leaves_the_old_file_and_no_other() throws IOException {
        put("users.xml", "old");
        files.validate("users.xml", (content, sender) -> {
            throw new ProblemException(Problem.VALIDATION_FAILED, "no");
        });
        assertThatThrownBy(() -> put("users.xml", "new")).isInstanceOf(ProblemException.class);
        byte[] four = "four".getBytes(StandardCharsets.UTF_8);
        assertThatThrownBy(() -> files.put("short", new ByteArrayInputStream(four), 5, Precondition.NONE, SOMEBODY))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(Problem.BODY_INCOMPLETE));
        assertThatThrownBy(() -> files.put("broken", new Broken(), -1, Precondition.NONE, SOMEBODY))
                .isInstanceOf(ProblemException.class);
        assertThatThrownBy(() -> put("large", "x".repeat((1 << 20) + 1)))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(Problem.PAYLOAD_TOO_LARGE));

        assertThat(everythingOnDisk()).containsExactly(files.onDisk("users.xml"));
        assertThat(Files.readString(files.onDisk("users.xml"))).isEqualTo("old");
        assertThat(changes).hasSize(1);
    }

    @Test
    void preconditions_are_those_of_http() {
        Precondition absent = Precondition.absent();
        Precondition present = Precondition.present();
        assertThatThrownBy(() -> put("new", present)).isInstanceOf(ProblemException.class);
        FileChange created = put("new", absent);
        assertThatThrownBy(() -> put("new", absent)).isInstanceOf(ProblemException.class);
        put("new", new Precondition(List.of("other", created.etag()), null, null));
        assertThatThrownBy(() -> put("new", Precondition.version("other"))).isInstanceOf(ProblemException.class);
        assertThat(changes).hasSize(2);
    }

    private FileChange put(String path, Precondition precondition) {
        return files.put(path, new ByteArrayInputStream(new byte[] {1}), 1, precondition, SOMEBODY);
    }

    @Test
    void of_fifty_who_create_the_same_file_one_succeeds() throws Exception {
        try (ExecutorService people = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Boolean>> tries = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                Callable<Boolean> attempt = () -> {
                    try {
                        put("once", Precondition.absent());
                        return true;
                    } catch (ProblemException refused) {
                        return false;
                    }
                };
                tries.add(people.submit(attempt));
            }
            int succeeded = 0;
            for (Future<Boolean> attempt : tries) {
                succeeded += attempt.get() ? 1 : 0;
            }
            assertThat(succeeded).isEqualTo(1);
        }
        assertThat(changes).hasSize(1);
        assertThat(everythingOnDisk()).hasSize(1);
    }

    @Test
    void a_link_out_of_the_folder_leads_nowhere() throws IOException {
        Path outside = Files.writeString(folder.resolve("outside.txt"), "secret");
        Files.createSymbolicLink(files.root().resolve("link"), outside);
        Files.createSymbolicLink(files.root().resolve("up"), folder);

        for (String path : List.of("link", "up/outside.txt", "up")) {
            assertThat(files.stat(path)).isEmpty();
            assertThatThrownBy(() -> files.read(path)).isInstanceOf(ProblemException.class);
            assertThatThrownBy(() -> put(path, "x")).isInstanceOf(ProblemException.class);
            assertThatThrownBy(() -> files.delete(path, Precondition.NONE, SOMEBODY))
                    .isInstanceOf(ProblemException.class);
        }
        assertThatThrownBy(() -> put("up/new", "x")).isInstanceOf(ProblemException.class);
        assertThat(files.list("", Listing.Query.ALL, (path, isFolder) -> true).entries())
                .isEmpty();
        assertThat(Files.readString(outside)).isEqualTo("secret");
    }

    @Test
    void what_an_interrupted_upload_left_is_gone_after_the_next_start() throws IOException {
        put("a/kept", "x");
        Files.writeString(files.root().resolve(Disk.DRAFTS).resolve("u-left"), "half");
        files.close();
        files = open();
        assertThat(everythingOnDisk()).containsExactly(files.onDisk("a/kept"));
    }

    @Test
    void a_file_and_a_folder_do_not_take_each_others_place() {
        put("a", "file");
        assertThatThrownBy(() -> put("a/b", "x"))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(Problem.PATH_CONFLICT));
        put("b/c", "x");
        assertThatThrownBy(() -> put("b", "x"))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(Problem.PATH_CONFLICT));
        assertThatThrownBy(() -> files.delete("b", Precondition.NONE, SOMEBODY)).isInstanceOf(ProblemException.class);
    }

    /// A body whose sender goes away.
    @SuppressWarnings("InputStreamSlowMultibyteRead")
    private static final class Broken extends InputStream {
        private int sent;

        @Override
        public int read() throws IOException {
            if (sent++ > 1000) {
                throw new IOException("gone");
            }
            return 'x';
        }
    }

    @Test
    void another_time_is_no_other_version_and_is_told_to_nobody() throws IOException {
        FileChange created = put("a/x.txt", "one");
        Instant then = Instant.ofEpochSecond(1_000_000_000L);
        files.setModified("a/x.txt", then);
        assertThat(files.stat("a/x.txt").orElseThrow().modified()).isEqualTo(then);
        assertThat(files.stat("a/x.txt").orElseThrow().etag()).isEqualTo(created.etag());
        assertThat(Files.getLastModifiedTime(files.onDisk("a/x.txt")).toInstant())
                .isEqualTo(then);
        try (OpenFile read = files.read("a/x.txt")) {
            assertThat(read.entry().modified()).isEqualTo(then);
        }
        assertThat(files.reconcile("a/x.txt")).isFalse();
        files.close();
        files = open();
        assertThat(files.stat("a/x.txt").orElseThrow().modified()).isEqualTo(then);
        assertThat(files.reconcile("a/x.txt")).isFalse();
        assertThat(changes).containsExactly(created);
        assertThatThrownBy(() -> files.setModified("a/y.txt", then))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem()).isEqualTo(Problem.FILE_NOT_FOUND));
        assertThat(everythingOnDisk()).containsExactly(files.onDisk("a/x.txt"));
    }

    @Test
    void what_another_program_wrote_is_told_before_it_gets_another_time() throws IOException {
        put("x.txt", "one");
        Files.writeString(files.onDisk("x.txt"), "two");
        files.setModified("x.txt", Instant.ofEpochSecond(1_000_000_000L));
        assertThat(changes)
                .extracting(FileChange::kind)
                .containsExactly(FileChange.Kind.CREATED, FileChange.Kind.UPDATED);
        assertThat(changes.getLast().etag())
                .isEqualTo(files.stat("x.txt").orElseThrow().etag());
    }
}
