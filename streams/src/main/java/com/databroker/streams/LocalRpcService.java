package com.databroker.streams;

import java.io.Serializable;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.function.Supplier;
import org.apache.flink.runtime.rpc.FencedRpcEndpoint;
import org.apache.flink.runtime.rpc.FencedRpcGateway;
import org.apache.flink.runtime.rpc.RpcEndpoint;
import org.apache.flink.runtime.rpc.RpcGateway;
import org.apache.flink.runtime.rpc.RpcServer;
import org.apache.flink.runtime.rpc.RpcService;
import org.apache.flink.runtime.rpc.RpcUtils;
import org.apache.flink.runtime.rpc.exceptions.RpcConnectionException;
import org.apache.flink.util.concurrent.FutureUtils;
import org.apache.flink.util.concurrent.ScheduledExecutor;
import org.apache.flink.util.concurrent.ScheduledExecutorServiceAdapter;
import org.jspecify.annotations.Nullable;

/// Starts endpoints of Flink, each with a thread of its own, and connects them. Thread-safe.
@SuppressWarnings("try") // What it implements closes with interruptions, which javac minds in whoever inherits that.
final class LocalRpcService implements RpcService {
    /// Beats and delays: what they begin runs elsewhere.
    private static final int TIMERS = 2;

    /// Of all services of this Flink, by address.
    private final Map<String, LocalEndpoint> endpoints;

    private final Set<LocalEndpoint> mine = ConcurrentHashMap.newKeySet();
    private final Duration patience;
    private final ScheduledThreadPoolExecutor timer;
    private boolean closed;

    /// @param patience how long an answer may take where the question does not say
    LocalRpcService(Map<String, LocalEndpoint> endpoints, Duration patience) {
        this.endpoints = endpoints;
        this.patience = patience;
        timer = new ScheduledThreadPoolExecutor(TIMERS, LocalEndpoint.factory("flink-timer"));
        timer.setRemoveOnCancelPolicy(true);
        timer.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /// None: nobody comes from elsewhere.
    @Override
    public String getAddress() {
        return "";
    }

    @Override
    public int getPort() {
        return -1;
    }

    @Override
    public <C extends RpcGateway> C getSelfGateway(Class<C> type, RpcServer server) {
        return type.cast(server);
    }

    @Override
    public <C extends RpcGateway> CompletableFuture<C> connect(String address, Class<C> type) {
        return join(address, type, null);
    }

    @Override
    public <F extends Serializable, C extends FencedRpcGateway<F>> CompletableFuture<C> connect(
            String address, F token, Class<C> type) {
        return join(address, type, () -> token);
    }

    private <C> CompletableFuture<C> join(
            String address, Class<C> type, @Nullable Supplier<? extends @Nullable Serializable> token) {
        LocalEndpoint endpoint = endpoints.get(address);
        if (endpoint == null || !type.isInstance(endpoint.endpoint())) {
            return CompletableFuture.failedFuture(
                    new RpcConnectionException("at " + address + " is no " + type.getSimpleName()));
        }
        return CompletableFuture.completedFuture(
                type.cast(proxy(Set.of(type), new LocalCalls(endpoint, token, patience))));
    }

    @Override
    public synchronized <C extends RpcEndpoint & RpcGateway> RpcServer startServer(
            C endpoint, Map<String, String> loggedWith) {
        if (closed) {
            throw new IllegalStateException("this service of Flink is closed");
        }
        String address = "local:" + endpoint.getEndpointId();
        LocalEndpoint started = new LocalEndpoint(endpoint, address, timer);
        if (endpoints.putIfAbsent(address, started) != null) {
            throw new IllegalStateException("there is a " + endpoint.getEndpointId() + " already");
        }
        mine.add(started);
        Set<Class<?>> gateways = new HashSet<>(RpcUtils.extractImplementedRpcGateways(endpoint.getClass()));
        gateways.add(RpcServer.class);
        Supplier<? extends @Nullable Serializable> token =
                endpoint instanceof FencedRpcEndpoint<?> fenced ? fenced::getFencingToken : null;
        return (RpcServer) proxy(gateways, new LocalCalls(started, token, patience));
    }

    private static Object proxy(Set<Class<?>> types, LocalCalls calls) {
        return Proxy.newProxyInstance(LocalRpcService.class.getClassLoader(), types.toArray(new Class<?>[0]), calls);
    }

    @Override
    public void stopServer(RpcServer server) {
        if (Proxy.getInvocationHandler(server) instanceof LocalCalls calls) {
            end(calls.endpoint());
        }
    }

    private CompletableFuture<Void> end(LocalEndpoint endpoint) {
        mine.remove(endpoint);
        endpoints.remove(endpoint.address(), endpoint);
        endpoint.end();
        return endpoint.ended();
    }

    @Override
    public ScheduledExecutor getScheduledExecutor() {
        return new ScheduledExecutorServiceAdapter(timer);
    }

    @Override
    public CompletableFuture<Void> closeAsync() {
        synchronized (this) {
            closed = true;
        }
        return FutureUtils.completeAll(mine.stream().map(this::end).toList())
                .whenComplete((done, failed) -> timer.shutdown());
    }
}
