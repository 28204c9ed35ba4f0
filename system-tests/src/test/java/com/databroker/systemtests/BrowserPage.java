package com.databroker.systemtests;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A page in a Chromium without a window, told what to do over the DevTools protocol.
final class BrowserPage implements AutoCloseable {
    private static final String ADDRESS = "DevTools listening on ";

    private final Peer browser;
    private final HttpClient http = HttpClient.newHttpClient();
    private final BlockingQueue<Map<String, @Nullable Object>> messages = new LinkedBlockingQueue<>();
    private final WebSocket socket;
    private String session = "";
    private int lastId;

    private BrowserPage(Peer browser, URI address) {
        this.browser = browser;
        this.socket = http.newWebSocketBuilder()
                .buildAsync(address, new Listener())
                .orTimeout(30, TimeUnit.SECONDS)
                .join();
    }

    /// @param profile an empty folder
    static BrowserPage open(Path profile, URI address) throws Exception {
        Peer browser = Peer.start(
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank");
        String said = browser.await(line -> line.startsWith(ADDRESS));
        BrowserPage page = new BrowserPage(browser, URI.create(said.substring(ADDRESS.length())));
        Object target =
                page.call("Target.createTarget", Map.of("url", "about:blank")).get("targetId");
        page.session = String.valueOf(
                page.call("Target.attachToTarget", Map.of("targetId", String.valueOf(target), "flatten", true))
                        .get("sessionId"));
        page.call("Page.enable", Map.of());
        page.call("Page.navigate", Map.of("url", address.toString()));
        page.awaitMethod("Page.loadEventFired");
        return page;
    }

    private Map<?, ?> call(String method, Map<String, ?> parameters) throws InterruptedException {
        int id = ++lastId;
        Map<String, Object> request = new HashMap<>(Map.of("id", id, "method", method, "params", parameters));
        if (!session.isEmpty()) {
            request.put("sessionId", session);
        }
        socket.sendText(Peers.json(request), true).join();
        Map<String, @Nullable Object> answer = awaitMessage("id", Integer.toString(id));
        if (answer.get("result") instanceof Map<?, ?> result) {
            return result;
        }
        throw new AssertionError(method + ": " + answer);
    }

    private void awaitMethod(String method) throws InterruptedException {
        awaitMessage("method", method);
    }

    private Map<String, @Nullable Object> awaitMessage(String member, String value) throws InterruptedException {
        while (true) {
            Map<String, @Nullable Object> message = messages.poll(Peer.PATIENCE.toSeconds(), TimeUnit.SECONDS);
            if (message == null) {
                throw new AssertionError("the browser did not say " + member + " " + value);
            }
            if (value.equals(String.valueOf(message.get(member)))) {
                return message;
            }
        }
    }

    /// The value of a JavaScript expression, as text.
    String run(String script) throws InterruptedException {
        Map<?, ?> answer = call("Runtime.evaluate", Map.of("expression", script, "awaitPromise", true));
        if (answer.containsKey("exceptionDetails")) {
            throw new AssertionError(script + ": " + answer);
        }
        return answer.get("result") instanceof Map<?, ?> result ? String.valueOf(result.get("value")) : "";
    }

    /// Waits until a condition on the page holds; the page itself watches.
    void await(String condition) throws InterruptedException {
        String seen = run("""
                new Promise((done) => {
                  const check = () => { if (%s) { watch.disconnect(); done("true"); } };
                  const watch = new MutationObserver(check);
                  watch.observe(document, { subtree: true, childList: true, characterData: true });
                  setTimeout(() => done(document.body.innerText), 20000);
                  check();
                })""".formatted(condition));
        if (!seen.equals("true")) {
            throw new AssertionError(condition + " did not come true on: " + seen);
        }
    }

    @Override
    public void close() {
        socket.abort();
        http.close();
        browser.close();
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                messages.add(Json.parseObject(Bytes.utf8(text.toString())));
                text.setLength(0);
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }
    }
}
