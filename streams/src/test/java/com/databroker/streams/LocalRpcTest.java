package com.databroker.streams;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.flink.runtime.rpc.FencedRpcEndpoint;
import org.apache.flink.runtime.rpc.FencedRpcGateway;
import org.apache.flink.runtime.rpc.RpcEndpoint;
import org.apache.flink.runtime.rpc.RpcGateway;
import org.apache.flink.runtime.rpc.RpcService;
import org.apache.flink.runtime.rpc.RpcTimeout;
import org.apache.flink.runtime.rpc.exceptions.EndpointNotStartedException;
import org.apache.flink.runtime.rpc.exceptions.FencingTokenException;
import org.apache.flink.runtime.rpc.exceptions.RecipientUnreachableException;
import org.apache.flink.runtime.rpc.exceptions.RpcConnectionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // Endpoints of Flink close with interruptions, which javac minds in whoever inherits that.
final class LocalRpcTest {
    private final RpcService service = new LocalRpcService(new ConcurrentHashMap<>(), Duration.ofSeconds(10));

    /// What is asked in these tests.
    public interface Counting extends RpcGateway {
        CompletableFuture<Integer> add(int more);

        CompletableFuture<Integer> never(@RpcTimeout Duration within);

        CompletableFuture<Integer> fail();

        int sum();

        void forget();
    }

    private static final class Counter extends RpcEndpoint implements Counting {
        private final boolean refusing;
        private int sum;

        Counter(RpcService service, boolean refusing) {
            super(service);
            this.refusing = refusing;
        }

        @Override
        protected void onStart() {
            if (refusing) {
                throw new IllegalStateException("not today");
            }
        }

        @Override
        public CompletableFuture<Integer> add(int more) {
            validateRunsInMainThread();
            sum += more;
            return CompletableFuture.completedFuture(sum);
        }

        @Override
        public CompletableFuture<Integer> never(Duration within) {
            return new CompletableFuture<>();
        }

        @Override
        public CompletableFuture<Integer> fail() {
            throw new IllegalStateException("as asked");
        }

        @Override
        public int sum() {
            return sum;
        }

        @Override
        public void forget() {
            sum = 0;
        }
    }

    /// What a leader is asked.
    public interface Leading extends FencedRpcGateway<UUID> {
        CompletableFuture<String> name();
    }

    private static final class Leader extends FencedRpcEndpoint<UUID> implements Leading {
        Leader(RpcService service, UUID token) {
            super(service, "leader", token);
        }

        @Override
        public CompletableFuture<String> name() {
            return CompletableFuture.completedFuture("leader");
        }
    }

    @AfterEach
    void end() throws Exception {
        service.closeAsync().exceptionally(failed -> null).get(30, TimeUnit.SECONDS);
    }

    private Counting connected(RpcEndpoint endpoint) throws Exception {
        return service.connect(endpoint.getAddress(), Counting.class).get(30, TimeUnit.SECONDS);
    }

    private static <T> T of(CompletableFuture<T> answer) throws Exception {
        return answer.get(30, TimeUnit.SECONDS);
    }

    @Test
    void calls_of_many_threads_are_done_one_after_the_other() throws Exception {
        Counter counter = new Counter(service, false);
        counter.start();
        Counting calls = connected(counter);
        List<Thread> threads = new ArrayList<>();
        Queue<CompletableFuture<Integer>> answers = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int n = 0; n < 1000; n++) {
                    answers.add(calls.add(1));
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(calls.sum()).isEqualTo(4000);
        assertThat(answers).allMatch(CompletableFuture::isDone);
        calls.forget();
        assertThat(of(calls.add(2))).isEqualTo(2);
        assertThat(calls.getAddress()).isEqualTo(counter.getAddress());
    }

    @Test
    void what_an_endpoint_throws_comes_to_who_asked() throws Exception {
        Counter counter = new Counter(service, false);
        counter.start();
        Counting calls = connected(counter);
        assertThatThrownBy(() -> of(calls.fail()))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseMessage("as asked");
        assertThatThrownBy(() -> of(calls.never(Duration.ofMillis(20))))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseInstanceOf(TimeoutException.class);
    }

    @Test
    void nothing_is_done_before_the_start_and_after_the_end() throws Exception {
        Counter counter = new Counter(service, false);
        Counting calls = connected(counter);
        assertThatThrownBy(() -> of(calls.add(1))).hasCauseInstanceOf(EndpointNotStartedException.class);
        counter.start();
        assertThat(of(calls.add(1))).isEqualTo(1);
        of(counter.closeAsync());
        assertThatThrownBy(() -> of(calls.add(1))).hasCauseInstanceOf(RecipientUnreachableException.class);
        assertThatThrownBy(() -> connected(counter)).hasCauseInstanceOf(RpcConnectionException.class);
    }

    @Test
    void an_endpoint_that_does_not_start_ends_with_the_reason() {
        Counter counter = new Counter(service, true);
        counter.start();
        assertThatThrownBy(() -> of(counter.getTerminationFuture())).hasRootCauseMessage("not today");
    }

    @Test
    void who_has_the_token_of_another_leader_is_refused() throws Exception {
        UUID now = UUID.fromString("00000000-0000-0000-0000-000000000002");
        UUID before = UUID.fromString("00000000-0000-0000-0000-000000000001");
        Leader leader = new Leader(service, now);
        leader.start();
        Leading right = of(service.connect(leader.getAddress(), now, Leading.class));
        assertThat(of(right.name())).isEqualTo("leader");
        assertThat(right.getFencingToken()).isEqualTo(now);
        Leading late = of(service.connect(leader.getAddress(), before, Leading.class));
        assertThatThrownBy(() -> of(late.name())).hasCauseInstanceOf(FencingTokenException.class);
    }
}
