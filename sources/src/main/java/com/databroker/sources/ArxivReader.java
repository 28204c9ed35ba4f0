package com.databroker.sources;

import com.databroker.core.Bytes;
import com.databroker.streams.Body;
import com.databroker.streams.BodyReader;
import com.databroker.streams.Collected;
import com.databroker.streams.Intake;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;

/// Reads what arXiv says of papers: Atom of its query API, OAI-PMH with `arXiv`, `arXivRaw` or `oai_dc`,
/// single records of these, and `.abs` files. What it collects is an [ArxivEntry] as JSON.
///
/// An error that comes as an entry is rejected, whatever the status of the answer was; that nothing matches
/// is none. Not shared between threads.
final class ArxivReader implements BodyReader {
    private static final long UNPACKED_MAX = 8L << 30;
    private static final int REJECTS_MAX = 1000;
    private static final int REASON_CHARS_MAX = 300;

    private final long unpackedMax;
    private @Nullable ArxivAnswer answer;
    private boolean whole;

    ArxivReader() {
        this(UNPACKED_MAX);
    }

    /// With another limit than in production.
    ArxivReader(long unpackedMax) {
        this.unpackedMax = unpackedMax;
    }

    /// What the last body said beside its records, null before the first.
    @Nullable
    ArxivAnswer answer() {
        return answer;
    }

    /// Whether the last body was a document, and came to its end.
    boolean isWhole() {
        return whole;
    }

    /// Counts what is given on.
    static final class Reading {
        private final Intake into;
        private int records;
        private long rejects;

        Reading(Intake into) {
            this.into = into;
        }

        int records() {
            return records;
        }

        void record(String position, ArxivEntry entry) {
            records++;
            Bytes json = entry.json();
            String key = entry.key();
            if (json.length() > Collected.JSON_BYTES_MAX) {
                rejected(position, "it is longer than " + Collected.JSON_BYTES_MAX + " bytes", Bytes.utf8(key));
            } else {
                into.record(new Collected(key, json));
            }
        }

        void reject(String position, String reason, Bytes excerpt) {
            records++;
            rejected(position, reason, excerpt);
        }

        /// Rejects what is no record: the end of a body, an error.
        void rejected(String position, String reason, Bytes excerpt) {
            rejects++;
            if (rejects <= REJECTS_MAX) {
                into.reject(position, reason, excerpt);
            }
        }

        void end() {
            if (rejects > REJECTS_MAX) {
                into.reject("to the end", (rejects - REJECTS_MAX) + " more parts cannot be read", Bytes.EMPTY);
            }
        }
    }

    @Override
    public void read(Body body, Intake into) throws IOException {
        Reading reading = new Reading(into);
        GithubBytes unpacked = new GithubBytes(body.bytes(), unpackedMax);
        InputStream bytes = new BufferedInputStream(unpacked.stream(), 8 << 10);
        whole = true;
        int first = firstOf(bytes);
        if (first == '<') {
            xml(bytes, unpacked, reading);
        } else if (first == '-' || first == '\\') {
            ArxivAbs.read(bytes, reading);
            answer = new ArxivAnswer(null, null, null, null, null, null, null, reading.records());
        } else {
            byte[] start = bytes.readNBytes(GithubParts.EXCERPT_MAX);
            whole = false;
            reading.rejected("byte 1", "it is neither XML nor an .abs file", Bytes.wrap(start));
        }
        if (unpacked.broken() != null && reading.rejects == 0) {
            whole = false;
            reading.rejected("to the end", String.valueOf(unpacked.broken()), Bytes.EMPTY);
        }
        reading.end();
    }

    /// The first byte that is not white space or a mark of order; stays to be read.
    private static int firstOf(InputStream bytes) throws IOException {
        bytes.mark(4 << 10);
        int first = bytes.read();
        for (int i = 0; i < 1024 && (first == 0xef || first == 0xbb || first == 0xbf || isSpace(first)); i++) {
            first = bytes.read();
        }
        bytes.reset();
        // Of UTF-16, the mark of order is enough: the other formats have none.
        return first == 0xfe || first == 0xff ? '<' : first;
    }

    private static boolean isSpace(int c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }

    private void xml(InputStream bytes, GithubBytes unpacked, Reading reading) throws IOException {
        ArxivDocument document = new ArxivDocument(reading);
        ArxivXml xml = null;
        try {
            skipSpace(bytes);
            xml = new ArxivXml(bytes);
            document.read(xml);
        } catch (XMLStreamException broken) {
            if (unpacked.failure() != null) {
                throw unpacked.failure();
            }
            String reason = unpacked.broken() == null ? reason(broken) : unpacked.broken();
            Bytes excerpt = xml == null ? Bytes.EMPTY : excerpt(xml.lately());
            whole = false;
            reading.rejected(document.position(xml == null ? 1 : xml.line()), reason, excerpt);
        }
        answer = document.answer();
    }

    /// Some servers put a line before the declaration, which XML does not allow.
    private static void skipSpace(InputStream bytes) throws IOException {
        int next;
        do {
            bytes.mark(1);
            next = bytes.read();
        } while (isSpace(next));
        bytes.reset();
    }

    private static String reason(XMLStreamException broken) {
        String message = String.valueOf(broken.getMessage()).replaceAll("\\s+", " ");
        int detail = message.indexOf("Message: ");
        String text = detail < 0 ? message : message.substring(detail + "Message: ".length());
        return "the XML is broken: " + text.substring(0, Math.min(text.length(), REASON_CHARS_MAX));
    }

    /// The beginning of a text, as the bytes of an excerpt.
    static Bytes excerpt(String text) {
        return Bytes.wrap(text.substring(0, Math.min(text.length(), GithubParts.EXCERPT_MAX))
                .getBytes(StandardCharsets.UTF_8));
    }
}
