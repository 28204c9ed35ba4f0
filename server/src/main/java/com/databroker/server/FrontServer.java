package com.databroker.server;

import com.databroker.files.FileEntry;
import com.databroker.files.FilePlane;
import com.databroker.files.OpenFile;
import com.databroker.files.PinnedFile;
import com.databroker.files.PinnedFiles;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/// The web server in front, where there is one that sends files itself once the gate has said yes
/// (`X-Accel-Redirect`). It is told a name that stands for one version only, so that bytes and entity tag
/// belong together whatever becomes of the path meanwhile. Small files are sent from here all the same.
final class FrontServer {
    private final FilePlane files;
    /// The front's internal address of the folder of files; null where the broker sends by itself.
    private final @Nullable String location;

    private final int sizeMin;
    private final PinnedFiles pinned;

    FrontServer(FilePlane files, Config.HttpConfig config) {
        this.files = files;
        this.location = config.accelRedirect();
        this.sizeMin = config.accelRedirectMin().intBytes();
        this.pinned = new PinnedFiles(files);
    }

    /// Whether the answer to a request can be left to the front. nginx judges these two conditions by what it knows
    /// of the file itself, which is no entity tag, before it adds the headers of the answer from here.
    boolean sends(Exchange exchange) {
        return location != null
                && exchange.viaTrustedProxy()
                && exchange.isMethod(HttpMethod.GET)
                && !exchange.request().headers().contains("If-Match")
                && !exchange.request().headers().contains("If-Unmodified-Since");
    }

    /// Whether a file that is held in memory is sent from here to one who came this way.
    boolean leaves(boolean viaTrustedProxy, OpenFile held) {
        return location == null || !viaTrustedProxy || isSmall(held);
    }

    /// Leaves the bytes of a file to the front; what needs no bytes is answered here. On the loop.
    void hand(Exchange exchange, String path) {
        OpenFile held = sizeMin > 0 ? files.readIfHeld(path) : null;
        if (held != null && isSmall(held)) {
            exchange.fromMemory();
            FileSender.send(exchange, held);
            return;
        }
        FileEntry known = files.statIfKnown(path);
        PinnedFile pin = known == null ? null : pinned.find(known);
        if (pin != null) {
            answer(exchange, pin);
        } else {
            exchange.blocking(() -> handSlowly(exchange, path));
        }
    }

    private void handSlowly(Exchange exchange, String path) {
        OpenFile file = files.read(path);
        FileEntry entry = file.entry();
        if (entry.folder()) {
            exchange.onLoop(() -> FilesHandler.redirect(exchange));
            return;
        }
        PinnedFile pin = isSmall(file) ? null : pinned.pin(entry);
        if (pin == null) {
            // Small, or being written to or replaced: what is open here is one version all the same.
            exchange.onLoop(() -> FileSender.send(exchange, file));
            return;
        }
        file.close();
        exchange.onLoop(() -> answer(exchange, pin));
    }

    private boolean isSmall(OpenFile file) {
        return file.bytes() != null && file.entry().size() < sizeMin;
    }

    private void answer(Exchange exchange, PinnedFile pin) {
        FileEntry entry = pin.entry();
        HttpServerResponse response = exchange.response();
        // Asked first: a refusal must not carry what is said of the file.
        boolean known = Conditions.isKnown(exchange.request(), entry);
        FileHeaders.describe(exchange.request(), pin.memo(FileHeaders.Description.class, FileHeaders.Description::of));
        if (known) {
            exchange.empty(304);
            return;
        }
        if (exchange.target().parameter("download") != null) {
            response.putHeader("Content-Disposition", FileHeaders.attachment(entry.name()));
        }
        // The front says by itself what ranges it offers.
        response.headers().remove("Accept-Ranges");
        response.putHeader("X-Accel-Redirect", location + pin.place());
        exchange.empty(200);
    }

    /// What is due with time: names that nobody asked for lately are given up.
    void sweep() {
        pinned.sweep();
    }
}
