package com.databroker.server;

import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;

/// Acknowledges to RabbitMQ what was answered, several requests at once: each by itself would cost it as much as
/// another message.
///
/// Whoever uses the channel for something else holds its monitor meanwhile.
final class AmqpReceipts {
    private static final int TOGETHER_MAX = 16;

    private final Channel channel;
    private final int together;

    /// Added to by the thread that reads, which never waits for the monitor: whoever has it may wait for RabbitMQ to
    /// read, which may wait for that thread. What is added is greater than all before.
    private final NavigableSet<Long> underWay = new ConcurrentSkipListSet<>();

    private final TreeSet<Long> owed = new TreeSet<>();

    /// @param prefetch how many RabbitMQ gives before it waits for receipts, of which a quarter may be owed
    AmqpReceipts(Channel channel, int prefetch) {
        this.channel = channel;
        this.together = Math.clamp(prefetch / 4, 1, TOGETHER_MAX);
    }

    /// Came, whether for the first time or again: until it is acknowledged by itself, no receipt for others may be one
    /// for it, since RabbitMQ closes the channel at a second receipt.
    void begun(long tag) {
        underWay.add(tag);
    }

    void answered(long tag) throws IOException {
        synchronized (channel) {
            underWay.remove(tag);
            owed.add(tag);
            if (owed.size() >= together) {
                send();
            }
        }
    }

    /// For one that must not come again, whatever happens to its answer.
    void atOnce(long tag) throws IOException {
        synchronized (channel) {
            underWay.remove(tag);
            channel.basicAck(tag, false);
        }
    }

    /// Leaves nothing owed.
    void send() throws IOException {
        synchronized (channel) {
            // One receipt does for all up to it, but must not be one for what is not answered yet.
            var settled = underWay.isEmpty() ? owed : owed.headSet(underWay.first());
            if (!settled.isEmpty()) {
                channel.basicAck(settled.last(), true);
                settled.clear();
            }
            for (long tag : owed) {
                channel.basicAck(tag, false);
            }
            owed.clear();
        }
    }
}
