package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// What comes after a sign-in that is in order, and is not: each message is answered or ends the channel, nothing
/// stays open, and nothing beyond the grants is read or changed.
///
/// `-Dfuzz.seconds=3600` runs longer, `-Dfuzz.seed=…` repeats a run.
final class SshFuzzTest {
    private static final long SEED = Long.getLong("fuzz.seed", 20_261_121L);
    private static final String SECRET = "nobody-tells-4711";
    private static final String RSYNC = "rsync --server --daemon .";
    private static final int LOOK_EVERY = 100;

    @TempDir
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init")
    private SshRaw raw;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void start() throws Exception {
        broker = TestBroker.start(
                folder.resolve("data"), Peers.patient(Map.of("ssh.handles-max", "20", "files.size-max", "1MiB")));
        broker.request("PUT", "/files/out/secret.txt", SECRET);
        broker.request("PUT", "/files/pub/read.txt", "all may read this");
        broker.request("PUT", "/files/in/a", "a".repeat(100_000));
        Files.writeString(folder.resolve("secret.txt"), SECRET);
        String token = broker.user("fuzz", "read,write,delete:in/**", "read:pub/**");
        raw = new SshRaw(broker, "fuzz", token);
        log.start();
        logger().addAppender(log);
    }

    @AfterEach
    void stop() {
        logger().detachAppender(log);
        raw.close();
        broker.close();
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger("com.databroker");
    }

    @Test
    void sftp_messages_of_any_kind_are_answered_or_end_the_channel() throws Exception {
        long count = 0;
        long answers = 0;
        for (long end = end(); System.nanoTime() < end; count++) {
            byte[] said = conversation();
            try {
                SshRaw.Said heard = raw.say(SshRaw.SFTP, said);
                assertThat(heard.raw()).doesNotContain(SECRET);
                for (SshRaw.Reply reply : heard.replies()) {
                    assertThat(reply.type()).isIn(2, 101, 102, 103, 104, 105, 201);
                }
                answers += heard.replies().size();
                assertThat(log.list).noneMatch(event -> event.getLevel() == Level.ERROR);
                if (count % LOOK_EVERY == 0) {
                    nothingStays();
                }
            } catch (Exception | Error finding) {
                throw finding("sftp", said, finding);
            }
        }
        nothingStays();
        nothingBeyond();
        assertThat(answers).isGreaterThan(count);
        System.out.println("fuzz sftp: " + count + " channels, " + answers + " answers of seed " + SEED);
    }

    private static long end() {
        return System.nanoTime() + Long.getLong("fuzz.seconds", 3) * 1_000_000_000L;
    }

    private static AssertionError finding(String what, byte[] said, Throwable finding) {
        return new AssertionError(
                what + ", seed " + SEED + ", input 0x" + HexFormat.of().formatHex(said), finding);
    }

    /// Nothing that a channel held is held when it has ended.
    private void nothingStays() throws Exception {
        Peers.until("all drafts are gone", () -> {
            try (Stream<Path> drafts = Files.list(folder.resolve("data/files/.dbk"))) {
                return drafts.findAny().isEmpty();
            }
        });
        Peers.until("no file is open", () -> openFiles().isEmpty());
        assertThat(Peers.metric(broker, "databroker_file_uploads")).isZero();
    }

    private List<String> openFiles() throws IOException {
        String files = folder.resolve("data/files").toRealPath().toString();
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.map(SshFuzzTest::target)
                    .filter(target -> target.startsWith(files + "/") && !target.endsWith("/.dbk"))
                    .toList();
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException closedMeanwhile) {
            return "";
        }
    }

    private void nothingBeyond() throws Exception {
        assertThat(broker.request("GET", "/files/out/secret.txt", "").body()).isEqualTo(SECRET);
        assertThat(broker.request("GET", "/files/pub/read.txt", "").body()).isEqualTo("all may read this");
        assertThat(Files.readString(folder.resolve("secret.txt"))).isEqualTo(SECRET);
        assertThat(names("data/files")).isSubsetOf(".dbk", "broker_users.xml", "in", "out", "pub");
        assertThat(names("data/files/out")).containsExactly("secret.txt");
        assertThat(names("data/files/pub")).containsExactly("read.txt");
        assertThat(names("data")).doesNotContain("x", "new");
    }

    private List<String> names(String path) throws IOException {
        try (Stream<Path> names = Files.list(folder.resolve(path))) {
            return names.map(name -> String.valueOf(name.getFileName())).toList();
        }
    }

    private byte[] conversation() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        if (random.nextInt(10) > 0) {
            all.write(SshRaw.init());
        }
        for (int left = random.nextInt(1, 60); left > 0; left--) {
            byte[] message = SshFuzzMessages.next(random);
            all.write(random.nextInt(8) == 0 ? SshFuzzMessages.spoil(message, random) : message);
        }
        return all.toByteArray();
    }

    @Test
    void rsync_by_daemon_heads_of_any_kind_ends_and_reaches_nothing_else() throws Exception {
        String[] heads = {
            "@RSYNCD: 31.0 sha512 md5\nfiles\n--server\0--sender\0-logDtpre.iLsfxCIvu\0.\0files/\0\0",
            "@RSYNCD: 31.0\nfiles\n--server\0-logDtpre.iLsfxCIvu\0.\0files/in/\0\0",
            "@RSYNCD: 30.0\nfiles\n--server\0-s\0\0rsync\0--server\0--sender\0-r\0.\0files/out/\0\0",
            "@RSYNCD: 31.0\nfiles\n--server\0--sender\0-r\0.\0files/in/*\0files/../../secret.txt\0\0",
            "@RSYNCD: 31.0\n\n",
            "@RSYNCD: 31.0\nfiles\n--server\0--sender\0-r\0.\0files/" + "d/".repeat(1000) + "\0\0",
        };
        long count = 0;
        for (long end = end(); System.nanoTime() < end; count++) {
            byte[] said = heads[random.nextInt(heads.length)].getBytes(StandardCharsets.ISO_8859_1);
            if (count >= heads.length) {
                said = SshFuzzMessages.spoil(said, random);
            }
            try {
                assertThat(raw.say(RSYNC, said).raw()).doesNotContain(SECRET);
                assertThat(log.list).noneMatch(event -> event.getLevel() == Level.ERROR);
                if (count % LOOK_EVERY == 0) {
                    nothingStays();
                }
            } catch (Exception | Error finding) {
                throw finding("rsync", said, finding);
            }
        }
        nothingStays();
        nothingBeyond();
        assertThat(ProcessHandle.current().descendants().filter(ProcessHandle::isAlive))
                .noneMatch(process -> process.info().command().orElse("").endsWith("/rsync"));
        System.out.println("fuzz rsync: " + count + " heads of seed " + SEED);
    }

    @Test
    void commands_that_are_almost_rsync_are_refused() throws Exception {
        for (int i = 0; i < 200; i++) {
            String command = new String(
                    SshFuzzMessages.spoil(RSYNC.getBytes(StandardCharsets.US_ASCII), random),
                    StandardCharsets.ISO_8859_1);
            // A client does not send one of blanks and control characters only.
            if (!command.equals(RSYNC) && command.chars().anyMatch(c -> c > ' ')) {
                SshRaw.Said said = raw.say(command, new byte[0]);
                assertThat(said.status()).as(command).isEqualTo(1);
                assertThat(said.err()).as(command).startsWith("databroker: ");
                assertThat(said.raw()).as(command).isEmpty();
            }
        }
        nothingStays();
    }

    @Test
    void a_path_of_thousands_of_folders_ends_rsync_in_order() throws Exception {
        String deep = "@RSYNCD: 31.0\nfiles\n--server\0--sender\0-r\0.\0files/" + "d/".repeat(120_000) + "x\0\0";
        SshRaw.Said said = raw.say(RSYNC, deep.getBytes(StandardCharsets.US_ASCII));
        assertThat(said.status()).isNotNull();
        String many = "@RSYNCD: 31.0\nfiles\n--server\0--sender\0-r\0.\0"
                + Stream.iterate(0, i -> i + 1).limit(2000).map(i -> i + "/x\0").reduce("", String::concat) + "\0";
        assertThat(raw.say(RSYNC, many.getBytes(StandardCharsets.US_ASCII)).err())
                .contains("more than 1024 paths");
        nothingStays();
        assertThat(log.list).noneMatch(event -> event.getLevel() == Level.ERROR);
    }

    @Test
    void handles_are_bounded_and_those_that_are_not_there_are_refused() throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.write(SshRaw.init());
        for (int id = 1; id <= 30; id++) {
            all.write(SshRaw.open(id, "in/a", SshRaw.OPEN_READ));
        }
        all.write(SshRaw.close(31, 5));
        all.write(SshRaw.close(32, 5));
        all.write(SshRaw.open(33, "in/a", SshRaw.OPEN_READ));
        all.write(SshRaw.read(34, 1, 99_990, -1));
        all.write(SshRaw.read(35, 1, 100_000, 10));
        all.write(SshRaw.read(36, 1, Long.MAX_VALUE, -1));
        all.write(SshRaw.read(37, 1, -1, 10));
        all.write(SshRaw.write(38, 1, 0, "not open for writing"));
        all.write(SshRaw.open(39, "in/b", SshRaw.OPEN_NEW));
        all.write(SshRaw.close(40, 6));
        all.write(SshRaw.open(41, "in/b", SshRaw.OPEN_NEW));
        all.write(SshRaw.write(42, 22, Long.MAX_VALUE, "x"));
        List<SshRaw.Reply> heard = raw.say(SshRaw.SFTP, all.toByteArray()).replies();
        assertThat(heard).hasSize(43);
        for (int id = 1; id <= 42; id++) {
            assertThat(heard.get(id).id()).isEqualTo(id);
        }
        assertThat(heard.subList(1, 21)).allMatch(reply -> reply.type() == SshRaw.HANDLE);
        assertThat(heard.subList(21, 31))
                .allMatch(reply -> reply.code() == 4 && reply.body().contains("limit ssh.handles-max"));
        assertThat(codes(heard, 31, 32)).containsExactly(0, 4);
        assertThat(heard.get(33).type()).isEqualTo(SshRaw.HANDLE);
        assertThat(heard.get(34).type()).isEqualTo(SshRaw.DATA);
        assertThat(heard.get(34).body()).endsWith("a".repeat(10)).hasSize(4 + 10);
        assertThat(codes(heard, 35, 36, 37)).containsExactly(1, 1, 1);
        assertThat(codes(heard, 38, 39, 40)).containsExactly(3, 4, 0);
        assertThat(heard.get(41).type()).isEqualTo(SshRaw.HANDLE);
        assertThat(heard.get(42).body()).contains("[1004]");
        nothingStays();
    }

    private static List<Integer> codes(List<SshRaw.Reply> heard, Integer... ids) {
        return Stream.of(ids).map(id -> heard.get(id).code()).toList();
    }

    @Test
    void an_empty_folder_is_no_way_around_the_grants() throws Exception {
        broker.request("PUT", "/files/pub/empty/x", "x");
        broker.request("DELETE", "/files/pub/empty/x", "");
        Files.createDirectories(folder.resolve("data/files/pub/empty"));
        for (byte[] rename : List.of(
                SshFuzzMessages.rename(1, "pub/empty", "in/moved"),
                SshFuzzMessages.posixRename(1, "pub/empty", "in/moved"),
                SshFuzzMessages.rename(1, "in/own", "out/moved"))) {
            Files.createDirectories(folder.resolve("data/files/in/own"));
            List<SshRaw.Reply> heard =
                    raw.say(SshRaw.SFTP, ZmqRaw.concat(SshRaw.init(), rename)).replies();
            assertThat(heard.get(1).code()).isEqualTo(3);
        }
        assertThat(folder.resolve("data/files/pub/empty")).isDirectory();
        assertThat(folder.resolve("data/files/in/own")).isDirectory();
        assertThat(folder.resolve("data/files/in/moved")).doesNotExist();
        assertThat(folder.resolve("data/files/out/moved")).doesNotExist();
    }
}
