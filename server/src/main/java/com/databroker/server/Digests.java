package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Digests of RFC 9530: `Content-Digest` and `Repr-Digest` of an upload are checked before the file is
/// seen, and
/// `Want-Repr-Digest` says whether a download carries one. Files have no content coding here, so that both
/// mean the same.
final class Digests {
    private static final Map<String, String> ALGORITHMS = Map.of("sha-256", "SHA-256", "sha-512", "SHA-512");
    private static final List<String> HEADERS = List.of("Content-Digest", "Repr-Digest");

    private record Expected(String header, String algorithm, Bytes value, MessageDigest running) {}

    private final List<Expected> expected = new ArrayList<>();

    private Digests() {}

    /// What a request promises about its body.
    ///
    /// @throws ProblemException [Problem#BAD_REQUEST] where a header is malformed or names no digest that
    ///     is known
    static Digests of(HttpServerRequest request) {
        Digests digests = new Digests();
        for (String header : HEADERS) {
            List<String> members = FileHeaders.members(request, header);
            if (members != null) {
                digests.add(header, members);
            }
        }
        return digests;
    }

    private void add(String header, List<String> members) {
        int before = expected.size();
        for (String member : members) {
            int equals = member.indexOf('=');
            String algorithm = member.substring(0, Math.max(equals, 0)).toLowerCase(Locale.ROOT);
            String coded = member.substring(equals + 1);
            if (equals <= 0 || coded.length() < 2 || !coded.startsWith(":") || !coded.endsWith(":")) {
                throw new ProblemException(
                        Problem.BAD_REQUEST,
                        header + " \"" + Text.excerpt(member) + "\" is not of the form sha-256=:<Base64>:");
            }
            String name = ALGORITHMS.get(algorithm);
            if (name != null) {
                expected.add(new Expected(header, algorithm, Bytes.wrap(decoded(header, coded)), digest(name)));
            }
        }
        if (expected.size() == before) {
            throw new ProblemException(
                    Problem.BAD_REQUEST, header + " has neither sha-256 nor sha-512, so it cannot be checked");
        }
    }

    private static byte[] decoded(String header, String coded) {
        try {
            return Base64.getDecoder().decode(coded.substring(1, coded.length() - 1));
        } catch (IllegalArgumentException not) {
            throw new ProblemException(Problem.BAD_REQUEST, header + " is not Base64 between the colons");
        }
    }

    static MessageDigest sha256() {
        return digest("SHA-256");
    }

    private static MessageDigest digest(String name) {
        try {
            return MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has " + name, impossible);
        }
    }

    /// `body`, which at its end throws [Problem#DIGEST_MISMATCH] where a promise is not kept.
    InputStream checked(InputStream body) {
        return expected.isEmpty() ? body : new Checked(body);
    }

    private final class Checked extends BulkInput {
        private final InputStream body;
        private boolean ended;

        Checked(InputStream body) {
            this.body = body;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int read = body.read(into, offset, length);
            if (read > 0) {
                expected.forEach(digest -> digest.running.update(into, offset, read));
            } else if (read < 0 && !ended) {
                ended = true;
                expected.forEach(Digests::check);
            }
            return read;
        }

        @Override
        public int available() throws IOException {
            return body.available();
        }

        @Override
        public void close() throws IOException {
            body.close();
        }
    }

    private static void check(Expected digest) {
        byte[] found = digest.running.digest();
        if (!MessageDigest.isEqual(found, digest.value.toArray())) {
            throw new ProblemException(
                    Problem.DIGEST_MISMATCH,
                    digest.header + " says another " + digest.algorithm + " than the body has: :"
                            + Base64.getEncoder().encodeToString(found) + ":");
        }
    }

    /// Whether a download is to carry its SHA-256: always, but where a weight of 0 says not to, or only
    /// others are wanted.
    static boolean wantsSha256(@Nullable String wanted) {
        if (wanted == null) {
            return true;
        }
        for (String part : wanted.split(",", -1)) {
            String member = part.strip().toLowerCase(Locale.ROOT);
            if (member.startsWith("sha-256")) {
                return !member.equals("sha-256=0");
            }
        }
        return false;
    }
}
