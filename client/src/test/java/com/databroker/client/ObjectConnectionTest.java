package com.databroker.client;

import static com.databroker.client.ScriptedBroker.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.client.ScriptedBroker.Line;
import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectPosition;
import com.databroker.core.ObjectRef;
import com.databroker.core.Problem;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Objects over a real WebSocket.
@Timeout(60)
final class ObjectConnectionTest {
    private static final ObjectPosition SEVEN = ObjectPosition.parse("shop:1-7");
    private static final ObjectPosition EIGHT = ObjectPosition.parse("shop:1-8");
    private static final String CAPABILITY = "abcdefghijklmnopqrstuv";

    private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();

    private static DatabrokerClient client(ScriptedBroker broker) {
        return client(broker, Duration.ofSeconds(20));
    }

    private static DatabrokerClient client(ScriptedBroker broker, Duration timeout) {
        return DatabrokerClient.builder(broker.uri())
                .token("secret")
                .timeout(timeout)
                .build();
    }

    private ObjectMessage.Hello welcome(Line line) throws Exception {
        heard.add(line.headers.get("request") + " " + line.headers.get("Authorization"));
        line.upgrade("dbo.cbor");
        ObjectMessage.Hello hello = (ObjectMessage.Hello) line.nextOfObjects();
        line.send(new ObjectMessage.Welcome("scripted", SEVEN, hello.resume() != null, "types", 60_000, 0));
        return hello;
    }

    private static void answer(Line line, String name, long version, ObjectPosition at) throws IOException {
        ObjectMessage.Get get = (ObjectMessage.Get) line.nextOfObjects();
        line.send(new ObjectMessage.Ok(
                get.id(),
                1,
                List.of(new ObjectMessage.Row(
                        new ObjectRef(ObjectKey.parse("Person/1"), CAPABILITY),
                        "r",
                        version,
                        "tag",
                        Map.of("name", name))),
                null,
                null,
                -1,
                List.of(),
                at));
    }

    @Test
    void an_object_is_fetched_with_the_users_token_and_what_has_changed_is_heard_of() throws Exception {
        DatabrokerClient closed;
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    welcome(line);
                    answer(line, "Ada", 1, SEVEN);
                    line.send(new ObjectMessage.Changed(1, EIGHT, 0, List.of(new ObjectMessage.Tagged("tag", 2))));
                    answer(line, "Eve", 2, EIGHT);
                    heard.add(line.untilEnd());
                });
                DatabrokerClient open = client(broker)) {
            Entity ada = open.objects().get("Person", 1);
            assertThat(ada.get("name")).isEqualTo("Ada");
            assertThat(take(heard)).isEqualTo("GET /objects HTTP/1.1 Bearer secret");
            for (int i = 0; i < 2000 && !ada.obsolete(); i++) {
                assertThat(heard.poll(10, TimeUnit.MILLISECONDS)).isNull();
            }
            assertThat(open.objects().refresh(ada).get("name")).isEqualTo("Eve");
            assertThat(ada.get("name")).isEqualTo("Ada");
            closed = open;
        }
        DatabrokerClient client = closed;
        assertThat(take(heard)).isEqualTo(1000);
        assertThatThrownBy(client::objects).isInstanceOf(ProblemException.class);
    }

    @Test
    void a_connection_that_is_cut_is_made_anew_and_goes_on_from_the_position_of_the_last() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(
                        line -> {
                            welcome(line);
                            answer(line, "Ada", 1, SEVEN);
                            // The next request is read, and the line cut instead of an answer.
                            line.nextOfObjects();
                        },
                        line -> {
                            heard.add(String.valueOf(welcome(line).resume()));
                            line.send(new ObjectMessage.Changed(
                                    1, EIGHT, 0, List.of(new ObjectMessage.Tagged("tag", 2))));
                            heard.add(((ObjectMessage.Get) line.nextOfObjects()).keys());
                            line.send(new ObjectMessage.Ok(2, 0, List.of(), null, null, -1, List.of(), EIGHT));
                            line.untilEnd();
                        });
                DatabrokerClient client = client(broker)) {
            Entity ada = client.objects().get("Person", 1);
            take(heard);
            assertThatThrownBy(() -> client.objects().get("Person", 2))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            why -> assertThat(why.problem()).isEqualTo(Problem.OBJECT_NOT_FOUND));
            take(heard);
            assertThat(take(heard)).isEqualTo("shop:1-7");
            assertThat(take(heard)).isEqualTo(List.of(ObjectRef.of(ObjectKey.parse("Person/2"))));
            assertThat(ada.obsolete()).isTrue();
            assertThat(client.objects().stats().resumes()).isOne();
        }
    }

    private static ObjectMessage.Row person(int number) {
        return new ObjectMessage.Row(
                new ObjectRef(ObjectKey.of("Person", number), CAPABILITY),
                "r",
                1,
                "tag" + number,
                Map.of("name", "person " + number));
    }

    private static void answer(Line line, ObjectMessage.Request request) throws IOException {
        int number = Integer.parseInt(
                ((ObjectMessage.Get) request).keys().get(0).key().toString().substring("Person/".length()));
        line.send(new ObjectMessage.Ok(request.id(), 1, List.of(person(number)), null, null, -1, List.of(), SEVEN));
    }

    @Test
    void whoever_asks_alone_reads_the_answer_itself_and_nobody_misses_anything() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(
                        line -> {
                            welcome(line);
                            for (int i = 0; i < 200; i++) {
                                answer(line, line.nextOfObjects());
                            }
                            line.send(new ObjectMessage.Changed(
                                    1, EIGHT, 0, List.of(new ObjectMessage.Tagged("tag7", 2))));
                            ObjectMessage.Request first = line.nextOfObjects();
                            heard.add("one waits");
                            answer(line, line.nextOfObjects());
                            answer(line, first);
                            line.nextOfObjects();
                            heard.add("to be interrupted");
                            answer(line, line.nextOfObjects());
                            // Cut in the place of an answer.
                            line.nextOfObjects();
                        },
                        line -> {
                            welcome(line);
                            // What was interrupted is asked again, too.
                            answer(line, line.nextOfObjects());
                            answer(line, line.nextOfObjects());
                            line.untilEnd();
                        });
                DatabrokerClient client = client(broker)) {
            Entity seventh = client.objects().get("Person", 7);
            for (int i = 1000; i < 1199; i++) {
                assertThat(client.objects().get("Person", i).get("name")).isEqualTo("person " + i);
            }
            take(heard);
            for (int i = 0; i < 2000 && !seventh.obsolete(); i++) {
                assertThat(heard.poll(10, TimeUnit.MILLISECONDS)).isNull();
            }
            assertThat(seventh.obsolete()).isTrue();

            FutureTask<Object> slow =
                    inThread(() -> client.objects().get("Person", 1).get("name"));
            assertThat(take(heard)).isEqualTo("one waits");
            assertThat(client.objects().get("Person", 2).get("name")).isEqualTo("person 2");
            assertThat(slow.get()).isEqualTo("person 1");

            FutureTask<Object> interrupted =
                    new FutureTask<>(() -> client.objects().get("Person", 3));
            Thread thread = new Thread(interrupted);
            thread.start();
            assertThat(take(heard)).isEqualTo("to be interrupted");
            thread.interrupt();
            assertThatThrownBy(interrupted::get).rootCause().isInstanceOf(InterruptedException.class);
            assertThat(client.objects().get("Person", 4).get("name")).isEqualTo("person 4");
            assertThat(heard).as("still the same connection").isEmpty();
            assertThat(client.objects().get("Person", 5).get("name")).isEqualTo("person 5");
            take(heard);
        }
    }

    private static FutureTask<Object> inThread(Callable<Object> call) {
        FutureTask<Object> task = new FutureTask<>(call);
        new Thread(task).start();
        return task;
    }

    private static long part(Line line, int... numbers) throws Exception {
        ObjectMessage.Find find = (ObjectMessage.Find) line.nextOfObjects();
        assertThat(find.parts()).isTrue();
        List<ObjectMessage.Row> rows =
                IntStream.of(numbers).mapToObj(ObjectConnectionTest::person).toList();
        line.send(new ObjectMessage.Part(find.id(), rows, SEVEN));
        return find.id();
    }

    @Test
    void what_comes_in_parts_is_one_list_and_parts_of_a_lost_answer_are_not_in_it() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(
                        line -> {
                            welcome(line);
                            part(line, 1, 2);
                        },
                        line -> {
                            welcome(line);
                            long id = part(line, 1, 2);
                            line.send(new ObjectMessage.Part(id, List.of(person(3)), SEVEN));
                            line.send(new ObjectMessage.Part(id + 1, List.of(person(9)), SEVEN));
                            line.send(new ObjectMessage.Ok(
                                    id, 1, List.of(person(4)), null, null, -1, List.of("type"), SEVEN));
                            line.untilEnd();
                        });
                DatabrokerClient client = client(broker)) {
            List<Entity> found = client.objects().find("Person").limit(4).list();
            assertThat(found)
                    .extracting(each -> each.get("name"))
                    .containsExactly("person 1", "person 2", "person 3", "person 4");
            assertThat(client.objects().get("Person", 2)).isSameAs(found.get(1));
        }
    }

    @Test
    void parts_before_a_refusal_are_no_answer() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    welcome(line);
                    long id = part(line, 1, 2);
                    line.send(new ObjectMessage.Failed(id, Problem.STORE_UNAVAILABLE, "the database was lost"));
                    line.untilEnd();
                });
                DatabrokerClient client = client(broker)) {
            assertThatThrownBy(() -> client.objects().find("Person").limit(4).list())
                    .hasMessageContaining("the database was lost");
        }
    }

    @Test
    void a_broker_that_says_the_time_and_never_welcome_is_left_for_another_connection() throws Exception {
        Semaphore left = new Semaphore(0);
        try (ScriptedBroker broker = new ScriptedBroker(
                        line -> {
                            welcome(line);
                            answer(line, "Ada", 1, SEVEN);
                        },
                        line -> {
                            line.upgrade("dbo.cbor");
                            try {
                                while (!left.tryAcquire(20, TimeUnit.MILLISECONDS)) {
                                    line.send(new ObjectMessage.Pulse(0, SEVEN, 0));
                                }
                            } catch (IOException gone) {
                                left.release();
                            }
                        },
                        line -> {
                            welcome(line);
                            line.send(new ObjectMessage.Changed(
                                    1, EIGHT, 0, List.of(new ObjectMessage.Tagged("tag", 2))));
                            line.untilEnd();
                        });
                DatabrokerClient client = client(broker, Duration.ofSeconds(1))) {
            Entity ada = client.objects().get("Person", 1);
            assertThat(left.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
            take(heard);
            take(heard);
            for (int i = 0; i < 2000 && !ada.obsolete(); i++) {
                assertThat(heard.poll(10, TimeUnit.MILLISECONDS)).isNull();
            }
            assertThat(ada.obsolete()).isTrue();
        }
    }

    @Test
    void whom_the_broker_does_not_know_is_told_so_at_once() throws Exception {
        Bytes problem = ProblemDocument.bytes(new ProblemException(Problem.NOT_AUTHENTICATED, "no such token"));
        try (ScriptedBroker broker = new ScriptedBroker(line -> line.refuse("401 Unauthorized", problem));
                DatabrokerClient client = client(broker)) {
            assertThatThrownBy(() -> client.objects().get("Person", 1))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            why -> assertThat(why.problem()).isEqualTo(Problem.NOT_AUTHENTICATED));
        }
    }
}
