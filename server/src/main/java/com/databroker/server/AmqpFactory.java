package com.databroker.server;

import com.databroker.core.AmqpAddress;
import com.databroker.core.AmqpConnections;
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
/// They take messages of any size: the library ends a connection over which one comes that is larger than it was told
/// to expect, and RabbitMQ then delivers that message to the next broker. One at a time is in memory, see [AmqpLine].
final class AmqpFactory {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final AmqpAddress address;
    private final @Nullable SSLContext tls;

    /// @param tls whom to believe, the JDK's authorities where null
    AmqpFactory(AmqpAddress address, @Nullable SSLContext tls) {
        this.address = address;
        this.tls = tls;
    }

    AmqpAddress address() {
        return address;
    }

    Connection connect(String name) throws IOException, TimeoutException {
        ConnectionFactory factory = AmqpConnections.to(address, PATIENCE, tls);
        factory.setMaxInboundMessageBodySize(Integer.MAX_VALUE);
        factory.setThreadFactory(Thread.ofPlatform().daemon().name("amqp-", 0).factory());
        factory.setExceptionHandler(new Quiet());
        return AmqpConnections.open(factory, name);
    }

    /// How a connection ends the door says.
    private static final class Quiet extends ForgivingExceptionHandler {
        @Override
        protected void log(String message, Throwable why) {
            AmqpDoor.LOG.atDebug().setCause(why).log(message);
        }
    }
}
