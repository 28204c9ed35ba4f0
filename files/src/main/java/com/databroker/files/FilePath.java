package com.databroker.files;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.List;
import java.util.Locale;

/// The grammar of paths: what is odd is refused, not repaired.
///
/// 1 to 32 segments of 1 to 255 bytes, 900 bytes in all, NFC; no leading dot, no leading or trailing blank,
/// no control character, none of `\ : * ? " < > |`; nothing that any of the systems behind could read as
/// another name.
final class FilePath {
    private static final int BYTES_MAX = 900;
    private static final int SEGMENT_BYTES_MAX = 255;
    private static final int DEPTH_MAX = 32;
    private static final String FORBIDDEN = "\\:*?\"<>|";

    private FilePath() {}

    /// @return the segments
    /// @throws ProblemException [Problem#PATH_INVALID]
    static List<String> parse(String path) {
        if (path.isEmpty() || path.getBytes(StandardCharsets.UTF_8).length > BYTES_MAX) {
            throw invalid(path, "it must have 1 to " + BYTES_MAX + " bytes");
        }
        if (!Normalizer.isNormalized(path, Normalizer.Form.NFC)) {
            throw invalid(path, "it is not in Unicode normal form C");
        }
        List<String> segments = List.of(path.split("/", -1));
        if (segments.size() > DEPTH_MAX) {
            throw invalid(path, "it has more than " + DEPTH_MAX + " segments");
        }
        for (String segment : segments) {
            check(path, segment);
        }
        return segments;
    }

    private static void check(String path, String segment) {
        if (segment.isEmpty() || segment.getBytes(StandardCharsets.UTF_8).length > SEGMENT_BYTES_MAX) {
            throw invalid(path, "a segment must have 1 to " + SEGMENT_BYTES_MAX + " bytes");
        }
        if (segment.startsWith(".")) {
            throw invalid(path, "a segment begins with a dot");
        }
        if (!segment.equals(segment.strip()) || segment.endsWith(".")) {
            throw invalid(path, "a segment begins or ends with a blank or ends with a dot");
        }
        for (int i = 0; i < segment.length(); i++) {
            char c = segment.charAt(i);
            if (Character.isISOControl(c) || FORBIDDEN.indexOf(c) >= 0) {
                throw invalid(path, String.format(Locale.ROOT, "it has the character U+%04X", (int) c));
            }
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(segment)) {
            throw invalid(path, "it is not Unicode text");
        }
    }

    private static ProblemException invalid(String path, String why) {
        return new ProblemException(Problem.PATH_INVALID, "path \"" + Text.excerpt(path) + "\": " + why);
    }

    /// Whether another program's file of this path could be one of ours.
    static boolean isValid(String path) {
        try {
            parse(path);
            return true;
        } catch (ProblemException odd) {
            return false;
        }
    }

    /// The folder of a path, empty for the root.
    static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    static String child(String folder, String name) {
        return folder.isEmpty() ? name : folder + "/" + name;
    }
}
