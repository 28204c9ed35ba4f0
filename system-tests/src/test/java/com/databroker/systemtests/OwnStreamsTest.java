package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/// Streams of one's own, as their operators make them: by adding a file, and nothing else.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OwnStreamsTest {
    private static final Path EXAMPLES = House.ROOT.resolve("examples/streams");
    private static final Map<String, String> SETTINGS =
            Map.of("streams.enabled", "true", "streams.flink.checkpoint-interval", "500ms");

    @SuppressWarnings("NullAway.Init")
    private TestBroker broker;

    @SuppressWarnings("NullAway.Init")
    private Path data;

    @BeforeAll
    void start(@TempDir Path folder) throws Exception {
        data = folder.resolve("data");
        Path definitions = Files.createDirectories(data.resolve("sources"));
        for (String example : List.of("build-log.yaml", "deployments.yaml")) {
            Files.copy(EXAMPLES.resolve(example), definitions.resolve(example));
        }
        Files.writeString(
                definitions.resolve("leaving.yaml"),
                "title: Leaving\nformat: {kind: json-lines}\nfields:\n  a: {type: int}\n");
        Files.writeString(definitions.resolve("broken.yaml"), "title: Broken\nfields:\n  a: {type: number}\n");
        jar(
                folder.resolve("classes"),
                Files.createDirectories(data.resolve("plugins")).resolve("letters.jar"));
        broker = TestBroker.start(data, SETTINGS);
        awaitRunning();
    }

    @AfterAll
    void stop() {
        broker.close();
    }

    private void awaitRunning() throws Exception {
        Peers.until(
                "all streams but the broken one run",
                Duration.ofMinutes(2),
                () -> streams().stream()
                        .allMatch(stream ->
                                "running".equals(stream.get("phase")) == !"broken".equals(stream.get("name"))));
    }

    /// A stream whose records are the letters of its files, compiled as its author would.
    private static void jar(Path classes, Path jar) throws IOException {
        Path source = classes.resolve("org/example/Letters.java");
        Files.createDirectories(source.getParent());
        try (var text = OwnStreamsTest.class.getResourceAsStream("Letters.java.txt")) {
            Files.copy(java.util.Objects.requireNonNull(text), source);
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        int result = compiler.run(
                null,
                null,
                null,
                "--release",
                "21",
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                classes.toString(),
                source.toString());
        assertThat(result).as("compiled").isZero();
        try (OutputStream out = Files.newOutputStream(jar);
                JarOutputStream entries = new JarOutputStream(out);
                Stream<Path> all = Files.walk(classes)) {
            for (Path file :
                    all.filter(each -> each.toString().endsWith(".class")).toList()) {
                entries.putNextEntry(new JarEntry(classes.relativize(file).toString()));
                entries.write(Files.readAllBytes(file));
            }
            entries.putNextEntry(new JarEntry("META-INF/services/com.databroker.streams.Source"));
            entries.write("org.example.Letters\n".getBytes(StandardCharsets.UTF_8));
        }
    }

    private Map<String, @Nullable Object> get(String path) throws IOException, InterruptedException {
        HttpResponse<String> response = broker.request("GET", path, "");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return Json.parseObject(Bytes.utf8(response.body()));
    }

    private List<Map<?, ?>> streams() throws IOException, InterruptedException {
        Object all = Json.parse(Bytes.utf8(broker.request("GET", "/streams", "").body()));
        return ((List<?>) java.util.Objects.requireNonNull(all))
                .stream().<Map<?, ?>>map(stream -> (Map<?, ?>) stream).toList();
    }

    private long count(String stream, String member) throws IOException, InterruptedException {
        return get("/streams/" + stream + "/status").get(member) instanceof BigInteger number ? number.longValue() : -1;
    }

    private void awaitStores(String stream, long records) throws Exception {
        Peers.until(
                stream + " has " + records,
                Duration.ofMinutes(1),
                () -> count(stream, "hot") == records && count(stream, "cold") == records);
    }

    private String found(String question) throws IOException, InterruptedException {
        return String.valueOf(get("/streams/" + question).get("records"));
    }

    private void publish(String topic, String payload) throws Exception {
        assertThat(broker.request("POST", "/events/" + topic, payload).statusCode())
                .isEqualTo(200);
    }

    @Test
    void a_definition_alone_makes_a_stream_that_takes_files_and_is_searched() throws Exception {
        String sample = Files.readString(EXAMPLES.resolve("build-log.csv"));
        broker.request("PUT", "/files/inbox/build-log/friday.csv", sample);
        // The same records in another file, and one that is new.
        String more = """
                project,number,started,status,duration,tests,authors,message
                lab/core,411,27/11/2026 22:58:10,ok,94.2,1204,ann;bert,"Journal: force the folder, too"
                lab/core,413,28/11/2026 09:00:00,ok,oops,1204,ann,Not a number
                lab/core,414,28/11/2026 10:00:00,ok,90.1,1204,ann,Journals are forced
                """;
        broker.request("PUT", "/files/inbox/build-log/saturday.csv", more);
        awaitStores("build-log", 5);
        assertThat(found("build-log?q=journal"))
                .contains("lab/core:411", "lab/core:414")
                .doesNotContain(":412");
        assertThat(found("build-log?q=authors:bert%20AND%20seconds:%5B90%20TO%20100%5D"))
                .contains("lab/core:411")
                .doesNotContain("414");
        assertThat(found("build-log?from=2026-11-27T23:10:00Z&to=2026-11-27T23:20:00Z"))
                .contains("lab/web:88", "started=2026-11-27T23:15:00.000000Z")
                .doesNotContain(":87");
        Peers.until("it is set aside", () -> count("build-log", "dead") == 1);
        assertThat(broker.request("GET", "/streams/build-log/dead", "").body())
                .contains("the field seconds is \\\"oops\\\", which is no double");
        try (Stream<Path> table = Files.list(data.resolve("streams/cold/build-log"))) {
            assertThat(table.map(file -> file.getFileName().toString())).contains("_delta_log", "date=2026-11-01");
        }
        assertThat(String.valueOf(get("/streams/build-log/definition")))
                .contains("topic=build-log_raw", "name=seconds", "how long it took", "partitionedBy=month");
        correctsRows();
    }

    /// A row that was set aside has neither the file nor its header around it when it comes again.
    private void correctsRows() throws Exception {
        String torn = "number,project,started,status\n500,lab/rows\n501,lab/rows,29/11/2026 09:00:00,ok\n";
        broker.request("PUT", "/files/inbox/build-log/sunday.csv", torn);
        Peers.until("it is set aside", () -> count("build-log", "dead") == 2);
        String letters = broker.request("GET", "/streams/build-log/dead", "").body();
        assertThat(letters).contains("head_base64");
        String offset = letters.replaceAll("(?s).*\"offset\":([0-9]+).*", "$1");
        HttpResponse<String> sent = broker.request(
                "POST",
                "/streams/build-log/dead/" + offset,
                "500,lab/rows,29/11/2026 08:00:00,failed\n502,lab/rows,29/11/2026 10:00:00,ok\n");
        assertThat(sent.body()).isEqualTo("{\"records\":2}");
        awaitStores("build-log", 8);
        assertThat(found("build-log?q=project:%22lab%2Frows%22"))
                .contains("lab/rows:500", "lab/rows:501", "lab/rows:502");
        assertThat(count("build-log", "dead")).isEqualTo(1);
    }

    @Test
    void events_become_records_once_each_and_a_restart_goes_on_where_it_was() throws Exception {
        publish("deployments/web/done", "{\"version\":\"1.4.2\",\"host\":\"web-3\",\"seconds\":17.5}");
        publish("deployments/db/done", "words");
        publish("builds/web/done", "{\"version\":\"1.4.2\",\"host\":\"web-3\"}");
        awaitStores("deployments", 2);
        assertThat(found("deployments?q=host:web-3"))
                .contains("topic=deployments/web/done", "by=admin", "seconds=17.5")
                .doesNotContain("builds");
        publish("deployments/web/last", "{\"host\":\"web-4\",\"region\":\"south\"}");
        broker.close();
        Path definition = data.resolve("sources/deployments.yaml");
        String more = "fields:\n  region:   {type: keyword, from: data.region}\n";
        Files.writeString(definition, Files.readString(definition).replace("fields:\n", more));
        Files.delete(data.resolve("sources/leaving.yaml"));
        broker = TestBroker.start(data, SETTINGS);
        // Before the engines are up.
        publish("deployments/web/first", "{\"host\":\"web-5\",\"region\":\"north\"}");
        awaitRunning();
        awaitStores("deployments", 4);
        assertThat(found("deployments?q=host:(web-4%20OR%20web-5)")).contains("web-4", "web-5");
        assertThat(String.valueOf(get("/streams/deployments/status").get("capture")))
                .contains("events=4", "gaps=0", "lost=0", "deployments/**");
        // A field that came in the middle of the file, and a stream that went.
        assertThat(found("deployments?q=region:north")).contains("web-5").doesNotContain("web-4");
        assertThat(found("deployments?q=host:web-3")).contains("by=admin");
        assertThat(broker.request("GET", "/streams/leaving", "").statusCode()).isEqualTo(404);
        assertThat(data.resolve("streams/cold/leaving/_delta_log")).isDirectory();
    }

    @Test
    void a_class_in_a_jar_is_a_stream_like_any_other() throws Exception {
        broker.request("PUT", "/files/inbox/letters/abc.txt", "abca");
        awaitStores("letters", 3);
        assertThat(found("letters?q=letter:c")).contains("letter=c");
    }

    @Test
    void a_wrong_definition_is_told_with_its_place_and_stops_nobody() throws Exception {
        Map<?, ?> broken = streams().stream()
                .filter(stream -> "broken".equals(stream.get("name")))
                .findFirst()
                .orElseThrow();
        assertThat(String.valueOf(broken.get("detail")))
                .contains("broken.yaml:3:13: fields.a.type: \"number\" is not one of");
        assertThat(broker.request("GET", "/streams/broken", "").body()).contains("was left out at the start");
        assertThat(broker.request("GET", "/health/ready", "").body())
                .contains("\"status\":\"ready\"", "1 stream was left out")
                .doesNotContain("broken");
    }
}
