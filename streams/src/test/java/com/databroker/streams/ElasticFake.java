package com.databroker.streams;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/// Answers requests of bulk as it was told, as a cluster in trouble does, and everything else as an empty cluster.
final class ElasticFake implements AutoCloseable {
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final ConcurrentLinkedDeque<Reply> replies = new ConcurrentLinkedDeque<>();

    /// The bodies of bulk requests.
    final List<String> bulks = new CopyOnWriteArrayList<>();

    /// Everything that was asked: method, path, body.
    final List<String> requests = new CopyOnWriteArrayList<>();

    /// What it says there is.
    volatile String indexes = "[]";

    /// The heads that signed requests in.
    final List<String> signatures = new CopyOnWriteArrayList<>();

    /// @param status 0 says nothing at all, below it closes the connection
    record Reply(int status, String body) {}

    ElasticFake() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    /// The next answers to bulk; after them all is taken.
    void say(Reply... next) {
        replies.addAll(List.of(next));
    }

    /// What a cluster says of each line of a bulk.
    static Reply items(String... items) {
        return new Reply(200, "{\"errors\":true,\"items\":[" + String.join(",", items) + "]}");
    }

    static String item(int status, String type) {
        return status < 300
                ? "{\"index\":{\"status\":" + status + "}}"
                : "{\"index\":{\"status\":" + status + ",\"error\":{\"type\":\"" + type
                        + "\",\"reason\":\"because\"}}}";
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String path = exchange.getRequestURI().getPath();
        String authorization = exchange.getRequestHeaders().getFirst("Authorization");
        requests.add(exchange.getRequestMethod() + " " + path + " " + body);
        signatures.add(String.valueOf(authorization));
        Reply reply = new Reply(200, "{\"hits\":{\"total\":{\"value\":0},\"hits\":[]}}");
        if (path.equals("/_bulk")) {
            bulks.add(body);
            Reply told = replies.poll();
            reply = told == null ? new Reply(200, "{\"errors\":false}") : told;
        } else if (path.startsWith("/_cat")) {
            reply = new Reply(200, indexes);
        } else if (path.startsWith("/_index_template")
                && exchange.getRequestMethod().equals("GET")) {
            reply = new Reply(404, "{}");
        }
        if (reply.status() == 0) {
            return;
        }
        if (reply.status() < 0) {
            exchange.close();
            return;
        }
        byte[] bytes = reply.body().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(reply.status(), bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
