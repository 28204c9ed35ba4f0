package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// Paths as SFTP clients write them, from a root that is the folder of all files: `.`, `..` and `//` mean
/// there what they mean elsewhere, and above the root is the root.
final class SshPath {
    private static final int BYTES_MAX = 4096;

    private SshPath() {}

    /// @return the files plane's path, empty for the root
    /// @throws ProblemException [Problem#PATH_INVALID]
    static String of(byte[] bytes) {
        if (bytes.length > BYTES_MAX) {
            throw new ProblemException(Problem.PATH_INVALID, "a path has more than " + BYTES_MAX + " bytes");
        }
        try {
            return of(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException malformed) {
            throw new ProblemException(Problem.PATH_INVALID, "a path is not UTF-8", malformed);
        }
    }

    static String of(String path) {
        List<String> segments = new ArrayList<>();
        for (String segment : path.split("/", -1)) {
            switch (segment) {
                case "", "." -> {}
                case ".." -> {
                    if (!segments.isEmpty()) {
                        segments.removeLast();
                    }
                }
                default -> segments.add(segment);
            }
        }
        return String.join("/", segments);
    }
}
