package com.databroker.streams;

import com.databroker.core.Bytes;
import com.databroker.core.Span;
import com.databroker.core.Text;
import com.databroker.core.Trace;
import com.databroker.core.Trust;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// Speaks with a cluster over HTTP: signs in, and goes to the next of its machines where one does not answer.
///
/// For any number of threads. What it throws names machine and path, never who signs in.
final class ElasticClient implements AutoCloseable {
    static final String JSON = "application/json";
    static final String LINES = "application/x-ndjson";

    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final long ANSWER_BYTES_MAX = 512L << 20;
    private static final int OK_MAX = 299;

    private final ElasticConfig config;
    private final @Nullable String authorization;
    private final HttpClient client;
    private final AtomicInteger turn = new AtomicInteger();

    /// What came back.
    record Answer(int status, Bytes body) {
        /// Its tree, where it says that all is well.
        ///
        /// @throws ElasticException where it does not
        Map<String, @Nullable Object> tree() throws IOException {
            if (status > OK_MAX) {
                throw failure();
            }
            return ElasticJson.parse(body);
        }

        ElasticException failure() {
            try {
                return ElasticException.of(status, ElasticJson.parse(body));
            } catch (IOException fromAnother) {
                // What stands between, such as a proxy, answers in its own way.
                return ElasticException.of(
                        status, body.utf8().replaceAll("<[^>]*>|\\s+", " ").strip());
            }
        }
    }

    /// @throws IOException where the certificates cannot be read
    ElasticClient(ElasticConfig config) throws IOException {
        this.config = config;
        authorization = config.authorization();
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .proxy(HttpClient.Builder.NO_PROXY)
                .connectTimeout(CONNECT);
        if (!config.certificates().isEmpty()) {
            builder.sslContext(trusting(config.certificates()));
        }
        client = builder.build();
    }

    /// Believes these certificates, and no other.
    private static SSLContext trusting(String certificates) throws IOException {
        try {
            return Trust.in(certificates);
        } catch (GeneralSecurityException unreadable) {
            throw new IOException(
                    "the certificates of streams.hot.elasticsearch.ca-file cannot be read: write them in PEM",
                    unreadable);
        }
    }

    /// Asks, and takes whatever the answer is.
    ///
    /// @param path with its parameters, `/_bulk`
    /// @param body of the type; null for none
    /// @throws IOException where none of the machines answered
    Answer send(String method, String path, String type, @Nullable Bytes body, Duration timeout) throws IOException {
        IOException failure = new IOException("no machine of Elasticsearch is named");
        int first = turn.get();
        for (int i = 0; i < config.hosts().size(); i++) {
            URI host =
                    config.hosts().get(Math.floorMod(first + i, config.hosts().size()));
            try {
                return one(host, method, path, type, body, timeout);
            } catch (InterruptedIOException end) {
                throw end;
            } catch (IOException away) {
                failure = away;
                // The others of this process need not find out by themselves.
                turn.compareAndSet(first + i, first + i + 1);
            }
        }
        throw failure;
    }

    /// Asks with JSON, and expects that all is well.
    ///
    /// @throws ElasticException where it is not
    Map<String, @Nullable Object> ask(String method, String path, @Nullable Bytes body) throws IOException {
        return send(method, path, JSON, body, config.patience()).tree();
    }

    private Answer one(URI host, String method, String path, String type, @Nullable Bytes body, Duration timeout)
            throws IOException {
        try (Span span = Trace.call("elasticsearch " + method)) {
            span.put("db.system.name", "elasticsearch")
                    .put("http.request.method", method)
                    .put("server.address", host.getAuthority());
            Answer answer = asked(host, method, path, type, body, timeout);
            span.put("http.response.status_code", answer.status());
            return answer;
        }
    }

    private Answer asked(URI host, String method, String path, String type, @Nullable Bytes body, Duration timeout)
            throws IOException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(host + path))
                .timeout(timeout)
                .header("Accept", JSON)
                .method(
                        method,
                        body == null
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body.toArray()));
        if (body != null) {
            request.header("Content-Type", type);
        }
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        String trace = Trace.current().traceParent();
        if (!trace.isEmpty()) {
            request.header(Trace.PARENT, trace);
        }
        CompletableFuture<HttpResponse<byte[]>> coming = client.sendAsync(request.build(), head -> new Limited());
        String name = "Elasticsearch at " + host.getAuthority();
        try {
            // The JDK's limit of time ends with the head of an answer; this one is for all of it.
            HttpResponse<byte[]> response = coming.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            return new Answer(response.statusCode(), Bytes.wrap(response.body()));
        } catch (TimeoutException slow) {
            coming.cancel(true);
            throw new IOException(name + " did not answer within " + timeout.toMillis() + " ms", slow);
        } catch (ExecutionException failed) {
            throw new IOException(name + " cannot be asked: " + Text.excerpt(Causes.innermost(failed)), failed);
        } catch (InterruptedException end) {
            coming.cancel(true);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while Elasticsearch is asked");
        }
    }

    /// What is larger is a mistake, of theirs or ours.
    private static final class Limited implements HttpResponse.BodySubscriber<byte[]> {
        private final HttpResponse.BodySubscriber<byte[]> whole = HttpResponse.BodySubscribers.ofByteArray();
        private Flow.@Nullable Subscription subscription;
        private long count;

        @Override
        public CompletionStage<byte[]> getBody() {
            return whole.getBody();
        }

        @Override
        public void onSubscribe(Flow.Subscription from) {
            subscription = from;
            whole.onSubscribe(from);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            buffers.forEach(buffer -> count += buffer.remaining());
            if (count <= ANSWER_BYTES_MAX) {
                whole.onNext(buffers);
            } else if (subscription != null) {
                subscription.cancel();
                whole.onError(new IOException("an answer is larger than " + ANSWER_BYTES_MAX + " bytes"));
            }
        }

        @Override
        public void onError(Throwable failed) {
            whole.onError(failed);
        }

        @Override
        public void onComplete() {
            whole.onComplete();
        }
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
