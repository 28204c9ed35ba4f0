package com.databroker.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FoldersTest {
    @TempDir
    Path temporary;

    @Test
    void a_folder_is_deleted_with_what_is_in_it_and_not_with_what_it_links_to() throws IOException {
        Path kept = Files.createDirectories(temporary.resolve("kept"));
        Files.writeString(kept.resolve("file"), "kept");
        Path folder = temporary.resolve("gone/deep");
        Files.createDirectories(folder.resolve("deeper"));
        Files.writeString(folder.resolve("deeper/file"), "gone");
        Files.createSymbolicLink(folder.resolve("link"), kept);

        Folders.delete(temporary.resolve("gone"));

        assertThat(temporary.resolve("gone")).doesNotExist();
        assertThat(kept.resolve("file")).hasContent("kept");
    }

    @Test
    void a_folder_that_is_not_there_is_deleted_already() {
        assertThatCode(() -> Folders.delete(temporary.resolve("none"))).doesNotThrowAnyException();
    }
}
