package com.databroker.objects;

import com.databroker.core.ObjectKey;
import com.databroker.core.ObjectMessage;
import com.databroker.core.ObjectTypes.Kind;
import com.databroker.objects.spi.StoreChange;
import com.databroker.objects.spi.Values;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Triggers of PostgreSQL that record what others change, as rows of the same outbox.
///
/// Connections of a broker are told apart by a setting that they begin with, and record what they change
/// themselves. What triggers of the database change in consequence only these triggers can know.
final class JdbcOthers {
    /// As an option of a connection: that of a broker.
    static final String OWN = "-c databroker.own=yes";

    static final String CHANNEL = "databroker_change";

    private JdbcOthers() {}

    static void install(Connection connection, String schema, Collection<JdbcTable> tables) throws SQLException {
        String own = JdbcDialect.quote(schema);
        execute(connection, """
                CREATE OR REPLACE FUNCTION %1$s.databroker_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
                SET search_path = pg_catalog, pg_temp SET bytea_output = 'hex' SET DateStyle FROM CURRENT
                SET IntervalStyle FROM CURRENT SET TimeZone FROM CURRENT SET extra_float_digits FROM CURRENT
                SET lc_monetary FROM CURRENT AS $body$
                DECLARE
                  old_row jsonb;
                  new_row jsonb;
                  spelled text;
                BEGIN
                  IF current_setting('databroker.own', true) = 'yes' AND pg_trigger_depth() < 2 THEN
                    RETURN NULL;
                  END IF;
                  IF TG_OP IN ('UPDATE', 'DELETE') THEN
                    SELECT jsonb_object_agg(key, value #>> '{}') INTO old_row FROM jsonb_each(to_jsonb(OLD));
                  END IF;
                  IF TG_OP IN ('UPDATE', 'INSERT') THEN
                    SELECT jsonb_object_agg(key, value #>> '{}') INTO new_row FROM jsonb_each(to_jsonb(NEW));
                  END IF;
                  FOR i IN 1 .. TG_NARGS - 1 LOOP
                    IF old_row ? TG_ARGV[i] THEN
                      EXECUTE format('SELECT ($1).%%I::text', TG_ARGV[i]) INTO spelled USING OLD;
                      old_row := old_row || jsonb_build_object(TG_ARGV[i], spelled);
                    END IF;
                    IF new_row ? TG_ARGV[i] THEN
                      EXECUTE format('SELECT ($1).%%I::text', TG_ARGV[i]) INTO spelled USING NEW;
                      new_row := new_row || jsonb_build_object(TG_ARGV[i], spelled);
                    END IF;
                  END LOOP;
                  INSERT INTO %1$s.databroker_change (principal, body) VALUES ('%2$s', jsonb_build_array(
                    jsonb_build_object('table', coalesce(TG_ARGV[0], TG_TABLE_NAME), 'o', TG_OP,
                      'old', old_row, 'new', new_row, 'text', to_jsonb(TG_ARGV[1:TG_NARGS - 1])))::text);
                  PERFORM pg_notify('%3$s', '');
                  RETURN NULL;
                END $body$""".formatted(own, JdbcOutbox.BY_OTHERS, CHANNEL));
        for (JdbcTable table : tables) {
            remove(connection, table);
            // A partition has the trigger of its table, and the rows are that table's.
            String function = own + ".databroker_changed("
                    + Stream.concat(Stream.of(table.table()), spelled(table).map(JdbcColumn::name))
                            .map(name -> "'" + name.replace("'", "''") + "'")
                            .collect(Collectors.joining(", "))
                    + ")";
            execute(
                    connection,
                    "CREATE TRIGGER databroker_changed AFTER INSERT OR UPDATE OR DELETE ON " + table.quoted()
                            + " FOR EACH ROW EXECUTE FUNCTION " + function);
            execute(
                    connection,
                    "CREATE TRIGGER databroker_truncated AFTER TRUNCATE ON " + table.quoted()
                            + " FOR EACH STATEMENT EXECUTE FUNCTION " + function);
        }
    }

    /// Columns whose text a trigger is to record. Of lists and the like that is needed where they are a key alone.
    private static Stream<JdbcColumn> spelled(JdbcTable table) {
        return table.columns().stream()
                .filter(column -> column.spelled() && (column.kind() == Kind.GRAPH || isKey(table, column)));
    }

    /// Whether it is part of a key, of the row itself or of another.
    private static boolean isKey(JdbcTable table, JdbcColumn column) {
        return table.key().contains(column)
                || table.fields().values().stream()
                        .filter(part -> part.field().kind() == Kind.REFERENCE)
                        .anyMatch(part -> part.columns().contains(column));
    }

    static void uninstall(Connection connection, String schema, Collection<JdbcTable> tables) throws SQLException {
        for (JdbcTable table : tables) {
            remove(connection, table);
        }
        execute(connection, "DROP FUNCTION IF EXISTS " + JdbcDialect.quote(schema) + ".databroker_changed()");
    }

    private static void remove(Connection connection, JdbcTable table) throws SQLException {
        execute(connection, "DROP TRIGGER IF EXISTS databroker_changed ON " + table.quoted());
        execute(connection, "DROP TRIGGER IF EXISTS databroker_truncated ON " + table.quoted());
    }

    /// Tables that have the triggers.
    static List<String> installed(Connection connection, String schema) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
                        + " JOIN pg_namespace n ON n.oid = c.relnamespace"
                        + " WHERE t.tgname = 'databroker_changed' AND n.nspname = ? ORDER BY 1")) {
            statement.setString(1, schema);
            List<String> tables = new ArrayList<>();
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    tables.add(row.getString(1));
                }
            }
            return tables;
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /// What a trigger wrote of one row: every column as text.
    ///
    /// @param texts columns of which it is their own text; of a trigger that was installed by an older broker, none
    /// @return nothing where only what is hidden changed; null where it was no row, but all of them
    static @Nullable List<StoreChange.Entry> entries(
            JdbcTable table, @Nullable Map<?, ?> old, @Nullable Map<?, ?> now, List<?> texts) {
        if (old == null && now == null) {
            return null;
        }
        if (table.columns().stream()
                .anyMatch(column -> column.spelled() && !texts.contains(column.name()) && isKey(table, column))) {
            return null;
        }
        Map<?, ?> last = now == null ? Objects.requireNonNull(old) : now;
        ObjectKey key = JdbcTable.key(table.type().name(), table.key(), values(table, last));
        if (old != null && now != null) {
            ObjectKey keyBefore = JdbcTable.key(table.type().name(), table.key(), values(table, old));
            if (!keyBefore.equals(key)) {
                // One row went, another came; nobody promised to tell that as one change.
                return null;
            }
        }
        boolean visible = old == null || now == null || isVisible(table, old, now, texts);
        if (!visible && old != null && version(table, last) == version(table, old)) {
            return List.of();
        }
        StoreChange.Kind kind = old == null
                ? StoreChange.Kind.CREATED
                : now == null ? StoreChange.Kind.DELETED : StoreChange.Kind.UPDATED;
        long version = version(table, last);
        // Whoever changes a row and leaves its version alone makes versions worthless: then everything before is old.
        boolean grown = old == null || now == null || version > version(table, old);
        boolean known = grown && table.isVersioned();
        return List.of(new StoreChange.Entry(
                kind, key, known ? version + (now == null ? 1 : 0) : 0, changed(table, old, now), visible));
    }

    /// Whether an update changed what anybody may see.
    private static boolean isVisible(JdbcTable table, Map<?, ?> old, Map<?, ?> now, List<?> texts) {
        return table.fields().values().stream()
                .flatMap(part -> part.columns().stream())
                .anyMatch(column -> !now.containsKey(column.name())
                        || !Objects.equals(old.get(column.name()), now.get(column.name()))
                        // Without its quotes a text in JSON may be the number of the same digits.
                        || (column.kind() == Kind.GRAPH && !texts.contains(column.name())));
    }

    private static Map<String, ObjectMessage.Edit> changed(
            JdbcTable table, @Nullable Map<?, ?> old, @Nullable Map<?, ?> now) {
        Map<String, @Nullable Object> before = fields(table, old);
        Map<String, @Nullable Object> after = fields(table, now);
        Map<String, ObjectMessage.Edit> changed = new LinkedHashMap<>();
        table.fields().forEach((name, part) -> {
            boolean differs = old == null || now == null || !Values.same(before.get(name), after.get(name));
            if (differs && part.field().tagged()) {
                changed.put(name, new ObjectMessage.Edit(before.get(name), after.get(name)));
            } else if (differs && part.named()) {
                // Nothing is found by its values, and a document is long.
                changed.put(name, new ObjectMessage.Edit(null, null));
            }
        });
        return changed;
    }

    private static long version(JdbcTable table, Map<?, ?> row) {
        JdbcColumn column = table.version();
        Object text = column == null ? null : row.get(column.name());
        return text == null ? 0 : Long.parseLong(text.toString());
    }

    private static Map<String, @Nullable Object> fields(JdbcTable table, @Nullable Map<?, ?> row) {
        return row == null ? Map.of() : table.fields(values(table, row));
    }

    private static @Nullable Object[] values(JdbcTable table, Map<?, ?> row) {
        @Nullable Object[] values = new Object[table.columns().size()];
        for (JdbcColumn column : table.columns()) {
            Object text = row.get(column.name());
            // A document only tells whether it changed, where it is no key.
            boolean plain = column.kind() == Kind.GRAPH && !isKey(table, column);
            values[column.index()] = text == null || plain ? text : column.ofTrigger(text.toString());
        }
        return values;
    }
}
