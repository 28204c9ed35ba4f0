package com.databroker.cli;

import com.databroker.client.FileEntry;
import java.io.IOException;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Lists a folder of the files plane.
@Command(footer = {"  databroker ls", "  databroker ls ci -o json"})
final class LsVerb implements Verb {
    @Parameters(index = "0", arity = "0..1", paramLabel = "FOLDER", description = "The folder; else the topmost.")
    private String folder = "";

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        return broker.with(around, (client, address) -> {
            List<FileEntry> entries = client.list(Paths.plain(folder));
            output.print(around, List.of("name", "size", "modified"), entries, LsVerb::cells, LsVerb::json);
            return Exit.OK;
        });
    }

    static List<String> cells(FileEntry entry) {
        return List.of(
                entry.folder() ? entry.name() + "/" : entry.name(),
                entry.folder() ? "" : Long.toString(entry.size()),
                entry.modified() == null
                        ? ""
                        : entry.modified().truncatedTo(ChronoUnit.SECONDS).toString());
    }

    static Map<String, @Nullable Object> json(FileEntry entry) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("name", entry.name());
        json.put("kind", entry.folder() ? "folder" : "file");
        if (!entry.folder()) {
            json.put("size", entry.size());
            json.put("etag", entry.etag());
            json.put("sha256", entry.sha256());
            json.put("version", entry.version());
            json.put("principal", entry.principal());
        }
        if (entry.modified() != null) {
            json.put("modified", entry.modified().toString());
        }
        return json;
    }
}
