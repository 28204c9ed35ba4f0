package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The broker as a process of its own, killed by strace on its way into the very system calls by which files
/// become safe and visible, while clients store, overwrite, delete and move files. `-Dkill.attempts=20` makes a
/// longer run; the figures are left in `target/kill.txt`.
final class KillTest {
    private static final int ATTEMPTS = Integer.getInteger("kill.attempts", 4);
    private static final int ATTEMPTS_MORE = 10;
    private static final int UPLOADERS = 3;
    private static final int WORLDS = 2;
    private static final int START_CALLS = 6;

    /// Where a life ends.
    private enum Kind {
        DRAFT_WRITTEN("pwrite64", "/files/\\.dbk/", 0),
        DRAFT_FORCED("fsync", "/files/\\.dbk/", 2),
        JOURNAL_WRITTEN("pwrite64", "/index/journal>", 0, "index/journal"),
        JOURNAL_FORCED("fdatasync", "/index/journal>", 0),
        PUBLISHED("renameat", "/\\.dbk>.*/files/u\\d>", 0),
        MOVED("renameat", "/files/m>.*/files/m>", 0),
        FOLDER_FORCED("fsync", "/files/(u\\d|m)>", 0, "files/u0 files/u1 files/u2 files/m"),
        DELETED("unlinkat", "/files/u\\d>", 0),
        ANSWERED("sendto", "socket:", 3);

        final String calls;
        /// What strace says of the last call.
        final Pattern last;
        /// How many of these calls a thread makes before the first request.
        final int before;
        /// Where only these calls count, separated by spaces.
        private final String paths;

        Kind(String calls, String last, int before) {
            this(calls, last, before, "");
        }

        Kind(String calls, String last, int before, String paths) {
            this.calls = calls;
            this.last = Pattern.compile(last);
            this.before = before;
            this.paths = paths;
        }

        KillBroker.Death death(Path data, int nth) {
            List<Path> only = Stream.of(paths.split(" ", -1))
                    .filter(path -> !path.isEmpty())
                    .map(data::resolve)
                    .toList();
            return new KillBroker.Death(calls, only, before + nth);
        }
    }

    /// @param alone whether one client waits for another
    /// @param again whether the start after it is killed too
    private record Life(Kind kind, int attempt, boolean alone, boolean again) {
        static Life of(Kind kind, int attempt) {
            // A subscriber hears in one order what is made in one order, unless the answer itself is cut off.
            return new Life(
                    kind, attempt, attempt % 2 == 1 && kind != Kind.ANSWERED, attempt % 4 == 2 && kind != Kind.MOVED);
        }

        int nth() {
            int nth = 1 + attempt + attempt * attempt / 2;
            // Whoever moves makes every second of these calls for it.
            return kind == Kind.MOVED ? 2 * nth : nth;
        }
    }

    /// A data folder that survives its brokers.
    private static final class World {
        final Path data;
        final List<String> java;
        final KillLedger ledger = new KillLedger();
        final Map<Kind, Integer> seen = new EnumMap<>(Kind.class);
        int kills;
        int killedAtStart;
        private int fences;

        World(Path data, List<String> java) {
            this.data = data;
            this.java = java;
        }

        /// One kill, or two, and then all that must hold.
        void run(Life life) throws Exception {
            String when = data.getFileName() + ": " + life;
            live(life.kind.death(data, life.nth()), life, when);
            boolean allTold = life.alone;
            if (life.again) {
                String calls = "pwrite64,fdatasync,fsync,renameat,unlinkat,ftruncate";
                live(new KillBroker.Death(calls, List.of(), 1 + kills % START_CALLS), life, when + " again");
                allTold = false;
            }
            try (TestBroker broker = TestBroker.start(data)) {
                check(broker, allTold, when);
            }
        }

        private void live(KillBroker.Death death, Life life, String when) throws Exception {
            boolean moves = life.kind == Kind.MOVED || (life.kind == Kind.FOLDER_FORCED && life.attempt % 2 == 0);
            try (KillBroker broker = KillBroker.start(java, data, moves, death)) {
                if (broker.awaitUp()) {
                    busy(broker, life.alone, moves);
                } else {
                    killedAtStart++;
                }
                List<String> last = broker.awaitKilled();
                kills++;
                if (last.stream().anyMatch(call -> life.kind.last.matcher(call).find())) {
                    seen.merge(life.kind, 1, Integer::sum);
                }
            } catch (AssertionError wrong) {
                throw new AssertionError(
                        when + ", " + death + ", " + ledger.wrong() + ": " + wrong.getMessage(), wrong);
            }
        }

        /// Returns when nothing is open any more and what was sent is heard.
        private void busy(KillBroker broker, boolean alone, boolean moves) throws Exception {
            KillClients clients = new KillClients(
                    ledger, Files.readString(data.resolve("admin.token")).strip());
            int port = broker.httpPort();
            int sshPort = moves ? broker.sshPort() : 0;
            try (AttackSocket events = clients.subscribe(port);
                    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                threads.submit(() -> clients.listen(events, null));
                List<Future<Boolean>> busy = new ArrayList<>();
                for (int i = 0; i < (moves ? 1 : UPLOADERS); i++) {
                    String folder = "u" + i;
                    busy.add(threads.submit(() -> {
                        if (moves) {
                            clients.move(port, sshPort, data.resolveSibling("ssh"), alone);
                        } else {
                            clients.upload(port, folder, alone);
                        }
                        return true;
                    }));
                }
                try {
                    for (Future<Boolean> each : busy) {
                        each.get();
                    }
                    assertThat(ledger.wrong()).isEmpty();
                } catch (AssertionError | ExecutionException wrong) {
                    // Otherwise it would be listened to for ever.
                    broker.kill();
                    throw wrong;
                }
            } catch (IOException killed) {
                // While it was subscribed to.
            }
        }

        private void check(TestBroker broker, boolean allTold, String when) throws Exception {
            KillClients clients = new KillClients(ledger, broker.token());
            String fence = "fence " + ++fences;
            try (AttackSocket events = clients.subscribe(broker.httpPort())) {
                assertThat(broker.request("PUT", "/files/fence", fence).statusCode())
                        .isIn(201, 204);
                clients.listen(events, KillClients.sha256(Bytes.utf8(fence).toArray()));
            }
            Path files = data.resolve("files");
            assertThat(files.resolve(".dbk").toFile().list())
                    .as("drafts, " + when)
                    .isNotNull()
                    .allMatch(name -> name.startsWith("r-"));
            Map<String, String> disk = new TreeMap<>();
            List<KillLedger.Listed> listed = new ArrayList<>();
            for (String folder : List.of("u0", "u1", "u2", KillClients.MOVED)) {
                listed.addAll(list(broker, folder));
                for (Path file : inside(files.resolve(folder))) {
                    disk.put(folder + "/" + file.getFileName(), KillClients.sha256(Files.readAllBytes(file)));
                }
            }
            ledger.check(disk, listed, allTold, when);
        }

        private static List<Path> inside(Path folder) throws IOException {
            if (!Files.exists(folder)) {
                return List.of();
            }
            try (Stream<Path> files = Files.list(folder)) {
                return files.toList();
            }
        }

        private static List<KillLedger.Listed> list(TestBroker broker, String folder) throws Exception {
            HttpResponse<String> answer = broker.request("GET", "/files/" + folder + "/?format=json", "");
            if (answer.statusCode() == 404) {
                return List.of();
            }
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
            List<KillLedger.Listed> listed = new ArrayList<>();
            if (Json.parseObject(Bytes.utf8(answer.body())).get("entries") instanceof List<?> entries) {
                for (Object entry : entries) {
                    if (entry instanceof Map<?, ?> file && file.get("version") instanceof Number version) {
                        listed.add(new KillLedger.Listed(
                                folder + "/" + file.get("name"),
                                String.valueOf(file.get("sha256")),
                                String.valueOf(file.get("etag")),
                                version.longValue()));
                    }
                }
            }
            return listed;
        }
    }

    @Test
    void killed_within_any_call_of_a_change_every_answered_one_lasts_and_is_told_and_no_file_is_half(
            @TempDir Path folder) throws Exception {
        KillBroker.needStrace();
        List<String> java = KillBroker.java(folder);
        List<Life> lives = IntStream.range(0, ATTEMPTS)
                .boxed()
                .flatMap(attempt -> Stream.of(Kind.values()).map(kind -> Life.of(kind, attempt)))
                .toList();
        List<World> worlds = new ArrayList<>();
        List<Callable<Boolean>> runs = new ArrayList<>();
        for (int i = 0; i < WORLDS; i++) {
            int first = i;
            World world = new World(
                    Files.createDirectories(folder.resolve("world" + i)).resolve("data" + i), java);
            Files.createDirectories(world.data.resolveSibling("ssh"));
            // A folder and an administrator, so that no later life makes them.
            TestBroker.start(world.data).close();
            worlds.add(world);
            runs.add(() -> {
                for (int life = first; life < lives.size(); life += WORLDS) {
                    world.run(lives.get(life));
                }
                return true;
            });
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(WORLDS)) {
            for (Future<Boolean> run : threads.invokeAll(runs)) {
                run.get();
            }
        }
        for (Kind kind : Kind.values()) {
            for (int more = 0; seen(worlds, kind) == 0 && more < ATTEMPTS_MORE; more++) {
                worlds.getFirst().run(Life.of(kind, more));
            }
        }
        tell(worlds);
        assertThat(Kind.values()).as("each kind was met").allMatch(kind -> seen(worlds, kind) > 0);
        assertThat(worlds).as("there was something to lose").allMatch(world -> world.ledger.answers() > world.kills);
    }

    private static int seen(List<World> worlds, Kind kind) {
        return worlds.stream()
                .mapToInt(world -> world.seen.getOrDefault(kind, 0))
                .sum();
    }

    private static void tell(List<World> worlds) throws IOException {
        StringBuilder figures = new StringBuilder();
        for (World world : worlds) {
            figures.append(world.kills)
                    .append(" kills, ")
                    .append(world.killedAtStart)
                    .append(" of these at the start, ")
                    .append(world.ledger.figures())
                    .append('\n');
        }
        for (Kind kind : Kind.values()) {
            figures.append(kind).append(": ").append(seen(worlds, kind)).append('\n');
        }
        Files.writeString(Path.of("target", "kill.txt"), figures);
    }
}
