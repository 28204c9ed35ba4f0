package com.databroker.client;

import static com.databroker.client.ScriptedBroker.at;
import static com.databroker.client.ScriptedBroker.event;
import static com.databroker.client.ScriptedBroker.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Event;
import com.databroker.core.EventMessage;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
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

    @Test
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

    @Test
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

    @Test
    void aCutBeforeTheFirstEventOfAnEpochLosesNothingAndTellsNoGap() throws Exception {
        CountDownLatch cut = new CountDownLatch(1);
        Position another = new Position(ScriptedBroker.EPOCH - 1, 0);
        try (ScriptedBroker broker = new ScriptedBroker(
                        line -> {
                            line.welcome().takeSubscribe(at(0));
                            cut.await();
                        },
                        line -> {
                            EventMessage.Subscribe subscribe =
                                    (EventMessage.Subscribe) line.welcome().next();
                            asked.add(subscribe);
                            line.send(new EventMessage.Gap(another, at(0), -1));
                            line.send(new EventMessage.Ack(subscribe.id(), at(0)));
                            line.deliver(event(0, "builds/a"));
                            line.untilEnd();
                        });
                DatabrokerClient client = client(broker).build()) {
            client.subscribe(BUILDS, heard);
            cut.countDown();
            assertThat(heard.offset()).isZero();
            assertThat(take(asked).since()).isEqualTo(another);
            assertThat(heard.gaps).isEmpty();
        }
    }

    @Test
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

    @Test
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

    @Test
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

    @Test
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

    @Test
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

    @Test
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

    @Test
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

    @Test
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

    @Test
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
