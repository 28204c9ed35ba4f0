package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Files by the real rsync over the real ssh.
final class SshRsyncTest {
    @TempDir
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init")
    private SshClients admin;

    private Path tree() {
        return folder.resolve("tree");
    }

    @BeforeEach
    void start() throws Exception {
        broker = TestBroker.start(folder.resolve("data"), Peers.patient(Map.of()));
        admin = SshClients.admin(broker, folder);
        Files.createDirectories(tree().resolve("below"));
        Files.writeString(tree().resolve("one.txt"), "one");
        Files.writeString(tree().resolve("below/two.txt"), "two");
        Files.setLastModifiedTime(tree().resolve("one.txt"), FileTime.fromMillis(1_000_000_000_000L));
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private Peers.Result push(String... more) throws Exception {
        String[] words = java.util.Arrays.copyOf(more, more.length + 2);
        words[more.length] = tree() + "/";
        words[more.length + 1] = "b::files/ci/";
        return admin.rsync(words);
    }

    @Test
    void a_tree_goes_up_is_updated_deleted_and_comes_back_and_everybody_hears_of_it_once() throws Exception {
        try (SshHeard heard = new SshHeard(broker)) {
            Peers.Result first = push("-a");
            assertThat(first.status()).as(first.output()).isZero();
            assertThat(heard.until())
                    .containsExactlyInAnyOrder(
                            "FILE CREATED ci/one.txt by admin", "FILE CREATED ci/below/two.txt by admin");
            assertThat(push("-a").status()).isZero();
            assertThat(push("-ac").status()).isZero();
            assertThat(heard.until()).isEmpty();
            Files.writeString(tree().resolve("below/two.txt"), "changed");
            Files.delete(tree().resolve("one.txt"));
            assertThat(push("-azP", "--delete").status()).isZero();
            assertThat(heard.until())
                    .containsExactlyInAnyOrder(
                            "FILE UPDATED ci/below/two.txt by admin", "FILE DELETED ci/one.txt by admin");
            Peers.Result down =
                    admin.rsync("-a", "b::files/ci/", folder.resolve("back").toString());
            assertThat(down.status()).as(down.output()).isZero();
            assertThat(Files.readString(folder.resolve("back/below/two.txt"))).isEqualTo("changed");
            assertThat(folder.resolve("back/one.txt")).doesNotExist();
            assertThat(heard.until()).isEmpty();
        }
        Peers.until("the workspaces are gone", () -> drafts().isEmpty());
    }

    private List<Path> drafts() throws Exception {
        try (var found = Files.list(folder.resolve("data/files/.dbk"))) {
            return found.toList();
        }
    }

    @Test
    void times_are_kept_and_links_do_not_make_a_file_new() throws Exception {
        assertThat(push("-a").status()).isZero();
        Path stored = folder.resolve("data/files/ci/one.txt");
        assertThat(Files.getLastModifiedTime(stored).toMillis()).isEqualTo(1_000_000_000_000L);
        String etag = broker.request("HEAD", "/files/ci/one.txt", "")
                .headers()
                .firstValue("ETag")
                .orElseThrow();
        assertThat(push("-a").status()).isZero();
        assertThat(broker.request("HEAD", "/files/ci/one.txt", "").headers().firstValue("ETag"))
                .contains(etag);
    }

    @Test
    void a_thousand_files_are_announced_once_each() throws Exception {
        for (int i = 0; i < 1000; i++) {
            Path file = tree().resolve("d" + i % 10 + "/f" + i);
            Files.createDirectories(file.resolveSibling("."));
            Files.writeString(file, "file " + i);
        }
        try (SshHeard heard = new SshHeard(broker)) {
            Peers.Result result = push("-a");
            assertThat(result.status()).as(result.output()).isZero();
            List<String> all = heard.until();
            assertThat(all).hasSize(1002);
            assertThat(new HashSet<>(all)).hasSize(1002);
        }
    }

    @Test
    void what_a_user_may_not_is_told_by_the_broker_and_by_the_exit_status() throws Exception {
        broker.request("PUT", "/files/ci/one.txt", "old");
        broker.request("PUT", "/files/ci/other.txt", "other");
        broker.request("PUT", "/files/secret/x.txt", "secret");
        SshClients alice =
                SshClients.withToken(broker, folder, "alice", broker.user("alice", "read:ci/**", "write:ci/below/**"));
        Peers.Result up = alice.rsync("-a", "--delete", tree() + "/", "b::files/ci/");
        assertThat(up.status()).as(up.output()).isEqualTo(23);
        assertThat(up.output()).contains("ci/one.txt: [2002]", "ci/other.txt: [2002]");
        assertThat(broker.request("GET", "/files/ci/one.txt", "").body()).isEqualTo("old");
        assertThat(broker.request("GET", "/files/ci/other.txt", "").statusCode())
                .isEqualTo(200);
        assertThat(broker.request("GET", "/files/ci/below/two.txt", "").body()).isEqualTo("two");
        Peers.Result all = alice.rsync("-r", "b::files/", folder.resolve("back").toString());
        assertThat(all.status()).as(all.output()).isZero();
        assertThat(folder.resolve("back/secret")).doesNotExist();
        assertThat(folder.resolve("back/broker_users.xml")).doesNotExist();
        assertThat(Files.readString(folder.resolve("back/ci/one.txt"))).isEqualTo("old");
    }

    @Test
    void a_user_who_may_not_write_changes_no_times() throws Exception {
        broker.request("PUT", "/files/ci/one.txt", "one");
        Path stored = folder.resolve("data/files/ci/one.txt");
        FileTime before = Files.getLastModifiedTime(stored);
        SshClients reader = SshClients.withToken(broker, folder, "reader", broker.user("reader", "read:**"));
        Peers.Result up = reader.rsync("-a", tree().resolve("one.txt").toString(), "b::files/ci/");
        assertThat(up.status()).as(up.output()).isEqualTo(23);
        assertThat(Files.getLastModifiedTime(stored)).isEqualTo(before);
    }

    @Test
    void links_pipes_and_hidden_names_do_not_arrive_and_nothing_outside_is_reached() throws Exception {
        Files.createSymbolicLink(tree().resolve("link"), Path.of("/etc/passwd"));
        Files.writeString(tree().resolve(".hidden"), "hidden");
        Peers.run("mkfifo", tree().resolve("pipe").toString());
        Path files = folder.resolve("data/files");
        Files.createSymbolicLink(files.resolve("out"), folder);
        Files.writeString(folder.resolve("secret"), "outside");
        Peers.Result up = push("-a");
        assertThat(up.status()).as(up.output()).isEqualTo(23);
        for (String name : List.of("link", ".hidden", "pipe")) {
            assertThat(Files.exists(files.resolve("ci").resolve(name), java.nio.file.LinkOption.NOFOLLOW_LINKS))
                    .as(name)
                    .isFalse();
        }
        assertThat(broker.request("GET", "/files/ci/one.txt", "").statusCode()).isEqualTo(200);
        for (String from : List.of(
                "b::files/out/secret",
                "b::files/../admin.token",
                "b::files/.dbk",
                "b::data/x",
                "b:/etc/passwd",
                "b::")) {
            Path back = folder.resolve("back");
            Peers.Result down = admin.rsync("-rL", from, back.toString());
            assertThat(Files.exists(back) ? "there" : "")
                    .as(from + "\n" + down.output())
                    .isEmpty();
        }
    }

    @Test
    void options_that_would_write_into_files_are_refused() throws Exception {
        assertThat(push("-a").status()).isZero();
        for (String option : List.of(
                "--inplace",
                "--append",
                "--write-devices",
                "--temp-dir=/tmp",
                "--backup",
                "--partial-dir=/tmp",
                "--link-dest=/etc",
                "--hard-links",
                "--delay-updates",
                "--remote-option=--log-file=/tmp/x")) {
            Files.writeString(tree().resolve("one.txt"), "changed by " + option);
            Peers.Result result = push("-a", option);
            assertThat(result.status()).as(option + "\n" + result.output()).isNotZero();
            assertThat(broker.request("GET", "/files/ci/one.txt", "").body())
                    .as(option)
                    .isEqualTo("one");
        }
    }

    @Test
    void a_client_that_is_killed_leaves_whole_files_only_and_the_next_one_goes_on() throws Exception {
        byte[] bytes = new byte[8_000_000];
        new SplittableRandom(5).nextBytes(bytes);
        Files.write(tree().resolve("z-large.bin"), bytes);
        try (Peer _ = admin.startRsync("-aP", "--bwlimit=1000", tree() + "/", "b::files/ci/")) {
            Peers.until("bytes came", () -> drafts().stream().anyMatch(SshRsyncTest::hasLarge));
        }
        Peers.until("the workspace is gone", () -> drafts().isEmpty());
        assertThat(broker.request("GET", "/files/ci/z-large.bin", "").statusCode())
                .isEqualTo(404);
        assertThat(push("-aP").status()).isZero();
        assertThat(Files.readAllBytes(folder.resolve("data/files/ci/z-large.bin")))
                .isEqualTo(bytes);
    }

    private static boolean hasLarge(Path workspace) {
        try (var found = Files.walk(workspace)) {
            return found.anyMatch(path ->
                    path.toString().contains("/.z-large") && path.toFile().length() > 500_000);
        } catch (java.io.IOException | java.io.UncheckedIOException moving) {
            return false;
        }
    }
}
