package com.databroker.server;

import com.databroker.access.Action;
import com.databroker.access.Principal;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.events.EventPlane;
import io.vertx.core.http.HttpMethod;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `POST /backup` gives everything the broker keeps as a tar file, while it goes on; see [BackupFile].
/// Whoever may administer `backup` gets every secret with it.
final class BackupHandler {
    static final String AREA = "backup";

    private static final Logger LOG = LoggerFactory.getLogger(BackupHandler.class);
    private static final int BUFFER = 1 << 17;

    private final BackupSource source;
    private final EventPlane events;
    private final InstantSource clock;
    private final AtomicBoolean busy = new AtomicBoolean();

    BackupHandler(AboutHandler.Parts parts) {
        StreamSources streams = parts.streams();
        this.source = new BackupSource(
                parts.read().config(),
                parts.read().origins(),
                parts.data().path(),
                parts.files(),
                parts.objects(),
                streams == null ? null : streams.plane());
        this.events = parts.events();
        this.clock = parts.clock();
    }

    void handle(Exchange exchange) {
        exchange.allow(HttpMethod.POST);
        exchange.target().allow();
        Principal principal = exchange.require(Action.ADMIN, AREA);
        if (!busy.compareAndSet(false, true)) {
            throw new ProblemException(Problem.UNAVAILABLE, "a backup is being made; it takes one at a time");
        }
        exchange.response()
                .setChunked(true)
                .putHeader("Content-Type", "application/x-tar")
                .putHeader("Cache-Control", "no-store");
        exchange.blocking(() -> {
            try (OutputStream out = new BufferedOutputStream(new ResponseStream(exchange), BUFFER)) {
                LOG.atInfo().addKeyValue("principal", principal.name()).log("backup begins");
                source.write(out, clock.instant());
            } catch (IOException broken) {
                LOG.atWarn().setCause(broken).log("a backup broke off");
                throw new UncheckedIOException(broken);
            } catch (RuntimeException refused) {
                // The answer has begun, so it can only be cut off.
                LOG.atError().setCause(refused).log("a backup broke off");
                throw refused;
            } finally {
                busy.set(false);
            }
            LOG.atInfo().addKeyValue("principal", principal.name()).log("backup ends");
            events.announce("broker/backup", json -> json.writeStringProperty("principal", principal.name()));
            exchange.onLoop(() -> exchange.response().end());
        });
    }
}
