package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.Problem;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HexFormat;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// [DialogueFuzz] at the doors of the broker's own; at that over RabbitMQ it is in [ObjectsOverRabbitTest].
class ObjectsFuzzTest {
    private static final int ODD_THREADS = 16;

    @TempDir
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    private int threads;

    @BeforeEach
    void start() throws Exception {
        broker = TestBroker.start(folder, Peers.patient(Map.of("objects.demo", "true")));
        broker.request("GET", "/objects/Person", "");
        threads = threads();
    }

    /// Nothing that a dialogue held is held when it has ended.
    @AfterEach
    void nothingStays() throws Exception {
        try {
            Peers.until(
                    "nobody is left",
                    () -> broker.request("GET", "/connections", "").body().contains("\"connections\":[]"));
            Peers.until("nobody listens", () -> Peers.metric(broker, "databroker_object_listeners") == 0);
            Peers.until("no thread is left", () -> threads() <= threads + ODD_THREADS);
            assertThat(broker.request("GET", "/objects/Person?limit=1", "").statusCode())
                    .isEqualTo(200);
        } finally {
            broker.close();
        }
    }

    private static int threads() {
        return ManagementFactory.getThreadMXBean().getThreadCount();
    }

    /// Some do not say who they are.
    private String token(SplittableRandom random) {
        return random.nextInt(6) == 0 ? "" : broker.token();
    }

    @Test
    void whatever_is_said_over_a_websocket_is_answered_or_ends_it() {
        DialogueFuzz.run("dbo-ws", (form, random) -> new Socket(form, token(random)));
    }

    @Test
    void whatever_is_said_over_zeromq_is_answered_or_ends_it() {
        DialogueFuzz.run("dbo-zmq", (form, random) -> new Dealer(form, broker, token(random)));
    }

    @Test
    void whatever_is_posted_is_answered() {
        try (HttpClient http = HttpClient.newHttpClient()) {
            DialogueFuzz.run("dbo-http", (form, random) -> new Posts(http, form, token(random)));
        }
    }

    private final class Socket implements DialogueFuzz.Wire {
        private final ObjectMessages form;
        private final AttackWebSocket socket;

        Socket(ObjectMessages form, String token) throws IOException {
            this.form = form;
            socket = AttackWebSocket.open(
                    AttackSocket.connect(broker.httpPort()), "/objects", token, form.subprotocol());
        }

        @Override
        public void say(byte[] frame, boolean odd) {
            boolean text = (form == ObjectMessages.JSON) != odd;
            // Where it has ended already, that is heard.
            socket.socket.trySend(AttackWebSocket.frame(text ? AttackWebSocket.TEXT : AttackWebSocket.BINARY, frame));
        }

        @Override
        public @Nullable ObjectMessage hear() throws Exception {
            AttackWebSocket.Frame frame;
            try {
                frame = socket.read();
            } catch (SocketTimeoutException silent) {
                throw silent;
            } catch (IOException ended) {
                return null;
            }
            if (frame.head() == AttackWebSocket.CLOSE) {
                assertThat(frame.closeCode()).isNotEqualTo(Problem.INTERNAL.closeCode());
                return null;
            }
            return form.decodeAnswer(frame.payload());
        }

        @Override
        public void close() {
            socket.close();
        }
    }

    private static final class Dealer implements DialogueFuzz.Wire {
        private static final String ERROR = HexFormat.of().formatHex("\5ERROR".getBytes(StandardCharsets.US_ASCII));

        private final ObjectMessages form;
        private final ZmqRaw raw;

        Dealer(ObjectMessages form, TestBroker broker, String token) throws IOException {
            this.form = form;
            raw = ZmqRaw.plain(broker, "DEALER", "admin", token.isEmpty() ? broker.token() : token);
        }

        @Override
        public void say(byte[] frame, boolean odd) {
            byte[] name = ("$" + (odd ? ObjectMessages.CBOR : form).subprotocol()).getBytes(StandardCharsets.US_ASCII);
            raw.sendTo(ZmqRaw.concat(ZmqRaw.frame(1, name), ZmqRaw.frame(0, frame)));
        }

        @Override
        public @Nullable ObjectMessage hear() throws Exception {
            try {
                String name = raw.readFrame();
                while (name.equals(ZmqRaw.PING)) {
                    name = raw.readFrame();
                }
                if (name.startsWith(ERROR)) {
                    return null;
                }
                String protocol = new String(HexFormat.of().parseHex(name), StandardCharsets.UTF_8);
                return ObjectMessages.of(protocol.substring(1))
                        .decodeAnswer(Bytes.wrap(HexFormat.of().parseHex(raw.readFrame())));
            } catch (EOFException | SocketException ended) {
                return null;
            }
        }

        @Override
        public void close() throws IOException {
            raw.close();
        }
    }

    /// Each frame is a request of its own.
    private final class Posts implements DialogueFuzz.Wire {
        private final HttpClient http;
        private final ObjectMessages form;
        private final String token;
        private final Queue<ObjectMessage> answers = new ArrayDeque<>();

        Posts(HttpClient http, ObjectMessages form, String token) {
            this.http = http;
            this.form = form;
            this.token = token;
        }

        @Override
        public void say(byte[] frame, boolean odd) throws Exception {
            HttpRequest.Builder request = HttpRequest.newBuilder(broker.http("/objects/rpc"))
                    .timeout(Duration.ofSeconds(20))
                    .header("Content-Type", odd ? "text/html" : form.mediaType())
                    .POST(HttpRequest.BodyPublishers.ofByteArray(frame));
            if (!token.isEmpty()) {
                request.header("Authorization", "Bearer " + token);
            }
            HttpResponse<byte[]> response = http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            Bytes body = Bytes.wrap(response.body());
            if (response.statusCode() == 200) {
                answers.add(ObjectMessages.of(
                                response.headers().firstValue("Content-Type").orElse(""))
                        .decodeAnswer(body));
                return;
            }
            Map<String, @Nullable Object> problem = Json.parseObject(body);
            assertThat(String.valueOf(problem.get("type")))
                    .as(body.utf8())
                    .matches("/problems/\\d{4}")
                    .isNotEqualTo("/problems/" + Problem.INTERNAL.number());
        }

        /// Whatever is refused was.
        @Override
        public @Nullable ObjectMessage hear() {
            return answers.poll();
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
