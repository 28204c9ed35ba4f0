package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/// The console in Debian's Chromium, used as people use it. With `-Dscreenshots=write` its pages are put into
/// docs/guide.
///
/// One browser and one broker for all; the streams come up while the first tests run.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class ConsoleTest {
    private static final String FEED = """
            <rss version="2.0"><channel><title>Example News</title><link>http://news.example.org/</link>
            <item><guid>n1</guid><title>Bridges reopen after the flood</title><link>http://news.example.org/1</link>
            <pubDate>NOW</pubDate><description>All three of them.</description></item>
            <item><guid>n2</guid><title>A quiet day at the harbour</title><link>http://news.example.org/2</link>
            <pubDate>NOW</pubDate></item></channel></rss>
            """;

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init")
    private BrowserPage page;

    @SuppressWarnings("NullAway.Init")
    private ConsoleView view;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        broker = TestBroker.startAsServed(
                folder.resolve("data"),
                Map.of(
                        "streams.enabled", "true",
                        "streams.flink.checkpoint-interval", "500ms",
                        "files.rules.ci.path", "ci/**",
                        "files.rules.ci.versions", "3"));
        page = BrowserPage.open(folder.resolve("profile"), broker.http("/"));
        page.size(1280, 860);
        view = new ConsoleView(broker, page);
    }

    @AfterAll
    void stop() {
        page.close();
        broker.close();
    }

    private void open(String path) throws InterruptedException {
        view.open(path);
    }

    private void see(String text) throws InterruptedException {
        view.see(text);
    }

    private void screenshot(String name) throws Exception {
        view.screenshot(name);
    }

    private String put(String path, String body) throws Exception {
        HttpResponse<String> answer = broker.request("PUT", "/files/" + path, body);
        assertThat(answer.statusCode()).as(answer.body()).isIn(201, 204);
        return answer.body();
    }

    @Test
    @Order(1)
    void the_link_signs_in_and_its_token_is_neither_sent_nor_left_in_the_address() throws Exception {
        page.await("document.querySelector('#token') !== null");
        assertThat(page.run("location.pathname")).isEqualTo("/console/");
        page.type("#token", broker.token() + "x");
        page.click("button", "Sign in");
        see("2001");
        assertThat(page.run("sessionStorage.length")).isEqualTo("0");

        page.go(broker.http("/#token=" + broker.token()));
        page.await("document.querySelector('[data-figure=events]') !== null");
        assertThat(page.run("location.href")).isEqualTo(broker.http("/console/").toString());
        assertThat(page.run("performance.getEntriesByType('resource').map((entry) => entry.name).join(' ')"))
                .doesNotContain(broker.token());
        see("Needs attention");
        page.loads(() -> page.run("location.reload()"));
        page.await("document.querySelector('[data-figure=events]') !== null");
    }

    @Test
    @Order(2)
    void live_shows_what_a_zeromq_peer_publishes_filters_pauses_and_publishes_to_one() throws Exception {
        try (Peer sub = Peers.pyzmq(broker, "SUB", Map.of("sub", List.of("page/")));
                Peer pub = Peers.pyzmq(broker, "PUB", Map.of("probe", "probe/x"))) {
            Peers.awaitSubscribed(broker, sub, "page/knock");
            Peers.awaitPublishing(broker, "probe/x");
            open("live?pattern=shown/**");
            page.await("document.querySelector('#status').textContent.includes('connected,')");
            pub.say(Peers.send("shown/html", "<b id=injected>ä & ö</b>"));
            page.await("document.querySelector('#events')?.textContent.includes('<b id=injected>ä & ö</b>')");
            assertThat(page.run("document.getElementById('injected') === null")).isEqualTo("true");

            page.type("#filter", ".n > 1 and topic ~ SHOWN");
            broker.request("POST", "/events/shown/one", "{\"n\":1}", "Content-Type", "application/json");
            broker.request("POST", "/events/shown/two", "{\"n\":2}", "Content-Type", "application/json");
            page.await("document.querySelector('#events tbody')?.rows.length === 1");
            assertThat(page.run("document.querySelector('#events tbody').textContent"))
                    .contains("shown/two");
            assertThat(page.run("decodeURIComponent(location.search)")).contains("pattern=shown/**", "filter=.n");
            page.type("#filter", ".n >");
            see("needs a value behind it");
            page.type("#filter", "");

            page.click("#pause", "Pause");
            broker.request("POST", "/events/shown/later", "x");
            see("paused, 1 waiting");
            assertThat(page.run("document.body.innerText.includes('shown/later')"))
                    .isEqualTo("false");
            page.click("#pause", "Go on");
            see("shown/later");

            page.click("button", "Copy as");
            see("./databroker sub 'shown/**'");
            page.click("#publish", "Publish");
            page.await("document.querySelector('#topic') !== null");
            page.type("#topic", "page/said");
            page.type("#payload", "from the browser: ☃");
            page.run("document.querySelector('#publishing').requestSubmit()");
            assertThat(new String(Peers.awaitMessage(sub, "page/said"), StandardCharsets.UTF_8))
                    .isEqualTo("from the browser: ☃");
            page.type("#topic", "broker/no");
            page.run("document.querySelector('#publishing').requestSubmit()");
            see("2003 · topic belongs to the broker");
        }
        for (String topic : List.of("builds/core/done", "builds/web/failed", "builds/core/done")) {
            broker.request(
                    "POST", "/events/" + topic, "{\"ok\":true,\"seconds\":41}", "Content-Type", "application/json");
        }
        open("live?pattern=builds/**");
        see("builds/web/failed");
        page.click("#events button", "builds/web/failed");
        see("\"seconds\": 41");
        screenshot("live");
    }

    @Test
    @Order(3)
    void files_are_dropped_shown_refused_at_their_line_edited_and_deleted() throws Exception {
        open("files/ci/");
        see("There is no such folder yet");
        page.run("""
                const dropped = new DataTransfer();
                dropped.items.add(new File(["one\\ntwo\\n"], "b ä ☃ & q.txt"));
                dropped.items.add(new File([new Uint8Array(300000)], "core.bin"));
                document.querySelector("#folder")
                  .dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true }));
                """);
        page.await("document.querySelector('#folder tbody')?.rows.length === 2");
        assertThat(broker.request("GET", "/files/ci/b%20%C3%A4%20%E2%98%83%20%26%20q.txt", "")
                        .body())
                .isEqualTo("one\ntwo\n");
        put("ci/by-hand.txt", "from elsewhere");
        see("by-hand.txt");
        upload("core.bin", "other bytes");
        see("There is a file of this name already");
        page.click("button", "Replace it");
        Peers.until(
                "it is replaced",
                () -> broker.request("GET", "/files/ci/core.bin", "").body().equals("other bytes"));
        screenshot("files");

        open("files/");
        upload(
                "broker_users.xml",
                "<broker-users xmlns=\"urn:databroker:users:1\">\n  <user nme=\"x\"/>\n</broker-users>");
        see("There is a file of this name already");
        page.click("button", "Replace it");
        see("2006");
        see("Line 2, column");
        page.await("document.querySelector('.lines .hit')?.textContent.includes('nme=')");
        screenshot("refused");

        open("files/ci/by-hand.txt");
        page.click("#edit", "Edit");
        page.await("document.querySelector('#draft') !== null");
        page.type("#draft", "edited in the console\n");
        page.click("button", "Save");
        see("FILE UPDATED");
        assertThat(broker.request("GET", "/files/ci/by-hand.txt", "").body()).isEqualTo("edited in the console\n");
        page.await("document.querySelector('#versions tbody')?.rows.length === 1");
        page.click("button", "Delete…");
        page.click("dialog button", "Delete");
        page.await("location.pathname === '/console/files/ci/'");
        assertThat(broker.request("GET", "/files/ci/by-hand.txt", "").statusCode())
                .isEqualTo(404);

        // What was deleted is found at its address, and brought back as it was first.
        open("files/ci/by-hand.txt");
        page.await("document.querySelector('#versions tbody')?.rows.length === 2");
        page.run("document.querySelector('#versions tbody tr:last-child button:last-child').click()");
        page.click("dialog button", "Restore");
        page.await("document.querySelector('.lines')?.textContent.includes('from elsewhere')");
        assertThat(broker.request("GET", "/files/ci/by-hand.txt", "").body()).isEqualTo("from elsewhere");
    }

    private void upload(String name, String content) throws InterruptedException {
        page.await("document.querySelector('#upload') !== null");
        page.run("""
                const chosen = new DataTransfer();
                chosen.items.add(new File([%s], %s));
                const input = document.querySelector("#upload");
                input.files = chosen.files;
                input.dispatchEvent(new Event("change", { bubbles: true }));
                """.formatted(BrowserPage.quoted(content), BrowserPage.quoted(name)));
    }

    @Test
    @Order(4)
    void a_user_gets_a_token_its_grants_are_tried_and_the_token_is_revoked() throws Exception {
        open("access");
        page.click("button", "Add a user");
        page.await("document.querySelector('input[placeholder=jenkins]') !== null");
        page.type("input[placeholder=jenkins]", "jenkins");
        page.click("button", "Add the user");
        page.await("location.pathname === '/console/access/jenkins'");
        page.await("document.querySelector('input[placeholder=ci-server]') !== null");
        page.type("input[placeholder=ci-server]", "ci-server");
        page.click("button", "Add a token");
        page.await("document.querySelector('.note pre') !== null");
        String token = page.run("document.querySelector('.note pre').textContent");
        assertThat(broker.requestAs(token, "POST", "/events/builds/core/done", "x")
                        .statusCode())
                .isEqualTo(200);
        page.click("button", "Try");
        see("Yes, by publish:builds/**");
        page.type("input.mono", "secrets/x");
        page.click("button", "Try");
        see("none of its grants and roles covers it");
        page.run("document.querySelector('.note').remove()");
        screenshot("access");
        page.click("button", "Revoke");
        page.click("dialog button", "Yes");
        Peers.until(
                "it is revoked",
                () -> broker.requestAs(token, "POST", "/events/builds/core/done", "x")
                                .statusCode()
                        == 401);
        assertThat(broker.request("GET", "/access/users/nobody/may?action=publish&on=x", "")
                        .statusCode())
                .isEqualTo(404);
    }

    @Test
    @Order(5)
    void health_says_what_was_looked_at_and_configuration_where_a_value_came_from() throws Exception {
        HttpResponse<String> made =
                broker.request("POST", "/access/users/jenkins/tokens", "{\"label\":\"old-ci\",\"expires\":\"5d\"}");
        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
        open("health");
        see("token old-ci of jenkins");
        see("it ends in 4 days and 23 hours");
        page.await("document.querySelector('#checks')?.textContent.includes('room for data')");
        screenshot("health");
        open("configuration?changed=1");
        see("--http.port");
        see("--streams.flink.checkpoint-interval");
        assertThat(page.run("document.querySelector('#settings').textContent")).doesNotContain("http.idle-timeout");
        screenshot("configuration");
        String reader = broker.user("reader", "subscribe,read:**");
        for (String path : List.of("/status", "/config", "/health/checks", "/access/users")) {
            assertThat(broker.requestAs(reader, "GET", path, "").statusCode())
                    .as(path)
                    .isEqualTo(403);
            assertThat(broker.requestAs("", "GET", path, "").statusCode())
                    .as(path)
                    .isEqualTo(401);
        }
        assertThat(broker.requestAs(reader, "GET", "/access/me", "").body())
                .contains("\"name\":\"reader\"", "\"administers\":[]");
    }

    @Test
    @Order(6)
    void records_are_searched_counted_and_what_was_set_aside_is_corrected_and_sent_again() throws Exception {
        List<String> all = List.of("running", "running", "running", "running");
        Peers.until(
                "the streams plane is ready", () -> members("/streams", "phase").equals(all));
        String today = page.run("new Date(Date.now() - 3600000).toUTCString()");
        put("inbox/news/feed.xml", FEED.replace("NOW", today));
        String time = page.run("new Date(Date.now() - 3600000).toISOString().slice(0, 19) + 'Z'");
        put("inbox/github/hour.json", push(1, time) + "\n{\"id\":\"2\",broken\n");
        open("search?stream=news&q=bridges");
        Peers.until("the record is found", () -> {
            page.click("main form button", "Search");
            return page.run("document.body.innerText.includes('Bridges reopen after the flood')")
                    .equals("true");
        });
        if (ConsoleView.takesPictures()) {
            populate();
        }
        page.type("#query", "");
        Peers.until("so is the other one, without a query", () -> {
            page.click("main form button", "Search");
            return page.run("document.body.innerText.includes('A quiet day at the harbour')")
                    .equals("true");
        });
        if (ConsoleView.takesPictures()) {
            open("search?stream=news&facet=domain");
            see("example.org");
        }
        screenshot("search");

        open("streams");
        page.await("document.querySelector('#streams tbody')?.rows.length === 4");
        Peers.until("one is set aside", () -> members("/streams", "dead").contains("1"));
        screenshot("streams");
        open("streams/github");
        page.click("button", "inspect");
        page.await("document.querySelector('#dead textarea')?.value.includes('broken')");
        screenshot("dead");
        page.click("button", "Send it again");
        see("6001");
        page.type("#dead textarea", push(2, time));
        page.click("button", "Send the corrected bytes");
        Peers.until("both are there", () -> members("/streams", "hot").contains("2"));
        page.await("document.querySelector('#dead') === null");
        open("streams/news");
        see("Entries of each site");
        screenshot("stream");
        open("");
        see("What flows");
        page.run("new Promise((done) => setTimeout(done, 4500))");
        screenshot("overview");
    }

    /// Pictures of two records show little.
    private void populate() throws Exception {
        List<String> words = List.of("bridge", "harbour", "flood", "election", "rocket", "solar", "library", "chess");
        SplittableRandom random = new SplittableRandom(20_261_128);
        for (String site : List.of("news.example.org", "daily.example.com", "science.example.net")) {
            StringBuilder items = new StringBuilder(
                    "<rss version=\"2.0\"><channel><title>" + site + "</title><link>http://" + site + "/</link>");
            for (int i = 0; i < random.nextInt(40, 160); i++) {
                String ago = page.run("new Date(Date.now() - " + random.nextInt(9 * 86_400) + "000).toUTCString()");
                items.append("<item><guid>" + site + i + "</guid><title>The "
                        + words.get(random.nextInt(random.nextInt(1, 9))) + " and the " + words.get(random.nextInt(8))
                        + "</title><link>http://" + site + "/" + i + "</link><pubDate>" + ago + "</pubDate></item>");
            }
            put("inbox/news/" + site + ".xml", items + "</channel></rss>");
        }
        Peers.until(
                "they are kept",
                () -> Integer.parseInt(members("/streams", "cold").get(2)) > 120);
        broker.request("POST", "/views/news-outlets", "");
        broker.request("POST", "/views/news-trends", "");
        Peers.until(
                "they are counted",
                () -> members("/views", "last").stream()
                                .filter(last -> !last.equals("null"))
                                .count()
                        == 2);
    }

    private List<String> members(String path, String member) throws Exception {
        List<String> found = new ArrayList<>();
        if (Json.parse(Bytes.utf8(broker.request("GET", path, "").body())) instanceof List<?> list) {
            list.forEach(each -> found.add(String.valueOf(((Map<?, ?>) each).get(member))));
        }
        return found;
    }

    private static String push(int number, String created) {
        return "{\"id\":\"" + number + "\",\"type\":\"PushEvent\",\"actor\":{\"id\":7,\"login\":\"ann\"},"
                + "\"repo\":{\"id\":9,\"name\":\"lab/papers\"},\"public\":true,\"created_at\":\"" + created
                + "\",\"payload\":{\"ref\":\"refs/heads/main\",\"commits\":[{\"sha\":\"a\",\"message\":\"x\"}]}}";
    }

    @Test
    @Order(6)
    void what_openapi_tells_is_what_the_door_answers() throws Exception {
        ApiProbe.isTrue(broker);
        ApiProbe.refersToWhatIsThere(broker);
    }

    /// Every control has a name, every text contrast in both schemes, and nothing is wider than a phone.
    @Test
    @Order(7)
    void every_page_is_readable_on_a_phone_in_the_dark_and_to_a_screen_reader() throws Exception {
        try {
            for (String path : List.of(
                    "",
                    "live",
                    "files/",
                    "files/ci/core.bin",
                    "streams",
                    "streams/github",
                    "search?stream=news",
                    "access",
                    "access/jenkins",
                    "health",
                    "configuration")) {
                view.isReadable(path);
            }
            open("live");
            screenshot("phone");
        } finally {
            page.size(1280, 860);
            page.dark(false);
        }
        page.run(
                "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'k', ctrlKey: true, bubbles: true }))");
        page.await("document.querySelector('dialog[open]') !== null");
        assertThat(page.run("document.activeElement.tagName")).isEqualTo("INPUT");
        assertThat(page.complaints()).isEmpty();
    }

    @Test
    @Order(8)
    void a_page_whose_script_does_not_come_says_so_and_is_there_when_it_is_loaded_again() throws Exception {
        open("live");
        page.blocks("*/assets/Health-*");
        page.click("nav a", "Health");
        see("this page of the console did not load");
        page.click("nav a", "Live");
        page.await("document.querySelector('main h1')?.textContent === 'Live'");
        page.click("nav a", "Health");
        page.blocks();
        page.loads(() -> page.click("main button", "Load again"));
        page.await(
                "document.querySelector('main h1')?.textContent === 'Health' && document.querySelector('main table')");
    }

    @Test
    @Order(9)
    void an_edit_changes_nothing_else_and_waits_where_the_page_is_left() throws Exception {
        put("ci/run.bat", "@echo off\r\nrem a\r\n");
        open("files/ci/run.bat");
        page.click("#edit", "Edit");
        page.type("#draft", "@echo  off\nrem a\n");
        page.click("nav a", "Live");
        page.await("document.querySelector('main h1')?.textContent === 'Live'");
        page.run("history.back()");
        page.await("document.querySelector('#draft')?.value.startsWith('@echo  off')");
        page.loads(() -> page.run("location.reload()"));
        page.await("document.querySelector('#draft')?.value.startsWith('@echo  off')");
        page.click("button", "Save");
        Peers.until(
                "it is saved",
                () -> broker.request("GET", "/files/ci/run.bat", "").body().equals("@echo  off\r\nrem a\r\n"));
        page.await("document.querySelector('#draft') === null");
    }

    @Test
    @Order(10)
    void the_link_signs_in_where_the_console_is_open_already_and_a_damaged_one_is_refused() throws Exception {
        page.run("location.hash = '#token=abc%zz'");
        page.await("document.querySelector('#token') !== null");
        assertThat(page.run("location.hash")).isEmpty();
        page.run("location.hash = '#token=" + broker.token() + "'");
        page.await("document.querySelector('main h1') !== null && document.querySelector('#token') === null");
        assertThat(page.run("location.hash")).isEmpty();
    }
}
