package com.databroker.server;

import io.netty.channel.EventLoopGroup;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.internal.VertxInternal;

/// The event loops that all doors share.
final class Loops {
    private Loops() {}

    static VertxInternal open(Config.HttpConfig http) {
        VertxOptions options = new VertxOptions()
                .setEventLoopPoolSize(HttpDoor.LOOPS)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(2)
                .setPreferNativeTransport(true)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false));
        VertxBuilder builder = Vertx.builder().with(options);
        if (http.proxyProtocol()) {
            builder.withTransport(ProxiedTransport.of(new Proxies(http.trustedProxies())::contains));
        }
        return (VertxInternal) builder.build();
    }

    /// Each loop reads the log once for its own subscribers: with few cores, fewer loops deliver more.
    static EventLoopGroup ofZmq(EventLoopGroup all) {
        return Runtime.getRuntime().availableProcessors() < 2 * HttpDoor.LOOPS ? all.next() : all;
    }

    static void end(Vertx vertx) {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
