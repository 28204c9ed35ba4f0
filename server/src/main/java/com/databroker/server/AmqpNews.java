package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectQueues;
import com.databroker.core.Problem;
import com.databroker.objects.ObjectListener;
import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// What this broker tells of changes on the exchange that all clients hear: one stream, in every form of *dbo/1*.
///
/// It is heard while there is no connection, too, and waits then; its numbers go on over connections, so that a client
/// notices what was lost with one.
final class AmqpNews implements ObjectListener {
    private final ObjectQueues queues;
    private final InstantSource clock;
    private final Semaphore wake = new Semaphore(0);
    private final Set<String> committed = ConcurrentHashMap.newKeySet();

    /// Guarded by itself: threads of stores write what one of the door's reads.
    private final ObjectNews news = new ObjectNews();

    /// Guards the order on the wire.
    private final Object sending = new Object();

    private volatile String server = "";

    AmqpNews(ObjectQueues queues, InstantSource clock) {
        this.queues = queues;
        this.clock = clock;
    }

    /// @param life of this broker, as its welcome names it
    void begin(String life, ObjectPosition from) {
        server = life;
        synchronized (news) {
            news.begin(from);
        }
    }

    /// As it stands in the welcome and in routing keys.
    String server() {
        return server;
    }

    /// What was told up to here need not be told to who comes now, except what a catch-up tells.
    long number() {
        synchronized (news) {
            return news.number();
        }
    }

    @Override
    public void changed(ObjectPosition at, Instant when, List<ObjectMessage.Tagged> tags) {
        synchronized (news) {
            news.changed(at, when, tags);
        }
        wake.release();
    }

    @Override
    public void reset(String why) {
        synchronized (news) {
            news.reset(why);
        }
        wake.release();
    }

    /// Other brokers have to look at this store.
    void committed(String store) {
        committed.add(store);
        wake.release();
    }

    /// There may be something to do.
    void nudge() {
        wake.release();
    }

    Semaphore wakes() {
        return wake;
    }

    /// Sends everything that waits.
    void flush(Channel channel) throws IOException {
        synchronized (sending) {
            ObjectMessage.Push next = next();
            while (next != null) {
                send(channel, next);
                next = next();
            }
            for (String store : List.copyOf(committed)) {
                if (committed.remove(store)) {
                    channel.basicPublish(
                            queues.changes(), ObjectQueues.wake(server), null, store.getBytes(StandardCharsets.UTF_8));
                }
            }
        }
    }

    private ObjectMessage.@Nullable Push next() {
        synchronized (news) {
            return news.next();
        }
    }

    ObjectMessage.Pulse pulse() {
        synchronized (news) {
            return news.pulse(clock.millis());
        }
    }

    void beat(Channel channel) throws IOException {
        synchronized (sending) {
            send(channel, pulse());
        }
    }

    /// Who follows this broker finds another.
    void farewell(Channel channel) throws IOException {
        synchronized (sending) {
            send(
                    channel,
                    new ObjectMessage.Failed(
                            ObjectMessage.NO_ID,
                            Problem.SHUTTING_DOWN,
                            OpenStreams.shuttingDown().detail()));
        }
    }

    /// Sends an answer behind everything that was to be told before it.
    void answer(Channel channel, String replyTo, AMQP.BasicProperties properties, Bytes frame) throws IOException {
        synchronized (sending) {
            flush(channel);
            channel.basicPublish("", replyTo, properties, frame.toArray());
        }
    }

    private void send(Channel channel, ObjectMessage message) throws IOException {
        for (ObjectMessages form : ObjectMessages.values()) {
            channel.basicPublish(
                    queues.changes(),
                    ObjectQueues.topic(form, server),
                    new AMQP.BasicProperties.Builder()
                            .contentType(ObjectQueues.contentType(form))
                            .appId(server)
                            .build(),
                    form.encode(message).toArray());
        }
    }
}
