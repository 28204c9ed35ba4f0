package com.databroker.cli;

import com.databroker.core.AmqpAddress;
import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ObjectQueues;
import com.databroker.core.ProblemException;
import com.databroker.server.Databroker;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Plays the cases of docs/reference/objects-conformance.json against a broker, or against a client.
@Command(
        footer = {
            "  databroker objects conformance",
            "  databroker objects conformance --transport ws-json,zmq-bson --case commit",
            "  databroker objects conformance --amqp amqp://guest:guest@127.0.0.1 --transport amqp",
            "  databroker objects conformance --client 'node driver.mjs'",
            "",
            "The broker keeps the demo store (serve --demo); the cases take away what they make in it.",
            "What they are and what a driver is: docs/reference/objects-conformance.md."
        })
final class ObjectsConformanceVerb implements Verb {
    private static final String CASES = "docs/reference/objects-conformance.json";

    @Option(
            names = "--transport",
            split = ",",
            paramLabel = "NAME",
            description = "ws, http, zmq or amqp, with -json, -cbor or -bson behind it for one codec. All without it,"
                    + " amqp only with --amqp.")
    private List<String> transports = List.of();

    @Option(
            names = "--client",
            paramLabel = "COMMAND",
            description = "Judge a client instead: a shell command that starts its driver, once for each case.")
    private @Nullable String client;

    @Option(
            names = "--without",
            split = ",",
            paramLabel = "WHAT",
            description = "What the client has none of: cache, resume, change. Such cases are left out.")
    private List<String> without = List.of();

    @Option(names = "--case", paramLabel = "WORDS", description = "Only cases with these words in their name.")
    private String words = "";

    @Option(names = "--cases", paramLabel = "FILE", description = "Cases of one's own, instead of the program's.")
    private @Nullable Path ofFile;

    @Option(
            names = "--zmq",
            paramLabel = "ADDRESS",
            description =
                    "ZeroMQ address of the broker, as tcp://127.0.0.1:5555; else that of the data folder, else its"
                            + " HTTP host and port 5555.")
    private @Nullable String zmq;

    @Option(
            names = "--amqp",
            paramLabel = "ADDRESS",
            description =
                    "The broker's RabbitMQ, as amqp://user:password@127.0.0.1; other users of this machine can see"
                            + " it. Else DATABROKER_AMQP_URI.")
    private @Nullable String amqp;

    @Option(
            names = "--amqp-name",
            paramLabel = "NAME",
            description = "What the names of its exchanges there begin with. Else " + ObjectQueues.NAME + ".")
    private String amqpName = ObjectQueues.NAME;

    @Option(names = "--user", paramLabel = "USER", description = "Whose token it is, for ZeroMQ. Else admin.")
    private String user = "";

    @Mixin
    private final Table.Options output = new Table.Options();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    /// How one case went over one transport.
    private record Outcome(
            String transport, String name, @Nullable String wrong) {
        Map<String, @Nullable Object> tree() {
            Map<String, @Nullable Object> tree = new LinkedHashMap<>();
            tree.put("transport", transport);
            tree.put("case", name);
            tree.put("passed", wrong == null);
            if (wrong != null) {
                tree.put("wrong", wrong);
            }
            return tree;
        }
    }

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        String driver = client;
        if (driver != null) {
            return told(around, clients(around, driver));
        }
        List<ConformanceCase> cases = JsonTree.objects(file(around).get("cases")).stream()
                .map(ConformanceCase::of)
                .filter(each -> each.name().contains(words))
                .toList();
        Address address = broker.resolve(around);
        Doors doors = doors(around, address);
        List<ConformanceLink.Transport> wanted = wanted(doors);
        List<Outcome> outcomes = new ArrayList<>();
        HttpClient.Builder builder =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(ConformanceLink.PATIENCE);
        SSLContext trusted = address.trust().context(address.url());
        if (trusted != null) {
            builder.sslContext(trusted);
        }
        try (HttpClient http = builder.build()) {
            for (ConformanceLink.Transport transport : wanted) {
                for (ConformanceCase each : cases) {
                    if (each.on().contains(transport.kind())) {
                        String token = address.token() == null ? "" : address.token();
                        String wrong = each.play(transport, token, named -> open(http, transport, doors, named));
                        outcomes.add(new Outcome(transport.toString(), each.name(), wrong));
                    }
                }
            }
        }
        return told(around, outcomes);
    }

    private List<Outcome> clients(Surroundings around, String driver) throws IOException, InterruptedException {
        List<Outcome> outcomes = new ArrayList<>();
        Map<String, @Nullable Object> file = file(around);
        for (Map<String, @Nullable Object> tree : JsonTree.objects(file.get("clients"))) {
            ConformanceClientCase each = ConformanceClientCase.of(tree);
            if (each.name().contains(words) && !each.needs().stream().anyMatch(without::contains)) {
                outcomes.add(new Outcome("client", each.name(), each.play(driver, file.get("types"), around)));
            }
        }
        return outcomes;
    }

    private int told(Surroundings around, List<Outcome> outcomes) {
        List<Outcome> failed =
                outcomes.stream().filter(each -> each.wrong() != null).toList();
        output.print(
                around,
                List.of("transport", "case", "outcome"),
                outcomes,
                each -> List.of(each.transport(), each.name(), each.wrong() == null ? "as it should" : each.wrong()),
                Outcome::tree);
        if (output.isTable()) {
            around.out().println(outcomes.size() - failed.size() + " of " + outcomes.size() + " as they should");
        }
        return failed.isEmpty() && !outcomes.isEmpty() ? Exit.OK : Exit.FAILED;
    }

    private List<ConformanceLink.Transport> wanted(Doors doors) {
        List<ConformanceLink.Transport> wanted = new ArrayList<>();
        for (ConformanceLink.Transport each : ConformanceLink.Transport.values()) {
            boolean reached = doors.rabbit != null || !each.kind().equals("amqp");
            if ((transports.isEmpty() && reached)
                    || transports.contains(each.kind())
                    || transports.contains(each.toString())) {
                wanted.add(each);
            }
        }
        if (doors.rabbit == null && wanted.stream().anyMatch(each -> each.kind().equals("amqp"))) {
            throw CliException.usage("the RabbitMQ of the broker was not named", "say where it is with --amqp");
        }
        for (String name : transports) {
            if (wanted.stream().noneMatch(each -> name.equals(each.kind()) || name.equals(each.toString()))) {
                throw CliException.usage(
                        "there is no transport \"" + name + "\"",
                        "ws, http, zmq, amqp, " + Arrays.toString(ConformanceLink.Transport.values()));
            }
        }
        return wanted;
    }

    private Map<String, @Nullable Object> file(Surroundings around) throws IOException {
        byte[] json;
        if (ofFile != null) {
            json = Files.readAllBytes(around.folder().resolve(ofFile));
        } else {
            try (InputStream in = Databroker.class.getResourceAsStream(CASES)) {
                if (in == null) {
                    throw new IOException("the program has no " + CASES);
                }
                json = in.readAllBytes();
            }
        }
        try {
            return Json.parseObject(Bytes.wrap(json));
        } catch (ProblemException malformed) {
            throw CliException.usage("the cases are no JSON: " + malformed.detail(), "mend them");
        }
    }

    /// Where the broker is found.
    ///
    /// @param rabbit null where nobody said so
    private record Doors(Address address, URI zmq, @Nullable AmqpAddress rabbit) {}

    private Doors doors(Surroundings around, Address address) throws IOException {
        URI http = URI.create(address.url());
        String named = zmq == null ? broker.zmqOf(around, address) : zmq;
        String rabbit = amqp == null ? around.variable("DATABROKER_AMQP_URI") : amqp;
        try {
            return new Doors(
                    address,
                    URI.create(named.isEmpty() ? "tcp://" + http.getHost() + ":5555" : named),
                    rabbit.isEmpty() ? null : AmqpAddress.parse(rabbit));
        } catch (IllegalArgumentException malformed) {
            throw CliException.usage("an address cannot be read", String.valueOf(malformed.getMessage()));
        }
    }

    private ConformanceLink open(HttpClient http, ConformanceLink.Transport transport, Doors doors, boolean named)
            throws IOException {
        URI url = URI.create(doors.address.url());
        String token = named ? doors.address.token() : null;
        return switch (transport.kind()) {
            case "ws" -> new ConformanceSocket(http, url, token, transport.form());
            case "http" -> new ConformanceHttp(http, url, token, transport.form());
            case "amqp" ->
                new ConformanceAmqp(
                        Objects.requireNonNull(doors.rabbit), new ObjectQueues(amqpName), token, transport.form());
            default -> {
                String who = user.isEmpty() ? doors.address.user() : user;
                yield new ConformanceZmq(
                        doors.zmq, who.isEmpty() ? "admin" : who, token == null ? "" : token, transport.form());
            }
        };
    }
}
