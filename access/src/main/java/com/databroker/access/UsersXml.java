package com.databroker.access;

import com.databroker.core.Bytes;
import com.databroker.core.Finding;
import com.databroker.core.Text;
import com.databroker.core.Utf8;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.XMLConstants;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import org.jspecify.annotations.Nullable;
import org.xml.sax.Attributes;
import org.xml.sax.InputSource;
import org.xml.sax.Locator;
import org.xml.sax.SAXException;
import org.xml.sax.SAXParseException;
import org.xml.sax.XMLReader;
import org.xml.sax.helpers.DefaultHandler;

/// Reads the users file as a tree: first our own rules, whose messages say what to write instead, then the published
/// schema, whose word counts where ours overlooked something.
///
/// A stranger may have written it: no DOCTYPE, no entity, no fetch of anything, bounded depth and attributes.
final class UsersXml {
    private static final int DEPTH_MAX = 20;
    private static final int ATTRIBUTES_MAX = 20;
    private static final Pattern DECLARED = Pattern.compile("\\A<\\?xml[^>]*?encoding\\s*=\\s*[\"']([^\"'>]*)");
    private static final Pattern SCHEMA_CODE = Pattern.compile("\\A(cvc|cos|sch-props)[-.\\w]*: ");
    private static final Schema SCHEMA = schema();

    /// What may stand in an element.
    private record Rule(Set<String> children, Set<String> required, Set<String> optional, boolean text) {}

    private static final Map<String, Rule> RULES = Map.ofEntries(
            Map.entry("broker-users", rule("role user authority anonymous", "", "")),
            Map.entry("role", rule("grant", "name", "")),
            Map.entry("user", rule("token certificate curve-key ssh-key member grant", "name", "disabled")),
            Map.entry("token", rule("scope", "label sha256", "id expires")),
            Map.entry("certificate", rule("", "", "sha256 subject authority")),
            Map.entry("authority", new Rule(Set.of(), Set.of("name"), Set.of(), true)),
            Map.entry("curve-key", new Rule(Set.of(), Set.of(), Set.of(), true)),
            Map.entry("ssh-key", new Rule(Set.of(), Set.of(), Set.of(), true)),
            Map.entry("member", rule("", "role", "")),
            Map.entry("grant", rule("", "action pattern", "")),
            Map.entry("scope", rule("", "action pattern", "")),
            Map.entry("anonymous", rule("grant", "", "")));

    private UsersXml() {}

    private static Rule rule(String children, String required, String optional) {
        return new Rule(words(children), words(required), words(optional), false);
    }

    private static Set<String> words(String text) {
        return text.isEmpty() ? Set.of() : new TreeSet<>(List.of(text.split(" ", -1)));
    }

    /// The text of the file; throws where it is not UTF-8.
    static String text(Bytes file) {
        String text = Utf8.decode(file);
        if (text == null) {
            throw Findings.refusal(List.of(new Finding(0, 0, "the file is not UTF-8; save it with that encoding")));
        }
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /// @param root null where there is nothing to go on with
    /// @param bySchema what the schema says against it: only of interest where our own rules found nothing
    record Document(@Nullable Element root, List<Finding> bySchema) {
        private static final Document NONE = new Document(null, List.of());
    }

    /// Reads the text of `findings`, and adds to them what our own rules say.
    static Document read(Findings findings) {
        String text = findings.text();
        Matcher declared = DECLARED.matcher(text);
        if (declared.find() && !declared.group(1).equalsIgnoreCase("UTF-8")) {
            findings.add(declared.start(1), "the encoding must be UTF-8, not \"" + declared.group(1) + "\"");
            return Document.NONE;
        }
        Reader reader = new Reader(findings);
        try {
            XMLReader parser = Xml.reader(SCHEMA, DEPTH_MAX, ATTRIBUTES_MAX);
            parser.setContentHandler(reader);
            parser.setErrorHandler(reader);
            parser.setEntityResolver(reader);
            parser.parse(new InputSource(new StringReader(text)));
        } catch (SAXParseException malformed) {
            findings.add(findings.offsetOf(malformed.getLineNumber(), malformed.getColumnNumber()), fatal(malformed));
            return Document.NONE;
        } catch (SAXException | IOException refused) {
            findings.add(0, "not readable as XML: " + message(refused));
            return Document.NONE;
        }
        return new Document(reader.root, reader.bySchema);
    }

    private static String message(Exception failure) {
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }

    private static String fatal(SAXParseException malformed) {
        String message = message(malformed);
        if (message.contains("DOCTYPE")) {
            return "a DOCTYPE is not allowed; delete it";
        }
        return "not well-formed: " + (message.endsWith(".") ? message.substring(0, message.length() - 1) : message);
    }

    private static Schema schema() {
        try {
            SchemaFactory factory = SchemaFactory.newDefaultInstance();
            factory.setProperty(XMLConstants.ACCESS_EXTERNAL_DTD, "");
            factory.setProperty(XMLConstants.ACCESS_EXTERNAL_SCHEMA, "");
            return factory.newSchema(new StreamSource(
                    new ByteArrayInputStream(UsersSchema.bytes().toArray())));
        } catch (SAXException broken) {
            throw new IllegalStateException("our own schema", broken);
        }
    }

    private static final class Reader extends DefaultHandler {
        private final Findings findings;
        private final Deque<Element> open = new ArrayDeque<>();
        private final List<Finding> bySchema = new ArrayList<>();
        private @Nullable Locator locator;
        private @Nullable Element root;
        /// How deep we are in an element that is not known, and of which nothing else is worth a word.
        private int unknown;

        Reader(Findings findings) {
            this.findings = findings;
        }

        @Override
        public void setDocumentLocator(Locator locator) {
            this.locator = locator;
        }

        /// The offset behind the tag that was just read.
        private int here() {
            return locator == null ? 0 : findings.offsetOf(locator.getLineNumber(), locator.getColumnNumber());
        }

        /// Where the tag begins that ends at `end`: no `<` can stand inside of a tag.
        private int tagStart(int end) {
            return Math.max(0, findings.text().lastIndexOf('<', end - 1));
        }

        @Override
        public void startElement(String namespace, String name, String qualified, Attributes attributes) {
            int end = here();
            Element element = new Element(name, tagStart(end), end);
            Element parent = open.peek();
            if (unknown > 0 || !isKnown(namespace, element, parent)) {
                unknown++;
                return;
            }
            Rule rule = RULES.get(name);
            if (rule != null) {
                read(attributes, element, rule);
            }
            if (parent == null) {
                root = element;
            } else {
                parent.children.add(element);
            }
            open.push(element);
        }

        private boolean isKnown(String namespace, Element element, @Nullable Element parent) {
            if (parent == null) {
                if (!element.name.equals("broker-users") || !namespace.equals(UsersSchema.NAMESPACE)) {
                    findings.add(
                            element.start,
                            "the root must be <broker-users xmlns=\"" + UsersSchema.NAMESPACE + "\">, not <"
                                    + Text.excerpt(element.name) + "> of \"" + Text.excerpt(namespace) + "\"");
                    return false;
                }
                return true;
            }
            Rule rule = RULES.get(parent.name);
            if (rule != null && rule.children.contains(element.name) && namespace.equals(UsersSchema.NAMESPACE)) {
                return true;
            }
            findings.add(
                    element.start,
                    "<" + Text.excerpt(element.name) + "> does not belong in <" + parent.name + ">"
                            + instead(element.name, rule == null ? Set.of() : rule.children));
            return false;
        }

        private void read(Attributes attributes, Element element, Rule rule) {
            boolean mistyped = false;
            for (int i = 0; i < attributes.getLength(); i++) {
                String name = attributes.getLocalName(i);
                boolean foreign = !attributes.getURI(i).isEmpty();
                if (foreign && attributes.getURI(i).equals(XMLConstants.W3C_XML_SCHEMA_INSTANCE_NS_URI)) {
                    // Editors write xsi:schemaLocation; we never follow it.
                    continue;
                }
                if (foreign || (!rule.required.contains(name) && !rule.optional.contains(name))) {
                    mistyped = true;
                    Set<String> allowed = new TreeSet<>(rule.required);
                    allowed.addAll(rule.optional);
                    findings.add(
                            element.offsetOf(attributes.getQName(i), findings.text()),
                            "<" + element.name + "> has no attribute \"" + Text.excerpt(attributes.getQName(i)) + "\""
                                    + instead(name, allowed));
                } else {
                    element.attributes.put(name, attributes.getValue(i));
                }
            }
            for (String name : rule.required) {
                // One that is missing is most likely the one that was mistyped.
                if (!mistyped && !element.attributes.containsKey(name)) {
                    findings.add(element.start, "<" + element.name + "> needs the attribute \"" + name + "\"");
                }
            }
        }

        private static String instead(String word, Set<String> allowed) {
            String nearest = word.length() > 64 ? "" : Text.nearest(word, allowed);
            if (!nearest.isEmpty()) {
                return "; did you mean \"" + nearest + "\"?";
            }
            return allowed.isEmpty() ? "; delete it" : "; allowed are " + String.join(", ", allowed);
        }

        @Override
        public void characters(char[] chars, int start, int length) {
            Element element = open.peek();
            if (unknown > 0 || element == null) {
                return;
            }
            Rule rule = RULES.get(element.name);
            if (rule != null && rule.text) {
                element.text.append(chars, start, length);
            } else if (!element.hasStrayText && !new String(chars, start, length).isBlank()) {
                element.hasStrayText = true;
                findings.add(
                        element.start, "<" + element.name + "> holds no text; delete what stands between its tags");
            }
        }

        @Override
        public void endElement(String namespace, String name, String qualified) {
            if (unknown > 0) {
                unknown--;
                return;
            }
            Element element = open.pop();
            int end = here();
            if (end != element.tagEnd) {
                element.end = end;
                element.closeStart = tagStart(end);
            }
        }

        @Override
        public InputSource resolveEntity(@Nullable String publicId, @Nullable String systemId) throws SAXException {
            throw new SAXException("nothing outside of the file is read");
        }

        @Override
        public void error(SAXParseException invalid) {
            if (bySchema.size() < Findings.MAX) {
                String message = SCHEMA_CODE.matcher(message(invalid)).replaceFirst("");
                bySchema.add(new Finding(invalid.getLineNumber(), invalid.getColumnNumber(), message));
            }
        }

        @Override
        public void fatalError(SAXParseException malformed) throws SAXParseException {
            throw malformed;
        }
    }
}
