package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.client.DatabrokerClient;
import com.databroker.client.ObjectSpace;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What an operator does at a RabbitMQ while a broker is connected to it, and what that may not cost.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RabbitTroubleTest extends OverRabbit {
    private static final String GET = "{\"t\":\"get\",\"i\":1,\"keys\":[\"Person/2\"]}";

    private static long metric(TestBroker broker, String name) throws Exception {
        return broker.request("GET", "/metrics", "")
                .body()
                .lines()
                .filter(line -> line.startsWith("databroker_object_amqp_" + name + " "))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.indexOf(' ') + 1)))
                .findFirst()
                .orElseThrow();
    }

    private static String checks(TestBroker broker) throws Exception {
        return broker.request("GET", "/health/checks", "").body();
    }

    /// RabbitMQ tells the consumer alone: the connection and its channels stay, and nothing would come over them again.
    @Test
    void a_queue_of_requests_that_was_deleted_is_made_anew_and_answered_from() throws Exception {
        TestBroker broker = demo("deleted");
        RabbitForeign client = later(new RabbitForeign(rabbit, "deleted", broker.token()));
        assertThat(client.ask(GET)).contains("Charles");
        try (Connection operator = rabbit.connect()) {
            operator.createChannel().queueDelete("deleted.requests");
        }
        Peers.until("it comes back", PATIENCE, () -> metric(broker, "connects_total") > 1 && metric(broker, "up") == 1);
        assertThat(client.ask(GET)).contains("Charles");
    }

    /// An error of a channel ends the channel, and not its connection.
    @Test
    void a_broker_whose_channel_rabbitmq_closed_opens_another_and_says_why() throws Exception {
        TestBroker broker = demo("closed");
        RabbitForeign client = later(new RabbitForeign(rabbit, "closed", broker.token()));
        try (Connection operator = rabbit.connect()) {
            operator.createChannel().exchangeDelete("closed.dead");
        }
        // Is published there, where nothing is any more.
        client.sendWithoutReply(new byte[] {'{', '}'});
        Peers.until("it comes back", PATIENCE, () -> metric(broker, "connects_total") > 1 && metric(broker, "up") == 1);
        assertThat(client.ask(GET)).contains("Charles");
        Peers.until("what comes again is set aside", PATIENCE, () -> client.count("closed.dead") == 1);
    }

    /// Whoever changes a number in the configuration finds the queue of before.
    @Test
    void a_queue_with_other_limits_is_taken_as_it_is_until_somebody_deletes_it() throws Exception {
        try (Connection operator = rabbit.connect()) {
            Channel channel = operator.createChannel();
            channel.queueDeclare("other.requests", true, false, false, Map.of("x-message-ttl", 5000));
            channel.queueDeclare("other.dead", true, false, false, Map.of());
            TestBroker broker = demo("other");
            RabbitForeign client = later(new RabbitForeign(rabbit, "other", broker.token()));
            assertThat(client.ask(GET)).contains("Charles");
            assertThat(checks(broker)).contains("rabbitmqctl delete_queue other.requests", "delete_queue other.dead");
            channel.queueDelete("other.dead");
            channel.queueDelete("other.requests");
            Peers.until("all is well", PATIENCE, () -> checks(broker).contains("requests answered"));
            assertThat(client.ask(GET)).contains("Charles");
        }
    }

    /// The library has RabbitMQ's words behind an exception without any.
    @Test
    void what_rabbitmq_refuses_is_said_in_its_words() throws Exception {
        try (Connection operator = rabbit.connect()) {
            operator.createChannel().exchangeDeclare("wrong.requests", "fanout");
        }
        TestBroker broker = later(TestBroker.start(
                folder.resolve("wrong"), Map.of("amqp.uri", rabbit.uri().toString(), "amqp.name", "wrong")));
        Peers.until("it says why", PATIENCE, () -> checks(broker).contains("PRECONDITION_FAILED"));
    }

    /// It ended the connection of each broker to which it was delivered, and what others had asked over them.
    @Test
    void a_message_that_is_too_large_costs_no_connection_and_nobody_elses_request() throws Exception {
        TestBroker broker = demo("large");
        RabbitForeign client = later(new RabbitForeign(rabbit, "large", broker.token()));
        byte[] get = GET.getBytes(StandardCharsets.UTF_8);
        for (int round = 0; round < 3; round++) {
            client.send("application/json", get);
            client.send("application/json", new byte[5 << 20]);
            client.send("application/json", get);
        }
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            answers.add(client.next(""));
        }
        assertThat(answers).filteredOn(answer -> answer.contains("Charles")).hasSize(6);
        assertThat(answers)
                .filteredOn(answer -> answer.contains("a message of 5242880 bytes, of 1048576 at most"))
                .hasSize(3);
        assertThat(metric(broker, "connects_total")).isEqualTo(1);
    }

    /// Its request is lost with the channel, and would be waited for in vain until the beats are missed.
    @Test
    void a_program_whose_channel_rabbitmq_closed_connects_anew_and_asks_again() throws Exception {
        TestBroker broker = demo("program");
        ObjectSpace space = later(DatabrokerClient.builder(broker.http(""))
                        .token(broker.token())
                        .timeout(Duration.ofSeconds(60))
                        .objectsOver(rabbit.uri())
                        .objectsUnder("program")
                        .build())
                .objects();
        assertThat(space.get("Person", 2).get("name")).isEqualTo("Charles");
        try (Connection operator = rabbit.connect()) {
            Channel channel = operator.createChannel();
            channel.exchangeDelete("program.requests");
            CompletableFuture<Integer> found = CompletableFuture.supplyAsync(
                    () -> space.find("Task").list().size());
            assertThatThrownBy(() -> found.get(2, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
            channel.exchangeDeclare("program.requests", BuiltinExchangeType.DIRECT, true);
            channel.queueBind("program.requests", "program.requests", "any");
            assertThat(found.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isPositive();
        }
    }
}
