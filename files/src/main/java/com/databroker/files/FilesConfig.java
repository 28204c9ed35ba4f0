package com.databroker.files;

import com.databroker.core.ByteSize;
import com.databroker.core.Setting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The files plane: where files are, limits, rules.
public record FilesConfig(
        @Setting("The folder of the files; `files` in the data folder where it is not named. Links in it are not"
                + " followed.")
        @Nullable
        Path folder,

        @Setting(value = "Largest file that may be uploaded.", otherwise = "16GiB", min = 1024)
        ByteSize sizeMax,

        @Setting(value = "Uploads under way at one time; more are refused.", otherwise = "1024", min = 1, max = 65_536)
        int uploadsMax,

        @Setting(
                value = "Memory for small files (up to 64 KiB) that are asked for again and again; 0 keeps none.",
                otherwise = "32MiB",
                max = 1L << 30)
        ByteSize cache,

        @Setting(
                value = "A file that another program wrote is taken for finished when it was not changed for this time,"
                        + " where the system does not tell that it was closed.",
                otherwise = "2s",
                min = 10,
                max = 3_600_000)
        Duration quietTime,

        @Setting(
                value = "How often the folder is compared with the index, beside being watched.",
                otherwise = "10m",
                min = 100,
                max = 86_400_000)
        Duration scanInterval,

        @Setting(
                value = "Names that other programs use for what is not finished; `*` stands for any characters."
                        + " Such a file is not announced, unless it is uploaded under that name.",
                otherwise = "*~, *.part, *.filepart, *.crdownload, *.swp, *.tmp")
        List<String> ignore,

        @Setting(
                value = "How long an interrupted resumable upload is kept.",
                otherwise = "24h",
                min = 1000,
                max = 2_592_000_000L)
        Duration resumableExpiry,

        @Setting(
                value = "Room for all former versions together, where rules keep some; the oldest go first, when the"
                        + " folder is compared with the index.",
                otherwise = "16GiB")
        ByteSize versionsSizeMax,

        @Setting("Rules for folders, by a name of your choice. All that match a path hold.")
        Map<String, FileRule> rules) {
    public FilesConfig {
        ignore = List.copyOf(ignore);
        rules = Collections.unmodifiableMap(new LinkedHashMap<>(rules));
    }

    /// The defaults of every setting.
    public static FilesConfig defaults() {
        return new FilesConfig(
                null,
                new ByteSize(16L << 30),
                1024,
                new ByteSize(32 << 20),
                Duration.ofSeconds(2),
                Duration.ofMinutes(10),
                List.of("*~", "*.part", "*.filepart", "*.crdownload", "*.swp", "*.tmp"),
                Duration.ofHours(24),
                new ByteSize(16L << 30),
                Map.of());
    }

    /// These settings with other rules.
    public FilesConfig withRules(Map<String, FileRule> others) {
        return new FilesConfig(
                folder,
                sizeMax,
                uploadsMax,
                cache,
                quietTime,
                scanInterval,
                ignore,
                resumableExpiry,
                versionsSizeMax,
                others);
    }

    /// These settings with another room for former versions.
    FilesConfig withVersionsSizeMax(ByteSize most) {
        return new FilesConfig(
                folder, sizeMax, uploadsMax, cache, quietTime, scanInterval, ignore, resumableExpiry, most, rules);
    }
}
