package com.databroker.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/// Whatever is done to files, whenever the process is killed or the power cut: what was promised holds.
///
/// Each seed is one machine and several of its lives. With one thread a seed tells all; with four the order
/// of their steps is the scheduler's. `-Dcrash.stops=20000 -Dcrash.seed=7` makes a longer run from another seed;
/// the figures are left in `target/random-crash-*.txt`.
class RandomCrashTest {
    private static final int STOPS = Integer.getInteger("crash.stops", 2200);
    private static final long SEED = Long.getLong("crash.seed", 1);
    private static final int LIVES = 10;
    private static final int WORK = 30;
    private static final int STOP_WITHIN = 500;

    @Test
    void one_thread_stopped_anywhere_finds_everything_it_was_promised() throws Exception {
        run(1);
    }

    @Test
    void four_threads_stopped_anywhere_find_everything_they_were_promised() throws Exception {
        run(4);
    }

    private static void run(int threads) throws Exception {
        CrashModel.Totals totals = new CrashModel.Totals();
        long seed = SEED;
        try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
            while (totals.stops < STOPS / 2) {
                new Machines(seed, threads, executor, totals).run();
                seed++;
            }
        }
        Files.writeString(Path.of("target", "random-crash-" + threads + ".txt"), totals + "\n");
        assertThat(totals.acknowledged).isGreaterThan(totals.stops);
        assertThat(totals.repeated).isPositive();
    }

    /// One seed.
    private static final class Machines {
        private final SplittableRandom random;
        private final ExecutorService executor;
        private final CrashModel.Totals totals;
        private final Machine machine;
        private final CrashModel model;
        private final List<CrashWorker> workers;
        private final String name;
        private int life;

        Machines(long seed, int threads, ExecutorService executor, CrashModel.Totals totals) throws Exception {
            this.random = new SplittableRandom(seed);
            this.executor = executor;
            this.totals = totals;
            this.name = "seed " + seed + ", " + threads + " threads";
            machine = new Machine(random.nextBoolean() ? 1 : 1000, new Faults());
            model = new CrashModel(machine, totals);
            workers = java.util.stream.IntStream.range(0, threads)
                    .mapToObj(i -> new CrashWorker("t" + i, machine, model, random.split()))
                    .toList();
        }

        void run() throws Exception {
            for (life = 0; life < LIVES; life++) {
                machine.faults.stopAt(machine.faults.operations().size() + 1 + random.nextInt(STOP_WITHIN));
                work();
                if (!machine.faults.isStopped() && random.nextInt(3) == 0) {
                    restart();
                } else {
                    stop();
                }
            }
        }

        private String where() {
            return name + ", life " + life;
        }

        private void work() throws Exception {
            List<Callable<Void>> work = workers.stream()
                    .map(worker -> (Callable<Void>) () -> {
                        worker.work(WORK, where());
                        return null;
                    })
                    .toList();
            for (Future<Void> done : executor.invokeAll(work)) {
                done.get();
            }
        }

        /// Ends as an operator ends it: nothing is left to tell.
        private void restart() throws Exception {
            machine.faults.stopAt(Long.MAX_VALUE);
            int before = machine.announced.size();
            machine.plane().close();
            machine.kill(new Faults());
            assertThat(machine.announced).as("told again, " + where()).hasSize(before);
            model.verify(false, "restarted, " + where());
        }

        private void stop() throws Exception {
            machine.faults.stop();
            boolean power = false;
            while (true) {
                // Some stop again while they start.
                Faults next = random.nextInt(4) == 0 ? new Faults().stopAt(1 + random.nextInt(12)) : new Faults();
                boolean cut = random.nextBoolean();
                power |= cut;
                totals.stops++;
                try {
                    if (cut) {
                        machine.crash(random.split(), next);
                    } else {
                        machine.kill(next);
                    }
                } catch (Faults.Stopped asPlanned) {
                    continue;
                }
                next.stopAt(Long.MAX_VALUE);
                model.verify(power, (power ? "power cut, " : "killed, ") + where());
                return;
            }
        }
    }
}
