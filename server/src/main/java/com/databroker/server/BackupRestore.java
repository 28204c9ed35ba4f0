package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Fills a data folder from a backup. Until all is there and was found to be what was backed up, the
/// folder says that it
/// is not whole, and no broker starts on it.
final class BackupRestore implements Archive {
    /// Where in the data folder that is put whose place the configuration does not name, or is taken.
    private static final String RESTORED = "restored";

    private static final String COLD = "streams.cold.location";

    private final Path data;
    private final Path files;
    private final Map<String, Path> outside;
    private final Set<String> aside = new LinkedHashSet<>();
    private final Set<String> databases = new LinkedHashSet<>();
    private final FolderArchive folders = new FolderArchive(this::place);

    private BackupRestore(Config config, Map<String, Path> outside) {
        this.data = config.data();
        this.files = files(config);
        this.outside = outside;
    }

    /// The folder of the files plane.
    static Path files(Config config) {
        Path folder = config.files().folder();
        return folder == null ? config.data().resolve("files") : folder;
    }

    /// Files and folders that settings name outside of the data folder.
    ///
    /// @param words last words of their keys
    static Map<String, Path> outside(List<ConfigOrigin> origins, Path data, Set<String> words) {
        Map<String, Path> all = new LinkedHashMap<>();
        for (ConfigOrigin origin : origins) {
            String word = origin.key().substring(origin.key().lastIndexOf('.') + 1);
            if (words.contains(word) && !origin.value().isEmpty()) {
                try {
                    Path path = ConfigReader.home().resolve(origin.value());
                    if (!path.startsWith(data)) {
                        all.put(origin.key(), path);
                    }
                } catch (InvalidPathException noPath) {
                    // Some other setting that ends with this word.
                }
            }
        }
        return all;
    }

    /// @param to the configuration with which a broker is to start on it
    static Backup.Restored run(ArchiveReader in, ConfigReader.Result to) throws IOException {
        Config config = to.config();
        Path data = config.data();
        boolean fresh = !Files.exists(data);
        try (DataFolder folder = DataFolder.lock(data)) {
            BackupRestore restore = new BackupRestore(config, restorable(to));
            restore.prepare(folder);
            try {
                Backup.Summary summary = BackupFile.pass(in, restore);
                restore.end();
                return new Backup.Restored(summary, List.copyOf(restore.aside));
            } catch (IOException | RuntimeException failed) {
                restore.clear();
                Files.deleteIfExists(data.resolve(DataFolder.RESTORING));
                if (fresh) {
                    Files.deleteIfExists(data.resolve(DataFolder.LOCK));
                    Files.deleteIfExists(data);
                }
                throw failed;
            }
        }
    }

    private static Map<String, Path> restorable(ConfigReader.Result to) {
        Map<String, Path> places = outside(to.origins(), to.config().data(), BackupSource.OURS);
        String cold = to.config().streams().cold().location();
        if (cold != null && !cold.contains("://")) {
            places.put(COLD, Path.of(cold));
        }
        places.values().removeIf(Files::exists);
        return places;
    }

    private void prepare(DataFolder folder) throws IOException {
        Path marker = data.resolve(DataFolder.RESTORING);
        if (Files.exists(marker)) {
            clear();
        }
        requireEmpty(data);
        if (Files.exists(files)) {
            requireEmpty(files);
        }
        folder.write(DataFolder.RESTORING, files + "\n", false);
    }

    private static void requireEmpty(Path folder) throws IOException {
        try (DirectoryStream<Path> children = Files.newDirectoryStream(folder)) {
            for (Path child : children) {
                String name = BackupItems.name(child);
                if (!Set.of(DataFolder.LOCK, DataFolder.RESTORING, "lost+found").contains(name)) {
                    throw new ProblemException(Problem.DATA_NOT_EMPTY, folder + " is not empty: it has " + name);
                }
            }
        }
    }

    /// Removes what a restore brought here: the marker names the folder of files that it filled.
    private void clear() throws IOException {
        Path marker = data.resolve(DataFolder.RESTORING);
        if (Files.exists(marker)) {
            Path filled =
                    Path.of(Files.readString(marker, StandardCharsets.UTF_8).strip());
            empty(filled);
        }
        empty(data);
    }

    private static void empty(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (DirectoryStream<Path> children = Files.newDirectoryStream(folder)) {
            for (Path child : children) {
                String name = BackupItems.name(child);
                if (!Set.of(DataFolder.LOCK, DataFolder.RESTORING, "lost+found").contains(name)) {
                    DataFormat.delete(child);
                }
            }
        }
    }

    private Path place(String path) {
        if (path.equals("data") || path.equals(BackupFile.FILES)) {
            return path.equals("data") ? data : files;
        }
        if (path.startsWith(BackupFile.DATA)) {
            String below = path.substring(BackupFile.DATA.length());
            if (Set.of(DataFolder.LOCK, DataFolder.RESTORING).contains(below)) {
                throw Tar.damaged("it has " + path + ", which no backup has");
            }
            return ArchivePaths.below(data, below);
        }
        if (path.startsWith(BackupFile.FILES + "/")) {
            return ArchivePaths.below(files, path.substring(BackupFile.FILES.length() + 1));
        }
        if (path.startsWith(BackupFile.OUTSIDE)) {
            String rest = path.substring(BackupFile.OUTSIDE.length());
            int slash = rest.indexOf('/');
            String key = slash < 0 ? rest : rest.substring(0, slash);
            Path named = outside.get(key);
            if (named != null) {
                return slash < 0 ? named : ArchivePaths.below(named, rest.substring(slash + 1));
            }
            aside.add(key);
        } else if (path.startsWith(BackupFile.CONFIG)) {
            aside.add(path);
        } else {
            throw Tar.damaged("it has " + path + ", which no backup has");
        }
        return ArchivePaths.below(data.resolve(RESTORED), path);
    }

    @Override
    public void folder(ArchiveEntry entry) throws IOException {
        folders.folder(entry);
    }

    @Override
    public void file(ArchiveEntry entry, InputStream bytes) throws IOException {
        if (Set.of(BackupFile.HEAD, BackupFile.FACTS, BackupFile.SUMS).contains(entry.path())) {
            return;
        }
        if (BackupSource.isDatabase(entry.path())) {
            databases.add(entry.path());
        }
        folders.file(entry, bytes);
    }

    private void end() throws IOException {
        for (String database : databases) {
            Path file = place(database);
            String store = BackupItems.name(file).replaceFirst("\\.mv\\.db$", "");
            Files.createFile(file.resolveSibling(store + ".restored"));
        }
        folders.close();
        Files.delete(data.resolve(DataFolder.RESTORING));
    }

    @Override
    public void close() {}
}
