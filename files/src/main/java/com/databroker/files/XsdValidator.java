package com.databroker.files;

import com.databroker.access.Principal;
import com.databroker.access.Xml;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.CharConversionException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import org.jspecify.annotations.Nullable;
import org.xml.sax.Attributes;
import org.xml.sax.ErrorHandler;
import org.xml.sax.InputSource;
import org.xml.sax.Locator;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;
import org.xml.sax.XMLReader;
import org.xml.sax.ext.Locator2;
import org.xml.sax.helpers.DefaultHandler;

/// Accepts XML that obeys an XML Schema 1.0. The schema is read once, with files of its own folder and no others.
///
/// A stranger wrote the document: no DOCTYPE, no entity, no fetch of anything, bounded depth, attributes and
/// time. It is read as a stream, so its size does not matter, but for what the schema wants to be unique.
final class XsdValidator implements Validator {
    static final int DEPTH_MAX = 100;
    static final int ATTRIBUTES_MAX = 200;
    static final Duration TIME_MAX = Duration.ofSeconds(60);

    /// `cvc-pattern-valid: Value …`, of the parser and not of interest to who wrote the document.
    private static final Pattern CODE = Pattern.compile("^([A-Za-z][A-Za-z0-9._-]*): ");
    /// The second message about a wrong value: it says where, after the first has said why.
    private static final Pattern WHERE = Pattern.compile(
            "^cvc-(?:attribute\\.3|type\\.3\\.1\\.3|complex-type\\.2\\.2): .*?"
                    + " of (?:attribute '([^']*)' on )?element '([^']*)'.*",
            Pattern.DOTALL);

    private final Schema schema;
    private final Duration timeMax;

    private XsdValidator(Schema schema, Duration timeMax) {
        this.schema = schema;
        this.timeMax = timeMax;
    }

    /// @throws IllegalArgumentException where it is not a schema, or wants what is not beside it; names the file, the
    ///     line, the column and the reason
    static XsdValidator of(Path schema) {
        return of(schema, TIME_MAX);
    }

    /// @param timeMax how long the check of one document may take
    static XsdValidator of(Path schema, Duration timeMax) {
        Path file = schema.toAbsolutePath().normalize();
        Path folder = file.getParent();
        try (InputStream in = Files.newInputStream(file)) {
            SchemaFactory factory = SchemaFactory.newDefaultInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setProperty(XMLConstants.ACCESS_EXTERNAL_DTD, "");
            // Only what the folder opens: the name of a file is asked of it first.
            factory.setProperty(XMLConstants.ACCESS_EXTERNAL_SCHEMA, "file");
            factory.setResourceResolver(new XsdFolder(folder == null ? file : folder));
            factory.setErrorHandler(new Strict());
            return new XsdValidator(
                    factory.newSchema(new StreamSource(in, file.toUri().toString())), timeMax);
        } catch (SAXParseException broken) {
            throw new IllegalArgumentException(
                    name(broken.getSystemId(), file) + ": line " + broken.getLineNumber() + ", column "
                            + broken.getColumnNumber() + ": " + reason(broken),
                    broken);
        } catch (SAXException broken) {
            throw new IllegalArgumentException(file + ": " + message(broken), broken);
        } catch (IOException unreadable) {
            throw new IllegalArgumentException(file + ": cannot be read: " + unreadable.getMessage(), unreadable);
        }
    }

    /// Our own where a file was refused; the parser's may mean anything then.
    private static String reason(SAXParseException broken) {
        return broken.getException() instanceof IOException refused ? message(refused) : message(broken);
    }

    private static String name(@Nullable String systemId, Path file) {
        if (systemId == null) {
            return file.toString();
        }
        return file.resolveSibling(systemId.substring(systemId.lastIndexOf('/') + 1))
                .toString();
    }

    /// A warning says that something will be missing, as a file that is imported.
    private static final class Strict implements ErrorHandler {
        @Override
        public void warning(SAXParseException warning) throws SAXParseException {
            throw warning;
        }

        @Override
        public void error(SAXParseException error) throws SAXParseException {
            throw error;
        }

        @Override
        public void fatalError(SAXParseException error) throws SAXParseException {
            throw error;
        }
    }

    @Override
    public void validate(Candidate candidate, Principal sender) {
        Reader reader = new Reader(new Deadline(timeMax));
        try {
            read(candidate.file(), reader);
            if (!reader.invalid.isEmpty()) {
                refuse(candidate.file(), reader);
            }
        } catch (IOException unreadable) {
            throw new ProblemException(Problem.STORAGE_FAILED, candidate.path() + " cannot be checked", unreadable);
        }
    }

    private void read(Path file, Reader reader) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            XMLReader parser = Xml.reader(schema, DEPTH_MAX, ATTRIBUTES_MAX);
            parser.setContentHandler(reader);
            parser.setErrorHandler(reader);
            parser.setEntityResolver(reader);
            parser.parse(new InputSource(in));
        } catch (SAXParseException malformed) {
            if (message(malformed).startsWith("Invalid byte ")) {
                undecodable(file, reader);
                return;
            }
            reader.add(malformed.getLineNumber(), malformed.getColumnNumber(), fatal(malformed), false);
        } catch (CharConversionException malformed) {
            undecodable(file, reader);
        } catch (SAXException refused) {
            reader.add(reader.line(), reader.column(), "not readable as XML: " + message(refused), false);
        }
    }

    private static void undecodable(Path file, Reader reader) throws IOException {
        if (!reader.encoding().equals(StandardCharsets.UTF_8)) {
            reader.add(0, 0, "not readable as " + reader.encoding() + ", which it says it is", false);
            return;
        }
        JsonPlaces.Place place = XmlPlaces.notUtf8(file);
        reader.add(place.line(), place.column(), "not UTF-8; save it with that encoding", false);
    }

    private static void refuse(Path file, Reader reader) throws IOException {
        Findings findings = new Findings();
        findings.skip(reader.more);
        try (XmlPlaces places = new XmlPlaces(file, reader.encoding())) {
            for (Invalid invalid : reader.invalid) {
                if (invalid.behindTag) {
                    JsonPlaces.Place place = places.tagThatEndsAt(invalid.line, invalid.column);
                    findings.add(place.line(), place.column(), invalid.message);
                } else {
                    findings.add(invalid.line, invalid.column, invalid.message);
                }
            }
        }
        findings.throwIfAny();
    }

    private static String message(Exception failure) {
        String message = failure.getMessage();
        if (message == null) {
            return failure.getClass().getSimpleName();
        }
        String plain = CODE.matcher(message).replaceFirst("");
        return plain.endsWith(".") ? plain.substring(0, plain.length() - 1) : plain;
    }

    private static String fatal(SAXParseException malformed) {
        String message = message(malformed);
        if (message.contains("DOCTYPE")) {
            return "a DOCTYPE is not allowed; delete it";
        }
        if (message.contains("maxElementDepth")) {
            return "nested deeper than " + DEPTH_MAX;
        }
        if (message.contains("elementAttributeLimit")) {
            return "an element has more than " + ATTRIBUTES_MAX + " attributes";
        }
        return "not well-formed: " + message;
    }

    /// @param behindTag whether the place is behind the tag that is meant
    private record Invalid(int line, int column, String message, boolean behindTag) {}

    private static final class Reader extends DefaultHandler {
        private final Deadline deadline;
        private final List<Invalid> invalid = new ArrayList<>();
        private @Nullable Invalid last;
        private int more;
        private @Nullable Locator locator;
        private Charset encoding = StandardCharsets.UTF_8;

        Reader(Deadline deadline) {
            this.deadline = deadline;
        }

        @Override
        public void setDocumentLocator(Locator locator) {
            this.locator = locator;
        }

        int line() {
            return locator == null ? 0 : Math.max(0, locator.getLineNumber());
        }

        int column() {
            return locator == null ? 0 : Math.max(0, locator.getColumnNumber());
        }

        Charset encoding() {
            return encoding;
        }

        /// The parser knows the encoding as long as it reads.
        private void noteEncoding() {
            if (locator instanceof Locator2 locator2 && locator2.getEncoding() != null) {
                try {
                    encoding = Charset.forName(locator2.getEncoding());
                } catch (IllegalCharsetNameException | UnsupportedCharsetException unknown) {
                    encoding = StandardCharsets.UTF_8;
                }
            }
        }

        void add(int line, int column, String message, boolean behindTag) {
            last = new Invalid(line, column, message, behindTag);
            if (invalid.size() < Findings.MAX) {
                invalid.add(last);
            } else {
                more++;
            }
        }

        @Override
        public void startElement(String namespace, String name, String qualified, Attributes attributes) {
            deadline.check();
            noteEncoding();
        }

        @Override
        public InputSource resolveEntity(@Nullable String publicId, @Nullable String systemId) throws SAXException {
            throw new SAXException("nothing outside of the file is read");
        }

        @Override
        public void error(SAXParseException error) {
            deadline.check();
            noteEncoding();
            int line = error.getLineNumber();
            int column = error.getColumnNumber();
            if (last != null && last.line == line && last.column == column) {
                again(last, error);
            } else {
                add(line, column, message(error), true);
            }
        }

        private void again(Invalid last, SAXParseException error) {
            Matcher where = WHERE.matcher(String.valueOf(error.getMessage()));
            if (!where.matches()) {
                if (!last.message.equals(message(error))) {
                    add(last.line, last.column, message(error), true);
                }
            } else if (more == 0) {
                String attribute = where.group(1) == null ? "" : "attribute '" + where.group(1) + "' of ";
                String whose = " (" + attribute + "element '" + where.group(2) + "')";
                invalid.set(invalid.size() - 1, new Invalid(last.line, last.column, last.message + whose, true));
            }
        }

        @Override
        public void fatalError(SAXParseException malformed) throws SAXParseException {
            throw malformed;
        }
    }
}
