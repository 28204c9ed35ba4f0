package com.databroker.streams;

import io.delta.kernel.defaults.engine.fileio.FileIO;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A folder of this machine's file systems.
record NioFolder(Path folder) implements ColdFolder {
    @Override
    public String location() {
        return NioFileIO.location(folder);
    }

    @Override
    public FileIO io(Map<String, String> settings) {
        return new NioFileIO(settings);
    }

    @Override
    public List<Found> old(Instant before) throws IOException {
        List<Found> old = new ArrayList<>();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes) {
                String name = String.valueOf(each.getFileName());
                boolean foreign = !each.equals(folder) && name.matches("[._].*") && !name.equals("_delta_log");
                return foreign ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String path = folder.relativize(file).toString();
                boolean draft = path.endsWith(NioDraft.SUFFIX);
                if ((draft || ColdFolder.isData(path))
                        && attributes.lastModifiedTime().toInstant().isBefore(before)) {
                    old.add(new Found(path, attributes.size()));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException removedMeanwhile) {
                return FileVisitResult.CONTINUE;
            }
        });
        return old;
    }
}
