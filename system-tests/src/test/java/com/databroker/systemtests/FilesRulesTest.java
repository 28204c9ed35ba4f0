package com.databroker.systemtests;

import static com.databroker.systemtests.FilesBroker.header;
import static com.databroker.systemtests.FilesBroker.problem;
import static com.databroker.systemtests.FilesBroker.rule;
import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.Bytes;
import com.databroker.core.Json;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The rules of `files.rules`, by every way in: what breaks one is refused, and it is as if it had not been sent.
class FilesRulesTest {
    private static final String SCHEMA = """
            {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
            """;
    private static final String XSD = """
            <xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
              <xs:element name="order"><xs:complexType><xs:sequence>
                <xs:element name="count" type="xs:int"/>
              </xs:sequence></xs:complexType></xs:element>
            </xs:schema>
            """;

    @SuppressWarnings("NullAway.Init")
    private static FilesBroker files;

    /// A way to store a file.
    enum Way {
        PUT {
            @Override
            HttpResponse<byte[]> store(String path, byte[] body) throws Exception {
                return files.send("PUT", "/files/" + path, body);
            }
        },
        FORM {
            @Override
            HttpResponse<byte[]> store(String path, byte[] body) throws Exception {
                int slash = path.lastIndexOf('/');
                String form = "--b\r\nContent-Disposition: form-data; name=f; filename=\"" + path.substring(slash + 1)
                        + "\"\r\n\r\n" + new String(body, StandardCharsets.ISO_8859_1) + "\r\n--b--\r\n";
                return files.send(
                        "POST",
                        "/files/" + path.substring(0, slash + 1),
                        form.getBytes(StandardCharsets.ISO_8859_1),
                        "Content-Type",
                        "multipart/form-data; boundary=b");
            }
        },
        TUS {
            @Override
            HttpResponse<byte[]> store(String path, byte[] body) throws Exception {
                int slash = path.lastIndexOf('/');
                HttpResponse<byte[]> created = files.send(
                        "POST",
                        "/files/" + path.substring(0, slash + 1),
                        new byte[0],
                        "Tus-Resumable",
                        "1.0.0",
                        "Upload-Length",
                        Integer.toString(body.length),
                        "Upload-Metadata",
                        "filename "
                                + Base64.getEncoder()
                                        .encodeToString(
                                                path.substring(slash + 1).getBytes(StandardCharsets.UTF_8)));
                if (created.statusCode() != 201 || body.length == 0) {
                    return created;
                }
                return files.send(
                        "PATCH",
                        header(created, "Location"),
                        body,
                        "Tus-Resumable",
                        "1.0.0",
                        "Upload-Offset",
                        "0",
                        "Content-Type",
                        "application/offset+octet-stream");
            }
        };

        abstract HttpResponse<byte[]> store(String path, byte[] body) throws Exception;

        HttpResponse<byte[]> store(String path, String body) throws Exception {
            return store(path, body.getBytes(StandardCharsets.UTF_8));
        }
    }

    @BeforeAll
    static void start(@TempDir Path folder) throws Exception {
        Path schema = Files.writeString(folder.resolve("schema.json"), SCHEMA);
        Path xsd = Files.writeString(folder.resolve("order.xsd"), XSD);
        Map<String, String> settings = new HashMap<>();
        settings.putAll(rule("size", "size/**", "size-max", "1KiB"));
        settings.putAll(rule("quota", "quota/**", "quota", "10KiB"));
        settings.putAll(rule("number", "number/**", "files-max", "3"));
        settings.putAll(rule("types", "types/**", "types", "json, csv"));
        settings.putAll(rule("json", "json/**", "json-schema", schema.toString()));
        settings.putAll(rule("xml", "xml/**", "xsd", xsd.toString()));
        settings.putAll(rule("command", "command/**", "command", "grep, -q, good, {}"));
        files = FilesBroker.start(folder.resolve("broker"), settings);
    }

    @AfterAll
    static void stop() {
        files.close();
    }

    @BeforeEach
    void hearNothingOld() throws Exception {
        files.told();
    }

    private static void refused(HttpResponse<byte[]> answer, int status, int number, String path) throws Exception {
        assertThat(answer.statusCode()).as(FilesBroker.text(answer)).isEqualTo(status);
        assertThat(problem(answer)).isEqualTo(number);
        assertThat(files.get("/files/" + path).statusCode()).isEqualTo(404);
        assertThat(files.folder().resolve(path)).doesNotExist();
        assertThat(files.told()).isEmpty();
        files.awaitNoDrafts();
    }

    private static void stored(HttpResponse<byte[]> answer) {
        assertThat(answer.statusCode()).as(FilesBroker.text(answer)).isIn(201, 204);
    }

    private static void clear(String folder) throws Exception {
        files.send("DELETE", "/files/" + folder + "?recursive", "");
        files.told();
    }

    @ParameterizedTest
    @EnumSource
    void a_file_that_is_too_large_is_refused(Way way) throws Exception {
        HttpResponse<byte[]> answer = way.store("size/a", new byte[1025]);
        refused(answer, 413, 1004, "size/a");
        assertThat(FilesBroker.text(answer)).contains("files.rules.size.size-max");
        stored(way.store("size/a", new byte[1024]));
        clear("size");
    }

    @ParameterizedTest
    @EnumSource
    void a_quota_holds_for_all_together_and_is_freed_by_what_goes(Way way) throws Exception {
        stored(way.store("quota/a", new byte[6000]));
        files.told();
        refused(way.store("quota/b", new byte[5000]), 507, 4008, "quota/b");
        // What takes the place of another counts only the difference.
        stored(way.store("quota/a", new byte[10 << 10]));
        files.told();
        refused(way.store("quota/b", new byte[1]), 507, 4008, "quota/b");
        stored(way.store("quota/empty", new byte[0]));
        assertThat(files.send("DELETE", "/files/quota/a", "").statusCode()).isEqualTo(204);
        stored(way.store("quota/b", new byte[10 << 10]));
        clear("quota");
    }

    @ParameterizedTest
    @EnumSource
    void the_number_of_files_holds_and_is_freed_by_what_goes(Way way) throws Exception {
        for (int i = 0; i < 3; i++) {
            stored(way.store("number/" + i, "x"));
            stored(way.store("number/" + i, "y"));
        }
        files.told();
        refused(way.store("number/3", "x"), 507, 4008, "number/3");
        files.send("DELETE", "/files/number/0", "");
        stored(way.store("number/3", "x"));
        clear("number");
    }

    @ParameterizedTest
    @EnumSource
    void another_type_is_refused(Way way) throws Exception {
        for (String name : List.of("a.txt", "json", "a.json.exe", "a")) {
            refused(way.store("types/" + name, "x"), 415, 1010, "types/" + name);
        }
        stored(way.store("types/a.JSON", "x"));
        clear("types");
    }

    @ParameterizedTest
    @EnumSource
    void what_a_schema_refuses_is_told_by_line_and_column(Way way) throws Exception {
        HttpResponse<byte[]> json = way.store("json/a.json", "{\n  \"name\": 17\n}");
        assertThat(finding(json)).containsEntry("line", 2L).containsKey("column");
        refused(json, 422, 4003, "json/a.json");
        refused(way.store("json/a.json", "{\n  \"name\": "), 422, 4003, "json/a.json");
        HttpResponse<byte[]> xml = way.store("xml/a.xml", "<order>\n<count>many</count></order>");
        assertThat(finding(xml)).containsEntry("line", 2L).containsKey("column");
        refused(xml, 422, 4003, "xml/a.xml");
        refused(
                way.store("xml/a.xml", "<!DOCTYPE order SYSTEM 'file:///etc/passwd'><order><count>1</count></order>"),
                422,
                4003,
                "xml/a.xml");
        refused(way.store("command/a", "bad"), 422, 4003, "command/a");
        stored(way.store("json/a.json", "{\"name\": \"x\"}"));
        stored(way.store("xml/a.xml", "<order><count>1</count></order>"));
        stored(way.store("command/a", "good"));
        // What is there stays, with its words, where its successor is refused.
        String etag = header(files.get("/files/json/a.json"), "ETag");
        assertThat(way.store("json/a.json", "[]").statusCode()).isEqualTo(422);
        assertThat(header(files.get("/files/json/a.json"), "ETag")).isEqualTo(etag);
        for (String folder : List.of("json", "xml", "command")) {
            clear(folder);
        }
    }

    private static Map<Object, Object> finding(HttpResponse<byte[]> answer) {
        Object findings = Json.parseObject(Bytes.wrap(answer.body())).get("findings");
        if (findings instanceof List<?> all && all.getFirst() instanceof Map<?, ?> first) {
            Map<Object, Object> copy = new HashMap<>(first);
            copy.replaceAll((name, value) -> value instanceof Number number ? number.longValue() : value);
            return copy;
        }
        throw new AssertionError(FilesBroker.text(answer));
    }

    @ParameterizedTest
    @EnumSource
    void many_at_once_never_have_more_than_the_quota_together(Way way) throws Exception {
        List<Callable<Integer>> writers = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            String path = "quota/many-" + i;
            writers.add(() -> way.store(path, new byte[3000]).statusCode());
        }
        List<Integer> statuses = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Integer> one : threads.invokeAll(writers)) {
                statuses.add(one.get());
            }
        }
        assertThat(statuses).isSubsetOf(201, 204, 507);
        int accepted = (int) statuses.stream().filter(status -> status != 507).count();
        assertThat(accepted).isBetween(1, 3);
        assertThat(files.onDisk().stream().filter(path -> path.startsWith("quota/")))
                .hasSize(accepted);
        assertThat(files.told()).hasSize(accepted);
        files.awaitNoDrafts();
        clear("quota");
        // Nothing stays counted of those that were refused.
        stored(way.store("quota/all", new byte[10 << 10]));
        clear("quota");
    }

    @Test
    void what_was_counted_is_counted_again_after_a_restart(@TempDir Path data) throws Exception {
        for (int life = 0; life < 2; life++) {
            try (FilesBroker own = FilesBroker.start(data, rule("q", "q/**", "quota", "1KiB"))) {
                if (life == 0) {
                    assertThat(own.send("PUT", "/files/q/a", new byte[1000]).statusCode())
                            .isEqualTo(201);
                }
                assertThat(own.send("PUT", "/files/q/b", new byte[100]).statusCode())
                        .isEqualTo(507);
                assertThat(own.send("PUT", "/files/q/c", new byte[24]).statusCode())
                        .isIn(201, 204);
            }
        }
    }
}
