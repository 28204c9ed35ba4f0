package com.databroker.objects;

import static com.databroker.objects.Wanted.commit;
import static com.databroker.objects.Wanted.creating;
import static com.databroker.objects.Wanted.delete;
import static com.databroker.objects.Wanted.done;
import static com.databroker.objects.Wanted.there;
import static com.databroker.objects.Wanted.update;
import static com.databroker.objects.Wanted.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.Operator;
import com.databroker.core.Position;
import com.databroker.core.Problem;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreCommit;
import java.math.BigDecimal;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Values of PostgreSQL as others write them: domains, documents with words of their own, the end of a day.
class UnpreparedValuesTest extends UnpreparedTables {
    @Test
    void a_domain_is_what_it_is_made_of_and_its_refusal_names_it() {
        try (ObjectStore store = open(
                "CREATE DOMAIN money_amount AS numeric(12, 2) CHECK (VALUE >= 0)",
                "CREATE DOMAIN price AS money_amount NOT NULL DEFAULT 1",
                "CREATE DOMAIN code AS varchar(3)",
                "CREATE DOMAIN count AS bigint",
                "CREATE DOMAIN address AS inet",
                "CREATE TABLE item (id count PRIMARY KEY, dm money_amount, p price, c code, ip address)",
                "CREATE TABLE part (id int PRIMARY KEY, item_id count REFERENCES item)",
                "INSERT INTO item VALUES (1, 1, 2, 'abc', '10.0.0.1')")) {
            assertThat(type(store, "Item").fields())
                    .extracting(field -> field.name() + " " + field.kind() + " " + field.length() + field.required())
                    .containsExactly(
                            "id INTEGER 0true",
                            "dm DECIMAL 0false",
                            "p DECIMAL 0false",
                            "c TEXT 3false",
                            "ip TEXT 0false");
            ObjectKey item = ObjectKey.of("Item", 1);
            Position start = store.position();
            BigDecimal one = new BigDecimal("1.00");
            done(store, update(item, 0, "dm", one, new BigDecimal("1.499"), "ip", "10.0.0.1", "10.0.0.2"));
            assertThat(told(store, start))
                    .flatExtracting(StoreChange::entries)
                    .extracting(entry -> entry.fields().get("dm"))
                    .containsExactly(new ObjectMessage.Edit(one, new BigDecimal("1.50")));
            done(store, creating(1, "Part", "id", 1L, "item", item));
            assertThat(found(store, "Part", where("item", Operator.IN, item))).containsExactly("Part/1");
            assertThat(found(store, "Item", where("dm", Operator.GREATER, one))).containsExactly("Item/1");
            assertThatThrownBy(() ->
                            store.commit(commit(update(item, 0, "dm", new BigDecimal("1.50"), new BigDecimal(-1)))))
                    .hasMessageContaining("(constraint money_amount_check of type money_amount)");
            assertThatThrownBy(() -> store.commit(commit(update(item, 0, "p", new BigDecimal("2.00"), null))))
                    .hasMessageContaining("a value is missing (type price)");
        }
    }

    @Test
    void a_table_that_may_not_be_read_is_named_and_is_no_change_that_was_refused() {
        url = Postgres.database();
        Postgres.run(
                url,
                "CREATE ROLE reader LOGIN",
                "CREATE TABLE secret (id int PRIMARY KEY)",
                "CREATE TABLE seen (id int PRIMARY KEY)",
                "GRANT SELECT ON seen TO reader");
        try (ObjectStore store = open(reading(url.replace("user=postgres", "user=reader"), "public"))) {
            assertThat(found(store, "Seen")).isEmpty();
            refused(7012, () -> found(store, "Secret"));
            assertThatThrownBy(() -> there(store, ObjectKey.of("Secret", 1)))
                    .hasMessageContaining("may not read table secret");
        }
    }

    @Test
    void a_key_that_is_equal_only_for_the_database_is_told_as_the_row_has_it() {
        try (ObjectStore store = open(
                "CREATE EXTENSION citext",
                "CREATE TABLE person (name citext PRIMARY KEY, version int, note text)",
                "INSERT INTO person VALUES ('Ada', 1, 'a')")) {
            Position start = store.position();
            done(store, update(ObjectKey.of("Person", "ADA"), 1, "note", "a", "b"));
            done(store, delete(ObjectKey.of("Person", "ada"), 2));
            assertThat(told(store, start))
                    .flatExtracting(StoreChange::entries)
                    .extracting(entry -> entry.kind() + " " + entry.key())
                    .containsExactly("UPDATED Person/Ada", "DELETED Person/Ada");
        }
    }

    @Test
    void the_last_moment_before_midnight_is_not_stored_as_midnight_and_midnight_at_the_end_of_a_day_stays_that() {
        try (ObjectStore store = open(
                "CREATE TABLE bell (id int PRIMARY KEY, t time, s time(0))",
                "INSERT INTO bell VALUES (1, '24:00:00', '24:00:00')")) {
            ObjectKey bell = ObjectKey.of("Bell", 1);
            LocalTime late = LocalTime.parse("23:59:59.9999999");
            done(store, update(bell, 0, "t", LocalTime.MAX, late, "s", LocalTime.MAX, late));
            Postgres.run(url, "DO $$ BEGIN ASSERT (SELECT t = '23:59:59.999999' AND s = '23:59:59' FROM bell); END $$");
            assertThat(field(store, "Bell/1", "t")).isEqualTo(LocalTime.parse("23:59:59.999999"));
            done(store, update(bell, 0, "t", LocalTime.parse("23:59:59.999999"), LocalTime.MAX));
            Postgres.run(url, "DO $$ BEGIN ASSERT (SELECT t = '24:00:00' FROM bell); END $$");
        }
    }

    @Test
    void words_of_others_that_the_broker_would_write_otherwise_are_a_document_that_can_be_changed() {
        try (ObjectStore store = open(
                "CREATE TABLE doc (id int PRIMARY KEY, j jsonb)",
                "INSERT INTO doc VALUES (1, '{\"$map\": {\"a\": 1}}'), (2, '{\"$int\": \"5\"}'),"
                        + " (3, '{\"$date\": \"2020-01-01\"}'), (4, '{\"$date\": {\"$numberLong\": \"5\"}}')")) {
            assertThat(field(store, "Doc/1", "j")).isEqualTo(Map.of("$map", Map.of("a", 1L)));
            assertThat(field(store, "Doc/2", "j")).isEqualTo(Map.of("$int", "5"));
            assertThat(field(store, "Doc/3", "j")).isEqualTo(LocalDate.of(2020, 1, 1));
            assertThat(field(store, "Doc/4", "j")).isEqualTo(Map.of("$date", Map.of("$numberLong", "5")));
            for (long id = 1; id <= 4; id++) {
                ObjectKey doc = ObjectKey.of("Doc", id);
                Object before = there(store, doc).fields().get("j");
                Map<String, @Nullable Object> after = Map.of("$date", "2020-01-01");
                done(store, update(doc, 0, "j", before, after));
                assertThat(there(store, doc).fields()).containsEntry("j", after);
            }
        }
    }

    @Test
    void a_document_with_more_lists_than_a_message_may_have_is_replaced() {
        try (ObjectStore store = open(
                "CREATE TABLE doc (id int PRIMARY KEY, j jsonb)",
                "INSERT INTO doc SELECT 1, jsonb_agg('[]'::jsonb) FROM generate_series(1, 150000)")) {
            ObjectKey doc = ObjectKey.of("Doc", 1);
            done(store, update(doc, 0, "j", field(store, "Doc/1", "j"), List.of()));
            assertThat(field(store, "Doc/1", "j")).isEqualTo(List.of());
        }
    }

    @Test
    void a_commit_of_more_fields_than_a_message_may_have_lists_is_made_and_told_as_a_whole() {
        String columns =
                IntStream.range(0, 300).mapToObj(at -> ", c" + at + " int").collect(Collectors.joining());
        try (ObjectStore store = open("CREATE TABLE wide (id int PRIMARY KEY" + columns + ")")) {
            Position start = store.position();
            done(
                    store,
                    IntStream.rangeClosed(1, 500)
                            .mapToObj(id -> creating(id, "Wide", "id", (long) id))
                            .toArray(ObjectMessage.Op[]::new));
            assertThat(field(store, "Wide/500", "id")).isEqualTo(500L);
            assertThat(told(store, start)).extracting(StoreChange::overturned).containsExactly(true);
        }
    }

    @Test
    void a_document_that_is_too_deep_for_the_database_is_the_senders_fault() {
        try (ObjectStore store = open("CREATE TABLE doc (id int PRIMARY KEY, j jsonb)")) {
            List<@Nullable Object> deep = List.of();
            for (int i = 0; i < 90_000; i++) {
                deep = List.of(deep);
            }
            ObjectMessage.Op create = creating(1, "Doc", "id", 1L, "j", deep);
            StoreCommit commit = new StoreCommit(UUID.randomUUID(), Bytes.EMPTY, "ada", List.of(create));
            assertThatThrownBy(() -> store.commit(commit))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            refused -> assertThat(refused.problem()).isEqualTo(Problem.VALUE_INVALID))
                    .hasMessageContaining("nested too deep");
        }
    }
}
