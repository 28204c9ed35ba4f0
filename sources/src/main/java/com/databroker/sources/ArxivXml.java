package com.databroker.sources;

import java.io.FilterReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/// The XML of arXiv, element by element. Names count without their namespace: some answers forget it.
///
/// No document type is read and no entity resolved; nesting, the length of a text and the characters
/// between two events have limits, so that neither expansion nor a giant tag takes memory.
final class ArxivXml {
    static final int DEPTH_MAX = 64;
    static final int TEXT_CHARS_MAX = 512 << 10;
    private static final int EVENT_CHARS_MAX = 4 << 20;

    private static final int DECLARATION_BYTES_MAX = 256;
    private static final Pattern ENCODING =
            Pattern.compile("(?:\u00ef\u00bb\u00bf)?<\\?xml[^>]{0,100}encoding\\s*=\\s*[\"']([A-Za-z0-9._-]{1,40})");

    private static final XMLInputFactory FACTORY = factory();

    private final Budget budget;
    private final XMLStreamReader reader;
    private int depth;
    private boolean tooLong;

    private static XMLInputFactory factory() {
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, false);
        factory.setXMLResolver((publicId, systemId, base, namespace) -> {
            throw new XMLStreamException("an external entity is refused");
        });
        return factory;
    }

    /// @param bytes a stream that can go back by its mark
    ArxivXml(InputStream bytes) throws XMLStreamException, IOException {
        budget = new Budget(characters(bytes));
        reader = FACTORY.createXMLStreamReader(budget);
    }

    /// Goes to the next begin or end of an element, false at the end of the document.
    boolean next() throws XMLStreamException {
        while (reader.hasNext()) {
            int event = step();
            if (event == XMLStreamConstants.START_ELEMENT || event == XMLStreamConstants.END_ELEMENT) {
                return true;
            }
        }
        return false;
    }

    private int step() throws XMLStreamException {
        budget.left = EVENT_CHARS_MAX;
        int event;
        try {
            event = reader.next();
        } catch (XMLStreamException broken) {
            throw broken;
        } catch (RuntimeException inTheParser) {
            // On some broken documents the JDK's parser falls over its own state.
            throw new XMLStreamException("the document is broken", reader.getLocation(), inTheParser);
        }
        switch (event) {
            case XMLStreamConstants.DTD -> throw new XMLStreamException("a document type is refused");
            case XMLStreamConstants.START_ELEMENT -> {
                if (++depth > DEPTH_MAX) {
                    throw new XMLStreamException("elements are nested more than " + DEPTH_MAX + " deep");
                }
            }
            case XMLStreamConstants.END_ELEMENT -> depth--;
            default -> {}
        }
        return event;
    }

    boolean isStart() {
        return reader.isStartElement();
    }

    String name() {
        return reader.getLocalName();
    }

    /// How many elements are open; the one that begins or ended here counts as open where it begins.
    int depth() {
        return depth;
    }

    @Nullable
    String attribute(String name) {
        for (int i = 0; i < reader.getAttributeCount(); i++) {
            if (reader.getAttributeLocalName(i).equals(name)) {
                return reader.getAttributeValue(i);
            }
        }
        return null;
    }

    /// The text of the element that begins here, to its end; elements within give theirs. An entity that XML does not
    /// know stays as it was written.
    String text() throws XMLStreamException {
        StringBuilder text = new StringBuilder();
        int outer = depth - 1;
        while (depth > outer) {
            int event = step();
            boolean isText = event == XMLStreamConstants.CHARACTERS
                    || event == XMLStreamConstants.CDATA
                    || event == XMLStreamConstants.SPACE;
            if (isText) {
                int room = TEXT_CHARS_MAX - text.length();
                int length = reader.getTextLength();
                tooLong |= length > room;
                text.append(reader.getTextCharacters(), reader.getTextStart(), Math.min(length, room));
            } else if (event == XMLStreamConstants.ENTITY_REFERENCE) {
                String written = "&" + reader.getLocalName() + ";";
                tooLong |= written.length() > TEXT_CHARS_MAX - text.length();
                text.append(tooLong ? "" : written);
            }
        }
        return text.toString();
    }

    /// Whether a text was longer than its limit since the last time this was asked.
    boolean wasTooLong() {
        boolean was = tooLong;
        tooLong = false;
        return was;
    }

    /// Passes over what is left of the elements deeper than `outer`.
    void leave(int outer) throws XMLStreamException {
        while (depth > outer) {
            step();
        }
    }

    /// Where it is, for people.
    int line() {
        return reader.getLocation().getLineNumber();
    }

    /// The last characters that were read, for people: near where it is.
    String lately() {
        return budget.lately;
    }

    /// The characters of a document, by its mark of order or its declaration, else UTF-8. What is none of
    /// them becomes U+FFFD: one bad byte is no reason to lose a page of papers. The JDK's own decoder would
    /// also print it.
    private static Reader characters(InputStream bytes) throws IOException {
        bytes.mark(DECLARATION_BYTES_MAX);
        byte[] begin = bytes.readNBytes(DECLARATION_BYTES_MAX);
        bytes.reset();
        Charset charset = StandardCharsets.UTF_8;
        boolean marked = begin.length >= 2 && (begin[0] & 0xff) + (begin[1] & 0xff) == 0xff + 0xfe;
        Matcher declared = ENCODING.matcher(new String(begin, StandardCharsets.ISO_8859_1));
        if (marked) {
            charset = StandardCharsets.UTF_16;
        } else if (declared.lookingAt()
                && !declared.group(1).toLowerCase(Locale.ROOT).startsWith("utf-16")) {
            try {
                charset = Charset.forName(declared.group(1));
            } catch (IllegalArgumentException unknown) {
                charset = StandardCharsets.UTF_8;
            }
        }
        if (!marked && begin.length >= 3 && begin[0] == (byte) 0xef) {
            bytes.skipNBytes(3);
        }
        return new InputStreamReader(bytes, charset);
    }

    /// Ends an event that does not come.
    private static final class Budget extends FilterReader {
        private long left = EVENT_CHARS_MAX;
        private String lately = "";

        Budget(Reader in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            char[] one = new char[1];
            return read(one, 0, 1) < 0 ? -1 : one[0];
        }

        @Override
        public int read(char[] into, int offset, int length) throws IOException {
            if (left <= 0) {
                throw new IOException("a tag or text is longer than " + EVENT_CHARS_MAX + " characters");
            }
            int read = super.read(into, offset, length);
            left -= Math.max(read, 0);
            if (read > 0) {
                int kept = Math.min(read, GithubParts.EXCERPT_MAX);
                lately = new String(into, offset + read - kept, kept);
            }
            return read;
        }
    }
}
