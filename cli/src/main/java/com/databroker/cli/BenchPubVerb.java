package com.databroker.cli;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.Position;
import com.databroker.core.Topic;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Publishes as fast as the broker acknowledges, or at a rate, and measures the time to each answer.
@Command(footer = {"  databroker bench pub", "  databroker bench pub -n 100000 --size 1024 --rate 5000 -o json"})
final class BenchPubVerb implements Verb {
    private static final int IN_FLIGHT_MAX = 1000;

    @Mixin
    private final BenchOptions bench = new BenchOptions();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        bench.check();
        Topic topic = bench.topic();
        return broker.with(around, (client, address) -> {
            // The connection is made before the clock runs.
            client.publish(bench.publication(topic, 0));
            long[] nanos = new long[bench.count()];
            long start = System.nanoTime();
            publish(client, topic, nanos, start);
            bench.print(
                    around, "published to " + topic + " at " + address.described(), nanos, System.nanoTime() - start);
            return Exit.OK;
        });
    }

    private void publish(DatabrokerClient client, Topic topic, long[] nanos, long start) throws InterruptedException {
        Queue<CompletableFuture<Position>> waiting = new ArrayDeque<>();
        for (int i = 0; i < nanos.length; i++) {
            if (waiting.size() >= IN_FLIGHT_MAX) {
                PubVerb.position(waiting.remove());
            }
            bench.pace(start, i);
            int number = i;
            long sent = System.nanoTime();
            waiting.add(client.publishAsync(bench.publication(topic, i)).thenApply(position -> {
                nanos[number] = System.nanoTime() - sent;
                return position;
            }));
        }
        for (CompletableFuture<Position> answer : waiting) {
            PubVerb.position(answer);
        }
    }
}
