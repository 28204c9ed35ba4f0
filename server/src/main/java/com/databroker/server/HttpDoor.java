package com.databroker.server;

import com.databroker.access.ConnectionLimit;
import com.databroker.access.Gate;
import com.databroker.core.ObjectMessages;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Trace;
import io.netty.channel.Channel;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.ConnectionBase;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The HTTP door: one port for events, files, users and what tells about the broker.
///
/// Vert.x reads requests leniently, so every request passes a strict reading here before anybody routes by it.
final class HttpDoor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpDoor.class);
    /// Of the codec, which is to take whatever is let through to it.
    private static final int REQUEST_LINE_MAX = 2 * StrictHead.LINE_MAX;

    private static final int BACKLOG = 1024;

    /// How long a client may take to agree to the end of its WebSocket; a stop waits for it.
    private static final int WEBSOCKET_CLOSING_SECONDS = 1;

    private static final String DECODER = "httpDecoder";
    /// What metrics know by name.
    static final Set<String> ROUTES = Set.of(
            "events",
            "files",
            "uploads",
            "streams",
            "hooks",
            "views",
            "objects",
            "access",
            "health",
            "metrics",
            "problems",
            "schemas",
            "assets",
            "console",
            "status",
            "config",
            "connections",
            "backup",
            "definitions",
            "docs",
            "openapi.json",
            "asyncapi.json");

    private static final Set<HttpMethod> READING = Set.of(HttpMethod.GET, HttpMethod.HEAD);
    private static final List<HttpMethod> METHODS = List.of(
            HttpMethod.GET,
            HttpMethod.HEAD,
            HttpMethod.POST,
            HttpMethod.PUT,
            HttpMethod.PATCH,
            HttpMethod.DELETE,
            HttpMethod.OPTIONS);
    /// Two at least: what one of them does must not hold up everybody.
    static final int LOOPS = Math.max(2, Runtime.getRuntime().availableProcessors() / 2);

    private static final AttributeKey<RequestWatch> WATCH = AttributeKey.valueOf("databroker.request-watch");
    private static final AttributeKey<RepeatedGet> REPEATED = AttributeKey.valueOf("databroker.repeated-get");

    private static final List<String> SUBPROTOCOLS = Stream.of(
                    WebSocketHandler.SUBPROTOCOLS, ObjectsSocketHandler.SUBPROTOCOLS)
            .flatMap(List::stream)
            .toList();

    /// The rooms behind the door.
    record Routes(
            PublishHandler publish,
            SseHandler sse,
            WebSocketHandler webSocket,
            FilesHandler files,
            TusHandler uploads,
            AccessHandler access,
            @Nullable StreamsHandler streams,
            @Nullable HooksHandler hooks,
            @Nullable ViewsHandler views,
            ObjectsHandler objects,
            ObjectsSocketHandler objectsSocket,
            StatusHandler status,
            AboutHandler about,
            BackupHandler backup,
            DefinitionsHandler definitions,
            ConsoleHandler console,
            Metrics metrics,
            OpenStreams open) {}

    private final Config.HttpConfig config;
    private final Gate gate;
    private final ConnectionLimit limit;
    private final Executor blocking;
    private final Routes routes;
    private final List<HttpServer> servers = new ArrayList<>();
    private final Origins origins;
    private final Proxies proxies;
    private final DocsHandler docs = new DocsHandler();
    private final Busy busy = new Busy();
    private final RepeatedGet.Around around;
    private volatile boolean stopping;

    private HttpDoor(Config.HttpConfig config, Gate gate, ConnectionLimit limit, Executor blocking, Routes routes) {
        this.config = config;
        this.origins = new Origins(config.allowedOrigins());
        this.proxies = new Proxies(config.trustedProxies());
        this.gate = gate;
        this.limit = limit;
        this.blocking = blocking;
        this.routes = routes;
        this.around = routes.files().around(routes.metrics().counted("files", 200), () -> stopping);
    }

    /// @throws ProblemException [Problem#PORT_IN_USE]
    static HttpDoor open(
            VertxInternal vertx,
            Config.HttpConfig config,
            Tls tls,
            Gate gate,
            ConnectionLimit limit,
            Executor blocking,
            Routes routes) {
        HttpServerOptions options =
                options(config, Math.max(routes.webSocket().messageMax(), ObjectMessages.REQUEST_MAX));
        tls.configure(options);
        HttpDoor door = new HttpDoor(config, gate, limit, blocking, routes);
        try {
            for (int loop = 0; loop < LOOPS; loop++) {
                door.listen(vertx, options);
            }
        } catch (CompletionException refused) {
            throw Ports.problem("http", config.host(), config.port(), refused);
        }
        tls.reloadInto(door.servers.getFirst());
        return door;
    }

    /// One more event loop takes its share of the connections: Vert.x deals those of one port out to all who listen.
    private void listen(VertxInternal vertx, HttpServerOptions options) {
        HttpServer server = vertx.createHttpServer(options);
        server.connectionHandler(this::connected);
        server.requestHandler(this::handle);
        CompletableFuture<HttpServer> listening = new CompletableFuture<>();
        SocketAddress place = config.port() == 0
                ? SocketAddress.sharedRandomPort(1, config.host())
                : SocketAddress.inetSocketAddress(config.port(), config.host());
        vertx.createEventLoopContext().runOnContext(nothing -> {
            try {
                server.listen(place).toCompletionStage().whenComplete((listened, refused) -> {
                    if (refused == null) {
                        listening.complete(listened);
                    } else {
                        listening.completeExceptionally(refused);
                    }
                });
            } catch (RuntimeException odd) {
                // What is thrown here nobody would hear of, and the start would wait for ever.
                listening.completeExceptionally(odd);
            }
        });
        listening.join();
        servers.add(server);
    }

    private static HttpServerOptions options(Config.HttpConfig config, int messageMax) {
        HttpServerOptions options = new HttpServerOptions()
                .setMaxHeaderSize(config.headersMax().intBytes())
                .setMaxInitialLineLength(REQUEST_LINE_MAX)
                .setHandle100ContinueAutomatically(false)
                .setHttp2ClearTextEnabled(false)
                .setMaxWebSocketFrameSize(messageMax)
                .setMaxWebSocketMessageSize(messageMax)
                .setWebSocketSubProtocols(SUBPROTOCOLS)
                .setWebSocketClosingTimeout(WEBSOCKET_CLOSING_SECONDS)
                .setPerMessageWebSocketCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false);
        options.setAcceptBacklog(BACKLOG)
                .setTcpNoDelay(true)
                .setIdleTimeout((int) config.idleTimeout().toMillis())
                .setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
        // Vert.x reads the header before TLS and gives its address as the connection's. Only proxies get that far.
        options.setUseProxyProtocol(config.proxyProtocol())
                .setProxyProtocolTimeout(config.headerTimeout().toMillis())
                .setProxyProtocolTimeoutUnit(TimeUnit.MILLISECONDS);
        options.setReuseAddress(true)
                .setSslHandshakeTimeout(config.headerTimeout().toMillis())
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
        return options;
    }

    int port() {
        return servers.getFirst().actualPort();
    }

    private void connected(HttpConnection connection) {
        String address = address(connection);
        try {
            limit.enter(address);
        } catch (ProblemException tooMany) {
            connection.close();
            return;
        }
        // Vert.x would write an error with its trace for each connection that a client breaks off.
        connection.exceptionHandler(broken ->
                LOG.atDebug().addKeyValue("address", address).setCause(broken).log("a connection broke"));
        Channel channel =
                ((HttpServerConnection) connection).channelHandlerContext().channel();
        // The channel's own end: a connection that became a WebSocket has no close handler any more.
        channel.closeFuture().addListener(closed -> limit.leave(address));
        RequestWatch watch = new RequestWatch(address, config.headerTimeout().toMillis(), busy);
        channel.attr(WATCH).set(watch);
        IdleStateHandler idle = Idle.watch(channel, config.idleTimeout());
        if (channel.pipeline().get(DECODER) == null) {
            // HTTP/2, whose codec is strict itself.
            channel.pipeline().addFirst(watch);
        } else {
            RepeatedGet repeated = new RepeatedGet(around, watch, idle);
            channel.attr(REPEATED).set(repeated);
            channel.pipeline()
                    .addBefore(DECODER, null, watch)
                    .addBefore(
                            DECODER,
                            null,
                            new StrictRequests(
                                    watch::isInRequest,
                                    repeated,
                                    config.headersMax().intBytes()));
        }
    }

    private static String address(HttpConnection connection) {
        String host = connection.remoteAddress().hostAddress();
        // Through the JDK, so that every way to write an address in a PROXY header counts as one.
        return host == null ? "local" : InetAddress.ofLiteral(host).getHostAddress();
    }

    private void handle(HttpServerRequest request) {
        HttpServerConnection connection = (HttpServerConnection) request.connection();
        RequestWatch watch =
                connection.channelHandlerContext().channel().attr(WATCH).get();
        if (watch != null) {
            watch.headComplete(request.version() == HttpVersion.HTTP_2);
        }
        String peer = watch == null ? address(connection) : watch.address();
        boolean isTrusted = proxies.contains(peer);
        request.pause();
        RequestTarget target;
        ProblemException odd = null;
        try {
            target = RequestTarget.parse(request.uri());
            check(request);
            if (!READING.contains(request.method())) {
                origins.check(request);
            }
        } catch (ProblemException refusal) {
            target = new RequestTarget("", java.util.Map.of());
            odd = refusal;
        }
        Exchange exchange = new Exchange(
                gate,
                blocking,
                request,
                target,
                isTrusted ? clientAddress(request, peer) : peer,
                isTrusted && request.headers().contains("X-Forwarded-For"),
                config.bodyRateMin().bytes());
        request.response().endHandler(end -> {
            if (watch != null) {
                watch.answered();
            }
            exchange.over();
        });
        String route = target.head();
        String label = label(route);
        exchange.traced(HttpSpans.begin(request, label));
        request.response()
                .bodyEndHandler(end -> routes.metrics()
                        .countRequest(label, request.response().getStatusCode(), exchange.took(), exchange.span()));
        if (odd == null) {
            exchange.attempt(() -> route(exchange, route));
            RepeatedGet repeated =
                    connection.channelHandlerContext().channel().attr(REPEATED).get();
            // The short way has no room for spans.
            if (exchange.isFromMemory() && repeated != null && !Trace.isOn()) {
                repeated.learn(exchange);
            }
        } else {
            exchange.refuse(odd, true);
        }
    }

    private void route(Exchange exchange, String route) {
        if (stopping) {
            throw OpenStreams.shuttingDown();
        }
        switch (route) {
            case "" -> routes.status().index(exchange);
            case "events" -> events(exchange);
            case "files" -> routes.files().handle(exchange);
            case "streams" -> streams(exchange);
            case "hooks" -> hooks(exchange);
            case "views" -> views(exchange);
            case "objects" -> objects(exchange);
            case "uploads" -> routes.uploads().handle(exchange);
            case "access" -> routes.access().handle(exchange);
            case "health" -> health(exchange);
            case "status" -> routes.about().status(exchange);
            case "config" -> routes.about().config(exchange);
            case "connections" -> routes.about().connections(exchange);
            case "definitions" -> routes.definitions().handle(exchange);
            case "backup" -> routes.backup().handle(exchange);
            case "docs" -> docs.handle(exchange);
            case "openapi.json" -> ApiHandler.openApi(exchange);
            case "asyncapi.json" -> ApiHandler.asyncApi(exchange);
            case "console" -> routes.console().handle(exchange);
            case "metrics" -> routes.status().metrics(exchange);
            case "problems" -> routes.status().problems(exchange);
            case "schemas" -> routes.status().schemas(exchange);
            case "assets" -> routes.status().asset(exchange);
            default ->
                throw new ProblemException(
                        Problem.NOT_FOUND,
                        "there is nothing at /" + exchange.target().path());
        }
    }

    private static String label(String route) {
        return ROUTES.contains(route) ? route : RequestDurations.OTHER;
    }

    private void events(Exchange exchange) {
        if (WebSocketHandler.isUpgrade(exchange.request())) {
            routes.webSocket().handle(exchange);
        } else if (exchange.isMethod(HttpMethod.GET) && exchange.target().tail().isEmpty()) {
            routes.sse().handle(exchange);
        } else {
            routes.publish().handle(exchange);
        }
    }

    private void health(Exchange exchange) {
        if (exchange.target().tail().equals("checks")) {
            routes.about().checks(exchange);
        } else {
            routes.status().health(exchange);
        }
    }

    private void streams(Exchange exchange) {
        enabled(routes.streams()).handle(exchange);
    }

    private void views(Exchange exchange) {
        enabled(routes.views()).handle(exchange);
    }

    private void hooks(Exchange exchange) {
        enabled(routes.hooks()).handle(exchange);
    }

    private void objects(Exchange exchange) {
        if (WebSocketHandler.isUpgrade(exchange.request())) {
            routes.objectsSocket().handle(exchange);
        } else {
            routes.objects().handle(exchange);
        }
    }

    private static <T> T enabled(@Nullable T handler) {
        if (handler == null) {
            throw new ProblemException(Problem.NOT_FOUND, "the streams plane is switched off (streams.enabled)");
        }
        return handler;
    }

    private static void check(HttpServerRequest request) {
        if (!request.decoderResult().isSuccess()) {
            throw new ProblemException(Problem.BAD_REQUEST, "the request is malformed or longer than allowed");
        }
        if (!METHODS.contains(request.method())) {
            request.response()
                    .putHeader(
                            "Allow",
                            String.join(
                                    ", ", METHODS.stream().map(HttpMethod::name).toList()));
            throw new ProblemException(
                    Problem.METHOD_NOT_ALLOWED,
                    "the method is none of GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS");
        }
        if (request.version() == HttpVersion.HTTP_1_1
                && request.headers().getAll("Host").size() != 1) {
            throw new ProblemException(Problem.BAD_REQUEST, "the header Host must stand once");
        }
        if (request.headers().contains("Transfer-Encoding") && request.headers().contains("Content-Length")) {
            throw new ProblemException(Problem.BAD_REQUEST, "Content-Length and Transfer-Encoding exclude each other");
        }
    }

    /// What a trusted proxy says of its own peer.
    private String clientAddress(HttpServerRequest request, String peer) {
        HttpConnection connection = request.connection();
        if (config.proxyProtocol()
                && connection.remoteAddress().equals(((ConnectionBase) connection).remoteAddress(true))) {
            // The proxy connected for itself, so it forwards nobody's words.
            return peer;
        }
        return proxies.client(request.headers().getAll("X-Forwarded-For"), peer);
    }

    /// Takes no new request and gives those under way until the deadline.
    void drain(Duration time) {
        stopping = true;
        routes.open().sayFarewell();
        busy.awaitIdle(time);
    }

    @Override
    public void close() {
        servers.forEach(server ->
                server.close().toCompletionStage().toCompletableFuture().join());
    }
}
