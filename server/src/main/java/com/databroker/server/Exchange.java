package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Credentials;
import com.databroker.access.Gate;
import com.databroker.access.Principal;
import com.databroker.core.Bytes;
import com.databroker.core.Durations;
import com.databroker.core.Json;
import com.databroker.core.Problem;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import com.databroker.core.Span;
import com.databroker.core.Trace;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.http.HttpServerRequestInternal;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonGenerator;

/// One HTTP request and its answer: who asks, what for, and the ways to say yes or no.
final class Exchange {
    static final String DOOR = "http";
    static final String JSON = "application/json";

    private static final long LINGER_MILLIS = 1000;
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    private final Gate gate;
    private final Executor blocking;
    private final HttpServerRequest request;
    private final RequestTarget target;
    private final String address;
    private final boolean viaTrustedProxy;
    private final long bytesPerSecondMin;
    private @Nullable Principal principal;
    private final long began = Durations.now();
    private boolean isFromMemory;
    private boolean isLasting;
    private Span span = Span.NONE;
    private Runnable whenOver = () -> {};

    Exchange(
            Gate gate,
            Executor blocking,
            HttpServerRequest request,
            RequestTarget target,
            String address,
            boolean viaTrustedProxy,
            long bytesPerSecondMin) {
        this.viaTrustedProxy = viaTrustedProxy;
        this.bytesPerSecondMin = bytesPerSecondMin;
        this.gate = gate;
        this.blocking = blocking;
        this.request = request;
        this.target = target;
        this.address = address;
    }

    HttpServerRequest request() {
        return request;
    }

    HttpServerResponse response() {
        return request.response();
    }

    RequestTarget target() {
        return target;
    }

    String address() {
        return address;
    }

    Gate gate() {
        return gate;
    }

    /// Whether a proxy that is trusted has forwarded the request: who stands at its address may ask for himself too.
    boolean viaTrustedProxy() {
        return viaTrustedProxy;
    }

    /// Whether a browser asks, which would rather have a page.
    boolean prefersHtml() {
        String accept = request.getHeader("Accept");
        return accept != null && accept.startsWith("text/html");
    }

    boolean isMethod(HttpMethod... methods) {
        return List.of(methods).contains(request.method());
    }

    /// @throws ProblemException [Problem#METHOD_NOT_ALLOWED]
    void allow(HttpMethod... methods) {
        if (!isMethod(methods)) {
            String allowed = String.join(
                    ", ", List.of(methods).stream().map(HttpMethod::name).toList());
            response().putHeader("Allow", allowed);
            throw new ProblemException(
                    Problem.METHOD_NOT_ALLOWED, request.method().name() + " is not offered here; " + allowed + " is");
        }
    }

    /// Who asks.
    ///
    /// @throws ProblemException [Problem#NOT_AUTHENTICATED], [Problem#TOO_MANY_FAILURES]
    Principal principal() {
        Principal known = principal;
        if (known == null) {
            known = gate.authenticate(credentials(), address, DOOR);
            principal = known;
        }
        return known;
    }

    /// @throws ProblemException [Problem#FORBIDDEN] also
    Principal require(Action action, String what) {
        Principal who = principal();
        gate.require(who, action, what, address, DOOR);
        return who;
    }

    /// The answer is a file that is held in memory, or what its headers say of it.
    void fromMemory() {
        isFromMemory = true;
    }

    boolean isFromMemory() {
        return isFromMemory;
    }

    /// `then` is run when the answer is given, or the connection gone.
    void whenOver(Runnable then) {
        whenOver = then;
    }

    void over() {
        whenOver.run();
        if (!isLasting) {
            HttpSpans.end(span, response().getStatusCode());
        }
    }

    /// What is done for this request is a part of `begun`, which ends with the answer.
    void traced(Span begun) {
        span = begun;
    }

    Span span() {
        return span;
    }

    /// The answer stays open for what is to come, so that nobody waits for its end.
    void lasting() {
        isLasting = true;
        span.close();
    }

    /// Nanoseconds since the head of the request; -1 where the answer is lasting.
    long took() {
        return isLasting ? -1 : Durations.now() - began;
    }

    /// Forgets who asked, so that it is asked again: rights may have changed since.
    void forgetPrincipal() {
        principal = null;
    }

    boolean hasCredentials() {
        return !(credentials() instanceof Credentials.Anonymous);
    }

    Credentials credentials() {
        List<String> headers = request.headers().getAll("Authorization");
        if (headers.size() > 1) {
            throw new ProblemException(Problem.BAD_REQUEST, "the header Authorization stands twice");
        }
        if (headers.isEmpty()) {
            return certificate();
        }
        String header = headers.getFirst();
        int blank = header.indexOf(' ');
        String scheme = blank < 0 ? "" : header.substring(0, blank).toLowerCase(Locale.ROOT);
        String value = header.substring(blank + 1).strip();
        return switch (scheme) {
            case "bearer" -> new Credentials.Token(value);
            case "basic" -> basic(value);
            default ->
                throw new ProblemException(
                        Problem.NOT_AUTHENTICATED, "the header Authorization is neither Bearer nor Basic");
        };
    }

    private static Credentials basic(String value) {
        try {
            String pair = new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8);
            int colon = pair.indexOf(':');
            return new Credentials.UserToken(pair.substring(0, Math.max(colon, 0)), pair.substring(colon + 1));
        } catch (IllegalArgumentException notBase64) {
            throw new ProblemException(Problem.NOT_AUTHENTICATED, "the header Authorization is not Base64");
        }
    }

    private Credentials certificate() {
        if (request.isSSL() && request.connection().sslSession() != null) {
            try {
                return new Credentials.Certificate(
                        List.of(request.connection().sslSession().getPeerCertificates()).stream()
                                .map(java.security.cert.X509Certificate.class::cast)
                                .toList());
            } catch (SSLPeerUnverifiedException none) {
                return new Credentials.Anonymous();
            }
        }
        return new Credentials.Anonymous();
    }

    /// Runs `work` on a virtual thread; a refusal becomes the answer.
    void blocking(Runnable work) {
        blocking.execute(() -> {
            try {
                Trace.in(span, work);
            } catch (RuntimeException | Error failed) {
                onLoop(() -> fail(failed));
            }
        });
    }

    /// Runs `work` on the connection's event loop, where alone a response may be written.
    void onLoop(Runnable work) {
        ContextInternal context = ((HttpServerRequestInternal) request).context();
        context.runOnContext(nothing -> attempt(work));
    }

    /// Reads a body of at most `max` bytes, then continues on the loop.
    void body(long max, String limit, Consumer<Bytes> then) {
        Buffer gathered = Buffer.buffer();
        announcedLength(max, limit);
        if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
            response().writeContinue();
        }
        long start = System.nanoTime();
        Vertx vertx = ((HttpServerRequestInternal) request).context().owner();
        long watch = vertx.setPeriodic(BodyStream.CHECK_MILLIS, tick -> {
            if (response().ended() || response().closed()) {
                vertx.cancelTimer(tick);
            } else if (BodyStream.isTooSlow(gathered.length(), System.nanoTime() - start, bytesPerSecondMin)) {
                vertx.cancelTimer(tick);
                refuse(BodyStream.tooSlow(bytesPerSecondMin));
            }
        });
        request.handler(part -> {
            if (gathered.length() + part.length() > max) {
                request.handler(null);
                refuse(tooLarge(max, limit));
            } else {
                gathered.appendBuffer(part);
            }
        });
        request.endHandler(end -> {
            vertx.cancelTimer(watch);
            if (!response().ended()) {
                attempt(() -> then.accept(Bytes.wrap(gathered.getBytes())));
            }
        });
        request.resume();
    }

    /// @return the Content-Length, -1 where there is none
    long announcedLength(long max, String limit) {
        String header = request.getHeader("Content-Length");
        long length = header == null ? -1 : Long.parseLong(header);
        if (length > max) {
            throw tooLarge(max, limit);
        }
        return length;
    }

    private static ProblemException tooLarge(long max, String limit) {
        return new ProblemException(
                Problem.PAYLOAD_TOO_LARGE, "the body has more than " + max + " bytes (limit " + limit + ")");
    }

    void attempt(Runnable work) {
        try {
            Trace.in(span, work);
        } catch (RuntimeException | Error failed) {
            fail(failed);
        }
    }

    /// Answers with JSON.
    void json(int status, Consumer<JsonGenerator> writer) {
        answer(status, JSON, Json.bytes(writer));
    }

    void answer(int status, String mediaType, Bytes body) {
        HttpServerResponse response = response();
        if (response.ended() || response.closed()) {
            return;
        }
        response.setStatusCode(status).putHeader("Content-Type", mediaType);
        if (isMethod(HttpMethod.HEAD)) {
            response.putHeader("Content-Length", Integer.toString(body.length()))
                    .end();
        } else {
            response.end(Buffer.buffer(body.toArray()));
        }
    }

    void empty(int status) {
        if (!response().ended() && !response().closed()) {
            response().setStatusCode(status).end();
        }
    }

    void fail(Throwable failed) {
        Trace.in(span, () -> answerFailure(failed));
    }

    private void answerFailure(Throwable failed) {
        if (failed instanceof ProblemException refusal) {
            refuse(refusal);
        } else if (response().closed()) {
            // The client went away within the answer, which is its right.
            LOG.atDebug().addKeyValue("path", target.path()).setCause(failed).log("a connection broke");
        } else {
            span.failed(failed.getClass().getName());
            LOG.atError().addKeyValue("path", target.path()).setCause(failed).log("a request failed");
            refuse(new ProblemException(Problem.INTERNAL, "the request could not be answered"));
        }
    }

    /// Answers with a problem document; a body that is not read ends the connection.
    void refuse(ProblemException refusal) {
        refuse(refusal, !request.isEnded() && hasBody());
    }

    private boolean hasBody() {
        String length = request.getHeader("Content-Length");
        return request.headers().contains("Transfer-Encoding") || (length != null && !length.equals("0"));
    }

    /// @param last whether the connection ends with this answer
    void refuse(ProblemException refusal, boolean last) {
        HttpServerResponse response = response();
        if (response.ended() || response.closed()) {
            return;
        }
        if (response.headWritten()) {
            request.connection().close();
            return;
        }
        Problem problem = refusal.problem();
        if (problem == Problem.NOT_AUTHENTICATED) {
            response.headers().add("WWW-Authenticate", "Bearer realm=\"databroker\"");
            if (prefersHtml()) {
                // A browser that shows a page can ask for user and token; a script in a page asks by itself.
                response.headers().add("WWW-Authenticate", "Basic realm=\"databroker\", charset=\"UTF-8\"");
            }
        }
        if (problem == Problem.TOO_MANY_FAILURES) {
            response.putHeader("Retry-After", Integer.toString(gate.retryAfterSeconds(address)));
        }
        boolean closing = last && request.version() != HttpVersion.HTTP_2;
        if (closing) {
            response.putHeader("Connection", "close");
        }
        answer(problem.status(), ProblemDocument.MEDIA_TYPE, ProblemDocument.bytes(refusal));
        if (closing) {
            endConnection();
        } else if (!request.isEnded()) {
            request.handler(null);
            request.resume();
        }
    }

    /// What the client still sends is thrown away for a moment: were it left unread, the end of the connection would
    /// reach the client before the answer.
    private void endConnection() {
        HttpConnection connection = request.connection();
        if (request.isEnded()) {
            connection.close();
            return;
        }
        request.handler(null);
        request.endHandler(end -> connection.close());
        ((HttpServerRequestInternal) request).context().owner().setTimer(LINGER_MILLIS, over -> connection.close());
        request.resume();
    }
}
