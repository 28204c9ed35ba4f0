package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What a backup is: an archive or a folder, of
///
/// ```
/// databroker-backup       three lines: databroker backup 1, format <of the data folder>, program <version>
/// data/…                  the data folder, but for the files
/// files/…                 the files plane
/// config/databroker.yaml  the configuration file, where there is one
/// outside/<key>/…         files and folders that the configuration names outside of the data folder
/// manifest.json           when and from what it was made, and what is not in it
/// SHA256SUMS              the hash of each of them; the end, without which it is none
/// ```
final class BackupFile {
    static final String HEAD = "databroker-backup";
    static final String FACTS = "manifest.json";
    static final String SUMS = "SHA256SUMS";
    static final String DATA = "data/";
    static final String FILES = "files";
    static final String CONFIG = "config/";
    static final String OUTSIDE = "outside/";

    private static final int VERSION = 1;
    private static final Pattern HEADER =
            Pattern.compile("databroker backup (\\d{1,9})\nformat (\\d{1,9})\nprogram ([^\n]{1,100})\n");
    private static final int HEADER_MAX = 1024;
    private static final int FACTS_MAX = 1 << 20;
    private static final int SUMS_MAX = 1 << 30;

    private BackupFile() {}

    static byte[] head(int format) {
        return ("databroker backup " + VERSION + "\nformat " + format + "\nprogram " + Version.VERSION + "\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    /// Reads a backup to its end and looks at everything in it.
    ///
    /// @param out gets it all
    /// @throws ProblemException of the backup problems; what `out` got by then is worth nothing
    static Backup.Summary pass(ArchiveReader in, Archive out) throws IOException {
        String program = head(in, out);
        BackupSums sums = new BackupSums();
        Map<String, @Nullable Object> facts = Map.of();
        long bytes = 0;
        while (true) {
            ArchiveEntry entry = in.next();
            if (entry == null) {
                throw Tar.damaged("it ends before its " + SUMS);
            }
            if (entry.isFolder()) {
                out.folder(entry);
                continue;
            }
            if (entry.path().equals(SUMS)) {
                byte[] written = small(in, entry, SUMS_MAX);
                sums.check(written);
                out.file(entry, new java.io.ByteArrayInputStream(written));
                break;
            }
            MessageDigest digest = Digests.sha256();
            if (entry.path().equals(FACTS)) {
                byte[] written = small(in, entry, FACTS_MAX);
                digest.update(written);
                facts = facts(written);
                out.file(entry, new java.io.ByteArrayInputStream(written));
            } else {
                out.file(entry, new DigestInputStream(in.bytes(), digest));
            }
            sums.add(entry.path(), digest.digest());
            bytes += entry.size();
        }
        if (in.next() != null) {
            throw Tar.damaged("it goes on behind its end");
        }
        return summary(program, facts, sums.files() - 1, bytes);
    }

    /// @return the version of the program that wrote it
    private static String head(ArchiveReader in, Archive out) throws IOException {
        ArchiveEntry entry = in.next();
        if (entry == null || entry.isFolder() || !entry.path().equals(HEAD)) {
            throw Tar.damaged("it does not begin as a backup of databroker does");
        }
        byte[] content = small(in, entry, HEADER_MAX);
        Matcher head = HEADER.matcher(new String(content, StandardCharsets.UTF_8));
        if (!head.matches()) {
            throw Tar.damaged("it does not begin as a backup of databroker does");
        }
        boolean known = Integer.parseInt(head.group(1)) <= VERSION && Integer.parseInt(head.group(2)) <= DataFormat.NOW;
        if (!known) {
            throw new ProblemException(
                    Problem.BACKUP_VERSION,
                    "it was written by databroker " + Text.excerpt(head.group(3)) + ", with format " + head.group(2)
                            + " of the data folder; this one, " + Version.VERSION + ", knows up to " + DataFormat.NOW);
        }
        out.file(entry, new java.io.ByteArrayInputStream(content));
        return head.group(3);
    }

    private static byte[] small(ArchiveReader in, ArchiveEntry entry, int max) throws IOException {
        if (entry.size() > max) {
            throw Tar.damaged(entry.path() + " is longer than it can be");
        }
        try (InputStream bytes = in.bytes()) {
            byte[] content = bytes.readNBytes((int) entry.size());
            if (content.length < entry.size()) {
                throw Tar.damaged("it ends early");
            }
            return content;
        }
    }

    private static Map<String, @Nullable Object> facts(byte[] json) {
        try {
            return Json.parseObject(Bytes.wrap(json));
        } catch (ProblemException malformed) {
            throw new ProblemException(Problem.BACKUP_DAMAGED, FACTS + " is malformed", malformed);
        }
    }

    static byte[] facts(String created, boolean running, List<String> leftOut) {
        return Json.bytes(json -> {
                    json.writeStartObject();
                    json.writeStringProperty("created", created);
                    json.writeStringProperty("broker", running ? "running" : "stopped");
                    json.writeArrayPropertyStart("leftOut");
                    leftOut.forEach(json::writeString);
                    json.writeEndArray();
                    json.writeEndObject();
                })
                .toArray();
    }

    private static Backup.Summary summary(String program, Map<String, @Nullable Object> facts, int files, long bytes) {
        List<String> leftOut = new ArrayList<>();
        if (facts.get("leftOut") instanceof List<?> told) {
            told.forEach(each -> leftOut.add(String.valueOf(each)));
        }
        return new Backup.Summary(
                program,
                String.valueOf(facts.get("created")),
                String.valueOf(facts.get("broker")),
                files,
                bytes,
                List.copyOf(leftOut));
    }
}
