package com.databroker.files;

import static com.databroker.files.Refusals.accept;
import static com.databroker.files.Refusals.refusal;
import static com.databroker.files.Refusals.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Finding;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonSchemaValidatorTest {
    private static final String ORDERS = """
            {
              "$schema": "https://json-schema.org/draft/2020-12/schema",
              "$id": "https://example.com/schemas/orders.json",
              "title": "Orders",
              "type": "object",
              "required": ["orders"],
              "properties": {
                "orders": {"type": "array", "uniqueItems": true, "items": {"$ref": "#/$defs/order"}}
              },
              "additionalProperties": false,
              "$defs": {
                "order": {
                  "type": "object",
                  "description": "One of them",
                  "properties": {
                    "id": {"type": "string", "pattern": "^[a-z]{1,8}$"},
                    "quantity": {"type": "integer", "minimum": 1, "multipleOf": 1},
                    "a/b~c": {"type": "null"}
                  },
                  "unevaluatedProperties": false
                }
              }
            }
            """;

    private final Path folder;
    private final JsonSchemaValidator validator;

    JsonSchemaValidatorTest(@TempDir Path folder) {
        this.folder = folder;
        this.validator = JsonSchemaValidator.of(write(folder.resolve("orders.json"), ORDERS));
    }

    private Path document(String json) {
        return write(folder.resolve("document"), json);
    }

    private ProblemException refused(String json) {
        return refusal(validator, document(json));
    }

    private JsonSchemaValidator schema(String json) {
        return JsonSchemaValidator.of(write(folder.resolve("schema.json"), json));
    }

    @Test
    void a_document_that_obeys_is_accepted() {
        accept(validator, document("{\"orders\":[]}"));
        accept(validator, document("""
                {"orders": [{"id": "a", "quantity": 1.0, "a/b~c": null}, {"id": "\\u0061b", "quantity": 1e3}]}
                """));
    }

    @Test
    void each_error_is_told_where_its_value_begins() {
        ProblemException refused = refused("""
                {"orders": [
                  {"id": "a", "quantity": "ä 😀", "q": 1},\r
                  {"ä😀": 1, "id": "A"},\r\t{"a/b~c": 0, "quantity": 0.5}
                ], "more": [] }
                """);
        assertThat(refused.problem()).isEqualTo(Problem.VALIDATION_FAILED);
        assertThat(refused.findings())
                .containsExactly(
                        new Finding(2, 27, "/orders/0/quantity: Value is [string] but should be [integer]"),
                        new Finding(2, 39, "/orders/0/q: the schema has no such property"),
                        new Finding(3, 10, "/orders/1/ä😀: the schema has no such property"),
                        new Finding(3, 19, "/orders/1/id: \"A\" does not match regular expression [^[a-z]{1,8}$]"),
                        new Finding(4, 12, "/orders/2/a~1b~0c: Value is [integer] but should be [null]"),
                        new Finding(4, 27, "/orders/2/quantity: Value is [number] but should be [integer]"),
                        new Finding(4, 27, "/orders/2/quantity: 0.5 is less than 1"),
                        new Finding(4, 27, "/orders/2/quantity: 0.5 is not multiple of 1"),
                        new Finding(5, 12, "/more: the schema has no such property"));
        assertThat(refused.detail())
                .isEqualTo("line 2, column 27: /orders/0/quantity: Value is [string] but should be [integer]"
                        + " (and 8 more)");
        assertThat(refused("\n []").findings())
                .containsExactly(new Finding(2, 2, "Value is [array] but should be [object]"));
    }

    @Test
    void at_most_20_errors_are_told_and_the_others_counted() {
        ProblemException refused = refused("{\"orders\":[" + "0,\n".repeat(49) + "1]}");
        assertThat(refused.findings()).hasSize(20);
        assertThat(refused.detail()).endsWith(" more)");
        assertThat(refused.findings().getFirst())
                .isEqualTo(new Finding(1, 11, "/orders: items 0 and 1 are equal (counted from 0), and no two may be"));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "``               | 1 | 1 | not JSON: it is empty",
                "` `              | 1 | 1 | not JSON: it is empty",
                "`{\"a\":1,}`      | 1 | 8 | not JSON: Unexpected character",
                "`{\"a\":01}`      | 1 | 7 | not JSON: Invalid numeric value",
                "`{'a':1}`        | 1 | 2 | not JSON: Unexpected character",
                "`{\"ä\":NaN}`     | 1 | 9 | not JSON",
                "`{} {}`          | 1 | 4 | not JSON: something follows the value",
                "`[] 1`           | 1 | 4 | not JSON: something follows the value",
                "`[1`             | 1 | 3 | not JSON: Unexpected end-of-input",
                "`[\"a`            | 1 | 4 | not JSON: Unexpected end-of-input",
                "`[\"\\x\"]`        | 1 | 4 | not JSON: Unrecognized character escape",
                "`/**/ 1`         | 1 | 1 | not JSON: Unexpected character",
                "`{\"a\":1,\"b\":{\"\\u0061\":1,\"a\":2}}` | 1 | 24 | the property \"a\" stands there twice",
                "`[1e1001]`       | 1 | 2 | a number has an exponent beyond 1000 (a limit)",
                "`[1E-99999999999999]` | 1 | 2 | a number has an exponent beyond 1000 (a limit)",
            })
    void what_is_not_strict_json_is_told_where_it_stands(String json, int line, int column, String message) {
        assertThat(refused(json).findings()).singleElement().satisfies(finding -> {
            assertThat(finding.message()).startsWith(message);
            assertThat(finding).isEqualTo(new Finding(line, column, finding.message()));
        });
    }

    @Test
    void only_utf_8_without_a_mark_is_read() {
        assertThat(refused("\uFEFF{}").findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.toString())
                        .startsWith("line 1, column 1: it begins with a byte order mark"));
        byte[] latin = "{\n  \"ä\": 1}".getBytes(StandardCharsets.ISO_8859_1);
        assertThat(refusal(validator, write(folder.resolve("latin"), latin)).findings())
                .containsExactly(new Finding(2, 4, "not UTF-8; save it with that encoding"));
        byte[] wide = "{\"orders\":[]}".getBytes(StandardCharsets.UTF_16LE);
        assertThat(refusal(validator, write(folder.resolve("wide"), wide)).findings())
                .containsExactly(new Finding(1, 2, "not JSON: a zero byte; is it UTF-16 or binary?"));
        byte[] surrogate = {'[', '"', (byte) 0xED, (byte) 0xA0, (byte) 0x80, '"', ']'};
        assertThat(refusal(validator, write(folder.resolve("cesu"), surrogate)).findings())
                .containsExactly(new Finding(1, 3, "not UTF-8; save it with that encoding"));
    }

    @Test
    void depth_and_digits_and_properties_are_bounded() {
        JsonSchemaValidator anything = schema("true");
        accept(anything, document("[".repeat(100) + "]".repeat(100)));
        assertThat(refusal(anything, document("[".repeat(101) + "]".repeat(101)))
                        .findings())
                .containsExactly(new Finding(1, 101, "nested deeper than 100"));
        assertThat(refusal(anything, document("[\n".repeat(1_000_000))).findings())
                .containsExactly(new Finding(101, 1, "nested deeper than 100"));
        assertThat(refusal(anything, document("[" + "1".repeat(1001) + "]")).findings())
                .containsExactly(new Finding(1, 2, "a number has more than 1000 characters (a limit)"));
        StringBuilder many = new StringBuilder("{\"\":0");
        for (int i = 0; i < 100_000; i++) {
            many.append(",\"").append(i).append("\":0");
        }
        assertThat(refusal(anything, document(many + "}")).detail())
                .endsWith("an object has more than 100000 properties (a limit)");
        assertThat(refusal(anything, document("[" + "0,".repeat(4_000_000) + "0]"))
                        .findings())
                .singleElement()
                .asString()
                .endsWith("it has more than 4000000 names and values (a limit)");
    }

    @Test
    void a_document_of_more_than_64_mib_is_refused_unread() throws IOException {
        Path large = folder.resolve("large");
        try (RandomAccessFile sparse = new RandomAccessFile(large.toFile(), "rw")) {
            sparse.setLength((64 << 20) + 1);
        }
        assertThat(refusal(validator, large).detail())
                .isEqualTo("it has 67108865 bytes; a JSON document that is checked has at most 64 MiB (a limit)");
    }

    @Test
    void work_is_bounded_where_a_few_bytes_would_make_much_of_it() {
        JsonSchemaValidator strings = schema("{\"items\": {\"type\": \"string\"}}");
        assertThat(refusal(strings, document("[" + "0,".repeat(300_000) + "0]")).detail())
                .contains("more than 250000 intermediate results (a limit)");
        JsonSchemaValidator unique = schema("{\"uniqueItems\": true}");
        StringBuilder different = new StringBuilder("[");
        for (int i = 0; i < 300_000; i++) {
            different.append(i).append(',');
        }
        accept(unique, document(different + "-1]"));
        JsonSchemaValidator hasty =
                JsonSchemaValidator.of(write(folder.resolve("hasty.json"), "{\"type\":\"array\"}"), Duration.ZERO);
        assertThat(refusal(hasty, document("[]")).problem()).isEqualTo(Problem.VALIDATION_FAILED);
    }

    @Test
    void a_long_value_is_not_repeated_at_length() {
        ProblemException refused = refused("{\"orders\":[{\"id\":\"" + "A\\n".repeat(100_000) + "\"}]}");
        assertThat(refused.findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.message())
                        .hasSizeLessThanOrEqualTo(401)
                        .doesNotContain("\n"));
    }

    @ParameterizedTest
    @CsvSource({
        "http://json-schema.org/draft-04/schema#, id, definitions",
        "http://json-schema.org/draft-06/schema#, $id, definitions",
        "http://json-schema.org/draft-07/schema#, $id, definitions",
        "https://json-schema.org/draft/2019-09/schema, $id, $defs",
        "https://json-schema.org/draft/2020-12/schema, $id, $defs"
    })
    void every_draft_is_known(String draft, String id, String definitions) {
        JsonSchemaValidator old = schema("""
                {"$schema": "%s", "%s": "https://example.com/x.json", "items": {"$ref": "#/%s/n"},
                 "%s": {"n": {"type": "object", "properties": {"a": {"enum": [1, {"b": [1.5]}]}},
                              "patternProperties": {"^x": {"type": "null"}}, "additionalProperties": false}}}
                """.formatted(draft, id, definitions, definitions));
        accept(old, document("[{\"a\": 1, \"x1\": null}, {\"a\": {\"b\": [1.50]}}, {}]"));
        assertThat(refusal(old, document("[{\"a\": 2, \"x\": 1, \"y\": 1}]")).findings())
                .extracting(Finding::column)
                .containsExactly(8, 16, 24);
    }

    @Test
    void combinations_and_unevaluated_properties_work_as_specified() {
        JsonSchemaValidator either = schema("""
                {"oneOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]},
                           {"properties": {"b": {"type": "integer"}}, "required": ["b"]}],
                 "properties": {"c": true}, "unevaluatedProperties": false}
                """);
        accept(either, document("{\"a\": 1, \"c\": 2}"));
        accept(either, document("{\"b\": 1}"));
        assertThat(refusal(either, document("{\"a\": 1, \"d\": 2}")).findings())
                .contains(new Finding(1, 15, "/d: the schema has no such property"));
        assertThat(refusal(either, document("{\"a\": 1, \"b\": 2}")).findings()).isNotEmpty();
        assertThat(refusal(either, document("{}")).findings()).isNotEmpty();
    }

    @Test
    void a_schema_refers_to_files_beside_it_by_their_names() {
        Path common = write(folder.resolve("common parts.json"), "{\"$defs\": {\"n\": {\"type\": \"integer\"}}}");
        JsonSchemaValidator plain = schema("{\"items\": {\"$ref\": \"common%20parts.json#/$defs/n\"}}");
        JsonSchemaValidator named = schema(
                "{\"$id\": \"https://example.com/s/x\", \"items\": {\"$ref\": \"common%20parts.json#/$defs/n\"}}");
        write(common, "nothing that is read again");
        for (JsonSchemaValidator each : new JsonSchemaValidator[] {plain, named}) {
            accept(each, document("[1]"));
            assertThat(refusal(each, document("[1, \"a\"]")).findings())
                    .containsExactly(new Finding(1, 5, "/1: Value is [string] but should be [integer]"));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://localhost:1/x.json",
                "file:///etc/passwd",
                "schema:/inner/other.json",
                "../orders.json",
                "missing.json",
                "inner/other.json",
                "%2e%2e",
                "#/nowhere",
                "#nowhere",
                "urn:x"
            })
    void a_reference_to_anything_else_is_refused_at_the_start(String reference) throws IOException {
        write(Files.createDirectory(folder.resolve("inner")).resolve("other.json"), "true");
        for (String id : new String[] {"", "\"$id\": \"https://example.com/s/x.json\","}) {
            assertThatThrownBy(() -> schema("{" + id + "\n\"items\":\n {\"$ref\": \"" + reference + "\"}}"))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith(folder.resolve("schema.json") + ": line 3, column 11: ")
                    .hasMessageContaining("leads nowhere");
        }
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            delimiter = '|',
            value = {
                "`{\"type\": \"strin\"}`            | 1 | 10",
                "`{\n\"minLength\": -1}`            | 2 | 14",
                "`{\"pattern\": \"[\"}`             | 1 | 13",
                "`{\"properties\": {\"default\": {\"pattern\": \"[\"}}}` | 1 | 40",
                "`{\"patternProperties\": {\"[\": true}}` | 1 | 23",
                "`{\"maxLength\": 99999999999}`    | 1 | 15",
                "`{\"$ref\": \"a b.json\"}`         | 1 | 10",
                "`{\"$ref\": \"#\"}`                | 1 | 10",
                "`{\"type\": }`                    | 1 | 10",
                "`{\"type\": 1, \"type\": 2}`       | 1 | 13",
            })
    void a_broken_schema_is_told_with_its_place(String json, int line, int column) {
        assertThatThrownBy(() -> schema(json))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(folder.resolve("schema.json") + ": line " + line + ", column " + column + ": ");
    }

    @Test
    void a_broken_schema_beside_it_is_told_with_its_own_name_and_place() {
        write(folder.resolve("beside.json"), "{\n \"type\": 1}");
        assertThatThrownBy(() -> schema("{\"$ref\": \"beside.json\"}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(folder.resolve("beside.json") + ": line 2, column 10: ");
        assertThatThrownBy(() -> JsonSchemaValidator.of(folder.resolve("none.json")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("none.json: cannot be read");
        assertThatThrownBy(() -> schema("{\"$schema\": \"https://example.com/meta\"}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("https://example.com/meta");
        assertThatThrownBy(() -> schema("{\"$id\": \"a b\"}"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(folder.resolve("schema.json") + ": ");
        accept(schema("{\"const\": {\"$ref\": \"#/none\", \"pattern\": \"[\"}}"), document("""
                {"pattern": "[", "$ref": "#/none"}"""));
    }
}
