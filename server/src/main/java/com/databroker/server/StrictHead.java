package com.databroker.server;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.util.Locale;
import java.util.regex.Pattern;

/// Reads the head of a request, one byte after the other, as RFC 9112 writes it and not otherwise:
///
/// ```
/// METHOD SP target SP HTTP/1.x CR LF | name: value CR LF | … | CR LF
/// ```
/// What it keeps is what tells where the request ends. It limits what it does not keep, too: the codec would refuse
/// without a word.
final class StrictHead {
    /// Bytes of the first line without its end.
    static final int LINE_MAX = 8192;

    private static final int HEADERS_MAX = 200;
    private static final int KEPT_MAX = 300;
    private static final int LENGTH_DIGITS_MAX = 18;
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._~-]*(:\\d*)?|\\[[0-9A-Fa-f:.]+](:\\d*)?");
    private static final Pattern LENGTH = Pattern.compile("\\d{1," + LENGTH_DIGITS_MAX + "}");
    private static final String TOKEN = "!#$%&'*+-.^_`|~";
    private static final String VERSION = "the version is not HTTP/1.0 or HTTP/1.1";

    private enum Place {
        START,
        METHOD,
        TARGET,
        VERSION,
        LINE_LF,
        NAME_START,
        NAME,
        VALUE,
        VALUE_LF,
        END_LF
    }

    private final int max;
    private Place place = Place.START;
    private boolean emptyLine;

    /// Bytes of the head until here.
    private int size;

    private final StringBuilder kept = new StringBuilder();
    private String name = "";
    private int headers;
    private int hosts;
    private int lengths;
    private int encodings;
    private long length;
    private boolean oldVersion;
    private boolean upgrade;

    /// @param max bytes of the first line and all headers together
    StrictHead(int max) {
        this.max = max;
    }

    static ProblemException odd(String what) {
        return new ProblemException(Problem.BAD_REQUEST, "the request has " + what);
    }

    static boolean isVersion(ProblemException odd) {
        return odd.detail().equals(VERSION);
    }

    long length() {
        return length;
    }

    boolean isChunked() {
        return encodings > 0;
    }

    /// Whether the last head asked for another protocol.
    boolean upgradeWanted() {
        return upgrade;
    }

    /// Whether nothing was read of the next head yet.
    boolean isBetween() {
        return place == Place.START && !emptyLine;
    }

    /// @return whether the head is complete with this byte
    /// @throws ProblemException where it is odd
    boolean read(byte signed) {
        int c = signed & 0xFF;
        size++;
        if (size > max) {
            throw new ProblemException(
                    Problem.HEADERS_TOO_LARGE,
                    "the first line and the headers have more than " + max + " bytes (http.headers-max)");
        }
        switch (place) {
            case START -> start(c);
            case METHOD -> method(c);
            case TARGET -> target(c);
            case VERSION -> version(c);
            case LINE_LF -> lineFeed(c, Place.NAME_START);
            case NAME_START -> nameStart(c);
            case NAME -> name(c);
            case VALUE -> value(c);
            case VALUE_LF -> lineFeed(c, Place.NAME_START);
            case END_LF -> {
                lineFeed(c, Place.START);
                finish();
                return true;
            }
        }
        return false;
    }

    private static boolean isToken(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || TOKEN.indexOf(c) >= 0;
    }

    private void lineFeed(int c, Place next) {
        if (c != '\n') {
            throw odd("a carriage return that ends no line");
        }
        place = next;
    }

    private void start(int c) {
        // Old clients send one line end too many after a body.
        if (c == '\r' && !emptyLine) {
            emptyLine = true;
        } else if (c != '\n' || !emptyLine) {
            reset();
            method(c);
        }
    }

    private void reset() {
        kept.setLength(0);
        size = 1;
        emptyLine = false;
        headers = 0;
        hosts = 0;
        lengths = 0;
        encodings = 0;
        length = 0;
        oldVersion = false;
        upgrade = false;
        place = Place.METHOD;
    }

    private void method(int c) {
        if (c == ' ' && !kept.isEmpty()) {
            kept.setLength(0);
            place = Place.TARGET;
        } else if (isToken(c) && kept.length() < KEPT_MAX) {
            kept.append((char) c);
        } else {
            throw odd("a malformed method");
        }
    }

    private void target(int c) {
        if (size > LINE_MAX) {
            throw new ProblemException(
                    Problem.TARGET_TOO_LONG, "the first line of the request has more than " + LINE_MAX + " bytes");
        }
        if (c == ' ' && !kept.isEmpty()) {
            kept.setLength(0);
            place = Place.VERSION;
        } else if (c > ' ' && c < 0x7F) {
            keep(c);
        } else {
            throw odd("a character in its target that must be escaped, or no version");
        }
    }

    private void keep(int c) {
        if (kept.length() < KEPT_MAX) {
            kept.append((char) c);
        }
    }

    private void version(int c) {
        if (c != '\r') {
            if (c == '\n') {
                throw odd("a line feed without a carriage return");
            }
            keep(c);
            return;
        }
        String version = kept.toString();
        oldVersion = version.equals("HTTP/1.0");
        if (!oldVersion && !version.equals("HTTP/1.1")) {
            throw version.matches("HTTP/\\d\\.\\d")
                    ? new ProblemException(Problem.BAD_REQUEST, VERSION)
                    : odd("a malformed first line");
        }
        place = Place.LINE_LF;
    }

    private void nameStart(int c) {
        kept.setLength(0);
        if (c == '\r') {
            place = Place.END_LF;
        } else {
            headers++;
            if (headers > HEADERS_MAX) {
                throw new ProblemException(
                        Problem.HEADERS_TOO_LARGE, "the request has more than " + HEADERS_MAX + " headers");
            }
            place = Place.NAME;
            name(c);
        }
    }

    private void name(int c) {
        if (c == ':' && !kept.isEmpty()) {
            name = kept.toString().toLowerCase(Locale.ROOT);
            kept.setLength(0);
            place = Place.VALUE;
        } else if (isToken(c)) {
            keep(c);
        } else {
            throw odd("a malformed or folded header");
        }
    }

    private void value(int c) {
        if (c == '\r') {
            header(kept.toString().strip());
            place = Place.VALUE_LF;
        } else if (c == '\t' || (c >= ' ' && c != 0x7F)) {
            keep(c);
        } else {
            throw odd("a control character in a header");
        }
    }

    private void header(String value) {
        switch (name) {
            case "host" -> {
                hosts++;
                if (!HOST.matcher(value).matches()) {
                    throw odd("a malformed Host");
                }
            }
            case "content-length" -> {
                lengths++;
                if (!LENGTH.matcher(value).matches()) {
                    throw odd("a malformed Content-Length");
                }
                length = Long.parseLong(value);
            }
            case "transfer-encoding" -> {
                encodings++;
                if (!value.equalsIgnoreCase("chunked")) {
                    throw odd("a Transfer-Encoding other than chunked");
                }
            }
            case "upgrade" -> upgrade = true;
            default -> {
                // Nothing that tells where the request ends.
            }
        }
    }

    private void finish() {
        size = 0;
        if (hosts > 1 || (hosts == 0 && !oldVersion)) {
            throw odd(hosts == 0 ? "no Host" : "more than one Host");
        }
        if (lengths + encodings > 1 || (oldVersion && encodings > 0)) {
            throw odd("an ambiguous length");
        }
    }
}
