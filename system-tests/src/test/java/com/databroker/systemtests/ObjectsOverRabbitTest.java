package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.client.DatabrokerClient;
import com.databroker.client.Entity;
import com.databroker.client.ObjectSession;
import com.databroker.client.ObjectSpace;
import com.databroker.core.AmqpAddress;
import com.databroker.core.AmqpConnections;
import com.databroker.core.Bytes;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessages;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectQueues;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Trust;
import com.databroker.systemtests.ObjectsShop.Person;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.h2.tools.Server;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Objects over a real RabbitMQ: with the Java client, with two brokers that share its queue, and by hand.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ObjectsOverRabbitTest extends OverRabbit {

    /// Whatever holds over a WebSocket, over RabbitMQ.
    @Nested
    final class AsOverAWebSocket extends ObjectsClientContract {
        @Override
        String database(Path place) throws Exception {
            String jdbc = "jdbc:h2:" + place.resolve("shop");
            ObjectsShop.run(jdbc, ObjectsShop.TABLES);
            return jdbc;
        }

        @Override
        Map<String, String> settings() {
            return Map.of("amqp.uri", rabbit.uri().toString(), "amqp.name", "contract");
        }

        @Override
        void await(TestBroker started) throws Exception {
            opens(started);
        }

        @Override
        DatabrokerClient.Builder client(TestBroker at) {
            // Nothing listens there: it is not asked for.
            return DatabrokerClient.builder(URI.create("http://127.0.0.1:1"))
                    .objectsOver(rabbit.uri())
                    .objectsUnder("contract");
        }
    }

    /// Two brokers over one H2, which wakes nobody: one answers from its process, one over the network.
    private List<TestBroker> two(String name) throws Exception {
        Server h2 = Server.createTcpServer(
                        "-tcpPort",
                        "0",
                        "-ifNotExists",
                        "-baseDir",
                        Files.createDirectory(folder.resolve(name)).toString())
                .start();
        later(h2::stop);
        String jdbc = "jdbc:h2:tcp://127.0.0.1:" + h2.getPort() + "/./shop";
        ObjectsShop.run(jdbc, ObjectsShop.TABLES);
        List<TestBroker> brokers = new ArrayList<>();
        for (String each : List.of("one", "two")) {
            brokers.add(later(TestBroker.start(
                    folder.resolve(name + "-" + each),
                    Map.of(
                            "objects.beat",
                            "500ms",
                            "objects.stores.shop.jdbc",
                            jdbc,
                            "amqp.uri",
                            rabbit.uri().toString(),
                            "amqp.name",
                            name))));
        }
        for (TestBroker broker : brokers) {
            opens(broker);
        }
        // Both know the same token, as they would where they share their users.
        String users =
                brokers.getFirst().request("GET", "/files/broker_users.xml", "").body();
        TestBroker second = brokers.getLast();
        assertThat(second.request("PUT", "/files/broker_users.xml", users, "If-Match", "*")
                        .statusCode())
                .isLessThan(300);
        return brokers;
    }

    private ObjectSpace space(TestBroker broker, String name) {
        return later(DatabrokerClient.builder(broker.http(""))
                        .token(broker.token())
                        .timeout(PATIENCE)
                        .objectsOver(rabbit.uri())
                        .objectsUnder(name)
                        .build())
                .objects();
    }

    private static ObjectPosition rename(ObjectSpace space, long id, String name) {
        try (ObjectSession session = space.session()) {
            session.edit(space.get(Person.class, id)).name(name);
            return session.commit();
        }
    }

    private static long create(ObjectSpace space, String name) {
        try (ObjectSession session = space.session()) {
            Person made = session.create(Person.class).name(name).salary(BigDecimal.TEN);
            session.commit();
            return space.refresh(made).id();
        }
    }

    @Test
    void any_of_two_brokers_answers_and_a_program_goes_on_when_the_one_it_follows_ends() throws Exception {
        List<TestBroker> brokers = two("pair");
        ObjectSpace space = space(brokers.getFirst(), "pair");
        ObjectSpace other = space(brokers.getFirst(), "pair");
        long id = create(space, "n0");
        for (int i = 1; i <= 20; i++) {
            other.await(rename(space, id, "n" + i));
            assertThat(other.get(Person.class, id).name()).isEqualTo("n" + i);
        }
        for (TestBroker broker : brokers) {
            assertThat(broker.request("GET", "/metrics", "").body())
                    .containsPattern("databroker_object_amqp_requests_total [1-9]");
        }
        brokers.getFirst().close();
        for (int i = 21; i <= 30; i++) {
            other.await(rename(space, id, "n" + i));
            assertThat(other.get(Person.class, id).name()).isEqualTo("n" + i);
        }
        assertThat(space.stats().resets() + other.stats().resets()).isZero();
    }

    @Test
    void what_one_broker_committed_the_other_tells_at_once_though_its_database_wakes_nobody() throws Exception {
        List<TestBroker> brokers = two("woken");
        List<ObjectSpace> spaces = new ArrayList<>();
        for (TestBroker broker : brokers) {
            // Over WebSockets, so that each hears its own broker.
            spaces.add(later(DatabrokerClient.builder(broker.http(""))
                            .token(brokers.getFirst().token())
                            .build())
                    .objects());
        }
        long id = create(spaces.getFirst(), "n0");
        BlockingQueue<String> heard = new LinkedBlockingQueue<>();
        later(spaces.getLast()
                .watch(
                        spaces.getLast().get(Person.class, id),
                        change -> heard.add(String.valueOf(
                                Objects.requireNonNull(change.entity()).get("name")))));
        long began = System.nanoTime();
        for (int i = 1; i <= 20; i++) {
            rename(spaces.getFirst(), id, "n" + i);
            assertThat(heard.poll(10, TimeUnit.SECONDS)).isEqualTo("n" + i);
        }
        // Each would wait half a second on average for the next look.
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void after_rabbitmq_was_killed_and_came_back_nothing_is_stale() throws Exception {
        TestBroker broker = later(TestBroker.start(
                folder.resolve("killed"),
                Map.of(
                        "objects.beat",
                        "500ms",
                        "objects.demo",
                        "true",
                        "amqp.uri",
                        rabbit.uri().toString(),
                        "amqp.name",
                        "killed")));
        opens(broker);
        ObjectSpace direct = later(DatabrokerClient.builder(broker.http(""))
                        .token(broker.token())
                        .build())
                .objects();
        ObjectSpace space = space(broker, "killed");
        Entity before = space.get("Person", 1);
        assertThat(space.find("Person").eq("name", before.get("name")).count()).isEqualTo(1);
        rabbit.kill();
        try (ObjectSession session = direct.session()) {
            session.edit(direct.get("Person", 1)).set("name", "changed meanwhile");
            session.commit();
        }
        assertThat(broker.request("GET", "/health/checks", "").body()).contains("RabbitMQ");
        rabbit.start();
        Peers.until(
                "the change is seen",
                PATIENCE,
                () -> "changed meanwhile".equals(space.get("Person", 1).get("name")));
        assertThat(before.obsolete()).isTrue();
        assertThat(space.find("Person").eq("name", before.get("name")).count()).isZero();
        assertThat(space.stats().resumes()).isEqualTo(1);
        assertThat(space.stats().resets()).isZero();
    }

    @Test
    void a_plain_amqp_client_gets_finds_commits_and_hears_without_seeing_what() throws Exception {
        TestBroker broker = demo("plain");
        RabbitForeign client = later(new RabbitForeign(rabbit, "plain", broker.token()));
        assertThat(client.ask("{\"t\":\"hello\",\"v\":1}")).startsWith("{\"t\":\"welcome\"");
        assertThat(client.next("")).startsWith("{\"t\":\"beat\",\"n\":");
        assertThat(client.ask("{\"t\":\"get\",\"i\":1,\"keys\":[\"Person/2\"]}"))
                .contains("\"t\":\"ok\"", "\"i\":1", "Charles");
        assertThat(client.ask("{\"t\":\"get\",\"i\":2,\"keys\":[\"Person/1~AAAAAAAAAAAAAAAAAAAAAA\"]}"))
                .contains("\"number\":" + Problem.CAPABILITY_INVALID.number());
        assertThat(
                        client.ask(
                                "{\"t\":\"commit\",\"i\":3,\"id\":\"0192e0c5-0000-7000-8000-000000000001\",\"ops\":["
                                        + "{\"update\":\"Task/1\",\"version\":1,\"set\":{\"title\":[\"write the first program\",\"x y z\"]}}]}"))
                .contains("\"t\":\"ok\"", "\"i\":3");
        String told = client.next("plain.changes");
        while (!told.startsWith("{\"t\":\"changed\"")) {
            told = client.next("plain.changes");
        }
        assertThat(told).doesNotContain("Task", "title", "x y z", "first program");
        assertThat(
                        client.ask(
                                "{\"t\":\"commit\",\"i\":4,\"id\":\"0192e0c5-0000-7000-8000-000000000002\",\"ops\":["
                                        + "{\"update\":\"Task/1\",\"version\":1,\"set\":{\"title\":[\"write the first program\",\"z\"]}}]}"))
                .contains("\"t\":\"conflict\"", "x y z");
    }

    @Test
    void who_shows_no_token_may_only_sign_in_and_who_shows_a_wrong_one_nothing() throws Exception {
        TestBroker broker = demo("door");
        RabbitForeign stranger = later(new RabbitForeign(rabbit, "door", ""));
        assertThat(stranger.ask("{\"t\":\"hello\",\"v\":1}")).contains("\"t\":\"welcome\"", "\"at\":\"\"");
        assertThat(stranger.ask("{\"t\":\"get\",\"i\":1,\"keys\":[\"Person/1\"]}"))
                .contains("\"number\":2001");
        assertThat(stranger.ask("{\"t\":\"call\",\"i\":2,\"type\":\"Root\",\"method\":\"auth\",\"args\":[\""
                        + broker.token() + "\"]}"))
                .contains("\"result\":\"admin\"");
        RabbitForeign liar = later(new RabbitForeign(rabbit, "door", "dbk_wrong"));
        assertThat(liar.ask("{\"t\":\"types\",\"i\":1}")).contains("\"number\":2001");
        String reader = broker.user("reader", "objects-read:demo/Person");
        RabbitForeign limited = later(new RabbitForeign(rabbit, "door", reader));
        assertThat(limited.ask("{\"t\":\"get\",\"i\":1,\"keys\":[\"Person/1\"]}"))
                .contains("\"t\":\"ok\"");
        assertThat(limited.ask("{\"t\":\"get\",\"i\":2,\"keys\":[\"Task/1\"]}")).contains("\"t\":\"failed\"");
    }

    @Test
    void what_cannot_be_read_is_answered_or_set_aside_and_never_comes_again() throws Exception {
        TestBroker broker = demo("poison");
        RabbitForeign client = later(new RabbitForeign(rabbit, "poison", broker.token()));
        assertThat(client.ask("{\"t\":\"nonsense\"}")).contains("\"t\":\"failed\"", "\"number\":");
        client.send("text/plain", new byte[] {1, 2, 3});
        assertThat(client.next("")).contains("content-type");
        client.send("application/cbor", new byte[] {(byte) 0xBF, 0x61});
        assertThat(client.answer()).isInstanceOf(ObjectMessage.Failed.class);
        // Larger than a request may be, and larger than a connection takes.
        for (int bytes : new int[] {ObjectMessages.REQUEST_MAX + 1, 5 << 20}) {
            client.send("application/json", new byte[bytes]);
            assertThat(client.next("")).contains("\"number\":" + Problem.VALUE_TOO_LARGE.number());
        }
        // Nobody to answer.
        client.sendWithoutReply(Bytes.utf8("{}").toArray());
        Peers.until("it is set aside", PATIENCE, () -> client.count("poison.dead") == 1);
        assertThat(client.ask("{\"t\":\"get\",\"i\":9,\"keys\":[\"Person/1\"]}"))
                .contains("\"i\":9");
        assertThat(client.count("poison.requests")).isZero();
    }

    /// [DialogueFuzz], each frame a request of its own. Some have another content type, or nowhere to be answered.
    @Test
    void whatever_is_sent_is_answered() throws Exception {
        TestBroker broker = demo("fuzz");
        DialogueFuzz.run("dbo-amqp", (form, random) -> {
            RabbitForeign client = new RabbitForeign(rabbit, "fuzz", random.nextInt(6) == 0 ? "" : broker.token());
            return new DialogueFuzz.Wire() {
                @Override
                public void say(byte[] frame, boolean odd) throws Exception {
                    if (odd && frame.length % 2 == 0) {
                        client.sendWithoutReply(frame);
                    } else {
                        client.send(odd ? "text/plain" : ObjectQueues.contentType(form), frame);
                    }
                }

                @Override
                public ObjectMessage hear() throws Exception {
                    return client.answer();
                }

                @Override
                public void close() throws IOException {
                    client.close();
                }
            };
        });
        Peers.until("the door alone listens", PATIENCE, () -> Peers.metric(broker, "databroker_object_listeners") == 1);
    }

    @Test
    void a_program_that_rabbitmq_does_not_let_in_is_told_so() {
        try (DatabrokerClient client = DatabrokerClient.builder(URI.create("http://127.0.0.1:1"))
                .objectsOver(URI.create(rabbit.uri().toString().replace("guest:guest", "eve:secret-word")))
                .build()) {
            ObjectSpace space = client.objects();
            assertThatThrownBy(() -> space.get("Person", 1)).isInstanceOfSatisfying(ProblemException.class, refused -> {
                assertThat(refused.problem()).isEqualTo(Problem.NOT_AUTHENTICATED);
                assertThat(refused.detail()).contains("eve").doesNotContain("secret-word");
            });
        }
    }

    private static DatabrokerClient overTls(TestBroker broker, Path authority) throws Exception {
        return DatabrokerClient.builder(broker.http(""))
                .token(broker.token())
                .timeout(Duration.ofSeconds(3))
                .objectsOver(rabbit.uriOf("program"))
                .sslContext(Trust.in(Files.readString(authority)))
                .build();
    }

    @Test
    void over_tls_only_the_named_authority_is_believed_and_the_rights_of_the_page_are_enough_and_no_more()
            throws Exception {
        Map<String, String> settings = Map.of(
                "objects.demo",
                "true",
                "objects.beat",
                "500ms",
                "amqp.uri",
                rabbit.uriOf("broker").toString());
        TestBroker broker = later(TestBroker.start(folder.resolve("tls"), with(settings, rabbit.authority())));
        opens(broker);
        ObjectSpace space = later(overTls(broker, rabbit.authority())).objects();
        ObjectSpace other = later(overTls(broker, rabbit.authority())).objects();
        try (ObjectSession session = space.session()) {
            session.edit(space.get("Task", 2)).set("title", "over TLS");
            other.await(session.commit());
        }
        assertThat(other.get("Task", 2).get("title")).isEqualTo("over TLS");

        ObjectSpace deceived = later(overTls(broker, rabbit.stranger())).objects();
        assertThatThrownBy(() -> deceived.get("Task", 2)).isInstanceOfSatisfying(ProblemException.class, refused -> {
            assertThat(refused.problem()).isEqualTo(Problem.UNAVAILABLE);
            assertThat(refused.detail()).contains("certificat").doesNotContain("a-password");
        });
        TestBroker alone = later(TestBroker.start(folder.resolve("deceived"), with(settings, rabbit.stranger())));
        Peers.until(
                "it says why",
                PATIENCE,
                () -> alone.request("GET", "/health/checks", "").body().contains("PKIX path building failed"));

        ConnectionFactory program = AmqpConnections.to(
                AmqpAddress.parse(rabbit.uriOf("program").toString()),
                PATIENCE,
                Trust.in(Files.readString(rabbit.authority())));
        try (Connection connection = program.newConnection()) {
            assertThatThrownBy(() -> connection.createChannel().basicGet("databroker.requests", true))
                    .hasStackTraceContaining("ACCESS_REFUSED");
            Channel channel = connection.createChannel();
            channel.basicPublish("databroker.changes", "json.me", null, new byte[0]);
            assertThatThrownBy(() -> channel.queueDeclarePassive("nothing")).hasStackTraceContaining("ACCESS_REFUSED");
        }
    }

    private static Map<String, String> with(Map<String, String> settings, Path authority) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("amqp.ca-file", authority.toString());
        return all;
    }

    /// The command judges, and a program in Python does what the page shows.
    @Test
    void whoever_speaks_as_the_page_says_is_understood_in_every_codec() throws Exception {
        TestBroker broker = demo("databroker");
        Command.Result judged = Command.run(
                folder,
                "objects",
                "conformance",
                "--url",
                broker.http("").toString(),
                "--token",
                broker.token(),
                "--amqp",
                rabbit.uri().toString(),
                "--transport",
                "amqp");
        assertThat(judged.exit()).as(judged.said()).isZero();
        for (ObjectMessages form : ObjectMessages.values()) {
            assertThat(judged.said()).contains("amqp" + form.subprotocol().replace("dbo.", "-"));
        }
        Matcher example = Pattern.compile("```python rabbitmq\n(.*?)```\n```output\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(House.ROOT.resolve("docs/reference/objects.md")));
        assertThat(example.find()).isTrue();
        Peers.Result python = Peers.run(
                "timeout",
                "30",
                "env",
                "RABBITMQ=" + rabbit.uri() + "/%2F",
                "TOKEN=" + broker.token(),
                Peers.python(),
                "-c",
                example.group(1));
        assertThat(python.output()).isEqualTo(example.group(2));
    }
}
