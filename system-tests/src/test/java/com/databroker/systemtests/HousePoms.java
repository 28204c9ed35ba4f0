package com.databroker.systemtests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/// The poms, read as they are written: Maven's inheritance would hide what a room says itself.
final class HousePoms {
    /// @param version empty where the pom leaves it to the parent
    record Dependency(String group, String artifact, String version) {
        boolean isRoom() {
            return group.equals("com.databroker") && !artifact.equals("databroker-" + House.BORROWED);
        }

        String room() {
            String room = artifact.substring("databroker-".length());
            return House.PLAN.containsKey("engines/" + room) ? "engines/" + room : room;
        }
    }

    private final Element root;

    private HousePoms(Element root) {
        this.root = root;
    }

    static HousePoms parent() {
        return read(Path.of("pom.xml"));
    }

    static HousePoms of(String room) {
        return read(Path.of(room, "pom.xml"));
    }

    private static HousePoms read(Path pom) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            return new HousePoms(factory.newDocumentBuilder()
                    .parse(House.ROOT.resolve(pom).toFile())
                    .getDocumentElement());
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        } catch (ParserConfigurationException | SAXException malformed) {
            throw new IllegalStateException(pom + " is malformed", malformed);
        }
    }

    List<String> modules() {
        return all("module").stream().map(Element::getTextContent).toList();
    }

    /// What stands under `dependencies`, be it of the room, of its management or of a plugin.
    List<Dependency> dependencies() {
        return all("dependency").stream().map(HousePoms::dependency).toList();
    }

    /// Processors of the compiler.
    List<Dependency> processors() {
        return all("path").stream().map(HousePoms::dependency).toList();
    }

    /// What builds, under `plugins`.
    List<Dependency> plugins() {
        return all("plugin").stream().map(HousePoms::dependency).toList();
    }

    private List<Element> all(String name) {
        List<Element> elements = new ArrayList<>();
        NodeList nodes = root.getElementsByTagName(name);
        for (int i = 0; i < nodes.getLength(); i++) {
            elements.add((Element) nodes.item(i));
        }
        return elements;
    }

    private static Dependency dependency(Element element) {
        return new Dependency(child(element, "groupId"), child(element, "artifactId"), child(element, "version"));
    }

    private static String child(Element element, String name) {
        for (var node = element.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element child && child.getTagName().equals(name)) {
                return child.getTextContent().strip();
            }
        }
        return "";
    }
}
