package com.databroker.client;

import com.databroker.core.Bytes;
import com.databroker.core.Position;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// One request from when it is made until its answer, its deadline, or the loss of its connection.
final class Pending {
    final long id;
    final Bytes message;

    /// What the request subscribes; null of a publication.
    final @Nullable Subscription subscription;

    final CompletableFuture<Position> answer = new CompletableFuture<>();

    // Guarded by the session's lock.
    private boolean sent;
    private @Nullable Future<?> deadline;

    Pending(long id, Bytes message, @Nullable Subscription subscription) {
        this.id = id;
        this.message = message;
        this.subscription = subscription;
    }

    boolean isSent() {
        return sent;
    }

    void sent(boolean value) {
        sent = value;
    }

    void deadline(Future<?> expiry) {
        deadline = expiry;
    }

    void done() {
        Future<?> expiry = deadline;
        if (expiry != null) {
            expiry.cancel(false);
        }
    }
}
