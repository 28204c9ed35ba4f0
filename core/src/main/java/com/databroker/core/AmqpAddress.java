package com.databroker.core;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/// Where a RabbitMQ is, and as whom to come: `amqp://user:password@host:5672/vhost`, or `amqps` with TLS.
///
/// Without a user it is `guest`, which RabbitMQ takes from its own machine only; without a path the virtual host is
/// `/`.
public record AmqpAddress(boolean tls, String host, int port, String user, String password, String virtualHost) {
    private static final int PORT = 5672;
    private static final int TLS_PORT = 5671;

    /// @throws IllegalArgumentException with a sentence that does not show the text, since it may hold a password
    public static AmqpAddress parse(String text) {
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException malformed) {
            throw unreadable();
        }
        boolean tls = "amqps".equals(uri.getScheme());
        if (!(tls || "amqp".equals(uri.getScheme()))
                || uri.getHost() == null
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null) {
            throw unreadable();
        }
        String path = uri.getRawPath() == null ? "" : uri.getRawPath();
        if (path.indexOf('/', 1) > 0) {
            throw unreadable();
        }
        String info = uri.getRawUserInfo() == null ? "guest:guest" : uri.getRawUserInfo();
        int colon = info.indexOf(':');
        return new AmqpAddress(
                tls,
                uri.getHost(),
                uri.getPort() < 0 ? (tls ? TLS_PORT : PORT) : uri.getPort(),
                decoded(colon < 0 ? info : info.substring(0, colon)),
                colon < 0 ? "" : decoded(info.substring(colon + 1)),
                path.length() <= 1 ? "/" : decoded(path.substring(1)));
    }

    private static String decoded(String raw) {
        return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static IllegalArgumentException unreadable() {
        return new IllegalArgumentException(
                "the address of a RabbitMQ is amqp://user:password@host:5672/vhost or amqps://…; a / in the virtual"
                        + " host is %2F");
    }

    /// Without user and password.
    @Override
    public String toString() {
        return (tls ? "amqps://" : "amqp://") + host + ":" + port + (virtualHost.equals("/") ? "" : "/" + virtualHost);
    }
}
