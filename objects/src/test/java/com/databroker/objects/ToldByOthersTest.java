package com.databroker.objects;

import static com.databroker.objects.Wanted.done;
import static com.databroker.objects.Wanted.there;
import static com.databroker.objects.Wanted.update;
import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.Position;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreOverlay;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What triggers of PostgreSQL tell of changes by others.
class ToldByOthersTest extends UnpreparedTables {
    /// Each change in a line: what became of which object, its version, the fields, and `unseen` for whom nothing
    /// visible changed.
    private static List<String> lines(ObjectStore store, Position from) {
        return told(store, from).stream()
                .flatMap(change -> change.overturned()
                        ? Stream.of("overturned")
                        : change.entries().stream().map(ToldByOthersTest::line))
                .toList();
    }

    private static String line(StoreChange.Entry entry) {
        return entry.kind() + " " + entry.key() + " " + entry.version() + " "
                + new TreeSet<>(entry.fields().keySet()) + (entry.visible() ? "" : " unseen");
    }

    private ObjectStore hiding(String type, String... tables) {
        url = Postgres.database();
        Postgres.run(url, tables);
        StoreOverlay overlay = new StoreOverlay(
                null, List.of("pin"), List.of("mood"), null, StoreOverlay.Policy.STRICT, false, List.of());
        return open(new StoreConfig(
                url, null, null, null, 4, false, StoreConfig.Lookup.KEY, List.of(), null, Map.of(type, overlay)));
    }

    @Test
    void what_only_changed_what_is_hidden_is_no_event_and_makes_no_copy_old_unless_its_version_grew() {
        try (ObjectStore store = hiding(
                "Acct",
                "CREATE TABLE acct (id int PRIMARY KEY, version int, owner text, pin text, mood text, doc jsonb)",
                "INSERT INTO acct VALUES (1, 1, 'ann', '1234', 'glad', '{}')")) {
            store.watchOthers(true);
            Position start = store.position();
            Postgres.run(
                    url,
                    "UPDATE acct SET pin = '1'",
                    "UPDATE acct SET pin = '2', version = 2",
                    "UPDATE acct SET pin = '3', owner = 'bob', version = 3",
                    "UPDATE acct SET owner = owner",
                    "UPDATE acct SET mood = 'sad', version = 4",
                    "UPDATE acct SET doc = '{\"a\": 1}', version = 5");
            assertThat(lines(store, start))
                    .containsExactly(
                            "UPDATED Acct/1 2 [] unseen",
                            "UPDATED Acct/1 3 [owner]",
                            "UPDATED Acct/1 4 []",
                            "UPDATED Acct/1 5 [doc]");
        }
    }

    @Test
    void a_watcher_is_told_of_no_change_that_nobody_may_see() {
        List<ObjectChange> heard = new ArrayList<>();
        ObjectTelling telling = new ObjectTelling(InstantSource.system());
        telling.changes(heard::addAll);
        List<StoreChange.Entry> entries = List.of(
                new StoreChange.Entry(StoreChange.Kind.UPDATED, ObjectKey.of("Acct", 1), 2, Map.of(), false),
                new StoreChange.Entry(StoreChange.Kind.UPDATED, ObjectKey.of("Acct", 2), 2, Map.of()));
        telling.of("shop", new ObjectStores.Counts())
                .round(List.of(new StoreChange(1, "database", Instant.EPOCH, entries, false)));
        assertThat(heard).extracting(ObjectChange::key).containsExactly(ObjectKey.of("Acct", 2));
    }

    @Test
    void values_that_json_of_the_database_writes_otherwise_are_told_as_they_are_read() {
        try (ObjectStore store = open(
                "CREATE TABLE ev (id int PRIMARY KEY, d date, t timestamp, z timestamptz, c time, n int, doc jsonb)",
                "CREATE TABLE day (d date, z timestamptz, note text, PRIMARY KEY (d, z))")) {
            store.watchOthers(true);
            String[][] values = {
                {"infinity", "infinity", "infinity", "24:00", "\"hello\""},
                {"-infinity", "-infinity", "-infinity", "00:00", "\"5\""},
                {"12026-01-01", "12026-01-01 00:00:00.5", "12026-01-01 00:00:00+02", "23:59:59.999999", "5"},
                {"0044-03-15 BC", "0001-12-31 BC", "0044-03-15 00:00:00 BC", "10:00", "null"},
                {"4713-01-02 BC", "4713-01-02 BC", "4713-01-02 00:00:00+00 BC", "10:00", "[1]"},
                {"0001-01-01", "2026-01-01 00:00:00.123", "1890-01-01 00:00:00+00:53:28", "10:00:01", "\"{}\""},
            };
            for (int i = 0; i < values.length; i++) {
                Position before = store.position();
                String[] one = values[i];
                Postgres.run(
                        url,
                        "INSERT INTO ev VALUES (" + i + ", '" + one[0] + "', '" + one[1] + "', '" + one[2] + "', '"
                                + one[3] + "', 1, '" + one[4] + "')",
                        "INSERT INTO day VALUES ('" + one[0] + "', '" + one[2] + "', 'x')",
                        "UPDATE ev SET n = 2 WHERE id = " + i);
                List<StoreChange> told = told(store, before);
                assertThat(told).as(one[0]).noneMatch(StoreChange::overturned).hasSize(3);
                Map<String, ObjectMessage.Edit> fields =
                        told.getFirst().entries().getFirst().fields();
                Map<String, @Nullable Object> read =
                        there(store, ObjectKey.of("Ev", i)).fields();
                for (String field : List.of("d", "t", "z", "c")) {
                    assertThat(Objects.requireNonNull(fields.get(field)).after())
                            .as(field + " of " + one[0])
                            .isEqualTo(read.get(field));
                }
                assertThat(found(store, "Day"))
                        .contains(told.get(1).entries().getFirst().key().toString());
                assertThat(line(told.get(2).entries().getFirst())).isEqualTo("UPDATED Ev/" + i + " 0 [n]");
            }
        }
    }

    @Test
    void a_text_in_json_that_becomes_the_number_of_the_same_digits_has_changed() {
        try (ObjectStore store = hiding(
                "Ev",
                "CREATE TABLE ev (id int PRIMARY KEY, pin text, doc jsonb, old json)",
                "INSERT INTO ev VALUES (1, '1', '\"5\"', '{\"a\": 1, \"a\": 2}')")) {
            store.watchOthers(true);
            Position start = store.position();
            Postgres.run(
                    url,
                    "UPDATE ev SET pin = '2'",
                    "UPDATE ev SET doc = '5'",
                    "UPDATE ev SET old = '{\"a\": 2}'",
                    "ALTER TABLE ev DROP COLUMN old",
                    "UPDATE ev SET pin = '3', doc = NULL");
            assertThat(lines(store, start))
                    .containsExactly("UPDATED Ev/1 0 [doc]", "UPDATED Ev/1 0 [old]", "UPDATED Ev/1 0 [doc]");
        }
    }

    @Test
    void a_key_of_lists_rows_or_json_is_told_as_it_is_read_and_gets_the_object() {
        try (ObjectStore store = open(
                "CREATE TYPE pair AS (a int, b text)",
                "CREATE EXTENSION hstore",
                "CREATE TABLE akey (a int[] PRIMARY KEY, v text)",
                "CREATE TABLE pkey (p pair, id int, v text, PRIMARY KEY (p, id))",
                "CREATE TABLE hkey (h hstore PRIMARY KEY, v text)",
                "CREATE TABLE jkey (j jsonb PRIMARY KEY, v text)",
                "CREATE TABLE child (id int PRIMARY KEY, a int[] REFERENCES akey, j jsonb REFERENCES jkey)",
                "INSERT INTO akey VALUES ('{1,2}', 'x')",
                "INSERT INTO pkey VALUES ('(1,\"x, y\")', 1, 'x')",
                "INSERT INTO hkey VALUES ('a=>1', 'x')",
                "INSERT INTO jkey VALUES ('{\"a\": 1}', 'x'), ('{\"b\": [1.50, null]}', 'y'), ('\"s\"', 'z')")) {
            store.watchOthers(true);
            Position start = store.position();
            Postgres.run(
                    url,
                    "UPDATE akey SET v = 'new'",
                    "UPDATE pkey SET v = 'new'",
                    "UPDATE hkey SET v = 'new'",
                    "UPDATE jkey SET v = 'new'",
                    "INSERT INTO child VALUES (1, '{1,2}', '{\"a\": 1}')");
            List<StoreChange> told = told(store, start);
            assertThat(told).noneMatch(StoreChange::overturned);
            List<StoreChange.Entry> entries =
                    told.stream().flatMap(change -> change.entries().stream()).toList();
            assertThat(entries)
                    .extracting(entry -> entry.key().toString())
                    .containsExactlyInAnyOrder(
                            "Akey/{1%2c2}",
                            "Pkey/(1%2c\"x%2c y\"),1",
                            "Hkey/\"a\"=>\"1\"",
                            "Jkey/{\"a\":1}",
                            "Jkey/{\"b\":[1.5%2cnull]}",
                            "Jkey/\"s\"",
                            "Child/1");
            for (StoreChange.Entry entry : entries) {
                assertThat(there(store, ObjectKey.parse(entry.key().toString())))
                        .satisfies(row -> assertThat(row.key()).isEqualTo(entry.key()))
                        .satisfies(row -> assertThat(row.fields().getOrDefault("v", "new"))
                                .isEqualTo("new"));
            }
            Map<String, @Nullable Object> child =
                    there(store, ObjectKey.of("Child", 1)).fields();
            entries.getLast()
                    .fields()
                    .forEach((name, edit) -> assertThat(edit.after()).isEqualTo(child.get(name)));
            assertThat(child.get("j")).isEqualTo(ObjectKey.of("Jkey", "{\"a\":1}"));
            done(store, update(ObjectKey.of("Jkey", "{ \"a\": 1.0 }"), 0, "v", "new", "newer"));
            assertThat(field(store, "Jkey/{\"a\":1}", "v")).isEqualTo("newer");
            refused(7014, () -> there(store, ObjectKey.of("Jkey", "{a")));
        }
    }

    @Test
    void a_trigger_of_an_older_broker_makes_everything_old_where_it_does_not_know_the_key() {
        try (ObjectStore store = hiding(
                "Ev",
                "CREATE TABLE akey (a int[] PRIMARY KEY, v text)",
                "CREATE TABLE ev (id int PRIMARY KEY, pin text, doc jsonb)")) {
            Position start = store.position();
            Postgres.run(
                    url,
                    older("akey", "{\"a\": \"[1, 2]\", \"v\": \"x\"}", "{\"a\": \"[1, 2]\", \"v\": \"y\"}"),
                    older(
                            "ev",
                            "{\"id\": \"1\", \"doc\": \"hello\", \"pin\": \"1\"}",
                            "{\"id\": \"1\", \"doc\": \"hello\", \"pin\": \"2\"}"));
            assertThat(lines(store, start)).containsExactly("overturned", "UPDATED Ev/1 0 []");
        }
    }

    private static String older(String table, String old, String now) {
        return "INSERT INTO databroker_change (principal, body) VALUES ('database', '[{\"table\": \"" + table
                + "\", \"o\": \"UPDATE\", \"old\": " + old + ", \"new\": " + now + "}]')";
    }
}
