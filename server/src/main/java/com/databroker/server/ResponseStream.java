package com.databroker.server;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;

/// An answer as a blocking stream: a virtual thread writes, and waits while the client does not read.
///
/// A client that reads nothing is cut off by the connection's idle timeout, which ends the wait.
final class ResponseStream extends OutputStream {
    private final Exchange exchange;
    private final HttpServerResponse response;

    ResponseStream(Exchange exchange) {
        this.exchange = exchange;
        this.response = exchange.response();
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        Buffer copy = Buffer.buffer(length).appendBytes(bytes, offset, length);
        CountDownLatch taken = new CountDownLatch(1);
        exchange.onLoop(() -> {
            if (response.closed()) {
                taken.countDown();
            } else {
                response.write(copy).onComplete(written -> taken.countDown());
            }
        });
        try {
            taken.await();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IOException("the broker is stopping", stopped);
        }
        if (response.closed()) {
            throw new IOException("the client is gone");
        }
    }
}
