package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ProblemException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// Users, streams and settings of a broker as one document, in YAML or JSON:
///
/// ```
/// definitions: 1
/// users: |            the users file
///   <broker-users …
/// streams:            files that define streams
///   sensors.yaml: |
///     …
/// settings:           those of sections that somebody names: rules, stores, collectors
///   files.rules.builds.path: builds/**
/// ```
///
/// @param users null where the document says nothing of them
record Definitions(@Nullable String users, Map<String, String> streams, Map<String, String> settings) {
    private static final String VERSION = "1";
    private static final String DEFINITIONS = "definitions";
    private static final String USERS = "users";
    private static final String STREAMS = "streams";
    private static final String SETTINGS = "settings";

    Definitions {
        streams = new TreeMap<>(streams);
        settings = new TreeMap<>(settings);
    }

    /// Reads either form, of which JSON is a part of the other.
    ///
    /// @throws ProblemException [Problem#CONFIGURATION_INVALID], with everything that is wrong and its place
    static Definitions parse(Bytes document) {
        return parse(DEFINITIONS, document);
    }

    /// @param name by which places in it are told
    static Definitions parse(String name, Bytes document) {
        ConfigErrors errors = new ConfigErrors();
        ConfigYaml.Mapping root = new ConfigYaml(name, errors).read(document.toArray());
        String users = null;
        Map<String, String> streams = new LinkedHashMap<>();
        Map<String, String> settings = new LinkedHashMap<>();
        boolean versioned = false;
        for (ConfigYaml.Entry entry : root == null ? List.<ConfigYaml.Entry>of() : root.entries()) {
            switch (entry.key().text()) {
                case DEFINITIONS -> {
                    versioned = true;
                    if (!text(entry, errors).equals(VERSION)) {
                        errors.add(entry.value().place(), DEFINITIONS, "is not " + VERSION + ", the one that is known");
                    }
                }
                case USERS -> users = text(entry, errors);
                case STREAMS -> texts(entry, streams, errors);
                case SETTINGS -> texts(entry, settings, errors);
                default -> errors.add(entry.key().place(), entry.key().text(), "is none of users, streams, settings");
            }
        }
        if (errors.isEmpty() && !versioned) {
            errors.add(ConfigPlace.of(name), "", "it lacks the line \"definitions: " + VERSION + "\"");
        }
        if (!errors.isEmpty()) {
            throw errors.exception();
        }
        return new Definitions(users, streams, settings);
    }

    private static String text(ConfigYaml.Entry entry, ConfigErrors errors) {
        if (entry.value() instanceof ConfigYaml.Scalar scalar) {
            return scalar.text();
        }
        errors.add(entry.value().place(), entry.key().text(), "is no text");
        return "";
    }

    private static void texts(ConfigYaml.Entry section, Map<String, String> into, ConfigErrors errors) {
        if (section.value() instanceof ConfigYaml.Mapping mapping) {
            for (ConfigYaml.Entry entry : mapping.entries()) {
                if (into.put(entry.key().text(), text(entry, errors)) != null) {
                    errors.add(entry.key().place(), entry.key().text(), "is there twice");
                }
            }
        } else if (!(section.value() instanceof ConfigYaml.Scalar scalar && scalar.absent())) {
            errors.add(section.value().place(), section.key().text(), "is no section");
        }
    }

    Bytes json() {
        return Json.bytes(out -> {
            out.writeStartObject();
            out.writeNumberProperty(DEFINITIONS, Integer.parseInt(VERSION));
            if (users != null) {
                out.writeStringProperty(USERS, users);
            }
            out.writeObjectPropertyStart(STREAMS);
            streams.forEach(out::writeStringProperty);
            out.writeEndObject();
            out.writeObjectPropertyStart(SETTINGS);
            settings.forEach(out::writeStringProperty);
            out.writeEndObject();
            out.writeEndObject();
        });
    }

    Bytes yaml() {
        StringBuilder out = new StringBuilder();
        out.append(DEFINITIONS).append(": ").append(VERSION).append('\n');
        if (users != null) {
            out.append(USERS).append(": ").append(scalar(users, "  ")).append('\n');
        }
        section(out, STREAMS, streams);
        section(out, SETTINGS, settings);
        return Bytes.utf8(out.toString());
    }

    private static void section(StringBuilder out, String name, Map<String, String> texts) {
        out.append(name).append(":\n");
        texts.forEach((key, value) -> out.append("  ")
                .append(key)
                .append(": ")
                .append(scalar(value, "    "))
                .append('\n'));
    }

    private static boolean isPlain(int c) {
        return c == '\n' || (c >= ' ' && c < 0x7F) || (c > 0xA0 && c < 0xD800);
    }

    /// A text of lines as lines, where YAML gives back the same; anything else in quotes.
    private static String scalar(String text, String indent) {
        boolean plain = text.endsWith("\n")
                && !text.endsWith("\n\n")
                && !text.startsWith("\n")
                && !text.startsWith(" ")
                && text.chars().allMatch(Definitions::isPlain);
        if (!plain) {
            return Json.bytes(out -> out.writeString(text)).utf8();
        }
        StringBuilder out = new StringBuilder("|");
        for (String line : text.substring(0, text.length() - 1).split("\n", -1)) {
            out.append('\n').append(line.isEmpty() ? "" : indent).append(line);
        }
        return out.toString();
    }
}
