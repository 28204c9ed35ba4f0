package com.databroker.server;

import com.databroker.access.Gate;
import com.databroker.events.EventPlane;
import com.databroker.objects.ObjectPlane;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes into use what can be changed while a broker runs: how it logs, its users, its certificate, the metadata of its
/// databases. Of other settings that changed it says that they wait for the next start.
final class Reloading {
    private static final Logger LOG = LoggerFactory.getLogger(Reloading.class);
    private static final String LOGGING = "log.";

    private final Gate gate;
    private final Tls tls;
    private final ObjectPlane objects;
    private final EventPlane events;
    private final List<ConfigOrigin> started;
    private volatile Supplier<ConfigReader.Result> source;

    /// @param started the settings of the start, which are what is read again until somebody says where from
    Reloading(Gate gate, Tls tls, ObjectPlane objects, EventPlane events, ConfigReader.Result started) {
        this.gate = gate;
        this.tls = tls;
        this.objects = objects;
        this.events = events;
        this.started = started.origins();
        this.source = () -> started;
    }

    void readFrom(Supplier<ConfigReader.Result> again) {
        source = again;
    }

    /// Blocks: reads files, asks databases.
    ///
    /// @return keys of settings that changed and wait for the next start
    /// @throws com.databroker.core.ProblemException where the configuration or the users file is not
    ///     valid; what was in force stays so
    synchronized List<String> now() {
        ConfigReader.Result read = source.get();
        Logs.configure(read.config().log());
        List<String> waiting = waiting(read.origins());
        gate.reload("reload");
        tls.sweep();
        objects.refresh();
        LOG.atInfo().addKeyValue("waiting", String.join(",", waiting)).log("reloaded");
        events.announce("broker/reloaded", json -> {
            json.writeArrayPropertyStart("waiting");
            waiting.forEach(json::writeString);
            json.writeEndArray();
        });
        return waiting;
    }

    private List<String> waiting(List<ConfigOrigin> read) {
        List<String> keys = new ArrayList<>();
        List<String> before = started.stream().map(Reloading::line).toList();
        List<String> after = read.stream().map(Reloading::line).toList();
        read.stream().filter(each -> !before.contains(line(each))).forEach(each -> keys.add(each.key()));
        started.stream()
                .filter(each -> !after.contains(line(each)) && !keys.contains(each.key()))
                .forEach(each -> keys.add(each.key()));
        keys.removeIf(key -> key.startsWith(LOGGING));
        return keys;
    }

    private static String line(ConfigOrigin origin) {
        return origin.key() + '=' + origin.value();
    }
}
