package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.Channel;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class AmqpReceiptsTest {
    private final TreeSet<Long> unsettled = new TreeSet<>();
    private final List<String> sent = new ArrayList<>();
    private final Channel channel = channel();
    private final AmqpReceipts receipts = new AmqpReceipts(channel, 64);

    /// As strict as RabbitMQ: who acknowledges what is not open any more loses the channel.
    private Channel channel() {
        return (Channel) Proxy.newProxyInstance(
                Channel.class.getClassLoader(), new Class<?>[] {Channel.class}, (self, method, arguments) -> {
                    long tag = (Long) arguments[0];
                    boolean upTo = (Boolean) arguments[1];
                    assertThat(unsettled).as("unknown delivery tag " + tag).contains(tag);
                    sent.add(upTo ? "<=" + tag : "=" + tag);
                    if (upTo) {
                        unsettled.headSet(tag, true).clear();
                    } else {
                        unsettled.remove(tag);
                    }
                    return null;
                });
    }

    private void begun(long... tags) {
        for (long tag : tags) {
            unsettled.add(tag);
            receipts.begun(tag);
        }
    }

    @Test
    void what_was_answered_is_acknowledged_together_and_what_was_not_is_left() throws Exception {
        begun(1, 2, 3, 4, 5);
        for (long tag : new long[] {1, 2, 4, 5}) {
            receipts.answered(tag);
        }
        receipts.send();
        assertThat(sent).containsExactly("<=2", "=4", "=5");
        assertThat(unsettled).containsExactly(3L);
    }

    /// It waits for a thread while what came behind it is answered.
    @Test
    void one_that_came_again_is_not_acknowledged_with_others_and_then_once_more() throws Exception {
        begun(1, 2, 3);
        receipts.answered(2);
        receipts.answered(3);
        receipts.send();
        receipts.atOnce(1);
        assertThat(sent).containsExactly("=2", "=3", "=1");
        begun(4, 5);
        receipts.answered(4);
        receipts.answered(5);
        receipts.send();
        assertThat(sent).endsWith("<=5");
        assertThat(unsettled).isEmpty();
    }

    /// That one reads what RabbitMQ sends, and whoever publishes may wait until RabbitMQ reads.
    @Test
    void what_comes_does_not_wait_for_who_publishes() throws Exception {
        synchronized (channel) {
            CompletableFuture.runAsync(() -> begun(1)).get(10, TimeUnit.SECONDS);
        }
        receipts.answered(1);
        receipts.send();
        assertThat(sent).containsExactly("<=1");
    }
}
