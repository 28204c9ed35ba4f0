package com.databroker.cli;

import com.databroker.core.Bytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Writes what makes a broker differ from another one into one file.
@Command(
        footer = {
            "  databroker definitions export",
            "  databroker definitions export definitions.yaml",
            "  databroker definitions export definitions.json --secrets",
            "",
            "In it: the users file with its roles, grants, keys and the hashes of its tokens; the files that",
            "define streams, with what they capture and collect; the settings of file rules, object stores",
            "and collectors. The name says the form: .json, else YAML."
        })
final class DefinitionsExportVerb implements Verb {
    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "FILE|-",
            description = "A new file; else, or as -, standard output.")
    private @Nullable String file;

    @Option(names = "--secrets", description = "With the passwords of settings, which are left out otherwise.")
    private boolean secrets;

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        boolean json = file != null && file.endsWith(".json");
        String path = "/definitions?form=" + (json ? "json" : "yaml") + (secrets ? "&secrets=true" : "");
        try (Http http = new Http(broker.resolve(around), around)) {
            Bytes body = http.call("GET", path, null).body();
            if (file == null || file.equals("-")) {
                around.out().print(body.utf8());
                return Exit.OK;
            }
            Path target = around.folder().resolve(file);
            if (Files.exists(target)) {
                throw CliException.usage(target + " is there already", "name another file, or remove it");
            }
            try (var out = Files.newByteChannel(
                    target,
                    EnumSet.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
                out.write(java.nio.ByteBuffer.wrap(body.toArray()));
            }
            around.out().println(target);
        }
        return Exit.OK;
    }
}
