package com.databroker.cli;

import com.databroker.client.DatabrokerClient;
import com.databroker.core.Pattern;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Topic;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// Publishes one event, waits until it is back, publishes the next.
@Command(footer = {"  databroker bench rtt", "  databroker bench rtt -n 1000 --size 4096"})
final class BenchRttVerb implements Verb {
    @Mixin
    private final BenchOptions bench = new BenchOptions();

    @Mixin
    private final BrokerOptions broker = new BrokerOptions();

    @Override
    public int run(Surroundings around) throws IOException, InterruptedException {
        bench.check();
        Topic topic = bench.topic();
        return broker.with(around, (client, address) -> {
            BlockingQueue<Integer> back = new LinkedBlockingQueue<>();
            client.subscribe(Pattern.of(topic.text()), event -> back.add(bench.number(event.payload())));
            long[] nanos = new long[bench.count()];
            long start = System.nanoTime();
            for (int i = 0; i < nanos.length; i++) {
                bench.pace(start, i);
                nanos[i] = once(client, topic, i, back);
            }
            bench.print(around, "there and back at " + address.described(), nanos, System.nanoTime() - start);
            return Exit.OK;
        });
    }

    private long once(DatabrokerClient client, Topic topic, int number, BlockingQueue<Integer> back)
            throws InterruptedException {
        long sent = System.nanoTime();
        var answer = client.publishAsync(bench.publication(topic, number));
        @Nullable Integer came;
        do {
            came = back.poll(bench.timeout().toNanos(), TimeUnit.NANOSECONDS);
            if (came == null) {
                PubVerb.position(answer);
                throw new ProblemException(
                        Problem.UNAVAILABLE, "event " + number + " did not come back within " + bench.timeout());
            }
        } while (came != number);
        return System.nanoTime() - sent;
    }
}
