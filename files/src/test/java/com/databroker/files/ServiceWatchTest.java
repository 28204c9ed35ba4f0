package com.databroker.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

final class ServiceWatchTest extends FolderWatchContract {
    @Override
    FolderWatch open(Path root, long queueBytes) throws WatchUnavailable {
        return ServiceWatch.open(root, queueBytes);
    }

    @Override
    FolderWatch.Kind kind() {
        return FolderWatch.Kind.SERVICE;
    }

    @Override
    Signal written(String path) {
        return new Signal.Touched(path);
    }

    @Test
    void nothing_is_ever_called_finished() throws Exception {
        write("file");
        Files.move(file("file"), file("other"));
        hearAll("after");
        assertThat(heard).noneMatch(Signal.Finished.class::isInstance);
    }
}
