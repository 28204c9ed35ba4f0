package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.core.Utf8;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// A body line by line. A line ends with LF or CRLF, or with the body; a byte order mark in front is passed over. A
/// line that is too long is cut, and the rest of it passed over.
final class DefinedLines {
    private static final int BUFFER = 64 << 10;

    private final GithubBytes from;
    private final int max;
    private final byte[] buffer = new byte[BUFFER];
    private int at;
    private int end;
    private byte[] line = new byte[256];
    private int length;
    private long number;
    private boolean cut;

    /// @param max bytes of a line
    DefinedLines(GithubBytes from, int max) {
        this.from = from;
        this.max = max;
    }

    /// Goes to the next line; false where there is none.
    boolean next() throws IOException {
        length = 0;
        cut = false;
        boolean any = false;
        for (int b = read(); b >= 0; b = read()) {
            any = true;
            if (b == '\n') {
                break;
            }
            add((byte) b);
        }
        if (!any) {
            return false;
        }
        number++;
        if (length > 0 && line[length - 1] == '\r') {
            length--;
        }
        if (number == 1 && length >= 3 && line[0] == (byte) 0xef && line[1] == (byte) 0xbb && line[2] == (byte) 0xbf) {
            System.arraycopy(line, 3, line, 0, length - 3);
            length -= 3;
        }
        return true;
    }

    private int read() throws IOException {
        if (at == end) {
            at = 0;
            end = Math.max(from.read(buffer, 0, BUFFER), 0);
            if (end == 0) {
                return -1;
            }
        }
        return buffer[at++] & 0xff;
    }

    private void add(byte b) {
        if (length == max) {
            cut = true;
            return;
        }
        if (length == line.length) {
            line = Arrays.copyOf(line, Math.min(2 * length, max));
        }
        line[length++] = b;
    }

    String position() {
        return "line " + number;
    }

    boolean isBlank() {
        for (int i = 0; i < length; i++) {
            if (line[i] != ' ' && line[i] != '\t') {
                return false;
            }
        }
        return true;
    }

    /// Why it cannot be read; null where it can.
    @Nullable
    String refusal() {
        if (cut) {
            return "it is longer than " + max + " bytes";
        }
        return text() == null ? "it is not UTF-8" : null;
    }

    Bytes bytes() {
        return Bytes.copyOf(line, 0, length);
    }

    /// Null where it is not UTF-8.
    @Nullable
    String text() {
        return Utf8.decode(line, 0, length);
    }
}
