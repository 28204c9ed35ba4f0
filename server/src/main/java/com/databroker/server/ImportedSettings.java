package com.databroker.server;

import com.databroker.core.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/// Settings that came with definitions: a document of [Definitions] in the data folder. A configuration stands
/// on them: its file, variables and flags have the last word.
final class ImportedSettings {
    static final String FILE = "imported.yaml";

    private ImportedSettings() {}

    /// @throws com.databroker.core.ProblemException [com.databroker.core.Problem#CONFIGURATION_INVALID]
    static Map<String, String> in(Path data) {
        Path file = data.resolve(FILE);
        if (!Files.exists(file)) {
            return Map.of();
        }
        try {
            return Definitions.parse(FILE, Bytes.wrap(Files.readAllBytes(file))).settings();
        } catch (IOException unreadable) {
            throw DataFolder.problem(file, unreadable);
        }
    }

    /// Readable by the broker only, since there may be passwords.
    static void store(DataFolder data, Map<String, String> settings) {
        data.write(FILE, new Definitions(null, Map.of(), settings).yaml().utf8(), true);
    }
}
