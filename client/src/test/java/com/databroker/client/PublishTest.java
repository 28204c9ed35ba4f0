package com.databroker.client;

import static com.databroker.client.ScriptedBroker.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.core.EventMessage;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemDocument;
import com.databroker.core.ProblemException;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class PublishTest {
    private static final Publication DONE = Publication.of(Topic.of("builds/core/done"), Bytes.utf8("{}"));

    private static DatabrokerClient.Builder client(ScriptedBroker broker) {
        return DatabrokerClient.builder(broker.uri()).token("s3cret").timeout(Duration.ofSeconds(20));
    }

    private static Problem problemOf(CompletableFuture<?> future) throws InterruptedException {
        try {
            future.get();
            throw new AssertionError("it did not fail");
        } catch (ExecutionException failure) {
            return ((ProblemException) Refusals.unwrap(failure)).problem();
        }
    }

    @Test
    @SuppressWarnings("try") // The test is about close().
    void aPublicationReturnsThePositionOfItsAcknowledgement() throws Exception {
        BlockingQueue<Object> seen = new LinkedBlockingQueue<>();
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    seen.add(line.headers);
                    line.welcome();
                    seen.add(line.takePublish(at(7)).publication());
                    seen.add(line.untilEnd());
                });
                DatabrokerClient client = client(broker).build()) {
            Publication full =
                    new Publication(DONE.topic(), Bytes.utf8("[1]"), "application/json", Map.of("type", "build.done"));
            assertThat(client.publish(full)).isEqualTo(at(7));
            client.close();

            assertThat(ScriptedBroker.take(seen))
                    .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
                    .containsEntry("request", "GET /events HTTP/1.1")
                    .containsEntry("authorization", "Bearer s3cret")
                    .containsEntry("sec-websocket-protocol", "databroker.v1.cbor");
            assertThat(ScriptedBroker.take(seen)).isEqualTo(full);
            assertThat(ScriptedBroker.take(seen)).as("close code").isEqualTo(1000);
        }
    }

    @Test
    void aRefusalBecomesAProblemExceptionAndTheConnectionStays() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome();
                    line.send(new EventMessage.Refused(line.next().id(), Problem.FORBIDDEN, "no grant for builds"));
                    line.takePublish(at(1));
                    line.untilEnd();
                });
                DatabrokerClient client = client(broker).build()) {
            assertThatThrownBy(() -> client.publish(DONE)).isInstanceOfSatisfying(ProblemException.class, refused -> {
                assertThat(refused.problem()).isEqualTo(Problem.FORBIDDEN);
                assertThat(refused.detail()).isEqualTo("no grant for builds");
            });
            assertThat(client.publish(DONE)).isEqualTo(at(1));
            assertThat(broker.connections()).isEqualTo(1);
        }
    }

    @Test
    void manyPublicationsInFlightKeepTheirOrderAndGetTheirOwnAnswers() throws Exception {
        int count = 5000;
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome();
                    for (int i = 0; i < count; i++) {
                        EventMessage.Publish publish = (EventMessage.Publish) line.next();
                        long said =
                                Long.parseLong(publish.publication().payload().utf8());
                        line.send(new EventMessage.Ack(publish.id(), at(said == i ? i : 1_000_000)));
                    }
                    line.untilEnd();
                });
                DatabrokerClient client = client(broker).build()) {
            List<CompletableFuture<Position>> answers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                answers.add(client.publishAsync(Publication.of(DONE.topic(), Bytes.utf8("" + i))));
            }
            for (int i = 0; i < count; i++) {
                assertThat(answers.get(i).get()).isEqualTo(at(i));
            }
        }
    }

    @Test
    void whatWasInFlightWhenTheConnectionBrokeFailsAndIsNeverRepeatedWhileWhatWaitedIsSent() throws Exception {
        CountDownLatch cut = new CountDownLatch(1);
        BlockingQueue<String> published = new LinkedBlockingQueue<>();
        try (ScriptedBroker broker = new ScriptedBroker(
                        line -> {
                            line.welcome();
                            line.takePublish(at(0));
                            line.next();
                            cut.await();
                        },
                        line -> {
                            line.welcome();
                            published.add(line.takePublish(at(5))
                                    .publication()
                                    .payload()
                                    .utf8());
                            line.untilEnd();
                        });
                DatabrokerClient client = client(broker).build()) {
            client.publish(DONE);
            CompletableFuture<Position> lost = client.publishAsync(Publication.of(DONE.topic(), Bytes.utf8("lost")));
            cut.countDown();
            assertThat(problemOf(lost)).isEqualTo(Problem.UNAVAILABLE);
            assertThatThrownBy(lost::get).hasMessageContaining("not known");

            assertThat(client.publish(Publication.of(DONE.topic(), Bytes.utf8("next"))))
                    .isEqualTo(at(5));
            assertThat(ScriptedBroker.take(published)).isEqualTo("next");
        }
    }

    @Test
    void aPublicationWithoutAnAnswerFailsAtItsDeadline() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome();
                    line.next();
                    line.untilEnd();
                });
                DatabrokerClient client =
                        client(broker).timeout(Duration.ofMillis(300)).build()) {
            assertThatThrownBy(() -> client.publish(DONE))
                    .isInstanceOf(ProblemException.class)
                    .hasMessageContaining("no answer within PT0.3S")
                    .hasMessageContaining("not known");
        }
    }

    @Test
    void aBrokerThatTakesTheConnectionAndSaysNothingFailsAtTheDeadline() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.upgrade("databroker.v1.cbor");
                    line.untilEnd();
                });
                DatabrokerClient client =
                        client(broker).timeout(Duration.ofMillis(300)).build()) {
            assertThatThrownBy(() -> client.publish(DONE)).isInstanceOf(ProblemException.class);
        }
    }

    @Test
    void aPortWhereNothingListensFailsAtOnce() throws Exception {
        URI nobody;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            nobody = URI.create("http://127.0.0.1:" + free.getLocalPort());
        }
        try (DatabrokerClient client =
                DatabrokerClient.builder(nobody).timeout(Duration.ofHours(1)).build()) {
            assertThatThrownBy(() -> client.publish(DONE))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            refused -> assertThat(refused.problem()).isEqualTo(Problem.UNAVAILABLE))
                    .hasMessageContaining("no connection to the broker");
        }
    }

    @Test
    void anUnknownUserIsToldSoAndNotTriedTwice() throws Exception {
        ProblemException refusal = new ProblemException(Problem.NOT_AUTHENTICATED, "the token is not known");
        try (ScriptedBroker broker =
                        new ScriptedBroker(line -> line.refuse("401 Unauthorized", ProblemDocument.bytes(refusal)));
                DatabrokerClient client = client(broker).build()) {
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> client.publish(DONE))
                        .isInstanceOfSatisfying(ProblemException.class, refused -> {
                            assertThat(refused.problem()).isEqualTo(Problem.NOT_AUTHENTICATED);
                            assertThat(refused.detail()).isEqualTo("the token is not known");
                        });
            }
            assertThat(broker.connections()).isEqualTo(1);
        }
    }

    @Test
    void aMessageAboveTheLimitIsRefusedBeforeItIsSent() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker();
                DatabrokerClient client = client(broker).messageMax(1000).build()) {
            assertThat(problemOf(client.publishAsync(Publication.of(DONE.topic(), Bytes.wrap(new byte[1000])))))
                    .isEqualTo(Problem.PAYLOAD_TOO_LARGE);
            assertThat(broker.connections()).isZero();
        }
    }

    @Test
    void theRequestsThatWaitAreBounded() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(ScriptedBroker.Line::untilEnd);
                DatabrokerClient client = client(broker).build()) {
            for (int i = 0; i < 10_000; i++) {
                assertThat(client.publishAsync(DONE)).isNotDone();
            }
            CompletableFuture<Position> tooMany = client.publishAsync(DONE);
            assertThat(problemOf(tooMany)).isEqualTo(Problem.UNAVAILABLE);
        }
    }

    @Test
    @SuppressWarnings("try") // The test is about close().
    void whatWaitsWhenTheClientIsClosedFails() throws Exception {
        CountDownLatch arrived = new CountDownLatch(1);
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome();
                    line.next();
                    arrived.countDown();
                    line.untilEnd();
                });
                DatabrokerClient client = client(broker).build()) {
            CompletableFuture<Position> answer = client.publishAsync(DONE);
            assertThat(arrived.await(20, TimeUnit.SECONDS)).isTrue();
            client.close();
            assertThat(problemOf(answer)).isEqualTo(Problem.UNAVAILABLE);
            assertThatThrownBy(() -> client.publish(DONE)).hasMessage("the client is closed");
        }
    }
}
