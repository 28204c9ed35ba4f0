package com.databroker.cli;

import com.databroker.client.DatabrokerClient;
import com.databroker.client.FileInfo;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Fetches a file of the files plane.
@Command(
        footer = {
            "  databroker get ci/report.pdf",
            "  databroker get ci/report.pdf /tmp/",
            "  databroker get ci/out.tar - | tar x",
            "",
            "The local file appears or changes only when all of it is there and its digest is right."
        })
final class GetVerb implements Verb {
    @Parameters(index = "0", paramLabel = "PATH", description = "Path of the file, as ci/report.pdf.")
    private String path = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "FILE|-",
            description = "Local file or folder; - is standard output. Else a new file of the same name here.")
    private @Nullable String file;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        String source = Paths.plain(path);
        if (Paths.name(source).isEmpty()) {
            throw CliException.usage("\"" + path + "\" names a folder", "name a file; ls lists the folder");
        }
        if ("-".equals(file)) {
            return broker.with(around, (client, address) -> {
                fetch(client, source, () -> client.get(source, around.out()));
                return Exit.OK;
            });
        }
        Path target = target(around, source);
        return broker.with(around, (client, address) -> {
            FileInfo info = fetch(client, source, () -> client.get(source, target));
            around.say(source + " to " + Shell.path(around.folder(), target) + ", " + info.size() + " bytes");
            return Exit.OK;
        });
    }

    private interface Call {
        FileInfo get() throws IOException;
    }

    /// Says of a folder that it is one: that there is no such file would be half of it.
    private static FileInfo fetch(DatabrokerClient client, String source, Call call) throws IOException {
        try {
            return call.get();
        } catch (ProblemException refused) {
            if (refused.problem() != Problem.FILE_NOT_FOUND || !Paths.isFolder(client, source)) {
                throw refused;
            }
            throw new CliException(
                    Exit.of(refused.problem()),
                    "[" + refused.problem().number() + "] " + refused.problem().title() + ": " + source
                            + " is a folder",
                    "",
                    "ls " + Shell.quoted(source) + " lists it",
                    refused);
        }
    }

    private Path target(Surroundings around, String source) {
        if (file == null) {
            Path here = around.folder().resolve(Paths.name(source));
            if (Files.exists(here)) {
                throw new CliException(
                        Exit.CONFLICT,
                        Paths.name(source) + " is already here",
                        "",
                        "name it to replace it: get " + Shell.quoted(path) + " " + Shell.quoted(Paths.name(source)),
                        null);
            }
            return here;
        }
        Path named = around.folder().resolve(file);
        return Files.isDirectory(named) ? named.resolve(Paths.name(source)) : named;
    }
}
