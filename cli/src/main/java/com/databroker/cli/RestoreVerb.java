package com.databroker.cli;

import com.databroker.server.Backup;
import com.databroker.server.ConfigReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Fills an empty data folder from a backup.
@Command(
        footer = {
            "  databroker restore /backups/2026-11-29.tar.zst",
            "  databroker restore backup.tar.gz --data /srv/databroker --config databroker.yaml",
            "",
            "Takes the options that serve takes: with the same ones a broker then starts on what is there.",
            "Everything is compared with the hashes of the backup. One that was cut off is run again; no",
            "broker starts on what it left."
        })
final class RestoreVerb implements Verb {
    @Parameters(index = "0", paramLabel = "BACKUP", description = "A file or folder that backup wrote.")
    private Path backup = Path.of("");

    @Mixin
    private final SettingFlags settings = new SettingFlags();

    @Override
    public int run(Surroundings around) throws IOException {
        Path file = around.folder().resolve(backup).toAbsolutePath().normalize();
        ConfigReader.Result read =
                ConfigReader.read(settings.file(around), around.environment(), settings.flags(around));
        Backup.Restored restored = Files.isDirectory(file) ? Backup.restore(file, read) : unpacked(file, read);
        Backup.Summary summary = restored.summary();
        around.say(summary.files() + " files, " + summary.bytes() + " bytes of " + summary.created());
        summary.leftOut().forEach(each -> around.say("not in it: " + each));
        Path data = read.config().data();
        for (String aside : restored.aside()) {
            around.say(aside + " is in " + data.resolve("restored") + "; put it where it belongs");
        }
        around.out().println(data);
        return Exit.OK;
    }

    private static Backup.Restored unpacked(Path file, ConfigReader.Result read) throws IOException {
        try (InputStream tar = BackupTarget.open(file)) {
            return Backup.restore(tar, read);
        }
    }
}
