package com.databroker.objects;

import static org.assertj.core.api.Assertions.assertThat;

import com.databroker.core.ObjectMessage;
import com.databroker.objects.spi.ObjectStore;
import com.databroker.objects.spi.StorePage;
import com.databroker.objects.spi.StoreQuery;
import com.databroker.objects.spi.StoreRow;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Pages in the order of columns that are read as a text of them.
class UnpreparedPagesTest extends UnpreparedTables {
    @Test
    void pages_in_the_order_of_what_is_read_as_a_text_have_every_row_once_in_the_order_of_the_database()
            throws SQLException {
        try (ObjectStore store = open(
                "CREATE TYPE prio AS ENUM ('low', 'high', 'a bit', 'urgent')",
                "CREATE TABLE job (id int PRIMARY KEY, p prio, o oid, i interval, m money, r int4range, z timetz,"
                        + " l pg_lsn, a int[], abbrev int, ip inet)",
                "INSERT INTO job SELECT g, (enum_range(NULL::prio))[1 + g % 5], g * 7, g * interval '7 hours',"
                        + " g * 3.5, int4range(g % 4, g + 9), '10:00+02'::timetz + g * interval '1 hour',"
                        + " ('0/' || to_hex(g * 3))::pg_lsn, ARRAY[g * 7 % 12, g], -g, '10.0.0.0'::inet + g * 9"
                        + " FROM generate_series(1, 20) g")) {
            for (String field : List.of("p", "o", "i", "m", "r", "z", "l", "a", "abbrev", "ip")) {
                for (boolean descending : List.of(false, true)) {
                    List<String> rows = new ArrayList<>();
                    for (String id :
                            asked("SELECT id FROM job ORDER BY job." + field + (descending ? " DESC" : "") + ", id")) {
                        rows.add("Job/" + id);
                    }
                    for (int limit : List.of(1, 3, 7)) {
                        assertThat(paged(store, "Job", List.of(new ObjectMessage.Order(field, descending)), limit))
                                .as(field + " " + descending + " " + limit)
                                .isEqualTo(rows);
                    }
                }
            }
        }
    }

    @Test
    void pages_in_the_order_of_a_key_that_has_an_enum_have_every_row_once() throws SQLException {
        try (ObjectStore store = open(
                "CREATE TYPE prio AS ENUM ('low', 'high', 'a bit', 'urgent')",
                "CREATE TABLE slot (p prio, o oid, note text, PRIMARY KEY (p, o))",
                "INSERT INTO slot SELECT p, o, 'n' || o % 2 FROM unnest(enum_range(NULL::prio)) p,"
                        + " unnest(ARRAY[2, 9, 10, 100]) o")) {
            List<String> rows = new ArrayList<>();
            asked("SELECT p || ',' || o FROM slot ORDER BY slot.p, slot.o").forEach(key -> rows.add("Slot/" + key));
            List<String> notes = new ArrayList<>();
            asked("SELECT p || ',' || o FROM slot ORDER BY note DESC, slot.p, slot.o")
                    .forEach(key -> notes.add("Slot/" + key));
            for (int limit : List.of(1, 3, 7)) {
                assertThat(paged(store, "Slot", List.of(), limit)).isEqualTo(rows);
                assertThat(paged(store, "Slot", List.of(new ObjectMessage.Order("note", true)), limit))
                        .isEqualTo(notes);
            }
        }
    }

    private static List<String> paged(ObjectStore store, String type, List<ObjectMessage.Order> order, int limit) {
        List<String> all = new ArrayList<>();
        List<@Nullable Object> after = null;
        while (all.size() < 100) {
            StorePage page = store.find(new StoreQuery(type, List.of(), order, limit, after, false));
            page.rows().forEach(row -> all.add(row.key().toString()));
            if (!page.more()) {
                return all;
            }
            StoreRow last = page.rows().getLast();
            after = new ArrayList<>();
            for (ObjectMessage.Order one : order) {
                after.add(last.fields().get(one.field()));
            }
            after.addAll(last.key().parts());
        }
        return all;
    }

    private List<String> asked(String sql) throws SQLException {
        List<String> all = new ArrayList<>();
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            while (row.next()) {
                all.add(row.getString(1));
            }
        }
        return all;
    }
}
