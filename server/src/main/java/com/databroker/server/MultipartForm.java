package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.core.Utf8;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A body of multipart/form-data (RFC 7578), part after part as it comes: nothing is held but a buffer.
///
/// ```text
/// [preamble] --boundary CRLF  headers CRLF CRLF  bytes  CRLF --boundary CRLF  …  CRLF --boundary-- [epilogue]
/// ```
final class MultipartForm {
    private static final int BUFFER_BYTES = 64 << 10;
    private static final int HEADERS_BYTES_MAX = 8 << 10;
    private static final int PARTS_MAX = 1000;
    private static final Pattern BOUNDARY = Pattern.compile("[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]");
    private static final Pattern PARAMETER =
            Pattern.compile("\\s*;\\s*([^\\s=;\"]+)=(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|([^;\\s\"]*))");

    /// Of the encodings of mail, those that leave the bytes as they are.
    private static final Set<String> PLAIN = Set.of("7bit", "8bit", "binary");

    /// One field. Its body must be read, or is skipped, before the next part is asked for.
    ///
    /// @param filename null for a field that is not a file
    record Part(
            String name,
            @Nullable String filename,
            @Nullable String contentType,
            InputStream body) {}

    private final InputStream in;
    private final byte[] delimiter;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;
    private boolean ended;
    private int parts;
    private @Nullable Body current;

    private MultipartForm(InputStream in, String boundary) throws IOException {
        this.in = in;
        this.delimiter = ("\r\n--" + boundary).getBytes(StandardCharsets.ISO_8859_1);
        // As if a line end stood before the first delimiter, so that all are alike.
        buffer[0] = '\r';
        buffer[1] = '\n';
        limit = 2;
    }

    /// @throws ProblemException [Problem#BAD_REQUEST] where the header has no boundary, or one of characters that
    ///     are none of a boundary (RFC 2046, 5.1.1): two readers could take it for different bytes
    static MultipartForm of(String contentType, InputStream in) throws IOException {
        String boundary = parameters(contentType).getOrDefault("boundary", "");
        if (!BOUNDARY.matcher(boundary).matches()) {
            throw new ProblemException(
                    Problem.BAD_REQUEST,
                    "multipart/form-data comes without a boundary of 1 to 70 letters, digits and '()+_,-./:=?");
        }
        return new MultipartForm(in, boundary);
    }

    static boolean isForm(@Nullable String contentType) {
        return contentType != null && contentType.toLowerCase(Locale.ROOT).startsWith("multipart/form-data");
    }

    /// The next part, null after the last.
    ///
    /// @throws ProblemException [Problem#BAD_REQUEST] where the form is malformed or has too many parts
    @Nullable
    Part next() throws IOException {
        if (ended) {
            return null;
        }
        // The preamble is read as a part without a name, and no more of it than of the headers of one.
        Body before = current == null ? new Body() : current;
        before.drain(current == null ? HEADERS_BYTES_MAX : Long.MAX_VALUE);
        position += delimiter.length;
        int first = read();
        int second = read();
        if (first == '-' && second == '-') {
            ended = true;
            drainEpilogue();
            return null;
        }
        while (first == ' ' || first == '\t') {
            first = second;
            second = read();
        }
        if (first != '\r' || second != '\n') {
            throw malformed("a boundary is not followed by a line end");
        }
        if (++parts > PARTS_MAX) {
            throw malformed("it has more than " + PARTS_MAX + " parts");
        }
        Map<String, String> headers = headers();
        String disposition = headers.getOrDefault("content-disposition", "");
        if (!disposition.toLowerCase(Locale.ROOT).startsWith("form-data")) {
            throw malformed("a part has no Content-Disposition: form-data");
        }
        if (!PLAIN.contains(
                headers.getOrDefault("content-transfer-encoding", "binary").toLowerCase(Locale.ROOT))) {
            throw malformed("a part has a Content-Transfer-Encoding, which is not undone here");
        }
        Map<String, String> parameters = parameters(disposition);
        if (parameters.containsKey("filename*")) {
            // Who reads it finds another name than who does not.
            throw malformed("a part has a filename*, which forms do not have (RFC 7578)");
        }
        String filename = parameters.get("filename");
        Body body = new Body();
        current = body;
        return new Part(
                unescaped(parameters.getOrDefault("name", "")),
                filename == null ? null : unescaped(filename),
                headers.get("content-type"),
                body);
    }

    private void drainEpilogue() throws IOException {
        long left = HEADERS_BYTES_MAX;
        while (read() >= 0) {
            if (--left < 0) {
                throw malformed("much follows its end");
            }
        }
    }

    private Map<String, String> headers() throws IOException {
        Map<String, String> headers = new HashMap<>();
        int left = HEADERS_BYTES_MAX;
        while (true) {
            java.io.ByteArrayOutputStream line = new java.io.ByteArrayOutputStream();
            for (int c = read(); c != '\n'; c = read()) {
                if (c < 0 || --left < 0) {
                    throw malformed("the headers of a part do not end");
                }
                line.write(c);
            }
            byte[] bytes = line.toByteArray();
            if (bytes.length == 0 || bytes[bytes.length - 1] != '\r') {
                throw malformed("a header of a part ends without a carriage return");
            }
            if (bytes.length == 1) {
                return headers;
            }
            String text = Utf8.decode(bytes, 0, bytes.length - 1);
            int colon = text == null ? -1 : text.indexOf(':');
            if (text == null || colon <= 0) {
                throw malformed("a header of a part is none");
            }
            String name = text.substring(0, colon).toLowerCase(Locale.ROOT);
            if (headers.put(name, text.substring(colon + 1).strip()) != null) {
                throw malformed("a header of a part stands twice");
            }
        }
    }

    /// What follows the first word of a header: `; name="value"; name=value`. Read whole or refused, since two
    /// readers that skip different things find different names.
    private static Map<String, String> parameters(String header) {
        Map<String, String> parameters = new HashMap<>();
        int semicolon = header.indexOf(';');
        String rest = semicolon < 0 ? "" : header.substring(semicolon);
        Matcher matcher = PARAMETER.matcher(rest);
        int end = 0;
        for (; matcher.lookingAt(); matcher.region(end, rest.length())) {
            end = matcher.end();
            String value = matcher.group(2) == null ? matcher.group(3) : matcher.group(2);
            if (parameters.put(matcher.group(1).toLowerCase(Locale.ROOT), value) != null) {
                throw malformed("a parameter stands twice");
            }
        }
        if (!rest.substring(end).strip().matches(";?")) {
            throw malformed("the parameters of a header cannot be read");
        }
        return parameters;
    }

    /// Browsers escape a quote as `%22` and a line end as `%0D%0A`, older programs with a backslash.
    private static String unescaped(String quoted) {
        return quoted.replace("\\\"", "\"")
                .replace("%22", "\"")
                .replace("%0D", "\r")
                .replace("%0A", "\n");
    }

    private static ProblemException malformed(String what) {
        return new ProblemException(Problem.BAD_REQUEST, "the form is malformed: " + Text.excerpt(what));
    }

    private int read() throws IOException {
        return position < limit || fill() ? buffer[position++] & 0xFF : -1;
    }

    /// Moves what is left to the front and reads more.
    ///
    /// @return whether there is more than before
    private boolean fill() throws IOException {
        System.arraycopy(buffer, position, buffer, 0, limit - position);
        limit -= position;
        position = 0;
        int read = in.read(buffer, limit, buffer.length - limit);
        if (read <= 0) {
            return false;
        }
        limit += read;
        return true;
    }

    /// The bytes up to the next delimiter, which stays in the buffer.
    private final class Body extends BulkInput {
        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            int safe = safeEnd();
            while (safe == position) {
                if (isDelimiter(position)) {
                    return -1;
                }
                if (!fill()) {
                    throw new ProblemException(Problem.BODY_INCOMPLETE, "the form ends within a part");
                }
                safe = safeEnd();
            }
            int count = Math.min(length, safe - position);
            System.arraycopy(buffer, position, into, offset, count);
            position += count;
            return count;
        }

        /// Where a delimiter begins, or could.
        private int safeEnd() {
            for (int i = position; i < limit; i++) {
                if (buffer[i] == '\r' && couldBegin(i)) {
                    return i;
                }
            }
            return limit;
        }

        private boolean couldBegin(int at) {
            int count = Math.min(delimiter.length, limit - at);
            for (int i = 0; i < count; i++) {
                if (buffer[at + i] != delimiter[i]) {
                    return false;
                }
            }
            return true;
        }

        private boolean isDelimiter(int at) {
            return limit - at >= delimiter.length && couldBegin(at);
        }

        void drain(long max) throws IOException {
            byte[] away = new byte[4096];
            long left = max;
            for (int read = read(away, 0, away.length); read >= 0; read = read(away, 0, away.length)) {
                left -= read;
                if (left < 0) {
                    throw malformed("it does not begin with its boundary");
                }
            }
        }
    }
}
