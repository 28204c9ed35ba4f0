package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A broker that is killed while several commit: whatever it acknowledged is there after the next start, and is told
/// to who was connected before and comes back.
class ObjectsKillTest {
    private static final int WRITERS = 4;
    private static final int ACKNOWLEDGED_BEFORE_KILL = 120;
    private static final int KILLS = 1;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private Path data() {
        return folder.resolve("data");
    }

    private Process start() throws IOException {
        Files.deleteIfExists(data().resolve("context.json"));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx256m",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "com.databroker.cli.Main",
                        "serve",
                        "--demo",
                        "--data",
                        data().toString(),
                        "--http.port",
                        "0",
                        "--zmq.port",
                        "0",
                        "--ssh.enabled",
                        "false",
                        "--streams.enabled",
                        "false")
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(folder.resolve("out").toFile()))
                .start();
        AttackSocket.await(
                "the broker is up", () -> Files.exists(data().resolve("context.json")) || !process.isAlive());
        assertThat(process.isAlive()).isTrue();
        return process;
    }

    private ObjectPeer connect() throws IOException {
        Map<String, ?> context = Json.parseObject(Bytes.utf8(Files.readString(data().resolve("context.json"))));
        return ObjectPeer.open(
                URI.create(String.valueOf(context.get("url"))),
                String.valueOf(context.get("token")),
                ObjectMessages.CBOR);
    }

    @Test
    void what_was_acknowledged_is_there_after_a_kill_and_is_told_to_who_comes_back() throws Exception {
        for (int round = 0; round < KILLS; round++) {
            Queue<ObjectMessage.Row> acknowledged = new ConcurrentLinkedQueue<>();
            ObjectPosition stood;
            Process broker = start();
            try {
                try (ObjectPeer listener = connect()) {
                    stood = listener.hello(null).at();
                }
                List<Thread> writers = new ArrayList<>();
                for (int i = 0; i < WRITERS; i++) {
                    writers.add(Thread.ofPlatform().start(() -> write(acknowledged)));
                }
                AttackSocket.await("commits are acknowledged", () -> acknowledged.size() >= ACKNOWLEDGED_BEFORE_KILL);
                broker.destroyForcibly();
                assertThat(broker.waitFor(20, TimeUnit.SECONDS)).isTrue();
                for (Thread writer : writers) {
                    writer.join(TimeUnit.SECONDS.toMillis(60));
                }
            } finally {
                broker.destroyForcibly().waitFor();
            }
            Process next = start();
            try (ObjectPeer back = connect()) {
                assertThat(back.hello(stood).resumed()).isTrue();
                assertAllThere(back, List.copyOf(acknowledged));
                Set<String> told = new HashSet<>();
                // Whatever it missed was told before this is answered.
                back.ok(id -> new ObjectMessage.Sync(id, stood));
                back.changes().forEach(changed -> changed.tags().forEach(tag -> told.add(tag.tag())));
                assertThat(told)
                        .containsAll(acknowledged.stream()
                                .map(ObjectMessage.Row::tag)
                                .toList());
            } finally {
                next.destroyForcibly().waitFor();
            }
        }
    }

    private void write(Queue<ObjectMessage.Row> acknowledged) {
        try (ObjectPeer peer = connect()) {
            peer.hello(null);
            while (true) {
                UUID commit = UUID.randomUUID();
                ObjectMessage.Reply reply = peer.ask(id -> new ObjectMessage.Commit(
                        id,
                        commit,
                        List.of(new ObjectMessage.Create(
                                ObjectKey.temporary(1), "Task", Map.of("title", commit.toString())))));
                acknowledged.add(((ObjectMessage.Ok) reply).rows().getFirst());
            }
        } catch (IOException | InterruptedException | RuntimeException killed) {
            // It was in the middle of something, as it should be.
        }
    }

    private static void assertAllThere(ObjectPeer peer, List<ObjectMessage.Row> rows) {
        assertThat(rows).hasSizeGreaterThanOrEqualTo(ACKNOWLEDGED_BEFORE_KILL);
        List<ObjectRef> refs = rows.stream().map(ObjectMessage.Row::ref).toList();
        ObjectMessage.Ok found = peer.ok(id -> new ObjectMessage.Get(id, refs, List.of()));
        assertThat(found.rows()).hasSameSizeAs(rows);
        for (int i = 0; i < rows.size(); i++) {
            assertThat(found.rows().get(i).fields())
                    .containsEntry("title", rows.get(i).fields().get("title"));
        }
    }
}
