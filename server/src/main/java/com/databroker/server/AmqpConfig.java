package com.databroker.server;

import com.databroker.core.AmqpAddress;
import com.databroker.core.ObjectQueues;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Setting;
import com.databroker.core.Trust;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// The AMQP door: objects over a RabbitMQ.
public record AmqpConfig(
        @Setting(
                value =
                        "Address of a RabbitMQ over which objects are served, `amqps://user:password@host:5671/vhost` or"
                                + " `amqp://…`. Where none is named there is no such door.",
                variable = "AMQP_URL",
                secret = true)
        @Nullable
        String uri,

        @Setting(
                "A file of certificates in PEM: RabbitMQ's has to come from one of them. Without it, from one that Java"
                        + " knows.")
        @Nullable
        Path caFile,

        @Setting(
                value =
                        "What the names of its exchanges and queues there begin with. Brokers over the same stores share"
                                + " one, others take another.",
                otherwise = ObjectQueues.NAME)
        String name,

        @Setting(
                value = "Requests that this broker answers at one time; more wait at RabbitMQ.",
                otherwise = "64",
                min = 1,
                max = 10_000)
        int prefetch,

        @Setting(
                value = "Requests that wait at RabbitMQ; the oldest are dropped where there are more.",
                otherwise = "10000",
                min = 1,
                max = 1_000_000)
        int requestsMax,

        @Setting(
                value = "How long a request waits at RabbitMQ for a broker; then nobody wants its answer any more.",
                otherwise = "60s",
                min = 1000,
                max = 3_600_000)
        Duration requestAge,

        @Setting(
                value = "Requests that nobody could answer, kept under `<name>.dead` to be looked at; the oldest are"
                        + " dropped where there are more.",
                otherwise = "1000",
                min = 1,
                max = 1_000_000)
        int deadMax) {
    public AmqpConfig {
        if (uri != null) {
            try {
                AmqpAddress.parse(uri);
            } catch (IllegalArgumentException malformed) {
                throw new IllegalArgumentException("uri: " + malformed.getMessage(), malformed);
            }
        }
        var _ = new ObjectQueues(name);
    }

    /// Whom to believe, null for the JDK's authorities.
    ///
    /// @throws ProblemException CONFIGURATION_INVALID
    @Nullable
    SSLContext tls() {
        Path file = caFile;
        if (file == null) {
            return null;
        }
        try {
            return Trust.in(Files.readString(file, StandardCharsets.US_ASCII));
        } catch (IOException | GeneralSecurityException unreadable) {
            throw new ProblemException(
                    Problem.CONFIGURATION_INVALID,
                    "amqp.ca-file: " + file + " is missing or is no certificate in PEM",
                    unreadable);
        }
    }

    /// Never the address as it was given, which holds a password.
    @Override
    public String toString() {
        return "AmqpConfig[" + name + "]";
    }
}
