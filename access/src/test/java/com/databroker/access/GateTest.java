package com.databroker.access;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class GateTest {
    private static final String SSH = "AAAAC3NzaC1lZDI1NTE5AAAAIBOdVEuCGxPr6hTxsP4YV3Ii5BXClm46NRHEGWBVIyIC";
    private static final String CURVE = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
    private static final String OWN = "a token that its owner made, 32 characters or more";

    @TempDir
    Path folder;

    private Fixture fixture;
    private NewToken token;

    @BeforeEach
    void make() {
        fixture = new Fixture(folder);
        token = fixture.token("laptop");
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private static String alice(String inside) {
        return "<user name=\"alice\">" + inside + "<grant action=\"publish\" pattern=\"builds/**\"/></user>";
    }

    private Principal shows(Credentials credentials) {
        return fixture.gate().authenticate(credentials, Fixture.HERE);
    }

    private Session admit(NewToken token, List<ProblemException> revoked) {
        return fixture.gate().admit(new Credentials.Token(token.secret()), Fixture.HERE, "zmq", revoked::add);
    }

    @Test
    void every_kind_of_credential_leads_to_its_user() {
        fixture.open(alice(Fixture.xml(token) + "<token label=\"own\" sha256=\"" + Tokens.hex(Tokens.sha256(OWN))
                + "\"/><curve-key>" + CURVE + "</curve-key><ssh-key>ssh-ed25519 " + SSH + "</ssh-key>"));
        Bytes blob = PublicKeys.ssh("ssh-ed25519 " + SSH).blob();
        assertThat(List.of(
                        new Credentials.Token(token.secret()),
                        new Credentials.Token(OWN),
                        new Credentials.UserToken("alice", token.secret()),
                        new Credentials.CurveKey(PublicKeys.curve(CURVE)),
                        new Credentials.SshKey("alice", blob)))
                .allSatisfy(credentials -> {
                    assertThat(shows(credentials).name()).isEqualTo("alice");
                    assertThat(credentials.toString())
                            .doesNotContain(token.secret())
                            .doesNotContain(OWN);
                });
        assertThat(token.toString()).doesNotContain(token.secret());
        assertThat(fixture.gate().count(Outcome.AUTHENTICATED)).isEqualTo(5);
        assertThat(token.secret()).matches("dbk_[0-9A-Za-z]{8}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}");
    }

    @Test
    void a_refusal_reads_the_same_whatever_was_wrong_and_the_audit_file_never_has_the_token() throws IOException {
        NewToken disabled = fixture.token("d");
        NewToken expired = NewToken.generate("e", fixture.clock.instant(), List.of(), fixture.random);
        fixture.open(alice(Fixture.xml(token)
                        + Fixture.xml(expired).replace("/>", " expires=\"" + expired.expires() + "\"/>"))
                + "<user name=\"bob\" disabled=\"true\">" + Fixture.xml(disabled) + "</user>");
        String secret = token.secret();
        String mistyped = secret.substring(0, 20) + (secret.charAt(20) == 'x' ? 'y' : 'x') + secret.substring(21);
        String otherSecret = Tokens.of(token.id(), Tokens.base62(fixture.random, Tokens.SECRET_LENGTH));
        List<Credentials> wrong = List.of(
                new Credentials.Token(""),
                new Credentials.Token("short"),
                new Credentials.Token("x".repeat(5000)),
                new Credentials.Token(fixture.token("unknown").secret()),
                new Credentials.Token(mistyped),
                new Credentials.Token(otherSecret),
                new Credentials.Token(expired.secret()),
                new Credentials.Token(disabled.secret()),
                new Credentials.UserToken("root", secret),
                new Credentials.UserToken(secret, secret),
                new Credentials.CurveKey(Bytes.copyOf(new byte[32])),
                new Credentials.SshKey("alice", Bytes.EMPTY),
                new Credentials.SshKey("nobody", Bytes.EMPTY),
                new Credentials.Anonymous());
        for (int i = 0; i < wrong.size(); i++) {
            Credentials credentials = wrong.get(i);
            String address = "198.51.100." + i;
            ProblemException refusal = Fixture.refusal(() -> fixture.gate().authenticate(credentials, address, "http"));
            assertThat(refusal.problem()).isEqualTo(Problem.NOT_AUTHENTICATED);
            assertThat(refusal.detail()).isEqualTo("the credentials are missing or not valid");
            assertThat(refusal).hasNoCause();
        }
        fixture.gate().deny(Principal.broker(), Action.PUBLISH, "topic/" + secret, Fixture.HERE, "http");
        assertThat(fixture.gate().count(Outcome.REFUSED)).isEqualTo(wrong.size());
        List<String> lines = fixture.auditLines();
        assertThat(lines).hasSize(wrong.size() + 1);
        assertThat(lines.get(6)).contains("\"principal\":\"alice\"", "token \\\"e\\\" has expired", "\"problem\":2001");
        String all = Files.readString(fixture.audit, StandardCharsets.UTF_8);
        for (String never :
                List.of(secret, secret.substring(13, 40), mistyped, otherSecret, expired.secret(), disabled.secret())) {
            assertThat(all).doesNotContain(never);
        }
    }

    @Test
    void failures_throttle_their_address_and_successes_and_others_cost_nothing() {
        Gate gate = fixture.open(alice(Fixture.xml(token)));
        Credentials good = new Credentials.Token(token.secret());
        Credentials bad = new Credentials.Token(fixture.token("x").secret());
        for (int i = 0; i < 100; i++) {
            assertThat(shows(good).name()).isEqualTo("alice");
            assertThat(Fixture.refusal(() -> shows(new Credentials.Anonymous())).problem())
                    .isEqualTo(Problem.NOT_AUTHENTICATED);
        }
        for (int i = 0; i < 10; i++) {
            assertThat(Fixture.refusal(() -> shows(bad)).problem()).isEqualTo(Problem.NOT_AUTHENTICATED);
        }
        for (int i = 0; i < 1000; i++) {
            assertThat(Fixture.refusal(() -> shows(good)).problem()).isEqualTo(Problem.TOO_MANY_FAILURES);
        }
        assertThat(gate.retryAfterSeconds(Fixture.HERE)).isEqualTo(10);
        assertThat(gate.retryAfterSeconds("203.0.113.9")).isZero();
        assertThat(gate.authenticate(good, "203.0.113.9").name()).isEqualTo("alice");
        assertThat(gate.count(Outcome.THROTTLED)).isEqualTo(1000);
        fixture.clock.advance(Duration.ofSeconds(10));
        assertThat(shows(good).name()).isEqualTo("alice");
    }

    @Test
    void a_denial_is_refused_counted_by_action_and_audited() {
        Gate gate = fixture.open(alice(Fixture.xml(token)));
        Principal alice = shows(new Credentials.Token(token.secret()));
        gate.require(alice, Action.PUBLISH, "builds/core", Fixture.HERE, "http");
        ProblemException refusal =
                Fixture.refusal(() -> gate.require(alice, Action.PUBLISH, "secret/\nx", Fixture.HERE, "http"));
        assertThat(refusal.problem()).isEqualTo(Problem.FORBIDDEN);
        assertThat(refusal.detail()).isEqualTo("alice has no grant to publish \"" + Text.excerpt("secret/\nx") + "\"");
        assertThat(gate.denied(Action.PUBLISH)).isEqualTo(1);
        assertThat(gate.denied(Action.READ)).isZero();
        assertThat(fixture.auditLines())
                .singleElement()
                .asString()
                .contains("\"what\":\"secret/\\nx\"", "\"problem\":2002");
    }

    @Test
    void anonymous_access_is_what_the_file_says_and_off_without() {
        Gate gate = fixture.open("");
        assertThat(gate.anonymousAllowed()).isFalse();
        fixture.write(fixture.file("<anonymous><grant action=\"read\" pattern=\"public/**\"/></anonymous>"));
        gate.reload("root");
        assertThat(gate.anonymousAllowed()).isTrue();
        Principal anonymous = shows(new Credentials.Anonymous());
        assertThat(anonymous.name()).isEqualTo("anonymous");
        assertThat(anonymous.may(Action.READ, "public/x")).isTrue();
        assertThat(anonymous.may(Action.READ, "x")).isFalse();
    }

    @Test
    void a_revoked_token_is_cut_off_when_the_file_is_reloaded() {
        NewToken other = fixture.token("other");
        Gate gate = fixture.open(alice(Fixture.xml(token) + Fixture.xml(other)));
        List<ProblemException> revoked = new ArrayList<>();
        List<ProblemException> kept = new ArrayList<>();
        Session lost = admit(token, revoked);
        Session closed = admit(token, revoked);
        Session open = admit(other, kept);
        Principal before = open.principal();
        closed.close();
        fixture.write(fixture.file(alice(Fixture.xml(other))));
        gate.reload("root");
        assertThat(revoked)
                .singleElement()
                .satisfies(why -> assertThat(why.problem()).isEqualTo(Problem.ACCESS_REVOKED));
        assertThat(lost.isOpen()).isFalse();
        assertThat(kept).isEmpty();
        assertThat(open.principal()).as("nothing changed for it").isSameAs(before);
        assertThat(gate.sessionCount()).isEqualTo(1);
        assertThat(Fixture.refusal(() -> shows(new Credentials.Token(token.secret())))
                        .problem())
                .isEqualTo(Problem.NOT_AUTHENTICATED);
        assertThat(gate.count(Outcome.REVOKED)).isEqualTo(1);
    }

    @Test
    void an_open_session_has_its_new_grants_after_a_reload() {
        Gate gate = fixture.open(alice(Fixture.xml(token)));
        Session session = admit(token, new ArrayList<>());
        assertThat(session.principal().may(Action.PUBLISH, "builds/x")).isTrue();
        fixture.write(fixture.file(alice(Fixture.xml(token)).replace("builds/**", "other/**")));
        gate.reload("root");
        assertThat(session.principal().may(Action.PUBLISH, "builds/x")).isFalse();
        assertThat(session.principal().may(Action.PUBLISH, "other/x")).isTrue();
    }

    @Test
    void a_token_that_expires_ends_its_open_session_at_the_next_sweep() {
        NewToken short1 = NewToken.generate("s", fixture.clock.instant().plusSeconds(60), List.of(), fixture.random);
        Gate gate = fixture.open(alice(Fixture.xml(short1).replace("/>", " expires=\"" + short1.expires() + "\"/>")));
        List<ProblemException> revoked = new ArrayList<>();
        admit(short1, revoked);
        fixture.clock.advance(Duration.ofSeconds(59));
        gate.sweep();
        assertThat(revoked).isEmpty();
        fixture.clock.advance(Duration.ofSeconds(1));
        gate.sweep();
        gate.sweep();
        assertThat(revoked).hasSize(1);
    }

    @Test
    void a_file_changed_on_disk_is_read_at_the_next_sweep_and_announced_once() {
        Gate gate = fixture.open("");
        List<UsersReloaded> announced = new ArrayList<>();
        gate.reloaded(announced::add);
        gate.sweep();
        assertThat(announced).isEmpty();
        fixture.write(fixture.file(alice(Fixture.xml(token))));
        gate.sweep();
        gate.sweep();
        gate.reload("root");
        assertThat(announced).containsExactly(new UsersReloaded(2, 2, "disk"));
        assertThat(shows(new Credentials.Token(token.secret())).name()).isEqualTo("alice");

        // A second change of the same size, in a moment in which the file system's clock has not moved on.
        fixture.write(fixture.file(alice(Fixture.xml(token)).replace("alice", "alicf")));
        gate.sweep();
        assertThat(shows(new Credentials.Token(token.secret())).name()).isEqualTo("alicf");

        // What was checked for someone is that one's change, whoever finds it first.
        Bytes next = fixture.file("<anonymous/>");
        gate.check(next, shows(new Credentials.Token(fixture.rootToken.secret())));
        fixture.write(next);
        gate.sweep();
        assertThat(announced).last().isEqualTo(new UsersReloaded(1, 1, "root"));
    }

    @Test
    void an_invalid_file_on_disk_leaves_the_old_one_in_force_and_is_not_announced() throws IOException {
        Gate gate = fixture.open(alice(Fixture.xml(token)));
        List<UsersReloaded> announced = new ArrayList<>();
        gate.reloaded(announced::add);
        for (String broken :
                List.of("<broker-users", "", "<x/>", fixture.file("<usr/>").utf8(), "x".repeat(2 << 20))) {
            fixture.write(Bytes.utf8(broken));
            gate.sweep();
            assertThat(Fixture.refusal(() -> gate.reload("root")).problem()).isEqualTo(Problem.USERS_FILE_INVALID);
        }
        Files.delete(fixture.users);
        gate.sweep();
        assertThat(shows(new Credentials.Token(token.secret())).name()).isEqualTo("alice");
        assertThat(announced).isEmpty();
        assertThat(gate.count(Outcome.RELOAD_FAILED)).isGreaterThanOrEqualTo(10);
        assertThat(Fixture.refusal(
                                () -> Gate.open(AccessConfig.defaults(), fixture.users, fixture.audit, fixture.clock))
                        .problem())
                .isEqualTo(Problem.USERS_FILE_INVALID);
    }

    @Test
    void whoever_sends_a_file_must_be_an_administrator_and_remain_one() {
        Gate gate = fixture.open(
                "<user name=\"second\">" + Fixture.xml(token) + "<grant action=\"admin\" pattern=\"**\"/></user>");
        Principal second = shows(new Credentials.Token(token.secret()));
        gate.check(
                fixture.file("<user name=\"second\">" + Fixture.xml(token)
                        + "<grant action=\"all\" pattern=\"**\"/></user>"),
                second);
        assertThat(Fixture.refusal(() -> gate.check(fixture.file("\n<user name=\"second\"/>"), second))
                        .findings())
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.line()).isEqualTo(4);
                    assertThat(finding.message()).startsWith("you, second, would lose admin on **");
                });
        assertThat(Fixture.refusal(() -> gate.check(fixture.file(""), second)).problem())
                .isEqualTo(Problem.USERS_FILE_INVALID);
        gate.check(fixture.file(""), Principal.broker());
        Principal little =
                new Principal("little", java.util.Set.of(), List.of(Fixture.grant("admin", "users")), List.of());
        assertThat(Fixture.refusal(() -> gate.check(fixture.file(""), little)).problem())
                .isEqualTo(Problem.FORBIDDEN);
        Bytes expiring = Bytes.utf8(
                fixture.file("").utf8().replace("\"/><grant", "\" expires=\"2026-12-31T00:00:00Z\"/><grant"));
        assertThat(Fixture.refusal(() -> gate.check(expiring, Principal.broker()))
                        .detail())
                .contains("has expired");
        fixture.write(expiring);
        gate.reload("root");
        assertThat(gate.users()).hasSize(1);
    }
}
