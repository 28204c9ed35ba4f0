package com.databroker.access;

import com.databroker.core.Bytes;
import com.databroker.core.Pattern;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.assertj.core.api.Assertions;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;

/// A gate over files in a folder, at a time that only the test moves.
final class Fixture implements AutoCloseable {
    static final String HERE = "192.0.2.1";

    /// The time, standing still until told otherwise.
    static final class FakeClock implements InstantSource {
        private Instant now = Instant.parse("2027-01-01T00:00:00Z");

        @Override
        public Instant instant() {
            return now;
        }

        void advance(Duration duration) {
            now = now.plus(duration);
        }
    }

    final FakeClock clock = new FakeClock();
    final RandomGenerator random = new SplittableRandom(7);
    final NewToken rootToken = token("root");
    final Path users;
    final Path audit;
    private @Nullable Gate gate;

    Fixture(Path folder) {
        users = folder.resolve("broker_users.xml");
        audit = folder.resolve("audit.jsonl");
    }

    NewToken token(String label) {
        return NewToken.generate(label, null, List.of(), random);
    }

    static String xml(NewToken token) {
        return "<token id=\"" + token.id() + "\" label=\"" + token.label() + "\" sha256=\"" + token.sha256() + "\"/>";
    }

    /// A users file with the administrator `root` and `more`.
    Bytes file(String more) {
        return Bytes.utf8("<broker-users xmlns=\"urn:databroker:users:1\">\n<user name=\"root\">" + xml(rootToken)
                + "<grant action=\"all\" pattern=\"**\"/></user>\n" + more + "\n</broker-users>\n");
    }

    void write(Bytes content) {
        try {
            Files.write(users, content.toArray());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    /// Opens the gate with that file.
    Gate open(String more) {
        write(file(more));
        gate = Gate.open(AccessConfig.defaults(), users, audit, clock);
        return gate;
    }

    Gate gate() {
        return Objects.requireNonNull(gate);
    }

    /// Closes the gate and reads what it wrote to the audit file.
    List<String> auditLines() {
        close();
        try {
            return Files.readAllLines(audit);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    @Override
    public void close() {
        if (gate != null) {
            gate.close();
        }
    }

    static ProblemException refusal(ThrowingCallable call) {
        return Objects.requireNonNull(
                Assertions.catchThrowableOfType(ProblemException.class, call), "it was not refused");
    }

    static Grant grant(String action, String pattern) {
        return new Grant(Objects.requireNonNull(Action.ofWord(action)), Pattern.of(pattern));
    }

    static X509Certificate certificate(String name) {
        try (InputStream in = resource(name)) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
        } catch (IOException | CertificateException broken) {
            throw new IllegalStateException(broken);
        }
    }

    static String pem(String name) {
        try (InputStream in = resource(name)) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (IOException broken) {
            throw new UncheckedIOException(broken);
        }
    }

    private static InputStream resource(String name) {
        return Objects.requireNonNull(Fixture.class.getResourceAsStream(name), name);
    }
}
