package com.databroker.streams;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.flink.runtime.rpc.MainThreadValidatorUtil;
import org.apache.flink.runtime.rpc.RpcEndpoint;
import org.apache.flink.runtime.rpc.exceptions.EndpointNotStartedException;
import org.apache.flink.runtime.rpc.exceptions.RecipientUnreachableException;
import org.apache.flink.runtime.rpc.exceptions.RpcException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A part of Flink and its main thread: what is asked of it is done there, one after the other.
///
/// ```
///   STOPPED ──start──▶ RUNNING ──end──▶ ENDING ──when it has ended──▶ ENDED
///      ▲◀──────stop───────┘
/// ```
/// What comes before it has started and after it has ended is refused.
final class LocalEndpoint {
    private static final Logger LOG = LoggerFactory.getLogger(LocalEndpoint.class);

    private final RpcEndpoint endpoint;
    private final String address;
    private final ScheduledExecutorService timer;
    private final MainThreadValidatorUtil main;
    private final ExecutorService thread;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /// Known to the main thread only.
    private State state = State.STOPPED;

    private enum State {
        STOPPED,
        RUNNING,
        ENDING,
        ENDED
    }

    /// Something to be done in the main thread.
    interface Work {
        void run();

        /// It will not be done.
        void refuse(RpcException why);
    }

    LocalEndpoint(RpcEndpoint endpoint, String address, ScheduledExecutorService timer) {
        this.endpoint = endpoint;
        this.address = address;
        this.timer = timer;
        main = new MainThreadValidatorUtil(endpoint);
        thread = Executors.newSingleThreadExecutor(factory("flink-" + endpoint.getEndpointId()));
    }

    /// Threads see Flink's classes, whoever makes them.
    static ThreadFactory factory(String name) {
        ThreadFactory platform = Thread.ofPlatform().daemon().name(name).factory();
        return work -> {
            Thread thread = platform.newThread(work);
            thread.setContextClassLoader(LocalEndpoint.class.getClassLoader());
            return thread;
        };
    }

    RpcEndpoint endpoint() {
        return endpoint;
    }

    String address() {
        return address;
    }

    /// Done when it has ended, with what went wrong then or at its start.
    CompletableFuture<Void> ended() {
        return ended;
    }

    void post(Work work) {
        try {
            thread.execute(() -> take(work));
        } catch (RejectedExecutionException hasEnded) {
            work.refuse(unreachable());
        }
    }

    void post(Work work, long delayMillis) {
        try {
            timer.schedule(() -> post(work), delayMillis, TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException closed) {
            work.refuse(unreachable());
        }
    }

    private void take(Work work) {
        if (state == State.RUNNING || state == State.ENDING) {
            inMain(work::run);
        } else if (state == State.ENDED) {
            work.refuse(unreachable());
        } else {
            work.refuse(new EndpointNotStartedException(address + " has not started yet"));
        }
    }

    private RecipientUnreachableException unreachable() {
        return new RecipientUnreachableException("a part of this Flink", address, "a call");
    }

    private void inMain(Runnable work) {
        main.enterMainThread();
        try {
            work.run();
        } finally {
            main.exitMainThread();
        }
    }

    private void control(Runnable change) {
        try {
            thread.execute(change);
        } catch (RejectedExecutionException hasEnded) {
            LOG.atDebug().addKeyValue("endpoint", address).log("has ended already");
        }
    }

    void start() {
        control(() -> {
            if (state == State.STOPPED) {
                state = State.RUNNING;
                inMain(this::begin);
            }
        });
    }

    private void begin() {
        try {
            endpoint.internalCallOnStart();
        } catch (Throwable failed) {
            // Whatever it is, who waits for this endpoint has to hear of it.
            finish(new RpcException("Flink's " + endpoint.getEndpointId() + " did not start", failed));
        }
    }

    void stop() {
        control(() -> {
            if (state == State.RUNNING) {
                state = State.STOPPED;
            }
        });
    }

    void end() {
        control(() -> {
            if (state == State.STOPPED) {
                finish(null);
            } else if (state == State.RUNNING) {
                state = State.ENDING;
                inMain(() -> ending().whenComplete((done, failed) -> control(() -> finish(failed))));
            }
        });
    }

    private CompletableFuture<Void> ending() {
        try {
            return endpoint.internalCallOnStop();
        } catch (Throwable failed) {
            return CompletableFuture.failedFuture(failed);
        }
    }

    private void finish(@Nullable Throwable failed) {
        if (state == State.ENDED) {
            return;
        }
        state = State.ENDED;
        // What waits is refused, one by one.
        thread.shutdown();
        if (failed == null) {
            ended.complete(null);
        } else {
            LOG.atInfo().addKeyValue("endpoint", address).setCause(failed).log("an endpoint of Flink failed");
            ended.completeExceptionally(failed);
        }
    }
}
