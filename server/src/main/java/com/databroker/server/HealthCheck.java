package com.databroker.server;

import java.util.Locale;
import tools.jackson.core.JsonGenerator;

/// What was looked at, how it is, and what to do where it is not well.
///
/// @param value what was found, in words for people
/// @param why empty where all is well
/// @param remedy empty where nothing is to be done
record HealthCheck(String name, Level level, String value, String why, String remedy) {
    /// From good to bad.
    enum Level {
        OK,
        WARNING,
        FAILED;

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static HealthCheck ok(String name, String value) {
        return new HealthCheck(name, Level.OK, value, "", "");
    }

    static HealthCheck warning(String name, String value, String why, String remedy) {
        return new HealthCheck(name, Level.WARNING, value, why, remedy);
    }

    static HealthCheck failed(String name, String value, String why, String remedy) {
        return new HealthCheck(name, Level.FAILED, value, why, remedy);
    }

    void write(JsonGenerator json) {
        json.writeStartObject();
        json.writeStringProperty("name", name);
        json.writeStringProperty("status", level.word());
        json.writeStringProperty("value", value);
        if (!why.isEmpty()) {
            json.writeStringProperty("why", why);
        }
        if (!remedy.isEmpty()) {
            json.writeStringProperty("remedy", remedy);
        }
        json.writeEndObject();
    }
}
