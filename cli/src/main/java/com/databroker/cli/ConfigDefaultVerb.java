package com.databroker.cli;

import com.databroker.server.ConfigDocs;
import picocli.CommandLine.Command;

/// Prints the commented default file.
@Command(footer = "  databroker config default > databroker.yaml")
final class ConfigDefaultVerb implements Verb {
    @Override
    public int run(Surroundings around) {
        around.out().print(ConfigDocs.defaultFile());
        return Exit.OK;
    }
}
