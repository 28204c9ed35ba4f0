package com.databroker.server;

import com.databroker.core.AmqpAddress;
import com.databroker.core.AmqpConnections;
import com.databroker.core.ObjectMessages;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.impl.ForgivingExceptionHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// Connections to the RabbitMQ of the configuration.
///
/// The library ends a connection over which a message comes that is larger than it was told to expect, and RabbitMQ
/// then delivers that message to the next. So the connection after such an end is a patient one, which takes a message
/// of any size, one at a time, until the one is out of the way.
final class AmqpFactory {
    /// A little more than a request may have, so that most of what is too large is answered and costs no connection.
    private static final int MESSAGE_MAX = 2 * ObjectMessages.REQUEST_MAX;

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final AmqpAddress address;
    private final @Nullable SSLContext tls;
    private volatile boolean patient;

    /// @param tls whom to believe, the JDK's authorities where null
    AmqpFactory(AmqpAddress address, @Nullable SSLContext tls) {
        this.address = address;
        this.tls = tls;
    }

    AmqpAddress address() {
        return address;
    }

    /// Whether the next connection takes messages of any size.
    boolean isPatient() {
        return patient;
    }

    /// What was too large for others is out of the way.
    void relieved() {
        patient = false;
    }

    Connection connect(String name) throws IOException, TimeoutException {
        ConnectionFactory factory = AmqpConnections.to(address, PATIENCE, tls);
        factory.setMaxInboundMessageBodySize(patient ? Integer.MAX_VALUE : MESSAGE_MAX);
        factory.setThreadFactory(Thread.ofPlatform().daemon().name("amqp-", 0).factory());
        factory.setExceptionHandler(new Endings());
        return AmqpConnections.open(factory, name);
    }

    /// Learns from how connections end.
    private final class Endings extends ForgivingExceptionHandler {
        @Override
        public void handleUnexpectedConnectionDriverException(Connection connection, Throwable why) {
            // What the library throws at a message that is too large.
            if (why instanceof IllegalStateException) {
                AmqpDoor.LOG
                        .atWarn()
                        .log("a message of more than {} bytes came; the next connection takes it", MESSAGE_MAX);
                patient = true;
            }
        }

        @Override
        protected void log(String message, Throwable why) {
            AmqpDoor.LOG.atDebug().setCause(why).log(message);
        }
    }
}
