package com.databroker.streams;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/// A hot store for jobs in other processes, of which a test reads the ids: what is flushed is a line of a file, the
/// same
/// as often as it was put.
final class FileHotStore implements HotStore {
    private final Path folder;
    private final StringBuilder unsafe = new StringBuilder();

    FileHotStore(Path folder) {
        this.folder = folder;
    }

    /// One for each process.
    record Opening(String folder) implements HotStores.Opening {
        private static final long serialVersionUID = 1;

        @Override
        public HotStore open() {
            return new FileHotStore(Path.of(folder));
        }
    }

    /// The ids that are safe, each once.
    static Set<String> ids(Path folder, String stream) throws IOException {
        Set<String> ids = new HashSet<>();
        if (!Files.isDirectory(folder)) {
            return ids;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(each -> each.getFileName().toString().startsWith(stream + "-"))
                    .toList()) {
                // What a kill cut short was not safe.
                String text = Files.readString(file);
                text.substring(0, text.lastIndexOf('\n') + 1).lines().forEach(ids::add);
            }
        }
        return ids;
    }

    @Override
    public synchronized void put(Source source, Arrival arrival) {
        unsafe.append(arrival.id()).append('\n');
    }

    @Override
    public synchronized void flush(Source source) throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve(
                source.name() + "-" + ProcessHandle.current().pid() + "-" + System.identityHashCode(this));
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            out.write(StandardCharsets.UTF_8.encode(unsafe.toString()));
            out.force(false);
        }
        unsafe.setLength(0);
    }

    @Override
    public StreamQuery.Answer search(Source source, StreamQuery query) {
        throw new UnsupportedOperationException("nobody searches here");
    }

    @Override
    public long count(Source source, StreamQuery query) {
        throw new UnsupportedOperationException("nobody counts here");
    }

    @Override
    public void expire() {
        // Nothing becomes old.
    }

    @Override
    public List<HotStatus> status() {
        return List.of();
    }

    @Override
    public void visible(Consumer<HotVisible> listener) {
        // Nobody in this process looks.
    }

    @Override
    public void delete(Source source) {
        throw new UnsupportedOperationException("nothing is deleted here");
    }

    @Override
    public void close() {
        // Files are closed after each flush.
    }
}
