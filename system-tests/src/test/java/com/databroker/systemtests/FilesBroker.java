package com.databroker.systemtests;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.Pattern;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A broker whose files plane is asked byte for byte, and somebody who hears every announcement.
final class FilesBroker implements AutoCloseable {
    private static final HttpClient HTTP = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    final TestBroker broker;
    private final Path data;
    private final DatabrokerClient listener;
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private int fences;

    private FilesBroker(TestBroker broker, Path data) {
        this.broker = broker;
        this.data = data;
        this.listener = Peers.client(broker);
    }

    static FilesBroker start(Path data, Map<String, String> settings) throws Exception {
        FilesBroker files = new FilesBroker(TestBroker.start(data, settings), data);
        for (String topics : List.of("files/**", "fence/**")) {
            files.listener.subscribe(
                    Pattern.of(topics),
                    event -> files.heard.add(
                            event.topic() + "\n" + event.payload().utf8()));
        }
        // The first fences may come before the subscription does.
        Peers.until("the listener hears", () -> {
            files.fence();
            return files.heard.poll(20, TimeUnit.MILLISECONDS) != null;
        });
        files.told();
        return files;
    }

    private String fence() {
        String fence = "fence/" + ++fences;
        listener.publish(Publication.of(Topic.of(fence), Bytes.EMPTY));
        return fence;
    }

    /// What was announced since it was asked last: `FILE CREATED a.txt`.
    List<String> told() throws InterruptedException {
        String fence = fence() + "\n";
        List<String> told = new ArrayList<>();
        while (true) {
            String event = heard.poll(Peer.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (event == null) {
                throw new AssertionError("no fence within " + Peer.PATIENCE + ", but " + told);
            }
            if (event.equals(fence)) {
                return told;
            }
            if (event.startsWith("files/")) {
                Map<String, @Nullable Object> json =
                        Json.parseObject(Bytes.utf8(event.substring(event.indexOf('\n') + 1)));
                told.add(json.get("event") + " " + json.get("path"));
            }
        }
    }

    /// One request as the administrator.
    HttpResponse<byte[]> send(String method, String path, byte[] body, String... headers)
            throws IOException, InterruptedException {
        return sendAs(broker.token(), method, path, body, headers);
    }

    HttpResponse<byte[]> send(String method, String path, String body, String... headers)
            throws IOException, InterruptedException {
        return send(method, path, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    HttpResponse<byte[]> get(String path, String... headers) throws IOException, InterruptedException {
        return send("GET", path, new byte[0], headers);
    }

    HttpResponse<byte[]> put(String path, String body, String... headers) throws IOException, InterruptedException {
        return send("PUT", path, body, headers);
    }

    /// The status of a GET, with what came.
    String text(String path, String... headers) throws IOException, InterruptedException {
        return text(get(path, headers));
    }

    static String text(HttpResponse<byte[]> answer) {
        return answer.statusCode() + " " + new String(answer.body(), StandardCharsets.UTF_8);
    }

    /// One request with a token, of nobody where it is empty.
    HttpResponse<byte[]> sendAs(String token, String method, String path, byte[] body, String... headers)
            throws IOException, InterruptedException {
        return request(broker.http(path), token, method, body, headers);
    }

    /// One request to any broker.
    static HttpResponse<byte[]> request(URI address, String token, String method, byte[] body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .timeout(Duration.ofSeconds(20))
                .method(
                        method,
                        body.length == 0 && !method.equals("PUT")
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofByteArray(body));
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    /// The head of a request for a raw socket, as the administrator.
    String head(String line, String... headers) {
        return line + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + broker.token() + "\r\n"
                + (headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n") + "\r\n";
    }

    TestBroker broker() {
        return broker;
    }

    /// The administrator's.
    String token() {
        return broker.token();
    }

    AttackSocket connect() throws IOException {
        return AttackSocket.connect(broker.httpPort());
    }

    Path folder() {
        return data.resolve("files");
    }

    /// What lies in the folder of the broker's own: nothing but drafts.
    List<String> drafts() {
        String[] names = folder().resolve(".dbk").toFile().list();
        return names == null ? List.of() : List.of(names);
    }

    /// Whether no upload left anything behind; its end is told to the client first.
    void awaitNoDrafts() {
        AttackSocket.await("no draft is left of " + drafts(), () -> drafts().isEmpty());
    }

    /// The files that the folder shows, relative, in order.
    List<String> onDisk() throws IOException {
        try (Stream<Path> all = Files.walk(folder())) {
            return all.filter(Files::isRegularFile)
                    .map(file -> folder().relativize(file).toString())
                    .filter(file -> !file.startsWith(".dbk") && !file.equals("broker_users.xml"))
                    .sorted()
                    .toList();
        }
    }

    static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(seed).nextBytes(bytes);
        return bytes;
    }

    /// A digest as the headers of RFC 9530 say it.
    static String digest(String name, byte[] bytes) {
        try {
            byte[] digest =
                    MessageDigest.getInstance(name.replace("sha", "SHA")).digest(bytes);
            return name + "=:" + Base64.getEncoder().encodeToString(digest) + ":";
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static String header(HttpResponse<?> answer, String name) {
        return answer.headers().firstValue(name).orElse("");
    }

    static int problem(HttpResponse<byte[]> answer) {
        Object number = Json.parseObject(Bytes.wrap(answer.body())).get("number");
        return number instanceof Number known ? known.intValue() : 0;
    }

    /// Settings of one rule.
    static Map<String, String> rule(String name, String path, String... keysAndValues) {
        Map<String, String> settings = new HashMap<>();
        settings.put("files.rules." + name + ".path", path);
        for (int i = 0; i < keysAndValues.length; i += 2) {
            settings.put("files.rules." + name + "." + keysAndValues[i], keysAndValues[i + 1]);
        }
        return settings;
    }

    @Override
    public void close() {
        listener.close();
        broker.close();
    }
}
