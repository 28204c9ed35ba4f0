package com.databroker.server;

import com.databroker.core.Text;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/// The hashes of the files of a backup, as `sha256sum` writes and checks them:
///
/// ```
/// <64 digits>  data/format
/// \<64 digits>  files/odd\nname          where a name has a line break or a backslash
/// # 2 files, sha256 <64 digits>          of the lines above; the end
/// ```
final class BackupSums {
    private static final int DIGITS = 64;

    private final Map<String, String> sums = new TreeMap<>();

    void add(String path, byte[] sha256) {
        if (sums.put(path, HexFormat.of().formatHex(sha256)) != null) {
            throw Tar.damaged("\"" + Text.excerpt(path) + "\" is in it twice");
        }
    }

    int files() {
        return sums.size();
    }

    byte[] text() {
        StringBuilder out = new StringBuilder();
        sums.forEach((path, sum) -> {
            boolean odd = path.indexOf('\n') >= 0 || path.indexOf('\\') >= 0;
            String name = odd ? path.replace("\\", "\\\\").replace("\n", "\\n") : path;
            out.append(odd ? "\\" : "").append(sum).append("  ").append(name).append('\n');
        });
        byte[] lines = out.toString().getBytes(StandardCharsets.UTF_8);
        String end = "# " + sums.size() + " files, sha256 "
                + HexFormat.of().formatHex(Digests.sha256().digest(lines)) + "\n";
        return (out + end).getBytes(StandardCharsets.UTF_8);
    }

    /// Compares what was read with what was written.
    ///
    /// @param written as [#text]
    /// @throws com.databroker.core.ProblemException [com.databroker.core.Problem#BACKUP_DAMAGED], naming
    ///     the first that differs
    void check(byte[] written) {
        if (MessageDigest.isEqual(written, text())) {
            return;
        }
        Map<String, String> left = new TreeMap<>(sums);
        for (String line : new String(written, StandardCharsets.UTF_8).split("\n", -1)) {
            boolean odd = line.startsWith("\\");
            String plain = odd ? line.substring(1) : line;
            if (plain.startsWith("#") || plain.length() < DIGITS + 2) {
                continue;
            }
            String name = plain.substring(DIGITS + 2);
            String path = odd ? name.replace("\\n", "\n").replace("\\\\", "\\") : name;
            String sum = left.remove(path);
            if (sum == null) {
                throw Tar.damaged("\"" + Text.excerpt(path) + "\" is missing");
            }
            if (!sum.equals(plain.substring(0, DIGITS))) {
                throw Tar.damaged("\"" + Text.excerpt(path) + "\" has other bytes than when it was backed up");
            }
        }
        if (!left.isEmpty()) {
            String path = left.keySet().iterator().next();
            throw Tar.damaged("\"" + Text.excerpt(path) + "\" is in it and was not backed up");
        }
        throw Tar.damaged("its " + BackupFile.SUMS + " was changed");
    }
}
