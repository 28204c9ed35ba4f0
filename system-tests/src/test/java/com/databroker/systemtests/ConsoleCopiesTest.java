package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the console offers to be copied, run as it stands there: by a shell, Node and Python.
final class ConsoleCopiesTest {
    private static final List<String> FORMS = List.of("CLI", "curl", "JavaScript", "Python");
    private static final String LONG = "{\"id\":12345678901234567891,\"price\":1.50,\"said\":\"it's ä ☃\"}";

    @TempDir
    Path folder;

    /// The text of each form, as it is shown.
    private static Map<String, String> copies(ConsoleView view, String within) throws InterruptedException {
        Map<String, String> texts = new LinkedHashMap<>();
        for (String form : FORMS) {
            view.page().click(within + " .tight button", form);
            String text = "document.querySelector('" + within + " .copy pre').textContent";
            view.page()
                    .await("document.querySelector('" + within + " .tight [aria-pressed=true]').textContent === '"
                            + form + "'");
            texts.put(form, view.page().run(text));
        }
        return texts;
    }

    /// Somebody pastes it.
    private Peer paste(TestBroker broker, String form, String text) throws Exception {
        Path file = Files.createTempFile(folder, form, form.equals("JavaScript") ? ".mjs" : ".txt");
        Files.writeString(file, text);
        String run = switch (form) {
            case "CLI" -> {
                String java =
                        Path.of(System.getProperty("java.home"), "bin", "java").toString();
                String command = "databroker() { '" + java + "' --enable-native-access=ALL-UNNAMED -cp '"
                        + System.getProperty("java.class.path") + "' com.databroker.cli.Main \"$@\"; }\n";
                Files.writeString(file, command + text.replace("./databroker ", "databroker "));
                yield "exec bash '" + file + "'";
            }
            case "curl" -> "exec bash '" + file + "'";
            case "JavaScript" -> "exec node '" + file + "'";
            default -> "exec " + Peers.python() + " '" + file + "'";
        };
        return Peer.start(
                "bash",
                "-c",
                "export TOKEN='" + broker.token() + "' DATABROKER_TOKEN='" + broker.token() + "' DATABROKER_URL='"
                        + broker.http("/").toString().replaceAll("/$", "") + "'\n" + run);
    }

    @Test
    void what_subscribes_and_what_publishes_does_so_as_copied() throws Exception {
        try (TestBroker broker = TestBroker.start(folder.resolve("data"));
                BrowserPage page =
                        BrowserPage.open(folder.resolve("profile"), broker.http("/#token=" + broker.token()))) {
            page.await("document.querySelector('main h1') !== null");
            ConsoleView view = new ConsoleView(broker, page);
            view.open("live?pattern=copied/**");
            page.click("button", "Copy as");
            List<Peer> listeners = new ArrayList<>();
            try {
                for (Map.Entry<String, String> each :
                        copies(view, "section.sheet").entrySet()) {
                    listeners.add(paste(broker, each.getKey(), each.getValue()));
                }
                // The page itself is the fifth.
                Peers.until("all four listen", () -> subscribed(broker) == FORMS.size() + 1);
                broker.request("POST", "/events/copied/first", LONG, "Content-Type", "application/json");
                for (Peer listener : listeners) {
                    listener.await(line -> line.contains("copied/first") && line.contains("☃"));
                }
            } finally {
                listeners.forEach(Peer::close);
            }
            publishedAgain(broker, view, "copied/first", LONG.getBytes(StandardCharsets.UTF_8));
            page.type("#filter", ".id = 12345678901234567891 and .price = 1.5");
            page.await("document.querySelector('#events tbody').rows.length >= 5");
            page.type("#filter", ".id = 12345678901234567890");
            view.see("The filter lets none of");
            page.type("#filter", "");
            byte[] bytes = {(byte) 0xff, 0, 64, '\'', '\n'};
            publish(broker, "/events/copied/bytes", bytes, "application/x-thing");
            publishedAgain(broker, view, "copied/bytes", bytes);
            byte[] dashes = "-1 @no 'file'\n".getBytes(StandardCharsets.UTF_8);
            publish(broker, "/events/copied/dashes", dashes, "text/csv");
            publishedAgain(broker, view, "copied/dashes", dashes);
        }
    }

    private static int subscribed(TestBroker broker) throws Exception {
        String connections = broker.request("GET", "/connections", "").body();
        return connections.split("copied/\\*\\*", -1).length - 1;
    }

    private static void publish(TestBroker broker, String path, byte[] payload, String type) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(broker.http(path))
                .POST(HttpRequest.BodyPublishers.ofByteArray(payload))
                .header("Authorization", "Bearer " + broker.token())
                .header("Content-Type", type)
                .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            assertThat(http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
                    .isEqualTo(200);
        }
    }

    /// Each of the four publishes the bytes of the event on the page, under its type.
    private void publishedAgain(TestBroker broker, ConsoleView view, String topic, byte[] payload) throws Exception {
        view.page().click("#events button", topic);
        view.page().click("#events .detail button", "Publish it again");
        Map<String, String> copies = copies(view, "#events .detail");
        try (Peer sub = Peers.pyzmq(broker, "SUB", Map.of("sub", List.of(topic)))) {
            Peers.awaitSubscribed(broker, sub, topic + "/knock");
            for (Map.Entry<String, String> each : copies.entrySet()) {
                try (Peer said = paste(broker, each.getKey(), each.getValue())) {
                    assertThat(said.exit())
                            .as(each.getKey() + ": " + each.getValue())
                            .isZero();
                }
                assertThat(Bytes.wrap(Peers.awaitMessage(sub, topic)))
                        .as(each.getKey())
                        .isEqualTo(Bytes.wrap(payload));
            }
        }
        view.page().click("#events .detail button", "Publish it again");
        view.page()
                .run("[...document.querySelectorAll('#events [aria-expanded=true]')].forEach((each) => each.click())");
    }
}
