package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Who comes in by SSH, what it may do, and what nobody may.
final class SshAccessTest {
    @TempDir
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @BeforeEach
    void start() {
        broker =
                TestBroker.start(folder.resolve("data"), Peers.patient(Map.of("ssh.max-connections-per-address", "4")));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    @ParameterizedTest
    @CsvSource({"ed25519", "ecdsa", "rsa"})
    void a_key_of_the_users_file_signs_its_user_in(String type) throws Exception {
        broker.user("alice", "read,write:a/**");
        SshClients alice = SshClients.withKey(broker, folder, "alice", "key", type);
        assertThat(alice.sftp("ls").status()).isNotZero();
        Peers.addToUser(broker, "alice", SshClients.key(folder, "key"));
        Peers.Result result = alice.sftp("ls");
        assertThat(result.status()).as(result.output()).isZero();
        // The key of one user is not that of another.
        assertThat(SshClients.withKey(broker, folder, "admin", "key", type)
                        .sftp("ls")
                        .status())
                .isNotZero();
    }

    @Test
    void wrong_and_missing_credentials_are_refused_and_counted() throws Exception {
        double before = Peers.metric(broker, "databroker_access_total{outcome=\"refused\"}");
        assertThat(SshClients.withToken(broker, folder, "admin", "guess")
                        .sftp("ls")
                        .status())
                .isNotZero();
        assertThat(SshClients.withToken(broker, folder, "nobody", broker.token())
                        .sftp("ls")
                        .status())
                .isNotZero();
        assertThat(SshClients.withKey(broker, folder, "admin", "unknown", "ed25519")
                        .sftp("ls")
                        .status())
                .isNotZero();
        assertThat(Peers.metric(broker, "databroker_access_total{outcome=\"refused\"}"))
                .isGreaterThanOrEqualTo(before + 3);
    }

    @Test
    void a_token_that_expired_is_refused() throws Exception {
        broker.user("alice", "read:a/**");
        var made = broker.request("POST", "/access/users/alice/tokens", "{\"label\":\"short\",\"expires\":\"2s\"}");
        if (made.statusCode() == 201) {
            String token = made.body().replaceAll("(?s).*\"token\":\"([^\"]+)\".*", "$1");
            SshClients alice = SshClients.withToken(broker, folder, "alice", token);
            Peers.until("the token has expired", () -> alice.sftp("ls").status() != 0);
        } else {
            throw new AssertionError(made.body());
        }
    }

    @Test
    void an_open_session_ends_within_a_second_when_its_user_goes() throws Exception {
        String token = broker.user("alice", "read:a/**");
        SshClients alice = SshClients.withToken(broker, folder, "alice", token);
        try (Peer sftp = alice.startSftp()) {
            sftp.say("pwd");
            sftp.await(line -> line.contains("working directory"));
            assertThat(broker.request("DELETE", "/access/users/alice", "").statusCode())
                    .isEqualTo(204);
            long start = System.nanoTime();
            Peers.until(
                    "the connection is closed",
                    () -> Peers.metric(broker, "databroker_connections{door=\"ssh\"}") == 0);
            assertThat(System.nanoTime() - start).isLessThan(1_000_000_000L);
            sftp.await(line -> line.contains("[2005]"));
        }
    }

    @Test
    void grants_confine_a_user() throws Exception {
        broker.request("PUT", "/files/a/one.txt", "one");
        broker.request("PUT", "/files/b/two.txt", "two");
        SshClients reader =
                SshClients.withToken(broker, folder, "reader", broker.user("reader", "read:a/**", "write:in/**"));
        Path sent = Files.writeString(folder.resolve("sent"), "sent");
        Path back = folder.resolve("back");
        assertThat(reader.sftp("ls").output()).contains("a").doesNotContain("b\n", "broker_users.xml");
        assertThat(reader.sftp("get a/one.txt " + back).status()).isZero();
        Files.delete(back);
        for (String line : java.util.List.of(
                "get b/two.txt " + back,
                "get broker_users.xml " + back,
                "ls b",
                "put " + sent + " a/one.txt",
                "put " + sent + " b/new.txt",
                "put " + sent + " broker_users.xml",
                "rm a/one.txt",
                "rename a/one.txt in/one.txt",
                "mkdir b/c",
                "rmdir a")) {
            Peers.Result result = reader.sftp(line);
            assertThat(result.status()).as(line + "\n" + result.output()).isNotZero();
            assertThat(back).as(line).doesNotExist();
        }
        assertThat(reader.sftp("put " + sent + " in/x.txt").status()).isZero();
        assertThat(reader.sftp("get in/x.txt " + back).status()).isNotZero();
        assertThat(broker.request("GET", "/files/a/one.txt", "").body()).isEqualTo("one");
    }

    @Test
    void there_is_no_shell_no_command_and_no_forwarding() throws Exception {
        SshClients admin = SshClients.admin(broker, folder);
        assertThat(admin.ssh("b").output()).contains("there is no shell here");
        for (String command : java.util.List.of(
                "id", "rsync --server -e.LsfxC . /", "rsync --server --daemon . ; id", "sh -c id", "scp -t /")) {
            Peers.Result result = admin.ssh("b", command);
            assertThat(result.status()).as(command).isNotZero();
            assertThat(result.output()).as(command).startsWith("databroker: ").doesNotContain("uid=");
        }
        assertThat(admin.ssh("-W", "127.0.0.1:" + broker.httpPort(), "b").status())
                .isNotZero();
        Peers.Result remote = admin.ssh("-N", "-oExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1", "b");
        assertThat(remote.status()).isNotZero();
    }

    @Test
    void connections_of_one_address_are_bounded() throws Exception {
        java.util.List<AttackSocket> open = new java.util.ArrayList<>();
        try {
            int port = broker.sshPort();
            for (int i = 0; i < 4; i++) {
                open.add(AttackSocket.connect(port));
            }
            Peers.until("all are counted", () -> Peers.metric(broker, "databroker_connections{door=\"ssh\"}") == 4);
            assertThat(SshClients.admin(broker, folder).sftp("ls").status()).isNotZero();
        } finally {
            for (AttackSocket socket : open) {
                socket.close();
            }
        }
        Peers.until("they are gone", () -> Peers.metric(broker, "databroker_connections{door=\"ssh\"}") == 0);
        assertThat(SshClients.admin(broker, folder).sftp("ls").status()).isZero();
    }
}
