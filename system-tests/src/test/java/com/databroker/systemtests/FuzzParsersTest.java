package com.databroker.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.access.UsersEditor;
import com.databroker.core.Bytes;
import com.databroker.core.CloudEvents;
import com.databroker.core.EventMessage;
import com.databroker.core.EventMessages;
import com.databroker.core.Json;
import com.databroker.core.Pattern;
import com.databroker.core.Position;
import com.databroker.core.ProblemException;
import com.databroker.core.Publication;
import com.databroker.core.Topic;
import com.databroker.server.ConfigReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every reader of a stranger's bytes: it refuses with a problem, or what it took can be written and read again.
class FuzzParsersTest {
    /// Runs a reader that may refuse.
    private static <T> @Nullable T read(java.util.function.Supplier<T> reader) {
        try {
            return reader.get();
        } catch (ProblemException refused) {
            assertThat(refused.line()).isNotBlank();
            return null;
        }
    }

    private static String text(byte[] input) {
        return new String(input, StandardCharsets.UTF_8);
    }

    @Test
    void topicsAndPatterns() {
        Fuzz.run("topics", input -> {
            Topic wire = read(() -> Topic.ofUtf8(input, 0, input.length));
            if (wire != null) {
                assertThat(wire.utf8()).isEqualTo(input);
                assertThat(Topic.of(wire.text())).isEqualTo(wire);
            }
            String[] parts = text(input).split("\n", -1);
            Topic topic = read(() -> Topic.of(parts[0]));
            Pattern one = read(() -> Pattern.of(parts[parts.length > 1 ? 1 : 0]));
            Pattern two = read(() -> Pattern.of(parts[parts.length - 1]));
            if (one != null) {
                assertThat(Pattern.of(one.text())).isEqualTo(one);
                assertThat(one.overlaps(one)).isTrue();
            }
            if (one != null && two != null) {
                assertThat(one.overlaps(two)).isEqualTo(two.overlaps(one));
            }
            if (topic != null && one != null) {
                List<String> segments = List.of(topic.text().split("/", -1));
                if (one.segments().size() < 9 && segments.size() < 9) {
                    assertThat(one.matches(topic)).isEqualTo(naive(one.segments(), segments));
                }
                assertThat(one.overlaps(Pattern.ALL)).isTrue();
                if (two != null && one.matches(topic) && two.matches(topic)) {
                    assertThat(one.overlaps(two)).isTrue();
                }
            }
        });
    }

    /// What the words mean, without a thought for speed.
    private static boolean naive(List<String> pattern, List<String> topic) {
        if (pattern.isEmpty()) {
            return topic.isEmpty();
        }
        List<String> rest = pattern.subList(1, pattern.size());
        if (pattern.getFirst().equals("**")) {
            for (int taken = 0; taken <= topic.size(); taken++) {
                if (naive(rest, topic.subList(taken, topic.size()))) {
                    return true;
                }
            }
            return false;
        }
        return !topic.isEmpty()
                && (pattern.getFirst().equals("*") || pattern.getFirst().equals(topic.getFirst()))
                && naive(rest, topic.subList(1, topic.size()));
    }

    @Test
    void positions() {
        Fuzz.run("positions", input -> {
            Position position = read(() -> Position.parse(text(input)));
            if (position != null) {
                assertThat(Position.parse(position.toString())).isEqualTo(position);
            }
        });
    }

    @Test
    void messagesInJson() {
        Fuzz.run("messages-json", input -> messages(EventMessages.JSON, Bytes.wrap(input)));
    }

    @Test
    void messagesInCbor() {
        Fuzz.run("messages-cbor", input -> messages(EventMessages.CBOR, Bytes.wrap(input)));
    }

    private static void messages(EventMessages codec, Bytes input) {
        EventMessage.Request request = read(() -> codec.decodeRequest(input));
        if (request != null) {
            assertThat(codec.decodeRequest(codec.encode(request))).isEqualTo(request);
        }
        EventMessage.Answer answer = read(() -> codec.decodeAnswer(input));
        if (answer != null && !(answer instanceof EventMessage.Refused)) {
            assertThat(codec.decodeAnswer(codec.encode(answer))).isEqualTo(answer);
        }
    }

    @Test
    void jsonIsValidWhereItParses() {
        Fuzz.run("messages-json", input -> {
            Bytes json = Bytes.wrap(input);
            boolean parsed = true;
            try {
                Json.parse(json);
            } catch (ProblemException refused) {
                parsed = false;
            }
            // What is valid may stand within other JSON, which is UTF-8: the parser takes UTF-16 and UTF-32, too.
            boolean utf8 = input.length > 0 && input[0] > 0 && (input.length == 1 || input[1] != 0);
            assertThat(Json.isValid(json)).isEqualTo(parsed && utf8);
        });
    }

    @Test
    void cloudEvents() {
        Fuzz.run("cloudevents", input -> {
            Publication event = read(() -> CloudEvents.read(null, Bytes.wrap(input)));
            List<Publication> batch = read(() -> CloudEvents.readBatch(Topic.of("t"), Bytes.wrap(input)));
            assertThat(event == null || batch == null).isTrue();
        });
    }

    @Test
    void usersFiles() {
        Fuzz.run("users", input -> {
            Bytes file = Bytes.wrap(input);
            Bytes less = read(() -> UsersEditor.removeUser(file, "bob"));
            if (less != null) {
                assertThat(read(() -> UsersEditor.removeUser(less, "bob"))).isNull();
            }
            Bytes more = read(() -> UsersEditor.addUser(file, "fresh", List.of(), List.of()));
            if (more != null) {
                assertThat(read(() -> UsersEditor.removeUser(more, "fresh"))).isNotNull();
            }
        });
    }

    @Test
    void configuration(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("databroker.yaml");
        Fuzz.run("configuration", input -> {
            Files.write(file, input);
            read(() -> ConfigReader.read(file, Map.of(), Map.of()));
            read(() -> ConfigReader.read(null, Map.of("DATABROKER_HTTP_HOST", text(input)), Map.of()));
        });
    }
}
