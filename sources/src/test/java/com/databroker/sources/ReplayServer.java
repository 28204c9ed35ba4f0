package com.databroker.sources;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.zip.GZIPOutputStream;

/// Plays what servers of sources answer, and remembers who asked what and when.
final class ReplayServer implements AutoCloseable {
    /// @param at by the clock of the test
    record Asked(Instant at, String path, Map<String, String> headers) {}

    enum Way {
        WHOLE,
        /// Ends before its length.
        CUT,
        /// Does not end.
        SLOW
    }

    record Reply(int status, Map<String, String> headers, String body, Way way) {
        static Reply of(int status, String body) {
            return new Reply(status, Map.of(), body, Way.WHOLE);
        }

        static Reply ok(String body) {
            return of(200, body);
        }

        Reply with(String name, String value) {
            Map<String, String> more = new LinkedHashMap<>(headers);
            more.put(name, value);
            return new Reply(status, more, body, way);
        }

        Reply by(Way other) {
            return new Reply(status, headers, body, other);
        }
    }

    private final InstantSource clock;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final CountDownLatch end = new CountDownLatch(1);
    private final Map<String, Deque<Reply>> script = new HashMap<>();
    private Function<Asked, Reply> otherwise = asked -> Reply.of(404, "nothing at " + asked.path());
    final List<Asked> log = new CopyOnWriteArrayList<>();

    ReplayServer(InstantSource clock) throws IOException {
        this.clock = clock;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    /// The next answer at a path with its query; the last one stays.
    ReplayServer play(String path, Reply... replies) {
        synchronized (script) {
            script.computeIfAbsent(path, fresh -> new ArrayDeque<>()).addAll(List.of(replies));
        }
        return this;
    }

    void otherwise(Function<Asked, Reply> function) {
        otherwise = function;
    }

    List<String> paths() {
        return log.stream().map(Asked::path).toList();
    }

    private void handle(HttpExchange exchange) throws IOException {
        Map<String, String> headers = new HashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(java.util.Locale.ROOT), values.get(0)));
        Asked asked = new Asked(clock.instant(), exchange.getRequestURI().toString(), headers);
        log.add(asked);
        Reply reply = reply(asked);
        reply.headers().forEach((name, value) -> exchange.getResponseHeaders().add(name, value));
        byte[] body = bytes(reply);
        long length = reply.way() == Way.WHOLE ? body.length : body.length + 1000;
        exchange.sendResponseHeaders(reply.status(), length == 0 || reply.status() == 304 ? -1 : length);
        OutputStream out = exchange.getResponseBody();
        out.write(reply.status() == 304 ? new byte[0] : body);
        out.flush();
        if (reply.way() == Way.WHOLE) {
            exchange.close();
            return;
        }
        try {
            if (reply.way() == Way.SLOW) {
                end.await();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        // The server closes a connection whose handler fails.
        throw new IOException("cut off");
    }

    private Reply reply(Asked asked) {
        synchronized (script) {
            Deque<Reply> replies = script.get(asked.path());
            if (replies == null || replies.isEmpty()) {
                return otherwise.apply(asked);
            }
            return replies.size() > 1 ? replies.remove() : replies.element();
        }
    }

    private static byte[] bytes(Reply reply) throws IOException {
        boolean latin = reply.headers().getOrDefault("Content-Type", "").contains("iso-8859-1");
        byte[] bytes = reply.body().getBytes(latin ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8);
        return "gzip".equals(reply.headers().get("Content-Encoding")) ? gzip(bytes) : bytes;
    }

    static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    @Override
    public void close() {
        end.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
