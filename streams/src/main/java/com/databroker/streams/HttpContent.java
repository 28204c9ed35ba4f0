package com.databroker.streams;

import com.databroker.core.Bytes;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/// What an answer holds: in memory, or on the disk where that was asked for. Up to a limit, beyond which the
/// connection is closed.
record HttpContent(Bytes memory, @Nullable Path file, String sha256) {
    private static final int BUFFER = 16 << 10;

    /// Its bytes. Of a file this may be asked once: it is deleted with the stream.
    InputStream open() throws IOException {
        return file == null
                ? new ByteArrayInputStream(memory.toArray())
                : Files.newInputStream(file, StandardOpenOption.DELETE_ON_CLOSE);
    }

    void drop() throws IOException {
        if (file != null) {
            Files.deleteIfExists(file);
        }
    }

    /// The same, unpacked; what was cut off is no content.
    HttpContent unpacked(long max) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(memory.toArray()), BUFFER)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
                if (out.size() > max) {
                    throw tooLarge(max);
                }
            }
        }
        byte[] bytes = out.toByteArray();
        return new HttpContent(Bytes.wrap(bytes), null, hex(digest().digest(bytes)));
    }

    private static IOException tooLarge(long max) {
        return new IOException("the answer is larger than " + max + " bytes, see streams.collectors.size-max");
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException inEveryJdk) {
            throw new IllegalStateException(inEveryJdk);
        }
    }

    private static String hex(byte[] digest) {
        return HexFormat.of().formatHex(digest);
    }

    /// Takes the bytes as they come.
    static final class Taking implements BodySubscriber<HttpContent> {
        private final long max;
        private final @Nullable Path file;
        private final MessageDigest digest = digest();
        private final CompletableFuture<HttpContent> whole = new CompletableFuture<>();
        private final ByteArrayOutputStream memory = new ByteArrayOutputStream();
        private Flow.@Nullable Subscription subscription;
        private @Nullable OutputStream out;
        private long count;

        /// @param file where to put them; null keeps them in memory
        Taking(long max, @Nullable Path file) {
            this.max = max;
            this.file = file;
        }

        @Override
        public CompletionStage<HttpContent> getBody() {
            return whole;
        }

        @Override
        public void onSubscribe(Flow.Subscription from) {
            subscription = from;
            try {
                out = file == null ? memory : Files.newOutputStream(file);
                from.request(Long.MAX_VALUE);
            } catch (IOException disk) {
                stop(disk);
            }
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            if (whole.isDone() || out == null) {
                return;
            }
            try {
                for (ByteBuffer buffer : buffers) {
                    byte[] bytes = new byte[buffer.remaining()];
                    buffer.get(bytes);
                    count += bytes.length;
                    if (count > max) {
                        stop(tooLarge(max));
                        return;
                    }
                    digest.update(bytes);
                    out.write(bytes);
                }
            } catch (IOException disk) {
                stop(disk);
            }
        }

        private void stop(IOException why) {
            if (subscription != null) {
                subscription.cancel();
            }
            onError(why);
        }

        @Override
        public void onError(Throwable failed) {
            close();
            whole.completeExceptionally(failed);
        }

        @Override
        public void onComplete() {
            close();
            whole.complete(new HttpContent(Bytes.wrap(memory.toByteArray()), file, hex(digest.digest())));
        }

        private void close() {
            try {
                if (out != null) {
                    out.close();
                }
            } catch (IOException disk) {
                whole.completeExceptionally(disk);
            }
        }
    }
}
