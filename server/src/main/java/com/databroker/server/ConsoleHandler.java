package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/// `/console/`: the web console, built from the folder `console` and brought along as resources.
///
/// ```
///   /console/                   the page
///   /console/live?pattern=…     the page, too: it reads its own address
///   /console/assets/<name>      script and style; their names say what is in them, so they never change
/// ```
/// The page knows nothing until somebody signs in: everything it shows comes from the interfaces that programs use.
final class ConsoleHandler {
    /// Trusted Types: no text becomes script or markup, but by the one policy under which the page makes its own.
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
                    + " connect-src 'self'; font-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none';"
                    + " require-trusted-types-for 'script'; trusted-types svelte-trusted-html";

    private static final String ASSETS = "assets/";
    private static final String PAGE = "index.html";
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*\\.(js|css|svg)");
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "svg", "image/svg+xml");

    /// What was asked for; there are as many as the console has files.
    private final Map<String, Asset> loaded = new ConcurrentHashMap<>();

    private record Asset(String type, Bytes plain, Bytes packed) {}

    void handle(Exchange exchange) {
        exchange.allow(HttpMethod.GET, HttpMethod.HEAD);
        String path = exchange.target().path();
        if (path.equals("console")) {
            exchange.response().putHeader("Location", "/console/");
            exchange.empty(308);
            return;
        }
        String tail = exchange.target().tail();
        exchange.blocking(() -> {
            Asset asset = tail.startsWith(ASSETS) ? asset(tail) : page();
            boolean isPage = !tail.startsWith(ASSETS);
            exchange.onLoop(() -> answer(exchange, asset, isPage));
        });
    }

    /// To the console, where a browser asks for the broker itself. What stands behind `#` goes along.
    static void redirect(Exchange exchange) {
        exchange.response()
                .putHeader("Location", "/console/")
                .putHeader("Cache-Control", "no-store")
                .putHeader("Vary", "Accept");
        exchange.empty(302);
    }

    private Asset page() {
        Asset page = load(PAGE);
        if (page == null) {
            throw new IllegalStateException("the console is missing in the jar");
        }
        return page;
    }

    private Asset asset(String tail) {
        Asset asset = NAME.matcher(tail.substring(ASSETS.length())).matches() ? load(tail) : null;
        if (asset == null) {
            throw new ProblemException(Problem.NOT_FOUND, "the console has no such file; load the page again");
        }
        return asset;
    }

    private @Nullable Asset load(String name) {
        Asset known = loaded.get(name);
        if (known != null) {
            return known;
        }
        try (InputStream in = ConsoleHandler.class.getResourceAsStream("console/" + name)) {
            if (in == null) {
                return null;
            }
            byte[] bytes = in.readAllBytes();
            ByteArrayOutputStream packed = new ByteArrayOutputStream(bytes.length / 2);
            try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
                gzip.write(bytes);
            }
            String type = TYPES.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "application/octet-stream");
            Asset asset = new Asset(type, Bytes.wrap(bytes), Bytes.wrap(packed.toByteArray()));
            loaded.put(name, asset);
            return asset;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static void answer(Exchange exchange, Asset asset, boolean isPage) {
        HttpServerResponse response = exchange.response()
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader("Cross-Origin-Resource-Policy", "same-origin")
                .putHeader("Vary", "Accept-Encoding");
        if (isPage) {
            response.putHeader("Content-Security-Policy", POLICY)
                    .putHeader("Cross-Origin-Opener-Policy", "same-origin")
                    .putHeader("Cache-Control", "no-cache");
        } else {
            response.putHeader("Cache-Control", "public, max-age=31536000, immutable");
        }
        boolean packed = takesGzip(exchange.request().getHeader("Accept-Encoding"));
        if (packed) {
            response.putHeader("Content-Encoding", "gzip");
        }
        exchange.answer(200, asset.type(), packed ? asset.packed() : asset.plain());
    }

    private static boolean takesGzip(@Nullable String accepted) {
        if (accepted == null) {
            return false;
        }
        for (String coding : accepted.split(",", -1)) {
            String plain = coding.strip();
            if (plain.equals("gzip") || (plain.startsWith("gzip;") && !plain.matches(".*q=0(\\.0+)?$"))) {
                return true;
            }
        }
        return false;
    }
}
