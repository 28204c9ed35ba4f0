package com.databroker.cli;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Removes a file, an empty folder, or with `-r` a folder with all that is in it.
@Command(footer = {"  databroker rm ci/report.pdf", "  databroker rm -r ci/old"})
final class RmVerb implements Verb {
    @Parameters(index = "0", paramLabel = "PATH", description = "Path of the file, as ci/report.pdf.")
    private String path = "";

    @Option(
            names = {"-r", "--recursive"},
            description = "A folder with all that is in it.")
    private boolean recursive;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        return broker.with(around, (client, address) -> {
            if (recursive) {
                client.deleteTree(Paths.plain(path));
                return Exit.OK;
            }
            try {
                client.delete(Paths.plain(path));
            } catch (ProblemException refused) {
                boolean full = refused.problem() == Problem.PATH_CONFLICT && Paths.isFolder(client, Paths.plain(path));
                throw full ? full(refused) : refused;
            }
            return Exit.OK;
        });
    }

    /// In words of who removes; those of the problem are of who writes.
    private CliException full(ProblemException refused) {
        return new CliException(
                Exit.CONFLICT,
                "[" + refused.problem().number() + "] " + refused.detail(),
                "",
                "rm -r " + Shell.quoted(path) + " removes it with all that is in it",
                refused);
    }
}
