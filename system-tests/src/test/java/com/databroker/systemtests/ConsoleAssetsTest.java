package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the console consists of, and how it is answered.
final class ConsoleAssetsTest {
    private static final Path BUILT = House.ROOT.resolve("server/src/main/resources/com/databroker/server/console");

    @Test
    void the_console_is_small_never_stale_and_asks_nobody_else(@TempDir Path folder) throws Exception {
        try (TestBroker broker = TestBroker.start(folder)) {
            isAnswered(broker);
        }
    }

    private static void isAnswered(TestBroker broker) throws Exception {
        HttpResponse<String> index = broker.requestAs("", "GET", "/console/streams/any", "");
        assertThat(index.statusCode()).isEqualTo(200);
        assertThat(index.headers().firstValue("Cache-Control")).contains("no-cache");
        assertThat(index.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "script-src 'self';", "require-trusted-types-for 'script'")
                .doesNotContain("unsafe");
        assertThat(index.body()).doesNotContain("style=", "onload", "<script>");
        List<String> first = Pattern.compile("/console/assets/[^\"]+")
                .matcher(index.body())
                .results()
                .map(found -> found.group())
                .toList();
        assertThat(first).hasSizeGreaterThanOrEqualTo(2);
        List<String> assets;
        try (Stream<Path> built = Files.list(BUILT.resolve("assets"))) {
            assets = built.map(file -> "/console/assets/" + file.getFileName()).toList();
        }
        assertThat(assets).containsAll(first);
        int bytes = 0;
        for (String asset : assets) {
            HttpResponse<String> plain = broker.requestAs("", "GET", asset, "");
            assertThat(plain.headers().firstValue("Cache-Control")).contains("public, max-age=31536000, immutable");
            assertThat(plain.body().replaceAll("http://www\\.w3\\.org/[\\w/]*|https://svelte\\.dev/e/\\w*", ""))
                    .as(asset)
                    .doesNotContainPattern("https?://[a-z]");
            HttpResponse<String> packed = broker.requestAs("", "HEAD", asset, "", "Accept-Encoding", "gzip, br");
            assertThat(packed.headers().firstValue("Content-Encoding")).contains("gzip");
            bytes += (int) packed.headers().firstValueAsLong("Content-Length").orElseThrow();
        }
        assertThat(bytes).isLessThan(200 << 10);
        assertThat(broker.requestAs("", "GET", "/console/assets/gone-1234.js", "")
                        .statusCode())
                .isEqualTo(404);
        assertThat(broker.requestAs("", "GET", "/console/assets/../index.html", "")
                        .statusCode())
                .isEqualTo(400);
        assertThat(broker.requestAs("", "POST", "/console/", "x").statusCode()).isEqualTo(405);
        assertThat(broker.requestAs("", "GET", "/console", "").headers().firstValue("Location"))
                .contains("/console/");
        HttpResponse<String> root = broker.requestAs("", "GET", "/", "", "Accept", "text/html,*/*;q=0.8");
        assertThat(root.statusCode()).isEqualTo(302);
        assertThat(URI.create(root.headers().firstValue("Location").orElseThrow())
                        .getPath())
                .isEqualTo("/console/");
    }

    /// `vite.config.ts` writes down from what it built.
    @Test
    void what_is_committed_was_built_from_the_sources_as_they_are() throws Exception {
        Path console = House.ROOT.resolve("console");
        List<String> sources = new ArrayList<>(List.of(
                "index.html",
                "package-lock.json",
                "package.json",
                "svelte.config.js",
                "tsconfig.json",
                "vite.config.ts"));
        try (Stream<Path> found = Files.walk(console.resolve("src"))) {
            found.filter(Files::isRegularFile)
                    .map(file -> console.relativize(file).toString())
                    .forEach(sources::add);
        }
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (String source : sources.stream().sorted().toList()) {
            digest.update((source + "\0").getBytes(StandardCharsets.UTF_8));
            digest.update(Files.readAllBytes(console.resolve(source)));
            digest.update((byte) 0);
        }
        assertThat(Files.readString(BUILT.resolve("built-from.sha256")).strip())
                .as("in console: npm ci && npm run build")
                .isEqualTo(HexFormat.of().formatHex(digest.digest()));
    }
}
