package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectQueues;
import com.databroker.core.Problem;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.DefaultConsumer;
import com.rabbitmq.client.Envelope;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One connection to RabbitMQ, with what the door needs there declared, and requests coming in.
///
/// A request is acknowledged when it was answered, so that one that dies with a broker is delivered to another. One
/// that is delivered again is acknowledged before it is looked at: whatever it does, it does not come a third time.
final class AmqpLine implements AutoCloseable {
    private static final long DRAIN_SECONDS = 2;
    private static final int TOLD_MAX = 10_000;
    private static final long LOOK_MILLIS = 500;

    private final AmqpConfig config;
    private final ObjectQueues queues;
    private final AmqpRequests requests;
    private final AmqpNews news;
    private final ExecutorService blocking;
    private final LongAdder dead;
    private final Connection connection;
    private final Channel work;
    private final Channel telling;
    private final Phaser underWay = new Phaser(1);
    private volatile @Nullable String blocked;
    private volatile @Nullable String cancelled;
    private final List<String> unlike = new ArrayList<>();
    private String consumer = "";

    /// What lines have in common, one after the other.
    ///
    /// @param dead counts what could not be answered
    /// @param woken hears that another server has committed to a store
    record Shared(
            AmqpConfig config,
            AmqpRequests requests,
            AmqpNews news,
            AmqpFactory factory,
            ExecutorService blocking,
            LongAdder dead,
            Consumer<String> woken) {}

    private AmqpLine(Shared shared, Connection connection) throws IOException {
        this.config = shared.config;
        this.queues = new ObjectQueues(config.name());
        this.requests = shared.requests;
        this.news = shared.news;
        this.blocking = shared.blocking;
        this.dead = shared.dead;
        this.connection = connection;
        this.work = channel(connection);
        this.telling = channel(connection);
        // Who tells finds out at once, and not when there is something to tell.
        work.addShutdownListener(why -> news.nudge());
        telling.addShutdownListener(why -> news.nudge());
    }

    private static Channel channel(Connection connection) throws IOException {
        Channel channel = connection.createChannel();
        if (channel == null) {
            throw new IOException("RabbitMQ gives no more channels");
        }
        return channel;
    }

    /// What RabbitMQ, which is there, does not let it do.
    static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;

        RefusedException(String why) {
            super(why);
        }
    }

    /// @throws IOException where RabbitMQ is not there, or refuses
    static AmqpLine open(Shared shared) throws IOException, TimeoutException {
        Connection connection = shared.factory.connect("databroker " + shared.news.server());
        try {
            AmqpLine line = new AmqpLine(shared, connection);
            connection.addBlockedListener(
                    why -> line.blocked = why.isEmpty() ? "no reason given" : why, () -> line.blocked = null);
            line.declare();
            line.listen(shared.woken);
            return line;
        } catch (IOException | RuntimeException failed) {
            connection.abort(1000);
            throw failed;
        }
    }

    private void declare() throws IOException {
        work.exchangeDeclare(queues.requests(), BuiltinExchangeType.DIRECT, true);
        work.exchangeDeclare(queues.changes(), BuiltinExchangeType.TOPIC, true);
        work.exchangeDeclare(queues.dead(), BuiltinExchangeType.FANOUT, true);
        keep(
                queues.requests(),
                Map.of(
                        "x-message-ttl",
                        config.requestAge().toMillis(),
                        "x-max-length",
                        config.requestsMax(),
                        "x-overflow",
                        "drop-head"));
        work.queueBind(queues.requests(), queues.requests(), ObjectQueues.ANY);
        keep(queues.dead(), Map.of("x-max-length", config.deadMax()));
        work.queueBind(queues.dead(), queues.dead(), "");
    }

    /// One that is there with other limits is taken as it is: what waits in it is not this broker's to throw away, nor
    /// may a number in the configuration keep it from serving. RabbitMQ closes the channel on which it refuses.
    private void keep(String queue, Map<String, Object> limits) throws IOException {
        Channel attempt = channel(connection);
        try {
            attempt.queueDeclare(queue, true, false, false, limits);
        } catch (IOException refused) {
            ShutdownSignalException why = attempt.getCloseReason();
            if (why == null
                    || !(why.getReason() instanceof AMQP.Channel.Close close)
                    || close.getReplyCode() != AMQP.PRECONDITION_FAILED) {
                throw refused;
            }
            AmqpDoor.LOG
                    .atWarn()
                    .addKeyValue("queue", queue)
                    .addKeyValue("why", close.getReplyText())
                    .log("a queue at RabbitMQ has other limits than the configuration; it is taken as it is");
            unlike.add(queue);
        } finally {
            attempt.abort();
        }
    }

    /// What is meant for this broker alone comes by a queue that ends with the connection.
    private void listen(Consumer<String> woken) throws IOException {
        String own = telling.queueDeclare("", false, true, true, Map.of("x-max-length", TOLD_MAX))
                .getQueue();
        telling.queueBind(own, queues.requests(), news.server());
        telling.queueBind(own, queues.changes(), ObjectQueues.wake("*"));
        String mine = ObjectQueues.wake(news.server());
        telling.basicConsume(own, true, new DefaultConsumer(telling) {
            @Override
            public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
                if (envelope.getExchange().equals(queues.requests())) {
                    begin(envelope, properties, body, false);
                } else if (!envelope.getRoutingKey().equals(mine)) {
                    woken.accept(Bytes.wrap(body).utf8());
                }
            }
        });
        work.basicQos(config.prefetch());
        consumer = work.basicConsume(queues.requests(), false, new DefaultConsumer(work) {
            @Override
            public void handleDelivery(String tag, Envelope envelope, AMQP.BasicProperties properties, byte[] body) {
                begin(envelope, properties, body, true);
            }

            @Override
            public void handleCancel(String tag) {
                cancelled = "the queue " + queues.requests() + " was deleted";
                news.nudge();
            }
        });
    }

    /// @param owed whether RabbitMQ waits for its acknowledgement
    private void begin(Envelope envelope, AMQP.BasicProperties properties, byte[] body, boolean owed) {
        underWay.register();
        // What is larger than a request may be is let go before the next one is read, however many come: its length is
        // all that is needed. A limit of the library's would end the connection, and what others asked over it.
        int length = body.length;
        Bytes kept = length > ObjectMessages.REQUEST_MAX ? Bytes.EMPTY : Bytes.wrap(body);
        boolean again = envelope.isRedeliver();
        blocking.execute(() -> {
            try {
                if (owed && again) {
                    acknowledge(envelope);
                }
                handle(properties, kept, length, again);
                if (owed && !again) {
                    acknowledge(envelope);
                }
            } catch (IOException | ShutdownSignalException lost) {
                AmqpDoor.LOG.atDebug().setCause(lost).log("an answer was lost with the connection");
            } finally {
                underWay.arriveAndDeregister();
            }
        });
    }

    private void acknowledge(Envelope envelope) throws IOException {
        synchronized (work) {
            work.basicAck(envelope.getDeliveryTag(), false);
        }
    }

    private void handle(AMQP.BasicProperties properties, Bytes body, int length, boolean again) throws IOException {
        String replyTo = properties.getReplyTo();
        if (replyTo == null || replyTo.isEmpty() || replyTo.startsWith(config.name() + ".")) {
            bury(properties, body, length);
            return;
        }
        AmqpRequests.Answer answer = requests.answer(new AmqpRequests.Asked(
                properties.getContentType(),
                AmqpRequests.header(properties.getHeaders(), ObjectQueues.TOKEN),
                properties.getUserId() == null ? "" : properties.getUserId(),
                again,
                body,
                length));
        AMQP.BasicProperties around = new AMQP.BasicProperties.Builder()
                .contentType(ObjectQueues.contentType(answer.form()))
                .correlationId(properties.getCorrelationId())
                .appId(news.server())
                .build();
        for (Bytes frame : answer.frames()) {
            if (answer.ordered()) {
                news.answer(telling, replyTo, around, frame);
            } else {
                synchronized (work) {
                    work.basicPublish("", replyTo, around, frame.toArray());
                }
            }
        }
    }

    /// Whom to answer is not said: it is kept where an operator may look, with the reason.
    private void bury(AMQP.BasicProperties properties, Bytes body, int length) throws IOException {
        dead.increment();
        ObjectMessage.Failed why = new ObjectMessage.Failed(
                ObjectMessage.NO_ID,
                length > ObjectMessages.REQUEST_MAX ? Problem.VALUE_TOO_LARGE : Problem.MESSAGE_INVALID,
                "a request has a reply-to, a queue of the sender's");
        AmqpDoor.LOG
                .atWarn()
                .addKeyValue("problem", why.exception().problem().number())
                .addKeyValue("bytes", length)
                .log("a request without anybody to answer is kept under {}", queues.dead());
        AMQP.BasicProperties around = new AMQP.BasicProperties.Builder()
                .contentType(properties.getContentType())
                .headers(Map.of("problem", why.problem().number(), "detail", why.detail()))
                .build();
        synchronized (work) {
            work.basicPublish(queues.dead(), "", around, body.toArray());
        }
    }

    /// Why RabbitMQ takes nothing at the moment, null where it does.
    @Nullable
    String blocked() {
        return blocked;
    }

    /// The queues that have other limits than the configuration.
    List<String> unlike() {
        return List.copyOf(unlike);
    }

    /// Tells what there is to tell, until the connection ends or `over` says so.
    ///
    /// @throws RefusedException where RabbitMQ closed a channel or took the queue away, and nothing comes any more
    void tell(long beatMillis, BooleanSupplier over) throws IOException, InterruptedException {
        // Who was here all the time sees by its number what was lost with the connection before.
        news.beat(telling);
        long due = beatMillis;
        while (connection.isOpen() && !over.getAsBoolean()) {
            boolean woken = news.wakes().tryAcquire(Math.min(due, LOOK_MILLIS), TimeUnit.MILLISECONDS);
            news.wakes().drainPermits();
            refuseHalves();
            due = woken ? beatMillis : due - LOOK_MILLIS;
            news.flush(telling);
            if (due <= 0) {
                news.beat(telling);
                due = beatMillis;
            }
        }
        ShutdownSignalException why = connection.getCloseReason();
        if (why != null) {
            throw new IOException("the connection ended: " + reason(why), why);
        }
    }

    /// A connection outlives its channels and its consumer, and without them looks well and hears nothing.
    private void refuseHalves() throws RefusedException {
        String gone = cancelled;
        if (gone != null) {
            throw new RefusedException(gone);
        }
        for (Channel channel : List.of(work, telling)) {
            ShutdownSignalException why = channel.getCloseReason();
            if (why != null && !why.isHardError()) {
                throw new RefusedException(reason(why));
            }
        }
    }

    /// In RabbitMQ's own words where it said some, which the library has behind its own or behind none.
    static String reason(Throwable why) {
        if (why instanceof ShutdownSignalException shut && shut.getReason() instanceof AMQP.Channel.Close close) {
            return close.getReplyText();
        }
        if (why instanceof ShutdownSignalException shut
                && shut.getReason() instanceof AMQP.Connection.Close close
                && !shut.isInitiatedByApplication()) {
            return close.getReplyText();
        }
        Throwable cause = why.getCause();
        if (why instanceof ShutdownSignalException && cause != null) {
            return cause.toString();
        }
        if (why.getMessage() != null) {
            return why.getMessage();
        }
        return cause == null ? why.getClass().getSimpleName() : reason(cause);
    }

    /// Takes nothing new, gives what is under way two seconds, and tells those who follow that it goes.
    void drain() {
        try {
            synchronized (work) {
                work.basicCancel(consumer);
            }
            int phase = underWay.arriveAndDeregister();
            underWay.awaitAdvanceInterruptibly(phase, DRAIN_SECONDS, TimeUnit.SECONDS);
            news.farewell(telling);
        } catch (InterruptedException hurry) {
            Thread.currentThread().interrupt();
        } catch (IOException | ShutdownSignalException | TimeoutException gone) {
            AmqpDoor.LOG.atDebug().setCause(gone).log("not everything was answered before the end");
        }
    }

    @Override
    public void close() {
        connection.abort(1000);
    }
}
