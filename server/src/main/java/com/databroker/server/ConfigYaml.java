package com.databroker.server;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentEndEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.StreamEndEvent;
import org.snakeyaml.engine.v2.events.StreamStartEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ParserException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/// The YAML file as a tree in which everything knows its place.
///
/// Made from the parser's events and not from its composer: so there are no aliases to expand and
/// no tags to construct, depth and size have limits, and a key that appears twice is still there to
/// be complained of.
final class ConfigYaml {
    static final int BYTES_MAX = 1 << 20;
    private static final int DEPTH_MAX = 16;
    private static final int NODES_MAX = 10_000;
    private static final Set<String> ABSENT = Set.of("", "~", "null", "Null", "NULL");

    /// A value of the file.
    sealed interface Node {
        ConfigPlace place();
    }

    record Scalar(String text, boolean plain, ConfigPlace place) implements Node {
        /// Whether the key stands there without a value.
        boolean absent() {
            return plain && ABSENT.contains(text);
        }
    }

    record Sequence(List<Node> items, ConfigPlace place) implements Node {}

    record Mapping(List<Entry> entries, ConfigPlace place) implements Node {}

    /// What was complained of already and needs no second complaint.
    record Refused(ConfigPlace place) implements Node {}

    record Entry(Scalar key, Node value) {}

    private final String name;
    private final ConfigErrors errors;
    private int nodes;

    ConfigYaml(String name, ConfigErrors errors) {
        this.name = name;
        this.errors = errors;
    }

    /// The root's entries; null where the file is not YAML, which is then said in the errors.
    @Nullable
    Mapping read(byte[] bytes) {
        if (bytes.length > BYTES_MAX) {
            errors.add(ConfigPlace.of(name), "", "larger than 1MiB, which is the most a configuration may be");
            return null;
        }
        String text = decode(bytes);
        if (text == null) {
            return null;
        }
        errors.source(text);
        int foreign = 0;
        while (foreign < text.length() && StreamReader.isPrintable(text.codePointAt(foreign))) {
            foreign += Character.charCount(text.codePointAt(foreign));
        }
        if (foreign < text.length()) {
            errors.add(
                    at(text.substring(0, foreign)),
                    "",
                    String.format("the control character U+%04X cannot stand in YAML", text.codePointAt(foreign)));
            return null;
        }
        try {
            LoadSettings settings =
                    LoadSettings.builder().setCodePointLimit(BYTES_MAX).build();
            return document(new Parse(settings).parseString(text).iterator());
        } catch (MarkedYamlEngineException broken) {
            String context = broken.getContext();
            Optional<Mark> begun = broken.getContextMark();
            Optional<Mark> mark = broken.getProblemMark();
            boolean elsewhere = begun.isPresent()
                    && mark.isPresent()
                    && begun.get().getLine() != mark.get().getLine();
            String where = elsewhere ? " (begun on line " + (begun.get().getLine() + 1) + ")" : "";
            broken(mark, (context == null ? "" : context + ": ") + broken.getProblem() + where);
        } catch (YamlEngineException broken) {
            broken(Optional.empty(), String.valueOf(broken.getMessage()));
        }
        return null;
    }

    private void broken(Optional<Mark> mark, String problem) {
        // Some of the parser's sentences have two lines.
        errors.add(place(mark, mark), "", "broken YAML: " + problem.strip().replaceAll("\\s+", " "));
    }

    private @Nullable String decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length + 1);
        boolean malformed = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .decode(in, out, true)
                .isError();
        String text = out.flip().toString();
        if (malformed) {
            errors.add(at(text), "", String.format("not UTF-8: byte 0x%02X", bytes[in.position()]));
            return null;
        }
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /// The place behind `before`.
    private ConfigPlace at(String before) {
        String[] lines = before.split("\r\n|\r|\n", -1);
        String last = lines[lines.length - 1];
        int column = last.codePointCount(0, last.length()) + 1;
        return new ConfigPlace(name, lines.length, column, lines.length, column + 1);
    }

    private @Nullable Mapping document(Iterator<Event> events) {
        Mapping nothing = new Mapping(List.of(), ConfigPlace.of(name));
        Node root = nothing;
        boolean begun = false;
        while (events.hasNext()) {
            Event event = events.next();
            if (event instanceof DocumentStartEvent && begun) {
                throw new ParserException("a second document begins here", event.getStartMark());
            } else if (event instanceof NodeEvent) {
                root = node(event, events, 1);
                begun = true;
            } else if (!(event instanceof StreamStartEvent
                    || event instanceof DocumentStartEvent
                    || event instanceof DocumentEndEvent
                    || event instanceof StreamEndEvent)) {
                throw new ParserException("unexpected " + event.getEventId(), event.getStartMark());
            }
        }
        if (root instanceof Mapping mapping) {
            return mapping;
        }
        if (root instanceof Scalar scalar && scalar.absent()) {
            return nothing;
        }
        if (!(root instanceof Refused)) {
            errors.add(root.place(), "", "expected keys with values, such as data: /var/lib/databroker");
        }
        return null;
    }

    private Node node(Event event, Iterator<Event> events, int depth) {
        if (depth > DEPTH_MAX) {
            throw new ParserException("nested deeper than " + DEPTH_MAX + " levels", event.getStartMark());
        }
        if (++nodes > NODES_MAX) {
            throw new ParserException("more than " + NODES_MAX + " values", event.getStartMark());
        }
        if (event instanceof AliasEvent) {
            return refuse(
                    event,
                    place(event.getStartMark(), event.getEndMark()),
                    "an alias cannot stand here; write the value itself");
        }
        Node node = switch (event) {
            case ScalarEvent scalar ->
                new Scalar(scalar.getValue(), scalar.isPlain(), place(scalar.getStartMark(), scalar.getEndMark()));
            case MappingStartEvent start -> mapping(start, events, depth);
            case CollectionStartEvent start -> sequence(start, events, depth);
            default -> throw new ParserException("unexpected " + event.getEventId(), event.getStartMark());
        };
        if (event instanceof NodeEvent marked && marked.getAnchor().isPresent()) {
            return refuse(event, node.place(), "an anchor cannot stand here; write the value where it is meant");
        }
        Optional<String> tag = event instanceof ScalarEvent scalar
                ? scalar.getTag()
                : event instanceof CollectionStartEvent start ? start.getTag() : Optional.empty();
        if (tag.isPresent()) {
            return refuse(event, node.place(), "a tag cannot stand here; write the value alone");
        }
        return node;
    }

    private Refused refuse(Event event, ConfigPlace whole, String why) {
        // What is refused stands before the value.
        errors.add(place(event.getStartMark(), Optional.empty()), "", why);
        return new Refused(whole);
    }

    private Node mapping(MappingStartEvent start, Iterator<Event> events, int depth) {
        List<Entry> entries = new ArrayList<>();
        Event event = events.next();
        while (!(event instanceof CollectionEndEvent)) {
            Node key = node(event, events, depth + 1);
            Node value = node(events.next(), events, depth + 1);
            if (key instanceof Scalar word) {
                entries.add(new Entry(word, value));
            } else if (!(key instanceof Refused)) {
                errors.add(key.place(), "", "expected a key, which is one word");
            }
            event = events.next();
        }
        return new Mapping(
                entries, place(start.getStartMark(), start.isFlow() ? event.getEndMark() : Optional.empty()));
    }

    private Node sequence(CollectionStartEvent start, Iterator<Event> events, int depth) {
        List<Node> items = new ArrayList<>();
        Event event = events.next();
        while (!(event instanceof CollectionEndEvent)) {
            items.add(node(event, events, depth + 1));
            event = events.next();
        }
        return new Sequence(items, place(start.getStartMark(), start.isFlow() ? event.getEndMark() : Optional.empty()));
    }

    /// The parser's marks count from 0.
    private ConfigPlace place(Optional<Mark> start, Optional<Mark> end) {
        if (start.isEmpty()) {
            return ConfigPlace.of(name);
        }
        Mark from = start.get();
        Mark to = end.orElse(from);
        return new ConfigPlace(name, from.getLine() + 1, from.getColumn() + 1, to.getLine() + 1, to.getColumn() + 1);
    }
}
