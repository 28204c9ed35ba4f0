package com.databroker.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.ProblemException;
import com.databroker.sources.Definition;
import com.databroker.streams.Field;
import com.databroker.streams.StreamsConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StreamDefinitionsTest {
    private static final String GOOD = """
            title: Good
            format: {kind: json-lines}
            fields:
              a: {type: keyword}
            """;

    private Path folder;
    private DataFolder data;

    @BeforeEach
    void open(@TempDir Path temporary) throws IOException {
        data = DataFolder.open(temporary.resolve("data"));
        folder = Files.createDirectories(temporary.resolve("sources"));
    }

    @AfterEach
    void close() {
        data.close();
    }

    private StreamDefinitions read() {
        StreamDefinitions definitions = new StreamDefinitions(data, Set.of("github"), (name, definition) -> {});
        definitions.read(folder);
        return definitions;
    }

    private void write(String file, String text) throws IOException {
        Files.writeString(folder.resolve(file), text);
    }

    private List<String> fields() {
        return read().sources().getFirst().schema().fields().stream()
                .map(Field::name)
                .toList();
    }

    private String refusal(String text) throws IOException {
        write("a.yaml", text);
        assertThat(read().refused()).as(text).hasSize(1);
        return read().refused().getFirst().why().substring(folder.toString().length() + 1);
    }

    @Test
    void each_file_is_a_stream_and_a_wrong_one_stops_no_other() throws Exception {
        write("good.yaml", GOOD);
        write("github.yaml", GOOD);
        write("Upper.yaml", GOOD);
        write("other.yml", GOOD);
        write("empty.yaml", "");
        write("notes.txt", "nothing");
        StreamDefinitions read = read();
        assertThat(read.sources()).hasSize(1);
        assertThat(read.sources().getFirst().name()).isEqualTo("good");
        assertThat(read.refused().stream().map(StreamDefinitions.Refused::why).toList())
                .anyMatch(why -> why.contains("github.yaml: there is a stream github already"))
                .anyMatch(why -> why.contains("\"Upper\" is no name of a stream"))
                .anyMatch(why -> why.contains("call it other.yaml"))
                .anyMatch(why -> why.contains("title: is missing; write a text"))
                .hasSize(4);
    }

    @Test
    void what_is_wrong_is_told_at_its_place() throws Exception {
        assertThat(refusal(GOOD.replace("json-lines", "cvs")))
                .startsWith("a.yaml:2:16: format.kind: \"cvs\" is not one");
        assertThat(refusal(GOOD + "  id: {type: int}\n")).startsWith("a.yaml:5:3: fields: \"id\" is what every stream");
        assertThat(refusal(GOOD + "  A-b: {type: int}\n")).startsWith("a.yaml:5:3: fields.A-b: is not a name; write");
        assertThat(refusal(GOOD + "  b: {type: time, format: nonsense}\n"))
                .startsWith("a.yaml:5:27: fields.b.format: \"nonsense\" is neither iso");
        assertThat(refusal(GOOD + "id: [c]\n")).startsWith("a.yaml:5:6: id: there is no field \"c\"");
        assertThat(refusal(GOOD + "time: a\n")).startsWith("a.yaml:5:7: time: the field \"a\" is of another type");
        assertThat(refusal(GOOD + "capture: [\"streams/**\"]\n")).startsWith("a.yaml:5:11: capture: \"streams/**\"");
        assertThat(refusal(GOOD + "capture: [\"a//b\"]\n")).startsWith("a.yaml:5:11: capture: \"a//b\"");
        assertThat(refusal(GOOD + "collect: {url: \"ftp://x/\"}\n")).startsWith("a.yaml:5:16: collect.url: ");
        assertThat(refusal(GOOD + "collect: {url: \"http://x/\", headers: {host: {value: y}}}\n"))
                .contains("headers: \"host\" is set by the broker itself");
        assertThat(refusal(GOOD.replace("json-lines", "lines")))
                .startsWith("a.yaml:2:")
                .contains("pattern: lines need");
        assertThat(refusal(GOOD.replace("{kind: json-lines}", "{kind: lines, pattern: \"(?<b>x\"}")))
                .startsWith("a.yaml:2:32: format.pattern: Unclosed group");
        assertThat(refusal(GOOD.replace("{kind: json-lines}", "{kind: lines, pattern: \"(?<b>x)\"}")))
                .startsWith("a.yaml:4:3: fields: \"a\": the pattern has no group a; it has b");
        assertThat(refusal("title: x\nfields: {a: {type: int}}\n")).startsWith("a.yaml: format: kind is missing");
        assertThat(refusal(GOOD + "formt: 1\n")).startsWith("a.yaml:5:1: formt: unknown key, did you mean \"format\"?");
    }

    @Test
    void all_that_is_wrong_with_fields_is_told_together() throws Exception {
        String several = GOOD.replace("{kind: json-lines}", "{kind: lines, pattern: \"(?<b>x)\"}")
                + "id: [c]\nheadline: [d]\ntime: e\ncapture: [\"streams/**\"]\n";
        assertThat(refusal(several))
                .contains(
                        "the pattern has no group a",
                        "id: there is no field \"c\"",
                        "headline: there is no field \"d\"",
                        "time: there is no field \"e\"",
                        "capture: \"streams/**\"",
                        "5 errors");
    }

    @Test
    void the_examples_and_those_of_the_page_are_right() throws Exception {
        Path root = Path.of(System.getProperty("databroker.root", ""));
        DefinitionCheck check = DefinitionCheck.of(
                root.resolve("examples/streams/build-log.yaml"), root.resolve("examples/streams/build-log.csv"));
        assertThat(check.rejected()).isEmpty();
        assertThat(check.records()).isEqualTo(4);
        DefinitionCheck.of(root.resolve("examples/streams/deployments.yaml"), null);
        String page = Files.readString(root.resolve("docs/reference/own-streams.md"));
        int blocks = 0;
        for (String block : page.split("```yaml\n", -1)) {
            String yaml = block.substring(0, Math.max(0, block.indexOf("```")));
            if (yaml.contains("title:")) {
                ConfigReader.alone(Definition.class, "page", yaml.getBytes(StandardCharsets.UTF_8), built -> {});
                blocks++;
            }
        }
        assertThat(blocks).isEqualTo(2);
    }

    @Test
    void a_stream_grows_at_its_end_and_keeps_its_types() throws Exception {
        write("a.yaml", GOOD);
        assertThat(fields()).containsExactly("id", "time", "a");
        write("a.yaml", GOOD.replace("  a: {type: keyword}", "  b: {type: int}\n  a: {type: keyword}"));
        assertThat(fields()).containsExactly("id", "time", "a", "b");
        write("a.yaml", GOOD);
        assertThat(fields()).containsExactly("id", "time", "a", "b");
        assertThat(refusal(GOOD + "  b: {type: long}\n"))
                .startsWith("a.yaml:5:3: fields: \"b\" was int when the stream began, and cannot become long");
        assertThat(refusal(GOOD + "granularity: year\n")).startsWith("a.yaml:5:14: granularity: was month");
        // What was refused has changed nothing.
        write("a.yaml", GOOD);
        assertThat(fields()).containsExactly("id", "time", "a", "b");
    }

    @Test
    void who_collects_names_a_contact_and_nobody_defines_streams_by_uploading() throws Exception {
        Path files = Files.createDirectories(data.resolve("files"));
        write("a.yaml", GOOD + "collect: {url: \"http://192.0.2.1/\"}\n");
        StreamsConfig config = Config.of(java.util.Map.of("streams.definitions", folder.toString()))
                .streams();
        try (StreamSources sources =
                StreamSources.open(config, data, files, InstantSource.system(), new SecureRandom())) {
            assertThat(sources.refused().getFirst().why())
                    .contains("a.yaml:5:1: collect: who asks others says who it is");
        }
        StreamsConfig uploaded = Config.of(java.util.Map.of(
                        "streams.definitions", files.resolve("x").toString()))
                .streams();
        assertThatThrownBy(() -> StreamSources.open(uploaded, data, files, InstantSource.system(), new SecureRandom()))
                .isInstanceOf(ProblemException.class)
                .hasMessageContaining("is in the folder of files");
    }
}
