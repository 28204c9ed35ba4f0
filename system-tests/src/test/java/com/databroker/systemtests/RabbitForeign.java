package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectQueues;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.GetResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// Somebody with a plain AMQP client.
final class RabbitForeign implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Connection connection;
    private final Channel channel;
    private final ObjectQueues queues;
    private final String token;
    private final String queue;
    private final Queue<GetResponse> told = new ArrayDeque<>();

    /// @param name before those of exchanges and queues
    /// @param token empty for none
    RabbitForeign(RabbitPeer rabbit, String name, String token) throws Exception {
        this.queues = new ObjectQueues(name);
        this.token = token;
        connection = rabbit.connect();
        channel = connection.createChannel();
        queue = channel.queueDeclare().getQueue();
        channel.queueBind(queue, queues.changes(), "json.*");
    }

    /// Sends a request to whichever broker takes it.
    void send(String contentType, byte[] body) throws IOException {
        send(contentType, queue, body);
    }

    /// The same without saying where to answer.
    void sendWithoutReply(byte[] body) throws IOException {
        send("application/json", null, body);
    }

    private void send(String contentType, @Nullable String replyTo, byte[] body) throws IOException {
        channel.basicPublish(
                queues.requests(),
                ObjectQueues.ANY,
                new AMQP.BasicProperties.Builder()
                        .contentType(contentType)
                        .replyTo(replyTo)
                        .correlationId("mine")
                        .headers(token.isEmpty() ? Map.of() : Map.of("token", token))
                        .build(),
                body);
    }

    String ask(String json) throws Exception {
        send("application/json", Bytes.utf8(json).toArray());
        return next("");
    }

    /// The next message of the exchange, "" for an answer.
    String next(String exchange) throws Exception {
        return Bytes.wrap(message(exchange).getBody()).utf8();
    }

    /// The next answer, in whichever form it says.
    ObjectMessage answer() throws Exception {
        GetResponse got = message("");
        ObjectMessages form = ObjectQueues.form(got.getProps().getContentType());
        return Objects.requireNonNull(form).decodeAnswer(Bytes.wrap(got.getBody()));
    }

    private GetResponse message(String exchange) throws Exception {
        long end = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < end) {
            boolean before = !exchange.isEmpty() && !told.isEmpty();
            GetResponse got = before ? told.remove() : channel.basicGet(queue, true);
            if (got != null
                    && exchange.isEmpty()
                    && !got.getEnvelope().getExchange().isEmpty()) {
                // A change may be told before the answer of who made it.
                told.add(got);
            }
            if (got != null && got.getEnvelope().getExchange().equals(exchange)) {
                if (exchange.isEmpty()) {
                    assertThat(got.getProps().getCorrelationId()).isEqualTo("mine");
                }
                return got;
            }
        }
        throw new AssertionError("nothing came from \"" + exchange + "\"");
    }

    /// How many wait there.
    long count(String of) throws IOException {
        return channel.messageCount(of);
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
