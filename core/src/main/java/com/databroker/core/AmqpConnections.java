package com.databroker.core;

import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// How everybody here comes to a RabbitMQ, which needs its client in the class path.
///
/// A connection is not mended by the library, which would not tell what was lost with it: whoever holds it opens
/// another. Over TLS the name in the certificate has to be that of the address.
public final class AmqpConnections {
    private static final int HEARTBEAT_SECONDS = 10;
    private static final int END_MILLIS = 1000;

    private AmqpConnections() {}

    /// @param patience for whatever RabbitMQ has to answer
    /// @param tls whom to believe, the JDK's authorities where null; of no use where the address is without TLS
    public static ConnectionFactory to(AmqpAddress address, Duration patience, @Nullable SSLContext tls) {
        int millis = (int) Math.min(Integer.MAX_VALUE, patience.toMillis());
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost(address.host());
        factory.setPort(address.port());
        factory.setUsername(address.user());
        factory.setPassword(address.password());
        factory.setVirtualHost(address.virtualHost());
        factory.setAutomaticRecoveryEnabled(false);
        factory.setTopologyRecoveryEnabled(false);
        factory.setConnectionTimeout(millis);
        factory.setHandshakeTimeout(millis);
        factory.setChannelRpcTimeout(millis);
        factory.setShutdownTimeout(END_MILLIS);
        factory.setRequestedHeartbeat(HEARTBEAT_SECONDS);
        if (address.tls()) {
            factory.useSslProtocol(tls == null ? ofJdk() : tls);
            factory.enableHostnameVerification();
        }
        return factory;
    }

    /// Opens a connection whose messages are handed over by the thread that reads them, which saves a thread's turn for
    /// each. So whoever takes them neither waits nor asks this connection for anything.
    ///
    /// @param name by which an operator of RabbitMQ finds it
    /// @throws IOException where it is not there, or refuses
    public static Connection open(ConnectionFactory factory, String name) throws IOException, TimeoutException {
        return factory.newConnection(new InPlace(), name);
    }

    private static SSLContext ofJdk() {
        try {
            return SSLContext.getDefault();
        } catch (NoSuchAlgorithmException everyJdkHasOne) {
            throw new IllegalStateException(everyJdkHasOne);
        }
    }
}
