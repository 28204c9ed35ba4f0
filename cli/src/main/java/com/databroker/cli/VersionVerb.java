package com.databroker.cli;

import com.databroker.server.Version;
import picocli.CommandLine.Command;

/// Prints the version.
@Command(footer = "  databroker version")
final class VersionVerb implements Verb {
    @Override
    public int run(Surroundings around) {
        around.out()
                .println("databroker " + Version.VERSION + " (Java " + System.getProperty("java.version") + ", "
                        + System.getProperty("os.name") + " " + System.getProperty("os.arch") + ")");
        return Exit.OK;
    }
}
