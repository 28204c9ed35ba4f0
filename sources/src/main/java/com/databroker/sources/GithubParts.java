package com.databroker.sources;

import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Cuts a body into the bytes of its JSON objects, without a look at what is in them.
///
/// | begins with | is |
/// | --- | --- |
/// | `[` | an array: each element is a part |
/// | `{`, its first line closed or followed by another `{` line | lines: each is a part, whatever is in it |
/// | `{` otherwise | objects one after another, over several lines each |
/// | anything else | lines, where the second begins with `{`; nothing otherwise |
///
/// It holds one part at a time, of at most `partMax` bytes: of a longer one it keeps the beginning.
final class GithubParts {
    static final int EXCERPT_MAX = 1024;
    private static final int WINDOW = 256 << 10;

    /// How the body is cut.
    private enum Mode {
        LINES,
        OBJECTS,
        ARRAY,
        ENDED
    }

    private final GithubBytes bytes;
    private final int partMax;
    private byte[] window;
    private int start;
    private int scan;
    private int to;
    private @Nullable Mode mode;
    private int number;
    private int from;
    private int length;
    private @Nullable String broken;
    private byte[] excerpt = {};
    private boolean tailTold;
    private boolean unclosed;

    // Where the scan is within an object.
    private int depth;
    private boolean inString;

    GithubParts(GithubBytes bytes, int partMax) {
        this.bytes = bytes;
        this.partMax = partMax;
        this.window = new byte[Math.min(WINDOW, partMax)];
    }

    byte[] array() {
        return window;
    }

    int from() {
        return from;
    }

    int length() {
        return length;
    }

    /// Why this part is none that could be read, null where it may be one.
    @Nullable
    String broken() {
        return broken;
    }

    boolean isLine() {
        return mode == Mode.LINES;
    }

    /// Which part it is, from 1, for people.
    String position() {
        return (mode == Mode.LINES ? "line " : "event ") + number;
    }

    /// How many parts there have been; of lines, the empty ones too.
    int number() {
        return number;
    }

    /// Goes on to the next part, false at the end.
    boolean next() throws IOException {
        if (mode == null) {
            mode = begin();
        }
        broken = null;
        boolean found = switch (mode) {
            case LINES -> nextLine();
            case OBJECTS, ARRAY -> nextObject();
            case ENDED -> false;
        };
        return found || tail();
    }

    /// Tells once why the body ended where it did, if it did not end well.
    private boolean tail() {
        String reason = isCut() ? bytes.broken() : unclosed ? "the array is not closed" : null;
        if (reason == null || tailTold) {
            return false;
        }
        tailTold = true;
        number++;
        return broken(reason, to, to);
    }

    private boolean isCut() {
        return bytes.broken() != null;
    }

    /// Reads on; false at the end. What begins at `start` stays, and moves to the front.
    private boolean fill() throws IOException {
        if (to == window.length) {
            if (start > 0) {
                System.arraycopy(window, start, window, 0, to - start);
                scan -= start;
                to -= start;
                start = 0;
            } else {
                window = Arrays.copyOf(window, (int) Math.min(2L * window.length, partMax + 1L));
            }
        }
        int read = bytes.read(window, to, window.length - to);
        to += Math.max(read, 0);
        return read >= 0;
    }

    private boolean isFull() {
        return to - start > partMax;
    }

    private boolean broken(String reason, int excerptFrom, int excerptTo) {
        broken = reason;
        from = excerptFrom;
        length = Math.min(excerptTo - excerptFrom, EXCERPT_MAX);
        return true;
    }

    private Mode begin() throws IOException {
        while (to < Math.min(window.length, WINDOW / 4) && fill()) {
            // The form shows in the first lines.
        }
        if (to >= 3 && window[0] == (byte) 0xef && window[1] == (byte) 0xbb && window[2] == (byte) 0xbf) {
            start = 3;
        }
        scan = start;
        int first = start;
        while (first < to && isSpace(window[first])) {
            first++;
        }
        if (first == to) {
            return Mode.LINES;
        }
        if (window[first] == '[') {
            start = scan = first + 1;
            return Mode.ARRAY;
        }
        return isLines(first) ? Mode.LINES : Mode.OBJECTS;
    }

    private boolean isLines(int first) {
        int newline = GithubWords.newline(window, first, to);
        int last = newline - 1;
        while (last > first && isSpace(window[last])) {
            last--;
        }
        int second = newline;
        while (second < to && isSpace(window[second])) {
            second++;
        }
        boolean objectFollows = second < to && window[second] == '{';
        if (window[first] != '{') {
            return objectFollows;
        }
        return window[last] == '}' || newline == to || (objectFollows && window[last] != ':' && window[last] != '[');
    }

    private boolean nextLine() throws IOException {
        while (true) {
            int newline = GithubWords.newline(window, scan, to);
            boolean ended = false;
            if (newline == to) {
                scan = to;
                if (isFull()) {
                    return overlongLine();
                }
                if (fill()) {
                    continue;
                }
                if (start == to) {
                    return false;
                }
                newline = to;
                ended = true;
            }
            int begin = start;
            number++;
            start = ended ? newline : newline + 1;
            scan = start;
            while (begin < newline && isSpace(window[begin])) {
                begin++;
            }
            if (begin < newline) {
                from = begin;
                length = newline - begin;
                return !ended || !isCut() || cutOff(begin);
            }
        }
    }

    /// A part that the end of the body cut.
    private boolean cutOff(int excerptFrom) {
        tailTold = true;
        return broken("it is cut off" + (isCut() ? ": " + bytes.broken() : ""), excerptFrom, to);
    }

    private boolean overlongLine() throws IOException {
        keepExcerpt();
        number++;
        do {
            start = scan = GithubWords.newline(window, start, to);
            if (scan < to) {
                start = ++scan;
                break;
            }
        } while (fill());
        return overlong();
    }

    private void keepExcerpt() {
        excerpt = Arrays.copyOfRange(window, start, start + Math.min(EXCERPT_MAX, to - start));
    }

    private boolean overlong() {
        broken = "it is longer than " + partMax + " bytes";
        from = 0;
        length = 0;
        return true;
    }

    /// The beginning of a part that is broken; empty where the end of the body is.
    byte[] excerpt() {
        if (excerpt.length > 0) {
            byte[] kept = excerpt;
            excerpt = new byte[0];
            return kept;
        }
        return Arrays.copyOfRange(window, from, from + Math.min(length, EXCERPT_MAX));
    }

    private boolean nextObject() throws IOException {
        if (!skipBetween()) {
            return false;
        }
        number++;
        byte first = window[start];
        if (mode == Mode.OBJECTS && first != '{') {
            // Nothing tells where what follows would begin.
            mode = Mode.ENDED;
            return broken(number == 1 ? "it does not begin like JSON" : "no object begins here", start, to);
        }
        depth = 0;
        inString = false;
        scan = start;
        boolean overlong = false;
        while (!toEnd()) {
            if (isFull() || (overlong && to - start > EXCERPT_MAX)) {
                if (!overlong) {
                    keepExcerpt();
                }
                overlong = true;
                start = scan;
            }
            if (!fill()) {
                mode = Mode.ENDED;
                return overlong ? overlong() : cutOff(start);
            }
        }
        from = start;
        length = scan - start;
        start = scan;
        if (overlong) {
            return overlong();
        }
        return first == '{' || broken("it is not an object", from, from + length);
    }

    /// Goes to the first byte of the next part, false where there is none.
    private boolean skipBetween() throws IOException {
        while (true) {
            while (start < to && (isSpace(window[start]) || (mode == Mode.ARRAY && window[start] == ','))) {
                start++;
            }
            if (start < to) {
                boolean bracket = window[start] == (mode == Mode.ARRAY ? ']' : '[');
                if (!bracket) {
                    return true;
                }
                // Arrays one after another are the pages of one answer, put together.
                start++;
                mode = mode == Mode.ARRAY ? Mode.OBJECTS : Mode.ARRAY;
            } else {
                scan = start;
                if (!fill()) {
                    unclosed = mode == Mode.ARRAY;
                    mode = Mode.ENDED;
                    return false;
                }
            }
        }
    }

    /// Scans to the end of the part that begins at `start`; false where more bytes are needed.
    private boolean toEnd() {
        while (scan < to) {
            if (inString) {
                scan = GithubWords.quoteOrEscape(window, scan, to);
                if (scan == to) {
                    return false;
                }
                if (window[scan] == '\\') {
                    if (scan + 1 == to) {
                        return false;
                    }
                    scan += 2;
                    continue;
                }
                inString = false;
                scan++;
                if (depth == 0) {
                    return true;
                }
                continue;
            }
            byte here = window[scan];
            if (depth == 0 && scan > start && (here == ',' || here == ']' || isSpace(here))) {
                return true;
            }
            scan++;
            if (here == '"') {
                inString = true;
            } else if (here == '{' || here == '[') {
                depth++;
            } else if (here == '}' || here == ']') {
                depth--;
                if (depth <= 0) {
                    return true;
                }
            }
        }
        return false;
    }

    static boolean isSpace(byte value) {
        return value == ' ' || value == '\n' || value == '\r' || value == '\t';
    }
}
