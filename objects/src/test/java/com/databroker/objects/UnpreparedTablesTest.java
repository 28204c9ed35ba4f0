package com.databroker.objects;

import static com.databroker.objects.Wanted.commit;
import static com.databroker.objects.Wanted.conflicts;
import static com.databroker.objects.Wanted.creating;
import static com.databroker.objects.Wanted.delete;
import static com.databroker.objects.Wanted.done;
import static com.databroker.objects.Wanted.there;
import static com.databroker.objects.Wanted.update;
import static com.databroker.objects.Wanted.where;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.Operator;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Position;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.Values;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Tables of PostgreSQL as companies have them, which nobody made for a broker.
class UnpreparedTablesTest extends UnpreparedTables {
    private static final String[] TENANTS = {
        "CREATE TABLE tenant (id int PRIMARY KEY)",
        "CREATE TABLE cust (tenant_id int REFERENCES tenant, id int, PRIMARY KEY (tenant_id, id))",
        "CREATE TABLE prod (tenant_id int REFERENCES tenant, id int, PRIMARY KEY (tenant_id, id))",
        "CREATE TABLE sale (tenant_id int REFERENCES tenant, id int, cust_id int, prod_id int,"
                + " PRIMARY KEY (tenant_id, id), FOREIGN KEY (tenant_id, cust_id) REFERENCES cust,"
                + " FOREIGN KEY (tenant_id, prod_id) REFERENCES prod)",
        "CREATE TABLE offer (id int PRIMARY KEY, tenant_id int REFERENCES tenant, cust_id int, prod_id int,"
                + " FOREIGN KEY (tenant_id, cust_id) REFERENCES cust,"
                + " FOREIGN KEY (tenant_id, prod_id) REFERENCES prod)",
        "INSERT INTO tenant VALUES (1), (2)",
        "INSERT INTO cust VALUES (1, 1), (1, 2), (2, 1)",
        "INSERT INTO prod VALUES (1, 1), (2, 1)",
        "INSERT INTO sale VALUES (1, 1, 1, 1), (1, 2, NULL, 1), (1, 3, 2, NULL)",
        "INSERT INTO offer VALUES (1, 1, 1, 1)"
    };

    @Test
    void a_reference_of_a_tenant_is_changed_and_emptied_without_touching_what_shares_its_columns() {
        try (ObjectStore store = open(TENANTS)) {
            assertThat(type(store, "Sale").field("cust"))
                    .satisfies(cust -> assertThat(cust)
                            .isNotNull()
                            .extracting(ObjectTypes.Field::required)
                            .isEqualTo(false));
            ObjectKey sale = ObjectKey.parse("Sale/1,1");
            ObjectKey one = ObjectKey.parse("Cust/1,1");
            ObjectKey two = ObjectKey.parse("Cust/1,2");
            done(store, update(sale, 0, "cust", one, two, "prod", ObjectKey.parse("Prod/1,1"), null));
            assertThat(field(store, "Sale/1,1", "cust")).isEqualTo(two);
            done(store, update(sale, 0, "cust", two, null));
            done(store, update(sale, 0, "cust", null, one));
            assertThat(field(store, "Sale/1,1", "cust")).isEqualTo(one);
            refused(7006, () -> store.commit(commit(update(sale, 0, "cust", one, ObjectKey.parse("Cust/2,1")))));
            assertThat(found(store, "Sale", where("cust", Operator.EQUAL, one))).containsExactly("Sale/1,1");
            assertThat(found(store, "Sale", where("cust", Operator.NOT_EQUAL, (Object) null)))
                    .containsExactly("Sale/1,1", "Sale/1,3");
            done(store, creating(1, "Offer", "id", 2L, "cust", one, "prod", null));
            assertThat(field(store, "Offer/2", "cust")).isEqualTo(one);
            refused(
                    7006,
                    () -> store.commit(
                            commit(creating(1, "Offer", "id", 3L, "cust", one, "prod", ObjectKey.parse("Prod/2,1")))));
        }
    }

    @Test
    void one_of_several_references_that_share_a_column_does_not_change_the_others() {
        try (ObjectStore store = open(TENANTS)) {
            ObjectKey offer = ObjectKey.parse("Offer/1");
            ObjectKey mine = ObjectKey.parse("Cust/1,1");
            ObjectKey theirs = ObjectKey.parse("Cust/2,1");
            assertThatThrownBy(() -> store.commit(commit(update(offer, 0, "cust", mine, theirs))))
                    .hasMessageContaining("cust, prod, tenant of Offer/1 share columns");
            assertThat(conflicts(store, update(offer, 0, "cust", null, theirs))).hasSize(1);
            done(store, update(offer, 0, "cust", mine, null));
            assertThat(field(store, "Offer/1", "prod")).isEqualTo(ObjectKey.parse("Prod/1,1"));
            done(
                    store,
                    update(
                            offer,
                            0,
                            "cust",
                            null,
                            theirs,
                            "prod",
                            ObjectKey.parse("Prod/1,1"),
                            null,
                            "tenant",
                            ObjectKey.of("Tenant", 1),
                            ObjectKey.of("Tenant", 2)));
            assertThat(there(store, offer).fields())
                    .containsEntry("cust", theirs)
                    .containsEntry("prod", null)
                    .containsEntry("tenant", ObjectKey.of("Tenant", 2));
        }
    }

    @Test
    void pages_in_the_order_of_a_reference_of_a_tenant_have_every_row_once() {
        try (ObjectStore store = open(TENANTS)) {
            for (boolean descending : List.of(false, true)) {
                List<String> all = new ArrayList<>();
                List<@Nullable Object> after = null;
                for (int page = 0; page < 4; page++) {
                    StorePage found = store.find(new StoreQuery(
                            "Sale", List.of(), List.of(new ObjectMessage.Order("cust", descending)), 1, after, false));
                    all.add(found.rows().getFirst().key().toString());
                    if (!found.more()) {
                        break;
                    }
                    after = new ArrayList<>();
                    after.add(found.rows().getFirst().fields().get("cust"));
                    after.addAll(found.rows().getFirst().key().parts());
                }
                List<String> upwards = List.of("Sale/1,1", "Sale/1,3", "Sale/1,2");
                assertThat(all).isEqualTo(descending ? upwards.reversed() : upwards);
            }
        }
    }

    @Test
    void a_schema_whose_name_has_an_underscore_is_no_other_schema() {
        url = Postgres.database();
        Postgres.run(
                url,
                "CREATE SCHEMA shop_a",
                "CREATE SCHEMA shopxa",
                "CREATE TABLE shop_a.thing (id int PRIMARY KEY, a text)",
                "CREATE TABLE shopxa.thing (id int PRIMARY KEY, b text)",
                "INSERT INTO shop_a.thing VALUES (1, 'x')");
        try (ObjectStore store = open(reading(url, "shop_a"))) {
            assertThat(there(store, ObjectKey.of("Thing", 1)).fields()).containsOnlyKeys("id", "a");
        }
    }

    @Test
    void a_user_that_may_only_read_and_a_schema_that_is_not_there_are_said_to_be_that() {
        url = Postgres.database();
        Postgres.run(
                url,
                "CREATE ROLE clerk LOGIN",
                "CREATE TABLE seen (id int PRIMARY KEY)",
                "INSERT INTO seen VALUES (1)",
                "GRANT SELECT ON seen TO clerk");
        String address = url.replace("user=postgres", "user=clerk");
        assertThatThrownBy(() -> open(StoreConfig.defaults().at(address, null, null)))
                .hasMessageContaining("say read-only: true");
        assertThatThrownBy(() -> open(reading(address, "shoop"))).hasMessageContaining("there is no schema shoop");
        try (ObjectStore store = open(reading(address, "public"))) {
            assertThat(found(store, "Seen")).containsExactly("Seen/1");
        }
    }

    @Test
    void types_are_written_compared_and_found_whatever_they_are_called() {
        try (ObjectStore store = open(
                "CREATE TYPE \"Mood Kind\" AS ENUM ('Very Sad', 'ok')",
                "CREATE TABLE odd (id int PRIMARY KEY, mood \"Mood Kind\", bits bit(5), one \"char\", few int[],"
                        + " ip inet, x xml, place point, area box)",
                "INSERT INTO odd VALUES (1, 'Very Sad', '10110', 'x', '{1}', '10.0.0.1', '<a/>', '(1.5,2)',"
                        + " '(1,1),(0,0)')")) {
            ObjectKey odd = ObjectKey.of("Odd", 1);
            assertThat(there(store, odd).fields()).containsEntry("ip", "10.0.0.1");
            done(store, update(odd, 0, "mood", "Very Sad", "ok", "bits", "10110", "11111", "one", "x", "y"));
            done(store, update(odd, 0, "few", "{1}", "{1,2,3,4,5,6,7,8}", "ip", "10.0.0.1", "10.0.0.2"));
            done(store, update(odd, 0, "x", "<a/>", "<b/>", "place", "(1.5,2)", "(3,4)"));
            assertThat(conflicts(store, update(odd, 0, "area", "(2,1),(1,0)", "(5,5),(1,1)")))
                    .extracting(ObjectMessage.FieldConflict::theirs)
                    .containsExactly("(1,1),(0,0)");
            assertThat(there(store, odd).fields())
                    .containsEntry("mood", "ok")
                    .containsEntry("bits", "11111")
                    .containsEntry("one", "y")
                    .containsEntry("few", "{1,2,3,4,5,6,7,8}")
                    .containsEntry("ip", "10.0.0.2")
                    .containsEntry("x", "<b/>")
                    .containsEntry("place", "(3,4)");
            for (String condition : List.of("mood=ok", "bits=11111", "x=<b/>", "place=(3,4)", "ip=10.0.0.2")) {
                int at = condition.indexOf('=');
                assertThat(found(
                                store,
                                "Odd",
                                where(condition.substring(0, at), Operator.EQUAL, condition.substring(at + 1))))
                        .as(condition)
                        .containsExactly("Odd/1");
            }
        }
    }

    @Test
    void what_is_equal_only_for_the_database_does_not_say_by_what_a_find_is_forgotten() {
        try (ObjectStore store = open(
                "CREATE EXTENSION citext",
                "CREATE TYPE mood AS ENUM ('sad')",
                "CREATE TABLE odd (id int PRIMARY KEY, c char(6), i citext, a int[], f real, t text, m mood)")) {
            assertThat(type(store, "Odd").fields())
                    .extracting(ObjectTypes.Field::name)
                    .filteredOn(field -> store.isExact("Odd", field))
                    .containsExactly("id", "t", "m");
        }
    }

    @Test
    void numbers_that_are_none_and_times_without_end_are_read_and_written() {
        try (ObjectStore store = open(
                "CREATE TABLE limits (id numeric(12) PRIMARY KEY, n numeric, t timestamptz)",
                "INSERT INTO limits VALUES (1000, 'NaN', 'infinity'), (7, '-Infinity', '-infinity')")) {
            assertThat(found(store, "Limits")).containsExactly("Limits/7", "Limits/1000");
            ObjectKey limits = ObjectKey.parse("Limits/1000");
            assertThat(there(store, limits).fields())
                    .containsEntry("n", Double.NaN)
                    .containsEntry("t", Instant.MAX);
            done(store, update(limits, 0, "n", Double.NaN, Double.POSITIVE_INFINITY, "t", Instant.MAX, Instant.MIN));
            assertThat(found(store, "Limits", where("t", Operator.EQUAL, Instant.MIN)))
                    .hasSize(2);
            done(
                    store,
                    update(limits, 0, "n", Double.POSITIVE_INFINITY, new BigDecimal("1.50"), "t", Instant.MIN, null));
            assertThat(field(store, "Limits/1000", "n")).isEqualTo(new BigDecimal("1.50"));
        }
    }

    @Test
    void half_a_character_is_refused_and_a_whole_one_is_not() {
        ObjectTypes.Field name = new ObjectTypes.Field("name", ObjectTypes.Kind.TEXT, null, false, false, true, 0);
        assertThat(Values.fit(name, "\ud83d\ude00")).isEqualTo("\ud83d\ude00");
        refused(7006, () -> Values.fit(name, "\ud83d"));
    }

    @Test
    void what_the_database_refuses_by_itself_is_a_problem_that_says_so() {
        try (ObjectStore store = open(
                "CREATE TABLE item (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, qty int,"
                        + " twice int GENERATED ALWAYS AS (qty * 2) STORED)",
                "CREATE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " IF TG_OP = 'DELETE' OR NEW.qty = 14 THEN RETURN NULL; END IF;"
                        + " IF NEW.qty = 13 THEN RAISE EXCEPTION 'no thirteen'; END IF; RETURN NEW; END $$",
                "CREATE TRIGGER guard BEFORE INSERT OR UPDATE OR DELETE ON item FOR EACH ROW EXECUTE FUNCTION guard()",
                "INSERT INTO item (qty) VALUES (1)")) {
            ObjectKey item = ObjectKey.of("Item", 1);
            refused(7011, () -> store.commit(commit(creating(1, "Item", "qty", 13L))));
            refused(7011, () -> store.commit(commit(creating(1, "Item", "qty", 14L))));
            refused(7011, () -> store.commit(commit(update(item, 0, "qty", 1L, 14L))));
            refused(7011, () -> store.commit(commit(delete(item, 0))));
            refused(7010, () -> store.commit(commit(creating(1, "Item", "qty", 1L, "twice", 5L))));
            refused(7010, () -> store.commit(commit(creating(1, "Item", "id", 9L))));
            Postgres.run(url, "ALTER TABLE item RENAME qty TO quantity");
            refused(7012, () -> there(store, item));
            store.refresh();
            assertThat(there(store, item).fields()).containsEntry("quantity", 1L);
        }
    }

    @Test
    void rows_of_partitions_and_what_triggers_of_the_database_change_are_told() {
        try (ObjectStore store = open(
                "CREATE TABLE log (id int, day date, msg text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
                "CREATE TABLE log_2024 PARTITION OF log FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
                "CREATE TABLE item (id int PRIMARY KEY, sku text)",
                "CREATE TABLE stock (sku text PRIMARY KEY, items int)",
                "CREATE FUNCTION counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO stock"
                        + " VALUES (NEW.sku, 1) ON CONFLICT (sku) DO UPDATE SET items = stock.items + 1;"
                        + " RETURN NULL; END $$",
                "CREATE TRIGGER counted AFTER INSERT ON item FOR EACH ROW EXECUTE FUNCTION counted()")) {
            store.watchOthers(true);
            Position start = store.position();
            Postgres.run(
                    url,
                    "INSERT INTO log VALUES (1, '2024-02-02', 'a')",
                    "UPDATE log_2024 SET msg = 'b'",
                    "CREATE TABLE log_2025 PARTITION OF log FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
                    "UPDATE log SET day = '2025-02-02'");
            done(store, creating(1, "Item", "id", 1L, "sku", "a"));
            assertThat(told(store, start))
                    .flatExtracting(StoreChange::entries)
                    .extracting(entry -> entry.kind() + " " + entry.key())
                    .containsExactlyInAnyOrder(
                            "CREATED Log/1,2024-02-02",
                            "UPDATED Log/1,2024-02-02",
                            "DELETED Log/1,2024-02-02",
                            "CREATED Log/1,2025-02-02",
                            "CREATED Item/1",
                            "CREATED Stock/a");
        }
    }

    @Test
    void what_the_database_rounds_generates_and_sets_in_a_trigger_is_told_as_it_is() {
        try (ObjectStore store = open(
                "CREATE TABLE item (id int PRIMARY KEY, version int, qty numeric(10, 2), state text,"
                        + " twice numeric GENERATED ALWAYS AS (qty * 2) STORED)",
                "CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                        + " NEW.state = 'touched'; RETURN NEW; END $$",
                "CREATE TRIGGER touched BEFORE UPDATE ON item FOR EACH ROW EXECUTE FUNCTION touched()",
                "CREATE TABLE plain (id int PRIMARY KEY, version int, n numeric(10, 2), t timestamptz)",
                "INSERT INTO item VALUES (1, 1, 1, 'new')",
                "INSERT INTO plain VALUES (1, 1, 1, NULL)")) {
            Position start = store.position();
            BigDecimal one = new BigDecimal("1.00");
            done(store, update(ObjectKey.of("Item", 1), 1, "qty", one, new BigDecimal("2")));
            Instant fine = Instant.parse("2024-01-01T00:00:00.123456789Z");
            done(store, update(ObjectKey.of("Plain", 1), 1, "n", one, new BigDecimal("1.999"), "t", null, fine));
            assertThat(told(store, start))
                    .flatExtracting(StoreChange::entries)
                    .extracting(entry -> entry.key() + " " + entry.fields())
                    .containsExactly(
                            "Item/1 {qty=Edit[before=1.00, after=2.00], state=Edit[before=new, after=touched],"
                                    + " twice=Edit[before=2.00, after=4.00]}",
                            "Plain/1 {n=Edit[before=1.00, after=2.00],"
                                    + " t=Edit[before=null, after=2024-01-01T00:00:00.123457Z]}");
        }
    }

    @Test
    void documents_with_names_that_begin_with_a_dollar_sign_stay_what_they_are() {
        try (ObjectStore store = open(
                "CREATE TABLE doc (id int PRIMARY KEY, j jsonb)",
                "INSERT INTO doc VALUES (1, '{\"$ref\": \"#/defs/x\", \"n\": 12345678901234567890.5}'), (2, 'null')")) {
            ObjectKey doc = ObjectKey.of("Doc", 1);
            Map<String, @Nullable Object> schema =
                    Map.of("$ref", "#/defs/x", "n", new BigDecimal("12345678901234567890.5"));
            assertThat(field(store, "Doc/1", "j")).isEqualTo(schema);
            Map<String, @Nullable Object> other = Map.of("$ref", "#/defs/y", "half", 0.5, "day", 7L);
            done(store, update(doc, 0, "j", schema, other));
            assertThat(field(store, "Doc/1", "j")).isEqualTo(other);
            Map<String, @Nullable Object> ours = Map.of("day", LocalDate.of(2024, 2, 29));
            done(store, update(ObjectKey.of("Doc", 2), 0, "j", null, ours));
            assertThat(field(store, "Doc/2", "j")).isEqualTo(ours);
            Postgres.run(
                    url,
                    "DO $$ BEGIN ASSERT (SELECT j FROM doc WHERE id = 1)"
                            + " = '{\"$ref\": \"#/defs/y\", \"half\": 0.5, \"day\": 7}'; END $$");
        }
    }
}
