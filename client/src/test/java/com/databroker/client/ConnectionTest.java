package com.databroker.client;

import static com.databroker.client.ScriptedBroker.at;
import static com.databroker.client.ScriptedBroker.event;
import static com.databroker.client.ScriptedBroker.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.core.Event;
import com.databroker.core.EventMessage;
import com.databroker.core.Pattern;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ConnectionTest {
    private static final Pattern BUILDS = Pattern.of("builds/**");

    private final Recorder heard = new Recorder();
    private final BlockingQueue<Integer> codes = new LinkedBlockingQueue<>();

    private static DatabrokerClient.Builder client(ScriptedBroker broker) {
        return DatabrokerClient.builder(broker.uri()).timeout(Duration.ofSeconds(20));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupt) {
            throw new AssertionError(interrupt);
        }
    }

    @Test
    void whatCameBeforeAFinalCloseIsStillDelivered() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        BlockingQueue<Object> order = new LinkedBlockingQueue<>();
        EventListener slow = new EventListener() {
            @Override
            public void event(Event event) {
                await(go);
                order.add(event.position());
            }

            @Override
            public void closed(ProblemException why) {
                order.add(why.problem());
            }
        };
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome().takeSubscribe(at(0));
                    line.deliver(event(0, "builds/a"));
                    line.deliver(event(1, "builds/b"));
                    line.close(4403, "no more");
                    go.countDown();
                });
                DatabrokerClient client = client(broker).build()) {
            client.subscribe(BUILDS, slow);
            assertThat(take(order)).isEqualTo(at(0));
            assertThat(take(order)).isEqualTo(at(1));
            assertThat(take(order)).isEqualTo(Problem.FORBIDDEN);
        }
    }

    @Test
    void aFinalCloseEndsTheSubscriptionAndIsNotRetried() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome().takeSubscribe(at(0));
                    line.deliver(event(0, "builds/a"));
                    line.close(4401, "[2005] access revoked");
                });
                DatabrokerClient client = client(broker).build()) {
            Subscription subscription = client.subscribe(BUILDS, heard);
            assertThat(take(heard.closed).problem()).isEqualTo(Problem.ACCESS_REVOKED);
            assertThat(heard.offset()).isZero();
            assertThat(subscription.isOpen()).isFalse();
            assertThat(heard.disconnected.poll(500, TimeUnit.MILLISECONDS)).isNull();
            assertThat(broker.connections()).isEqualTo(1);
        }
    }

    @Test
    void aRefusalBeforeTheCloseNamesTheProblem() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome().takeSubscribe(at(0));
                    line.send(new EventMessage.Refused(EventMessage.NO_ID, Problem.TOPIC_INVALID, "said before"));
                    line.close(4400, "");
                });
                DatabrokerClient client = client(broker).build()) {
            client.subscribe(BUILDS, heard);
            assertThat(take(heard.closed).detail()).isEqualTo("said before");
        }
    }

    @Test
    void aCloseThatAsksToComeBackLaterIsFollowed() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(
                        line -> {
                            line.welcome().takeSubscribe(at(0));
                            line.close(4503, "shutting down");
                        },
                        line -> line.refuse("503 Service Unavailable", Bytes.EMPTY),
                        line -> {
                            line.welcome().takeSubscribe(at(0));
                            line.deliver(event(0, "builds/a"));
                            line.untilEnd();
                        });
                DatabrokerClient client = client(broker).build()) {
            client.subscribe(BUILDS, heard);
            assertThat(heard.offset()).isZero();
            assertThat(take(heard.disconnected)).contains("4503").contains("shutting down");
            assertThat(take(heard.disconnected)).contains("503");
            assertThat(heard.closed).isEmpty();
        }
    }

    @Test
    void aMessageInPiecesIsPutTogether() throws Exception {
        Bytes payload = Bytes.utf8("x".repeat(100_000));
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome().takeSubscribe(at(0));
                    line.deliverInPieces(event(0, "builds/a", payload));
                    line.deliver(event(1, "builds/b"));
                    line.untilEnd();
                });
                DatabrokerClient client = client(broker).build()) {
            client.subscribe(BUILDS, heard);
            assertThat(take(heard.events).payload()).isEqualTo(payload);
            assertThat(heard.offset()).isEqualTo(1);
        }
    }

    @Test
    void aMessageAboveTheLimitEndsTheConnection() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome().takeSubscribe(at(0));
                    line.deliverInPieces(event(0, "builds/a", Bytes.wrap(new byte[2000])));
                    codes.add(line.untilEnd());
                });
                DatabrokerClient client = client(broker).messageMax(1500).build()) {
            client.subscribe(BUILDS, heard);
            assertThat(take(heard.closed).problem()).isEqualTo(Problem.PAYLOAD_TOO_LARGE);
            assertThat(take(codes)).isEqualTo(4413);
        }
    }

    @Test
    void textWhereOnlyBinaryIsSpokenEndsTheConnection() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome().takeSubscribe(at(0));
                    line.text("{}");
                    codes.add(line.untilEnd());
                });
                DatabrokerClient client = client(broker).build()) {
            client.subscribe(BUILDS, heard);
            assertThat(take(heard.closed).problem()).isEqualTo(Problem.MESSAGE_INVALID);
            assertThat(take(codes)).isEqualTo(4400);
        }
    }

    @Test
    void aServerOfAnotherProtocolIsLeft() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.upgrade("databroker.v1.json");
                    line.untilEnd();
                });
                DatabrokerClient client = client(broker).build()) {
            assertThatThrownBy(() -> client.subscribe(BUILDS, heard)).isInstanceOf(ProblemException.class);
        }
    }

    @Test
    void aSlowListenerHoldsTheBrokerBackAndLosesNothing() throws Exception {
        int count = 4000;
        Bytes payload = Bytes.wrap(new byte[16 << 10]);
        CountDownLatch go = new CountDownLatch(1);
        CompletableFuture<String> written = new CompletableFuture<>();
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome().takeSubscribe(at(0));
                    for (int i = 0; i < count; i++) {
                        line.deliver(event(i, "builds/a", payload));
                    }
                    written.complete("all 64 MB");
                    line.untilEnd();
                });
                DatabrokerClient client = client(broker).queue(8).build()) {
            BlockingQueue<Long> offsets = new LinkedBlockingQueue<>();
            client.subscribe(BUILDS, event -> {
                await(go);
                offsets.add(event.position().offset());
            });
            assertThatThrownBy(() -> written.get(1, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
            go.countDown();
            for (long i = 0; i < count; i++) {
                assertThat(take(offsets)).isEqualTo(i);
            }
            assertThat(written.get()).isNotEmpty();
        }
    }

    @Test
    void aBrokerThatFallsSilentIsLeftAndOneThatAnswersPingsIsKept() throws Exception {
        CountDownLatch pinged = new CountDownLatch(1);
        try (ScriptedBroker broker = new ScriptedBroker(
                        line -> {
                            line.answersPings = false;
                            line.welcome().takeSubscribe(at(0));
                            line.untilEnd();
                        },
                        line -> {
                            line.welcome().takeSubscribe(at(0));
                            // Only pings come until the client goes: for more than the nine ticks of silence that end
                            // one.
                            Thread reader = new Thread(() -> {
                                try {
                                    for (int i = 0; i < 6; i++) {
                                        take(line.pings);
                                    }
                                    pinged.countDown();
                                } catch (InterruptedException interrupt) {
                                    Thread.currentThread().interrupt();
                                }
                            });
                            reader.start();
                            line.untilEnd();
                            reader.join();
                        });
                DatabrokerClient client =
                        client(broker).tick(Duration.ofMillis(150)).build()) {
            client.subscribe(BUILDS, heard);
            assertThat(take(heard.disconnected)).isEqualTo("nothing heard for PT1.35S");
            assertThat(pinged.await(20, TimeUnit.SECONDS)).isTrue();
            assertThat(broker.connections()).isEqualTo(2);
            assertThat(heard.disconnected).isEmpty();
        }
    }
}
