package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.files.FilePlane;
import com.databroker.objects.ObjectPlane;
import com.databroker.streams.StreamPlane;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a backup is made of: a broker that runs, or what one left.
///
/// Of a running one streams stand still for as long as it takes to give what they keep a second name, and
/// are then read while they go on. They come first: what came by a file that is in the backup and not in
/// the streams is taken again at
/// the next start, and the other way round it would be lost. Databases make their own copy. Files are
/// read one by one, each a whole version with what is known of it.
///
/// @param files null where the folder is of an earlier format, and is read as it lies there
/// @param objects null where no broker runs
/// @param streams null where no broker runs, or it has none
record BackupSource(
        Config config,
        List<ConfigOrigin> origins,
        Path data,
        @Nullable FilePlane files,
        @Nullable ObjectPlane objects,
        @Nullable StreamPlane streams) {
    static final String PINNED = ".backup";

    private static final String STREAMS = "streams";
    private static final String INDEX = "index";
    private static final String OBJECTS = "objects";
    private static final String JOURNAL = "data/index/journal";
    private static final String DATABASE = ".mv.db";
    private static final int PINS_MAX = 20;
    private static final Predicate<String> INDEX_FILE =
            Pattern.compile("kafka/logs/.*\\.(index|timeindex)").asMatchPredicate();

    /// Of this life of a broker, or of this machine.
    private static final Set<String> PASSING = Set.of(
            DataFolder.LOCK,
            DataFolder.CONTEXT,
            DataFolder.CERTIFICATE,
            DataFolder.RESTORING,
            "restored",
            PINNED,
            INDEX,
            STREAMS);

    /// Settings by whose last word files outside of the data folder are known that belong to the broker.
    static final Set<String> OURS = Set.of(
            "certificate",
            "key",
            "curve-key-file",
            "host-key",
            "definitions",
            "plugins",
            "properties",
            "ca-file",
            "secret-file",
            "xsd",
            "json-schema");

    void write(OutputStream to, Instant now) throws IOException {
        Path pinned = data.resolve(PINNED);
        DataFormat.delete(pinned);
        DataFolder.createPrivate(pinned);
        try {
            BackupWriter out =
                    new BackupWriter(new Tar.Writer(to), DataFormat.of(data), BackupRestore.files(config), now);
            write(out, pinned);
        } finally {
            DataFormat.delete(pinned);
        }
    }

    private void write(BackupWriter out, Path pinned) throws IOException {
        List<String> leftOut = new ArrayList<>(
                List.of("events that are held for replay: they rest in memory only", "uploads that were under way"));
        BackupItems[] streaming = {new BackupItems()};
        if (streams == null) {
            addStreams(streaming[0]);
        } else {
            streams.still(() -> streaming[0] = pinned(pinned.resolve(STREAMS)));
        }
        out.items(streaming[0]);
        BackupItems still = new BackupItems();
        still.add(data, "data", this::isLeftOut);
        outside().forEach((key, path) -> add(still, path, BackupFile.OUTSIDE + key));
        Path configuration = configuration();
        if (configuration != null) {
            still.add(configuration, BackupFile.CONFIG + "databroker.yaml", path -> false);
        }
        out.items(still);
        writeObjects(out, pinned, leftOut);
        if (files == null) {
            BackupItems raw = new BackupItems();
            raw.add(data.resolve(INDEX), "data/" + INDEX, path -> false);
            raw.add(BackupRestore.files(config), BackupFile.FILES, path -> path.equals(".dbk"));
            out.items(raw);
        } else {
            Bytes journal = files.copy(out);
            out.content(JOURNAL, journal);
        }
        leftOut.addAll(elsewhere());
        out.end(objects != null, leftOut);
    }

    /// Kafka stays up meanwhile, and nobody writes to it. But it may put files in the place of others, as it does where
    /// it compacts: then all of it is done again.
    private BackupItems pinned(Path into) throws IOException {
        BackupItems items = new BackupItems();
        addStreams(items);
        for (int tries = 1; ; tries++) {
            BackupItems pinned = items.pinned(into);
            BackupItems again = new BackupItems();
            addStreams(again);
            if (again.hasFilesOf(items) || tries == PINS_MAX) {
                return pinned;
            }
            DataFormat.delete(into);
            items = again;
        }
    }

    /// Of a Kafka that runs the indexes are files of ten MiB that are written to in place; it makes them anew of the
    /// logs.
    private void addStreams(BackupItems items) throws IOException {
        items.add(
                data.resolve(STREAMS),
                "data/" + STREAMS,
                path -> path.equals("flink/tmp") || path.equals("spool") || (streams != null && INDEX_FILE.test(path)));
        Path cold = cold();
        if (cold != null) {
            items.add(cold, BackupFile.OUTSIDE + "streams.cold.location", path -> false);
        }
    }

    /// The folder of the cold tables, where it is another one than in the data folder.
    private @Nullable Path cold() {
        String location = config.streams().cold().location();
        return location == null || location.contains("://") ? null : Path.of(location);
    }

    private static void add(BackupItems items, Path path, String prefix) {
        try {
            items.add(path, prefix, each -> false);
        } catch (IOException unreadable) {
            throw DataFolder.problem(path, unreadable);
        }
    }

    /// Of a running broker its databases make their own copies.
    private boolean isLeftOut(String path) {
        boolean database = objects != null && path.startsWith(OBJECTS + "/") && path.endsWith(".db");
        return database
                || PASSING.contains(path)
                || path.startsWith("format-")
                || data.resolve(path).equals(BackupRestore.files(config));
    }

    private void writeObjects(BackupWriter out, Path pinned, List<String> leftOut) throws IOException {
        if (objects != null) {
            Path zips = Files.createDirectory(pinned.resolve(OBJECTS));
            for (Map.Entry<String, Boolean> store : objects.copy(zips).entrySet()) {
                if (store.getValue()) {
                    Path zip = zips.resolve(store.getKey() + ".zip");
                    out.unzipped(zip, "data/" + OBJECTS);
                    Files.delete(zip);
                }
            }
        }
        config.objects().stores().forEach((name, store) -> {
            if (store.jdbc() != null) {
                leftOut.add("the database of objects.stores." + name + ": back it up by its own means");
            }
        });
    }

    private List<String> elsewhere() {
        List<String> out = new ArrayList<>();
        if (!config.streams().kafka().embedded()) {
            out.add("topics in " + String.join(",", config.streams().kafka().bootstrapServers())
                    + ", with cursors and dead letters: that cluster keeps them");
        }
        if (!config.streams().flink().embedded()) {
            out.add("states of the jobs on the Flink cluster: it keeps them");
        }
        String cold = config.streams().cold().location();
        if (cold != null && cold.contains("://")) {
            out.add("cold tables in " + cold + ": that bucket keeps them");
        }
        return out;
    }

    /// Files and folders that settings name outside of the data folder, by their keys.
    private Map<String, Path> outside() {
        return BackupRestore.outside(origins, data, OURS);
    }

    /// The file that settings came from.
    private @Nullable Path configuration() {
        Set<String> names = new LinkedHashSet<>();
        for (ConfigOrigin origin : origins) {
            int colon = origin.origin().lastIndexOf(':');
            if (colon > 0) {
                names.add(origin.origin().substring(0, colon));
            }
        }
        for (String name : names) {
            Path file = ConfigReader.home().resolve(name);
            if (Files.isRegularFile(file)) {
                return file;
            }
        }
        return null;
    }

    /// Whether the file is a database that a broker has open while it runs.
    static boolean isDatabase(String path) {
        return path.startsWith("data/" + OBJECTS + "/") && path.endsWith(DATABASE);
    }
}
