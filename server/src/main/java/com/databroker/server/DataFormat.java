package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.files.FileIndexes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The version of what lies in a data folder, and how an earlier one becomes that of now.
///
/// ```
/// 1   the index of files may be a journal "DBKINDX1", or there may be none
/// 2   the index is a journal "DBKINDX2"
/// ```
/// A step may be cut off at any moment and is done again then. What it changes stays as it was, in
/// `format-<n>`, until the folder has its next number. What a plane versions itself (states of jobs,
/// tables, databases) needs no step.
final class DataFormat {
    static final String FILE = "format";
    static final int NOW = 2;

    private static final Logger LOG = LoggerFactory.getLogger(DataFormat.class);
    private static final int FIRST = 1;
    private static final String KEPT = "format-";

    /// What is done to come from one format to the next.
    ///
    /// @param changed files that it changes
    private record Step(int from, List<String> changed, Migration migration) {}

    @FunctionalInterface
    private interface Migration {
        void run(Path data) throws IOException;
    }

    private static final List<Step> STEPS =
            List.of(new Step(1, List.of("index/journal"), data -> FileIndexes.upgrade(data.resolve("index"))));

    private DataFormat() {}

    /// The format of a folder; that of now where it has none yet.
    ///
    /// @throws ProblemException [Problem#DATA_VERSION]
    static int of(Path data) throws IOException {
        Path file = data.resolve(FILE);
        if (!Files.exists(file)) {
            return NOW;
        }
        // Whatever bytes stand there, they are told and not stumbled over.
        String found = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
        if (!found.matches("[1-9]\\d*")) {
            throw new ProblemException(
                    Problem.DATA_VERSION,
                    file + " cannot be read: " + (found.isEmpty() ? "it is empty" : "\"" + Text.excerpt(found) + "\"")
                            + ", where a number should be; write " + NOW + " into it where databroker "
                            + Version.VERSION + " was the last that ran here");
        }
        if (found.length() > 9 || Integer.parseInt(found) > NOW) {
            throw new ProblemException(
                    Problem.DATA_VERSION,
                    data + " has format " + Text.excerpt(found) + ", which a later databroker wrote; " + Version.VERSION
                            + " knows " + FIRST + " to " + NOW);
        }
        return Integer.parseInt(found);
    }

    /// Brings a folder to the format of now.
    static void bring(DataFolder folder) throws IOException {
        Path data = folder.path();
        int format = of(data);
        if (!Files.exists(data.resolve(FILE))) {
            folder.write(FILE, NOW + "\n", false);
        }
        for (Step step : STEPS) {
            if (step.from >= format) {
                keep(data, step);
                step.migration.run(data);
                folder.write(FILE, step.from + 1 + "\n", false);
                LOG.atInfo()
                        .addKeyValue("from", step.from)
                        .addKeyValue("to", step.from + 1)
                        .log("the data folder has another format now");
            }
        }
        // What a backup left that was cut off.
        delete(data.resolve(BackupSource.PINNED));
        try (DirectoryStream<Path> kept = Files.newDirectoryStream(data, KEPT + "*")) {
            for (Path each : kept) {
                delete(each);
            }
        }
    }

    private static void keep(Path data, Step step) throws IOException {
        Path kept = data.resolve(KEPT + step.from);
        if (Files.exists(kept)) {
            // A step that was cut off kept it before it changed anything.
            return;
        }
        Path draft = data.resolve(KEPT + step.from + ".new");
        delete(draft);
        Files.createDirectory(draft);
        for (String name : step.changed) {
            Path file = data.resolve(name);
            if (Files.exists(file)) {
                Path copy = draft.resolve(name);
                Files.createDirectories(copy.getParent() == null ? draft : copy.getParent());
                // A second name would do, but the index tells by links what was done to a file.
                Files.copy(file, copy, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        Files.move(draft, kept, StandardCopyOption.ATOMIC_MOVE);
    }

    /// Removes a file, or a folder with all that is in it; nothing happens where there is none.
    static void delete(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> walked = Files.walk(tree)) {
            all = new ArrayList<>(walked.toList());
        }
        Collections.reverse(all);
        for (Path each : all) {
            Files.delete(each);
        }
    }
}
