package com.databroker.cli;

import com.databroker.server.Config;
import com.databroker.server.Databroker;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// A broker for tests, on free ports, and commands that find it by its data folder.
final class RunningBroker implements AutoCloseable {
    private final Databroker broker;
    private final Path folder;

    /// @param folder where the user stands; the data folder is `data` in it
    RunningBroker(Path folder) {
        this(folder, Map.of("streams.enabled", "false"));
    }

    /// @param settings more than the ports and the data folder
    RunningBroker(Path folder, Map<String, String> settings) {
        this.folder = folder;
        Map<String, String> all = new HashMap<>(settings);
        all.put("http.port", "0");
        all.put("zmq.port", "0");
        all.put("ssh.port", "0");
        all.put("data", folder.resolve("data").toString());
        broker = Databroker.start(Config.of(all));
    }

    String url() {
        return broker.httpAddress().toString();
    }

    String zmq() {
        return broker.zmqAddress().toString();
    }

    String token() {
        return broker.firstToken().orElseThrow();
    }

    Typed typed() {
        return new Typed(folder)
                .variable("DATABROKER_DATA", folder.resolve("data").toString());
    }

    Typed run(String... args) {
        return typed().run(args);
    }

    @Override
    public void close() {
        broker.close();
    }
}
