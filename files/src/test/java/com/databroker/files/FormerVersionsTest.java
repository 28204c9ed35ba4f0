package com.databroker.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.access.Principal;
import com.databroker.core.ByteSize;
import com.databroker.core.FileChange;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FormerVersionsTest {
    private static final Principal SOMEBODY = Principal.broker();

    private final Path folder;
    private Instant now = Instant.parse("2026-11-29T12:00:00Z");
    private FilePlane files;

    FormerVersionsTest(@TempDir Path folder) {
        this.folder = folder;
        this.files = open();
    }

    private FilePlane open() {
        FilePlane opened = FilePlane.open(
                FilesConfig.defaults()
                        .withVersionsSizeMax(new ByteSize(10))
                        .withRules(Map.of(
                                "some", FileRule.of("kept/**").withVersions(2, null),
                                "briefly", FileRule.of("kept/brief/*").withVersions(1, Duration.ofHours(1)))),
                folder.resolve("root"),
                folder.resolve("index"),
                () -> now);
        opened.announceUnsent();
        return opened;
    }

    @AfterEach
    void close() {
        files.close();
    }

    private FileChange put(String path, String content) {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        return files.put(path, new ByteArrayInputStream(bytes), bytes.length, Precondition.NONE, SOMEBODY);
    }

    private List<String> texts(String path) {
        return files.former().list(path).stream()
                .map(entry -> {
                    try (OpenFile file = files.former().read(path, entry.version())) {
                        assertThat(file.entry()).isEqualTo(entry);
                        return file.readAll().utf8();
                    }
                })
                .toList();
    }

    @Test
    void what_a_file_was_is_kept_as_it_was_for_as_many_versions_as_its_rule_says() throws IOException {
        put("else/a", "one");
        put("else/a", "two");
        assertThat(files.former().list("else/a")).isEmpty();
        FileChange first = put("kept/a", "one");
        assertThat(files.former().list("kept/a")).isEmpty();
        put("kept/a", "two");
        assertThat(files.former().list("kept/a").getFirst().etag()).isEqualTo(first.etag());
        put("kept/a", "three");
        put("kept/a", "four");
        assertThat(texts("kept/a")).containsExactly("three", "two");
        files.close();
        files = open();
        files.delete("kept/a", Precondition.NONE, SOMEBODY);
        assertThat(texts("kept/a")).containsExactly("four", "three");
        assertThat(files.list("kept", Listing.Query.ALL, (_, _) -> true).entries())
                .isEmpty();

        // What another program replaced is gone; what it left is kept.
        Files.writeString(files.onDisk("kept/a"), "foreign");
        files.reconcile("kept/a");
        put("kept/b", "moved here");
        files.move("kept/b", "kept/a", (_, _) -> {}, SOMEBODY);
        assertThat(texts("kept/a")).containsExactly("foreign", "four");
        assertThat(texts("kept/b")).isEmpty();
        assertThat(files.former().forget("kept/a")).isEqualTo(2);
        assertThat(texts("kept/a")).isEmpty();
        assertThatThrownBy(() -> files.former().read("kept/a", first.version())).hasMessageContaining("no version");
    }

    @Test
    void a_former_version_ends_by_its_age_and_the_oldest_of_all_where_room_is_short() throws IOException {
        put("kept/brief/a", "1234");
        put("kept/brief/a", "5678");
        assertThat(texts("kept/brief/a")).containsExactly("1234");
        now = now.plus(Duration.ofMinutes(61));
        assertThat(texts("kept/brief/a")).isEmpty();
        files.former().sweep();
        now = now.minus(Duration.ofMinutes(61));
        assertThat(texts("kept/brief/a")).isEmpty();

        for (String path : List.of("kept/x", "kept/y", "kept/z")) {
            put(path, "1234");
            put(path, "5");
        }
        files.former().sweep();
        assertThat(texts("kept/x")).isEmpty();
        assertThat(texts("kept/y")).containsExactly("1234");
        assertThat(texts("kept/z")).containsExactly("1234");
    }

    /// A program that has the file open, or a leftover of a power cut.
    @Test
    void what_was_changed_under_its_second_name_or_is_not_there_whole_is_not_shown() throws IOException {
        put("kept/a", "one");
        put("kept/a", "two");
        List<Path> kept;
        try (var tree = Files.walk(files.root().resolve(".dbk/versions"))) {
            kept = tree.filter(Files::isRegularFile).sorted().toList();
        }
        assertThat(kept).hasSize(2);
        Files.writeString(kept.getFirst(), "one and more");
        assertThat(files.former().list("kept/a")).isEmpty();
        Files.writeString(kept.getLast(), "{\"path\":");
        assertThat(files.former().list("kept/a")).isEmpty();
        put("kept/a", "three");
        assertThat(texts("kept/a")).containsExactly("two");
    }
}
