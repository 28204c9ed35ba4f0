package com.databroker.systemtests;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A page in a Chromium without a window, told what to do over the DevTools protocol.
final class BrowserPage implements AutoCloseable {
    private static final String ADDRESS = "DevTools listening on ";
    private static final String LOADED = "Page.loadEventFired";

    /// Pairs of colours below 4.5 to 1, or 3 to 1 for large text, as text; empty where there is none.
    private static final String FAINT = """
            (() => {
              const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
              const rgba = (colour) => {
                canvas.clearRect(0, 0, 1, 1);
                canvas.fillStyle = colour;
                canvas.fillRect(0, 0, 1, 1);
                const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
                return [r, g, b, a / 255];
              };
              const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] + under[i] * (1 - top[3])).concat(1);
              const ground = (element) => {
                if (element === null) return [255, 255, 255, 1];
                const own = rgba(getComputedStyle(element).backgroundColor);
                return own[3] === 1 ? own : over(own, ground(element.parentElement));
              };
              const light = (c) => c.slice(0, 3).map((v) => v / 255)
                .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
                .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
              const bad = new Set();
              const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              for (let node = walk.nextNode(); node; node = walk.nextNode()) {
                const element = node.parentElement;
                if (node.data.trim() === "" || element.closest(".hidden-text, .skip, :disabled, noscript, svg")
                    || element.getClientRects().length === 0) continue;
                const style = getComputedStyle(element);
                const under = ground(element);
                const [a, b] = [light(over(rgba(style.color), under)), light(under)].sort((x, y) => y - x);
                const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && style.fontWeight >= 700);
                const ratio = (a + 0.05) / (b + 0.05);
                if (ratio < (large ? 3 : 4.5)) bad.add(ratio.toFixed(2) + " " + node.data.trim().slice(0, 30));
              }
              return [...bad].join("; ");
            })()""";

    private final Peer browser;
    private final HttpClient http = HttpClient.newHttpClient();
    private final BlockingQueue<Map<String, @Nullable Object>> messages = new LinkedBlockingQueue<>();
    private final WebSocket socket;
    private final List<String> complaints = new ArrayList<>();
    private String session = "";
    private int lastId;
    private int loaded;

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
        page.call("Runtime.enable", Map.of());
        page.call("Log.enable", Map.of());
        page.go(address);
        return page;
    }

    /// Loads an address as if somebody had typed it.
    void go(URI address) throws InterruptedException {
        // Where only what stands behind # differs, a browser would load nothing.
        load("about:blank");
        load(address.toString());
    }

    private void load(String address) throws InterruptedException {
        loads(() -> call("Page.navigate", Map.of("url", address)));
    }

    /// Does what makes the browser load a page, and waits until it is there: a question asked between would go
    /// to the page that leaves.
    void loads(Act act) throws InterruptedException {
        int before = loaded;
        act.run();
        while (loaded == before) {
            take(LOADED);
        }
    }

    /// Something done to the page.
    interface Act {
        void run() throws InterruptedException;
    }

    /// From now on what these patterns of addresses name does not come, as if nobody answered.
    void blocks(String... patterns) throws InterruptedException {
        call("Network.enable", Map.of());
        call("Network.setBlockedURLs", Map.of("urls", List.of(patterns)));
    }

    void size(int width, int height) throws InterruptedException {
        call(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    void dark(boolean dark) throws InterruptedException {
        Map<String, String> scheme = Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light");
        call("Emulation.setEmulatedMedia", Map.of("features", List.of(scheme)));
    }

    /// What the page looks like, as WebP.
    void screenshot(Path file) throws Exception {
        Object data = call("Page.captureScreenshot", Map.of("format", "webp", "quality", 82))
                .get("data");
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, Base64.getDecoder().decode(String.valueOf(data)));
    }

    /// Writes into a field as a keyboard would.
    void type(String selector, String text) throws InterruptedException {
        await("document.querySelector(" + quoted(selector) + ") !== null");
        run("""
                (() => {
                  const field = document.querySelector(%s);
                  field.value = %s;
                  field.dispatchEvent(new Event("input", { bubbles: true }));
                  field.dispatchEvent(new Event("change", { bubbles: true }));
                })()""".formatted(quoted(selector), quoted(text)));
    }

    /// Clicks the first that fits the selector and begins with the text, as soon as it is there.
    void click(String selector, String text) throws InterruptedException {
        String found = "[...document.querySelectorAll(" + quoted(selector) + ")].find((each) =>"
                + " each.textContent.trim().startsWith(" + quoted(text) + "))";
        await(found + " !== undefined");
        run(found + ".click()");
    }

    static String quoted(String text) {
        return Json.bytes(json -> json.writeString(text)).utf8();
    }

    /// What a screen reader is given: role and name of each element.
    List<Map.Entry<String, String>> spoken() throws InterruptedException {
        List<Map.Entry<String, String>> spoken = new ArrayList<>();
        if (call("Accessibility.getFullAXTree", Map.of()).get("nodes") instanceof List<?> nodes) {
            for (Object node : nodes) {
                if (node instanceof Map<?, ?> map && !Boolean.TRUE.equals(map.get("ignored"))) {
                    spoken.add(Map.entry(value(map.get("role")), value(map.get("name"))));
                }
            }
        }
        return spoken;
    }

    private static String value(@Nullable Object property) {
        return property instanceof Map<?, ?> map ? String.valueOf(map.get("value")) : "";
    }

    /// Texts that stand out too little from what is behind them (WCAG 2, AA), with their contrast.
    String faint() throws InterruptedException {
        return run(FAINT);
    }

    /// What axe-core finds against WCAG 2.2, AA, and against good practice, as text; empty where there is
    /// nothing.
    ///
    /// @param rules all where it is empty
    String axe(String... rules) throws Exception {
        if (run("typeof axe").equals("undefined")) {
            try (InputStream in = BrowserPage.class.getResourceAsStream("/axe.min.js")) {
                run(new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8) + ";1");
            }
        }
        String named = Json.bytes(json -> Json.writeTree(json, List.of(rules))).utf8();
        String only = rules.length == 0 ? "" : ", runOnly: " + named;
        return run("""
                axe.run(document, { resultTypes: ["violations"], elementRef: false%s }).then((found) => found.violations
                  .map((each) => each.id + ": " + each.nodes.map((node) => node.html.slice(0, 160)).join(" | "))
                  .join("; "))
                """.formatted(only));
    }

    /// Scripts that failed and policies that were violated.
    List<String> complaints() throws InterruptedException {
        // Whatever was said before this answer has come.
        run("1");
        return complaints;
    }

    private Map<?, ?> call(String method, Map<String, ?> parameters) throws InterruptedException {
        int id = ++lastId;
        Map<String, Object> request = new HashMap<>(Map.of("id", id, "method", method, "params", parameters));
        if (!session.isEmpty()) {
            request.put("sessionId", session);
        }
        socket.sendText(Peers.json(request), true).join();
        Map<String, @Nullable Object> answer = answer(id);
        if (answer.get("result") instanceof Map<?, ?> result) {
            return result;
        }
        throw new AssertionError(method + ": " + answer);
    }

    private Map<String, @Nullable Object> answer(int id) throws InterruptedException {
        while (true) {
            Map<String, @Nullable Object> message = take("the answer to " + id);
            if (Integer.toString(id).equals(String.valueOf(message.get("id")))) {
                return message;
            }
        }
    }

    /// The next that the browser says, which is counted or written down where it is to be.
    ///
    /// @param awaited what the caller waits for
    private Map<String, @Nullable Object> take(String awaited) throws InterruptedException {
        Map<String, @Nullable Object> message = messages.poll(Peer.PATIENCE.toSeconds(), TimeUnit.SECONDS);
        if (message == null) {
            throw new AssertionError("the browser did not say " + awaited);
        }
        String said = String.valueOf(message.get("params"));
        switch (String.valueOf(message.get("method"))) {
            case LOADED -> loaded++;
            case "Runtime.exceptionThrown" -> complaints.add(said);
            case "Log.entryAdded" -> {
                // A refusal that a page shows is in the log, too, and is none.
                if (!said.contains("Failed to load resource")) {
                    complaints.add(said);
                }
            }
            default -> {
                // Nothing else is asked about.
            }
        }
        return message;
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
