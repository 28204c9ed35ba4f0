package com.databroker.cli;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.server.Backup;
import com.databroker.server.ConfigReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Backs up everything a broker keeps, whether it runs or not, or looks at a backup.
@Command(
        footer = {
            "  databroker backup /backups/2026-11-29.tar.zst",
            "  databroker backup --verify /backups/2026-11-29.tar.zst",
            "  databroker backup backup.tar.gz --url https://broker.example.org --token-file token",
            "",
            "The name says how it is packed: .tar.zst, .tar.gz, .tar; anything else is a folder. A backup",
            "that did not end has another name, and the next one removes it. A running broker goes on:",
            "streams answer some seconds later once. A backup has every key and token of the broker in it,",
            "and is readable by its owner only."
        })
final class BackupVerb implements Verb {
    private static final String DRAFT = ".databroker-backup-";

    @Parameters(index = "0", paramLabel = "TARGET", description = "A new file or folder; with --verify a backup.")
    private Path target = Path.of("");

    @Option(names = "--verify", description = "Look at everything in a backup, and change nothing.")
    private boolean verify;

    @Option(names = "--config", paramLabel = "FILE", description = "Configuration of a broker that is stopped.")
    private @Nullable Path config;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    /// What gives the bytes of a backup.
    private interface Origin {
        Backup.Summary to(Path draft, BackupTarget.Form form) throws IOException, InterruptedException;
    }

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        Path file = around.folder().resolve(target).toAbsolutePath().normalize();
        if (verify) {
            Backup.Summary summary = Files.isDirectory(file) ? Backup.verify(file) : verified(file);
            tell(around, summary);
            around.say("the backup is whole: made " + summary.created() + " of a " + summary.broker() + " broker, "
                    + summary.program());
            return Exit.OK;
        }
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw CliException.usage(file + " is there already", "name another file, or remove it");
        }
        if (broker.namesAddress(around)) {
            return write(around, file, (draft, form) -> ofRunning(around, draft, form));
        }
        ConfigReader.Result read = ConfigReader.read(
                config == null ? null : around.folder().resolve(config), around.environment(), broker.dataFlag(around));
        broker.orOf(read.config().data());
        return Backup.isInUse(read.config().data())
                ? write(around, file, (draft, form) -> ofRunning(around, draft, form))
                : write(around, file, (draft, form) -> ofStopped(read, draft, form));
    }

    private static Backup.Summary verified(Path file) throws IOException {
        try (InputStream in = BackupTarget.open(file)) {
            return Backup.verify(in);
        }
    }

    private int write(Surroundings around, Path file, Origin origin) throws IOException, InterruptedException {
        Path folder = Objects.requireNonNull(file.getParent());
        Path draft = folder.resolve(DRAFT + ProcessHandle.current().pid());
        sweep(folder);
        try {
            Backup.Summary summary = origin.to(draft, BackupTarget.form(file));
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
            try (FileChannel opened = FileChannel.open(folder, StandardOpenOption.READ)) {
                opened.force(true);
            }
            tell(around, summary);
            around.out().println(file);
            return Exit.OK;
        } finally {
            delete(draft);
        }
    }

    private Backup.Summary ofRunning(Surroundings around, Path draft, BackupTarget.Form form)
            throws IOException, InterruptedException {
        try (Http http = new Http(broker.resolve(around), around);
                InputStream tar = http.stream("POST", "/backup")) {
            return form == BackupTarget.Form.FOLDER
                    ? Backup.unpack(tar, draft)
                    : BackupTarget.write(draft, form, out -> Backup.pass(tar, out));
        } catch (ProblemException refused) {
            if (refused.problem() == Problem.BACKUP_DAMAGED) {
                throw new CliException(
                        Exit.FAILED,
                        "the broker broke off: " + refused.detail(),
                        "",
                        "see the broker's log, and back up again",
                        refused);
            }
            throw refused;
        }
    }

    private static Backup.Summary ofStopped(ConfigReader.Result read, Path draft, BackupTarget.Form form)
            throws IOException, InterruptedException {
        if (form != BackupTarget.Form.FOLDER) {
            BackupTarget.write(draft, form, out -> {
                Backup.stopped(read, out, InstantSource.system());
                return true;
            });
            // What was written is read again, as it is on the disk.
            return verified(draft);
        }
        Path packed = draft.resolveSibling(draft.getFileName() + ".tar");
        try {
            Backup.Summary summary = ofStopped(read, packed, BackupTarget.Form.PLAIN);
            try (InputStream tar = BackupTarget.open(packed)) {
                Backup.unpack(tar, draft);
            }
            return summary;
        } finally {
            Files.deleteIfExists(packed);
        }
    }

    private static void tell(Surroundings around, Backup.Summary summary) {
        around.say(summary.files() + " files, " + summary.bytes() + " bytes");
        summary.leftOut().forEach(each -> around.say("not in it: " + each));
    }

    /// Removes what backups left that were killed.
    private static void sweep(Path folder) throws IOException {
        try (DirectoryStream<Path> drafts = Files.newDirectoryStream(folder, DRAFT + "*")) {
            for (Path draft : drafts) {
                String pid =
                        draft.getFileName().toString().substring(DRAFT.length()).replace(".tar", "");
                boolean alive = pid.matches("\\d{1,18}")
                        && ProcessHandle.of(Long.parseLong(pid))
                                .map(ProcessHandle::isAlive)
                                .orElse(false);
                if (!alive) {
                    delete(draft);
                }
            }
        }
    }

    private static void delete(Path tree) throws IOException {
        if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> walked = Files.walk(tree)) {
            all = walked.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path each : all) {
            Files.delete(each);
        }
    }
}
