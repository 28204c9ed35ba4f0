package com.databroker.cli;

import com.databroker.core.Bytes;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Has capabilities of a store made with another key.
@Command(
        footer = {
            "  databroker objects rotate-keys shop",
            "  databroker objects rotate-keys shop --at-once",
            "",
            "Capabilities made before are good until the next rotation, with --at-once for nothing any more:",
            "they are refused with problem 7003, and clients ask for new ones by themselves."
        })
final class ObjectsRotateKeysVerb implements Verb {
    @Parameters(index = "0", paramLabel = "STORE", description = "The store; you need admin on objects/STORE.")
    private String store = "";

    @Option(names = "--at-once", description = "Refuse all that were made until now, as after a leak.")
    private boolean atOnce;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        try (Http http = new Http(broker.resolve(around), around)) {
            String path = "/objects/capabilities/" + Http.segment(store) + (atOnce ? "?at-once=true" : "");
            http.call("POST", path, Bytes.EMPTY, (String) null);
        }
        around.say(
                atOnce
                        ? "capabilities of " + store + " that were made until now are refused"
                        : "capabilities of " + store + " that were made until now are good until the next rotation");
        return Exit.OK;
    }
}
