package com.databroker.cli;

import com.databroker.core.Bytes;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Has a broker take into use what can be changed while it runs.
@Command(
        footer = {
            "  databroker reload",
            "",
            "That is: how it logs, the users file, the certificate, the metadata of databases. Settings that",
            "changed otherwise are printed; they wait for the next start. Where the configuration or the",
            "users file is not valid, what was in force stays so."
        })
final class ReloadVerb implements Verb {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Http http = new Http(broker.resolve(around), around)) {
            Http.Answer answer = http.call("POST", "/config/reload", Bytes.EMPTY, PATIENCE);
            List<String> waiting = JsonTree.strings(answer.object().get("waiting"));
            waiting.forEach(key -> around.out().println(Surroundings.visible(key)));
            around.say(waiting.isEmpty() ? "reloaded" : "reloaded; these settings wait for the next start");
        }
        return Exit.OK;
    }
}
