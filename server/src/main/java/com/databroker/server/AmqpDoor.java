package com.databroker.server;

import com.databroker.access.Credentials;
import com.databroker.access.Gate;
import com.databroker.access.Principal;
import com.databroker.core.AmqpAddress;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectQueues;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.objects.ObjectCaller;
import com.databroker.objects.ObjectPlane;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Objects over a RabbitMQ: *dbo/1* with a queue of requests that all brokers share, and an exchange on which each
/// tells what changes. What is called how there [ObjectQueues] says.
///
/// The broker starts without it, goes on without it when it is lost, and comes back to it after pauses that grow to
/// ten seconds. One thread keeps the connection and tells; requests are answered on threads that may wait.
final class AmqpDoor implements AutoCloseable {
    static final Logger LOG = LoggerFactory.getLogger(AmqpDoor.class);
    private static final long PAUSE_MIN_MILLIS = 100;
    private static final long PAUSE_MAX_MILLIS = 10_000;

    private final ObjectPlane plane;
    private final RandomGenerator random;
    private final InstantSource clock;
    private final AmqpNews news;
    private final AmqpRequests requests;
    private final AmqpFactory factory;
    private final AmqpLine.Shared shared;
    private final LongAdder dead = new LongAdder();
    private final LongAdder connects = new LongAdder();
    private final CountDownLatch closing = new CountDownLatch(1);
    private long beatMillis;
    private volatile @Nullable AmqpLine line;
    private volatile String failure = "not connected yet";
    private boolean complained;
    private @Nullable Thread thread;

    private AmqpDoor(
            AmqpConfig config,
            String uri,
            ObjectPlane plane,
            Gate gate,
            ExecutorService blocking,
            InstantSource clock,
            RandomGenerator random) {
        this.plane = plane;
        this.random = random;
        this.clock = clock;
        this.news = new AmqpNews(new ObjectQueues(config.name()), clock);
        this.requests = new AmqpRequests(plane, gate, news);
        this.factory = new AmqpFactory(AmqpAddress.parse(uri), config.tls());
        this.shared = new AmqpLine.Shared(config, requests, news, factory, blocking, dead, plane::wake);
    }

    /// The door of the configuration, which does nothing before [#start].
    static Optional<AmqpDoor> of(
            AmqpConfig config,
            ObjectPlane plane,
            Gate gate,
            ExecutorService blocking,
            InstantSource clock,
            RandomGenerator random) {
        String uri = config.uri();
        return uri == null
                ? Optional.empty()
                : Optional.of(new AmqpDoor(config, uri, plane, gate, blocking, clock, random));
    }

    /// Nobody in particular, who hears what all may hear.
    private record Everybody(Principal principal) implements ObjectCaller {
        @Override
        public void authenticate(Credentials credentials) {
            throw new ProblemException(Problem.METHOD_UNKNOWN, "the door itself does not sign in");
        }
    }

    /// Hears of changes from now on, and connects, for which nobody waits.
    void start() {
        ObjectPlane.Greeting greeting = plane.greet(
                new Everybody(Principal.broker()), new ObjectMessage.Hello(ObjectMessage.PROTOCOL, null, null), news);
        if (!(greeting.reply() instanceof ObjectMessage.Welcome welcome)) {
            throw ((ObjectMessage.Failed) greeting.reply()).exception();
        }
        beatMillis = welcome.beatMillis();
        news.begin(welcome.server(), greeting.from());
        plane.commits(news::committed);
        thread = Thread.ofPlatform().daemon().name("amqp").start(this::run);
    }

    private void run() {
        long pause = PAUSE_MIN_MILLIS;
        try {
            while (!isClosing()) {
                long told = connects.sum();
                long since = clock.millis();
                boolean refused = false;
                try {
                    serve();
                } catch (IOException | TimeoutException | ShutdownSignalException lost) {
                    refused = lost instanceof AmqpLine.RefusedException;
                    lost(lost);
                } catch (RuntimeException failed) {
                    LOG.atError().setCause(failed).log("the AMQP door failed; it is opened again");
                    failure = String.valueOf(failed);
                }
                line = null;
                // What is refused as soon as it is connected would otherwise be tried ten times a second for ever.
                boolean served = connects.sum() > told && !(refused && clock.millis() - since < PAUSE_MAX_MILLIS);
                pause = served ? PAUSE_MIN_MILLIS : Math.min(PAUSE_MAX_MILLIS, pause * 2);
                var _ = closing.await(random.nextLong(pause / 2, pause + 1), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    private void serve() throws IOException, TimeoutException, InterruptedException {
        try (AmqpLine open = AmqpLine.open(shared)) {
            line = open;
            connects.increment();
            failure = "";
            complained = false;
            LOG.atInfo().addKeyValue("address", factory.address()).log("objects are served over RabbitMQ");
            open.tell(beatMillis, this::isClosing);
            if (isClosing()) {
                open.drain();
            }
        }
    }

    private void lost(Exception why) {
        failure = Text.excerpt(AmqpLine.reason(why));
        if (!complained && !isClosing()) {
            complained = true;
            LOG.atWarn()
                    .addKeyValue("address", factory.address())
                    .addKeyValue("why", failure)
                    .log("no connection to RabbitMQ; trying again, everything else goes on");
        }
    }

    /// As an administrator reads it.
    HealthCheck health() {
        AmqpLine now = line;
        String where = factory.address().toString();
        if (now == null) {
            return HealthCheck.failed(
                    "RabbitMQ",
                    "no connection to " + where,
                    failure,
                    "start it, or mend amqp.uri or amqp.ca-file; the rest goes on");
        }
        String blocked = now.blocked();
        if (blocked != null) {
            return HealthCheck.warning(
                    "RabbitMQ",
                    "it takes no messages from " + where,
                    blocked,
                    "give RabbitMQ memory or room on its disk: rabbitmq-diagnostics alarms");
        }
        List<String> unlike = now.unlike();
        if (!unlike.isEmpty()) {
            return HealthCheck.warning(
                    "RabbitMQ",
                    where + " has queues with other limits than amqp says",
                    "they were made with them, and RabbitMQ does not change them",
                    unlike.stream()
                            .map(queue -> "rabbitmqctl delete_queue " + queue)
                            .collect(Collectors.joining("; ", "", "; what waits in it is gone, and it is made anew")));
        }
        return HealthCheck.ok("RabbitMQ", where + ", " + requests.answered() + " requests answered");
    }

    void enter(MetricBook book) {
        book.value(Metric.OBJECT_AMQP_UP, () -> line == null ? 0 : 1);
        book.value(Metric.OBJECT_AMQP_CONNECTS, connects::sum);
        book.value(Metric.OBJECT_AMQP_REQUESTS, requests::answered);
        book.value(Metric.OBJECT_AMQP_DEAD, dead::sum);
    }

    @Override
    public void close() {
        closing.countDown();
        news.nudge();
        Thread running = thread;
        if (running != null) {
            try {
                running.join(TimeUnit.SECONDS.toMillis(5));
            } catch (InterruptedException hurry) {
                Thread.currentThread().interrupt();
            }
        }
        AmqpLine last = line;
        if (last != null) {
            last.close();
        }
    }
}
