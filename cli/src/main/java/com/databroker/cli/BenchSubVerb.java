package com.databroker.cli;

import com.databroker.client.DatabrokerClient;
import com.databroker.client.EventListener;
import com.databroker.core.Event;
import com.databroker.core.EventMessage;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Topic;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Publishes on one connection, subscribes on others, and measures the time from one to each of the others.
@Command(footer = {"  databroker bench sub", "  databroker bench sub --subscribers 10 --rate 1000"})
final class BenchSubVerb implements Verb {
    private static final int IN_FLIGHT_MAX = 1000;

    @Option(names = "--subscribers", paramLabel = "N", description = "How many connections subscribe; else 1.")
    private int subscribers = 1;

    @Mixin
    private final BenchOptions bench = new BenchOptions();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        bench.check();
        if (subscribers < 1 || subscribers > 1000) {
            throw CliException.usage("--subscribers is 1 to 1000", "leave it out for one");
        }
        Topic topic = bench.topic();
        return broker.with(around, (publisher, address) -> {
            List<DatabrokerClient> clients = new ArrayList<>();
            try {
                Receipts receipts = new Receipts(subscribers);
                for (int i = 0; i < subscribers; i++) {
                    DatabrokerClient client = address.client();
                    clients.add(client);
                    client.subscribe(Pattern.of(topic.text()), receipts);
                }
                long start = System.nanoTime();
                publish(publisher, topic, receipts, start);
                long[] nanos = receipts.await(start);
                String lost = receipts.lost.get() == 0 ? "" : ", " + receipts.lost + " lost by slow readers";
                String what = subscribers + (subscribers == 1 ? " subscriber" : " subscribers");
                bench.print(
                        around,
                        "delivered to " + what + " at " + address.described() + lost,
                        nanos,
                        receipts.last.get() - start);
                return Exit.OK;
            } finally {
                clients.forEach(DatabrokerClient::close);
            }
        });
    }

    private void publish(DatabrokerClient client, Topic topic, Receipts receipts, long start)
            throws InterruptedException {
        Queue<CompletableFuture<Position>> waiting = new ArrayDeque<>();
        for (int i = 0; i < bench.count(); i++) {
            if (waiting.size() >= IN_FLIGHT_MAX) {
                PubVerb.position(waiting.remove());
            }
            bench.pace(start, i);
            receipts.sent.set(i, System.nanoTime());
            waiting.add(client.publishAsync(bench.publication(topic, i)));
        }
        for (CompletableFuture<Position> answer : waiting) {
            PubVerb.position(answer);
        }
    }

    private final class Receipts implements EventListener {
        final AtomicLongArray sent = new AtomicLongArray(bench.count());
        final AtomicLong lost = new AtomicLong();
        final AtomicLong last = new AtomicLong();
        private final Semaphore arrived = new Semaphore(0);
        private final AtomicLong next = new AtomicLong();
        private final int expected;
        private final long[] nanos;

        Receipts(int subscribers) {
            expected = Math.multiplyExact(bench.count(), subscribers);
            nanos = new long[expected];
        }

        @Override
        public void event(Event event) {
            long now = System.nanoTime();
            int number = bench.number(event.payload());
            long slot = number < 0 ? expected : next.getAndIncrement();
            if (slot < expected) {
                nanos[(int) slot] = now - sent.get(number);
                last.accumulateAndGet(now, (a, b) -> a == 0 || b - a > 0 ? b : a);
                arrived.release();
            }
        }

        @Override
        public void gap(EventMessage.Gap gap) {
            int missing = Math.clamp(gap.lost(), 0, expected);
            lost.addAndGet(missing);
            arrived.release(missing);
        }

        /// @return the times of those that came
        long[] await(long start) throws InterruptedException {
            last.compareAndSet(0, start);
            for (int i = 0; i < expected; i++) {
                if (!arrived.tryAcquire(bench.timeout().toNanos(), TimeUnit.NANOSECONDS)) {
                    throw new ProblemException(
                            Problem.UNAVAILABLE,
                            i + " of " + expected + " events came, then none for " + bench.timeout());
                }
            }
            return Arrays.copyOf(nanos, (int) Math.min(next.get(), expected));
        }
    }
}
