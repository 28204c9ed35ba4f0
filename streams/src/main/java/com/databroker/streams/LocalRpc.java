package com.databroker.streams;

import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RpcOptions;
import org.apache.flink.runtime.rpc.AddressResolution;
import org.apache.flink.runtime.rpc.RpcService;
import org.apache.flink.runtime.rpc.RpcSystem;
import org.jspecify.annotations.Nullable;

/// How the parts of the embedded Flink call one another: within this process, by threads.
///
/// Flink's own way, Pekko, comes with a Scala of its own in a class loader of its own, which no cache of
/// classes holds, and is made for many machines: docs/adr/0051-flink-without-pekko.md.
final class LocalRpc implements RpcSystem {
    /// Of messages between machines, of which there are none.
    private static final long MESSAGE_BYTES_MAX = 10L << 20;

    private final Map<String, LocalEndpoint> endpoints = new ConcurrentHashMap<>();

    @Override
    public RpcServiceBuilder localServiceBuilder(Configuration configuration) {
        return new Builder(configuration);
    }

    @Override
    public RpcServiceBuilder remoteServiceBuilder(Configuration configuration, @Nullable String address, String ports) {
        throw new UnsupportedOperationException("the embedded Flink is one process");
    }

    @Override
    public String getRpcUrl(
            String host, int port, String endpoint, AddressResolution resolution, Configuration configuration) {
        throw new UnsupportedOperationException("the embedded Flink is one process");
    }

    @Override
    public InetSocketAddress getInetSocketAddressFromRpcUrl(String url) {
        throw new UnsupportedOperationException("the embedded Flink is one process");
    }

    @Override
    public long getMaximumMessageSizeInBytes(Configuration configuration) {
        return MESSAGE_BYTES_MAX;
    }

    private final class Builder implements RpcServiceBuilder {
        private final Configuration configuration;

        Builder(Configuration configuration) {
            this.configuration = configuration;
        }

        @Override
        public RpcServiceBuilder withComponentName(String name) {
            return this;
        }

        @Override
        public RpcServiceBuilder withBindAddress(String address) {
            return this;
        }

        @Override
        public RpcServiceBuilder withBindPort(int port) {
            return this;
        }

        @Override
        public RpcServiceBuilder withExecutorConfiguration(FixedThreadPoolExecutorConfiguration threads) {
            return this;
        }

        @Override
        public RpcServiceBuilder withExecutorConfiguration(ForkJoinExecutorConfiguration threads) {
            return this;
        }

        @Override
        public RpcService createAndStart() {
            return new LocalRpcService(endpoints, configuration.get(RpcOptions.ASK_TIMEOUT_DURATION));
        }
    }
}
