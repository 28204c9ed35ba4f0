package com.databroker.client;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Bytes on their way between a stream of the application and the network, and whether they still move.
///
/// A deadline for a whole transfer would fail the large ones, so the deadline is for progress. Time spent
/// inside the application's own stream is not the broker's: a paused terminal does not break a download.
final class Transfer {
    /// What the application's own stream threw, told from what the network did.
    static final class LocalFailure extends IOException {
        private static final long serialVersionUID = 1;

        private final IOException failure;

        LocalFailure(IOException failure) {
            super(failure);
            this.failure = failure;
        }

        IOException failure() {
            return failure;
        }
    }

    private final AtomicLong moved = new AtomicLong();
    private volatile boolean outside;

    long moved() {
        return moved.get();
    }

    /// Whether the application's stream has the word now.
    boolean isOutside() {
        return outside;
    }

    /// `from`, counted. Closing it leaves `from` open.
    InputStream reading(InputStream from) {
        return new FilterInputStream(from) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                outside = true;
                try {
                    int count = in.read(into, offset, length);
                    moved.addAndGet(Math.max(count, 0));
                    return count;
                } catch (IOException failure) {
                    throw new LocalFailure(failure);
                } finally {
                    outside = false;
                }
            }

            @Override
            public void close() {}
        };
    }

    /// Takes a body into `out`, at most `max` bytes.
    HttpResponse.BodySubscriber<Long> writing(OutputStream out, long max) {
        return new Sink(out, max);
    }

    private final class Sink implements HttpResponse.BodySubscriber<Long> {
        private final OutputStream out;
        private final long max;
        private final CompletableFuture<Long> body = new CompletableFuture<>();
        private Flow.@Nullable Subscription source;
        private long count;

        Sink(OutputStream out, long max) {
            this.out = out;
            this.max = max;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            source = subscription;
            subscription.request(1);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            if (body.isDone()) {
                return;
            }
            try {
                for (ByteBuffer buffer : buffers) {
                    write(buffer);
                }
                next().request(1);
            } catch (IOException failure) {
                next().cancel();
                body.completeExceptionally(failure);
            }
        }

        private Flow.Subscription next() {
            Flow.Subscription subscription = source;
            if (subscription == null) {
                throw new IllegalStateException("a body before its subscription");
            }
            return subscription;
        }

        private void write(ByteBuffer buffer) throws IOException {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.get(bytes);
            count += bytes.length;
            if (count > max) {
                throw new IOException("the answer has more than the allowed " + max + " bytes");
            }
            outside = true;
            try {
                out.write(bytes);
            } catch (IOException failure) {
                throw new LocalFailure(failure);
            } finally {
                outside = false;
                moved.addAndGet(bytes.length);
            }
        }

        @Override
        public void onError(Throwable failure) {
            body.completeExceptionally(failure);
        }

        @Override
        public void onComplete() {
            body.complete(count);
        }

        @Override
        public CompletionStage<Long> getBody() {
            return body;
        }
    }
}
