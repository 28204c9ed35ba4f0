package com.databroker.server;

import com.databroker.access.ConnectionLimit;
import com.databroker.access.Gate;
import com.databroker.access.NewToken;
import com.databroker.access.Principal;
import com.databroker.access.UsersEditor;
import com.databroker.access.UsersReloaded;
import com.databroker.core.Bytes;
import com.databroker.core.FileChange;
import com.databroker.core.ProblemException;
import com.databroker.events.CurveKeys;
import com.databroker.events.EventPlane;
import com.databroker.events.ZmtpListener;
import com.databroker.events.ZmtpSettings;
import com.databroker.files.Candidate;
import com.databroker.files.FilePlane;
import com.databroker.files.Precondition;
import com.databroker.files.ResumableUploads;
import com.databroker.objects.ObjectChange;
import com.databroker.objects.ObjectPlane;
import com.databroker.streams.StreamChange;
import io.vertx.core.internal.VertxInternal;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The composition root: opens the gate, opens each plane, connects what changes to what is announced,
/// opens the doors.
///
/// `Databroker.start(config)` is what `serve`, the tests and the benchmarks use; several may run in one
/// process.
public final class Databroker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Databroker.class);
    private static final Duration DRAIN = Duration.ofSeconds(2);
    private static final String ADMINISTRATOR = "admin";

    private final Config config;
    private final ConfigReader.Result read;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /// Has one permit from the end on, which whoever waited for it gives back.
    private final Semaphore stopped = new Semaphore(0);

    private final SecureRandom random = new SecureRandom();
    private final InstantSource clock = InstantSource.system();
    private final ConnectionLimit connections = ConnectionLimit.ofProcess(Descriptors.forConnections());

    private final DataFolder data;
    private final FilePlane files;
    private final Optional<NewToken> firstToken;
    private final Gate gate;
    private final EventPlane events;
    private final Metrics metrics;
    private final Tls tls;
    private final CurveKeys curve;
    private final ResumableUploads uploads;
    private final ObjectPlane objects;
    private final Optional<StreamSources> streams;
    private final Reloading reloading;
    private final FrontServer front;
    private final HttpDoor http;
    private final ZmtpListener zmq;
    private final Optional<SshDoor> ssh;
    private final Optional<AmqpDoor> amqp;
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile boolean stopping;

    /// Starts a broker; when this returns it is ready.
    ///
    /// @throws ProblemException of the 9xxx kind, with cause and remedy; nothing is left running then
    public static Databroker start(Config config) {
        return new Databroker(new ConfigReader.Result(config, List.of(), null));
    }

    /// As above, and tells administrators where each setting came from.
    public static Databroker start(ConfigReader.Result read) {
        return new Databroker(read);
    }

    private Databroker(ConfigReader.Result read) {
        this.read = read;
        this.config = read.config();
        // The network's classes and the journal of the files are what a start takes its time for: side by side.
        CompletableFuture<VertxInternal> loops = CompletableFuture.supplyAsync(
                () -> Loops.open(config.http()),
                task -> Thread.ofPlatform().name("starter").daemon().start(task));
        try {
            data = open(DataFolder.open(config.data()));
            files = open(FilePlane.open(config.files(), filesFolder(), data.resolve("index"), clock));
            firstToken = makeAdministrator();
            gate = open(Gate.open(config.access(), usersFile(), data.resolve("audit.log"), clock));
            events = open(EventPlane.open(config.events(), clock));
            curve = CurveKeyFile.open(config.curveKeyFile(), data, random);
            tls = new Tls(config.http().tls(), data);

            ConnectionLimit httpLimit =
                    limit("http", config.http().maxConnections(), config.http().maxConnectionsPerAddress());
            ConnectionLimit zmqLimit =
                    limit("zmq", config.zmq().maxConnections(), config.zmq().maxConnectionsPerAddress());
            ConnectionLimit sshLimit =
                    limit("ssh", config.ssh().maxConnections(), config.ssh().maxConnectionsPerAddress());
            Map<String, ConnectionLimit> limits =
                    new TreeMap<>(Map.of("http", httpLimit, "zmq", zmqLimit, "ssh", sshLimit));
            metrics = new Metrics(events, gate, limits);
            open(Tracing.open(config.tracing(), metrics));
            objects = open(ObjectPlane.open(config.objects(), data.resolve("objects"), clock, random));
            streams = openStreams();
            reloading = new Reloading(gate, tls, objects, events, read);
            announce();
            uploads = new ResumableUploads(files, config.files(), clock);
            front = new FrontServer(files, config.http());

            VertxInternal vertx = loops.join();
            open(() -> Loops.end(vertx));
            ExecutorService blocking = open(Executors.newVirtualThreadPerTaskExecutor());
            ExecutorService answering = open(ObjectWork.open(blocking));
            amqp = AmqpDoor.of(config.amqp(), objects, gate, answering, clock, random)
                    .map(this::open);
            amqp.ifPresent(metrics::amqp);
            http = open(openHttp(vertx, limits, blocking, answering));
            ZmqObjects zmqObjects =
                    new ZmqObjects(new ObjectConversation.Shared(objects, answering, clock, new OpenStreams()), gate);
            zmq = open(openZmq(vertx, zmqLimit, zmqObjects));
            open(zmqObjects);
            ssh = openSsh(sshLimit);
            sweepEverySecond();
            writeContext();
            files.start();
            objects.start();
            amqp.ifPresent(AmqpDoor::start);
            streams.ifPresent(all -> all.start(files, events));
        } catch (RuntimeException | Error failed) {
            closeAll();
            Loops.end(loops.join());
            throw failed;
        }
    }

    private <T extends AutoCloseable> T open(T component) {
        opened.push(component);
        return component;
    }

    private Path filesFolder() {
        Path folder = config.files().folder();
        return folder == null ? data.resolve("files") : folder;
    }

    private Path usersFile() {
        return files.onDisk(FilesHandler.USERS_FILE);
    }

    /// At the first start an administrator is made; its token is told once and kept for the command line.
    private Optional<NewToken> makeAdministrator() {
        if (Files.exists(usersFile())) {
            return Optional.empty();
        }
        NewToken token = NewToken.generate("first-start", null, List.of(), random);
        Bytes file = UsersEditor.initial(ADMINISTRATOR, token);
        data.write(DataFolder.TOKEN, token.secret() + "\n", true);
        files.put(
                FilesHandler.USERS_FILE,
                new ByteArrayInputStream(file.toArray()),
                file.length(),
                Precondition.NONE,
                Principal.broker());
        return Optional.of(token);
    }

    /// Its engines come up later, in [StreamSources#start]; nobody waits for them.
    private Optional<StreamSources> openStreams() {
        return config.streams().enabled()
                ? Optional.of(open(StreamSources.open(config.streams(), data, files.root(), clock, random)))
                : Optional.empty();
    }

    /// Announcements: what became safe in one place is told everywhere, and the rooms need not know one
    /// another.
    private void announce() {
        files.validate(FilesHandler.USERS_FILE, this::checkUsers);
        files.changes(changes -> changes.forEach(this::reloadUsers));
        files.changes(changes -> {
            events.publish(
                    Principal.broker(),
                    changes.stream().map(FileChange::announcement).toList(),
                    "broker");
            // Whoever is answered must not have been the only one to know when the process is killed.
            events.flush();
        });
        files.changes(changes -> changes.forEach(metrics::count));
        metrics.files(files);
        metrics.objects(objects, clock);
        metrics.around(data.path(), files.root(), tls);
        files.refusals(this::refused);
        gate.reloaded(this::usersReloaded);
        objects.changes(changes -> {
            events.publish(
                    Principal.broker(),
                    changes.stream().map(ObjectChange::announcement).toList(),
                    "broker");
            events.flush();
        });
        streams.map(StreamSources::plane).ifPresent(plane -> {
            metrics.streams(plane, clock);
            files.changes(new StreamInboxes(files, plane)::changed);
            plane.changes(changes -> events.publish(
                    Principal.broker(),
                    changes.stream().map(StreamChange::announcement).toList(),
                    "broker"));
        });
    }

    /// It only has to be new.
    private UUID commitId() {
        return new UUID(random.nextLong(), random.nextLong());
    }

    private void reloadUsers(FileChange change) {
        if (change.path().equals(FilesHandler.USERS_FILE) && change.kind() != FileChange.Kind.DELETED) {
            gate.reload(change.principal());
        }
    }

    /// An upload is checked before it is there; what another program wrote is there, and comes into force
    /// if it can.
    private void checkUsers(Candidate candidate, Principal sender) {
        if (sender == Principal.disk()) {
            gate.reload(Principal.disk().name());
        } else {
            gate.check(readAll(candidate.file()), sender);
        }
    }

    private void refused(FileChange change, ProblemException refusal) {
        metrics.countRefused();
        LOG.atWarn()
                .addKeyValue("path", change.path())
                .addKeyValue("problem", refusal.line())
                .log("another program wrote a file that its validator refuses");
        events.announce("broker/files/refused", json -> {
            json.writeStringProperty("path", change.path());
            json.writeNumberProperty("version", change.version());
            json.writeStringProperty("detail", refusal.detail());
        });
    }

    private void usersReloaded(UsersReloaded reloaded) {
        events.grantsChanged();
        if (reloaded.principalOrDisk().equals(Principal.disk().name())) {
            // Not in this thread, which holds the gate: a commit holds the file's lock and waits for the gate.
            Thread.ofVirtual().start(() -> files.reconcile(FilesHandler.USERS_FILE));
        }
        events.announce("broker/users/reloaded", json -> {
            json.writeNumberProperty("users", reloaded.users());
            json.writeNumberProperty("tokens", reloaded.tokens());
            json.writeStringProperty("principal", reloaded.principalOrDisk());
        });
    }

    private static Bytes readAll(Path file) {
        try {
            return Bytes.wrap(Files.readAllBytes(file));
        } catch (IOException unreadable) {
            throw DataFolder.problem(file, unreadable);
        }
    }

    private ConnectionLimit limit(String door, int max, int perAddress) {
        return new ConnectionLimit(door, max, perAddress, connections);
    }

    private List<String> planes() {
        List<String> planes = new ArrayList<>(List.of("events", "files"));
        if (!objects.status().stores().isEmpty()) {
            planes.add("objects");
        }
        streams.ifPresent(all -> planes.add("streams"));
        return List.copyOf(planes);
    }

    private HttpDoor openHttp(
            VertxInternal vertx,
            Map<String, ConnectionLimit> limits,
            ExecutorService blocking,
            ExecutorService answering) {
        OpenStreams streams = new OpenStreams();
        Origins browsers = new Origins(config.http().allowedOrigins());
        long slowest = config.http().bodyRateMin().bytes();
        TusHandler tus = new TusHandler(uploads, config.files().sizeMax().bytes(), slowest);
        AboutHandler.Parts parts = new AboutHandler.Parts(
                read, data, gate, events, files, this.streams.orElse(null), objects, limits, amqp, reloading, clock);
        HttpDoor.Routes routes = new HttpDoor.Routes(
                new PublishHandler(events),
                new SseHandler(events, streams),
                new WebSocketHandler(events, browsers, streams),
                new FilesHandler(files, front, tus, slowest),
                tus,
                new AccessHandler(files, clock, random, planes()),
                this.streams
                        .map(all -> new StreamsHandler(all, new StreamCareHandler(all.plane(), slowest, clock), clock))
                        .orElse(null),
                this.streams
                        .map(all ->
                                HooksHandler.of(all.plane(), config.streams().collectors(), clock))
                        .orElse(null),
                this.streams
                        .map(all -> new ViewsHandler(all.plane().views(), clock))
                        .orElse(null),
                new ObjectsHandler(objects, this::commitId),
                new ObjectsSocketHandler(objects, browsers, answering, clock, streams),
                new StatusHandler(
                        metrics,
                        config.http().metricsPublic(),
                        files,
                        objects,
                        this.streams.orElse(null),
                        () -> stopping),
                new AboutHandler(parts),
                new BackupHandler(parts),
                new DefinitionsHandler(parts),
                new ConsoleHandler(),
                metrics,
                streams);
        return HttpDoor.open(
                vertx, config.http(), tls, gate, Objects.requireNonNull(limits.get("http")), blocking, routes);
    }

    private ZmtpListener openZmq(VertxInternal vertx, ConnectionLimit limit, ZmqObjects objectsByZmq) {
        Config.ZmqConfig settings = config.zmq();
        try {
            return ZmtpListener.open(
                    new ZmtpSettings(
                            events,
                            gate,
                            limit,
                            curve,
                            random,
                            settings.handshakeTimeout(),
                            settings.heartbeatInterval(),
                            settings.heartbeatTimeout(),
                            settings.proxyProtocol() ? new Proxies(settings.trustedProxies())::contains : null,
                            objectsByZmq),
                    vertx.acceptorEventLoopGroup(),
                    Loops.ofZmq(vertx.nettyEventLoopGroup()),
                    vertx.transport().serverChannelFactory(false),
                    new InetSocketAddress(settings.host(), settings.port()));
        } catch (Exception refused) {
            // Netty throws the cause as it is, declared or not.
            throw Ports.problem("zmq", settings.host(), settings.port(), refused);
        }
    }

    private Optional<SshDoor> openSsh(ConnectionLimit limit) {
        if (!config.ssh().enabled()) {
            return Optional.empty();
        }
        KeyPair key = SshKeyFile.open(config.sshKeyFile(), data);
        return Optional.of(open(SshDoor.open(config.ssh(), key, gate, limit, files)));
    }

    private void sweepEverySecond() {
        ScheduledExecutorService sweeper = open(Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("sweeper").daemon().factory()));
        sweeper.scheduleWithFixedDelay(this::sweep, 500, 500, TimeUnit.MILLISECONDS);
    }

    private void sweep() {
        for (Runnable duty : List.<Runnable>of(gate::sweep, events::sweep, tls::sweep, front::sweep, uploads::sweep)) {
            try {
                duty.run();
            } catch (RuntimeException failed) {
                LOG.atError().setCause(failed).log("a sweep failed; the others go on");
            }
        }
    }

    /// What the command line needs to find and enter this broker.
    private void writeContext() {
        String token = firstToken.map(NewToken::secret).orElseGet(() -> {
            Path kept = data.resolve(DataFolder.TOKEN);
            return Files.exists(kept) ? readAll(kept).utf8().strip() : "";
        });
        ContextFile.write(
                data,
                new ContextFile.Addresses(
                        httpAddress(),
                        tls.enabled()
                                ? Optional.of(
                                        data.resolve(DataFolder.CERTIFICATE).toAbsolutePath())
                                : Optional.empty(),
                        zmqAddress(),
                        sshAddress(),
                        curve.publicKey()),
                ADMINISTRATOR,
                token);
    }

    /// Where HTTP, WebSocket and SSE are open.
    public URI httpAddress() {
        return URI.create((tls.enabled() ? "https://" : "http://")
                + Ports.reachable(config.http().host()) + ":" + http.port());
    }

    /// Where ZeroMQ is open.
    public URI zmqAddress() {
        return URI.create("tcp://" + Ports.reachable(config.zmq().host()) + ":"
                + zmq.address().getPort());
    }

    /// Where SSH is open, if it is: SFTP, scp and rsync.
    public Optional<URI> sshAddress() {
        return ssh.map(
                door -> URI.create("sftp://" + Ports.reachable(config.ssh().host()) + ":" + door.port()));
    }

    /// The folder that holds everything.
    public Path data() {
        return data.path();
    }

    /// The token of the administrator, where this start made one: the only moment to show it.
    public Optional<String> firstToken() {
        return firstToken.map(NewToken::secret);
    }

    /// Says where the configuration is to be read again, and gives what takes into use what can be changed while it
    /// runs.
    public Runnable reloadFrom(Supplier<ConfigReader.Result> again) {
        reloading.readFrom(again);
        return reloading::now;
    }

    /// Blocks until [#close].
    public void await() throws InterruptedException {
        stopped.acquire();
        stopped.release();
    }

    /// Stops: takes nothing new, lets what is under way end within two seconds, then closes.
    @Override
    public void close() {
        if (!closing.compareAndSet(false, true)) {
            stopped.acquireUninterruptibly();
            stopped.release();
            return;
        }
        stopping = true;
        LOG.info("stopping");
        try {
            CompletableFuture<Void> transfers = CompletableFuture.runAsync(
                    () -> ssh.ifPresent(door -> door.drain(DRAIN)), Thread::startVirtualThread);
            http.drain(DRAIN);
            transfers.join();
        } finally {
            closeAll();
            stopped.release();
        }
    }

    private void closeAll() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception failed) {
                LOG.atWarn().setCause(failed).log("a component did not close cleanly");
            }
        }
    }
}
