package com.databroker.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Problem;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `alice.pem` and `server.pem` are by `ca.pem`, `mallory.pem` by `other-ca.pem`; all three are of CN=alice,O=Example
/// and valid until 2036, the CA until 2046.
final class CertificatesTest {
    private static final String SUBJECT = "<authority name=\"company\">\n" + Fixture.pem("ca.pem")
            + "</authority><user name=\"alice\"><certificate subject=\"cn=Alice, o=Example\" authority=\"company\"/>"
            + "<grant action=\"read\" pattern=\"a\"/></user>";

    @TempDir
    Path folder;

    private Fixture fixture;

    @BeforeEach
    void open() {
        fixture = new Fixture(folder);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private Principal shows(String... names) {
        List<X509Certificate> chain = new ArrayList<>();
        for (String name : names) {
            chain.add(Fixture.certificate(name));
        }
        return fixture.gate().authenticate(new Credentials.Certificate(chain), Fixture.HERE);
    }

    private void assertRefused(String... names) {
        assertThat(Fixture.refusal(() -> shows(names)).problem()).isEqualTo(Problem.NOT_AUTHENTICATED);
    }

    @Test
    void a_certificate_is_recognised_by_its_subject_under_its_authority_only() {
        fixture.open(SUBJECT);
        assertThat(shows("alice.pem").name()).isEqualTo("alice");
        assertThat(shows("alice.pem", "ca.pem").name()).isEqualTo("alice");
        assertRefused("mallory.pem");
        assertRefused("server.pem");
        assertRefused("ca.pem");
        assertRefused("mallory.pem", "ca.pem");
        assertRefused();
        fixture.clock.advance(Duration.ofDays(3700));
        assertRefused("alice.pem");
    }

    @Test
    void a_certificate_is_recognised_by_its_fingerprint_within_its_dates() {
        X509Certificate alice = Fixture.certificate("alice.pem");
        String fingerprint = Tokens.hex(CertificateChains.fingerprint(alice).toArray());
        fixture.open("<user name=\"alice\"><certificate sha256=\"" + fingerprint + "\"/></user>");
        assertThat(shows("alice.pem").name()).isEqualTo("alice");
        assertRefused("mallory.pem");
        fixture.clock.advance(Duration.ofDays(3700));
        assertRefused("alice.pem");
    }

    @Test
    void a_session_ends_when_its_certificate_expires_and_survives_a_reload_before() {
        Gate gate = fixture.open(SUBJECT);
        List<String> ended = new ArrayList<>();
        Session session = gate.admit(
                new Credentials.Certificate(List.of(Fixture.certificate("alice.pem"))),
                Fixture.HERE,
                "http",
                why -> ended.add(why.detail()));
        assertThat(session.until())
                .isBetween(Instant.parse("2036-01-01T00:00:00Z"), Instant.parse("2037-01-01T00:00:00Z"));
        fixture.write(fixture.file(SUBJECT + "<anonymous/>"));
        gate.reload("root");
        assertThat(session.isOpen()).isTrue();
        fixture.clock.advance(Duration.ofDays(3700));
        gate.sweep();
        assertThat(ended).containsExactly("the credential has expired");
    }
}
