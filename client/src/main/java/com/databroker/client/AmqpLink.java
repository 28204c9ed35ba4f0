package com.databroker.client;

import com.databroker.core.AmqpAddress;
import com.databroker.core.AmqpConnections;
import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectQueues;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import com.rabbitmq.client.impl.ForgivingExceptionHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/// A link over a RabbitMQ: requests to whichever broker takes them, news from the one that said welcome.
///
/// A queue of its own, which ends with it, gets the answers and, from before its hello on, what every broker tells.
/// [AmqpStream] makes of the latter what a connection to one broker would have told.
final class AmqpLink implements ObjectLink {
    /// What is needed to make one.
    ///
    /// @param tls which certificates to trust, the platform's where null
    record Route(
            AmqpAddress address,
            ObjectQueues queues,
            @Nullable SSLContext tls) {}

    private static final int TOLD_MAX = 100_000;
    private static final long BYTES_MAX = 64L << 20;
    private static final int END_MILLIS = 1000;
    private static final int MARGIN = 1 << 16;
    private static final ObjectMessages FORM = ObjectMessages.CBOR;

    private final Owner owner;
    private final Settings settings;
    private final Route route;
    private final Timer timer;

    private final AmqpStream stream;

    // Guards what follows.
    private final Object lock = new Object();
    private final Queue<Outgoing> waiting = new ConcurrentLinkedQueue<>();
    private long bytes;
    private boolean ended;
    private @Nullable Connection connection;
    private @Nullable Thread writer;

    /// Held by whoever publishes; there is one channel for it.
    private final ReentrantLock pen = new ReentrantLock();

    /// Something is left to the writer.
    private final Semaphore left = new Semaphore(0);

    private volatile @Nullable Publishing publishing;
    private volatile @Nullable Thread reader;
    private volatile boolean blocked;

    /// @param queue for answers
    private record Publishing(Channel channel, String queue) {}

    /// @param followed whether it is for the broker that tells the news
    private record Outgoing(long id, boolean followed, Bytes frame) {}

    private AmqpLink(Owner owner, Settings settings, Route route, Timer timer) {
        this.owner = owner;
        this.settings = settings;
        this.route = route;
        this.timer = timer;
        this.stream = new AmqpStream(settings.clock());
    }

    static Opener opener(Settings settings, Route route, Timer timer) {
        return owner -> {
            AmqpLink link = new AmqpLink(owner, settings, route, timer);
            Thread thread = new Thread(link::run, "databroker-amqp");
            thread.setDaemon(true);
            link.writer = thread;
            thread.start();
            return link;
        };
    }

    /// Opens, then sends what was left to it.
    private void run() {
        try {
            Connection open = connect();
            synchronized (lock) {
                if (ended) {
                    open.abort(END_MILLIS);
                    return;
                }
                connection = open;
            }
            open.addShutdownListener(why -> end(Refusals.unavailable("RabbitMQ ended the connection", why), false));
            Channel channel = open.createChannel();
            if (channel == null) {
                throw new IOException("RabbitMQ gives no more channels");
            }
            String queue = declare(channel);
            // A channel that is closed for an error leaves its connection open, over which nothing comes any more.
            channel.addShutdownListener(why -> end(Refusals.unavailable("RabbitMQ closed the channel", why), false));
            open.addBlockedListener(why -> blocked = true, () -> blocked = false);
            publishing = new Publishing(channel, queue);
            owner.opened(this);
            while (open.isOpen()) {
                left.acquire();
                left.drainPermits();
                pen.lock();
                try {
                    publishAll();
                } finally {
                    pen.unlock();
                }
            }
        } catch (AuthenticationFailureException refused) {
            end(
                    new ProblemException(
                            Problem.NOT_AUTHENTICATED,
                            "RabbitMQ at " + route.address + " does not let " + route.address.user() + " in",
                            refused),
                    true);
        } catch (IOException | TimeoutException | ShutdownSignalException failed) {
            Throwable cause = failed.getCause() instanceof ShutdownSignalException told ? told : failed;
            end(Refusals.unavailable("no connection to RabbitMQ at " + route.address, cause), false);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private Connection connect() throws IOException, TimeoutException {
        ConnectionFactory factory = AmqpConnections.to(route.address, settings.timeout(), route.tls);
        factory.setMaxInboundMessageBodySize(ObjectMessages.ANSWER_MAX + MARGIN);
        factory.setExceptionHandler(new Quiet());
        factory.setThreadFactory(task -> {
            Thread thread = new Thread(task, "databroker-amqp");
            thread.setDaemon(true);
            return thread;
        });
        return AmqpConnections.open(factory, "databroker client");
    }

    /// What goes wrong is told to the owner, who knows whether anybody wants to hear it.
    private static final class Quiet extends ForgivingExceptionHandler {
        @Override
        protected void log(String message, Throwable why) {
            // Told by the end of the connection.
        }
    }

    /// @return the name of the queue for answers and news
    private String declare(Channel channel) throws IOException {
        channel.exchangeDeclarePassive(route.queues.requests());
        channel.exchangeDeclarePassive(route.queues.changes());
        String queue = channel.queueDeclare("", false, true, true, Map.of("x-max-length", TOLD_MAX))
                .getQueue();
        channel.queueBind(queue, route.queues.changes(), ObjectQueues.topic(FORM, "*"));
        channel.addReturnListener(returned -> end(
                new ProblemException(
                        Problem.UNAVAILABLE,
                        returned.getRoutingKey().equals(ObjectQueues.ANY)
                                ? "no broker has been at RabbitMQ under " + route.queues.name()
                                : "the broker that is followed is gone"),
                false));
        channel.basicConsume(queue, true, new DefaultConsumer(channel) {
            @Override
            public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
                received(envelope, properties, Bytes.wrap(body));
            }

            @Override
            public void handleCancel(String tag) {
                end(new ProblemException(Problem.UNAVAILABLE, "the queue for answers was deleted"), false);
            }
        });
        return queue;
    }

    /// Whoever asks publishes itself, which saves a thread's turn; but not where it could have to wait for
    /// RabbitMQ.
    @Override
    public void flush() {
        if (blocked || publishing == null || Thread.currentThread().equals(reader) || !pen.tryLock()) {
            left.release();
            return;
        }
        try {
            publishAll();
        } catch (IOException | ShutdownSignalException failed) {
            end(Refusals.unavailable("the connection to RabbitMQ at " + route.address + " is lost", failed), false);
        } finally {
            pen.unlock();
        }
        // What came while the pen was taken.
        if (!waiting.isEmpty()) {
            left.release();
        }
    }

    /// With the pen.
    private void publishAll() throws IOException {
        Publishing to = publishing;
        for (Outgoing next = to == null ? null : waiting.poll(); to != null && next != null; next = waiting.poll()) {
            synchronized (lock) {
                bytes -= next.frame.length();
            }
            publish(to.channel, to.queue, next);
        }
    }

    private void publish(Channel channel, String queue, Outgoing next) throws IOException {
        Map<String, Object> headers = new HashMap<>();
        if (settings.token() != null) {
            headers.put(ObjectQueues.TOKEN, settings.token());
        }
        AMQP.BasicProperties properties = new AMQP.BasicProperties.Builder()
                .contentType(ObjectQueues.contentType(FORM))
                .correlationId(Long.toString(next.id))
                .replyTo(queue)
                .userId(route.address.user())
                .expiration(Long.toString(settings.timeout().toMillis()))
                .headers(headers)
                .build();
        // Only the broker that tells the news knows when it has told them.
        String to = next.followed ? stream.server() : ObjectQueues.ANY;
        channel.basicPublish(route.queues.requests(), to, true, properties, next.frame.toArray());
    }

    @Override
    public void send(ObjectMessage.Request request) {
        Bytes frame = FORM.encode(request);
        boolean full;
        synchronized (lock) {
            full = bytes + frame.length() > BYTES_MAX;
            if (!full && !ended) {
                bytes += frame.length();
                waiting.add(new Outgoing(request.id(), request instanceof ObjectMessage.Sync, frame));
            }
        }
        if (full) {
            // Not from here: the owner holds its lock.
            timer.execute(
                    () -> end(new ProblemException(Problem.UNAVAILABLE, BYTES_MAX + " bytes wait to be sent"), false));
        }
    }

    private void received(Envelope envelope, AMQP.BasicProperties properties, Bytes body) {
        reader = Thread.currentThread();
        ObjectMessage frame;
        try {
            frame = FORM.decodeAnswer(body);
        } catch (ProblemException malformed) {
            end(
                    new ProblemException(
                            Problem.MESSAGE_INVALID, "an answer cannot be read: " + malformed.detail(), malformed),
                    false);
            return;
        }
        boolean news = envelope.getExchange().equals(route.queues.changes());
        if (frame instanceof ObjectMessage.Failed failed && failed.id() == ObjectMessage.NO_ID) {
            refused(news ? ObjectQueues.server(envelope.getRoutingKey()) : null, properties, failed);
            return;
        }
        if (!news) {
            if (frame instanceof ObjectMessage.Welcome welcome) {
                watch(welcome.beatMillis());
            }
            stream.answered(frame).forEach(one -> owner.received(this, one));
        } else {
            stream.told(ObjectQueues.server(envelope.getRoutingKey()), frame).forEach(one -> owner.received(this, one));
        }
    }

    /// @param server that ends its stream so, null where it is an answer
    private void refused(@Nullable String server, AMQP.BasicProperties properties, ObjectMessage.Failed failed) {
        if (server != null) {
            if (stream.follows(server)) {
                end(failed.exception(), false);
            }
            return;
        }
        String asked = properties.getCorrelationId();
        if (asked != null && asked.matches("[1-9][0-9]{0,17}")) {
            owner.received(this, new ObjectMessage.Failed(Long.parseLong(asked), failed.problem(), failed.detail()));
        } else {
            // To the hello.
            end(failed.exception(), Refusals.isFinal(failed.problem()));
        }
    }

    /// Answers of others are no sign of life of the broker that tells the news.
    private void watch(long beatMillis) {
        if (beatMillis <= 0) {
            return;
        }
        var unused = timer.after(Duration.ofMillis(beatMillis), () -> {
            synchronized (lock) {
                if (ended) {
                    return;
                }
            }
            if (stream.isSilent(2 * beatMillis)) {
                end(new ProblemException(Problem.UNAVAILABLE, "the broker that is followed says nothing"), false);
            } else {
                watch(beatMillis);
            }
        });
    }

    private void end(ProblemException why, boolean last) {
        if (stop()) {
            owner.lost(this, why, last);
        }
    }

    /// @return whether it was not ended before
    private boolean stop() {
        Connection open;
        Thread writing;
        synchronized (lock) {
            if (ended) {
                return false;
            }
            ended = true;
            open = connection;
            writing = writer;
        }
        if (writing != null && !writing.equals(Thread.currentThread())) {
            writing.interrupt();
        }
        if (open != null) {
            // Not on this thread, which may be the connection's own.
            abort(open);
        }
        return true;
    }

    private static void abort(Connection open) {
        Thread thread = new Thread(() -> open.abort(END_MILLIS), "databroker-amqp-end");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        stop();
    }
}
