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

import com.databroker.core.Bytes;
import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectMessage.Operator;
import com.databroker.core.ObjectTypes;
import com.databroker.core.Position;
import com.databroker.core.ProblemException;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.StoreChanges;
import com.databroker.objects.spi.StoreOverlay;
import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What databases have beyond the contract: their metadata, their types, and what they do by themselves.
class JdbcStoreTest {
    private static final String[] ORDERS = {
        "CREATE TABLE PURCHASE_ORDER (id bigint PRIMARY KEY, boss_id bigint, seller_id bigint)",
        "CREATE TABLE purchase_line (order_id bigint REFERENCES purchase_order (id) ON DELETE CASCADE, no int,"
                + " product varchar(20), PRIMARY KEY (order_id, no))",
        "CREATE TABLE delivery (id bigint PRIMARY KEY, order_id bigint, line_no int,"
                + " FOREIGN KEY (order_id, line_no) REFERENCES purchase_line (order_id, no) ON DELETE SET NULL)",
        "CREATE TABLE log_without_key (text varchar(20))"
    };

    @TempDir
    Path folder;

    private String url = "";

    private ObjectStore open(JdbcDialect dialect, Map<String, StoreOverlay> overlays, String... tables) {
        url = dialect == JdbcDialect.H2 ? "jdbc:h2:file:" + folder.resolve("own") : Postgres.database();
        Postgres.run(url, tables);
        return again(overlays);
    }

    private ObjectStore again(Map<String, StoreOverlay> overlays) {
        return JdbcStore.open(
                "shop",
                StoreConfig.defaults().at(url, null, null).with(overlays),
                Duration.ofHours(1),
                folder,
                InstantSource.system());
    }

    private static ObjectTypes.Type type(ObjectStore store, String name) {
        return store.types().stream()
                .filter(type -> type.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<StoreChange.Entry> last(ObjectStore store, Position from) {
        StoreChanges changes = store.changes(from);
        if (changes == null) {
            throw new AssertionError("forgotten");
        }
        return changes.changes().getLast().entries();
    }

    @ParameterizedTest
    @EnumSource
    void keys_of_several_columns_are_keys_and_references(JdbcDialect dialect) {
        try (ObjectStore store = open(dialect, Map.of(), ORDERS)) {
            assertThat(store.types())
                    .extracting(ObjectTypes.Type::name)
                    .containsExactly("Delivery", "PurchaseLine", "PurchaseOrder");
            assertThat(type(store, "PurchaseLine").key()).containsExactly("order", "no");
            ObjectKey order = ObjectKey.of("PurchaseOrder", 7);
            done(store, creating(1, "PurchaseOrder", "id", 7L));
            StoreRow line = done(store, creating(1, "PurchaseLine", "order", order, "no", 3L, "product", "nut"))
                    .rows()
                    .getFirst();
            assertThat(line.key()).hasToString("PurchaseLine/7,3");
            assertThat(line.fields()).containsEntry("order", order);
            StoreRow delivery = done(store, creating(1, "Delivery", "id", 1L, "purchaseLine", line.key()))
                    .rows()
                    .getFirst();
            assertThat(there(store, delivery.key()).fields()).containsEntry("purchaseLine", line.key());
            assertThat(store.find(new StoreQuery(
                                    "Delivery",
                                    List.of(where("purchaseLine", Operator.EQUAL, line.key())),
                                    List.of(),
                                    9,
                                    null,
                                    false))
                            .rows())
                    .hasSize(1);
            assertThat(store.load("PurchaseLine", List.of(line.key(), ObjectKey.parse("PurchaseLine/7,4"))))
                    .containsExactly(line);
            assertThatThrownBy(() -> store.load("PurchaseLine", List.of(ObjectKey.parse("PurchaseLine/7"))))
                    .hasMessageContaining("2 parts");
            assertThatThrownBy(() -> store.load("PurchaseOrder", List.of(ObjectKey.parse("PurchaseOrder/x"))))
                    .hasMessageContaining("is no integer");
        }
    }

    @ParameterizedTest
    @EnumSource
    void rows_of_a_large_page_go_ahead_in_their_order_and_its_last_row_stays(JdbcDialect dialect) {
        String numbers = dialect == JdbcDialect.H2 ? "system_range(1, 1700)" : "generate_series(1, 1700)";
        try (ObjectStore store = open(
                dialect,
                Map.of(),
                "CREATE TABLE thing (id bigint PRIMARY KEY, size int)",
                "INSERT INTO thing SELECT i, mod(i, 7) FROM " + numbers + " AS s(i)")) {
            for (int limit : new int[] {1, 999, 1000, 1001, 1699, 1700, 1701}) {
                StoreQuery query = new StoreQuery(
                        "Thing", List.of(), List.of(new ObjectMessage.Order("size", true)), limit, null, true);
                StorePage whole = store.find(query);
                List<StoreRow> rows = new ArrayList<>();
                StorePage rest = store.find(query, rows::addAll);
                assertThat(rows).hasSize((Math.min(limit, 1700) - 1) / 1000 * 1000);
                rows.addAll(rest.rows());
                assertThat(rows).isEqualTo(whole.rows());
                assertThat(rest.more()).isEqualTo(whole.more()).isEqualTo(limit < 1700);
                assertThat(rest.count()).isEqualTo(1700);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void what_the_database_deletes_by_itself_is_told(JdbcDialect dialect) {
        try (ObjectStore store = open(dialect, Map.of(), ORDERS)) {
            ObjectKey order = ObjectKey.of("PurchaseOrder", 7);
            ObjectKey line = ObjectKey.parse("PurchaseLine/7,3");
            done(store, creating(1, "PurchaseOrder", "id", 7L));
            done(store, creating(1, "PurchaseLine", "order", order, "no", 3L));
            done(store, creating(1, "Delivery", "id", 1L, "purchaseLine", line));
            Position before = store.position();
            done(store, delete(order, 0));
            assertThat(last(store, before))
                    .extracting(entry -> entry.kind() + " " + entry.key())
                    .containsExactlyInAnyOrder(
                            "DELETED PurchaseOrder/7", "DELETED PurchaseLine/7,3", "UPDATED Delivery/1");
            assertThat(there(store, ObjectKey.of("Delivery", 1)).fields().get("purchaseLine"))
                    .isNull();
        }
    }

    @ParameterizedTest
    @EnumSource
    void without_a_version_the_changed_fields_decide(JdbcDialect dialect) {
        String table = "CREATE TABLE note (id bigint PRIMARY KEY, title varchar(20), body varchar(20))";
        try (ObjectStore store = open(dialect, Map.of(), table)) {
            ObjectKey note = ObjectKey.of("Note", 1);
            done(store, creating(1, "Note", "id", 1L, "title", "a"));
            done(store, update(note, 0, "title", "a", "b"));
            done(store, update(note, 0, "body", null, "x"));
            assertThat(conflicts(store, update(note, 0, "title", "a", "c", "body", "x", "y")))
                    .containsExactly(new ObjectMessage.FieldConflict(note, "title", "a", "c", "b"));
            done(store, delete(note, 0));
        }
    }

    @ParameterizedTest
    @EnumSource
    void with_the_policy_fields_two_may_change_different_fields_of_one_version(JdbcDialect dialect) {
        String table = "CREATE TABLE note (id bigint PRIMARY KEY, title varchar(20), body varchar(20), rev int)";
        StoreOverlay overlay = new StoreOverlay(
                null,
                List.of(),
                List.of(),
                dialect == JdbcDialect.H2 ? "REV" : "rev",
                StoreOverlay.Policy.FIELDS,
                false,
                List.of());
        try (ObjectStore store = open(dialect, Map.of("Note", overlay), table)) {
            ObjectKey note = ObjectKey.of("Note", 1);
            done(store, creating(1, "Note", "id", 1L, "title", "a"));
            assertThat(done(store, update(note, 1, "title", "a", "b"))
                            .rows()
                            .getFirst()
                            .version())
                    .isEqualTo(2);
            assertThat(done(store, update(note, 1, "body", null, "x"))
                            .rows()
                            .getFirst()
                            .version())
                    .isEqualTo(3);
            assertThat(conflicts(store, update(note, 3, "title", "a", "c"))).hasSize(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void circles_of_references_are_created_in_one_commit(JdbcDialect dialect) {
        try (ObjectStore store = open(
                dialect,
                Map.of(),
                "CREATE TABLE a (id bigint PRIMARY KEY, b_id bigint)",
                "CREATE TABLE b (id bigint PRIMARY KEY, a_id bigint REFERENCES a (id))",
                "ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b (id)")) {
            done(
                    store,
                    creating(1, "A", "id", 1L, "b", ObjectKey.temporary(2)),
                    creating(2, "B", "id", 2L, "a", ObjectKey.temporary(1)));
            assertThat(there(store, ObjectKey.of("A", 1)).fields()).containsEntry("b", ObjectKey.of("B", 2));
        }
    }

    private static Map<String, Object> everything(Object zoned) {
        return Map.ofEntries(
                Map.entry("i", -7L),
                Map.entry("l", Long.MIN_VALUE),
                Map.entry("d", new BigDecimal("12345678901234567890.0000000001")),
                Map.entry("f", 1e300),
                Map.entry("t", "x".repeat(5000)),
                Map.entry("v", "äö€"),
                Map.entry("b", Bytes.copyOf(new byte[] {0, -1})),
                Map.entry("born", LocalDate.parse("0044-03-15")),
                Map.entry("at", LocalTime.parse("23:59:59")),
                Map.entry("local", LocalDateTime.parse("2026-11-28T12:34:56.123456")),
                Map.entry("zoned", zoned),
                Map.entry("j", Map.of("a", List.of(1L, true))),
                Map.entry("ok", true));
    }

    @ParameterizedTest
    @EnumSource
    void every_type_of_column_is_exact(JdbcDialect dialect) {
        boolean h2 = dialect == JdbcDialect.H2;
        String table = "CREATE TABLE every (id uuid PRIMARY KEY, i smallint, l bigint, d numeric(30,10), r real,"
                + " f double precision, t text, v varchar(5), b " + (h2 ? "varbinary(20)" : "bytea")
                + ", born date, at time, local timestamp(6),"
                + " zoned timestamp with time zone, j " + (h2 ? "json" : "jsonb") + ", ok boolean)";
        UUID id = new UUID(1, 2);
        try (ObjectStore store = open(dialect, Map.of(), table.replace(" t text", h2 ? " t clob" : " t text"))) {
            Object zoned = h2
                    ? OffsetDateTime.parse("2026-11-28T12:34:56.123456+01:00")
                    : Instant.parse("2026-11-28T11:34:56.123456Z");
            Map<String, Object> values = everything(zoned);
            Map<String, Object> given = new LinkedHashMap<>(values);
            given.put("id", id);
            given.put("r", 0.1f * 1.0);
            StoreRow row = done(store, new ObjectMessage.Create(ObjectKey.temporary(1), "Every", given))
                    .rows()
                    .getFirst();
            assertThat(row.key()).isEqualTo(ObjectKey.of("Every", id));
            assertThat(there(store, row.key())).isEqualTo(row);
            assertThat(row.fields()).containsAllEntriesOf(values);
            // Each value as it was read is what the database compares with.
            row.fields().forEach((name, value) -> {
                if (!name.equals("id")) {
                    done(store, update(row.key(), 0, name, value, null));
                }
            });
            assertThat(there(store, row.key()).fields().values().stream().filter(value -> value != null))
                    .containsExactly(id);
        }
    }

    @Test
    void types_that_only_postgresql_has_are_texts() {
        try (ObjectStore store = open(
                JdbcDialect.POSTGRESQL,
                Map.of(),
                "CREATE TYPE mood AS ENUM ('sad', 'ok')",
                "CREATE TABLE odd (id bigint PRIMARY KEY, m mood, tags text[], ip inet, j json)")) {
            done(store, creating(1, "Odd", "id", 1L, "m", "ok", "tags", "{a,b}", "ip", "10.0.0.1/8", "j", List.of(1L)));
            ObjectKey odd = ObjectKey.of("Odd", 1);
            assertThat(there(store, odd).fields())
                    .containsEntry("m", "ok")
                    .containsEntry("tags", "{a,b}")
                    .containsEntry("ip", "10.0.0.1/8");
            done(store, update(odd, 0, "m", "ok", "sad", "j", List.of(1L), List.of(2L), "tags", "{a,b}", "{c}"));
            assertThatThrownBy(() -> store.commit(commit(update(odd, 0, "m", "sad", "merry"))))
                    .isInstanceOfSatisfying(
                            ProblemException.class,
                            refused -> assertThat(refused.problem().number()).isEqualTo(7006));
        }
    }

    @Test
    void what_others_change_is_told_once_the_triggers_are_there() {
        try (ObjectStore store = open(JdbcDialect.POSTGRESQL, StoreContract.OVERLAYS, Shop.tables())) {
            store.watchOthers(true);
            Position start = store.position();
            Postgres.run(
                    url,
                    "INSERT INTO dept (id, name) VALUES (1, 'Lab')",
                    "INSERT INTO person (id, name, dept_id, secret) VALUES (5, 'Ada', 1, 'x')");
            List<StoreChange.Entry> hired = last(store, start);
            assertThat(hired).hasSize(1);
            assertThat(hired.getFirst().key()).isEqualTo(Wanted.person(5));
            assertThat(hired.getFirst().fields())
                    .containsEntry("dept", new ObjectMessage.Edit(null, ObjectKey.of("Dept", 1)))
                    .containsEntry("name", new ObjectMessage.Edit(null, "Ada"))
                    .doesNotContainKeys("secret", "born");
            Postgres.run(url, "UPDATE person SET dept_id = NULL, version = version + 1");
            assertThat(last(store, start))
                    .containsExactly(new StoreChange.Entry(
                            StoreChange.Kind.UPDATED,
                            Wanted.person(5),
                            2,
                            Map.of("dept", new ObjectMessage.Edit(ObjectKey.of("Dept", 1), null))));
            // Whoever leaves the version alone says nothing by it.
            Postgres.run(url, "UPDATE person SET name = 'Eva'");
            assertThat(last(store, start).getFirst().version()).isZero();
            done(store, update(Wanted.person(5), 2, "name", "Eva", "Ida"));
            assertThat(store.changes(start)).isNotNull().satisfies(changes -> {
                assertThat(changes.changes())
                        .extracting(StoreChange::principal)
                        .containsExactly("database", "database", "database", "database", "ada");
            });
            Postgres.run(url, "TRUNCATE person");
            assertThat(store.changes(start))
                    .isNotNull()
                    .satisfies(changes ->
                            assertThat(changes.changes().getLast().overturned()).isTrue());
            store.watchOthers(false);
            Postgres.run(url, "DELETE FROM dept");
            assertThat(store.changes(start))
                    .isNotNull()
                    .satisfies(changes -> assertThat(changes.changes()).hasSize(6));
        }
    }

    @Test
    void a_transaction_that_takes_long_holds_back_the_position_and_not_the_telling() throws Exception {
        try (ObjectStore store = open(JdbcDialect.POSTGRESQL, Map.of(), Shop.tables())) {
            store.watchOthers(true);
            Position start = store.position();
            try (java.sql.Connection slow = java.sql.DriverManager.getConnection(url);
                    java.sql.Statement statement = slow.createStatement()) {
                slow.setAutoCommit(false);
                statement.execute("INSERT INTO dept (id, name) VALUES (1, 'Slow')");
                done(store, creating(1, "Dept", "id", 2L, "name", "Fast"));
                StoreChanges early = Objects.requireNonNull(store.changes(start));
                assertThat(early.changes()).hasSize(1);
                slow.commit();
                StoreChanges late = Objects.requireNonNull(store.changes(early.at()));
                assertThat(late.changes())
                        .extracting(change -> change.entries().getFirst().key().toString())
                        .contains("Dept/1");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void changes_that_are_too_old_are_forgotten_and_that_is_known(JdbcDialect dialect) {
        Instant[] now = {Instant.parse("2026-11-28T12:00:00Z")};
        open(dialect, Map.of(), Shop.tables()).close();
        try (ObjectStore store = JdbcStore.open(
                "shop", StoreConfig.defaults().at(url, null, null), Duration.ofHours(1), folder, () -> now[0])) {
            Position start = store.position();
            done(store, creating(1, "Dept", "id", 1L, "name", "Old"));
            now[0] = now[0].plus(Duration.ofHours(2));
            Position middle = store.position();
            done(store, creating(1, "Dept", "id", 2L, "name", "New"));
            store.sweep();
            assertThat(store.changes(start)).isNull();
            assertThat(store.changes(middle))
                    .isNotNull()
                    .satisfies(changes -> assertThat(changes.changes()).hasSize(1));
        }
    }

    @ParameterizedTest
    @EnumSource
    void a_store_that_is_read_only_makes_nothing(JdbcDialect dialect) {
        url = dialect == JdbcDialect.H2 ? "jdbc:h2:file:" + folder.resolve("own") : Postgres.database();
        Postgres.run(url, Shop.tables());
        StoreConfig config =
                new StoreConfig(url, null, null, null, 2, true, StoreConfig.Lookup.KEY, List.of(), null, Map.of());
        try (ObjectStore store = JdbcStore.open("shop", config, Duration.ofHours(1), folder, InstantSource.system())) {
            assertThat(store.types()).allMatch(ObjectTypes.Type::readOnly);
            assertThatThrownBy(() -> store.commit(commit(creating(1, "Dept", "id", 1L, "name", "x"))))
                    .hasMessageContaining("read only");
            Bytes secret = store.secret("tags", () -> Bytes.utf8("one"));
            assertThat(store.secret("tags", () -> Bytes.utf8("two"))).isEqualTo(secret);
            assertThat(store.changes(store.position())).isNotNull();
        }
        Postgres.run(url, "CREATE TABLE databroker_change (id int)");
    }

    @Test
    void a_thousand_tables_are_read_in_two_seconds() {
        String[] tables = new String[1000];
        for (int i = 0; i < tables.length; i++) {
            tables[i] = "CREATE TABLE t" + i + " (id bigint PRIMARY KEY, name text, last_id bigint REFERENCES t"
                    + Math.max(0, i - 1) + " (id))";
        }
        try (ObjectStore store = open(JdbcDialect.POSTGRESQL, Map.of(), tables)) {
            long start = System.nanoTime();
            store.refresh();
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            assertThat(store.types()).hasSize(1000);
            assertThat(type(store, "T999").field("last")).isNotNull();
            assertThat(took).isLessThan(Duration.ofSeconds(2));
        }
    }

    @Test
    void an_address_of_another_database_is_refused() {
        assertThatThrownBy(() -> JdbcStore.open(
                        "shop",
                        StoreConfig.defaults().at("jdbc:oracle:thin:@x", null, null),
                        Duration.ofHours(1),
                        folder,
                        InstantSource.system()))
                .isInstanceOfSatisfying(
                        ProblemException.class,
                        refused -> assertThat(refused.problem().number()).isEqualTo(9001));
    }
}
