package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A broker is killed within a flood of dnstap.
final class StreamsPushedKillTest {
    private static final int SAFE = 4000;
    private static final int FLOOD = 9000;

    @TempDir
    Path folder;

    private FilesServe serve() throws IOException {
        Files.createDirectories(folder.resolve("data"));
        return FilesServe.start(
                folder.resolve("data"),
                List.of(),
                "--streams.enabled",
                "true",
                "--streams.flink.checkpoint-interval",
                "500ms",
                "--streams.collectors.from.tap.kind",
                "dnstap",
                "--streams.collectors.from.tap.listen",
                "unix:" + folder.resolve("tap.sock"));
    }

    private static Map<String, @Nullable Object> get(FilesServe broker, String path) throws Exception {
        return Json.parseObject(Bytes.wrap(broker.send("GET", path, new byte[0]).body()));
    }

    private static long number(Map<String, @Nullable Object> members, String name) {
        return members.get(name) instanceof BigInteger number ? number.longValue() : -1;
    }

    /// The names of all records of a domain.
    private static List<String> names(FilesServe broker, String domain) throws Exception {
        return new String(
                        broker.send(
                                        "GET",
                                        "/streams/dns?limit=10000&q=tld:" + domain,
                                        new byte[0],
                                        "Accept",
                                        "application/x-ndjson")
                                .body(),
                        StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.replaceAll(".*\"qname\":\"([^\"]*)\".*", "$1"))
                .toList();
    }

    /// The engines take their time where others want the processor, too.
    private static void patiently(String what, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + Duration.ofMinutes(3).toNanos();
        while (!condition.call()) {
            assertThat(System.nanoTime()).as(what).isLessThan(deadline);
            LockSupport.parkNanos(50_000_000);
        }
    }

    /// Sends until the connection breaks.
    private void flood(String prefix, CountDownLatch sent) {
        try (DnstapSender endless = new DnstapSender(folder.resolve("tap.sock"))) {
            for (int i = 0; i < FLOOD; i += 50) {
                endless.queries(prefix, "flooded", i, i + 50);
                if (i > FLOOD / 3) {
                    sent.countDown();
                }
            }
        } catch (IOException killed) {
            // That is what the test is about.
            sent.countDown();
        }
    }

    @Test
    void what_was_acknowledged_into_the_spool_arrives_once_whenever_the_broker_is_killed() throws Exception {
        // Once before its engines are up, once while it brings in what came.
        for (int run = 0; run < 2; run++) {
            FilesServe broker = serve();
            // The file may be there before anybody listens, or be that of the one before.
            patiently("somebody listens at the socket", () -> DnstapSender.isHeard(folder.resolve("tap.sock")));
            if (run == 1) {
                patiently(
                        "it takes what came before", () -> number(get(broker, "/streams/dns/status"), "collected") > 0);
            }
            try (DnstapSender sender = new DnstapSender(folder.resolve("tap.sock"))) {
                sender.queries("q" + run, "safe", 0, SAFE);
                sender.finish();
            }
            CountDownLatch sent = new CountDownLatch(1);
            String prefix = "f" + run;
            Thread flood = Thread.ofPlatform().start(() -> flood(prefix, sent));
            sent.await();
            broker.kill();
            flood.join();
        }
        FilesServe broker = serve();
        try {
            patiently("all is taken", () -> {
                Map<String, @Nullable Object> status = get(broker, "/streams/dns/status");
                return String.valueOf(status.get("collectors")).contains("waitingBytes=0")
                        && number(status, "lag") == 0
                        && number(status, "hot") == number(status, "collected");
            });
            List<String> safe = names(broker, "safe");
            assertThat(safe).hasSize(2 * SAFE);
            assertThat(new HashSet<>(safe)).hasSize(2 * SAFE);
            // Of the others nobody knows how many came, but none twice.
            List<String> flooded = names(broker, "flooded");
            Set<String> once = new HashSet<>(flooded);
            assertThat(flooded).isNotEmpty().hasSize(once.size());
        } finally {
            broker.kill();
        }
    }
}
