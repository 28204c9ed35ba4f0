package com.databroker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The verbs about objects, typed against the store that `serve --demo` brings.
final class ObjectVerbsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static RunningBroker broker;

    @BeforeAll
    static void start() throws SQLException {
        String url = "jdbc:h2:file:" + folder.resolve("odd");
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE odd (id varchar(80) PRIMARY KEY, v varchar(80), n numeric(900), j json)");
        }
        broker = new RunningBroker(
                folder, Map.of("streams.enabled", "false", "objects.demo", "true", "objects.stores.odd.jdbc", url));
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static Typed refused(int exit, String... args) {
        Typed typed = broker.run(args);
        assertThat(typed.exit()).as(typed.err()).isEqualTo(exit);
        assertThat(typed.err()).contains("error: ").contains("try: ");
        return typed;
    }

    @Test
    void types_and_their_fields_come_out_of_the_database() {
        assertThat(broker.run("objects", "types").out())
                .contains("Company", "Person", "Task")
                .contains("persons tasks");
        assertThat(broker.run("objects", "types", "Person").out()).containsPattern("company +reference +Company");
        assertThat(broker.run("objects", "types", "Nope").exit()).isEqualTo(Exit.NOT_FOUND);
        assertThat(broker.run("objects", "graph").out())
                .contains("── boss ──▶ Person")
                .doesNotContain("Root");
        assertThat(broker.run("objects", "graph", "--dot").out()).contains("\"Task\" -> \"Person\" [label=\"owner\"];");
    }

    @Test
    void a_key_or_a_field_that_cannot_be_is_wrong_usage() {
        refused(Exit.USAGE, "objects", "get", "Person/x");
        refused(Exit.USAGE, "objects", "find", "Person", "foo=1");
        refused(Exit.USAGE, "objects", "set", "Person/1", "foo=1");
        refused(Exit.NOT_FOUND, "objects", "get", "Person/99999");
    }

    @Test
    void objects_are_shown_with_what_they_refer_to_each_type_in_its_own_table() {
        String out = broker.run("objects", "get", "Person/2", "--follow", "company,tasks")
                .out();
        assertThat(out).containsPattern("KEY +ID +NAME +SALARY").containsPattern("\n\nKEY +ID +NAME +FOUNDED");
        assertThat(out).contains("Analytical Engines", "draw the mill");
        assertThat(refused(Exit.NOT_FOUND, "objects", "get", "Person/99").err()).contains("7001");
        refused(Exit.USAGE, "objects", "get", "Person");
    }

    @Test
    void they_are_found_counted_and_paged_by_conditions() {
        assertThat(broker.run("objects", "find", "Person", "salary>=1100", "--order", "-salary", "-o", "ndjson")
                        .out())
                .containsPattern("(?s)Ada.*Charles")
                .doesNotContain("Mary");
        assertThat(broker.run("objects", "find", "Person", "boss=null", "--count")
                        .out())
                .isEqualToIgnoringNewLines("2");
        assertThat(broker.run("objects", "find", "Person", "name^=A", "id=in:1,2")
                        .out())
                .contains("Person/1")
                .doesNotContain("Person/2");
        assertThat(broker.run("objects", "find", "Person", "-n", "1").err()).contains("--after ");
        assertThat(refused(Exit.USAGE, "objects", "find", "Person", "nme=Ada").err())
                .contains("did you mean name?");
        assertThat(refused(Exit.NOT_FOUND, "objects", "find", "Persn").err()).contains("did you mean Person?");
        refused(Exit.USAGE, "objects", "find", "Person", "name");
    }

    @Test
    void one_is_created_changed_watched_and_deleted() throws Exception {
        Typed watching = broker.typed();
        CompletableFuture<Typed> watched = watching.start("objects", "watch", "Task", "-n", "3");
        Until.happens("the watch begins", () -> watching.err().contains("subscribed to"));
        String key = broker.run("objects", "create", "Task", "title=sell", "owner=Person/1")
                .out()
                .strip();
        assertThat(key).startsWith("Task/");
        assertThat(broker.run("objects", "set", key, "done=true", "--if-version", "1")
                        .err())
                .contains("at version 2");
        assertThat(refused(Exit.CONFLICT, "objects", "set", key, "done=false", "--if-version", "1")
                        .err())
                .contains("Read it again");
        assertThat(refused(Exit.CONFLICT, "objects", "set", key, "owner=Person/99")
                        .err())
                .contains("a reference would lead nowhere");
        assertThat(broker.run("objects", "rm", key).err()).contains(key + " is deleted");
        assertThat(watched.get(20, TimeUnit.SECONDS).exit()).isZero();
        assertThat(watching.out()).contains("CREATED " + key + " 1 ", "UPDATED " + key + " 2 done", "DELETED " + key);
    }

    @Test
    void methods_run_on_the_broker() {
        assertThat(broker.run("objects", "call", "Person/3", "raise", "10").out())
                .isEqualToIgnoringNewLines("1045.00");
        assertThat(broker.run("objects", "call", "Task", "open").out()).contains("write the first program");
        assertThat(refused(Exit.USAGE, "objects", "call", "Person/3", "raise", "a lot")
                        .err())
                .contains("7006");
        assertThat(refused(Exit.NOT_FOUND, "objects", "call", "Person", "raise", "1")
                        .err())
                .contains("7008");
    }

    @Test
    void whether_changes_by_others_are_told_is_shown() {
        assertThat(broker.run("objects", "triggers").out()).contains("demo").contains("the broker's own");
        refused(Exit.USAGE, "objects", "triggers", "install");
        assertThat(broker.run("objects", "triggers", "install", "demo").exit()).isNotZero();
        assertThat(broker.run("objects", "triggers", "show", "other").exit()).isEqualTo(Exit.NOT_FOUND);
    }

    @Test
    void keys_of_capabilities_are_rotated_and_those_before_are_refused() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(broker.url() + "/objects/Task/1?capabilities=true"))
                .header("Authorization", "Bearer " + broker.token())
                .build();
        String body = HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body();
        String shown = body.replaceFirst("(?s).*\"(Task/1~[\\w-]+)\".*", "$1");
        assertThat(broker.run("objects", "rotate-keys", "demo").err()).contains("good until the next rotation");
        assertThat(broker.run("objects", "get", shown).exit()).isZero();
        assertThat(broker.run("objects", "rotate-keys", "demo", "--at-once").err())
                .contains("are refused");
        assertThat(refused(Exit.DENIED, "objects", "get", shown).err()).contains("[7003]");
        refused(Exit.NOT_FOUND, "objects", "rotate-keys", "other");
    }

    @Test
    void values_come_and_go_as_they_are_however_long_or_deep() {
        String number = "1" + "0".repeat(500);
        String deep = "[".repeat(60) + "{\"a\":".repeat(3_000) + "null" + "}".repeat(3_000) + "]".repeat(60);
        assertThat(broker.run("objects", "create", "Odd", "id=long", "n:=" + number, "j:=" + deep)
                        .err())
                .isEmpty();
        String shown = broker.run("objects", "get", "Odd/long", "-o", "ndjson").out();
        assertThat(shown).contains("\"n\":" + number, "\"j\":" + deep);
        assertThat(broker.run("objects", "get", "Odd/long").out()).contains(number, deep);
        assertThat(broker.run("objects", "find", "Odd", "id=long", "-o", "json").out())
                .contains(number, deep);
        assertThat(broker.run("objects", "set", "Odd/long", "j:=" + deep).exit())
                .isZero();
        assertThat(broker.run("objects", "get", "Odd/long", "-o", "ndjson").out())
                .isEqualTo(shown);
    }

    @Test
    void keys_and_conditions_are_any_text() {
        for (String text : List.of("", ".", "..", "a\\b", "...")) {
            String key = "Odd/" + text;
            assertThat(broker.run("objects", "create", "Odd", "id=" + text, "v=x\\y\tz" + text)
                            .out())
                    .isEqualToIgnoringNewLines(key);
            assertThat(broker.run("objects", "get", key, "-o", "ndjson").out())
                    .contains("\"id\":\"" + text.replace("\\", "\\\\"));
            assertThat(broker.run("objects", "find", "Odd", "id=" + text, "--count")
                            .out())
                    .isEqualToIgnoringNewLines("1");
            assertThat(broker.run("objects", "find", "Odd", "v=x\\y\tz" + text, "--count")
                            .out())
                    .isEqualToIgnoringNewLines("1");
            assertThat(broker.run("objects", "set", key, "v=\u0001").exit()).isZero();
            assertThat(broker.run("objects", "find", "Odd", "v^=\u0001", "--count")
                            .out())
                    .isEqualToIgnoringNewLines("1");
            assertThat(broker.run("objects", "rm", key).err()).contains(key + " is deleted");
        }
    }
}
