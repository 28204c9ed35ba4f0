package com.databroker.client;

import com.databroker.core.AmqpAddress;
import com.databroker.core.Bytes;
import com.databroker.core.ObjectQueues;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Publication;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// A broker, seen from an application.
///
/// ```java
/// URI address = URI.create("http://127.0.0.1:8080");
/// try (DatabrokerClient broker = DatabrokerClient.builder(address).token(token).build()) {
///     broker.subscribe(Pattern.of("builds/**"), event -> System.out.println(event.topic()));
///     broker.publish(Publication.of(Topic.of("builds/core/done"), Bytes.utf8("{}")));
///     broker.put("ci/report.pdf", Path.of("report.pdf"));
/// }
/// ```
///
/// Publications and subscriptions share one WebSocket connection, opened by the first of them. The first
/// attempt fails at once where the broker is not there; a connection that once stood is made anew, with
/// growing pauses up to 10 s, as long as there is a subscription or a request that waits. Only a close that
/// means "do not come back" (codes 4000 to 4499, or a broken protocol) is final: it ends the subscriptions
/// and fails what waits. After it the next request tries again, except when the broker did not know the
/// user: then a new client is needed.
///
/// Files go over plain HTTP, one request a call; none is repeated. All methods may be called from any
/// thread. The threads of a client do not keep the program alive.
public final class DatabrokerClient implements AutoCloseable {
    private final Settings settings;
    private final @Nullable SSLContext sslContext;
    private final HttpClient http;
    private final Session session;
    private final FileCalls files;
    private final @Nullable Route route;
    private @Nullable ObjectSpace objects;
    private boolean closed;

    private DatabrokerClient(Settings settings, @Nullable SSLContext sslContext, @Nullable Route route) {
        this.settings = settings;
        this.sslContext = sslContext;
        this.http = http(settings, sslContext).build();
        this.session = new Session(settings, http);
        this.files = new FileCalls(settings, http);
        this.route = route;
    }

    private static HttpClient.Builder http(Settings settings, @Nullable SSLContext sslContext) {
        HttpClient.Builder http = HttpClient.newBuilder()
                // Neither an upgrade that a strict broker would have to refuse, nor a token that follows a redirect.
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(settings.timeout());
        return sslContext == null ? http : http.sslContext(sslContext);
    }

    /// Another way for objects than a WebSocket. Classes of RabbitMQ's client are asked for by it alone.
    private interface Route {
        ObjectLink.Opener opener(Settings settings, Timer timer);
    }

    /// @param broker its address, `http://host:port` or `https://host`, a path in front allowed
    /// @throws IllegalArgumentException where that is something else
    public static Builder builder(URI broker) {
        return new Builder(broker);
    }

    /// Publishes and waits for the broker's word that it has it.
    ///
    /// @return where the event now stands
    /// @throws ProblemException the broker's refusal; [Problem#PAYLOAD_TOO_LARGE] before anything is sent;
    ///     [Problem#UNAVAILABLE] where no answer came: the detail tells whether it was not sent, or whether
    ///     its outcome is not known. It is never sent a second time by itself: the broker cannot tell a
    ///     repetition from a new event; an `id` attribute lets subscribers do so
    public Position publish(Publication publication) {
        return await(publishAsync(publication));
    }

    /// As [#publish], without waiting. Never blocks: when 10,000 requests or 64 MiB wait for answers, the
    /// next fails with [Problem#UNAVAILABLE]. Publications reach the broker in the order of these calls.
    ///
    /// @return the position, or a [ProblemException] within the timeout. What depends on it runs on the
    ///     connection's thread and must not block. Cancelling withdraws what is not sent yet
    public CompletableFuture<Position> publishAsync(Publication publication) {
        return session.publish(publication);
    }

    /// Subscribes to what comes from now on, and waits for the broker's word that it does.
    ///
    /// @throws ProblemException the broker's refusal, or [Problem#UNAVAILABLE]; then there is no
    ///     subscription
    public Subscription subscribe(Pattern pattern, EventListener listener) {
        return subscribe(pattern, null, listener);
    }

    /// Subscribes to what came after a position, then to what comes from now on.
    ///
    /// @param since position of the last event that was dealt with, as [Subscription#position] gave it; null
    ///     for only what is new. Where the broker no longer holds what followed, it tells the listener a gap
    /// @throws ProblemException the broker's refusal, or [Problem#UNAVAILABLE]; then there is no
    ///     subscription
    public Subscription subscribe(Pattern pattern, @Nullable Position since, EventListener listener) {
        Subscription subscription = new Subscription(pattern, since, listener, session);
        try {
            await(session.subscribe(subscription));
        } catch (ProblemException refused) {
            subscription.close();
            throw refused;
        }
        return subscription;
    }

    /// Stores a local file under `path`, replacing what stands there.
    ///
    /// @param path segments between slashes, as `ci/report.pdf`
    /// @throws ProblemException the broker's refusal, with the findings of its validator;
    ///     [Problem#UNAVAILABLE] where nothing moved for the timeout or the connection broke;
    ///     [Problem#BODY_INCOMPLETE] where other bytes arrived
    /// @throws IOException the local file cannot be read
    public FileInfo put(String path, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file);
                InputStream in = Channels.newInputStream(channel)) {
            return files.put(path, in, channel.size());
        }
    }

    /// As [#put(String, Path)], from a stream whose length shows at its end. The stream is left open.
    ///
    /// @throws IOException the stream cannot be read
    public FileInfo put(String path, InputStream body) throws IOException {
        return files.put(path, body, -1);
    }

    /// As [#put(String, Path)], from memory.
    public FileInfo put(String path, Bytes body) {
        return inMemory(() -> files.put(path, new ByteArrayInputStream(body.toArray()), body.length()));
    }

    /// Fetches the file under `path` into a stream, which is left open. Bytes may have been written before a
    /// failure.
    ///
    /// @throws ProblemException [Problem#FILE_NOT_FOUND] and other refusals; [Problem#UNAVAILABLE] where
    ///     nothing moved for the timeout or the connection broke; [Problem#BODY_INCOMPLETE] where the digest
    ///     is another
    /// @throws IOException the stream cannot be written
    public FileInfo get(String path, OutputStream target) throws IOException {
        return files.get(path, target);
    }

    /// As [#get(String, OutputStream)], into a local file that appears or changes only when all of it is
    /// there and on the disk. Until then the bytes stand beside it under `.<name>.<random>.part`.
    ///
    /// @throws IOException the local file cannot be written
    public FileInfo get(String path, Path target) throws IOException {
        Path name = target.getFileName();
        Path part = target.resolveSibling("." + (name == null ? "" : name) + "." + UUID.randomUUID() + ".part");
        try {
            FileInfo info;
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                    OutputStream out = Channels.newOutputStream(channel)) {
                info = files.get(path, out);
                channel.force(true);
            }
            try {
                Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException otherwise) {
                Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
            }
            return info;
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /// Removes the file or the empty folder under `path`.
    ///
    /// @throws ProblemException [Problem#FILE_NOT_FOUND] and other refusals, or [Problem#UNAVAILABLE]
    public void delete(String path) {
        inMemory(() -> {
            files.delete(path, false);
            return path;
        });
    }

    /// Removes a folder with all that is in it, or nothing where one of its files may not be removed.
    ///
    /// @throws ProblemException [Problem#FILE_NOT_FOUND] and other refusals, or [Problem#UNAVAILABLE]
    public void deleteTree(String folder) {
        inMemory(() -> {
            files.delete(folder, true);
            return folder;
        });
    }

    /// What the broker knows of the file or folder under `path`.
    ///
    /// @throws ProblemException [Problem#FILE_NOT_FOUND] and other refusals, or [Problem#UNAVAILABLE]
    public FileEntry stat(String path) {
        return inMemory(() -> files.stat(path));
    }

    /// What stands in a folder, all pages of it, in the broker's order.
    ///
    /// @param folder as `ci` or `ci/`; empty for the root
    /// @throws ProblemException [Problem#FILE_NOT_FOUND] and other refusals, or [Problem#UNAVAILABLE]
    public List<FileEntry> list(String folder) {
        return inMemory(() -> files.list(folder));
    }

    /// The objects of the broker, over a connection of their own that is opened when they are asked for
    /// first.
    public synchronized ObjectSpace objects() {
        ObjectSpace there = objects;
        if (closed) {
            throw new ProblemException(Problem.UNAVAILABLE, "the client is closed");
        }
        if (there == null) {
            Timer timer = new Timer();
            there = new ObjectSpace(settings, route == null ? webSocket(timer) : route.opener(settings, timer), timer);
            objects = there;
        }
        return there;
    }

    private ObjectLink.Opener webSocket(Timer timer) {
        URI uri = settings.webSocket(SocketLink.PATH);
        if (uri.getScheme().equals("ws") && isDirect()) {
            return DirectLink.opener(settings, uri);
        }
        // What comes is dealt with on the thread that reads it: nothing there waits, and handing it to another takes
        // longer than all that is done with it.
        HttpClient direct = http(settings, sslContext).executor(Runnable::run).build();
        return SocketLink.opener(settings, direct, timer);
    }

    /// Whether no proxy stands between.
    private boolean isDirect() {
        ProxySelector proxies = ProxySelector.getDefault();
        return proxies == null
                || proxies.select(settings.base()).stream().noneMatch(proxy -> proxy.type() == Proxy.Type.HTTP);
    }

    private synchronized void closeObjects() {
        closed = true;
        if (objects != null) {
            objects.close();
        }
    }

    /// Ends all subscriptions without a call to their listeners, fails the requests without an answer with
    /// [Problem#UNAVAILABLE], and says good-bye for at most a second. Wait for the futures first where they
    /// matter.
    @Override
    public void close() {
        closeObjects();
        session.close();
        HttpEnd.shutdown(http);
    }

    private interface Call<T> {
        T run() throws IOException;
    }

    private static <T> T inMemory(Call<T> call) {
        try {
            return call.run();
        } catch (IOException impossible) {
            throw new IllegalStateException("memory does not fail to be read", impossible);
        }
    }

    /// The answer, or the [ProblemException] that it failed with.
    static <T extends @Nullable Object> T await(CompletableFuture<T> answer) {
        try {
            return answer.get();
        } catch (InterruptedException interrupt) {
            answer.cancel(false);
            Thread.currentThread().interrupt();
            throw new ProblemException(
                    Problem.UNAVAILABLE, "interrupted before the answer; whether it was done is not known", interrupt);
        } catch (ExecutionException failure) {
            if (Refusals.unwrap(failure) instanceof ProblemException refused) {
                // Made anew, so that the stack names the caller and not a thread of the connection.
                throw new ProblemException(refused.problem(), refused.detail(), refused);
            }
            if (Refusals.unwrap(failure) instanceof ObjectLoader.Refused conflict) {
                throw conflict;
            }
            throw new IllegalStateException(failure);
        }
    }

    /// What a client is made of. Only the address is needed.
    public static final class Builder {
        private static final int MESSAGE_MAX = 16 << 20;
        private static final int QUEUE = 1024;

        private final URI base;
        private @Nullable String token;
        private @Nullable SSLContext sslContext;
        private Duration timeout = Duration.ofSeconds(10);
        private Duration tick = Duration.ofSeconds(5);
        private int queue = QUEUE;
        private int messageMax = MESSAGE_MAX;
        private RandomGenerator random = new SplittableRandom();
        private InstantSource clock = InstantSource.system();
        private @Nullable AmqpAddress rabbit;
        private String queues = ObjectQueues.NAME;

        private Builder(URI broker) {
            String scheme = broker.getScheme();
            if (!("http".equals(scheme) || "https".equals(scheme))
                    || broker.getHost() == null
                    || broker.getRawQuery() != null
                    || broker.getRawFragment() != null
                    || broker.getRawUserInfo() != null) {
                throw new IllegalArgumentException(
                        "the address of a broker is http://host:port or https://host, without user, query or fragment");
            }
            String text = broker.toString();
            this.base = text.endsWith("/") ? URI.create(text.substring(0, text.length() - 1)) : broker;
        }

        /// The user's token, sent as `Authorization: Bearer`. Without one the client is anonymous.
        public Builder token(String value) {
            this.token = value;
            return this;
        }

        /// Which certificates to trust, and which one to show; the platform's where not set.
        public Builder sslContext(SSLContext value) {
            this.sslContext = value;
            return this;
        }

        /// The longest wait for a connection, for an answer, and for the next byte of a transfer; 10 s where
        /// not set.
        public Builder timeout(Duration value) {
            this.timeout = positive(value);
            return this;
        }

        /// How many events wait for their listeners before the client stops reading; 1024 where not set.
        /// Beside it 16 MiB of payload bound the queue.
        public Builder queue(int value) {
            this.queue = positive(value);
            return this;
        }

        /// The largest message, either way, in bytes; 16 MiB where not set.
        public Builder messageMax(int value) {
            this.messageMax = positive(value);
            return this;
        }

        /// What the pauses between two attempts are drawn from.
        public Builder random(RandomGenerator value) {
            this.random = value;
            return this;
        }

        /// Where the time comes from.
        public Builder clock(InstantSource value) {
            this.clock = value;
            return this;
        }

        /// Has objects come over a RabbitMQ instead of a WebSocket: the broker's address is not asked for them
        /// then. Needs `com.rabbitmq:amqp-client`, which this client does not bring.
        ///
        /// @param address as `amqps://user:password@host:5671/vhost`, with the rights that the broker's manual
        ///     names
        /// @throws IllegalArgumentException where that is something else
        public Builder objectsOver(URI address) {
            this.rabbit = AmqpAddress.parse(address.toString());
            return this;
        }

        /// What the names of the broker's exchanges there begin with, its `amqp.name`; `databroker` where not
        /// set.
        public Builder objectsUnder(String name) {
            this.queues = new ObjectQueues(name).name();
            return this;
        }

        /// Between two looks at the connection, a ninth of the silence after which it is taken for dead.
        Builder tick(Duration value) {
            this.tick = positive(value);
            return this;
        }

        /// A client that has opened nothing yet.
        public DatabrokerClient build() {
            return new DatabrokerClient(
                    new Settings(base, token, timeout, tick, queue, messageMax, random, clock), sslContext, route());
        }

        private @Nullable Route route() {
            AmqpAddress address = rabbit;
            if (address == null) {
                return null;
            }
            ObjectQueues names = new ObjectQueues(queues);
            SSLContext tls = sslContext;
            return (settings, timer) -> AmqpLink.opener(settings, new AmqpLink.Route(address, names, tls), timer);
        }

        private static Duration positive(Duration value) {
            if (value.isZero() || value.isNegative()) {
                throw new IllegalArgumentException("a duration must be positive");
            }
            return value;
        }

        private static int positive(int value) {
            if (value <= 0) {
                throw new IllegalArgumentException("a limit must be positive");
            }
            return value;
        }
    }
}
