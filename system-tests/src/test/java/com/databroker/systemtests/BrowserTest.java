package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The live page in a real browser.
class BrowserTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @Test
    void thePageShowsWhatAZeroMqPeerPublishesAndPublishesToOne() throws Exception {
        try (TestBroker broker = TestBroker.start(folder.resolve("data"));
                Peer sub = Peers.pyzmq(broker, "SUB", Map.of("sub", List.of("page/")));
                Peer pub = Peers.pyzmq(broker, "PUB", Map.of("probe", "probe/x"));
                BrowserPage page = BrowserPage.open(folder.resolve("profile"), broker.http("/"))) {
            Peers.awaitSubscribed(broker, sub, "page/knock");
            Peers.awaitPublishing(broker, "probe/x");
            page.run("document.getElementById('token').value = '" + broker.token() + "x'");
            page.run("document.getElementById('connect').requestSubmit()");
            page.await("document.getElementById('status').textContent.startsWith('closed: 2001 ')");

            page.run("document.getElementById('token').value = '" + broker.token() + "'");
            page.run("document.getElementById('pattern').value = 'shown/**'");
            page.run("document.getElementById('connect').requestSubmit()");
            page.await("document.getElementById('status').textContent === 'connected as admin'");
            Peers.until("the page is subscribed", () -> {
                pub.say(Peers.send("shown/knock", ""));
                return page.run("document.getElementById('events').rows.length > 0")
                        .equals("true");
            });
            pub.say(Peers.send("shown/html", "<b id=injected>ä & ö</b>"));
            page.await("document.getElementById('events').textContent.includes('<b id=injected>ä & ö</b>')");
            assertThat(page.run("document.getElementById('injected') === null")).isEqualTo("true");

            page.run("document.getElementById('topic').value = 'page/said'");
            page.run("document.getElementById('payload').value = 'from the browser: ☃'");
            page.run("document.getElementById('publish').requestSubmit()");
            assertThat(new String(Peers.awaitMessage(sub, "page/said"), StandardCharsets.UTF_8))
                    .isEqualTo("from the browser: ☃");
        }
    }
}
