package com.databroker.streams;

import java.io.Serializable;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.flink.runtime.rpc.FencedRpcEndpoint;
import org.apache.flink.runtime.rpc.FencedRpcGateway;
import org.apache.flink.runtime.rpc.MainThreadExecutable;
import org.apache.flink.runtime.rpc.RpcGateway;
import org.apache.flink.runtime.rpc.RpcGatewayUtils;
import org.apache.flink.runtime.rpc.RpcServer;
import org.apache.flink.runtime.rpc.StartStoppable;
import org.apache.flink.runtime.rpc.exceptions.FencingTokenException;
import org.apache.flink.runtime.rpc.exceptions.RpcException;
import org.apache.flink.util.ExceptionUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What somebody holds of an endpoint: each call goes to its main thread, and the answer comes as a future.
///
/// Who holds the token of a leader that is no longer one is refused.
final class LocalCalls implements InvocationHandler, RpcServer {
    private static final Logger LOG = LoggerFactory.getLogger(LocalCalls.class);

    private final LocalEndpoint endpoint;
    private final @Nullable Supplier<? extends @Nullable Serializable> token;
    private final Duration patience;

    /// @param token of the leader that is meant; null where there is no leader
    LocalCalls(LocalEndpoint endpoint, @Nullable Supplier<? extends @Nullable Serializable> token, Duration patience) {
        this.endpoint = endpoint;
        this.token = token;
        this.patience = patience;
    }

    LocalEndpoint endpoint() {
        return endpoint;
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] given) throws Throwable {
        Class<?> of = method.getDeclaringClass();
        @Nullable Object[] args = given == null ? new @Nullable Object[0] : given;
        if (of == Object.class
                || of == RpcGateway.class
                || of == StartStoppable.class
                || of == MainThreadExecutable.class
                || of == RpcServer.class) {
            return method.invoke(this, args);
        }
        if (of == FencedRpcGateway.class) {
            return token == null ? null : token.get();
        }
        return call(method, args);
    }

    private @Nullable Object call(Method method, @Nullable Object[] args) throws Exception {
        CompletableFuture<@Nullable Object> answer = new CompletableFuture<>();
        post(() -> method.invoke(endpoint.endpoint(), args), answer, method.getName());
        if (method.getReturnType() == void.class) {
            return null;
        }
        Duration within = RpcGatewayUtils.extractRpcTimeout(method.getParameterAnnotations(), args, patience);
        answer.orTimeout(within.toMillis(), TimeUnit.MILLISECONDS);
        if (CompletableFuture.class.isAssignableFrom(method.getReturnType())) {
            return answer;
        }
        try {
            return answer.get();
        } catch (ExecutionException failed) {
            throw new RpcException("no answer to " + method.getName(), failed.getCause());
        }
    }

    private void post(Callable<@Nullable Object> work, CompletableFuture<@Nullable Object> answer, String name) {
        endpoint.post(work(work, answer, name));
    }

    private LocalEndpoint.Work work(
            Callable<@Nullable Object> work, CompletableFuture<@Nullable Object> answer, String name) {
        Serializable mine = token == null ? null : token.get();
        return new LocalEndpoint.Work() {
            @Override
            public void run() {
                if (endpoint.endpoint() instanceof FencedRpcEndpoint<?> fenced
                        && (mine == null || !Objects.equals(fenced.getFencingToken(), mine))) {
                    refuse(new FencingTokenException(name + " is for the leader " + mine + ", and " + endpoint.address()
                            + " is the leader " + fenced.getFencingToken()));
                } else {
                    answer(work, answer, name);
                }
            }

            @Override
            public void refuse(RpcException why) {
                LOG.atDebug().addKeyValue("call", name).setCause(why).log("not done");
                answer.completeExceptionally(why);
            }
        };
    }

    private static void answer(
            Callable<@Nullable Object> work, CompletableFuture<@Nullable Object> answer, String name) {
        Object result;
        try {
            result = work.call();
        } catch (InvocationTargetException thrown) {
            failed(answer, name, thrown.getTargetException());
            return;
        } catch (Throwable thrown) {
            failed(answer, name, thrown);
            return;
        }
        if (result instanceof CompletableFuture<?> later) {
            later.whenComplete((value, thrown) -> {
                if (thrown == null) {
                    answer.complete(value);
                } else {
                    answer.completeExceptionally(ExceptionUtils.stripCompletionException(thrown));
                }
            });
        } else {
            answer.complete(result);
        }
    }

    private static void failed(CompletableFuture<@Nullable Object> answer, String name, Throwable thrown) {
        LOG.atDebug().addKeyValue("call", name).setCause(thrown).log("failed in an endpoint of Flink");
        answer.completeExceptionally(thrown);
    }

    @Override
    public void runAsync(Runnable work) {
        scheduleRunAsync(work, 0);
    }

    @Override
    public void scheduleRunAsync(Runnable work, long delayMillis) {
        CompletableFuture<@Nullable Object> done = new CompletableFuture<>();
        done.whenComplete((nothing, thrown) -> {
            if (thrown != null && !(thrown instanceof RpcException)) {
                LOG.atError()
                        .addKeyValue("endpoint", endpoint.address())
                        .setCause(thrown)
                        .log("what ran in the main thread of an endpoint of Flink failed");
            }
        });
        LocalEndpoint.Work posted = work(
                () -> {
                    work.run();
                    return null;
                },
                done,
                "runAsync");
        if (delayMillis > 0) {
            endpoint.post(posted, delayMillis);
        } else {
            endpoint.post(posted);
        }
    }

    @Override
    @SuppressWarnings("unchecked") // The answer is what the work gives.
    public <V> CompletableFuture<V> callAsync(Callable<V> work, Duration within) {
        CompletableFuture<@Nullable Object> answer = new CompletableFuture<>();
        post((Callable<@Nullable Object>) (Callable<?>) work, answer, "callAsync");
        answer.orTimeout(within.toMillis(), TimeUnit.MILLISECONDS);
        return (CompletableFuture<V>) (CompletableFuture<?>) answer;
    }

    @Override
    public void start() {
        endpoint.start();
    }

    @Override
    public void stop() {
        endpoint.stop();
    }

    @Override
    public CompletableFuture<Void> getTerminationFuture() {
        return endpoint.ended();
    }

    @Override
    public String getAddress() {
        return endpoint.address();
    }

    @Override
    public String getHostname() {
        return "localhost";
    }
}
