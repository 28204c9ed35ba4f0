package com.databroker.objects;

import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Opens the stores of a configuration. One that does not answer is left for later and tried until it does: after a
/// night's power cut the broker and its databases come back in any order, and nothing else of the broker waits for
/// them. What is wrong in any other way, as a password, is wrong at once.
final class ObjectOpening implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectOpening.class);
    private static final long PAUSE_SECONDS_MAX = 8;

    private final Map<String, Supplier<StoreEngine.Opened>> wanted = new LinkedHashMap<>();
    private final Set<String> away = ConcurrentHashMap.newKeySet();
    private final CountDownLatch closing = new CountDownLatch(1);

    ObjectOpening(ObjectsConfig config, Path folder, InstantSource clock, RandomGenerator random) {
        config.stores()
                .forEach((name, store) -> wanted.put(
                        name,
                        store.entities().isEmpty()
                                ? () -> plain(JdbcStore.open(name, store, config.keep(), folder, clock))
                                : () -> StoreEngines.open(
                                        new StoreEngine.Wanted(name, store, config.keep(), folder, clock, random))));
        if (config.demo()) {
            Supplier<StoreEngine.Opened> demo = () -> {
                DemoStore.fill(folder);
                return new StoreEngine.Opened(
                        JdbcStore.open(DemoStore.NAME, StoreConfig.defaults(), config.keep(), folder, clock),
                        DemoStore.methods(random));
            };
            if (wanted.put(DemoStore.NAME, demo) != null) {
                throw new ProblemException(
                        Problem.CONFIGURATION_INVALID,
                        "objects.demo: there is a store " + DemoStore.NAME + " of your own; name it otherwise");
            }
        }
    }

    private static StoreEngine.Opened plain(JdbcStore store) {
        return new StoreEngine.Opened(store, List.of());
    }

    /// Those that are there now.
    List<StoreEngine.Opened> open() {
        List<StoreEngine.Opened> there = new ArrayList<>();
        try {
            wanted.forEach((name, opening) -> {
                try {
                    there.add(opening.get());
                } catch (ProblemException failed) {
                    if (failed.problem() != Problem.STORE_UNAVAILABLE) {
                        throw failed;
                    }
                    away.add(name);
                    LOG.atWarn()
                            .addKeyValue("store", name)
                            .addKeyValue("says", failed.reason())
                            .log("does not answer; the broker begins without it and tries again");
                }
            });
            return there;
        } catch (RuntimeException failed) {
            there.forEach(one -> one.store().close());
            throw failed;
        }
    }

    /// Names of the others.
    Set<String> away() {
        return Set.copyOf(away);
    }

    /// Gives the others to `joins` as soon as they are there, each from a thread of its own.
    ///
    /// @param joins where it throws, the store is closed, and tried again
    void goOn(Consumer<StoreEngine.Opened> joins) {
        wanted.forEach((name, opening) -> {
            if (away.contains(name)) {
                Thread.ofPlatform()
                        .daemon()
                        .name("objects-opening-" + name)
                        .start(() -> untilItIsThere(name, opening, joins));
            }
        });
    }

    private void untilItIsThere(String name, Supplier<StoreEngine.Opened> opening, Consumer<StoreEngine.Opened> joins) {
        long pause = 1;
        String said = "";
        try {
            while (!closing.await(pause, TimeUnit.SECONDS)) {
                try {
                    join(name, opening, joins);
                    return;
                } catch (RuntimeException failed) {
                    said = said(name, failed, said);
                }
                pause = Math.min(PAUSE_SECONDS_MAX, 2 * pause);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    /// The log has each reason once.
    private static String said(String name, RuntimeException failed, String before) {
        String says = failed instanceof ProblemException refused ? refused.reason() : failed.toString();
        if (!says.equals(before)) {
            LOG.atWarn().addKeyValue("store", name).addKeyValue("says", says).log("is not there yet; trying again");
        }
        return says;
    }

    private void join(String name, Supplier<StoreEngine.Opened> opening, Consumer<StoreEngine.Opened> joins) {
        StoreEngine.Opened opened = opening.get();
        if (closing.getCount() == 0) {
            opened.store().close();
            return;
        }
        try {
            joins.accept(opened);
            away.remove(name);
            LOG.atInfo().addKeyValue("store", name).log("is there now");
        } catch (RuntimeException failed) {
            opened.store().close();
            throw failed;
        }
    }

    @Override
    public void close() {
        closing.countDown();
    }
}
