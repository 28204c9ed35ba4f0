package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// PROXY protocol headers before SSH: what proxies write, and what nobody should.
final class SshProxiedTest {
    private static final String PROXY = "127.0.0.1";

    /// Of this machine too, and no proxy.
    private static final String STRANGER = "127.0.0.3";

    private static final String HELLO = "SSH-2.0-test\r\n";

    @SuppressWarnings("NullAway.Init")
    private static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static TestBroker broker;

    @BeforeAll
    static void start(@TempDir Path temporary) {
        folder = temporary;
        broker = TestBroker.start(folder.resolve("data"), settings(Map.of()));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static Map<String, String> settings(Map<String, String> more) {
        Map<String, String> all = new HashMap<>(Map.of("ssh.trusted-proxies", PROXY, "ssh.proxy-protocol", "true"));
        all.putAll(more);
        return Peers.patient(all);
    }

    private static AttackSocket connect(TestBroker to, String from) throws Exception {
        return AttackSocket.connect(to.sshPort(), from, 64 << 10);
    }

    private static byte[] with(byte[] header, String more) {
        return ZmqRaw.concat(header, AttackZmtp.latin1(more));
    }

    private static String audit() throws Exception {
        return Files.readString(folder.resolve("data/audit.log"));
    }

    @Test
    void the_address_in_the_header_is_the_clients() throws Exception {
        for (ProxyProtocolTest.Named header : ProxyProtocolTest.named(21)) {
            SshClients wrong = SshClients.withToken(broker, folder, "nobody", "wrong")
                    .behind(header.header().toArray());
            assertThat(wrong.ssh("b").status()).isEqualTo(255);
            // What the proxy does for itself it does under its own address.
            String address = header.address().startsWith("127.") ? PROXY : header.address();
            Peers.until(
                    "the audit file tells of " + address, () -> audit().contains("\"address\":\"" + address + "\""));
        }
    }

    @Test
    void who_comes_by_a_proxy_gets_in_as_without() throws Exception {
        Path sent = Files.writeString(folder.resolve("sent"), "sent");
        for (byte[] header : List.of(
                ProxyProtocolTest.version1("10.22.0.1"),
                ProxyProtocolTest.version2(
                        ProxyProtocolTest.PROXIED,
                        ProxyProtocolTest.TCP4,
                        ProxyProtocolTest.ipv4("10.22.0.2"),
                        ProxyProtocolTest.extension(200)))) {
            SshClients admin = SshClients.admin(broker, folder).behind(header);
            Peers.Result result = admin.sftp("put " + sent + " sent", "ls");
            assertThat(result.status()).as(result.output()).isZero();
        }
    }

    @Test
    void nothing_is_said_before_the_header_which_may_come_in_pieces() throws Exception {
        for (byte[] header : List.of(
                ProxyProtocolTest.version1("10.23.0.1"),
                ProxyProtocolTest.version2(
                        ProxyProtocolTest.PROXIED,
                        ProxyProtocolTest.TCP4,
                        ProxyProtocolTest.ipv4("10.23.0.2"),
                        ProxyProtocolTest.extension(20)))) {
            try (AttackSocket socket = connect(broker, PROXY)) {
                for (int i = 0; i < header.length - 1; i++) {
                    socket.send(new byte[] {header[i]});
                }
                assertThat(Peers.metric(broker, "databroker_connections{door=\"ssh\"}"))
                        .isZero();
                socket.send(new byte[] {header[header.length - 1]});
                assertThat(socket.read()).isEqualTo('S');
                socket.send("no SSH\r\n".repeat(10_000));
                assertThat(socket.readToEnd()).startsWith("SH-2.0-databroker\r\n");
            }
            Peers.until("it is gone", () -> Peers.metric(broker, "databroker_connections{door=\"ssh\"}") == 0);
        }
    }

    @ParameterizedTest
    @MethodSource("com.databroker.systemtests.ProxyProtocolTest#broken")
    void a_broken_header_ends_the_connection_unanswered(byte[] header) throws Exception {
        try (AttackSocket socket = connect(broker, PROXY)) {
            socket.trySend(with(header, HELLO));
            assertThat(socket.readToEnd()).isEmpty();
        }
        try (AttackSocket friend = connect(broker, PROXY)) {
            friend.send(with(ProxyProtocolTest.version1("10.24.0.1"), HELLO));
            assertThat(friend.read()).isEqualTo('S');
        }
    }

    @Test
    void whoever_is_no_proxy_is_closed_unread() throws Exception {
        try (AttackSocket socket = connect(broker, STRANGER)) {
            socket.trySend(with(ProxyProtocolTest.version1("10.25.0.1"), HELLO));
            assertThat(socket.readToEnd()).isEmpty();
        }
        try (AttackSocket silent = connect(broker, STRANGER)) {
            assertThat(silent.readToEnd()).isEmpty();
        }
        assertThat(audit()).doesNotContain("10.25.0.1");
    }

    @Test
    void a_second_header_names_nobody() throws Exception {
        byte[] second = ProxyProtocolTest.version1("10.26.9.9");
        SshClients wrong = SshClients.withToken(broker, folder, "forger", "wrong")
                .behind(ZmqRaw.concat(ProxyProtocolTest.version1("10.26.0.1"), second));
        assertThat(wrong.ssh("b").status()).isEqualTo(255);
        SshClients other =
                SshClients.withToken(broker, folder, "forger", "wrong").behind(ProxyProtocolTest.version1("10.26.0.2"));
        assertThat(other.ssh("b").status()).isEqualTo(255);
        Peers.until("the audit file tells", () -> audit().contains("10.26.0.2"));
        assertThat(audit()).doesNotContain("10.26.9.9");
    }

    @Test
    void a_header_that_does_not_come_ends_the_connection_in_time() throws Exception {
        byte[] half = ProxyProtocolTest.version2(
                ProxyProtocolTest.PROXIED,
                ProxyProtocolTest.TCP4,
                ProxyProtocolTest.ipv4("10.27.0.1"),
                ProxyProtocolTest.extension(500));
        try (TestBroker hasty =
                TestBroker.start(folder.resolve("hasty"), settings(Map.of("ssh.handshake-timeout", "1s")))) {
            for (int length : List.of(0, 5, 14, half.length - 1)) {
                try (AttackSocket socket = connect(hasty, PROXY)) {
                    socket.send(Arrays.copyOf(half, length));
                    assertThat(socket.readToEnd()).isEmpty();
                }
            }
            // Endless extensions are not waited for.
            try (AttackSocket socket = connect(hasty, PROXY)) {
                socket.trySend(ProxyProtocolTest.version2(
                        ProxyProtocolTest.PROXIED,
                        ProxyProtocolTest.TCP4,
                        ProxyProtocolTest.ipv4("10.27.0.1"),
                        ProxyProtocolTest.extension(60_000)));
                assertThat(socket.readToEnd()).isEmpty();
            }
        }
    }

    @Test
    void connections_and_failures_are_counted_by_the_address_in_the_header() throws Exception {
        Map<String, String> few = Map.of(
                "ssh.max-connections-per-address", "1", "access.failures-max", "3", "access.failure-refill", "1h");
        byte[] guesser = ProxyProtocolTest.version1("10.28.0.1");
        byte[] other = ProxyProtocolTest.version1("10.28.0.2");
        try (TestBroker small = TestBroker.start(folder.resolve("small"), settings(few))) {
            try (AttackSocket first = connect(small, PROXY);
                    AttackSocket second = connect(small, PROXY);
                    AttackSocket third = connect(small, PROXY)) {
                first.send(guesser);
                assertThat(first.read()).isEqualTo('S');
                second.trySend(guesser);
                assertThat(second.readToEnd()).isEmpty();
                third.send(other);
                assertThat(third.read()).isEqualTo('S');
            }
            Peers.until("they are gone", () -> Peers.metric(small, "databroker_connections{door=\"ssh\"}") == 0);
            for (int i = 0; i < 4; i++) {
                SshClients wrong =
                        SshClients.withToken(small, folder, "admin", "wrong").behind(guesser);
                assertThat(wrong.ssh("b").status()).isEqualTo(255);
                Peers.until("it is gone", () -> Peers.metric(small, "databroker_connections{door=\"ssh\"}") == 0);
            }
            assertThat(SshClients.admin(small, folder)
                            .behind(guesser)
                            .sftp("ls")
                            .status())
                    .isNotZero();
            assertThat(SshClients.admin(small, folder).behind(other).sftp("ls").status())
                    .isZero();
        }
    }
}
