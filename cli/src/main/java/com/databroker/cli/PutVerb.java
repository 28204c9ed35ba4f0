package com.databroker.cli;

import com.databroker.client.FileInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Stores a local file, or standard input, in the files plane.
@Command(
        footer = {
            "  databroker put report.pdf ci/report.pdf",
            "  databroker put report.pdf ci/",
            "  tar c out | databroker put - ci/out.tar",
            "",
            "Prints the path, the size in bytes and the SHA-256 of what is stored."
        })
final class PutVerb implements Verb {
    @Parameters(index = "0", paramLabel = "FILE|-", description = "Local file; - is standard input.")
    private String file = "";

    @Parameters(
            index = "1",
            paramLabel = "PATH",
            description = "Where it is stored; a folder ends with / and keeps the file's name.")
    private String path = "";

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        boolean stdin = file.equals("-");
        Path local = around.folder().resolve(file);
        if (!stdin && Files.isDirectory(local)) {
            throw CliException.usage(
                    file + " is a folder", "name a file, or pack it: tar c " + file + " | … put - PATH");
        }
        String target = Paths.target(path, stdin ? "" : String.valueOf(local.getFileName()));
        return broker.with(around, (client, address) -> {
            FileInfo info = stdin ? client.put(target, around.in()) : client.put(target, local);
            around.out().println(target + " " + info.size() + " sha256:" + info.sha256());
            return Exit.OK;
        });
    }
}
