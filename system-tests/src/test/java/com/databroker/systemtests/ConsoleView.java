package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The console of a broker in a browser, signed in as its administrator.
record ConsoleView(TestBroker broker, BrowserPage page) {
    /// Whose names a screen reader needs.
    private static final Set<String> CONTROLS =
            Set.of("button", "link", "textbox", "combobox", "checkbox", "searchbox", "image", "dialog", "option");

    void open(String path) throws InterruptedException {
        page.go(broker.http("/console/" + path));
        page.await("document.querySelector('main h1') !== null");
    }

    void see(String text) throws InterruptedException {
        page.await("document.body.innerText.includes(" + BrowserPage.quoted(text) + ")");
    }

    static boolean takesPictures() {
        return "write".equals(System.getProperty("screenshots"));
    }

    void screenshot(String name) throws Exception {
        if (takesPictures()) {
            Path root = Path.of(System.getProperty("databroker.root", ".."));
            page.run("new Promise((done) => setTimeout(done, 300))");
            page.screenshot(root.resolve("docs/guide/console-" + name + ".webp"));
        }
    }

    /// Every control has a name, every text contrast in both schemes, and nothing is wider than a phone.
    void isReadable(String path) throws Exception {
        page.size(375, 740);
        open(path);
        page.await("document.querySelector('.skeleton') === null");
        assertThat(page.run("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
                .as("what is too wide on " + path)
                .isEqualTo("0");
        for (boolean dark : new boolean[] {false, true}) {
            page.dark(dark);
            String where = path + (dark ? ", dark" : ", light");
            assertThat(page.faint()).as(where).isEmpty();
            // Only colours differ between the schemes.
            assertThat(dark ? page.axe("color-contrast") : page.axe()).as(where).isEmpty();
        }
        List<Map.Entry<String, String>> spoken = page.spoken();
        assertThat(spoken.stream()
                        .filter(each -> CONTROLS.contains(each.getKey())
                                && each.getValue().isBlank()))
                .as("without a name on " + path)
                .isEmpty();
        assertThat(spoken).as(path).anyMatch(each -> each.getKey().equals("heading"));
    }
}
