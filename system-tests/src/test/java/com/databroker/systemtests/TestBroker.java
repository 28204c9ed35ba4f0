package com.databroker.systemtests;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.server.Config;
import com.databroker.server.ConfigReader;
import com.databroker.server.Databroker;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/// A broker in this process, on free ports and a folder of its own: the same root that `serve` starts.
final class TestBroker implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    private final Databroker broker;
    private final String token;

    private TestBroker(Databroker broker, String token) {
        this.broker = broker;
        this.token = token;
    }

    static TestBroker start(Path data) {
        return start(data, Map.of());
    }

    /// @param settings keys and values beside the defaults
    static TestBroker start(Path data, Map<String, String> settings) {
        Map<String, String> all =
                new HashMap<>(Map.of("data", data.toString(), "http.port", "0", "zmq.port", "0", "ssh.port", "0"));
        // Its engines take seconds to start; the tests that are about them say so.
        all.put("streams.enabled", "false");
        all.putAll(settings);
        return of(Databroker.start(Config.of(all)), data);
    }

    /// As above, from settings that were read as `serve` reads them, so that it knows where each came from.
    static TestBroker startAsServed(Path data, Map<String, String> settings) {
        Map<String, String> all =
                new HashMap<>(Map.of("data", data.toString(), "http.port", "0", "zmq.port", "0", "ssh.port", "0"));
        all.putAll(settings);
        return of(Databroker.start(ConfigReader.read(null, Map.of(), all)), data);
    }

    private static TestBroker of(Databroker started, Path data) {
        try {
            return new TestBroker(
                    started, Files.readString(data.resolve("admin.token")).strip());
        } catch (IOException missing) {
            started.close();
            throw new IllegalStateException(missing);
        }
    }

    Databroker broker() {
        return broker;
    }

    /// The administrator's.
    String token() {
        return token;
    }

    URI http(String path) {
        return URI.create(broker.httpAddress() + path);
    }

    int httpPort() {
        return broker.httpAddress().getPort();
    }

    int zmqPort() {
        return broker.zmqAddress().getPort();
    }

    int sshPort() {
        return broker.sshAddress().orElseThrow().getPort();
    }

    /// One HTTP request as the administrator.
    HttpResponse<String> request(String method, String path, String body, String... headers)
            throws IOException, InterruptedException {
        return requestAs(token, method, path, body, headers);
    }

    /// One HTTP request with a token, without one where it is empty.
    HttpResponse<String> requestAs(String bearer, String method, String path, String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(http(path))
                .timeout(Duration.ofSeconds(20))
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        if (!bearer.isEmpty()) {
            request.header("Authorization", "Bearer " + bearer);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /// Makes a user with these grants (`publish,subscribe:builds/**`) and gives its token.
    String user(String name, String... grants) throws IOException, InterruptedException {
        Map<String, Object> user = Map.of("name", name, "grants", java.util.List.of(grants));
        expect(201, request("POST", "/access/users", json(user)));
        HttpResponse<String> made = request("POST", "/access/users/" + name + "/tokens", json(Map.of("label", "test")));
        expect(201, made);
        return String.valueOf(Json.parseObject(Bytes.utf8(made.body())).get("token"));
    }

    private static String json(Map<String, Object> tree) {
        return Json.bytes(json -> Json.writeTree(json, tree)).utf8();
    }

    private static void expect(int status, HttpResponse<String> response) {
        if (response.statusCode() != status) {
            throw new AssertionError(response.statusCode() + ": " + response.body());
        }
    }

    @Override
    public void close() {
        broker.close();
    }
}
