package com.databroker.streams;

import com.databroker.core.ByteSize;
import com.databroker.core.Bytes;
import com.databroker.sources.Collectors;
import com.databroker.sources.DnsSource;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.clients.admin.Admin;

/// The way of dnstap from its socket into the raw topic and no further: a receiver, its spool, Kafka, in one process.
/// For each line that it reads it says how it goes.
public final class DnsTopic {
    private DnsTopic() {}

    /// @param args a folder, and the path of the socket
    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        InstantSource clock = InstantSource.system();
        Random random = new Random(1);
        Source source = new DnsSource(Bytes.wrap(new byte[32]));
        CollectorsConfig.From tap = new CollectorsConfig.From(
                CollectorsConfig.Kind.DNSTAP, null, null, List.of(), null, null, null, List.of(), null,
                "unix:" + args[1], "rw-rw----", 64, null, List.of(), new ByteSize(1 << 30));
        CollectorsConfig config = new CollectorsConfig(
                null, false, new ByteSize(10 << 20), Duration.ofMinutes(2), Map.of("tap", tap));
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"), 0, random);
                Admin admin = Admin.create(kafka.address().client())) {
            Topics.ensure(admin, List.of(source), Topics.Layout.EMBEDDED);
            Cursors cursors = new Cursors(kafka.address());
            try (Ingest ingest = new Ingest(
                            source,
                            "tap",
                            kafka.address(),
                            cursors,
                            clock,
                            new RawArchive(folder.resolve("raw"), Duration.ofDays(1), 1 << 20, clock),
                            new Room(folder, 0));
                    Receiving receiving = new Receiving(
                            Collectors.receivers(config).getFirst(), folder.resolve("pushed"), clock, random)) {
                ingest.fence();
                cursors.read();
                receiving.start();
                receiving.drain(ingest, cursors);
                BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
                while (lines.readLine() != null) {
                    CollectorStatus.Pushed pushed = receiving.status().pushed();
                    System.out.printf(
                            "{\"phase\": \"running\", \"collected\": %d, \"lag\": 0, \"collectors\": [{\"received\": %d,"
                                    + " \"dropped\": %d, \"waitingBytes\": %d}]}%n",
                            ingest.records(), pushed.received(), pushed.dropped(), pushed.waitingBytes());
                }
            }
        }
    }
}
