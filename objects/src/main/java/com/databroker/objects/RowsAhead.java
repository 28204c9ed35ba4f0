package com.databroker.objects;

import com.databroker.objects.spi.StoreRow;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/// Portions of a page on their way to whoever asked. While one is made ready and sent the store reads the next one:
/// otherwise each of the two would stand still half of the time. They go one after the other, and one at most waits.
final class RowsAhead implements Consumer<List<StoreRow>>, AutoCloseable {
    private static final Executor THREADS = task -> Thread.ofVirtual().start(task);

    private final Consumer<List<StoreRow>> sends;
    private CompletableFuture<?> last = CompletableFuture.completedFuture(null);
    private boolean begun;

    /// @param sends is called by one thread at a time, and not after [#close]
    RowsAhead(Consumer<List<StoreRow>> sends) {
        this.sends = sends;
    }

    @Override
    public void accept(List<StoreRow> some) {
        begun = true;
        await();
        last = CompletableFuture.runAsync(() -> sends.accept(some), THREADS);
    }

    /// Whether there was any.
    boolean isBegun() {
        return begun;
    }

    /// Waits until all have been sent; what has failed there fails here.
    void await() {
        try {
            last.join();
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof RuntimeException unchecked) {
                throw unchecked;
            }
            throw failed;
        }
    }

    /// Whatever has become of the page, nobody uses what it was made with any more.
    @Override
    public void close() {
        last.exceptionally(toldAlready -> null).join();
    }
}
