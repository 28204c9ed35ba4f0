package com.databroker.cli;

import com.databroker.server.Config;
import com.databroker.server.Databroker;
import java.nio.file.Path;
import java.util.Map;

/// A broker for tests, on free ports, and commands that find it by its data folder.
final class RunningBroker implements AutoCloseable {
    private final Databroker broker;
    private final Path folder;

    /// @param folder where the user stands; the data folder is `data` in it
    RunningBroker(Path folder) {
        this.folder = folder;
        broker = Databroker.start(Config.of(Map.of(
                "http.port",
                "0",
                "zmq.port",
                "0",
                "ssh.port",
                "0",
                "streams.enabled",
                "false",
                "data",
                folder.resolve("data").toString())));
    }

    String url() {
        return broker.httpAddress().toString();
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
