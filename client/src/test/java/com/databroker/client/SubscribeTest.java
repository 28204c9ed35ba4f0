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
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class SubscribeTest {
    private static final Pattern BUILDS = Pattern.of("builds/**");

    private final Recorder heard = new Recorder();
    private final BlockingQueue<EventMessage.Subscribe> asked = new LinkedBlockingQueue<>();
    private final BlockingQueue<Integer> codes = new LinkedBlockingQueue<>();

    private static DatabrokerClient.Builder client(ScriptedBroker broker) {
        return DatabrokerClient.builder(broker.uri()).timeout(Duration.ofSeconds(20));
    }

    @org.junit.jupiter.api.RepeatedTest(12)
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

    @org.junit.jupiter.api.RepeatedTest(12)
    void afterACutTheSubscriptionGoesOnBehindTheLastEventAndDuplicatesAreDropped() throws Exception {
        CountDownLatch cut = new CountDownLatch(1);
        try (ScriptedBroker broker = new ScriptedBroker(
                        line -> {
                            line.welcome();
                            asked.add(line.takeSubscribe(at(10)));
                            line.deliver(event(10, "builds/a"));
                            line.deliver(event(12, "builds/b"));
                            cut.await();
                        },
                        line -> {
                            line.welcome();
                            asked.add(line.takeSubscribe(at(12)));
                            line.deliver(event(12, "builds/b"));
                            line.deliver(event(13, "builds/c"));
                            line.untilEnd();
                        });
                DatabrokerClient client = client(broker).build()) {
            Subscription subscription = client.subscribe(BUILDS, heard);
            assertThat(heard.offset()).isEqualTo(10);
            assertThat(heard.offset()).isEqualTo(12);
            cut.countDown();
            assertThat(heard.offset()).isEqualTo(13);
            assertThat(take(asked).since()).isNull();
            assertThat(take(asked).since()).isEqualTo(at(12));
            assertThat(heard.disconnected).hasSize(1);
            assertThat(heard.connected).hasSize(2);
            assertThat(subscription.isOpen()).isTrue();
        }
    }

    @org.junit.jupiter.api.RepeatedTest(12)
    void aCutBeforeTheFirstEventGoesOnAtThePositionOfTheAcknowledgement() throws Exception {
        CountDownLatch cut = new CountDownLatch(1);
        try (ScriptedBroker broker = new ScriptedBroker(
                        line -> {
                            asked.add(line.welcome().takeSubscribe(at(10)));
                            cut.await();
                        },
                        line -> {
                            asked.add(line.welcome().takeSubscribe(at(10)));
                            // As a broker that counts from "since" itself would.
                            line.deliver(event(9, "builds/before"));
                            line.deliver(event(10, "builds/a"));
                            line.untilEnd();
                        });
                DatabrokerClient client = client(broker).build()) {
            client.subscribe(BUILDS, heard);
            cut.countDown();
            assertThat(heard.offset()).isEqualTo(10);
            take(asked);
            assertThat(take(asked).since()).isEqualTo(at(9));
        }
    }

    @org.junit.jupiter.api.RepeatedTest(12)
    @SuppressWarnings("try") // The test is about close().
    void aSubscriptionSinceAPositionAsksForIt() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    asked.add(line.welcome().takeSubscribe(at(4)));
                    line.deliver(event(4, "builds/a"));
                    line.untilEnd();
                });
                DatabrokerClient client = client(broker).build()) {
            Subscription subscription = client.subscribe(BUILDS, at(3), heard);
            assertThat(take(asked).since()).isEqualTo(at(3));
            assertThat(heard.offset()).isEqualTo(4);
            client.close();
            assertThat(subscription.isOpen()).isFalse();
        }
    }

    @org.junit.jupiter.api.RepeatedTest(12)
    void anEventThatMatchesTwoPatternsReachesBothOnceAndOthersTheirOwn() throws Exception {
        Recorder other = new Recorder();
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome().takeSubscribe(at(0));
                    line.takeSubscribe(at(0));
                    line.deliver(event(0, "builds/core/done"));
                    line.deliver(event(1, "builds/core"));
                    line.deliver(event(2, "builds/net/done"));
                    line.untilEnd();
                });
                DatabrokerClient client = client(broker).build()) {
            client.subscribe(BUILDS, heard);
            client.subscribe(Pattern.of("builds/*/done"), other);
            assertThat(heard.offset()).isZero();
            assertThat(heard.offset()).isEqualTo(1);
            assertThat(heard.offset()).isEqualTo(2);
            assertThat(other.offset()).isZero();
            assertThat(other.offset()).isEqualTo(2);
        }
    }

    @org.junit.jupiter.api.RepeatedTest(12)
    void anEventThatAnotherSubscriptionBringsDoesNotOvertakeAReplay() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome().takeSubscribe(at(50));
                    EventMessage.Request second = line.next();
                    line.deliver(event(50, "builds/live"));
                    line.send(new EventMessage.Ack(second.id(), at(48)));
                    line.deliver(event(48, "builds/a"));
                    line.deliver(event(49, "builds/b"));
                    line.deliver(event(50, "builds/live"));
                    line.untilEnd();
                });
                DatabrokerClient client = client(broker).build()) {
            Recorder live = new Recorder();
            client.subscribe(BUILDS, live);
            client.subscribe(Pattern.ALL, at(47), heard);
            assertThat(heard.offset()).isEqualTo(48);
            assertThat(heard.offset()).isEqualTo(49);
            assertThat(heard.offset()).isEqualTo(50);
            assertThat(live.offset()).isEqualTo(50);
            assertThat(live.events).isEmpty();
        }
    }

    @org.junit.jupiter.api.RepeatedTest(12)
    void theBrokerHearsOfTheEndOfAPatternOnlyWithItsLastSubscription() throws Exception {
        BlockingQueue<EventMessage.Request> requests = new LinkedBlockingQueue<>();
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome().takeSubscribe(at(0));
                    line.takeSubscribe(at(0));
                    requests.add(line.takePublish(at(0)));
                    requests.add(line.next());
                    line.untilEnd();
                });
                DatabrokerClient client = client(broker).build()) {
            Subscription first = client.subscribe(BUILDS, heard);
            Subscription second = client.subscribe(BUILDS, new Recorder());
            first.close();
            client.publish(event(0, "tests").publication());
            second.close();
            assertThat(take(requests)).isInstanceOf(EventMessage.Publish.class);
            assertThat(take(requests))
                    .isInstanceOfSatisfying(
                            EventMessage.Unsubscribe.class,
                            end -> assertThat(end.pattern()).isEqualTo(BUILDS));
        }
    }

    @org.junit.jupiter.api.RepeatedTest(12)
    void aRefusedSubscriptionIsAProblemExceptionAndIsNotTriedAgain() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome();
                    line.send(new EventMessage.Refused(line.next().id(), Problem.FORBIDDEN, "no grant"));
                    line.untilEnd();
                });
                DatabrokerClient client = client(broker).build()) {
            assertThatThrownBy(() -> client.subscribe(BUILDS, heard))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            refused -> assertThat(refused.problem()).isEqualTo(Problem.FORBIDDEN));
            assertThat(heard.closed).isEmpty();
        }
    }

    @org.junit.jupiter.api.RepeatedTest(12)
    void aRefusalAfterAReconnectionEndsThatSubscriptionForGood() throws Exception {
        CountDownLatch cut = new CountDownLatch(1);
        try (ScriptedBroker broker = new ScriptedBroker(
                        line -> {
                            line.welcome().takeSubscribe(at(0));
                            cut.await();
                        },
                        line -> {
                            line.welcome();
                            line.send(new EventMessage.Refused(line.next().id(), Problem.FORBIDDEN, "no more"));
                            line.untilEnd();
                        });
                DatabrokerClient client = client(broker).build()) {
            Subscription subscription = client.subscribe(BUILDS, heard);
            cut.countDown();
            assertThat(take(heard.closed).problem()).isEqualTo(Problem.FORBIDDEN);
            assertThat(subscription.isOpen()).isFalse();
        }
    }

    @org.junit.jupiter.api.RepeatedTest(12)
    void aGapReachesTheListenerInItsPlace() throws Exception {
        Position newLife = new Position(ScriptedBroker.EPOCH + 1, 3);
        EventMessage.Gap gap = new EventMessage.Gap(at(2), newLife, -1);
        CountDownLatch cut = new CountDownLatch(1);
        try (ScriptedBroker broker = new ScriptedBroker(
                        line -> {
                            line.welcome().takeSubscribe(at(0));
                            line.deliver(event(1, "builds/a"));
                            line.send(gap);
                            cut.await();
                        },
                        line -> {
                            asked.add(line.welcome().takeSubscribe(newLife));
                            line.untilEnd();
                        });
                DatabrokerClient client = client(broker).build()) {
            client.subscribe(BUILDS, heard);
            assertThat(take(heard.gaps)).isEqualTo(gap);
            cut.countDown();
            assertThat(heard.offset()).isEqualTo(1);
            assertThat(take(asked).since()).isEqualTo(new Position(ScriptedBroker.EPOCH + 1, 2));
        }
    }

    @org.junit.jupiter.api.RepeatedTest(12)
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

    @org.junit.jupiter.api.RepeatedTest(12)
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

    @org.junit.jupiter.api.RepeatedTest(12)
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

    @org.junit.jupiter.api.RepeatedTest(12)
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

    @org.junit.jupiter.api.RepeatedTest(12)
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

    @org.junit.jupiter.api.RepeatedTest(12)
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

    @org.junit.jupiter.api.RepeatedTest(12)
    void aServerOfAnotherProtocolIsLeft() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.upgrade("databroker.v1.json");
                    line.untilEnd();
                });
                DatabrokerClient client = client(broker).build()) {
            assertThatThrownBy(() -> client.subscribe(BUILDS, heard)).isInstanceOf(ProblemException.class);
        }
    }

    @org.junit.jupiter.api.RepeatedTest(12)
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

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupt) {
            throw new AssertionError(interrupt);
        }
    }

    @org.junit.jupiter.api.RepeatedTest(12)
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

    @org.junit.jupiter.api.RepeatedTest(12)
    @SuppressWarnings("try") // The test is about close().
    void aListenerThatThrowsHearsTheNextEventAndMayCloseItsClient() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome().takeSubscribe(at(0));
                    line.deliver(event(0, "builds/a"));
                    line.deliver(event(1, "builds/b"));
                    codes.add(line.untilEnd());
                });
                DatabrokerClient client = client(broker).build()) {
            BlockingQueue<Event> second = new LinkedBlockingQueue<>();
            Subscription subscription = client.subscribe(BUILDS, event -> {
                if (event.position().offset() == 0) {
                    throw new IllegalStateException("the first is too much");
                }
                client.close();
                second.add(event);
            });
            assertThat(take(second).position()).isEqualTo(at(1));
            assertThat(take(codes)).isEqualTo(1000);
            assertThat(subscription.isOpen()).isFalse();
        }
    }

    @org.junit.jupiter.api.RepeatedTest(12)
    void aSubscriptionWithoutAnAnswerFailsAtItsDeadline() throws Exception {
        try (ScriptedBroker broker = new ScriptedBroker(line -> {
                    line.welcome();
                    line.untilEnd();
                });
                DatabrokerClient client =
                        client(broker).timeout(Duration.ofMillis(300)).build()) {
            assertThatThrownBy(() -> client.subscribe(BUILDS, heard)).hasMessageContaining("no answer within PT0.3S");
        }
    }
}
