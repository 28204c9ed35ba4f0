package com.databroker.cli;

import com.databroker.client.FileEntry;
import java.io.IOException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Says what is known of one file or folder.
@Command(footer = {"  databroker stat ci/report.pdf", "  databroker stat ci/report.pdf -o json | jq -r .[0].sha256"})
final class StatVerb implements Verb {
    @Parameters(index = "0", paramLabel = "PATH", description = "Path of the file, as ci/report.pdf.")
    private String path = "";

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        String plain = Paths.plain(path);
        String target = plain.endsWith("/") ? plain.substring(0, plain.length() - 1) : plain;
        return broker.with(around, (client, address) -> {
            FileEntry entry = client.stat(target);
            output.print(
                    around,
                    List.of("name", "size", "modified", "version", "by", "etag", "sha256"),
                    List.of(entry),
                    StatVerb::cells,
                    LsVerb::json);
            return Exit.OK;
        });
    }

    private static List<String> cells(FileEntry entry) {
        List<String> common = LsVerb.cells(entry);
        return List.of(
                common.get(0),
                common.get(1),
                common.get(2),
                entry.folder() ? "" : Long.toString(entry.version()),
                text(entry.principal()),
                text(entry.etag()),
                text(entry.sha256()));
    }

    private static String text(@org.jspecify.annotations.Nullable String value) {
        return value == null ? "" : value;
    }
}
