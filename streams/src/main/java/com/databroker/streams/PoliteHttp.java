package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Text;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Asks other people's servers over HTTP the way they want to be asked: one request at a time, not too soon after the
/// last, not at all while they asked to wait, with a name, within limits.
///
/// What a lease is, [Manners] says: mostly a host. It goes for redirects, too. Shared by all collectors; any number
/// of threads.
public final class PoliteHttp implements AutoCloseable {
    public static final int OK = 200;
    public static final int NOT_MODIFIED = 304;
    private static final int REDIRECTS_MAX = 5;
    private static final int LEASES_MAX = 10_000;
    private static final Duration CONNECT = Duration.ofSeconds(20);
    private static final String SPOOLED = ".body";
    /// Headers that go along with a redirect to somebody else.
    private static final Set<String> FOR_ANYBODY =
            Set.of("accept", "accept-language", "if-modified-since", "if-none-match", "x-github-api-version");

    private final Manners manners;
    private final InstantSource clock;
    private final Waiting waiting;
    private final HttpClient client;
    private final ConcurrentMap<String, Lease> leases = new ConcurrentHashMap<>();

    /// How to behave.
    ///
    /// @param agent what `User-Agent` says: product and contact
    /// @param privateAddresses whether addresses of one's own networks may be asked
    /// @param sizeMax of an answer, and of what it is unpacked
    /// @param timeout for an answer as a whole
    /// @param intervals between two requests, by the end of the host's name: `arxiv.org`; all hosts of one end are
    ///     one lease. Every other host is its own
    /// @param spool folder for large answers
    public record Manners(
            String agent,
            boolean privateAddresses,
            long sizeMax,
            Duration timeout,
            Map<String, Duration> intervals,
            Path spool) {
        private static final Duration INTERVAL = Duration.ofSeconds(1);

        public Manners {
            intervals = Map.copyOf(intervals);
        }

        /// The name of the lease under which an address is asked.
        public String lease(URI uri) {
            String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
            return intervals.keySet().stream()
                    .filter(end -> host.equals(end) || host.endsWith("." + end))
                    .findFirst()
                    .orElse(host);
        }

        Duration interval(String lease) {
            return intervals.getOrDefault(lease, INTERVAL);
        }
    }

    /// Waits until a time of the clock.
    @FunctionalInterface
    public interface Waiting {
        void until(Instant time) throws InterruptedException;
    }

    /// What to ask for.
    ///
    /// @param sizeMax another limit than that of the manners, and then the answer goes to the disk; 0 for none
    public record Query(URI uri, Map<String, String> headers, long sizeMax) {
        public Query {
            headers = Collections.unmodifiableMap(new LinkedHashMap<>(headers));
        }

        public static Query of(URI uri) {
            return new Query(uri, Map.of(), 0);
        }

        /// With one header more, unless its value is null.
        public Query with(String name, @Nullable String value) {
            if (value == null) {
                return this;
            }
            Map<String, String> more = new LinkedHashMap<>(headers);
            more.put(name, value);
            return new Query(uri, more, sizeMax);
        }

        public Query large(long max) {
            return new Query(uri, headers, max);
        }
    }

    /// What came.
    ///
    /// @param uri that answered
    /// @param moved where the address that was asked has moved for good, null where it has not
    /// @param headers names in lower case
    public record Answer(int status, URI uri, @Nullable URI moved, Map<String, String> headers, HttpContent content) {
        public @Nullable String header(String name) {
            return headers.get(name);
        }

        /// All of it; nothing of a large answer, which is on the disk.
        public Bytes bytes() {
            return content.memory();
        }

        /// SHA-256 in hexadecimal digits.
        public String sha256() {
            return content.sha256();
        }

        /// As a body for a reader; of a large answer only once, since its file goes when the body's bytes are closed.
        ///
        /// @param name as the reader knows it
        public Body body(String name, Instant received) throws IOException {
            InputStream bytes = content.open();
            return new Body(sha256(), name, headers, received, bytes);
        }

        /// Lets go of what is on the disk.
        public void drop() throws IOException {
            content.drop();
        }

        /// What to say of a status that nobody expected.
        public IOException unexpected() throws IOException {
            drop();
            String excerpt = Text.excerpt(bytes().utf8().strip());
            return new IOException(
                    uri.getHost() + " answers with " + status + (excerpt.isEmpty() ? "" : ": " + excerpt));
        }
    }

    private static final class Lease {
        private final ReentrantLock one = new ReentrantLock(true);
        private volatile Instant next;
        private volatile Instant limited = Instant.MIN;

        /// The last request before the start may have been a moment ago, so the first one waits, too.
        Lease(Instant next) {
            this.next = next;
        }
    }

    public PoliteHttp(Manners manners, InstantSource clock) {
        this(manners, clock, time -> await(time, clock));
    }

    /// With somebody else who waits.
    public PoliteHttp(Manners manners, InstantSource clock, Waiting waiting) {
        this.manners = manners;
        this.clock = clock;
        this.waiting = waiting;
        this.client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(CONNECT)
                .proxy(HttpClient.Builder.NO_PROXY)
                .build();
        sweep(manners.spool());
    }

    /// What a kill left.
    private static void sweep(Path folder) {
        try {
            Files.createDirectories(folder);
            try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "*" + SPOOLED)) {
                for (Path file : left) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException failed) {
            throw new IllegalStateException("no folder for answers: " + folder, failed);
        }
    }

    private static void await(Instant time, InstantSource clock) throws InterruptedException {
        ReentrantLock lock = new ReentrantLock();
        lock.lock();
        try {
            long nanos = Duration.between(clock.instant(), time).toNanos();
            java.util.concurrent.locks.Condition never = lock.newCondition();
            while (nanos > 0) {
                nanos = never.awaitNanos(nanos);
            }
        } finally {
            lock.unlock();
        }
    }

    public Manners manners() {
        return manners;
    }

    /// Until when a lease has been asked to wait; null where it has not.
    @Nullable
    Instant limited(String lease) {
        Lease held = leases.get(lease);
        return held == null || !held.limited.isAfter(clock.instant()) ? null : held.limited;
    }

    /// Has a lease wait, as it was asked to before the start.
    void limit(String lease, Instant until) {
        Lease held = lease(lease);
        if (until.isAfter(held.limited)) {
            held.limited = until;
        }
    }

    private Lease lease(String name) {
        if (leases.size() > LEASES_MAX) {
            Instant now = clock.instant();
            leases.values().removeIf(old -> !old.one.isLocked() && old.next.isBefore(now) && old.limited.isBefore(now));
        }
        return leases.computeIfAbsent(name, fresh -> new Lease(clock.instant().plus(manners.interval(name))));
    }

    /// Asks, when it is time, and follows redirects.
    ///
    /// @param sent runs before each request
    /// @throws IOException where no answer came, it was too large, or the other side asked to wait
    Answer get(Query query, Runnable sent) throws IOException {
        URI at = query.uri();
        URI moved = null;
        boolean forGood = true;
        for (int i = 0; i <= REDIRECTS_MAX; i++) {
            Answer answer = one(query, at, moved, sent);
            URI to = target(answer, at);
            if (to == null) {
                return answer;
            }
            answer.drop();
            forGood &= answer.status() == 301 || answer.status() == 308;
            moved = forGood ? to : moved;
            at = to;
        }
        throw new IOException(query.uri().getHost() + " redirects more than " + REDIRECTS_MAX + " times");
    }

    private static @Nullable URI target(Answer answer, URI at) throws IOException {
        String location = answer.header("location");
        return switch (answer.status()) {
            case 301, 302, 303, 307, 308 -> {
                if (location == null) {
                    throw answer.unexpected();
                }
                try {
                    yield at.resolve(location.strip());
                } catch (IllegalArgumentException odd) {
                    throw new IOException(at.getHost() + " redirects to what is no address", odd);
                }
            }
            default -> null;
        };
    }

    private Answer one(Query query, URI at, @Nullable URI moved, Runnable sent) throws IOException {
        String scheme = String.valueOf(at.getScheme()).toLowerCase(Locale.ROOT);
        if (at.getHost() == null || !(scheme.equals("http") || scheme.equals("https"))) {
            throw new IOException("\"" + Text.excerpt(at.toString()) + "\" is no address of http or https");
        }
        String name = manners.lease(at);
        Lease lease = lease(name);
        try {
            lease.one.lockInterruptibly();
        } catch (InterruptedException end) {
            throw interrupted();
        }
        try {
            await(name, lease);
            try {
                sent.run();
                return send(query, at, moved, lease);
            } finally {
                lease.next = clock.instant().plus(manners.interval(name));
            }
        } finally {
            lease.one.unlock();
        }
    }

    private void await(String name, Lease lease) throws IOException {
        try {
            if (lease.limited.isAfter(clock.instant())) {
                throw new LimitedException(name + " asked to wait until " + lease.limited, lease.limited);
            }
            while (clock.instant().isBefore(lease.next)) {
                waiting.until(lease.next);
            }
        } catch (InterruptedException end) {
            throw interrupted();
        }
    }

    private static InterruptedIOException interrupted() {
        Thread.currentThread().interrupt();
        return new InterruptedIOException("the plane closes");
    }

    private Answer send(Query query, URI at, @Nullable URI moved, Lease lease) throws IOException {
        checkAddress(at);
        boolean large = query.sizeMax() > 0;
        Path file = large ? Files.createTempFile(manners.spool(), "answer", SPOOLED) : null;
        long max = large ? query.sizeMax() : manners.sizeMax();
        HttpResponse<HttpContent> response = null;
        try {
            response = exchange(request(query, at, large), max, file);
            // The name may have got another address in between, to which the connection went.
            checkAddress(at);
            Map<String, String> headers = headers(response);
            Instant until = HttpLimits.until(response.statusCode(), headers, clock.instant());
            if (until != null && until.isAfter(lease.limited)) {
                lease.limited = until;
            }
            if (until != null && HttpLimits.isLimited(response.statusCode(), headers)) {
                throw new LimitedException(
                        at.getHost() + " answers with " + response.statusCode() + ": wait until " + until, until);
            }
            HttpContent content = response.body();
            String coding = headers.getOrDefault("content-encoding", "").toLowerCase(Locale.ROOT);
            if (!large
                    && (coding.equals("gzip") || coding.equals("x-gzip"))
                    && content.memory().length() > 0) {
                content = content.unpacked(max);
            }
            return new Answer(response.statusCode(), at, moved, headers, content);
        } catch (IOException | RuntimeException failed) {
            if (file != null) {
                Files.deleteIfExists(file);
            }
            throw failed;
        }
    }

    private void checkAddress(URI at) throws IOException {
        if (!manners.privateAddresses()) {
            PublicAddresses.check(at.getHost());
        }
    }

    private HttpRequest request(Query query, URI at, boolean large) throws IOException {
        try {
            HttpRequest.Builder request = HttpRequest.newBuilder(at).GET().timeout(manners.timeout());
            request.header("User-Agent", manners.agent());
            if (!large) {
                request.header("Accept-Encoding", "gzip");
            }
            boolean home = origin(at).equals(origin(query.uri()));
            query.headers().forEach((name, value) -> {
                // What may be secret is for whom it was meant.
                if (home || FOR_ANYBODY.contains(name.toLowerCase(Locale.ROOT))) {
                    request.header(name, value);
                }
            });
            return request.build();
        } catch (IllegalArgumentException odd) {
            throw new IOException("this cannot be asked for: " + Text.excerpt(String.valueOf(odd.getMessage())), odd);
        }
    }

    private static String origin(URI uri) {
        return (uri.getScheme() + "://" + uri.getRawAuthority()).toLowerCase(Locale.ROOT);
    }

    /// The JDK's limit of time ends with the head of an answer; this one is for all of it.
    private HttpResponse<HttpContent> exchange(HttpRequest request, long max, @Nullable Path file) throws IOException {
        CompletableFuture<HttpResponse<HttpContent>> coming =
                client.sendAsync(request, head -> new HttpContent.Taking(max, file));
        String host = request.uri().getHost();
        try {
            return coming.get(manners.timeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException slow) {
            coming.cancel(true);
            throw new IOException(
                    host + " did not answer within " + manners.timeout().toMillis() + " ms", slow);
        } catch (ExecutionException failed) {
            throw new IOException(host + ": " + Text.excerpt(reason(failed.getCause())), failed);
        } catch (InterruptedException end) {
            coming.cancel(true);
            throw interrupted();
        }
    }

    /// The JDK has no words for a connection that was refused.
    private static String reason(@Nullable Throwable cause) {
        String message = cause == null ? null : cause.getMessage();
        return message != null ? message : cause instanceof ConnectException ? "nobody answers there" : "it failed";
    }

    private static Map<String, String> headers(HttpResponse<?> response) {
        Map<String, String> headers = new TreeMap<>();
        response.headers()
                .map()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
        return headers;
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
