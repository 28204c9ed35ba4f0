package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Times of modification, by each client that sets them.
final class SshTimesTest {
    private static final long THEN = 1_000_000_000L;
    private static final String THEN_HTTP = "Sun, 09 Sep 2001 01:46:40 GMT";
    private static final long LATER = 1_234_567_890L;
    private static final String LATER_HTTP = "Fri, 13 Feb 2009 23:31:30 GMT";
    private static final int OK = 0;
    private static final int NO_SUCH_FILE = 2;
    private static final int PERMISSION_DENIED = 3;

    @TempDir
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init")
    private SshClients admin;

    @SuppressWarnings("NullAway.Init")
    private Path tree;

    @BeforeEach
    void start() throws Exception {
        broker = TestBroker.start(folder.resolve("data"));
        admin = SshClients.admin(broker, folder);
        tree = Files.createDirectories(folder.resolve("tree"));
        Files.createDirectories(tree.resolve("below"));
        for (String name : List.of("one.txt", "below/two.txt")) {
            Files.writeString(tree.resolve(name), name);
            Files.setLastModifiedTime(tree.resolve(name), FileTime.fromMillis(THEN * 1000));
        }
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    private HttpResponse<String> head(String path) throws Exception {
        HttpResponse<String> head = broker.request("HEAD", "/files/" + path, "");
        assertThat(head.statusCode()).as(path).isEqualTo(200);
        return head;
    }

    private String modified(String path) throws Exception {
        return head(path).headers().firstValue("Last-Modified").orElseThrow();
    }

    private static void done(Peers.Result result) {
        assertThat(result.status()).as(result.output()).isZero();
    }

    @Test
    void sftp_scp_and_rsync_keep_times_and_announce_each_file_once() throws Exception {
        try (SshHeard heard = new SshHeard(broker)) {
            done(admin.sftp("mkdir a", "put -p " + tree.resolve("one.txt") + " a/one.txt", "mkdir b"));
            done(admin.sftp("put -pR " + tree + " b"));
            done(admin.scp("-p", tree.resolve("one.txt").toString(), "b:c.txt"));
            done(admin.scp("-rp", tree.toString(), "b:d"));
            done(admin.rsync("-a", tree + "/", "b::files/e/"));
            List<String> paths = List.of(
                    "a/one.txt",
                    "b/tree/one.txt",
                    "b/tree/below/two.txt",
                    "c.txt",
                    "d/one.txt",
                    "d/below/two.txt",
                    "e/one.txt",
                    "e/below/two.txt");
            for (String path : paths) {
                assertThat(modified(path)).as(path).isEqualTo(THEN_HTTP);
            }
            assertThat(heard.until())
                    .containsExactlyInAnyOrderElementsOf(paths.stream()
                            .map(path -> "FILE CREATED " + path + " by admin")
                            .toList());
            // Whatever brought them, rsync finds nothing to send.
            for (String there : List.of("b/tree", "d", "e")) {
                Peers.Result again = admin.rsync("-ai", tree + "/", "b::files/" + there + "/");
                done(again);
                assertThat(again.output()).as(there).doesNotContain("<f");
            }
            assertThat(heard.until()).isEmpty();
            done(admin.sftp("get -p c.txt " + folder.resolve("back")));
            assertThat(Files.getLastModifiedTime(folder.resolve("back")).toMillis())
                    .isEqualTo(THEN * 1000);
        }
    }

    @Test
    void only_a_time_that_changed_goes_with_rsync_and_nothing_is_announced() throws Exception {
        done(admin.rsync("-a", tree + "/", "b::files/e/"));
        String etag = head("e/one.txt").headers().firstValue("ETag").orElseThrow();
        Files.setLastModifiedTime(tree.resolve("one.txt"), FileTime.fromMillis(LATER * 1000));
        try (SshHeard heard = new SshHeard(broker)) {
            // By the digest they are the same: rsync sets the time and sends nothing.
            done(admin.rsync("-ac", tree + "/", "b::files/e/"));
            assertThat(modified("e/one.txt")).isEqualTo(LATER_HTTP);
            assertThat(head("e/one.txt").headers().firstValue("ETag")).contains(etag);
            assertThat(heard.until()).isEmpty();
        }
    }

    @Test
    void a_time_that_is_set_by_path_is_kept_with_the_version_and_nothing_is_announced() throws Exception {
        for (String body : List.of("small", "large".repeat(100_000))) {
            broker.request("PUT", "/files/x.txt", body);
            HttpResponse<String> before = head("x.txt");
            String etag = before.headers().firstValue("ETag").orElseThrow();
            try (SshHeard heard = new SshHeard(broker);
                    SshRaw raw = new SshRaw(broker, "admin", broker.token())) {
                assertThat(status(raw, "x.txt", LATER)).isEqualTo(OK);
                assertThat(modified("x.txt")).isEqualTo(LATER_HTTP);
                assertThat(head("x.txt").headers().firstValue("ETag")).contains(etag);
                HttpResponse<String> got = broker.request("GET", "/files/x.txt", "");
                assertThat(got.body()).isEqualTo(body);
                assertThat(got.headers().firstValue("Last-Modified")).contains(LATER_HTTP);
                assertThat(broker.request("GET", "/files/x.txt", "", "If-Modified-Since", LATER_HTTP)
                                .statusCode())
                        .isEqualTo(304);
                done(admin.sftp("get -p x.txt " + folder.resolve("back")));
                assertThat(Files.getLastModifiedTime(folder.resolve("back")).toMillis())
                        .isEqualTo(LATER * 1000);
                assertThat(heard.until()).isEmpty();
            }
        }
        // It stays through a start, which finds nothing changed either.
        broker.close();
        broker = TestBroker.start(folder.resolve("data"));
        assertThat(modified("x.txt")).isEqualTo(LATER_HTTP);
        try (var left = Files.list(folder.resolve("data/files/.dbk"))) {
            assertThat(left).isEmpty();
        }
    }

    private static int status(SshRaw raw, String path, long seconds) throws Exception {
        SshRaw.Said said = raw.say(SshRaw.SFTP, ZmqRaw.concat(SshRaw.init(), SshRaw.setTimes(7, path, seconds)));
        SshRaw.Reply last = said.replies().getLast();
        assertThat(List.of(last.type(), last.id())).containsExactly(SshRaw.STATUS, 7);
        return last.code();
    }

    @Test
    void only_who_may_write_a_file_sets_its_time() throws Exception {
        broker.request("PUT", "/files/in/x.txt", "x");
        String before = modified("in/x.txt");
        String reads = broker.user("reader", "read:in/**");
        String writes = broker.user("writer", "write:in/**");
        String other = broker.user("other", "read,write:other/**");
        try (SshRaw reader = new SshRaw(broker, "reader", reads);
                SshRaw writer = new SshRaw(broker, "writer", writes);
                SshRaw stranger = new SshRaw(broker, "other", other)) {
            assertThat(status(reader, "in/x.txt", THEN)).isEqualTo(PERMISSION_DENIED);
            assertThat(status(stranger, "in/x.txt", THEN)).isEqualTo(NO_SUCH_FILE);
            assertThat(status(stranger, "in/nothing.txt", THEN)).isEqualTo(NO_SUCH_FILE);
            assertThat(status(stranger, "broker_users.xml", THEN)).isEqualTo(NO_SUCH_FILE);
            assertThat(status(writer, "in/nothing.txt", THEN)).isEqualTo(NO_SUCH_FILE);
            assertThat(modified("in/x.txt")).isEqualTo(before);
            assertThat(status(writer, "in/x.txt", THEN)).isEqualTo(OK);
            assertThat(modified("in/x.txt")).isEqualTo(THEN_HTTP);
        }
    }

    @Test
    void a_time_that_is_set_by_path_before_the_close_is_that_of_what_is_written() throws Exception {
        broker.request("PUT", "/files/x.txt", "old");
        try (SshRaw raw = new SshRaw(broker, "admin", broker.token())) {
            SshRaw.Said said = raw.say(
                    SshRaw.SFTP,
                    ZmqRaw.concat(
                            SshRaw.init(),
                            SshRaw.open(1, "x.txt", SshRaw.OPEN_NEW),
                            SshRaw.open(2, "new.txt", SshRaw.OPEN_NEW),
                            SshRaw.setTimes(3, "x.txt", THEN),
                            SshRaw.setTimes(4, "new.txt", LATER),
                            SshRaw.write(5, 1, 0, "fresh"),
                            SshRaw.close(6, 1),
                            SshRaw.close(7, 2)));
            assertThat(said.replies().subList(3, 8)).allMatch(reply -> reply.code() == OK);
        }
        assertThat(broker.request("GET", "/files/x.txt", "").body()).isEqualTo("fresh");
        assertThat(modified("x.txt")).isEqualTo(THEN_HTTP);
        assertThat(modified("new.txt")).isEqualTo(LATER_HTTP);
    }

    @Test
    void permissions_are_accepted_and_stay_and_folders_keep_their_own_time() throws Exception {
        done(admin.scp("-rp", tree.toString(), "b:d"));
        done(admin.sftp("chmod 600 d/one.txt", "chmod 700 d"));
        assertThat(admin.sftp("ls -l d").output()).contains("-rw-r--r--");
        try (SshRaw raw = new SshRaw(broker, "admin", broker.token())) {
            assertThat(status(raw, "d", THEN)).isEqualTo(OK);
        }
        assertThat(Files.getLastModifiedTime(folder.resolve("data/files/d")).toMillis())
                .isGreaterThan(LATER * 1000);
    }

    @Test
    void lftp_sets_times_as_it_mirrors() throws Exception {
        try (SshHeard heard = new SshHeard(broker)) {
            done(Peers.run(admin.lftpCommand("mirror -R " + tree + " m")));
            assertThat(heard.until())
                    .containsExactlyInAnyOrder(
                            "FILE CREATED m/one.txt by admin", "FILE CREATED m/below/two.txt by admin");
            assertThat(List.of(modified("m/one.txt"), modified("m/below/two.txt")))
                    .isEqualTo(Arrays.asList(THEN_HTTP, THEN_HTTP));
            // It goes by size and time: nothing is left to do.
            Peers.Result again = Peers.run(admin.lftpCommand("mirror -R -v " + tree + " m"));
            done(again);
            assertThat(again.output()).doesNotContain("Transferring");
            assertThat(heard.until()).isEmpty();
        }
    }
}
