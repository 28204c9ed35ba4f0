package com.databroker.server;

import com.databroker.core.Bytes;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.core.Text;
import com.databroker.sources.GithubWebhook;
import com.databroker.streams.CollectorsConfig;
import com.databroker.streams.StreamPlane;
import io.vertx.core.http.HttpMethod;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/// `POST /hooks/<name>`: what others tell by themselves, as GitHub its webhooks.
///
/// Who tells proves it by a signature over the body, so no user is asked for. The answer is 200 when the raw
/// topic holds it for good; 503 asks for it again.
final class HooksHandler {
    private static final String LIMIT = "streams.collectors.size-max";
    private static final String FORM = "application/x-www-form-urlencoded";
    private static final String RETRY_AFTER_SECONDS = "10";
    /// What is read before anybody knows from whom it is, at a time.
    private static final int READING_MAX = 16;

    private final StreamPlane streams;
    private final Map<String, GithubWebhook> hooks;
    private final long sizeMax;
    private final InstantSource clock;
    private final AtomicInteger reading = new AtomicInteger();

    private HooksHandler(StreamPlane streams, Map<String, GithubWebhook> hooks, long sizeMax, InstantSource clock) {
        this.streams = streams;
        this.hooks = Map.copyOf(hooks);
        this.sizeMax = sizeMax;
        this.clock = clock;
    }

    /// @throws ProblemException [Problem#CONFIGURATION_INVALID] where a secret is missing
    static HooksHandler of(StreamPlane streams, CollectorsConfig config, InstantSource clock) {
        return new HooksHandler(
                streams, StreamSources.webhooks(config), config.sizeMax().bytes(), clock);
    }

    void handle(Exchange exchange) {
        exchange.allow(HttpMethod.POST);
        exchange.target().allow();
        GithubWebhook hook = hooks.get(exchange.target().tail());
        if (hook == null) {
            throw new ProblemException(
                    Problem.NOT_FOUND,
                    "there is no hook \"" + Text.excerpt(exchange.target().tail())
                            + "\"; streams.collectors.from names them");
        }
        exchange.gate().throttle(exchange.address(), Exchange.DOOR);
        String signature = signature(exchange, hook);
        Map<String, String> headers = new HashMap<>();
        exchange.request().headers().forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
        String type = headers.getOrDefault("content-type", "").toLowerCase(Locale.ROOT);
        if (!type.startsWith(Exchange.JSON) && !type.startsWith(FORM)) {
            throw new ProblemException(
                    Problem.MEDIA_TYPE_UNSUPPORTED, "a delivery is " + Exchange.JSON + " or " + FORM);
        }
        if (!streams.isReady()) {
            throw later(exchange, "the streams plane is not up");
        }
        if (reading.incrementAndGet() > READING_MAX) {
            reading.decrementAndGet();
            throw later(exchange, READING_MAX + " deliveries are being read already");
        }
        exchange.whenOver(reading::decrementAndGet);
        exchange.body(sizeMax, LIMIT, body -> told(exchange, hook, signature, headers, body));
    }

    private static ProblemException later(Exchange exchange, String why) {
        exchange.response().putHeader("Retry-After", RETRY_AFTER_SECONDS);
        return new ProblemException(Problem.UNAVAILABLE, why + "; deliver it again");
    }

    /// Of what is not signed at all, nothing is read.
    private static String signature(Exchange exchange, GithubWebhook hook) {
        List<String> signatures = exchange.request().headers().getAll(GithubWebhook.SIGNATURE);
        if (signatures.size() != 1 || !GithubWebhook.isSignature(signatures.getFirst())) {
            throw refused(exchange, hook, "there is no header " + GithubWebhook.SIGNATURE + " as sha256=<64 digits>");
        }
        return signatures.getFirst();
    }

    private static ProblemException refused(Exchange exchange, GithubWebhook hook, String why) {
        exchange.gate().refused("hook " + hook.name(), why, exchange.address(), Exchange.DOOR);
        return new ProblemException(Problem.SIGNATURE_INVALID, why);
    }

    private void told(
            Exchange exchange, GithubWebhook hook, String signature, Map<String, String> headers, Bytes body) {
        exchange.blocking(() -> {
            if (!hook.isSigned(body, signature)) {
                throw refused(exchange, hook, "the signature is by none of the secrets of this hook");
            }
            boolean ping = "ping".equals(headers.get("x-github-event"));
            if (!ping) {
                deliver(exchange, hook, headers, body);
            }
            exchange.onLoop(() -> exchange.json(200, json -> {
                json.writeStartObject();
                json.writeStringProperty(ping ? "pong" : "taken", hook.name());
                json.writeEndObject();
            }));
        });
    }

    private void deliver(Exchange exchange, GithubWebhook hook, Map<String, String> headers, Bytes body) {
        try {
            streams.deliver(hook.name(), hook.body(headers, body, clock.instant()));
        } catch (ProblemException refusal) {
            if (refusal.problem() == Problem.UNAVAILABLE) {
                exchange.onLoop(() -> exchange.response().putHeader("Retry-After", RETRY_AFTER_SECONDS));
            }
            throw refusal;
        }
    }
}
