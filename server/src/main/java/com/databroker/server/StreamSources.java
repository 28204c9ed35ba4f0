package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.events.EventPlane;
import com.databroker.files.FilePlane;
import com.databroker.sources.ArxivSource;
import com.databroker.sources.Collectors;
import com.databroker.sources.DefinedCollector;
import com.databroker.sources.DefinedSource;
import com.databroker.sources.Definition;
import com.databroker.sources.DnsSource;
import com.databroker.sources.GithubSource;
import com.databroker.sources.GithubWebhook;
import com.databroker.sources.NewsSource;
import com.databroker.streams.Body;
import com.databroker.streams.Collector;
import com.databroker.streams.CollectorsConfig;
import com.databroker.streams.PoliteHttp;
import com.databroker.streams.Source;
import com.databroker.streams.StreamPlane;
import com.databroker.streams.StreamsConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The streams that come with the broker and those that its operator defined, who collects for them, and their plane.
final class StreamSources implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StreamSources.class);

    /// The key by which addresses of DNS clients are made anonymous.
    static final String DNS_KEY = "dns.key";

    /// The names of those that come with the broker.
    static final Set<String> BUILT_IN = Set.of("arxiv", "github", "news", "dns");

    private final StreamPlane plane;
    private final StreamPlugins plugins;
    private final List<DefinedSource> defined;
    private final List<StreamDefinitions.Refused> refused;
    private final List<EventCapture> captures = new CopyOnWriteArrayList<>();

    private StreamSources(
            StreamPlane plane,
            StreamPlugins plugins,
            List<DefinedSource> defined,
            List<StreamDefinitions.Refused> refused) {
        this.plane = plane;
        this.plugins = plugins;
        this.defined = defined;
        this.refused = refused;
    }

    /// Those that come with the broker.
    static List<Source> of(Bytes dnsKey) {
        return List.of(new ArxivSource(), new GithubSource(), new NewsSource(), new DnsSource(dnsKey));
    }

    /// Those whose jobs a cluster may run: all but those of plugins, whose classes it does not have.
    static List<Source> ofJobs(Config config) {
        List<Source> sources = new ArrayList<>(of(DataFolder.secretOf(config.data(), DNS_KEY)));
        StreamDefinitions definitions = new StreamDefinitions(config.data(), BUILT_IN);
        definitions.read(definitions(config.streams(), config.data()));
        sources.addAll(definitions.sources());
        return sources;
    }

    static Path definitions(StreamsConfig config, Path data) {
        return config.definitions() == null ? data.resolve("sources") : config.definitions();
    }

    /// @param uploads the folder of the files plane
    /// @throws ProblemException [Problem#CONFIGURATION_INVALID] where a collector lacks something
    static StreamSources open(
            StreamsConfig config, DataFolder data, Path uploads, InstantSource clock, SecureRandom random) {
        List<Source> sources = new ArrayList<>(of(data.secret(DNS_KEY, random)));
        CollectorsConfig from = config.collectors();
        PoliteHttp.Manners manners =
                Collectors.manners(from, "databroker/" + Version.VERSION, data.resolve("streams/spool"));
        Path jars = config.plugins() == null ? data.resolve("plugins") : config.plugins();
        Path folder = definitions(config, data.path());
        refuseUploads("plugins", jars, uploads);
        refuseUploads("definitions", folder, uploads);
        StreamPlugins plugins =
                StreamPlugins.load(jars, BUILT_IN, config.flink().embedded());
        sources.addAll(plugins.sources());
        Set<String> taken = new LinkedHashSet<>(BUILT_IN);
        plugins.sources().forEach(source -> taken.add(source.name()));
        StreamDefinitions definitions =
                new StreamDefinitions(data, taken, (name, definition) -> collector(name, definition, from, manners));
        definitions.read(folder);
        sources.addAll(definitions.sources());
        List<Collector> collectors = new ArrayList<>(collectors(from, manners));
        for (DefinedSource source : definitions.sources()) {
            DefinedCollector collector = collector(source.name(), source.definition(), from, manners);
            if (collector != null) {
                collectors.add(collector);
            }
        }
        StreamPlane plane = StreamPlane.of(config, data.resolve("streams"), sources, clock, random);
        if (!collectors.isEmpty()) {
            plane.collect(collectors, new PoliteHttp(manners, clock));
        }
        Map<String, String> hooks = new LinkedHashMap<>();
        webhooks(from).forEach((name, webhook) -> hooks.put(name, webhook.stream()));
        plane.receive(made(() -> Collectors.receivers(from)), hooks);
        List<StreamDefinitions.Refused> refused = new ArrayList<>(plugins.refused());
        refused.addAll(definitions.refused());
        refused.forEach(each -> LOG.atError()
                .addKeyValue("file", each.file())
                .log("a stream was left out, the others go on: " + each.why()));
        return new StreamSources(plane, plugins, definitions.sources(), List.copyOf(refused));
    }

    /// Whoever may upload a file must not decide what the broker runs, or which variables it sends where.
    private static void refuseUploads(String setting, Path folder, Path uploads) {
        if (real(folder).startsWith(real(uploads))) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID,
                    "streams." + setting + ": " + folder + " is in the folder of files, where it could be uploaded to;"
                            + " name one elsewhere");
        }
    }

    private static Path real(Path path) {
        try {
            return Files.exists(path)
                    ? path.toRealPath()
                    : path.toAbsolutePath().normalize();
        } catch (IOException unreadable) {
            return path.toAbsolutePath().normalize();
        }
    }

    private static @Nullable DefinedCollector collector(
            String name, Definition definition, CollectorsConfig from, PoliteHttp.Manners manners) {
        DefinedCollector collector = DefinedCollector.of(name, definition, manners, System::getenv);
        if (collector != null && from.contact() == null) {
            throw new IllegalArgumentException(
                    "collect: who asks others says who it is; set streams.collectors.contact in"
                            + " the broker's configuration");
        }
        return collector;
    }

    private static List<Collector> collectors(CollectorsConfig from, PoliteHttp.Manners manners) {
        return made(() -> Collectors.of(from, manners, System::getenv));
    }

    /// What comes to `/hooks/<name>`.
    ///
    /// @throws ProblemException [Problem#CONFIGURATION_INVALID] where a secret is missing
    static Map<String, GithubWebhook> webhooks(CollectorsConfig from) {
        return made(() -> Collectors.webhooks(from, System::getenv));
    }

    private static <T> T made(Supplier<T> making) {
        try {
            return making.get();
        } catch (IllegalArgumentException wrong) {
            // It begins with its key.
            throw new ProblemException(Problem.CONFIGURATION_INVALID, String.valueOf(wrong.getMessage()), wrong);
        }
    }

    StreamPlane plane() {
        return plane;
    }

    /// Definitions and plugins that were left out.
    List<StreamDefinitions.Refused> refused() {
        return refused;
    }

    /// How the events of a stream are captured, where they are.
    Optional<EventCapture.Status> capture(String stream) {
        return captures.stream()
                .filter(capture -> capture.stream().equals(stream))
                .findFirst()
                .map(EventCapture::status);
    }

    /// Begins with what lies in the inboxes and what is published from now on.
    void start(FilePlane files, EventPlane events) {
        plane.start(new StreamInboxes(files, plane));
        for (DefinedSource source : defined) {
            if (!source.definition().capture().isEmpty()) {
                captures.add(EventCapture.start(source.name(), source.definition(), into(source.name()), events));
            }
        }
    }

    private EventCapture.Into into(String stream) {
        return new EventCapture.Into() {
            @Override
            public Optional<Bytes> cursor() throws IOException {
                return plane.cursor(stream, EventCapture.CURSOR);
            }

            @Override
            public void take(List<Body> bodies, Bytes cursor) throws IOException {
                plane.take(stream, bodies, EventCapture.CURSOR, cursor);
            }

            @Override
            public boolean isStarting() {
                return !plane.isReady() && plane.failure().isEmpty();
            }
        };
    }

    @Override
    public void close() throws IOException {
        captures.forEach(EventCapture::close);
        plane.close();
        plugins.close();
    }
}
