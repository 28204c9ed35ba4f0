package com.databroker.server;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The beginning of rsync's daemon protocol, as far as it is read here: what the client wants to transfer.
///
/// ```text
/// @RSYNCD: 31.0 sha512 …\n      versions
/// files\n                       module
/// --server\0-logDtpre…\0.\0files/ci/\0\0      options, a dot, paths below the module
/// ```
/// With `--secluded-args` the paths stand in a second such list. Up to the options all is passed on at once; those
/// are held back until there is something to find.
final class SshRsyncHead {
    static final String MODULE = "files";

    private static final String GREETING = "@RSYNCD: ";
    private static final int VERSION_MIN = 30;
    private static final int BYTES_MAX = 256 << 10;
    private static final int PATHS_MAX = 1024;
    private static final String WILD = "*?[\\";

    private final ByteArrayOutputStream word = new ByteArrayOutputStream();
    private final ByteArrayOutputStream held = new ByteArrayOutputStream();
    private final List<String> words = new ArrayList<>();
    private byte[] forward = new byte[0];
    private int lines;
    private int total;
    private boolean complete;
    private boolean secluded;
    private boolean sender;
    private @Nullable Set<String> paths;

    /// Reads on.
    ///
    /// @return how many bytes of [#forward] may be passed on
    int take(ByteBuffer part) {
        ByteArrayOutputStream passed = new ByteArrayOutputStream();
        while (part.hasRemaining() && !complete) {
            byte next = part.get();
            total++;
            if (total > BYTES_MAX) {
                throw SshRsync.malformed("its options are longer than " + BYTES_MAX + " bytes");
            }
            if (lines < 2) {
                passed.write(next);
                if (next == '\n') {
                    line(word());
                } else {
                    word.write(next);
                }
            } else {
                held.write(next);
                if (next == 0) {
                    option(word());
                } else {
                    word.write(next);
                }
            }
        }
        if (complete) {
            while (part.hasRemaining()) {
                held.write(part.get());
            }
        }
        forward = passed.toByteArray();
        return forward.length;
    }

    private String word() {
        String text = word.toString(StandardCharsets.UTF_8);
        word.reset();
        return text;
    }

    private void line(String text) {
        lines++;
        if (lines == 1) {
            String version = text.startsWith(GREETING) ? text.substring(GREETING.length()) : "";
            int dot = version.indexOf('.');
            String major = dot < 0 ? version : version.substring(0, dot);
            if (!major.matches("\\d{1,4}") || Integer.parseInt(major) < VERSION_MIN) {
                throw SshRsync.malformed("rsync 3.0 or later is needed");
            }
        }
    }

    private void option(String text) {
        if (!text.isEmpty()) {
            words.add(text);
            return;
        }
        int dot = words.indexOf(".");
        if (dot < 0 || dot == words.size() - 1) {
            if (secluded) {
                throw SshRsync.malformed("no path is named");
            }
            // The list itself is in the next one.
            secluded = true;
            sender |= words.contains("--sender");
            words.clear();
            return;
        }
        sender |= words.subList(0, dot).contains("--sender");
        Set<String> found = new LinkedHashSet<>();
        for (String path : words.subList(dot + 1, words.size())) {
            found.add(below(path));
            if (found.size() > PATHS_MAX) {
                throw SshRsync.malformed("it names more than " + PATHS_MAX + " paths");
            }
        }
        paths = found;
        complete = true;
    }

    /// The part of the plane that a path speaks of: where it has wildcards, the folder that they are in.
    private static String below(String path) {
        String inside = path;
        if (inside.equals(MODULE) || inside.startsWith(MODULE + "/")) {
            inside = inside.substring(MODULE.length());
        }
        int wild = inside.length();
        for (int i = 0; i < WILD.length(); i++) {
            int at = inside.indexOf(WILD.charAt(i));
            wild = at < 0 ? wild : Math.min(wild, at);
        }
        if (wild < inside.length()) {
            inside = inside.substring(0, Math.max(0, inside.lastIndexOf('/', wild)));
        }
        return SshPath.of(inside);
    }

    boolean isComplete() {
        return complete;
    }

    /// Whether the client sends, and so changes something.
    boolean isUpload() {
        return complete && !sender;
    }

    /// What was passed on at the last [#take].
    byte[] forward() {
        return forward;
    }

    /// What was held back.
    byte[] rest() {
        return held.toByteArray();
    }

    /// Paths of the files plane, empty for all of it.
    Set<String> paths() {
        return paths == null ? Set.of() : paths;
    }
}
