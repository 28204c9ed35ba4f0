package com.databroker.access;

import java.util.Locale;
import javax.xml.XMLConstants;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.parsers.SAXParserFactory;
import javax.xml.validation.Schema;
import org.xml.sax.SAXException;
import org.xml.sax.XMLReader;

/// XML that a stranger wrote, with limits: no DOCTYPE, no entity of its own, no fetch of anything, bounded depth and
/// attributes. The JDK's defaults still read files and addresses that a document names.
public final class Xml {
    private static final String FEATURES = "http://xml.org/sax/features/";
    private static final String APACHE = "http://apache.org/xml/features/";
    private static final String LIMITS = "http://www.oracle.com/xml/jaxp/properties/";

    private Xml() {}

    /// A reader for one document after the other; its messages are English wherever the broker runs.
    ///
    /// @param schema that documents must obey
    /// @param depthMax elements in one another
    /// @param attributesMax of one element
    public static XMLReader reader(Schema schema, int depthMax, int attributesMax) throws SAXException {
        SAXParserFactory factory = SAXParserFactory.newDefaultNSInstance();
        try {
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature(APACHE + "disallow-doctype-decl", true);
            factory.setFeature(FEATURES + "external-general-entities", false);
            factory.setFeature(FEATURES + "external-parameter-entities", false);
            factory.setFeature(APACHE + "nonvalidating/load-external-dtd", false);
            factory.setXIncludeAware(false);
            factory.setSchema(schema);
            XMLReader reader = factory.newSAXParser().getXMLReader();
            reader.setProperty(XMLConstants.ACCESS_EXTERNAL_DTD, "");
            reader.setProperty(XMLConstants.ACCESS_EXTERNAL_SCHEMA, "");
            reader.setProperty(LIMITS + "maxElementDepth", String.valueOf(depthMax));
            reader.setProperty(LIMITS + "elementAttributeLimit", String.valueOf(attributesMax));
            speakEnglish(reader);
            return reader;
        } catch (ParserConfigurationException unknown) {
            throw new IllegalStateException("the JDK's own parser knows these", unknown);
        }
    }

    /// The messages go to whoever sent the document. Only the old interface can say so.
    @SuppressWarnings("deprecation")
    private static void speakEnglish(XMLReader reader) throws SAXException {
        if (reader instanceof org.xml.sax.Parser old) {
            // Not ENGLISH: there is no bundle of that name, and the search would go on to the language of the machine.
            old.setLocale(Locale.ROOT);
        }
    }
}
