package com.databroker.cli;

import com.databroker.core.ProblemException;
import com.databroker.server.ConfigReader;
import com.databroker.server.Databroker;
import com.databroker.server.Logs;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Runs a broker until the process is asked to end.
@Command(
        footer = {
            "  databroker serve",
            "  databroker serve --http.port 0 --zmq.port 0 --ssh.port 0 --data try",
            "  databroker serve --demo",
            "  databroker serve --config databroker.yaml --set log.level=debug",
            "",
            "Ctrl-C or SIGTERM stop it within three seconds; the exit code is then 0. SIGHUP reloads, as",
            "reload does."
        })
final class ServeVerb implements Verb {
    private static final Logger LOG = LoggerFactory.getLogger(ServeVerb.class);
    private static final Duration STOP_MAX = Duration.ofSeconds(3);

    @Mixin
    private final SettingFlags settings = new SettingFlags();

    @Option(names = "--demo", description = "Keep a small store of objects to try things with; see objects types.")
    private boolean demo;

    @Option(names = "--quiet", description = "Print no screen when ready, only the log.")
    private boolean quiet;

    @Override
    public int run(Surroundings around) throws InterruptedException {
        try {
            return serve(around);
        } catch (ProblemException refused) {
            return Failures.tellStart(around, refused);
        }
    }

    private int serve(Surroundings around) throws InterruptedException {
        ConfigReader.Result read = again(around);
        Logs.configure(read.config().log());
        // One that comes during the start must not end it; what it would read again is being read.
        AtomicReference<Runnable> reload = new AtomicReference<>(() -> {});
        Hangup.hear(() -> reload(reload.get()));
        // Before the start: an end that is asked for during it is an ordered one, too.
        CompletableFuture<Databroker> started = new CompletableFuture<>();
        AtomicReference<Runnable> ending = new AtomicReference<>(() -> {});
        try (Surroundings.Hook _ = around.hooks().add(() -> {
                    ending.get().run();
                    stop(started);
                });
                Databroker broker = Databroker.start(read)) {
            started.complete(broker);
            reload.set(broker.reloadFrom(() -> again(around)));
            Training training = Training.ofNextStart();
            ending.set(training::stop);
            if (!quiet) {
                Duration since =
                        Duration.ofMillis(ManagementFactory.getRuntimeMXBean().getUptime());
                around.err().print(ServeScreen.of(broker, around, since));
                around.err().flush();
            }
            broker.await();
        } finally {
            started.cancel(false);
        }
        return Exit.OK;
    }

    private ConfigReader.Result again(Surroundings around) {
        Map<String, String> flags = settings.flags(around);
        if (demo) {
            flags.putIfAbsent("objects.demo", "true");
        }
        return ConfigReader.read(settings.file(around), around.environment(), flags);
    }

    private static void reload(Runnable reload) {
        try {
            reload.run();
        } catch (ProblemException invalid) {
            // Nobody waits for an answer to a signal.
            LOG.atError().addKeyValue("problem", invalid.line()).log("not reloaded; what was in force stays so");
        }
    }

    /// @param started never comes where the start failed
    private static void stop(CompletableFuture<Databroker> started) {
        Thread closing = Thread.ofPlatform().daemon().name("stop").start(() -> {
            try {
                started.join().close();
            } catch (CancellationException noBroker) {
                // Then there is nothing to close.
            }
        });
        try {
            if (!closing.join(STOP_MAX)) {
                LOG.atWarn().log("some work did not end within {} s and is cut off", STOP_MAX.toSeconds());
            }
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }
}
