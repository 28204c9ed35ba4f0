package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files by OpenSSH's sftp and scp.
final class SshSftpTest {
    @TempDir
    Path folder;

    private Path file(String name, int size) throws Exception {
        byte[] bytes = new byte[size];
        new SplittableRandom(size).nextBytes(bytes);
        return Files.write(folder.resolve(name), bytes);
    }

    @Test
    void what_sftp_puts_it_lists_gets_renames_and_removes_and_everybody_hears_of_it_once() throws Exception {
        Path sent = file("sent.bin", 3_000_000);
        Path back = folder.resolve("back.bin");
        try (TestBroker broker = TestBroker.start(folder.resolve("data"));
                SshHeard heard = new SshHeard(broker)) {
            SshClients admin = SshClients.admin(broker, folder);
            Peers.Result first = admin.sftp(
                    "mkdir ci",
                    "put " + sent + " ci/a.bin",
                    "put " + sent + " ci/a.bin",
                    "ls -l ci",
                    "get ci/a.bin " + back,
                    "rename ci/a.bin ci/b.bin",
                    "mkdir ci/empty",
                    "rmdir ci/empty",
                    "rm ci/b.bin",
                    "rmdir ci");
            assertThat(first.status()).as(first.output()).isZero();
            assertThat(first.output()).containsPattern("-rw-r--r--.* admin .* 3000000 .* a.bin");
            assertThat(Files.mismatch(sent, back)).isEqualTo(-1);
            assertThat(heard.until())
                    .containsExactly(
                            "FILE CREATED ci/a.bin by admin",
                            "FILE UPDATED ci/a.bin by admin",
                            "FILE CREATED ci/b.bin by admin",
                            "FILE DELETED ci/a.bin by admin",
                            "FILE DELETED ci/b.bin by admin");
            assertThat(broker.request("GET", "/files/ci/", "").statusCode()).isEqualTo(404);
        }
    }

    @Test
    void scp_carries_files_and_folders_both_ways_and_keeps_times() throws Exception {
        Path tree = Files.createDirectories(folder.resolve("tree/below"));
        Files.writeString(tree.resolve("one.txt"), "one");
        Files.writeString(folder.resolve("tree/two.txt"), "two");
        Files.setLastModifiedTime(
                folder.resolve("tree/two.txt"), java.nio.file.attribute.FileTime.fromMillis(1_000_000_000_000L));
        try (TestBroker broker = TestBroker.start(folder.resolve("data"));
                SshHeard heard = new SshHeard(broker)) {
            SshClients admin = SshClients.admin(broker, folder);
            Peers.Result up = admin.scp("-rp", folder.resolve("tree").toString(), "b:in");
            assertThat(up.status()).as(up.output()).isZero();
            assertThat(heard.until())
                    .containsExactlyInAnyOrder(
                            "FILE CREATED in/below/one.txt by admin", "FILE CREATED in/two.txt by admin");
            // Overwriting opens the old file, and leaves nothing of it.
            Files.writeString(folder.resolve("short"), "2");
            assertThat(admin.scp(folder.resolve("short").toString(), "b:in/two.txt")
                            .status())
                    .isZero();
            assertThat(broker.request("GET", "/files/in/two.txt", "").body()).isEqualTo("2");
            assertThat(admin.scp("-p", folder.resolve("tree/two.txt").toString(), "b:in/two.txt")
                            .status())
                    .isZero();
            Peers.Result down = admin.scp("-rp", "b:in", folder.resolve("back").toString());
            assertThat(down.status()).as(down.output()).isZero();
            assertThat(Files.readString(folder.resolve("back/below/one.txt"))).isEqualTo("one");
            assertThat(Files.getLastModifiedTime(folder.resolve("back/two.txt")).toMillis())
                    .isEqualTo(1_000_000_000_000L);
            Peers.Result old = admin.scp("-O", folder.resolve("short").toString(), "b:in/old");
            assertThat(old.status()).isNotZero();
            assertThat(old.output()).contains("there are no commands here: use sftp or scp");
        }
    }

    @Test
    void an_interrupted_upload_goes_on_and_a_file_can_be_appended_to() throws Exception {
        Path whole = file("whole.bin", 700_000);
        Path part =
                Files.write(folder.resolve("part.bin"), java.util.Arrays.copyOf(Files.readAllBytes(whole), 300_000));
        Path back = folder.resolve("back.bin");
        try (TestBroker broker = TestBroker.start(folder.resolve("data"))) {
            SshClients admin = SshClients.admin(broker, folder);
            Peers.Result result =
                    admin.sftp("put " + part + " x.bin", "reput " + whole + " x.bin", "get x.bin " + back);
            assertThat(result.status()).as(result.output()).isZero();
            assertThat(Files.mismatch(whole, back)).isEqualTo(-1);
        }
    }

    @Test
    void a_client_that_is_killed_while_it_uploads_leaves_nothing() throws Exception {
        Path large = file("large.bin", 20_000_000);
        try (TestBroker broker = TestBroker.start(folder.resolve("data"));
                SshHeard heard = new SshHeard(broker)) {
            broker.request("PUT", "/files/old.bin", "old");
            SshClients admin = SshClients.admin(broker, folder);
            Path drafts = folder.resolve("data/files/.dbk");
            for (String target : List.of("new.bin", "old.bin")) {
                try (Peer _ = admin.startScp("-l", "8000", large.toString(), "b:" + target)) {
                    Peers.until("bytes came", () -> bytes(drafts) > 100_000);
                }
                Peers.until("the draft is gone", () -> bytes(drafts) == 0);
            }
            assertThat(broker.request("GET", "/files/new.bin", "").statusCode()).isEqualTo(404);
            assertThat(broker.request("GET", "/files/old.bin", "").body()).isEqualTo("old");
            assertThat(heard.until()).containsExactly("FILE CREATED old.bin by admin");
        }
    }

    private static long bytes(Path drafts) throws Exception {
        long bytes = 0;
        try (var found = Files.newDirectoryStream(drafts)) {
            for (Path draft : found) {
                bytes += Files.exists(draft) ? Files.size(draft) : 0;
            }
        }
        return bytes;
    }

    @Test
    void nothing_outside_the_files_is_reached_and_links_and_pipes_are_not_there() throws Exception {
        Files.writeString(folder.resolve("secret"), "outside");
        Path hello = Files.writeString(folder.resolve("hello"), "hello");
        try (TestBroker broker = TestBroker.start(folder.resolve("data"))) {
            Path files = folder.resolve("data/files");
            Files.createSymbolicLink(files.resolve("link"), folder.resolve("secret"));
            Files.createSymbolicLink(files.resolve("out"), folder);
            assertThat(Peers.run("mkfifo", files.resolve("pipe").toString()).status())
                    .isZero();
            SshClients admin = SshClients.admin(broker, folder);
            Path back = folder.resolve("back");
            for (String line : List.of(
                    "get link " + back,
                    "get out/secret " + back,
                    "get pipe " + back,
                    "get ../secret " + back,
                    "get " + folder.resolve("secret") + " " + back,
                    "get /../../../../../../etc/passwd " + back,
                    "get .dbk " + back,
                    "get ../admin.token " + back,
                    "put " + hello + " out/secret",
                    "put " + hello + " link/x",
                    "put " + hello + " pipe",
                    "put " + hello + " .hidden",
                    "put " + hello + " .dbk/x",
                    "put " + hello + " a:b",
                    "ln -s /etc/passwd l",
                    "ln broker_users.xml l",
                    "rm broker_users.xml",
                    "rename broker_users.xml x",
                    "rename hello broker_users.xml",
                    "chown 0 hello")) {
                Peers.Result result = admin.sftp("put " + hello + " hello", line);
                assertThat(result.status()).as(line + "\n" + result.output()).isNotZero();
                assertThat(back).as(line).doesNotExist();
            }
            assertThat(Files.readString(folder.resolve("secret"))).isEqualTo("outside");
            Peers.Result listed = admin.sftp("ls -la");
            assertThat(listed.output()).doesNotContain("link", "pipe", ".dbk").contains("broker_users.xml");
        }
    }

    @Test
    void what_the_files_plane_refuses_is_said_with_its_number() throws Exception {
        Path large = file("large.bin", 5000);
        try (TestBroker broker = TestBroker.start(
                folder.resolve("data"), java.util.Map.of("files.size-max", "2KiB", "ssh.handles-max", "8"))) {
            SshClients admin = SshClients.admin(broker, folder);
            Peers.Result result = admin.sftp("put " + large + " large.bin");
            assertThat(result.status()).isNotZero();
            assertThat(result.output()).contains("[1004]", "limit files.size-max");
            assertThat(broker.request("GET", "/files/large.bin", "").statusCode())
                    .isEqualTo(404);
            Path wrong = Files.writeString(folder.resolve("wrong.xml"), "<broker-users/>");
            assertThat(admin.sftp("put " + wrong + " broker_users.xml").output())
                    .contains("[2006]");
        }
    }
}
