package com.databroker.cli;

import com.databroker.core.AmqpAddress;
import com.databroker.core.AmqpConnections;
import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectQueues;
import com.databroker.core.ProblemException;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Over a RabbitMQ: each frame is a request with the token, and what comes is what was answered to it and, from the
/// beat that ends the answers to a hello on, what the server that said welcome tells.
final class ConformanceAmqp extends ConformanceLink {
    private final ObjectQueues queues;
    private final @Nullable String token;
    private final Connection connection;
    private final Channel channel;
    private final String queue;

    /// Where the server that is followed stood in telling at the end of its answers to the hello, -1 before.
    private long told = -1;

    private volatile String followed = "";

    ConformanceAmqp(AmqpAddress rabbit, ObjectQueues queues, @Nullable String token, ObjectMessages form)
            throws IOException {
        super(form);
        this.queues = queues;
        this.token = token;
        try {
            connection = AmqpConnections.to(rabbit, PATIENCE, null).newConnection("databroker conformance");
        } catch (TimeoutException silent) {
            throw new IOException("RabbitMQ at " + rabbit + " does not answer", silent);
        }
        channel = connection.createChannel();
        queue = channel.queueDeclare().getQueue();
        channel.queueBind(queue, queues.changes(), ObjectQueues.topic(form, "*"));
        channel.basicConsume(queue, true, new DefaultConsumer(channel) {
            @Override
            public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties around, byte[] body) {
                if (isMeant(envelope, Bytes.wrap(body))) {
                    came(Bytes.wrap(body));
                }
            }
        });
    }

    /// On the connection's own thread.
    private boolean isMeant(Envelope envelope, Bytes body) {
        ObjectMessage frame;
        try {
            frame = form().decodeAnswer(body);
        } catch (ProblemException unreadable) {
            return true;
        }
        if (envelope.getExchange().equals(queues.changes())) {
            return told >= 0
                    && ObjectQueues.server(envelope.getRoutingKey()).equals(followed)
                    && !(frame instanceof ObjectMessage.Changed changed && changed.number() <= told);
        }
        if (frame instanceof ObjectMessage.Welcome welcome) {
            followed = welcome.server();
        } else if (frame instanceof ObjectMessage.Pulse pulse && told < 0) {
            told = pulse.number();
        }
        return true;
    }

    /// A sync goes to the server that is followed, everything else to whichever takes it.
    @Override
    void send(Bytes bytes) throws IOException {
        AMQP.BasicProperties around = new AMQP.BasicProperties.Builder()
                .contentType(ObjectQueues.contentType(form()))
                .replyTo(queue)
                .headers(token == null ? Map.of() : Map.of(ObjectQueues.TOKEN, token))
                .build();
        channel.basicPublish(queues.requests(), isSync(bytes) ? followed : ObjectQueues.ANY, around, bytes.toArray());
    }

    private boolean isSync(Bytes bytes) {
        try {
            return form().decodeRequest(bytes) instanceof ObjectMessage.Sync;
        } catch (ProblemException notEvenARequest) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        connection.close();
    }
}
