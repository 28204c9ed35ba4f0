package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReloadTest {
    /// Whoever is started by nohup inherits that the signal is ignored; a test may be.
    private static final List<String> HEARING = List.of(
            "python3",
            "-c",
            "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])");

    @Test
    void a_hangup_has_the_broker_read_its_configuration_again_and_refuse_a_wrong_one(@TempDir Path folder)
            throws Exception {
        Path config = Files.writeString(folder.resolve("broker.yaml"), "log:\n  level: warn\n");
        FilesServe broker =
                FilesServe.start(Files.createDirectory(folder.resolve("data")), HEARING, "--config", config.toString());
        try {
            AttackSocket.await("the screen is there", () -> said(broker).contains("stop with Ctrl-C"));
            Files.writeString(config, "log:\n  level: info\nhttp:\n  max-connections: 7\n");
            broker.signal("HUP");
            AttackSocket.await("it is said", () -> said(broker).contains("reloaded"));
            assertThat(said(broker)).contains("http.max-connections");
            Files.writeString(config, "http:\n  prot: 7\n");
            broker.signal("HUP");
            AttackSocket.await("the refusal is said", () -> said(broker).contains("what was in force stays so"));
            assertThat(broker.send("GET", "/files/", new byte[0]).statusCode()).isEqualTo(200);
        } finally {
            broker.kill();
        }
    }

    private static String said(FilesServe broker) {
        try {
            return broker.said();
        } catch (java.io.IOException unreadable) {
            throw new java.io.UncheckedIOException(unreadable);
        }
    }
}
